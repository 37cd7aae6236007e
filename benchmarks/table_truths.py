"""Functions of table rows whose best line and quadratic under a law are known from a long run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

import limen
from tables import Floats

REFERENCE, CHECKED = 200_000, 20_000
"""Probes of the long run that tells the best line and quadratic, and those on which a surrogate is judged."""


@dataclass(frozen=True, eq=False)
class Case:
    """A function of standardised columns (n, m), a category counted as its code, over a background of N rows."""

    name: str
    function: Callable[[Floats], Floats]
    rows: Any
    categories: int = 0

    @cached_property
    def domain(self) -> limen.Table:
        """The background."""
        return limen.Table(self.rows)

    @cached_property
    def encoded(self) -> Floats:
        """The background's rows (N, m) as numbers."""
        return np.stack(self.domain.rows(self.rows)[0])

    @cached_property
    def _place(self) -> tuple[Floats, Floats]:
        means, sizes = self.encoded.mean(axis=0), self.encoded.std(axis=0)
        numbers = self.encoded.shape[1] - self.categories
        means[numbers:], sizes[numbers:] = 0.0, 1.0
        return means, sizes

    @cached_property
    def x(self) -> Any:
        """A row that is not quite in the background."""
        return self.rows.iloc[7] if self.categories else self.rows[7] + 0.3 * self._place[1]

    @cached_property
    def geometry(self) -> Any:
        """X among its background."""
        return self.domain.geometry(self.domain.parse(self.domain.rows(self.x)[0][0]))

    def answers(self, values: Floats) -> Floats:
        """The function (n) at encoded rows (n, m)."""
        return self.function((values - self._place[0]) / self._place[1])

    def model(self, rows: Any) -> Floats:
        """The same for rows as the user has them."""
        return self.answers(np.stack(self.domain.rows(rows)[0]))

    @cached_property
    def level(self) -> float:
        """The value whose two sides are told apart."""
        return float(np.median(self.answers(self.encoded)))

    @cached_property
    def contributions(self) -> Floats:
        """(d) f(x) less the mean answer where one part has each value of the background in turn."""
        origin, found = self.geometry.origin, []
        for part in self.geometry.parts:
            values = np.repeat(origin[None], len(self.encoded), axis=0)
            values[:, list(part.columns)] = self.encoded[:, list(part.columns)]
            found.append(float(self.answers(origin[None])[0] - self.answers(values).mean()))
        return np.array(found)

    def redrawn(self, seed: int) -> Case:
        """The same function over another background, around another row of it."""
        return replace(self, rows=mixed(seed=seed) if self.categories else normals(self.rows.shape[1], seed=seed))

    def explained(self, law: Any, budget: int, seed: int) -> limen.Explanation:
        """With a quadratic where the budget carries one; the effects are the line's in any case."""
        settings: dict[str, Any] = {"domain": self.domain, "sampler": law, "budget": budget, "scale": "raw"}
        settings |= {"seed": seed, "on_doubt": "ignore"}
        try:
            return limen.explain(self.model, self.x, surrogate=limen.Quadratic(), **settings)
        except limen.LimenError:
            return limen.explain(self.model, self.x, surrogate=limen.Linear(), **settings)


@dataclass(frozen=True, eq=False)
class Truth:
    """The best line and quadratic of a case under a law: slopes (d), hessian (d, d); and probes to judge others on."""

    slopes: Floats
    hessian: Floats
    points: Floats
    answers: Floats

    @classmethod
    def of(cls, case: Case, law: Any) -> Truth:
        """By least squares on REFERENCE probes."""
        drawn = law.draw(case.geometry, REFERENCE, np.random.default_rng(99))
        points, answers = law.coordinates(drawn.values, case.geometry), case.answers(drawn.values)
        n, d = points.shape
        reals = np.flatnonzero(case.geometry.reals)
        i, j = (np.concatenate(two) for two in zip(np.triu_indices(d, 1), (reals, reals), strict=True))
        ones = np.ones((n, 1))
        line = np.linalg.lstsq(np.hstack([ones, points]), answers, rcond=None)[0]
        curve = np.linalg.lstsq(np.hstack([ones, points, points[:, i] * points[:, j]]), answers, rcond=None)[0]
        hessian = np.zeros((d, d))
        np.add.at(hessian, (i, j), curve[1 + d :])
        np.add.at(hessian, (j, i), curve[1 + d :])
        return cls(line[1:], hessian, points[:CHECKED], answers[:CHECKED])

    def with_terms(self, picked: Any) -> Floats:
        """The Hessian (d, d) of the best quadratic with these pairs and squares (d, d) alone."""
        i, j = np.nonzero(np.triu(picked))
        ones, d = np.ones((len(self.points), 1)), self.points.shape[1]
        features = np.hstack([ones, self.points, self.points[:, i] * self.points[:, j]])
        found, hessian = np.linalg.lstsq(features, self.answers, rcond=None)[0], np.zeros((d, d))
        np.add.at(hessian, (i, j), found[1 + d :])
        np.add.at(hessian, (j, i), found[1 + d :])
        return hessian

    def r2(self, found: Floats) -> float:
        """R² of a surrogate's answers at the probes."""
        return float(1.0 - np.mean((self.answers - found) ** 2) / np.var(self.answers))


def normals(d: int, n: int = 500, seed: int = 3) -> Floats:
    """Independent normal columns of different places and sizes (n, d)."""
    sizes = np.resize([1.0, 20.0, 0.5, 3.0, 7.0], d)
    return np.random.default_rng(seed).normal(size=(n, d)) * sizes + 5.0 * sizes


def mixed(n: int = 500, seed: int = 3) -> Any:
    """Three numbers and two categories, which hang together."""
    import pandas as pd

    draw, numbers = np.random.default_rng(seed + 1), normals(3, n, seed)
    kind = (numbers[:, 0] + draw.normal(size=n) > 5.0).astype(int) + (draw.random(n) < 0.3)
    frame = pd.DataFrame(numbers, columns=["age", "income", "height"])
    frame["kind"] = pd.Categorical(np.array(["a", "b", "c"])[kind])
    frame["colour"] = pd.Categorical(np.array(["blue", "red"])[(draw.random(n) < 0.4).astype(int)])
    return frame


def logistic(score: Floats) -> Floats:
    """1 / (1 + e^-score)."""
    return 1.0 / (1.0 + np.exp(-score))


def trees(u: Floats) -> Floats:
    """The sum of thirty stumps over two columns, as boosting makes them."""
    draw = np.random.default_rng(6)
    cuts, sizes = draw.normal(size=(2, 15)), draw.normal(size=(2, 15))
    return np.asarray(((u[:, :2, None] > cuts) * sizes).sum(axis=(1, 2)) / 4)


def cases() -> list[Case]:
    """Smooth, bent, stepped, mixed and wide ones."""
    five = normals(5)
    return [
        Case("quadratic", lambda u: u[:, 0] - 0.5 * u[:, 1] ** 2 + 0.8 * u[:, 0] * u[:, 2], five),
        Case("logistic", lambda u: logistic(1.0 + u[:, 0] - 0.8 * u[:, 1]), five),
        Case("logistic pair", lambda u: logistic(4.0 * u[:, 0] + 2.0 * u[:, 1] * u[:, 2]), five),
        Case("wave", lambda u: np.sin(2 * u[:, 0]) + np.cos(2 * u[:, 1] + u[:, 2]), five),
        Case("exponential", lambda u: np.exp(u[:, 0] + 0.6 * u[:, 1]), five),
        Case("steps", lambda u: np.floor(2 * u[:, 0]) / 2 + (u[:, 0] + u[:, 1] > 0.5) * 1.0, five),
        Case("trees", trees, five),
        Case("mixed", lambda u: logistic(u[:, 0] + (u[:, 3] == 1) * u[:, 1] + (u[:, 4] == 0)), mixed(), categories=2),
        Case("wide", lambda u: np.sin(2 * u[:, 0]) * u[:, 1] + u[:, 2] ** 2, normals(20)),
    ]
