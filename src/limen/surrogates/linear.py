"""The surrogate of first order: a line in the parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from limen._types import Design, FloatArray, IntArray
from limen.surrogates.adjusted import adjusted
from limen.surrogates.features import Basis, columns
from limen.surrogates.proxies import Adjustment
from limen.surrogates.solve import Ends, Fit, solve


@dataclass(frozen=True)
class Linear:
    """Fit g(z) = intercept + Σ_i effect_i z_i (Ribeiro, Singh, Guestrin, KDD 2016, without their ridge)."""


def fit_linear(
    answers: FloatArray,
    design: Design,
    basis: Basis,
    end_answers: FloatArray | None,
    helped: Sequence[Adjustment] = (),
) -> list[Fit]:
    """Fit a line to answers (n, t); `end_answers` (2, t) on the empty and full mask are met exactly if given.

    helped: what proxies say of each target; none by default.
    """
    return fitted(answers, design, basis, None, end_answers, helped)


def fitted(
    answers: FloatArray,
    design: Design,
    basis: Basis,
    terms: IntArray | None,
    end_answers: FloatArray | None,
    helped: Sequence[Adjustment],
) -> list[Fit]:
    """Fit 1, the parts and the products of `terms` to answers (n, t), one Fit for each target."""
    ends = ends_of(design, terms, end_answers)
    if not helped:
        return solve(columns(design.points, terms), answers, design, basis.at_instance(terms), ends)
    return [
        adjusted(answers[:, t], design, basis, one, terms, None if ends is None else ends.of(t))
        for t, one in enumerate(helped)
    ]


def ends_of(design: Design, terms: IntArray | None, end_answers: FloatArray | None) -> Ends | None:
    """The constraints on the empty and the full mask, for these columns."""
    if end_answers is None:
        return None
    d = design.points.shape[1]
    masks = np.array([[False] * d, [True] * d])
    return Ends(columns(masks, terms), end_answers)
