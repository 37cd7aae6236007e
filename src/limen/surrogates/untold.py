"""The least errors: what rows cannot tell, because they leave nothing of the answers, or next to nothing."""

from __future__ import annotations

import numpy as np

from limen._types import Design, FloatArray
from limen.surrogates.solve import Ends, constrained

RESOLUTION = 3e-8
"""Share of the spread of the answers below which no error is told: where a process leaves less (smooth games, nearly
all masks asked), rounding errors and its own least noise are all that is left."""
MET = 1e-4
"""Share of the spread of the answers below which a rest is nothing but rounding: the fit meets all rows."""
FEW = 10
"""Rows to spare, for each coefficient, from which on a fit does not meet all of them by chance."""
UNMET = 0.5
"""What a row like none of the drawn ones may leave, in standard deviations of the answers, where the fit meets all: it
may do so by chance."""


def untold(
    covariance: FloatArray, answers: FloatArray, design: Design, rank: int, inverse: FloatArray, twin: bool = False
) -> tuple[FloatArray, float]:
    """The least covariance (p, p) of the coefficients of a fit, and the least error of its R².

    covariance: (p, p) what the rest of the answers (n) itself tells. Where that is nothing but rounding, none of the
    rows that a fit of this rank leaves spare was unlike the others, and one among as many more would be no surprise:
    its share of the law times what it may leave is the error. inverse: (p, p) of the mean products of the columns.
    twin: the rows were met by answers that did not learn from them, which is no chance.
    """
    spread, p = spread_of(answers, design), len(inverse)
    resolved = RESOLUTION**2 * spread * np.eye(p)
    met = np.diag(covariance) <= MET**2 / len(answers) * spread * np.diag(inverse)
    spare = max(1.0 / float(design.weights @ design.weights) - rank, 1.0)
    if twin or len(answers) > (1 + FEW) * rank or not met.any():
        return resolved, 0.0
    unseen = float(design.weights @ (1.0 - design.sampled_shares[design.strata]))
    lost = unseen * (UNMET / spare) ** 2
    least = resolved + lost * spread * np.where(met[:, None] & met, inverse, 0.0)
    return least, UNMET * float(np.sqrt(lost)) if met.all() and spread > 0.0 else 0.0


def spread_of(answers: FloatArray, design: Design) -> float:
    """The variance of the answers (n) under the law."""
    return float(design.weights @ (answers - design.weights @ answers) ** 2)


def added_by(covariance: FloatArray, features: FloatArray, design: Design) -> float:
    """The squared error under the law that errors of the coefficients (p, p) on these columns (n, p) add to a fit."""
    return float(np.sum(covariance * (features.T @ (design.weights[:, None] * features))))


def inverse_products(features: FloatArray, design: Design, ends: Ends | None) -> FloatArray:
    """The inverse (p, p) of the mean products of the columns (n, p), in the directions that the ends leave free."""
    free = np.eye(features.shape[1]) if ends is None else constrained(ends)[1]
    moved = features @ free
    found: FloatArray = free @ np.linalg.pinv(moved.T @ (design.weights[:, None] * moved), hermitian=True) @ free.T
    return found
