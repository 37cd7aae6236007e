"""Weakness 1: the same question asked again gets another answer.

Cure: all masks where the budget pays for them; designs without repeats; a larger budget, whose need `cost` forecasts.
"""

from __future__ import annotations

import math

import numpy as np

from limen._types import FloatArray
from limen.results import Doubt, Estimate, Measure, Status
from limen.trust._check import Case, Check, Seen, named
from limen.trust._numbers import REACH, between, estimate, jaccards, rank_correlations, size, true_size, unsure

CLAIM = (
    "LIME draws its probes by chance, so another run finds other effects; which part comes first, and even its sign, "
    "may be an accident of the draw (Alvarez-Melis, Jaakkola 2018)."
)
RUNS = 400
"""Pairs of runs that are made up from the errors."""
SEEDS = 2
"""Runs with fresh seeds, on request."""
MOST = 1000.0
"""A larger relative error is no more telling than this."""
ROUNDING = 1e-9
"""A distance below this share of the effects is rounding."""
TOP = 5
"""Parts that count as the top, or half of all where there are fewer than ten."""


def _look(case: Case, spend: bool) -> Seen:
    parts = case.parts
    effects, errors = case.explanation.effects.values[parts], case.explanation.effects.standard_errors[parts]
    measures = [_spread(case, effects, errors), _sign(case, effects, errors)]
    noise = _noise(case, effects)
    if noise is not None:
        measures.append(noise)
    if errors.any():
        runs = pretended(case, RUNS)
        k = _top(len(parts))
        correlations = rank_correlations(runs[0], runs[1])
        overlaps = jaccards(runs[0], runs[1], k)
        measures += [
            case.measure("instability.ranks", "rank correlation with another run", _mean(correlations)),
            case.measure("instability.top", f"Jaccard index of the {k} largest with another run's", _mean(overlaps)),
        ]
    if spend:
        measures += _fresh(case)
    top = parts[int(np.abs(effects).argmax())]
    if case.explanation.status is Status.EXACT:
        reason = "Every input that has mass was answered, so another run gives the same."
    else:
        spread, wrong = (measure.value.value for measure in measures[:2])
        start = "The effects are lost in their errors"
        if spread < 1.0:
            start = f"Another run would differ by about {100 * spread:.2g} % of the effects' size"
        reason = (
            f"{start}; the largest effect, {named(case, [top])}, would keep its sign in "
            f"{100 * (1 - wrong):.1f} % of runs."
        )
    return Seen(tuple(measures), reason, "Raise the budget, or use larger units, of which fewer need be told apart.")


def _mean(values: FloatArray) -> Estimate:
    return estimate(float(values.mean()), float(values.std()), -1.0, 1.0)


def _spread(case: Case, effects: FloatArray, errors: FloatArray) -> Measure:
    """Expected relative error: the length of the errors beside that of the effects, freed of what errors add to it.

    What the length is off by comes of the effects' covariance; the errors, which share what tells them, are taken to be
    off together.
    """
    whole, length, told = size(errors), size(effects), "expected error of the effects, relative to their size"
    if not whole:
        return case.measure("instability.spread", told, estimate(0.0))
    along = effects / length if length else errors / whole
    off = REACH * math.sqrt(max(0.0, float(along @ case.covariance[np.ix_(case.parts, case.parts)] @ along)))
    ends = (max(0.0, length - off), length, length + off)
    least, own, most = (math.sqrt(max(0.0, end**2 - whole**2)) for end in ends)
    most = max(most, off)
    share = REACH * float(unsure(case.explanation, case.parts) @ (errors / whole) ** 2)
    value = min(_ratio(whole, own), MOST)
    up, down = (math.hypot(share, math.log(max(_ratio(*one), 1.0))) for one in ((own, least), (most, own)))
    low = value * math.exp(-down) if own else _ratio(whole, most) * math.exp(-share)
    high = value * math.exp(min(up, 50.0))
    return case.measure("instability.spread", told, between(value, min(low, MOST), min(high, MOST)))


def _ratio(first: float, second: float) -> float:
    return min(first / second, MOST**4) if second > 0.0 else MOST**4


def _sign(case: Case, effects: FloatArray, errors: FloatArray) -> Measure:
    """Chance that the largest effect has the wrong sign, by its ratio to its error, which is off by 1 and more."""
    top = int(np.abs(effects).argmax())
    told = "chance that the largest effect has the wrong sign"
    if not errors[top]:
        return case.measure("instability.sign", told, estimate(0.0))
    ratio = abs(float(effects[top])) / float(errors[top])
    reach = REACH * math.hypot(1.0, float(unsure(case.explanation, case.parts[[top]])[0]) * ratio)
    found = [0.5 * math.erfc(max(0.0, one) / math.sqrt(2.0)) for one in (ratio, ratio + reach, ratio - reach)]
    return case.measure("instability.sign", told, between(*found))


def _noise(case: Case, effects: FloatArray) -> Measure | None:
    """By how much the model's answer to x itself changes, on the explained scale, beside the largest effect."""
    explanation, largest = case.explanation, float(np.abs(effects).max())
    if explanation.noise is None:
        return None
    noise = explanation.noise
    if explanation.scale == "log-odds":  # what was noted is the largest change of a probability, of any class
        odds = math.exp(-abs(explanation.prediction))
        slope = odds / (1.0 + odds) ** 2
        if explanation.against or noise > slope / 2.0:
            return None  # it need not be that of the target; errors of the effects know of noise in any case
        noise /= slope
    told = "change of an answer when x is asked twice, beside the largest effect"
    value = min(noise / largest, MOST) if largest else MOST * float(noise > 0)
    return case.measure("instability.noise", told, estimate(value))


def _top(d: int) -> int:
    return max(1, min(TOP, d // 2))


def pretended(case: Case, runs: int) -> tuple[FloatArray, FloatArray]:
    """Effects (runs, parts) of two sets of other runs, made up without a model row.

    Their errors have the record's standard errors, which know the design and the estimator, and the correlations that
    the recorded probes show when each independent draw is weighed by chance (multiplier bootstrap). The centre is the
    effects shrunk to the length that they have without their errors: else parts would look better separated than they
    are.
    """
    parts = case.parts
    effects, errors = case.explanation.effects.values[parts], case.explanation.effects.standard_errors[parts]
    moved = case.answered.line().slope_moves[:, parts]
    scales = np.sqrt((moved**2).sum(axis=0))
    moved = np.divide(moved, scales, out=np.zeros_like(moved), where=scales > 0)
    centre = effects * (true_size(effects, errors) / size(effects) if size(effects) else 1.0)
    generator = case.generator("instability")
    found = []
    for _ in range(2):
        drawn = generator.standard_normal((runs, len(moved))) @ moved if len(moved) else np.zeros((runs, len(parts)))
        found.append(centre + errors * np.where(scales > 0, drawn, generator.standard_normal(drawn.shape)))
    return found[0], found[1]


def _fresh(case: Case) -> list[Measure]:
    """Runs with other seeds: how far they lie apart, beside what the errors foretell."""
    parts = case.parts
    others = [case.again(seed=case.explanation.seed + 1 + number) for number in range(SEEDS)]
    runs = [case.explanation, *others]
    values = np.stack([one.effects.values[parts] for one in runs])
    foretold = float(np.mean([size(one.effects.standard_errors[parts]) ** 2 for one in runs]))
    pairs = [(a, b) for a in range(len(runs)) for b in range(a)]
    seen = float(np.mean([size(values[a] - values[b]) ** 2 / 2.0 for a, b in pairs]))
    ratio = math.sqrt(seen / max(foretold, (ROUNDING * size(values[0])) ** 2, 1e-300))
    error = ratio / math.sqrt(2.0 * SEEDS * _directions(case))
    k = _top(len(parts))
    overlaps = np.concatenate([jaccards(values[[a]], values[[b]], k) for a, b in pairs])
    correlations = np.concatenate([rank_correlations(values[[a]], values[[b]]) for a, b in pairs])
    told = f"least distance between {len(runs)} runs with seeds of their own, beside what the errors foretell"
    return [
        case.measure("instability.seeds", told, estimate(max(0.0, ratio - REACH * error), error, 0.0)),
        case.measure("instability.ranks seen", "rank correlation between them", _mean(correlations)),
        case.measure("instability.top seen", f"Jaccard index of their {k} largest", _mean(overlaps)),
    ]


def _directions(case: Case) -> float:
    """How many directions the errors of the effects spread over, from 1 to the number of parts (Satterthwaite 1946)."""
    covariance = case.covariance[np.ix_(case.parts, case.parts)]
    squares = float((covariance**2).sum())
    return max(1.0, float(np.trace(covariance)) ** 2 / squares) if squares > 0.0 else float(len(case.parts))


def _offer(case: Case) -> int:
    return 0 if case.explanation.status is Status.EXACT else SEEDS * case.explanation.budget


def _spares(case: Case) -> str:
    if Doubt.FLAT in case.explanation.doubts:
        return "The answers do not vary."
    return "" if len(case.parts) else "No part changed."


CHECK = Check("instability", "Instability", CLAIM, _spares, _look, _offer)
