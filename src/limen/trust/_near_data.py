"""Rows of a table beside the rows of its background: how far from them, how easily told from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from limen._geometry import TableGeometry
from limen._types import FloatArray, IntArray

MOST_ROWS = 2000
"""Background rows, at equal distances, among which the nearest are looked for."""
LOCAL = 50
"""Background rows nearest to x whose own distances say what is far here."""
USUAL = 0.95
"""The share of them that have a neighbour within the usual distance."""
FOLDS, TREES, MOST = 4, 40, 250
"""Of the classifier; rows of each kind, at most."""
MISSING = -1e9
"""What a missing number is to a tree."""


@dataclass(frozen=True, eq=False)
class Background:
    """Some background rows (k, m) in a form to measure distances in, sorted by their distance to x.

    points: (k, q) numbers in standard deviations, and whether each is missing. codes: (k, s) categories.
    """

    geometry: TableGeometry
    rows: FloatArray
    points: FloatArray
    codes: FloatArray

    @classmethod
    def of(cls, geometry: TableGeometry) -> Background:
        """From the geometry of a row."""
        rows = geometry.background[:: -(-len(geometry.background) // MOST_ROWS)]
        points, codes = _split(rows, geometry)
        own_points, own_codes = _split(geometry.origin[None], geometry)
        order = np.argsort(_distances(own_points, own_codes, points, codes)[0], kind="stable")
        return cls(geometry, rows[order], points[order], codes[order])

    def gaps(self, values: FloatArray) -> FloatArray:
        """Distance (n) of each row (n, m) to the nearest background row."""
        found: FloatArray = _distances(*_split(values, self.geometry), self.points, self.codes).min(axis=1)
        return found

    def usual(self) -> float:
        """The distance within which USUAL of the rows near x have another one; never 0."""
        between = _distances(self.points[:LOCAL], self.codes[:LOCAL], self.points, self.codes)
        between[np.arange(len(between)), np.arange(len(between))] = np.inf
        return max(float(np.quantile(between.min(axis=1), USUAL)), 1e-9)


def _split(values: FloatArray, geometry: TableGeometry) -> tuple[FloatArray, FloatArray]:
    numbers = values[:, geometry.numeric] / geometry.scales[geometry.numeric]
    missing = np.isnan(numbers)
    return np.concatenate([np.where(missing, 0.0, numbers), missing], axis=1), values[:, ~geometry.numeric]


def _distances(points: FloatArray, codes: FloatArray, others: FloatArray, other_codes: FloatArray) -> FloatArray:
    """Distances (n, k): Euclidean over numbers, and 1 for each category that differs."""
    middle = others.mean(axis=0)  # sums of squares cancel far from 0
    a, b = points - middle, others - middle
    found = np.maximum((a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2.0 * a @ b.T, 0.0)
    for column in range(codes.shape[1]):
        found += codes[:, column : column + 1] != other_codes[:, column]
    return np.asarray(np.sqrt(found))


def told_apart(values: FloatArray, background: FloatArray, generator: np.random.Generator) -> tuple[float, float]:
    """How easily a forest tells rows (n, m) from background rows (k, m): cross-validated AUC, and its standard error.

    Both kinds are cut to equal numbers, at most MOST. 0.5: not at all. Error: Hanley, McNeil (1982).
    """
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    count = min(len(values), len(background), MOST)
    chosen = [generator.permutation(len(one))[:count] for one in (values, background)]
    rows = np.nan_to_num(np.concatenate([values[chosen[0]], background[chosen[1]]]), nan=MISSING)
    labels: IntArray = np.repeat([1, 0], count)
    seed = int(generator.integers(2**31))
    forest = RandomForestClassifier(TREES, min_samples_leaf=2, random_state=seed)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    scores = cross_val_predict(forest, rows, labels, cv=folds, method="predict_proba")[:, 1]
    area = float(roc_auc_score(labels, scores))
    first, second = area / (2.0 - area), 2.0 * area**2 / (1.0 + area)
    variance = (area * (1 - area) + (count - 1) * (first + second - 2.0 * area**2)) / count**2
    return area, float(np.sqrt(max(variance, 0.0)))
