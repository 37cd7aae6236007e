"""Limits of what an audit measures of rows of a table, on models whose true effects are known."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import limen
from limen.errors import BudgetError
from limen.sampling import Ball, Manifold
from limit_cases import Numbers, Pair, Question, against, apart, figures
from local_truths import BUDGETS, ROWS, background, two_faces

WIDTHS = (0.125, 0.25, 0.5, 1.0, 2.0)


def _explainer(model: Any, data: Numbers, sampler: Any, budget: int, seed: int) -> limen.Explainer:
    return limen.Explainer(
        model, limen.Table(data), sampler=sampler, budget=budget, seed=seed, scale="raw", on_doubt="ignore"
    )


def _smooth(seed: int, salt: int) -> tuple[Callable[[Numbers], Numbers], Numbers, Numbers, np.random.Generator]:
    """A line, a quadratic, waves or a sigmoid; data; the true slopes a standard deviation at the first row."""
    generator = np.random.default_rng([seed, salt])
    make = list(ROWS.values())[generator.integers(len(ROWS))]
    m = int(generator.integers(2, 9))
    data, smooth = background(generator, m), make(generator, m)
    return smooth.value, data, smooth.gradient(data[0]) * data.std(axis=0), generator


def seeds(seed: int) -> Iterator[Pair]:
    """Whether fresh seeds show that the errors told are too small: slopes against those of very many rows."""
    model, data, _, generator = _smooth(seed, 19)
    sampler = Ball(float(generator.choice(WIDTHS))) if generator.random() < 0.5 else None
    asked = _explainer(model, data, sampler, int(generator.choice(BUDGETS)), seed)
    audit = limen.audit(asked, data[0], rows=2 * asked.budget, checks=["instability"])
    width = float(audit.explanation.law.parameters.removeprefix("width=").split(",")[0])
    truth = _explainer(model, data, Ball(width), 20_000, seed + 1)(data[0]).effects.values
    effects = audit.explanation.effects
    told = float(np.linalg.norm(effects.standard_errors)) + 1e-9 * float(np.linalg.norm(truth))
    for figure in figures(audit, "instability.seeds"):
        yield Pair(figure, float(np.linalg.norm(effects.values - truth)) / told)


def half(seed: int) -> Iterator[Pair]:
    """Whether half the width tells how far the slopes are from those at the row itself."""
    model, data, truth, generator = _smooth(seed, 11)
    asked = _explainer(model, data, Ball(float(generator.choice(WIDTHS))), int(generator.choice(BUDGETS)), seed)
    audit = limen.audit(asked, data[0], rows=asked.budget, checks=["width"])
    for figure in figures(audit, "width.half"):
        yield Pair(figure, apart(audit.explanation.effects.values, truth))


def _faces(seed: int, salt: int, honest: float) -> tuple[limen.Explainer, Numbers, Numbers]:
    """A model that answers far from the data by another line than near it, the row, and the slopes near it.

    honest: how often it is a smooth function instead, which is the same everywhere.
    """
    generator = np.random.default_rng([seed, salt])
    answer, data, hidden = two_faces(generator)
    model, slopes = (lambda u: answer(u, False)), hidden
    if generator.random() < honest:
        smooth = list(ROWS.values())[generator.integers(len(ROWS))](generator, data.shape[1])
        model, slopes = smooth.value, smooth.gradient(data[0])
    sampler = Ball(10.0 ** float(generator.uniform(-1.5, 0.3)))
    asked = _explainer(model, data, sampler, int(generator.choice(BUDGETS)), seed)
    return asked, data[0], slopes * data.std(axis=0)


def far(seed: int) -> Iterator[Pair]:
    """Whether the share of probes in no man's land tells that what is shown is not what a model does on data."""
    asked, x, truth = _faces(seed, 13, 0.5)
    audit = limen.audit(asked, x, checks=["off_manifold"])
    for figure in figures(audit, "off_manifold.share"):
        yield Pair(figure, apart(audit.explanation.effects.values, truth))


def manifold(seed: int) -> Iterator[Pair]:
    """Whether asking again on the manifold tells the same, of smooth models as well."""
    asked, x, truth = _faces(seed, 14, 0.5)
    audit = limen.audit(asked, x, rows=asked.budget, checks=["off_manifold"])
    for figure in figures(audit, "off_manifold.manifold"):
        yield Pair(figure, apart(audit.explanation.effects.values, truth))


def doubts(seed: int) -> Iterator[Pair]:
    """Whether what is doubtful about a question goes with slopes that are not the world's: rows within and without."""
    generator = np.random.default_rng([seed, 12])
    m = int(generator.integers(2, 9))
    data, smooth = background(generator, m), list(ROWS.values())[generator.integers(len(ROWS))](generator, m)
    y = smooth.value(data)
    model = _fitted(generator, seed, data, y + 0.1 * y.std() * generator.normal(size=len(y)))
    x = data[0] * float(generator.choice((1.0, 1.0, 3.0, 10.0)))
    audit = limen.audit(_explainer(model, data, None, 200, seed), x, checks=["sanity"])
    for figure in figures(audit, "sanity.doubts"):
        yield Pair(figure, apart(audit.explanation.effects.values, smooth.gradient(x) * data.std(axis=0)))


def _learners(seed: int) -> list[Any]:
    from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
    from sklearn.linear_model import LinearRegression
    from sklearn.neural_network import MLPRegressor

    return [
        LinearRegression(),
        RandomForestRegressor(50, min_samples_leaf=3, random_state=seed),
        GradientBoostingRegressor(random_state=seed),
        MLPRegressor(hidden_layer_sizes=(30,), max_iter=300, random_state=seed),
    ]


def _fitted(generator: np.random.Generator, seed: int, data: Numbers, y: Numbers) -> Callable[[Numbers], Numbers]:
    """One of the learners, fitted."""
    learner = _learners(seed)[generator.integers(4)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the net need not converge
        return learner.fit(data, y).predict


def together(seed: int) -> Iterator[Pair]:
    """Whether columns that go together tell that a model learned from the wrong one of them."""
    generator = np.random.default_rng([seed, 15])
    m, n = int(generator.integers(3, 7)), 300
    data = generator.normal(size=(n, m))
    close = 1.0 - 10.0 ** -float(generator.uniform(0.0, 3.0))  # half of the pairs go together closely
    share = float(generator.uniform()) if generator.random() < 0.5 else close
    data[:, 1] = share * data[:, 0] + np.sqrt(1 - share**2) * data[:, 1]
    world = generator.normal(size=m) * (generator.random(m) < 0.7)
    world[0] = 1.0
    model = _fitted(generator, seed, data, data @ world + 0.5 * generator.normal(size=n))
    audit = limen.audit(_explainer(model, data, Ball(1.0), 200, seed), data[0], checks=["correlated"])
    for figure in figures(audit, "correlated.background"):
        yield Pair(figure, apart(audit.explanation.effects.values[:2], world[:2]))


def condition(seed: int) -> Iterator[Pair]:
    """Whether coordinates of the probes that go together tell of wrong slopes: on the manifold, and of few rows."""
    generator = np.random.default_rng([seed, 16])
    m = int(generator.integers(3, 9))
    loose = 10.0 ** float(generator.uniform(-3, 0))
    factors = generator.normal(size=(400, max(1, m - 2)))
    data = factors @ generator.normal(size=(factors.shape[1], m)) + loose * generator.normal(size=(400, m))
    smooth = list(ROWS.values())[generator.integers(1, len(ROWS))](generator, m)
    sampler = Manifold() if generator.random() < 0.7 else Ball(1.0)
    budget = int(generator.choice((3 * m, 6 * m, 80, 200)))
    try:
        audit = limen.audit(_explainer(smooth.value, data, sampler, budget, seed), data[0], checks=["correlated"])
    except BudgetError:  # too few rows for so many columns
        return
    for figure in figures(audit, "correlated.condition"):
        yield Pair(figure, apart(audit.explanation.effects.values, smooth.gradient(data[0]) * data.std(axis=0)))


def shuffled(seed: int) -> Iterator[Pair]:
    """Whether models of shuffled labels tell that a model learned from labels of chance, on the scale that is usual."""
    from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression

    generator = np.random.default_rng([seed, 17])
    m = int(generator.integers(3, 9))
    data, truth = generator.normal(size=(200, m)), generator.normal(size=m)
    strength = 0.0 if generator.random() < 0.4 else float(generator.uniform(1, 10))
    labels = (strength * data @ truth / np.linalg.norm(truth) + generator.logistic(size=200) > 0).astype(int)
    model = (
        LogisticRegression(),
        RandomForestClassifier(20, min_samples_leaf=3, random_state=seed),
        GradientBoostingClassifier(n_estimators=20, random_state=seed),
    )[generator.integers(3)]
    asked = limen.Explainer(model.fit(data, labels), limen.Table(data), budget=100, seed=seed, on_doubt="ignore")
    audit = limen.audit(asked, data[0], target=1, checks=["sanity"], training=(data, labels))
    for figure in figures(audit, "sanity.shuffled"):
        yield Pair(figure, float(strength == 0.0))


def weights(seed: int) -> Iterator[Pair]:
    """Whether copies with weights at random tell that what is shown was never learned: a fixed path around the net."""
    import torch

    generator = np.random.default_rng([seed, 18])
    torch_generator = torch.Generator().manual_seed(seed)
    m = int(generator.integers(6, 12))
    data, learned, fixed = generator.normal(size=(200, m)), generator.normal(size=m), generator.normal(size=m)
    share = float(generator.choice((0.0, 0.5, 1.0, 2.0, 4.0, 16.0)))

    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = torch.nn.Sequential(torch.nn.Linear(m, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1))
            self.register_buffer("fixed", torch.tensor(fixed, dtype=torch.float32))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.body(x) + share * (x @ self.fixed)[:, None]

    net = Net()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(0.4 * torch.randn(parameter.shape, generator=torch_generator))
    x, y = (torch.tensor(one, dtype=torch.float32) for one in (data, data @ learned))
    optimiser = torch.optim.Adam(net.parameters(), 0.02)
    for _ in range(300):
        optimiser.zero_grad()
        ((net.body(x)[:, 0] - y) ** 2).mean().backward()
        optimiser.step()
    asked = _explainer(net.eval(), data, Ball(0.5), 60, seed)
    audit = limen.audit(asked, data[0], rows=400, checks=["sanity"])
    for figure in figures(audit, "sanity.weights"):
        yield Pair(figure, against(audit.explanation.effects.values, learned))


FAR = "distance of the slopes to those at the row, relative"
ON_DATA = "distance to the slopes of the rule for data, relative"
QUESTIONS = (
    Question("instability.seeds", "of tables: error of the slopes, in units of what is told", 2.0, 3.0, seeds),
    Question("width.half", FAR, 0.5, 1.0, half),
    Question("off_manifold.share", ON_DATA, 0.5, 1.0, far),
    Question("off_manifold.manifold", ON_DATA, 0.5, 1.0, manifold),
    Question(
        "correlated.background", "distance of both effects to the weights of the world, relative", 0.5, 1.0, together
    ),
    Question("correlated.condition", FAR, 0.5, 1.0, condition),
    Question("sanity.doubts", "distance to the slopes of the world, relative", 0.5, 1.0, doubts),
    Question("sanity.shuffled", "1: the labels were of chance", 0.5, 0.5, shuffled, 100),
    Question("sanity.weights", "1 - cosine to what was learned", 0.3, 0.5, weights),
)
