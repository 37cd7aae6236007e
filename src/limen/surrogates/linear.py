"""The surrogate of first order: a line in the parts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from limen._types import Design, FloatArray, IntArray
from limen.surrogates.features import columns
from limen.surrogates.solve import Ends, Fit, solve


@dataclass(frozen=True)
class Linear:
    """Fit g(z) = intercept + Σ_i effect_i z_i (Ribeiro, Singh, Guestrin, KDD 2016, without their ridge)."""


def fit_linear(answers: FloatArray, design: Design, end_answers: FloatArray | None) -> list[Fit]:
    """Fit a line to answers (n, t); `end_answers` (2, t) on the empty and full mask are met exactly if given."""
    return solve(columns(design.masks), answers, design, ends_of(design, None, end_answers))


def ends_of(design: Design, pairs: IntArray | None, end_answers: FloatArray | None) -> Ends | None:
    """The constraints on the empty and the full mask, for these columns."""
    if end_answers is None:
        return None
    d = design.masks.shape[1]
    masks = np.array([[False] * d, [True] * d])
    return Ends(columns(masks, pairs), end_answers)
