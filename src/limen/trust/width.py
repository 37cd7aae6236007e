"""Weakness 2: how wide to look is a matter of taste, and changes the answer.

Cure: a width that is chosen by evidence (`Ball()`), and the path of widths beside it.
"""

from __future__ import annotations

import numpy as np

from limen._types import FloatArray
from limen.results import Doubt, Estimate, Grade, Measure, Status, TableInstance
from limen.trust._check import Case, Check, Seen, named
from limen.trust._numbers import REACH, between, estimate, flips, relative_change

CLAIM = (
    "The width of the neighbourhood decides what is explained: lime's default for tables keeps nearly all of the data, "
    "and half of it may keep nothing (Garreau, von Luxburg 2020)."
)
FEWEST_PER_COEFFICIENT, LEAST_SHARE = 4.0, 0.25
"""A narrower law must keep so many effective probes a coefficient, and such a share of all."""
FAITHFUL = 0.9
"""R² of a quadratic from which on its pairs are taken for what parts do together."""
MOST, ROUNDING = 1000.0, 1e-9
"""What is larger tells no more, and what is smaller is rounding."""
TILTS = (1.0, 0.7, 0.5, 0.35, 0.25, 0.15, 0.1)
"""By how much the inverse variance of the law is raised; the largest that keeps enough probes is taken."""


def _look(case: Case, spend: bool) -> Seen:
    narrow = narrowed(case)
    measures: list[Measure] = []
    reasons = []
    if narrow is not None:
        weights, factor, told = narrow
        name = "width.bias" if case.is_table else "width.few"
        parts, own, near = case.parts, case.answered.line(), case.answered.line(weights)
        measures.append(case.measure(name, told, change_under(case, weights, factor, freed=False)))
        turned = parts[flips(own.slopes[parts], own.errors[parts], near.slopes[parts], near.errors[parts])]
        reasons.append(
            f"Effects of opposite sign nearer to x: {named(case, turned)}."
            if len(turned)
            else "No effect is known to change its sign nearer to x."
        )
    alone = _alone(case)
    if alone is not None:
        measures.append(alone[0])
        reasons.append(alone[1])
    path = case.explanation.path
    if path is not None:
        held = float(path.effective_sample_sizes[path.chosen])
        measures.append(case.measure("width.rows", "background rows that the neighbourhood holds", estimate(held)))
        reasons.append(path.rule)
    if spend:
        measures.append(_half(case))
    return Seen(tuple(measures), " ".join(filter(None, reasons)), _remedy(case))


def narrowed(case: Case) -> tuple[FloatArray, float, str] | None:
    """Weights (n) of a narrower law on the same answers, what to multiply the change by, and what that measures."""
    return _narrower_ball(case) if case.is_table else _few_hidden(case)


def change_under(case: Case, weights: FloatArray, factor: float = 1.0, *, freed: bool = True) -> Estimate:
    """The relative change, times a factor, of the effects where the answers have other weights (n); see `enough`."""
    parts, own, other = case.parts, case.answered.line(), case.answered.line(weights)
    change = (other.slopes - own.slopes)[parts] * factor
    moved = (other.slope_moves - own.slope_moves)[:, parts] * factor
    return relative_change(change, moved, own.slopes[parts], own.errors[parts], freed=freed)


def enough(case: Case, weights: FloatArray) -> bool:
    """Whether other weights (n) leave enough of the answers to tell the parts apart."""
    if case.explanation.status is Status.EXACT:  # nothing is left to chance, so any that tell the parts apart will do
        return case.answered.line(weights).rank == 1 + case.answered.n_parts
    effective = weights.sum() ** 2 / max(float((weights**2).sum()), 1e-300)
    whole = 1.0 / float((case.answered.weights**2).sum())
    return bool(effective >= max(FEWEST_PER_COEFFICIENT * (1 + len(case.parts)), LEAST_SHARE * whole))


def _narrower_ball(case: Case) -> tuple[FloatArray, float, str] | None:
    """The same ball with a smaller width, by importance; the bias of a width falls with its square.

    With inverse variance raised by a factor 1 + t the change is t / (1 + t) of what is left to width 0.
    """
    data, instance = case.answered, case.explanation.instance
    assert isinstance(instance, TableInstance)
    reals = np.flatnonzero(instance.reals & (np.ptp(data.points, axis=0) > 0))
    if case.explanation.law.name != "ball" or not len(reals):
        return None
    scales = np.sqrt((data.points[1:, reals] ** 2).mean(axis=0))
    far = ((data.points[:, reals] / scales) ** 2).sum(axis=1)
    for tilt in TILTS:
        weights = data.weights * np.exp(-0.5 * tilt * far)
        if enough(case, weights):
            told = "change of the effects from this width down to width 0, by what a narrower one says"
            return weights, (1.0 + tilt) / tilt, told
    return None


def _few_hidden(case: Case) -> tuple[FloatArray, float, str] | None:
    """The masks that hide fewer parts than the median one."""
    data = case.answered
    order = np.argsort(data.kept, kind="stable")
    middle = data.kept[order][int(np.searchsorted(np.cumsum(data.weights[order]), 0.5))]
    weights = np.where(data.kept >= middle, data.weights, 0.0)
    if (data.kept[weights > 0] == middle).all() or not enough(case, weights):
        return None
    told = f"change of the effects where {data.n_parts - int(middle)} parts at most are hidden"
    return weights, 1.0, told


def _alone(case: Case) -> tuple[Measure, str] | None:
    """By how much single parts that were hidden alone do more to x than is shown, where masks show that."""
    data = case.answered
    if case.is_table or data.n_parts < 2:
        return None
    rows = np.flatnonzero(data.kept == data.n_parts - 1)
    if not len(rows):
        return None
    parts = data.points[rows].argmin(axis=1)
    shown, second = np.abs(case.explanation.effects.values[parts]), case.explanation.fidelity.quadratic
    if case.explanation.interactions is not None and second is not None and second.value >= FAITHFUL:
        said = case.explanation.predict(data.points[[0, *rows]])  # the pairs tell what the line leaves out
        shown = np.abs(said[0] - said[1:])
    beyond = np.abs(data.answers[0] - data.answers[rows]) - shown
    effects, worst = case.explanation.effects, int(beyond.argmax())
    top = int(np.abs(effects.values).argmax())
    largest = max(abs(float(effects.values[top])), 1e-300)
    value, errors = float(beyond[worst]) / largest, effects.standard_errors
    if parts[worst] == top:  # shown smaller, it is missed by more, and of less
        error = abs(1.0 + value) * float(errors[top]) / largest
    else:
        error = float(np.hypot(errors[parts[worst]], value * errors[top])) / largest
    told = f"what one of {len(rows)} parts that were hidden alone does beyond what is shown, beside the largest effect"
    measure = case.measure("width.alone", told, _capped(value, error))
    if measure.limit is None or measure.grade is Grade.GOOD:
        return measure, ""
    drop = data.answers[0] - data.answers[rows[worst]]
    return measure, f"Hidden alone {named(case, [int(parts[worst])])} changes the answer by {drop:+.3g}."


def _capped(value: float, error: float) -> Estimate:
    """What is below 0, or a rounding, is nothing; its interval goes as far as the number's own."""
    ends = [min(max(0.0, one), MOST) for one in (value, value - REACH * error, value + REACH * error)]
    return between(*(one if one > ROUNDING else 0.0 for one in ends))


def _half(case: Case) -> Measure:
    """Ask again in a ball of half the width."""
    parts, width = case.parts, case.width
    near = case.again(sampler=case.ball(width / 2.0), seed=case.explanation.seed + 101)
    own, other = case.explanation.effects, near.effects
    change = (other.values - own.values)[parts]
    errors = np.hypot(own.standard_errors, other.standard_errors)[parts]
    value = relative_change(change, np.diag(errors), own.values[parts], own.standard_errors[parts])
    return case.measure("width.half", f"change of the effects at half the width, {width / 2.0:.3g}", value)


def _remedy(case: Case) -> str:
    if case.is_table:
        return "Explain with a narrower law, such as Ball(0.25), and look at limen.plots.path."
    return "Explain with a law that hides fewer parts, such as Uniform(0.8)."


def _offer(case: Case) -> int:
    return case.explanation.budget if case.explanation.law.name == "ball" else 0


def _spares(case: Case) -> str:
    explanation = case.explanation
    if Doubt.FLAT in explanation.doubts:
        return "The answers do not vary."
    if not case.is_table and case.answered.n_parts < 3:
        return "There are too few parts to hide few of them."
    if narrowed(case) is None and explanation.path is None and not _offer(case):
        return "Too few probes lie nearer to x than the others."
    return ""


CHECK = Check("width", "Neighbourhood width", CLAIM, _spares, _look, _offer)
