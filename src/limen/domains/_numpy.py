"""Arrays (N, m) of numpy as tables: columns are "column 0", "column 1", ..."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from limen._errors import InputError
from limen._types import FloatArray
from limen.domains._cells import ADVICE, LARGEST_WHOLE, MISSING, Cells, Writer, cells_of
from limen.domains._objects import ObjectDictionary, object_writer, objects

name = "numpy"


@dataclass(eq=False)
class ArrayNumbers(Writer):
    """Numbers of a numpy dtype: whole ones are rounded, and cut off at the ends of the dtype."""

    kind: np.dtype[Any]

    def __post_init__(self) -> None:
        self.dtype = str(self.kind)
        self.may_miss = self.kind.kind == "f"
        self.whole = self.kind.kind in "iu"
        if self.whole:
            limits = np.iinfo(self.kind)
            self.lowest = float(max(limits.min, -LARGEST_WHOLE))
            self.highest = float(min(limits.max, LARGEST_WHOLE))
        elif self.kind.kind == "f":
            self.highest = float(np.finfo(self.kind).max)
            self.lowest = -self.highest

    def write(self, cells: FloatArray) -> Any:
        """Numbers (n), NaN = missing where the dtype has it."""
        if self.kind.kind == "b":
            return cells != 0
        found = np.rint(cells) if self.whole else cells
        return np.clip(found, self.lowest, self.highest).astype(self.kind)


@dataclass(eq=False)
class ArrayTimes(Writer):
    """Times of a numpy dtype."""

    kind: np.dtype[Any]

    def __post_init__(self) -> None:
        self.dtype = str(self.kind)

    def write(self, cells: Any) -> Any:
        """Ticks (n), MISSING = missing."""
        return cells.view(f"{self.kind.kind}8[us]").astype(self.kind)


def labels(frame: Any) -> list[Any]:
    """The numbers of the columns."""
    return list(range(frame.shape[1]))


def n_rows(frame: Any) -> int:
    """The number of rows."""
    return len(frame)


def read(frame: Any, place: int, title: str) -> Cells:
    """The cells of one column; `title` is for errors."""
    column = frame[:, place]
    kind = column.dtype.kind
    if kind == "O":
        return cells_of(column.tolist(), title)
    if kind in "US":
        return cells_of(column.tolist(), title)
    if kind in "mM":
        ticks = column.astype(f"{kind}8[us]").astype(np.int64)
        return Cells("datetime" if kind == "M" else "duration", ticks=ticks, missing=ticks == MISSING)
    if kind not in "biuf":
        raise InputError(f"{title} holds {column.dtype}, expected numbers, texts or times. {ADVICE}")
    if kind in "iu" and len(column) and not is_exact(column):
        found, codes = np.unique(column, return_inverse=True)
        return Cells("category", codes=codes.astype(np.int64), values=found.tolist())
    numbers = column.astype(np.float64)
    return Cells({"b": "boolean", "f": "number"}.get(kind, "integer"), numbers=numbers)


def is_exact(column: Any) -> bool:
    """Whether all whole numbers of a column are float64 numbers."""
    return bool(int(column.min()) >= -LARGEST_WHOLE and int(column.max()) <= LARGEST_WHOLE)


def writer(frame: Any, place: int, cells: Cells) -> Writer:
    """What writes such a column."""
    if frame.dtype.kind == "O":
        return object_writer(frame[:, place].tolist(), cells, None)
    if frame.dtype.kind in "mM":
        return ArrayTimes(frame.dtype)
    if cells.kind in ("string", "category"):
        found = ObjectDictionary(objects([*cells.values, ""]), str(frame.dtype))
        found.may_miss = False
        return found
    return ArrayNumbers(frame.dtype)


def template(frame: Any) -> Any:
    """What `join` needs of the background: its dtype."""
    return frame.dtype


def join(columns: list[Any], of: Any) -> Any:
    """The array (n, m) of native columns."""
    if of.kind == "U":
        widest = max([of, *(np.array(column.tolist()).dtype for column in columns)], key=lambda one: one.itemsize)
        of = widest if widest.kind == "U" else of  # a longer text than the background has is not cut off
    found = np.empty((len(columns[0]), len(columns)), dtype=of)
    for place, column in enumerate(columns):
        found[:, place] = column
    return found
