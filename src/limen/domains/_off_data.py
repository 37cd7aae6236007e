"""How far a row lies outside of the background."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from limen._types import FloatArray, IntArray
from limen.domains._parts import Layout

NEIGHBOURS = 1000
"""So many background rows, evenly spaced, are looked at."""
USUAL = 0.99
"""The share of background rows that are nearer to another one than what counts as a usual distance."""
SLACK = 1.5
"""A row is off the data where its nearest neighbour is farther than the usual distance by this factor ..."""
LEAST = 1.0
"""... and farther than one standard deviation, or one changed category."""
BEYOND = 1.0
"""A number is off the data where it lies this many standard deviations beyond the background's range."""


@dataclass(frozen=True, eq=False)
class Surroundings:
    """Some background rows as points (k, q): numbers in standard deviations, and states (s, k); and their usual gap.

    means: (q / 2) of the numbers. squares: (k) squared lengths of the points.
    """

    layout: Layout
    reals: IntArray
    flips: list[tuple[int, ...]]
    low: FloatArray
    high: FloatArray
    means: FloatArray
    points: FloatArray
    squares: FloatArray
    states: IntArray
    gap: float

    def amount(self, row: FloatArray) -> float:
        """How far an encoded row (m) lies off the data; from 1 on it does: see `limen.Table.off_data`."""
        beyond = self._beyond(row).max(initial=0.0) / BEYOND
        return float(max(beyond, self._nearest(row) / self.gap))

    def _beyond(self, row: FloatArray) -> FloatArray:
        """Standard deviations beyond the range for each numeric column; 0 inside it and where a value is missing."""
        layout = self.layout
        values = row[layout.numeric]
        outside = np.maximum(np.maximum(self.low - values, values - self.high), 0.0) / layout.scales[layout.numeric]
        return np.nan_to_num(outside, nan=0.0)

    def worst(self, row: FloatArray) -> int | None:
        """The column that lies farthest beyond its range, if any lies far enough to be off the data."""
        beyond = self._beyond(row)
        if beyond.max(initial=0.0) < BEYOND:
            return None
        return int(np.flatnonzero(self.layout.numeric)[beyond.argmax()])

    def _nearest(self, row: FloatArray) -> float:
        point = _points(row[None], self.layout, self.reals, self.means)[0]
        own = np.array([self.layout.states_of(flip).place(row[list(flip)]) for flip in self.flips], dtype=np.int64)
        between = self.squares - 2.0 * (self.points @ point) + point @ point
        between += (self.states != own[:, None]).sum(axis=0)
        return float(np.sqrt(max(float(between.min()), 0.0)))


def surroundings(layout: Layout) -> Surroundings:
    """Look at the background once."""
    rows = np.unique(np.linspace(0, len(layout.encoded) - 1, NEIGHBOURS).round().astype(np.int64))
    single = [bundle.columns[0] for bundle in layout.bundles if len(bundle.columns) == 1]
    reals = np.array([place for place in single if layout.columns[place].numeric], dtype=np.int64)
    flips = [bundle.columns for bundle in layout.bundles if not set(bundle.columns) <= set(reals.tolist())]
    means = np.array([layout.columns[place].mean for place in reals])
    points = _points(layout.encoded[rows], layout, reals, means)
    states = np.array([layout.states_of(flip).rows[rows] for flip in flips], dtype=np.int64).reshape(-1, len(rows))
    nearest = _own_gaps(points, states)
    numeric = [column for column in layout.columns if column.numeric]
    return Surroundings(
        layout,
        reals,
        flips,
        np.array([column.low for column in numeric]),
        np.array([column.high for column in numeric]),
        means,
        points,
        (points**2).sum(axis=1),
        states,
        max(SLACK * float(np.quantile(nearest, USUAL)), LEAST),
    )


def _own_gaps(points: FloatArray, states: IntArray) -> FloatArray:
    """The distance (k) of each row to the nearest other one."""
    squares = (points**2).sum(axis=1)
    between = np.maximum(squares[:, None] + squares - 2.0 * points @ points.T, 0.0)
    for column in states:
        between += column[:, None] != column
    np.fill_diagonal(between, np.inf)
    gaps: FloatArray = np.sqrt(between.min(axis=1))
    return gaps


def _points(values: FloatArray, layout: Layout, reals: IntArray, means: FloatArray) -> FloatArray:
    """Numbers in standard deviations from the mean, and whether each is missing, which counts as one."""
    moved = (values[:, reals] - means) / layout.scales[reals]
    missing = np.isnan(moved)
    return np.concatenate([np.where(missing, 0.0, moved), missing], axis=1)
