"""The least errors: what rows cannot tell, because they leave nothing of the answers, or next to nothing."""

from __future__ import annotations

import numpy as np

from limen._types import Design, FloatArray
from limen.surrogates.solve import Ends, constrained

RESOLUTION = 3e-8
"""Share of the spread of the answers below which no error is told: where a process leaves less (smooth games, nearly
all masks asked), rounding errors and its own least noise are all that is left."""
MET = 1e-4
"""Share of the spread of the answers below which a rest is nothing, where rows are few: the fit meets all of them."""
MET_BY_MANY = 1e-8
"""The same where rows are many: a rest above it is what a process has learnt to be small, and tells its error."""
FEW = 10
"""Rows for each coefficient up to which rows are few."""
UNMET = 1.0
"""What a row like none of the drawn ones may leave, in standard deviations of the answers, where the fit meets all: it
may do so by chance."""
UNMET_BY_TWIN = 0.3
"""The same where a twin meets all rows, which it did not learn from."""
MOST_OF_R2 = 0.5
"""The largest least error of R²."""


def untold(
    covariance: FloatArray, answers: FloatArray, design: Design, rank: int, inverse: FloatArray, twin: bool = False
) -> tuple[FloatArray, float]:
    """The least covariance (p, p) of the coefficients of a fit, and the least error of its R².

    answers: (n) less f(x). covariance: (p, p) what the rest of them itself tells. Where that is nothing, none of the
    rows that a fit of this rank leaves spare was unlike the others, and one among as many more would be no surprise:
    its share of the law times what it may leave is the error. inverse: (p, p) of the mean products of the columns.
    """
    mean, p = float(design.weights @ answers), len(inverse)
    spread = float(design.weights @ (answers - mean) ** 2)
    resolved = RESOLUTION**2 * spread * np.eye(p)
    jump = max(spread, mean**2)  # where all answers are one number, x itself, at 0, tells what a jump is
    small = MET if len(answers) <= (1 + FEW) * rank else MET_BY_MANY
    met = np.diag(covariance) <= small**2 / len(answers) * jump * np.diag(inverse)
    if not jump or not met.any():
        return resolved, 0.0
    spare = max(1.0 / float(design.weights @ design.weights) - rank, 1.0)
    unseen = float(design.weights @ (1.0 - design.sampled_shares[design.strata]))
    lost = unseen * ((UNMET_BY_TWIN if twin else UNMET) / spare) ** 2
    least = resolved + lost * jump * np.where(met[:, None] & met, inverse, 0.0)
    return least, min(2.0 * float(np.sqrt(lost)), MOST_OF_R2) if met.all() else 0.0


def added_by(covariance: FloatArray, features: FloatArray, design: Design) -> float:
    """The squared error under the law that errors of the coefficients (p, p) on these columns (n, p) add to a fit."""
    return float(np.sum(covariance * (features.T @ (design.weights[:, None] * features))))


def inverse_products(features: FloatArray, design: Design, ends: Ends | None) -> FloatArray:
    """The inverse (p, p) of the mean products of the columns (n, p), in the directions that the ends leave free."""
    free = np.eye(features.shape[1]) if ends is None else constrained(ends)[1]
    moved = features @ free
    found: FloatArray = free @ np.linalg.pinv(moved.T @ (design.weights[:, None] * moved), hermitian=True) @ free.T
    return found
