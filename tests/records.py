"""Records made by hand: explanations with sensible values, without a model, a domain or a sampler."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from limen.results import (
    Cost,
    Doubt,
    Estimate,
    Estimates,
    Explanation,
    Fidelity,
    Interactions,
    Law,
    Probes,
    Status,
    Surrogate,
    TextInstance,
)

COMMENT = "For Christmas Song visit our channel!"
COMMENT_EFFECTS = (0.021, -0.046, 0.083, 0.187, 0.064, 0.412)


def make_explanation(
    text: str = COMMENT,
    effects: Sequence[float] | None = None,
    *,
    standard_errors: float | Sequence[float] = 0.02,
    spans: Sequence[tuple[int, int]] | None = None,
    pairs: Mapping[tuple[int, int], tuple[float, float]] | None = None,
    doubts: Sequence[Doubt] = (),
    status: Status | None = None,
    target_name: str = "spam",
    scale: str = "probability",
    prediction: float = 0.981,
    n_probes: int = 64,
    units: str = "words",
    mask_token: str | None = None,
    noise: float | None = 0.0,
    seed: int = 0,
) -> Explanation:
    """Build an Explanation of a text whose words are its parts.

    effects, standard_errors: (d), or one standard error for all; effects are drawn from `seed` where none are given.
    spans: where the parts are, if they are not the words. pairs: {(i, j): (value, standard error)}, i < j; None for a
    linear surrogate. status: EXACT by default if no effect has an error, else BUDGET_SPENT.
    """
    found = [match.span() for match in re.finditer(r"\w+", text)] if spans is None else list(spans)
    d = len(found)
    generator = np.random.default_rng(seed)
    if effects is None:
        effects = COMMENT_EFFECTS if text == COMMENT and d == 6 else generator.normal(0, 0.1, d).round(3).tolist()
    values = np.asarray(effects, dtype=np.float64)
    errors = np.broadcast_to(np.asarray(standard_errors, dtype=np.float64), (d,))
    interactions = None if pairs is None else _interactions(d, pairs)
    exact = not errors.any()
    intercept = _estimate(float(prediction - values.sum()), 0.0 if exact else 0.03)
    line = _estimates(values, errors)
    error = 0.0 if exact else 0.021
    return Explanation(
        instance=_instance(text, found, units, mask_token),
        target=(1,),
        target_name=target_name,
        scale=scale,
        prediction=prediction,
        effects=line,
        intercept=intercept,
        interactions=interactions,
        curvature=None,
        axes=None,
        contributions=None,
        boundary=None,
        path=None,
        surrogate=Surrogate("linear" if interactions is None else "quadratic", intercept, line),
        fidelity=Fidelity(_estimate(0.874, error), _estimate(0.931, error), _estimate(0.013, error / 2), n_probes),
        status=status or (Status.EXACT if exact else Status.BUDGET_SPENT),
        doubts=tuple(doubts),
        noise=noise,
        law=Law("lime", "width=0.25", np.full(d + 1, 1 / (d + 1)), 31.2),
        probes=_probes(generator, values, intercept.value, n_probes),
        cost=Cost(n_probes + 1, n_probes, 0.41, 0.52),
        budget=1000,
        seed=seed,
        limen_version="0.1.0",
        python_version="3.11.8",
    )


def _instance(text: str, found: Sequence[tuple[int, int]], units: str, mask_token: str | None) -> TextInstance:
    names, spans = tuple(text[start:stop] for start, stop in found), tuple((span,) for span in found)
    return TextInstance(text, names, spans, units, mask_token)


def _estimate(value: float, error: float) -> Estimate:
    return Estimate(value, error, value - 1.96 * error, value + 1.96 * error)


def _estimates(values: np.ndarray, errors: np.ndarray) -> Estimates:
    return Estimates(values, errors, values - 1.96 * errors, values + 1.96 * errors)


def _interactions(d: int, pairs: Mapping[tuple[int, int], tuple[float, float]]) -> Interactions:
    values, errors, selected = np.zeros((d, d)), np.zeros((d, d)), np.zeros((d, d), dtype=np.bool_)
    for (i, j), (value, error) in pairs.items():
        values[i, j] = values[j, i] = value
        errors[i, j] = errors[j, i] = error
        selected[i, j] = selected[j, i] = True
    return Interactions(values, errors, values - 1.96 * errors, values + 1.96 * errors, selected)


def _probes(generator: np.random.Generator, effects: np.ndarray, intercept: float, n: int) -> Probes:
    masks = generator.random((n, len(effects))) < 0.6
    masks[0] = True
    answers = intercept + masks @ effects + generator.normal(0, 0.02, n) * (np.arange(n) > 0)
    weights = np.where(np.arange(n) > 0, generator.random(n), 0.0)
    weights = weights / weights.sum() if n > 1 else np.ones(1)
    return Probes(np.packbits(masks, axis=1), len(effects), answers, weights, np.arange(n) % 2)
