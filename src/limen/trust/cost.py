"""Weakness 7: what the answer costs, and what a better one would.

Cure: `tolerance` and `budget`; designs and estimators that need fewer rows; a cheap twin of the model.
"""

from __future__ import annotations

import math

import numpy as np

from limen.results import Status
from limen.trust._check import Case, Check, Seen
from limen.trust._numbers import REACH, estimate, multiple, unsure

CLAIM = (
    "LIME asks the model thousands of times, and does not say how many times would do; errors fall with the root of "
    "the number of rows, so half the error costs four times the rows."
)
TOLERANCE = 0.1
"""Half-width of every 95 % interval, beside the largest effect, that the forecast is for."""


def _look(case: Case, spend: bool) -> Seen:
    del spend
    cost = case.explanation.cost
    rows, off = rows_for(case, TOLERANCE), _off(case)
    spent = max(cost.distinct_rows, 1)
    measures = (
        case.measure("cost.rows", "model rows that the explanation cost", estimate(cost.model_rows)),
        case.measure(
            "cost.needed",
            f"rows for intervals of ±{100 * TOLERANCE:.0f} % of the largest effect",
            multiple(rows, off),
        ),
        case.measure(
            "cost.forecast",
            "rows for such intervals, in multiples of those asked",
            multiple(rows / spent, off),
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


def _off(case: Case) -> float:
    """By what share such rows may be off: twice what the largest error and the largest effect may be."""
    effects, parts = case.explanation.effects, case.parts
    errors = effects.standard_errors[parts]
    top = int(np.abs(effects.values[parts]).argmax())
    of_error = float(unsure(effects, parts[[int(errors.argmax())]])[0])
    return 2.0 * math.hypot(of_error, float(errors[top]) / max(abs(float(effects.values[parts[top]])), 1e-300))


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
    needed = n * ratio**2
    if not case.is_table:
        needed = min(needed, 2.0 ** min(case.answered.n_parts, 60))
    return math.ceil(min(needed, 1e15))


def _spares(case: Case) -> str:
    return "" if len(case.parts) else "No part changed."


CHECK = Check("cost", "Cost", CLAIM, _spares, _look)
