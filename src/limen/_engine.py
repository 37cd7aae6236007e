"""What another engine, or another precision, makes of the answers is added to the errors."""

from __future__ import annotations

import dataclasses

import numpy as np

from limen._question import Chosen, Sides
from limen.models import Adapter
from limen.results import Estimate, Estimates, ImageInstance
from limen.surrogates import Outcome


def answer_error(adapter: Adapter, chosen: Chosen, scale: str) -> float:
    """By how much the engine's answers for a target may differ from the model's own, on a scale.

    By what was measured on trial inputs: the largest difference of an output is that of each class in a sum; and where
    logits differ by at most e, probabilities of any classes together differ by at most e / 2, and log-odds by 2 e.
    """
    single = adapter.engine_error
    if single is None:
        return 0.0
    sides = (chosen.one, chosen.other) if isinstance(chosen, Sides) else (chosen,)
    summed = single * sum(map(len, sides))
    logit = None if adapter.logits is None else adapter.logits.engine_error
    if scale == "log-odds":
        return 2.0 * (summed if logit is None else logit)
    return summed if logit is None or scale == "raw" else min(summed, 0.5 * logit * len(sides))


def with_engine_error(
    outcomes: list[list[Outcome]], targets: list[tuple[Chosen, str]], scale: str, adapter: Adapter
) -> list[list[Outcome]]:
    """Outcomes (cuts, targets) whose effects and baseline allow for the engine.

    An effect is a difference of two means of answers: where these are off by at most e, it is by at most 2 e, by which
    the ends of its interval move; its standard error grows by e.
    """
    errors = [answer_error(adapter, chosen, scale) for chosen, _ in targets]
    if not any(errors):
        return outcomes
    return [[_allowing(one, error) for one, error in zip(cut, errors, strict=True)] for cut in outcomes]


def with_engine_note(instance: ImageInstance, adapter: Adapter) -> ImageInstance:
    """The instance with a note on what was measured, where the answers are not the model's own."""
    if adapter.engine_error is None:
        return instance
    note = (
        f"Another engine or precision answers in the model's place; on 16 trial pictures its answers differed by at "
        f"most {adapter.engine_error:.2g}, which is added to the errors."
    )
    return dataclasses.replace(instance, notes=(*instance.notes, note))


def _allowing(outcome: Outcome, error: float) -> Outcome:
    ends, start = 2.0 * error, outcome.intercept
    found, slopes, pairs = outcome.effects, outcome.surrogate.slopes, outcome.interactions

    def wider(one: Estimates) -> Estimates:
        return Estimates(one.values, one.standard_errors + error, one.low - ends, one.high + ends)

    if pairs is not None:  # differences of differences
        own = np.where(pairs.selected, error, 0.0)
        low, high = pairs.low - 4.0 * own, pairs.high + 4.0 * own
        pairs = dataclasses.replace(pairs, standard_errors=pairs.standard_errors + 2.0 * own, low=low, high=high)
    return dataclasses.replace(
        outcome,
        effects=wider(found),
        intercept=Estimate(start.value, start.standard_error + error, start.low - ends, start.high + ends),
        interactions=pairs,
        surrogate=dataclasses.replace(outcome.surrogate, slopes=wider(slopes)),
    )
