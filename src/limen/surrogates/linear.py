"""The surrogate of first order: a line in the parts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from limen._types import Design, FloatArray, IntArray
from limen.surrogates.features import Basis, columns
from limen.surrogates.solve import Ends, Fit, solve


@dataclass(frozen=True)
class Linear:
    """Fit g(z) = intercept + Σ_i effect_i z_i (Ribeiro, Singh, Guestrin, KDD 2016, without their ridge)."""


def fit_linear(answers: FloatArray, design: Design, basis: Basis, end_answers: FloatArray | None) -> list[Fit]:
    """Fit a line to answers (n, t); `end_answers` (2, t) on the empty and full mask are met exactly if given."""
    ends = ends_of(design, None, end_answers)
    return solve(columns(design.points), answers, design, basis.at_instance(None), ends)


def ends_of(design: Design, terms: IntArray | None, end_answers: FloatArray | None) -> Ends | None:
    """The constraints on the empty and the full mask, for these columns."""
    if end_answers is None:
        return None
    d = design.points.shape[1]
    masks = np.array([[False] * d, [True] * d])
    return Ends(columns(masks, terms), end_answers)
