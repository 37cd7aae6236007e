"""Weakness 7: what the answer costs, and what a better one would.

Cure: `tolerance` and `budget`; designs and estimators that need fewer rows; a cheap twin of the model.
"""

from __future__ import annotations

import math

import numpy as np

from limen.results import Doubt, Estimate, Status
from limen.trust._check import Case, Check, Seen
from limen.trust._numbers import REACH, between, estimate, unsure

CLAIM = (
    "LIME asks the model thousands of times, and does not say how many times would do; errors fall with the root of "
    "the number of rows, so half the error costs four times the rows."
)
MOST_ROWS, FARTHEST = 1e15, 30.0
"""More rows than these, and intervals that reach farther than so many factors of e, say no more."""
TOLERANCE = 0.1
"""Half-width of every 95 % interval, beside the largest effect, that the forecast is for."""


def _look(case: Case, spend: bool) -> Seen:
    del spend
    cost = case.explanation.cost
    rows = rows_for(case, TOLERANCE)
    needed = _needed(case, rows)
    spent = max(cost.distinct_rows, 1)
    measures = (
        case.measure("cost.rows", "model rows that the explanation cost", estimate(cost.model_rows)),
        case.measure(
            "cost.needed",
            f"rows for intervals of ±{100 * TOLERANCE:.0f} % of the largest effect",
            needed,
        ),
        case.measure(
            "cost.forecast",
            "rows for such intervals, in multiples of those asked",
            between(needed.value / spent, needed.low / spent, needed.high / spent),
        ),
    )
    if case.explanation.status is Status.EXACT:
        reason = f"{cost.model_rows} rows, and no others would tell more."
    elif rows <= spent:
        reason = (
            f"{cost.model_rows} rows; intervals of ±{100 * TOLERANCE:.0f} % of the largest effect need about {rows:,}."
        )
    else:
        reason = (
            f"{cost.model_rows} rows; intervals of ±{100 * TOLERANCE:.0f} % of the largest effect would cost about "
            f"{rows:,}, by the root law."
        )
    if cost.model_seconds:
        milliseconds = 1000 * cost.model_seconds / max(cost.model_rows, 1)
        reason += f" The model took {milliseconds:.{'2g' if milliseconds < 100 else '0f'}} ms a row."
    return Seen(measures, reason, f"Use larger units, or budget={rows:,} if the model is cheap enough.")


def _needed(case: Case, rows: int) -> Estimate:
    """Such rows with an interval: they go with the square of the largest error beside the largest effect."""
    effects, parts = case.explanation.effects, case.parts
    errors = effects.standard_errors[parts]
    if case.explanation.status is Status.EXACT or not errors.any():
        return estimate(rows)
    top = int(np.abs(effects.values[parts]).argmax())
    of_error = float(unsure(case.explanation, parts[[int(errors.argmax())]])[0])
    largest = max(abs(float(effects.values[parts[top]])), 1e-300)
    share = 2.0 * math.hypot(of_error, min(float(errors[top]) / largest, FARTHEST))
    reach = math.exp(min(REACH * share, FARTHEST))
    return between(rows, rows / reach, min(rows * reach, _most(case)))


def _most(case: Case) -> float:
    """Rows that tell all: of masks as many as there are."""
    return MOST_ROWS if case.is_table else min(2.0 ** min(case.answered.n_parts, 60), MOST_ROWS)


def rows_for(case: Case, tolerance: float) -> int:
    """Rows at which every interval is at most ± `tolerance` times the largest effect, by n^(-1/2).

    For masks never more than there are: with all of them nothing is left to chance.
    """
    explanation, parts = case.explanation, case.parts
    errors = explanation.effects.standard_errors[parts]
    largest = float(np.abs(explanation.effects.values[parts]).max())
    n = explanation.cost.distinct_rows
    if not errors.any():
        return n
    ratio = REACH * float(errors.max()) / (tolerance * max(largest, 1e-300))
    return math.ceil(min(n * min(ratio, MOST_ROWS) ** 2, _most(case)))


def _spares(case: Case) -> str:
    if Doubt.FLAT in case.explanation.doubts:
        return "The answers do not vary."
    return "" if len(case.parts) else "No part changed."


CHECK = Check("cost", "Cost", CLAIM, _spares, _look)
