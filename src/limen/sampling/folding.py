"""Fold-over pairs: under a symmetric law each mask is asked with its complement.

Whatever a model makes of an even number of parts together cancels in the difference of the two answers, so that it adds
nothing to the error of effects (Box, Wilson 1951 for factorial designs; Covert, Lee, AISTATS 2021, for KernelSHAP).
A pair has one mask that keeps the first part. What it does with the others follows a law of sizes again, of d - 1
parts: m'(t) = 2 m(t + 1) (t + 1) / d. So pairs are drawn as any masks are.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from limen._types import BoolArray, Design
from limen.sampling.laws import SizeLaw

FEWEST_PARTS = 3
FEWEST_ROWS = 3
"""Rows for each coefficient of a line from which on pairs are asked: half as many pairs tell as many slopes apart."""


def folds(law: SizeLaw, n: int) -> bool:
    """Whether n masks of a law are drawn in pairs: it treats kept and hidden alike, and there are enough."""
    d = law.n_parts
    return d >= FEWEST_PARTS and n >= FEWEST_ROWS * (d + 1) and bool(np.allclose(law.masses, law.masses[::-1]))


def paired(design: Design) -> bool:
    """Whether each mask of a design is followed or preceded by its complement."""
    points: BoolArray = design.points.astype(np.bool_)
    return len(points) % 2 == 0 and bool((points[::2] ^ points[1::2]).all())


def folded(law: SizeLaw) -> SizeLaw:
    """The law of the other parts in the masks that keep the first one."""
    d = law.n_parts
    sizes = np.arange(1, d + 1)
    masses = 2.0 * law.masses[1:] * sizes / d
    return SizeLaw(masses / masses.sum())


def half_of(design: Design) -> Design:
    """What of a paired design was drawn: its masks that keep the first part, without that part."""
    first = design.points[:, 0].astype(np.bool_)
    return Design(
        design.points[first][:, 1:],
        2.0 * design.weights[first],
        design.strata[first],
        design.blocks[first],
        design.sampled_shares,
        design.exact,
    )


def in_pairs(law: SizeLaw, draw: Callable[[SizeLaw], Design]) -> Design:
    """The design of pairs whose one half `draw` gives for the folded law."""
    half = draw(folded(law))
    others = half.points.astype(np.bool_)
    kept = np.concatenate([np.ones((len(others), 1), dtype=np.bool_), others], axis=1)
    points = np.stack([kept, ~kept], axis=1).reshape(-1, law.n_parts)
    return Design(
        points,
        np.repeat(half.weights / 2.0, 2),
        np.repeat(half.strata, 2),
        np.repeat(half.blocks, 2),
        half.sampled_shares,
        half.exact,
    )
