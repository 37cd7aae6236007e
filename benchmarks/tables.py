"""What the benchmarks of tables share: a problem, fresh probes of one ball, lime as the peer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

import limen
from limen._question import on_scale
from limen.models import predictor

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Problem:
    """A fitted model and its background. level: for a regression, the value whose two sides are told apart."""

    name: str
    model: Any
    background: Any
    level: float | None = None
    curved: bool = False

    @cached_property
    def domain(self) -> limen.Table:
        """The background as limen's domain, which also encodes rows for lime."""
        return limen.Table(self.background)

    @cached_property
    def encoded(self) -> Floats:
        """The background's rows (N, m) as numbers."""
        return np.stack(self.domain.rows(self.background)[0])

    @cached_property
    def _answer(self) -> Callable[[Any], Any]:
        return predictor(self.model).adapter.answer

    def answers(self, values: Floats) -> Floats:
        """The model's outputs (n, k) for encoded rows (n, m)."""
        found = np.asarray(self._answer(self.domain.compose(values)), dtype=np.float64)
        return found[:, None] if found.ndim == 1 else found

    def chosen(self, count: int, seed: int = 0) -> list[int]:
        """Numbers of background rows to explain."""
        return np.random.default_rng([7, seed]).permutation(len(self.background))[:count].tolist()

    def native(self, places: list[int]) -> Any:
        """Background rows as the user has them."""
        return self.background.iloc[places] if hasattr(self.background, "iloc") else self.background[places]

    def target(self, place: int) -> int:
        """The predicted class of a background row; 0 for a regression."""
        return int(np.argmax(self.answers(self.encoded[[place]])[0]))

    def told(self, outputs: Floats, target: int, scale: str = "probability") -> Floats:
        """What is explained (n), from outputs (n, k)."""
        return on_scale(outputs, (target,), "raw" if self.level is not None else scale)[0]

    def threshold(self, outputs: Floats, target: int) -> Floats:
        """What the explained number (n) is above where the target wins: ½, the best other class, or the level."""
        if self.level is not None or outputs.shape[1] == 2:
            return np.full(len(outputs), 0.5 if self.level is None else self.level)
        return np.asarray(np.delete(outputs, target, axis=1).max(axis=1))


@dataclass(frozen=True, eq=False)
class Probes:
    """Fresh probes (n, m) of one ball around a row, their coordinates (n, d), and what is explained of them (n)."""

    values: Floats
    points: Floats
    origin: Floats
    truth: Floats
    log_odds: Floats
    threshold: Floats
    whole: float
    target: int

    def r2(self, found: Floats, truth: Floats | None = None) -> float:
        """R² of a surrogate's answers (n)."""
        truth = self.truth if truth is None else truth
        return float(1 - np.mean((truth - found) ** 2) / np.var(truth))

    def best_gain(self) -> float:
        """R² of the best quadratic of all less that of the best line, by least squares on the probes themselves.

        A few coefficients for thousands of probes: what that flatters the quadratic by is in the third digit.
        """
        z, (first, second) = self.points, np.triu_indices(self.points.shape[1])
        ones = np.ones((len(z), 1))
        both = np.hstack([ones, z]), np.hstack([ones, z, z[:, first] * z[:, second]])
        line, curve = (features @ np.linalg.lstsq(features, self.truth, rcond=None)[0] for features in both)
        return self.r2(curve) - self.r2(line)

    def agreement(self, found: Floats) -> float:
        """The share of the probes at which a surrogate is on the model's side of the decision."""
        return float(np.mean((found > self.threshold) == (self.truth > self.threshold)))


def fresh(problem: Problem, places: list[int], width: float, n: int) -> list[Probes]:
    """Probes of `Ball(width)` around each row, which neither limen nor lime has seen; all are asked together."""
    domain, drawn = problem.domain, []
    for place in places:
        geometry = domain.geometry(domain.parse(problem.encoded[place]))
        values = limen.sampling.Ball(width).draw(geometry, n, np.random.default_rng([99, place])).values
        drawn.append((values, geometry.coordinates(values), geometry.coordinates(geometry.origin[None])))
    wholes = problem.answers(problem.encoded[places])
    outputs = problem.answers(np.concatenate([values for values, _, _ in drawn])).reshape(len(places), n, -1)
    found = []
    for (values, points, origin), whole, outputs_here in zip(drawn, wholes, outputs, strict=True):
        target = int(np.argmax(whole))
        truth, before = problem.told(outputs_here, target), float(problem.told(whole[None], target)[0])
        odds = problem.told(outputs_here, target, "log-odds")
        threshold = problem.threshold(outputs_here, target)
        found.append(Probes(values, points, origin, truth, odds, threshold, before, target))
    return found


def explained(
    problem: Problem, places: list[int], width: float, budget: int, surrogate: object = "auto", scale: str = "auto"
) -> list[limen.Explanation]:
    """Limen's explanations of background rows in `Ball(width)`: the predicted class, or a regression's number."""
    found = limen.explain(
        problem.model,
        problem.native(places),
        domain=problem.domain,
        sampler=limen.sampling.Ball(width),
        surrogate=surrogate,
        budget=budget,
        scale=scale,
        on_doubt="ignore",
    )
    return found if isinstance(found, list) else [found]


def line(explanation: limen.Explanation, points: Floats) -> Floats:
    """The answers (n) of the line, which is in every record, whatever surrogate is shown."""
    return explanation.intercept.value + points @ explanation.effects.values


@dataclass(frozen=True, eq=False)
class LimeLine:
    """Lime's surrogate: its intercept and the weight (m) of "same bin or category as in x"."""

    intercept: float
    weights: Floats
    own: Floats
    discretize: Callable[[Floats], Floats]

    def __call__(self, values: Floats) -> Floats:
        """Its answers (n) at encoded rows (n, m), through lime's own discretiser."""
        found: Floats = self.intercept + (self.discretize(values) == self.own) @ self.weights
        return found

    def top(self, count: int) -> list[int]:
        """The columns with the largest weights."""
        return np.argsort(-np.abs(self.weights), kind="stable")[:count].tolist()


def lime_explainer(problem: Problem, seed: int) -> Any:
    """Lime's explainer with its defaults, on limen's numbers for the same background."""
    from lime.lime_tabular import LimeTabularExplainer

    domain = problem.domain
    numeric = domain.geometry(domain.parse(problem.encoded[0])).numeric
    return LimeTabularExplainer(
        problem.encoded,
        mode="classification" if problem.level is None else "regression",
        categorical_features=np.flatnonzero(~numeric).tolist(),
        random_state=seed,
    )


def lime_line(
    problem: Problem,
    explainer: Any,
    place: int,
    rows: int,
    num_features: int | None = None,
    *,
    target: int | None = None,
    answer: Callable[[Floats], Floats] | None = None,
) -> LimeLine:
    """Lime's surrogate for a background row from so many model rows.

    num_features: None = all. target, answer: None = the predicted class, and the problem's model.
    """
    x, regression = problem.encoded[place], problem.level is not None
    label = 1 if regression else problem.target(place) if target is None else target
    if answer is None:
        answer = (lambda values: problem.answers(values)[:, 0]) if regression else problem.answers
    explained = explainer.explain_instance(
        x, answer, labels=(label,), num_samples=rows, num_features=num_features or len(x)
    )
    weights = np.zeros(len(x))
    for column, weight in explained.local_exp[label]:
        weights[column] = weight
    discretize = explainer.discretizer.discretize
    return LimeLine(float(explained.intercept[label]), weights, discretize(x), discretize)
