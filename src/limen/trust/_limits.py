"""Where each measured number becomes doubtful and bad, and what tells so.

Benchmarks set them, on one set of games, and report on another. Those of `where_do_the_limits_lie.py` lie where few of
the explanations that are right are doubtful (0 to 12 % by most figures) and next to none bad; nothing is bad by a
figure that does not tell severe faults from others, and what tells next to nothing has no limit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from limen._errors import InputError, unknown
from limen.results import Limit

TUNED = "set by benchmarks/does_the_verdict_predict_truth.py"
FOOLED = "between honest models and attacks, benchmarks/can_a_model_fool_the_explanation.py"
PARTED = "between right and wrong explanations, benchmarks/where_do_the_limits_lie.py"

LIMITS: dict[str, Limit] = {
    "instability.spread": Limit(0.2, 0.5, True, TUNED),
    "instability.sign": Limit(0.005, 0.05, True, TUNED),
    "instability.seeds": Limit(0.7, 1.0, True, PARTED),
    "instability.noise": Limit(0.15, 0.35, True, PARTED),
    "width.bias": Limit(0.2, 0.6, True, TUNED),
    "width.few": Limit(0.6, math.inf, True, PARTED),
    "width.alone": Limit(0.95, math.inf, True, PARTED),
    "width.half": Limit(0.3, 0.5, True, PARTED),
    "curvature.unexplained": Limit(0.3, 0.7, True, TUNED),
    "curvature.gap": Limit(0.5, 1.5, True, TUNED),
    "cost.forecast": Limit(10.0, 15.0, True, PARTED),
    "off_manifold.manifold": Limit(0.6, math.inf, True, PARTED),
    "off_manifold.fill": Limit(0.9, math.inf, True, PARTED),
    "off_manifold.plausible": Limit(0.3, math.inf, True, PARTED),
    "correlated.background": Limit(0.985, math.inf, True, PARTED),
    "correlated.condition": Limit(25.0, 75.0, True, PARTED),
    "segmentation.pixels": Limit(0.55, 0.45, False, PARTED),
    "segmentation.spread": Limit(0.85, math.inf, True, PARTED),
    "segmentation.units": Limit(0.4, 0.5, True, PARTED),
    "manipulation.disagreement": Limit(0.35, 0.5, True, f"{TUNED}, and on honest models of credit and cancer"),
    "manipulation.lime": Limit(0.35, 0.5, True, FOOLED),
    "manipulation.shap": Limit(0.25, 0.4, True, FOOLED),
    "manipulation.jump": Limit(0.4, 1.5, True, PARTED),
    "sanity.doubts": Limit(1.0, math.inf, True, PARTED),
    "sanity.shuffled": Limit(0.45, 0.8, True, PARTED),
    "sanity.weights": Limit(0.9, 0.97, True, PARTED),
    "leak.ignored": Limit(0.15, 0.35, True, PARTED),
}


FREE = ("off_manifold.share", "off_manifold.implausible")
"""Figures that tell next to nothing, and have a limit only where the caller sets one."""


def limits_of(given: Mapping[str, Sequence[float]] | None) -> dict[str, Limit]:
    """The limits with those of the user in their places. Raises InputError for unknown names and wrong pairs."""
    found = dict(LIMITS)
    if given is None:
        return found
    if not isinstance(given, Mapping):
        raise InputError(f"limits is {given!r:.60}, expected a dict such as {{'instability.spread': (0.1, 0.4)}}.")
    for name, pair in given.items():
        if name not in LIMITS and name not in FREE:
            raise unknown("a key of limits", name, [*LIMITS, *FREE])
        found[name] = _limit(name, pair)
    return found


def _limit(name: str, pair: Any) -> Limit:
    usual = LIMITS.get(name, Limit(0.5, 0.9, True, ""))
    order = "rising" if usual.higher_is_worse else "falling"
    wrong = InputError(
        f"limits[{name!r}] is {pair!r:.60}, expected two numbers (doubtful, bad), {order}, "
        f"such as {(usual.doubtful, usual.bad)}."
    )
    if isinstance(pair, str):
        raise wrong
    try:
        doubtful, bad = (float(value) for value in pair)
    except (TypeError, ValueError) as error:
        raise wrong from error
    if not (doubtful <= bad if usual.higher_is_worse else doubtful >= bad):
        raise wrong
    return Limit(doubtful, bad, usual.higher_is_worse, "set by the caller")
