"""How much worse the answers of two kinds of rows are learned from one another than in place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from limen._types import FloatArray, IntArray
from limen.results import Estimate
from limen.trust._numbers import estimate

FOLDS, TREES = 4, 80
RIDGE = 1e-3


@dataclass(frozen=True, eq=False)
class Side:
    """Rows of one kind: coordinates (n, d) for a line, encoded rows (n, m) for trees, and answers (n)."""

    points: FloatArray
    rows: FloatArray
    answers: FloatArray


def disagreements(data: Side, probes: Sequence[Side], generator: np.random.Generator) -> list[Estimate]:
    """How much worse answers of data and of each kind of probes are learned from the other than in place.

    The smaller of the two, in units of the variance of all answers together; a prediction counts as no worse than none,
    which misses by it. Each side has the better of two learners, a ridge line and a forest, in place and across. The
    error is that of the mean difference of squared misses.
    """
    data_learned, *probes_learned = (Learned.of(side, generator) for side in (data, *probes))
    return [_disagreement(data_learned, one) for one in probes_learned]


@dataclass(frozen=True, eq=False)
class Learned:
    """A side, its squared misses (n) in place, and what predicts another side from it."""

    side: Side
    inside: FloatArray
    predict: Callable[[Side], list[FloatArray]]

    @classmethod
    def of(cls, side: Side, generator: np.random.Generator) -> Learned:
        """Learn all of it, and in folds what its own rows tell of one another."""
        places = generator.permutation(len(side.answers)) % FOLDS
        seed = int(generator.integers(2**31))
        return cls(side, _best(_in_place(side, places, seed), side.answers), _learner(side, seed))


def _disagreement(data: Learned, probes: Learned) -> Estimate:
    variance = float(np.concatenate([data.side.answers, probes.side.answers]).var())
    if variance <= 1e-24:
        return estimate(0.0)
    means, errors = [], []
    for one, other in ((data, probes), (probes, data)):
        excess = (_best(other.predict(one.side), one.side.answers) - one.inside) / variance
        means.append(max(0.0, min(float(excess.mean()), 1.0 - float(one.inside.mean()) / variance)))
        errors.append(float(excess.std() / np.sqrt(len(excess))))
    least = int(np.argmin(means))
    return estimate(means[least], errors[least], 0.0)


def _best(predicted: list[FloatArray], answers: FloatArray) -> FloatArray:
    """Squared misses (n) of the learner that misses least."""
    misses = [(one - answers) ** 2 for one in predicted]
    return min(misses, key=lambda one: float(one.mean()))


def _in_place(side: Side, places: IntArray, seed: int) -> list[FloatArray]:
    """Predictions (n) of each learner, of rows that it has not seen."""
    found = [np.zeros(len(side.answers)), np.zeros(len(side.answers))]
    for fold in range(FOLDS):
        seen, unseen = (
            Side(side.points[rows], side.rows[rows], side.answers[rows]) for rows in (places != fold, places == fold)
        )
        for into, predicted in zip(found, _learner(seen, seed)(unseen), strict=True):
            into[places == fold] = predicted
    return found


def _learner(side: Side, seed: int) -> Callable[[Side], list[FloatArray]]:
    """What predicts the answers (n) of another side: a ridge line and a forest."""
    from sklearn.ensemble import RandomForestRegressor

    features = np.column_stack([np.ones(len(side.points)), side.points])
    ridge = RIDGE * len(features) * np.eye(features.shape[1])
    ridge[0, 0] = 0.0
    slopes = np.linalg.solve(features.T @ features + ridge + 1e-9 * np.eye(len(ridge)), features.T @ side.answers)
    low, high = side.answers.min(), side.answers.max()
    forest = RandomForestRegressor(TREES, min_samples_leaf=2, max_features=0.5, random_state=seed)
    forest.fit(side.rows, side.answers)

    def predict(other: Side) -> list[FloatArray]:
        line = np.clip(np.column_stack([np.ones(len(other.points)), other.points]) @ slopes, low, high)
        return [line, np.asarray(forest.predict(other.rows), dtype=np.float64)]

    return predict
