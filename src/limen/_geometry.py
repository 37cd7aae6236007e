"""What a sampler may know of a table row: encoded numbers, parts and states. Never a name, a frame or a model.

A row is encoded as m float64 numbers, one a column: numbers, integers and dates as they are (dates as days), categories
as codes. NaN is a number that is missing; a missing category has a code of its own.

Axes: n probes, m columns, d parts, N background rows.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from limen._types import BoolArray, FloatArray, IntArray

KINDS = ("real", "known", "flip", "fixed")


@dataclass(frozen=True, eq=False)
class Part:
    """One interpretable part of a row.

    kind: "real": one numeric column with a value, which moves; "known": the same column may go missing (1 = it has a
    value); "flip": columns that keep their joint state (1) or change to another one (0): a category, a one-hot block,
    a named group, or a number that is missing in this row; "fixed": columns that never change.
    columns: their numbers. states: (S, len(columns)) the distinct joint states of a flip, the row's own one first;
    shares: (S) how often the background has each (the row's own may be 0); both empty for other kinds.
    background_states: (N) the state of each background row.
    """

    kind: str
    columns: tuple[int, ...]
    states: FloatArray = field(default_factory=lambda: np.zeros((0, 0)))
    shares: FloatArray = field(default_factory=lambda: np.zeros(0))
    background_states: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    @cached_property
    def whole_shares(self) -> FloatArray:
        """(S) The shares, made to sum to 1 where they are those of a part of the background; all 0 for other kinds."""
        return self.shares / max(float(self.shares.sum()), 1e-300)


@dataclass(frozen=True, eq=False)
class TableGeometry:
    """A row among its background.

    origin: (m) the row x. background: (N, m). scales: (m) standard deviations of the numeric columns in the background,
    over the rows that have a value; 1 for categories and where there is no spread. steps: (m) the grid that a column's
    values lie on, counted from 0 (1 for integers, a day for dates without times), 0 for reals and categories.
    numeric: (m) True for numbers, integers and dates. parts: (d). memo: what was found in the background alone, by
    name; rows of one table share it.
    """

    origin: FloatArray
    background: FloatArray
    scales: FloatArray
    steps: FloatArray
    numeric: BoolArray
    parts: tuple[Part, ...]
    memo: dict[Hashable, FloatArray] = field(default_factory=dict)

    @property
    def n_parts(self) -> int:
        """The number of parts d."""
        return len(self.parts)

    @property
    def reals(self) -> BoolArray:
        """(d) True for the parts that move on a scale."""
        return np.array([part.kind == "real" for part in self.parts], dtype=np.bool_)

    @property
    def fixed(self) -> BoolArray:
        """(d) True for the parts that never change."""
        return np.array([part.kind == "fixed" for part in self.parts], dtype=np.bool_)

    def coordinates(self, values: FloatArray) -> FloatArray:
        """The coordinates (n, d) of encoded rows (n, m): see `coordinates`."""
        return coordinates(values, self.origin, self.scales, [(part.kind, part.columns) for part in self.parts])

    def on_grid(self, values: FloatArray) -> FloatArray:
        """The same rows (n, m), integers and dates rounded to their grid; a new array."""
        steps = np.where(self.steps > 0, self.steps, 1.0)
        return np.where(self.steps > 0, np.round(values / steps) * steps, values)


def coordinates(
    values: FloatArray, origin: FloatArray, scales: FloatArray, parts: list[tuple[str, tuple[int, ...]]]
) -> FloatArray:
    """Coordinates (n, d) of encoded rows (n, m) around `origin` (m).

    A real part has its displacement in background standard deviations (0 where the value is missing), a known part or a
    flip 1 where it is as in x and else 0, a fixed part 1. The row itself has 0 for reals and 1 for all others.
    """
    found = np.ones((len(values), len(parts)))
    places: dict[str, list[int]] = {"real": [], "known": [], "flip": []}
    for place, (kind, columns) in enumerate(parts):
        if kind == "flip" and len(columns) > 1:
            found[:, place] = _same(values[:, columns], origin[list(columns)]).all(axis=1)
        elif kind != "fixed":
            places[kind].append(place)
    own = {kind: [parts[place][1][0] for place in several] for kind, several in places.items()}
    moved = (values[:, own["real"]] - origin[own["real"]]) / scales[own["real"]]
    moved[np.isnan(moved)] = 0.0
    found[:, places["real"]] = moved
    found[:, places["known"]] = ~np.isnan(values[:, own["known"]])
    found[:, places["flip"]] = _same(values[:, own["flip"]], origin[own["flip"]])
    return found


def _same(values: FloatArray, origin: FloatArray) -> BoolArray:
    """Where values (n, c) are those of the row (c); a missing one is like another."""
    found: BoolArray = (values == origin) | (np.isnan(values) & np.isnan(origin))
    return found


@dataclass(frozen=True, eq=False)
class Draw:
    """Encoded rows (n, m) drawn under a law.

    weights: (n) sum to 1. blocks: (n) rows that were drawn together, such as antithetic pairs; rising from 0, the unit
    of the variance.
    """

    values: FloatArray
    weights: FloatArray
    blocks: IntArray
