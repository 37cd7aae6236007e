"""Masks as the columns of a regression: the constant, the parts, and pairs of parts."""

from __future__ import annotations

import numpy as np

from limen._types import BoolArray, FloatArray, IntArray


def all_pairs(d: int) -> IntArray:
    """The pairs (d (d - 1) / 2, 2) of part numbers i < j, in lexical order."""
    return np.stack(np.triu_indices(d, 1), axis=1)


def columns(masks: BoolArray, pairs: IntArray | None = None) -> FloatArray:
    """Features (n, 1 + d + number of pairs): 1, z_i, and z_i z_j for the given pairs (none by default)."""
    z = masks.astype(np.float64)
    parts = [np.ones((len(z), 1)), z]
    if pairs is not None:
        parts.append(z[:, pairs[:, 0]] * z[:, pairs[:, 1]])
    return np.concatenate(parts, axis=1)
