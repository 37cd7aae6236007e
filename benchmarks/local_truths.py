"""Audited explanations of models whose local answer is known: by enumeration for texts, in closed form for rows.

Texts: games over words whose every mask is known. The truth is the best line under the law, from all masks, and 0 for
words that the model ignores. Rows: functions of numbers; the truth is the gradient at the row, per standard deviation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import limen
from common import LIME, SHAPLEY, SPAM, UNIFORM, WORDS, Game, every_mask, synthetic
from limen.sampling import Ball

Numbers = NDArray[np.float64]
LAWS = (LIME, UNIFORM, SHAPLEY)
BUDGETS = (40, 80, 200, 600)
WIDTHS = (None, 0.125, 0.5, 1.0, 2.0)


@dataclass(frozen=True)
class Case:
    """An audited explanation and the truth (d)."""

    family: str
    audit: limen.Audit
    truth: Numbers


def logistic(generator: np.random.Generator, d: int, scale: float) -> tuple[Numbers, NDArray[np.bool_]]:
    """A logistic model with pairs; a third of the words are ignored."""
    z, used = every_mask(d).astype(float), generator.random(d) > 1 / 3
    used[0] = True
    places = np.flatnonzero(used)
    score = generator.normal() + (z[:, places] - 0.5) @ (scale * generator.normal(size=len(places)))
    for _ in range(4):
        i, j = generator.choice(places, 2)
        score += scale * generator.normal() * z[:, i] * z[:, j]
    return 1 / (1 + np.exp(-score)), used


def products(generator: np.random.Generator, d: int, order: int) -> tuple[Numbers, NDArray[np.bool_]]:
    """A sum of products of up to `order` words each, of a random size; some words are ignored."""
    z, used = every_mask(d).astype(float), np.zeros(d, dtype=bool)
    weights = generator.normal(size=int(generator.integers(2, 12)))
    score = np.zeros(len(z))
    for weight in weights:
        chosen = generator.choice(d, size=generator.integers(1, order + 1), replace=False)
        used[chosen] = True
        score += weight * z[:, chosen].prod(axis=1)
    return 0.5 + 0.45 * score / np.abs(weights).sum(), used


TEXTS: dict[str, Callable[[np.random.Generator, int], tuple[Numbers, NDArray[np.bool_]]]] = {
    "logistic": lambda generator, d: logistic(generator, d, 1.0),
    "steep logistic": lambda generator, d: logistic(generator, d, 4.0),
    "pairs": lambda generator, d: products(generator, d, 2),
    "products": lambda generator, d: products(generator, d, 5),
}


def texts(seed: int, extra: int = 0) -> Iterator[Case]:
    """One game of each family, explained once; the audit may ask `extra` rows."""
    for family, make in TEXTS.items():
        generator = np.random.default_rng([seed, *family.encode()])
        d = int(generator.integers(8, 13))
        p, used = make(generator, d)
        game: Game = synthetic(f"g{seed}w", p, every_mask(d))
        law, budget = LAWS[generator.integers(len(LAWS))], BUDGETS[generator.integers(len(BUDGETS))]
        explainer = limen.Explainer(game.model, WORDS, sampler=law, budget=budget, seed=seed, on_doubt="ignore")
        truth = np.where(used, game.exact(law, limen.Linear()).effects.values, 0.0)
        yield Case(f"text, {family}", limen.audit(explainer, game.text, target=SPAM, rows=extra), truth)


@dataclass(frozen=True)
class Smooth:
    """A function of rows (n, m) and its gradient (m) at a row."""

    value: Callable[[Numbers], Numbers]
    gradient: Callable[[Numbers], Numbers]


def linear(generator: np.random.Generator, m: int) -> Smooth:
    """A line; some columns are ignored."""
    w = generator.normal(size=m) * (generator.random(m) > 0.3)
    w[0] += 1.0
    return Smooth(lambda u: u @ w, lambda _: w)


def quadratic(generator: np.random.Generator, m: int) -> Smooth:
    """A line and a quadratic form."""
    w, root = generator.normal(size=m), generator.normal(size=(m, m)) / np.sqrt(m)
    h = root + root.T
    return Smooth(lambda u: u @ w + 0.5 * np.einsum("ni,ij,nj->n", u, h, u), lambda u: w + h @ u)


def wave(generator: np.random.Generator, m: int) -> Smooth:
    """Sines of random directions and frequencies: what a wide neighbourhood averages out."""
    w = generator.normal(size=(3, m)) * generator.uniform(0.3, 2.0) / np.sqrt(m) * 1.5
    phase, a = generator.uniform(0, 6.3, 3), generator.normal(size=3)
    return Smooth(lambda u: np.sin(u @ w.T + phase) @ a, lambda u: (a * np.cos(w @ u + phase)) @ w)


def sigmoid(generator: np.random.Generator, m: int) -> Smooth:
    """A logistic model, from flat to a step."""
    w = generator.normal(size=m) * generator.uniform(0.3, 4.0)
    b = generator.normal()

    def value(u: Numbers) -> Numbers:
        return 1 / (1 + np.exp(-(u @ w + b)))

    def gradient(u: Numbers) -> Numbers:
        p = float(value(u[None])[0])
        return p * (1 - p) * w

    return Smooth(value, gradient)


ROWS: dict[str, Callable[[np.random.Generator, int], Smooth]] = {
    "linear": linear,
    "quadratic": quadratic,
    "waves": wave,
    "sigmoid": sigmoid,
}


def background(generator: np.random.Generator, m: int) -> Numbers:
    """Correlated normal columns."""
    root = np.eye(m) + 0.4 * generator.normal(size=(m, m)) / np.sqrt(m)
    return generator.normal(size=(400, m)) @ root


def rows(seed: int, extra: int = 0) -> Iterator[Case]:
    """One function of each family, one row, explained once; the audit may ask `extra` rows."""
    for family, make in ROWS.items():
        generator = np.random.default_rng([seed, *family.encode()])
        m = int(generator.integers(2, 9))
        data, smooth = background(generator, m), make(generator, m)
        width, budget = WIDTHS[generator.integers(len(WIDTHS))], int(BUDGETS[generator.integers(len(BUDGETS))])
        explainer = limen.Explainer(
            smooth.value,
            limen.Table(data),
            sampler=Ball(width),
            budget=budget,
            seed=seed,
            scale="raw",
            on_doubt="ignore",
        )
        x = data[0]
        truth = smooth.gradient(x) * data.std(axis=0)
        yield Case(f"table, {family}", limen.audit(explainer, x, rows=extra), truth)


def two_faces(generator: np.random.Generator) -> tuple[Callable[[Numbers, bool], Numbers], Numbers, Numbers]:
    """A model that answers data by one line and what is unlike data by another, or, if honest, all by the first.

    Gives answer(rows, honest), the data (400, m), whose columns follow two factors, and the slopes (m) of the first.
    """
    m = int(generator.integers(4, 9))
    factors = generator.normal(size=(400, 2))
    data = factors @ generator.normal(size=(2, m)) + 0.15 * generator.normal(size=(400, m))
    shown, hidden = np.eye(m)[0], np.eye(m)[1]
    plane = np.linalg.svd(data - data.mean(axis=0), full_matrices=False)[2][2:]

    def answer(u: Numbers, honest: bool) -> Numbers:
        off = (((u - data.mean(axis=0)) @ plane.T) ** 2).sum(axis=1) > 0.15**2 * (m + 6)
        return np.where(off & (not honest), u @ shown, u @ hidden)

    return answer, data, hidden


def two_faced(seed: int, extra: int = 0) -> Iterator[Case]:
    """A model that answers data by one line and probes by another, and the same line honestly.

    The audit may ask 600 rows at least, without which nothing tells them apart.
    """
    answer, data, hidden = two_faces(np.random.default_rng([seed, 7]))
    for honest in (True, False):
        explainer = limen.Explainer(
            lambda u, honest=honest: answer(u, honest),
            limen.Table(data),
            sampler=Ball(1.0),
            budget=600,
            seed=seed,
            scale="raw",
            on_doubt="ignore",
        )
        truth = hidden * data.std(axis=0)
        name = "one-faced" if honest else "two-faced"
        yield Case(f"table, {name}", limen.audit(explainer, data[0], rows=max(600, extra)), truth)
