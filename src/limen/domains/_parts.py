"""The parts of a background's rows, and the geometry of one row among them."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

import numpy as np

from limen._geometry import Part, TableGeometry
from limen._types import BoolArray, FloatArray, IntArray
from limen.domains._columns import ENOUGH_ROWS, Column
from limen.results import TablePart


@dataclass(frozen=True, eq=False)
class Bundle:
    """Columns that change together. one_hot: they are the 0s and 1s of one category."""

    name: str
    columns: tuple[int, ...]
    one_hot: bool = False


StateKey = tuple[float | None, ...]
"""A state in numbers; None is one that is missing."""
MOST_TURNED = 64
"""Columns of at most so many states keep the part of each state: rows of one table share them."""


@dataclass(frozen=True, eq=False)
class States:
    """The distinct joint states (S, c) of columns in the background, how often each occurs, and each row's (N)."""

    states: FloatArray
    shares: FloatArray
    rows: IntArray
    places: dict[StateKey, int]
    turned: dict[int, Part] = field(default_factory=dict)

    def place(self, own: FloatArray) -> int:
        """The number of a state (c), -1 where the background lacks it."""
        return self.places.get(_key(own), -1)

    def part(self, columns: tuple[int, ...], own: FloatArray) -> Part:
        """A flip of these columns, the row's own state (c) first."""
        place = self.place(own)
        if place < 0:
            states = np.concatenate([own[None], self.states])
            return Part("flip", columns, states, np.concatenate([[0.0], self.shares]), self.rows + 1)
        if place == 0:
            return Part("flip", columns, self.states, self.shares, self.rows)
        if place not in self.turned:
            order = np.arange(len(self.states))
            order[[0, place]] = order[[place, 0]]
            found = Part("flip", columns, self.states[order], self.shares[order], order[self.rows])
            if len(self.states) > MOST_TURNED:
                return found
            self.turned[place] = found
        return self.turned[place]


@dataclass(eq=False)
class Layout:
    """A background, encoded: (N, m), and the bundles that its m columns form; all else in it is found once."""

    columns: list[Column]
    encoded: FloatArray
    bundles: list[Bundle]
    scales: FloatArray = field(init=False)
    steps: FloatArray = field(init=False)
    numeric: BoolArray = field(init=False)
    states: dict[tuple[int, ...], States] = field(init=False, default_factory=dict)
    plain: dict[tuple[str, tuple[int, ...]], Part] = field(init=False, default_factory=dict)
    memo: dict[Hashable, FloatArray] = field(init=False, default_factory=dict)
    known_parts: dict[bytes, tuple[tuple[TablePart, ...], tuple[str, ...]]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.encoded.setflags(write=False)
        self.scales = np.array([column.scale for column in self.columns])
        self.steps = np.array([column.step if column.numeric else 0.0 for column in self.columns])
        self.numeric = np.array([column.numeric for column in self.columns], dtype=np.bool_)

    def parts(self, row: FloatArray) -> tuple[tuple[TablePart, ...], tuple[str, ...]]:
        """The parts of an encoded row (m), and their names; they depend on which numbers the row misses."""
        missing = np.isnan(row)
        found = self.known_parts.get(missing.tobytes())
        if found is None:
            parts = tuple(part for bundle in self.bundles for part in self._parts_of(bundle, missing))
            names = tuple(f"{part.name} is known" if part.kind == "known" else part.name for part in parts)
            found = self.known_parts[missing.tobytes()] = (parts, names)
        return found

    def _parts_of(self, bundle: Bundle, missing: BoolArray) -> list[TablePart]:
        kind = "flip"
        if all(self.columns[place].fixed for place in bundle.columns):
            kind = "fixed"
        elif len(bundle.columns) == 1 and self.moves(bundle.columns[0]) and not missing[bundle.columns[0]]:
            kind = "real"
        parts = [TablePart(kind, bundle.name, bundle.columns, bundle.one_hot)]
        if kind == "real" and self.columns[bundle.columns[0]].missing:
            parts.append(TablePart("known", bundle.name, bundle.columns, False))
        return parts

    def moves(self, place: int) -> bool:
        """Whether a column is a scale: between one or two values, as 0 and 1, there is nothing to move to."""
        column = self.columns[place]
        return column.numeric and column.n_values > (2 if len(self.encoded) >= ENOUGH_ROWS else 1)

    def geometry(self, row: FloatArray, parts: tuple[TablePart, ...]) -> TableGeometry:
        """An encoded row (m) with its parts among the background."""
        made = tuple(
            self.states_of(part.columns).part(part.columns, row[list(part.columns)])
            if part.kind == "flip"
            else self._plain(part)
            for part in parts
        )
        return TableGeometry(row, self.encoded, self.scales, self.steps, self.numeric, made, self.memo)

    def _plain(self, part: TablePart) -> Part:
        """A part that is the same for every row."""
        key = (part.kind, part.columns)
        if key not in self.plain:
            self.plain[key] = Part(part.kind, part.columns)
        return self.plain[key]

    def states_of(self, columns: tuple[int, ...]) -> States:
        """The states of columns in the background."""
        if columns not in self.states:
            self.states[columns] = _states(self.encoded[:, list(columns)])
        return self.states[columns]


def _states(values: FloatArray) -> States:
    joint = np.zeros(len(values), dtype=np.int64)
    for column in values.T:
        codes = np.unique(column, return_inverse=True)[1]
        joint = np.unique(joint * (int(codes.max()) + 1) + codes, return_inverse=True)[1].astype(np.int64)
    _, first, rows, counts = np.unique(joint, return_index=True, return_inverse=True, return_counts=True)
    states = values[first]
    places = {_key(state): place for place, state in enumerate(states)}
    return States(states, counts / len(values), rows.astype(np.int64), places)


def _key(state: FloatArray) -> StateKey:
    """What a state is looked up by: every NaN is the same."""
    return tuple([None if value != value else value for value in state.tolist()])
