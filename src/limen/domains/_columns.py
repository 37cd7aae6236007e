"""The columns of a background: how their cells become numbers and native values again, and what they are like."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import numpy as np

from limen._errors import InputError, unknown
from limen._types import BoolArray, FloatArray, IntArray
from limen.domains._cells import MISSING, NUMBERS, TIMES, Cells, Writer, key
from limen.domains._columns_text import shown

DAY = 86_400_000_000
GRIDS = (DAY, DAY // 24, DAY // 1440, 1_000_000, 1_000, 1)
"""Microseconds of the grids that times may lie on; the widest that fits the background is taken."""
ENOUGH_ROWS = 20
"""With fewer background rows nothing is concluded from what values look like."""
FREE_TEXT = 0.5
"""Texts of which more than this share of the rows are distinct are identifiers or free text."""
LARGEST = 1e100
"""Numbers beyond this overflow when they are squared."""
_LOCK = Lock()

Where = Callable[[int], str]
"""Names the row of a number, for errors."""


@dataclass(eq=False)
class Column:
    """One column of the background.

    kind: "number", "integer", "date", "datetime", "duration" (encoded as numbers, NaN = missing; times in days),
    "boolean", "category", "string" (encoded as codes of `values`; the code after the last one is a missing value).
    unit: microseconds of a time's grid. table: the number or tick of each code, where the native column holds those.
    mean, low, high, scale: of the numbers, over the rows that have one. missing: the share of rows that miss it.
    n_values: how many distinct values, missing not counted. free: values that the background lacks are taken too.
    """

    name: str
    label: Any
    kind: str
    writer: Writer
    zoned: bool = False
    unit: int = 1
    step: float = 0.0
    values: list[Any] = field(default_factory=list)
    lookup: dict[Hashable, int] = field(default_factory=dict)
    table: FloatArray | IntArray | None = None
    mean: float = 0.0
    low: float = 0.0
    high: float = 0.0
    scale: float = 1.0
    missing: float = 0.0
    n_values: int = 0
    free: bool = False
    fixed: str = ""

    @property
    def numeric(self) -> bool:
        """Whether its values lie on a scale."""
        return self.kind in ("number", "integer", *TIMES)

    @property
    def gone(self) -> int:
        """The code of a missing value."""
        return len(self.values)

    def encode(self, cells: Cells, where: Where) -> FloatArray:
        """The numbers (n) of what a user gave for this column.

        Raises InputError, which names the row and the column, where it does not belong into it.
        """
        if cells.kind == "missing":
            found = np.full(len(cells.codes), np.nan if self.numeric else self.gone, dtype=np.float64)
        elif self.kind in TIMES:
            found = self._encode_times(cells, where)
        elif self.numeric:
            found = self._encode_numbers(cells, where)
        else:
            found = self._encode_codes(cells, where)
        absent = np.isnan(found) if self.numeric else found == self.gone
        if absent.any() and not self.writer.may_miss:
            raise InputError(
                f"{where(int(absent.argmax()))} has no value in the column {self.name!r}, and its type in the "
                f"background, {self.writer.dtype}, cannot miss one; give a value."
            )
        return found

    def _encode_numbers(self, cells: Cells, where: Where) -> FloatArray:
        if cells.kind not in NUMBERS:
            place, value = _first(cells)
            raise InputError(self._not(where(place), value, "a number"))
        numbers = cells.numbers
        self._refuse(np.abs(numbers) > LARGEST, numbers, where, f"a finite number of at most {LARGEST:g} in size")
        outside = (numbers < self.writer.lowest) | (numbers > self.writer.highest)
        limits = f"{self.writer.lowest:g} to {self.writer.highest:g}"
        self._refuse(outside, numbers, where, f"a number that its type {self.writer.dtype} can hold, {limits}")
        if self.writer.whole:
            self._refuse(
                np.mod(numbers, 1.0) > 0, numbers, where, f"a whole number, as its type is {self.writer.dtype}"
            )
        return numbers.astype(np.float64)

    def _refuse(self, bad: BoolArray, numbers: FloatArray, where: Where, expected: str) -> None:
        if bad.any():
            place = int(bad.argmax())
            raise InputError(self._not(where(place), float(numbers[place]), expected))

    def _not(self, row: str, value: Any, expected: str) -> str:
        return f"{row} has {value!r:.60} in the column {self.name!r}, expected {expected}."

    def _encode_times(self, cells: Cells, where: Where) -> FloatArray:
        if cells.kind == "string":
            cells = _parsed(cells)
        if cells.kind not in TIMES or (cells.kind == "duration") != (self.kind == "duration"):
            place, value = _first(cells)
            raise InputError(self._not(where(place), value, f"a {self.kind}"))
        present = ~cells.missing
        if present.any() and cells.zoned != self.zoned and cells.kind == self.kind == "datetime":
            place, value = _first(cells)
            what = "with a time zone" if self.zoned else "without a time zone"
            raise InputError(self._not(where(place), value, f"a time {what}, as in the background"))
        ticks = np.where(present, cells.ticks, 0)
        if self.writer.dated and (ticks % DAY).any():
            place = int((ticks % DAY > 0).argmax())
            raise InputError(self._not(where(place), cells.distinct()[0][cells.distinct()[1][place]], "a whole day"))
        days, rest = np.divmod(ticks, DAY)
        return np.where(present, days + rest / DAY, np.nan)

    def _encode_codes(self, cells: Cells, where: Where) -> FloatArray:
        values, codes = cells.distinct()
        known = np.full(len(values) + 1, self.gone, dtype=np.float64)  # the last one is reached by -1
        there = np.bincount(codes[codes >= 0], minlength=len(values)) > 0  # some are declared by the frame alone
        for place in np.flatnonzero(there).tolist():
            value = values[place]
            if self.kind == "boolean" and cells.kind in NUMBERS and value in (0, 1):
                value = bool(value)  # a row of an array of numbers
            code = self.lookup.get(key(value))
            if code is None:
                code = self._unknown(value, where(int((codes == place).argmax())))
            known[place] = code
        return known[codes]

    def _unknown(self, value: Any, row: str) -> int:
        if self.free:
            with _LOCK:
                if key(value) not in self.lookup:
                    self.lookup[key(value)] = len(self.lookup) + 1
                    self.writer.add(value)
            return self.lookup[key(value)]
        plain = sorted(shown(one) for one in self.values)
        raise unknown(f"{row} in the column {self.name!r}", value, plain, "The background has no other.")

    def decode(self, encoded: FloatArray) -> Any:
        """The native column of encoded cells (n)."""
        if self.kind in TIMES:
            return self.writer.write(self._ticks(encoded))
        if self.numeric:
            return self.writer.write(encoded)
        codes = encoded.astype(np.int64)
        if self.table is not None:
            return self.writer.write(self.table[codes])
        codes = np.where(codes == self.gone, -1, codes - (codes > self.gone))
        return self.writer.write(codes)

    def _ticks(self, encoded: FloatArray) -> IntArray:
        """Microseconds of days; what a float64 cannot tell from a place on the grid lies on it."""
        days = np.where(np.isnan(encoded), 0.0, encoded)
        whole = np.floor(days)
        ticks = whole.astype(np.int64) * DAY + np.rint((days - whole) * DAY).astype(np.int64)
        on_grid = (ticks + self.unit // 2) // self.unit * self.unit
        ticks = np.where(np.abs(on_grid - ticks) <= np.spacing(np.abs(days)) * DAY, on_grid, ticks)
        return np.where(np.isnan(encoded), MISSING, ticks)


def _first(cells: Cells) -> tuple[int, Any]:
    """The first cell that has a value, and the value."""
    values, codes = cells.distinct()
    place = int((codes >= 0).argmax())
    return place, values[codes[place]]


def _parsed(cells: Cells) -> Cells:
    """Texts as times, where all of them are ISO 8601; otherwise the texts."""
    import datetime as dt

    from limen.domains._cells import cells_of

    try:
        times: Sequence[Any] = [dt.datetime.fromisoformat(text) for text in cells.values]
    except ValueError:
        return cells
    return cells_of([None if code < 0 else times[code] for code in cells.codes.tolist()], "x")
