"""The answers that an explanation rests on, fitted again: under other weights, with the error of every difference.

A fit gives its coefficients and what each independent draw (a mask, or a pair of rows) moved them by. Two fits of the
same answers share their draws, so the error of a difference is that of the difference of what they were moved by.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from limen._types import BoolArray, FloatArray, IntArray
from limen.results import Explanation, Probes, Status, TableProbes

HEAVY = 1e8
"""Weight of an equality constraint beside probes whose weights sum to 1."""
RANK_TOLERANCE = 1e-8
"""A direction with less than this fraction of the largest is not there."""
MOST_IN_PAIRS = 0.8
"""Share of the masks that have their complement next to them from which on they were drawn in pairs."""
ALONE = 1e-6
"""A row whose leverage is nearer to 1 than this is met exactly whatever it says; its residual tells nothing."""


@dataclass(frozen=True, eq=False)
class Line:
    """A fit: coefficients (1 + d), the intercept first; moved: (b, 1 + d) what each of b independent draws added."""

    coefficients: FloatArray
    moved: FloatArray
    rank: int

    @property
    def slopes(self) -> FloatArray:
        """(d) The coefficients without the intercept."""
        return self.coefficients[1:]

    @property
    def slope_moves(self) -> FloatArray:
        """(b, d) What each draw added to the slopes."""
        return self.moved[:, 1:]

    @property
    def errors(self) -> FloatArray:
        """(d) Standard errors of the slopes."""
        return np.asarray(np.sqrt((self.slope_moves**2).sum(axis=0)))

    @property
    def covariance(self) -> FloatArray:
        """(d, d) Covariance of the slopes."""
        return np.asarray(self.slope_moves.T @ self.slope_moves)


@dataclass(frozen=True, eq=False)
class Answered:
    """Points that a model answered, as a regression.

    points: (n, d) coordinates, x first. answers: (n). weights: (n), sum to 1; 0 where the law has no mass. draws: (n)
    number of the independent draw of each row, -1 for what was not drawn. strata: (n) rows that were drawn apart.
    shares: (strata) the share of all points of the stratum that is here; 1 leaves no error.
    """

    points: FloatArray
    answers: FloatArray
    weights: FloatArray
    draws: IntArray
    strata: IntArray
    shares: FloatArray
    ends_fixed: bool = False

    @property
    def n_parts(self) -> int:
        """The number of parts d."""
        return int(self.points.shape[1])

    @cached_property
    def kept(self) -> IntArray:
        """(n) How many parts each point keeps, where parts are kept or hidden."""
        return np.asarray(np.rint(self.points.sum(axis=1)), dtype=np.int64)

    @cached_property
    def features(self) -> FloatArray:
        """(n, 1 + d) The columns of a line."""
        return np.column_stack([np.ones(len(self.points)), self.points])

    def line(self, weights: FloatArray | None = None, *, ends_fixed: bool | None = None) -> Line:
        """Fit a line under other weights (n); by default under the law's own. They need not sum to 1."""
        return self.fit(self.features, self.weights if weights is None else weights, ends_fixed=ends_fixed)

    def fit(self, features: FloatArray, weights: FloatArray, *, ends_fixed: bool | None = None) -> Line:
        """Fit any columns (n, p) by weighted least squares; residuals as in HC2 (MacKinnon, White 1985)."""
        weights = weights / weights.sum()
        if self.ends_fixed if ends_fixed is None else ends_fixed:
            weights = weights.copy()
            weights[[0, -1]] = HEAVY  # x, and everything hidden, which come first and last
        root = np.sqrt(weights)[:, None]
        left, singular, right = np.linalg.svd(root * features, full_matrices=False)
        keep = singular > RANK_TOLERANCE * singular[0]
        left, inverse = left[:, keep], right[keep].T / singular[keep]
        coefficients = inverse @ (left.T @ (root[:, 0] * self.answers))
        residuals = root[:, 0] * (self.answers - features @ coefficients)
        room = 1.0 - (left**2).sum(axis=1)
        grown = np.where(room > ALONE, residuals / np.sqrt(np.maximum(room, ALONE)), 0.0)
        return Line(coefficients, self._moved((left * grown[:, None]) @ inverse.T), int(keep.sum()))

    def _moved(self, scores: FloatArray) -> FloatArray:
        """Scores (n, p) as what each independent draw added: summed in draws, centred in strata, less what is known."""
        found = []
        for stratum, share in enumerate(self.shares):
            rows = np.flatnonzero((self.strata == stratum) & (self.draws >= 0))
            if share >= 1.0 or not len(rows):
                continue
            _, numbers = np.unique(self.draws[rows], return_inverse=True)
            totals = np.zeros((int(numbers.max()) + 1, scores.shape[1]))
            np.add.at(totals, numbers, scores[rows])
            if len(totals) > 1:
                totals = (totals - totals.mean(axis=0)) * math.sqrt(len(totals) / (len(totals) - 1))
            found.append(totals * math.sqrt(1.0 - share))
        return np.concatenate(found) if found else np.zeros((0, scores.shape[1]))

    def under(self, masses: FloatArray) -> tuple[FloatArray, float]:
        """Weights (n) of masks under another law of d + 1 masses, and the share of its mass that was looked at.

        Masks of one size were drawn with equal chances, whatever the law, so they share its mass out evenly.
        """
        counts = np.bincount(self.kept, minlength=self.n_parts + 1)
        seen = counts > 0
        weights = np.where(seen, masses, 0.0)[self.kept] / counts[self.kept]
        return weights / weights.sum(), float(masses[seen].sum())


def answered(explanation: Explanation) -> Answered:
    """The answers of a record as a regression."""
    probes = explanation.probes
    if isinstance(probes, TableProbes):
        return _of_rows(explanation, probes)
    return _of_masks(explanation, probes)


def _of_rows(explanation: Explanation, probes: TableProbes) -> Answered:
    """Rows of a table come in pairs, but for lime's, which are independent."""
    n = len(probes) - 1
    together = 1 if explanation.law.name == "lime" else 2
    draws = np.concatenate([[-1], np.arange(n) // together])
    return Answered(probes.points, probes.answers, probes.weights, draws, np.zeros(n + 1, dtype=np.int64), np.zeros(1))


def _of_masks(explanation: Explanation, probes: Probes) -> Answered:
    """Masks of one stratum have equal weights, and come one after the other behind x."""
    points = probes.masks.astype(np.float64)
    n, d = points.shape
    weights = probes.weights
    ends_fixed = explanation.law.name == "shapley"
    starts = ~np.isclose(weights[1:], weights[:-1], rtol=1e-9, atol=0.0)
    strata = np.concatenate([[0], np.cumsum(starts)])
    drawn = np.ones(n, dtype=np.bool_)
    drawn[0] = False
    if ends_fixed:
        drawn[-1] = False
    exact = explanation.status is Status.EXACT
    shares = np.array([1.0 if exact else _share(points[(strata == one) & drawn], d) for one in range(strata[-1] + 1)])
    draws = np.where(drawn, _drawn_together(probes.masks), -1)
    return Answered(points, probes.answers, weights, draws, strata, shares, ends_fixed)


def _drawn_together(masks: BoolArray) -> IntArray:
    """The number of the draw of each mask (n): where most come with their complement right behind, both have one."""
    together = np.concatenate([[False], (masks[1:] ^ masks[:-1]).all(axis=1)])
    for row in range(1, len(masks)):
        together[row] &= not together[row - 1]
    if 2.0 * together.sum() < MOST_IN_PAIRS * len(masks):
        return np.arange(len(masks))
    return np.cumsum(~together)


def _share(points: FloatArray, d: int) -> float:
    """The share of all masks of these sizes that was drawn."""
    if not len(points):
        return 1.0
    total = sum(math.comb(d, int(size)) for size in np.unique(points.sum(axis=1)))
    return min(1.0, len(points) / total)


def varied(points: FloatArray) -> BoolArray:
    """(d) True for parts that changed among points (n, d)."""
    return np.asarray(np.ptp(points, axis=0) > 0)
