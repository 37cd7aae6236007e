"""Columns of Python objects, as pandas and numpy may hold them: written back as objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from limen._types import FloatArray, IntArray
from limen.domains._cells import LARGEST_WHOLE, MISSING, NUMBERS, TIMES, Cells, Writer, is_missing, moment

ObjectArray = np.ndarray[Any, np.dtype[np.object_]]


def objects(values: list[Any]) -> ObjectArray:
    """A 1-D array of objects, even of tuples."""
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found


@dataclass(eq=False)
class ObjectNumbers(Writer):
    """Python floats, ints or bools, with the column's own marker of what is missing."""

    kind: str
    marker: Any
    dtype: str = "object"

    def __post_init__(self) -> None:
        self.whole = self.kind == "integer"
        if self.whole:
            self.lowest, self.highest = -LARGEST_WHOLE, LARGEST_WHOLE

    def write(self, cells: FloatArray) -> ObjectArray:
        """Numbers (n), NaN = missing."""
        missing = np.isnan(cells)
        filled = np.where(missing, 0.0, cells)
        if self.kind == "integer":
            filled = np.rint(filled).astype(np.int64)
        elif self.kind == "boolean":
            filled = filled.astype(np.bool_)
        found = filled.astype(object)
        found[missing] = self.marker
        return found


@dataclass(eq=False)
class ObjectTimes(Writer):
    """Python dates, datetimes or durations; those that know a time zone are written in UTC."""

    kind: str
    zoned: bool
    marker: Any
    dtype: str = "object"

    def __post_init__(self) -> None:
        self.dated = self.kind == "date"

    def write(self, cells: IntArray) -> ObjectArray:
        """Ticks (n), MISSING = missing."""
        import datetime as dt

        zone = dt.UTC
        made = [self.marker if tick == MISSING else moment(tick, self.kind) for tick in cells.tolist()]
        return objects([one.replace(tzinfo=zone) if self.zoned and not is_missing(one) else one for one in made])


@dataclass(eq=False)
class ObjectDictionary(Writer):
    """Any values, by their codes; the last entry is the marker of what is missing."""

    values: ObjectArray
    dtype: str = "object"
    grows = True

    def write(self, cells: IntArray) -> ObjectArray:
        """Codes (n), -1 = missing."""
        return self.values[cells]

    def add(self, value: Any) -> None:
        """Make `value` the next code."""
        self.values = np.concatenate([self.values[:-1], objects([value]), self.values[-1:]])


def object_writer(values: list[Any], cells: Cells, marker: Any) -> Writer:
    """The writer of a column of objects; `marker` stands for what is missing where the column itself misses nothing."""
    if cells.kind in NUMBERS:
        gone = np.isnan(cells.numbers)
    else:
        gone = cells.missing if cells.kind in TIMES else cells.codes < 0
    marker = values[int(gone.argmax())] if gone.any() else marker
    if cells.kind in NUMBERS:
        return ObjectNumbers(cells.kind, marker)
    if cells.kind in TIMES:
        return ObjectTimes(cells.kind, cells.zoned, marker)
    return ObjectDictionary(objects([*cells.values, marker]))
