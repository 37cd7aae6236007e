"""When the rounds of an explanation may end: a tolerance, a decided order, or the budget."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from limen._errors import InputError
from limen._types import FloatArray
from limen.results import Doubt, Estimates, Explanation, Round, Status
from limen.results.rounds import simultaneous
from limen.sampling import Top

WIDEST = 2.0
"""Intervals wider than this many times the largest effect say nothing; who asks for 20 means per cent."""
SLOWEST, FASTEST = 1.4, 3.0
"""Least and largest factor by which the rows grow from round to round; the forecast of a first round is rough."""
SAFETY = 1.1
"""Rows beyond the forecast, so that one round is more often enough."""

LEAST_LEFT = 0.25
"""What a round leaves for later ones, as a share of its rows; less than that is spent at once."""

NOTHING = 1e-300
"""A width below this stands for none where an error is never told as 0, for something was drawn."""

Tolerance = float | Top | None
"""How narrow all intervals must be, as a share of the largest effect; or what must be decided; or nothing."""

Report = Callable[[list[Explanation]], None]
"""What is told the explanations so far after each round, one for each target."""


def checked(tolerance: object) -> None:
    """Raise InputError for what is no tolerance."""
    if tolerance is None or isinstance(tolerance, Top):
        return
    number = isinstance(tolerance, int | float | np.floating) and not isinstance(tolerance, bool)
    if not number or not 0.0 < float(tolerance) <= WIDEST:  # type: ignore[arg-type]
        raise InputError(
            f"tolerance is {tolerance!r}, expected a number above 0 and up to {WIDEST:g} (the width of the 95 % "
            "intervals as a share of the largest effect, .2 for 20 %), limen.sampling.Top(count), or None."
        )


def too_wide(effects: Estimates, tolerance: float | Top) -> float:
    """By how many times the intervals are wider than asked; at most 1 is narrow enough, infinite is no end in sight."""
    widths = effects.high - effects.low
    if isinstance(tolerance, Top):
        return _undecided(effects, tolerance.count)
    largest = float(np.abs(effects.values).max())
    widest = float(widths.max())
    return 0.0 if widest <= NOTHING else math.inf if largest == 0.0 else widest / (float(tolerance) * largest)


def _undecided(effects: Estimates, count: int) -> float:
    """The largest ratio of error to distance among the first `count` parts and the ones after them."""
    sizes: FloatArray = np.abs(effects.values)
    order = np.argsort(-sizes, kind="stable")
    count = min(count, len(order) - 1)
    if count < 1:
        return 0.0
    far = simultaneous(effects, count)
    first, after = order[:count], order[1 : count + 1]
    distance, error = sizes[first] - sizes[after], np.hypot(far[first], far[after])
    return float(np.max(np.where(error == 0.0, 0.0, error / np.maximum(distance, NOTHING))))


def round_at(
    wide: float, tolerance: Tolerance, rows: int, probes: int, most: int, seconds: float, every: float = math.inf
) -> Round:
    """What a round has come to whose intervals are so many times too wide.

    rows: model rows so far, of which the probes narrow the intervals. most: what the budget pays for in all, which is
    no bound of the forecast. seconds: since the work began. every: rows with which the answer is exact.
    """
    beyond = probes * (wide * wide - 1.0)  # infinite where parts are all but equal
    needed = float(rows) if wide <= 1.0 else rows + beyond if math.isfinite(beyond) else float(most)
    needed = min(needed, max(every, float(rows)))
    asked = (0.0, tolerance.count) if isinstance(tolerance, Top) else (float(tolerance or 0.0), 0)
    return Round(rows, wide, needed, max(0.0, needed - rows) * seconds / max(rows, 1), *asked)


def with_rounds(
    found: list[Explanation], rounds: tuple[Round, ...], converged: bool, tolerance: Tolerance
) -> list[Explanation]:
    """Explanations that tell of their rounds, how they ended, and of a tolerance that was not reached."""
    told = []
    for one in found:
        status = Status.CONVERGED if converged and one.status is not Status.EXACT else one.status
        short = tolerance is not None and status is Status.BUDGET_SPENT and rounds[-1].too_wide > 1.0
        doubts = (*one.doubts, *((Doubt.UNREACHED,) if short else ()))
        told.append(replace(one, rounds=rounds, status=status, doubts=doubts))
    return told


def growth(found: Round, most: int, slowest: float = SLOWEST) -> float:
    """By which factor the rows are to grow for the next round; to `most` at once where next to none would be left."""
    factor = min(FASTEST, max(slowest, SAFETY * found.rows_needed / found.rows))
    following = factor * found.rows
    return factor if most - following >= LEAST_LEFT * following else (1.0 + LEAST_LEFT) * factor
