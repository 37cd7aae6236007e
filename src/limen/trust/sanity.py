"""Weakness 10: an explanation can look right of a model that has learned nothing.

Cure: compare with models that did learn nothing: refitted on shuffled labels, or with weights at random (Adebayo et al.
2018). What they show too is not what the model has learned.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from limen._errors import InputError, LimenError, ModelError
from limen._types import FloatArray
from limen.results import Doubt, Estimate, Measure
from limen.trust._check import Case, Check, Seen, named
from limen.trust._numbers import binomial, estimate, rank_correlations
from limen.trust._random_weights import is_module, randomised

CLAIM = (
    "Some explanations show the input rather than the model, and stay the same when the model has learned nothing "
    "(Adebayo et al. 2018)."
)
REFITS = 20
"""Models refitted on shuffled labels; with none as strong the chance of that, of both sides, is 2 / (1 + REFITS)."""
FEWEST = 5
"""Parts below which ranks are alike by chance."""
COPIES = 3
"""Models with weights at random."""
OTHERS = (
    Doubt.FLAT,
    Doubt.TIED,
    Doubt.SINGLE_PART,
    Doubt.OFF_DATA,
    Doubt.UNVARIED,
    Doubt.SATURATED,
    Doubt.TRUNCATED,
)
"""Doubts of the explanation that no other check measures."""


def _look(case: Case, spend: bool) -> Seen:
    doubts = [doubt for doubt in case.explanation.doubts if doubt in OTHERS]
    what = "doubts of the explanation that no other check measures"
    measures: list[Measure] = [case.measure("sanity.doubts", what, estimate(float(len(doubts))))]
    reasons = [f"{doubt.name}: {doubt.value}" for doubt in doubts] or ["Nothing about the question itself is doubtful."]
    if case.training is not None:
        found, reason = _shuffled(case)
        measures += found
        reasons.append(reason)
    elif spend:
        measure, reason = _random(case)
        measures.append(measure)
        reasons.append(reason)
    else:
        reasons.append(_on_request(case))
    return Seen(
        tuple(measures), " ".join(filter(None, reasons)), "Do not read what a model without knowledge shows as well."
    )


def _on_request(case: Case) -> str:
    if not (can_be_refitted(case.model) or (case.model is None and case.is_table)):
        return ""
    rows = f"{case.explanation.budget:,} rows"
    return f"training=(inputs, labels) refits an estimator {REFITS} times on shuffled labels and asks each {rows}."


def _shuffled(case: Case) -> tuple[list[Measure], str]:
    """Refit on shuffled labels, explain each refit with the same probes, and rank the model's effects among theirs.

    Probabilities as log-odds: a model that is sure of x has small effects on a probability, and knows most.
    """
    estimator = case.model
    if case.explainer is None or not can_be_refitted(estimator):
        raise InputError(
            "training is given, and the model cannot be refitted: expected an estimator of scikit-learn (or with its "
            "face) as the model of the Explainer."
        )
    scale = "log-odds" if case.explanation.scale == "probability" else case.explanation.scale
    assert case.training is not None
    inputs, labels = case.training
    effects = np.stack(
        [_effects(case, one, scale) for one in refits(estimator, inputs, labels, REFITS, case.generator("sanity"))]
    )
    own = case.explanation.effects.values
    if scale != case.explanation.scale:
        own = _effects(case, estimator, scale)
    p_parts = p_values(np.abs(own), np.abs(effects))
    p_whole = _unlike(float(np.abs(own).max()), np.abs(effects).max(axis=1))
    told = f"chance that a model of shuffled labels has so large, or so small, a largest effect ({len(effects)} refits)"
    measures = [case.measure("sanity.shuffled", told, _of_chance(p_whole, len(effects), sides=2))]
    for part in case.parts:
        told = f"chance that it has as large an effect of {named(case, [part])}"
        measures.append(case.measure("sanity.p", told, _of_chance(float(p_parts[part]), len(effects))))
    above = case.parts[p_parts[case.parts] <= 1.0 / (1 + len(effects))]
    if len(above):
        return measures, f"Larger than in every model of shuffled labels: {named(case, above)}."
    return measures, "No effect is larger than in every model of shuffled labels."


def can_be_refitted(model: Any) -> bool:
    """Whether a model has the face of scikit-learn's estimators."""
    return callable(getattr(model, "get_params", None)) and callable(getattr(model, "fit", None))


def refits(estimator: Any, inputs: Any, labels: Any, count: int, generator: np.random.Generator) -> list[Any]:
    """Clones of an estimator, fitted on shuffled labels."""
    from sklearn.base import clone

    answers = np.asarray(labels)
    if answers.ndim != 1 or len(answers) < 2:
        raise InputError(f"the labels of training have the shape {answers.shape}, expected (n,).")
    try:
        return [clone(estimator).fit(inputs, generator.permutation(answers)) for _ in range(count)]
    except Exception as error:  # whatever an estimator of the user's raises
        raise ModelError(f"refitting {type(estimator).__name__} on shuffled labels raised {error!r:.200}.") from error


def p_values(own: FloatArray, others: FloatArray) -> FloatArray:
    """(d) One and the refits (r, d) that are as large, over one and all: a p-value of a permutation test.

    Phipson, Smyth (2010), equation 2.
    """
    return np.asarray((1.0 + (others >= own).sum(axis=0)) / (1.0 + len(others)))


def _of_chance(value: float, count: int, sides: int = 1) -> Estimate:
    """A p-value of so many refits, of one side or both, with its interval."""
    return binomial(value, round(value / sides * (1 + count)) - 1, count, sides)


def _unlike(own: float, others: FloatArray) -> float:
    """P-value, of both sides, of one number among those (r) of refits: a sure model may be flat where they are not."""
    above, below = (float(p_values(np.array([sign * own]), sign * others[:, None])[0]) for sign in (1.0, -1.0))
    return min(1.0, 2.0 * min(above, below))


def _effects(case: Case, model: Any, scale: str | None = None) -> FloatArray:
    """The effects (d) of another model, with the same probes and target; scale: None is that of the explanation."""
    from limen.models import predictor

    assert case.explainer is not None
    black_box = predictor(model, raw=case.explanation.scale == "raw")
    own = case.explanation
    sampler = case.ball(case.width) if own.law.name == "ball" else case.explainer.sampler
    asked = dataclasses.replace(case.explainer, model=black_box, scale=scale or own.scale, sampler=sampler)
    try:
        found = asked(case.x, case.target)
    except LimenError as error:
        error.add_note("This was a model that the audit made, of shuffled labels or with weights at random.")
        raise
    finally:
        case.other_rows += black_box.rows
    values: FloatArray = found.effects.values
    return values


def _random(case: Case) -> tuple[Measure, str]:
    """Compare with copies of a torch module whose weights are drawn anew."""
    before = case.other_rows
    models = [randomised(case.model, case.seed + number) for number in range(COPIES)]
    try:
        effects = np.stack([_effects(case, model) for model in models])
    finally:
        case.left -= case.other_rows - before
    own = case.explanation.effects.values[case.parts]
    alike = np.abs(rank_correlations(np.tile(own, (COPIES, 1)), effects[:, case.parts]))
    told = f"rank correlation, without its sign, with {COPIES} copies whose weights are random"
    mean = float(alike.mean())
    measure = case.measure("sanity.weights", told, estimate(mean, float(alike.std()) / np.sqrt(COPIES), 0.0, 1.0))
    return measure, f"Copies with random weights rank the parts with a correlation of {mean:.2f}."


def _offer(case: Case) -> int:
    asks = is_module(case.model) and case.training is None and len(case.parts) >= FEWEST
    return COPIES * case.explanation.budget if asks else 0


def _spares(case: Case) -> str:
    return "" if len(case.parts) else "No part changed."


CHECK = Check("sanity", "Contrast and sanity", CLAIM, _spares, _look, _offer)
