"""Where each measured number becomes doubtful and bad, and what tells so.

`benchmarks/does_the_verdict_predict_truth.py` set those that say so, on one set of games, and reports on another.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from limen._errors import InputError, unknown
from limen.results import Limit

TUNED = "set by benchmarks/does_the_verdict_predict_truth.py"
FOOLED = "between honest models and attacks, benchmarks/can_a_model_fool_the_explanation.py"

LIMITS: dict[str, Limit] = {
    "instability.spread": Limit(0.2, 0.5, True, TUNED),
    "instability.sign": Limit(0.005, 0.05, True, TUNED),
    "instability.seeds": Limit(2.0, 3.0, True, "a run may differ from others by twice its error once in 20"),
    "instability.noise": Limit(0.01, 0.1, True, "changes of a hundredth of the largest effect cannot be seen in it"),
    "width.bias": Limit(0.2, 0.6, True, TUNED),
    "width.few": Limit(0.5, math.inf, True, "half of the effects' size depends on how many parts are hidden"),
    "width.half": Limit(0.3, 1.0, True, "a third of the effects, and all of them, change with the width"),
    "curvature.unexplained": Limit(0.3, 0.7, True, TUNED),
    "curvature.gap": Limit(0.5, 1.5, True, TUNED),
    "cost.forecast": Limit(30.0, 300.0, True, "the budget that would do is out of sight"),
    "off_manifold.share": Limit(0.5, math.inf, True, "half of the probes are in no man's land"),
    "off_manifold.manifold": Limit(1.0, math.inf, True, "the effects on data differ by as much as they are large"),
    "off_manifold.fill": Limit(
        1.0, math.inf, True, "the effects under another fill differ by as much as they are large"
    ),
    "correlated.background": Limit(0.9, math.inf, True, "of the variance of one part 81 % are in the other"),
    "correlated.condition": Limit(
        10.0, 100.0, True, "Belsley, Kuh, Welsch (1980): weak from 10, strong from 30 to 100"
    ),
    "segmentation.pixels": Limit(0.5, 0.0, False, "half of the variance, and none, survive another cut"),
    "segmentation.spread": Limit(1.0, 2.0, True, "the segmentations differ by as much as the map is large"),
    "segmentation.units": Limit(0.7, math.inf, True, "the sum of the words tells half of what the spans do"),
    "manipulation.disagreement": Limit(0.35, 0.5, True, f"{TUNED}, and on honest models of credit and cancer"),
    "manipulation.lime": Limit(0.35, 0.5, True, FOOLED),
    "manipulation.shap": Limit(0.25, 0.4, True, FOOLED),
    "manipulation.jump": Limit(4.0, 10.0, True, "no draw of a normal law is ten standard deviations out"),
    "sanity.doubts": Limit(1.0, math.inf, True, "each doubt is a reason of its own"),
    "sanity.shuffled": Limit(0.1, 0.3, True, "models that learned nothing have as large an effect so often"),
    "sanity.weights": Limit(0.6, 0.9, True, "a model without training ranks the parts alike"),
    "leak.ignored": Limit(
        0.1, 0.3, True, "a tenth of the largest effect is seen in a picture, three tenths are ranked"
    ),
}


def limits_of(given: Mapping[str, Sequence[float]] | None) -> dict[str, Limit]:
    """The limits with those of the user in their places. Raises InputError for unknown names and wrong pairs."""
    found = dict(LIMITS)
    if given is None:
        return found
    if not isinstance(given, Mapping):
        raise InputError(f"limits is {given!r:.60}, expected a dict such as {{'instability.spread': (0.1, 0.4)}}.")
    for name, pair in given.items():
        if name not in LIMITS:
            raise unknown("a key of limits", name, LIMITS)
        found[name] = _limit(name, pair)
    return found


def _limit(name: str, pair: Any) -> Limit:
    usual = LIMITS[name]
    order = "rising" if usual.higher_is_worse else "falling"
    wrong = InputError(
        f"limits[{name!r}] is {pair!r:.60}, expected two numbers (doubtful, bad), {order}, "
        f"such as {(usual.doubtful, usual.bad)}."
    )
    try:
        doubtful, bad = (float(value) for value in pair)
    except (TypeError, ValueError) as error:
        raise wrong from error
    if not (doubtful <= bad if usual.higher_is_worse else doubtful >= bad):
        raise wrong
    return Limit(doubtful, bad, usual.higher_is_worse, "set by the caller")
