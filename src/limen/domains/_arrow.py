"""Tables of pyarrow: columns are read, and written back with their exact type; the schema is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from limen._errors import InputError
from limen._types import BoolArray, FloatArray, IntArray
from limen.domains._cells import ADVICE, LARGEST_WHOLE, MISSING, TIMES, Cells, Writer
from limen.domains._numpy import ArrayNumbers

name = "pyarrow"
_TICKS = {"s": (1_000_000, 1), "ms": (1_000, 1), "us": (1, 1), "ns": (1, 1_000)}
"""Microseconds in a unit, or units in a microsecond."""


@dataclass(eq=False)
class ArrowNumbers(Writer):
    """Numbers and booleans. nan: the column has NaN, and no null, where a value is missing."""

    kind: Any
    nan: bool

    def __post_init__(self) -> None:
        import pyarrow as pa

        self.dtype, self.whole = str(self.kind), pa.types.is_integer(self.kind)
        if self.whole or pa.types.is_floating(self.kind):
            plain = ArrayNumbers(np.dtype(self.kind.to_pandas_dtype()))
            self.lowest, self.highest = plain.lowest, plain.highest

    def write(self, cells: FloatArray) -> Any:
        """Numbers (n), NaN = missing."""
        import pyarrow as pa

        missing = np.isnan(cells)
        if self.nan:
            return pa.array(cells.astype(self.kind.to_pandas_dtype()), type=self.kind)
        filled = np.clip(np.where(missing, 0.0, cells), self.lowest, self.highest)
        if self.whole or pa.types.is_boolean(self.kind):
            filled = np.rint(filled).astype(np.int64)
        elif pa.types.is_floating(self.kind):
            filled = filled.astype(self.kind.to_pandas_dtype())
        return pa.array(filled, mask=missing).cast(self.kind)


@dataclass(eq=False)
class ArrowTimes(Writer):
    """Dates, timestamps of any unit and zone, and durations."""

    kind: Any

    def __post_init__(self) -> None:
        import pyarrow as pa

        self.dtype, self.dated = str(self.kind), pa.types.is_date32(self.kind)

    def write(self, cells: IntArray) -> Any:
        """Ticks (n), MISSING = missing."""
        import pyarrow as pa

        missing = cells == MISSING
        filled = np.where(missing, 0, cells)
        if self.dated:
            return pa.array((filled // 86_400_000_000).astype(np.int32), mask=missing).cast(self.kind)
        times, parts = _TICKS[_unit(self.kind)]
        return pa.array(filled // times * parts, mask=missing).cast(self.kind)


@dataclass(eq=False)
class ArrowDictionary(Writer):
    """Texts and dictionaries by their codes."""

    values: Any
    kind: Any

    def __post_init__(self) -> None:
        self.dtype, self.grows = str(self.kind), True

    def write(self, cells: IntArray) -> Any:
        """Codes (n), -1 = missing."""
        import pyarrow as pa

        codes = pa.array(np.maximum(cells, 0), mask=cells < 0)
        if pa.types.is_dictionary(self.kind):
            indices = codes.cast(self.kind.index_type)
            return pa.DictionaryArray.from_arrays(indices, self.values, ordered=self.kind.ordered)
        return self.values.take(codes).cast(self.kind)

    def add(self, value: Any) -> None:
        """Make `value` the next code."""
        import pyarrow as pa

        self.values = pa.concat_arrays([self.values, pa.array([value], type=self.values.type)])


def labels(frame: Any) -> list[Any]:
    """The names of the columns."""
    return list(frame.column_names)


def n_rows(frame: Any) -> int:
    """The number of rows."""
    return int(frame.num_rows)


def read(frame: Any, place: int, title: str) -> Cells:
    """The cells of one column; `title` is for errors."""
    return cells(frame.column(place), title)


def cells(column: Any, title: str) -> Cells:
    """The cells of a chunked array."""
    import pyarrow as pa
    import pyarrow.compute as compute

    kind, types = column.type, pa.types
    if types.is_null(kind):
        return Cells("missing", codes=np.full(len(column), -1))
    if types.is_dictionary(kind) or types.is_string(kind) or types.is_large_string(kind) or _is_view(kind):
        codes, values = _dictionary(column)
        return Cells("category" if types.is_dictionary(kind) else "string", codes=codes, values=values.to_pylist())
    if types.is_boolean(kind):
        return Cells("boolean", numbers=_numpy_of(column.cast(pa.int8()).cast(pa.float64())))
    if types.is_integer(kind):
        ends = compute.min_max(column).as_py()
        if ends["min"] is not None and not -LARGEST_WHOLE <= ends["min"] <= ends["max"] <= LARGEST_WHOLE:
            codes, values = _dictionary(column)
            return Cells("category", codes=codes, values=values.to_pylist())
        return Cells("integer", numbers=_numpy_of(column.cast(pa.float64())))
    if types.is_floating(kind) or types.is_decimal(kind):
        return Cells("number", numbers=_numpy_of(column.cast(pa.float64())))
    if types.is_date(kind) or types.is_timestamp(kind) or types.is_duration(kind):
        return _times(column)
    raise InputError(f"{title} holds {kind}, expected numbers, texts, dictionaries or times. {ADVICE}")


def _is_view(kind: Any) -> bool:
    return str(kind) == "string_view"


def _numpy_of(column: Any) -> FloatArray:
    return np.asarray(column.to_numpy(), dtype=np.float64)  # null becomes NaN


def _nulls(column: Any) -> BoolArray:
    return np.asarray(column.is_null().to_numpy(), dtype=np.bool_)


def _dictionary(column: Any) -> tuple[IntArray, Any]:
    """The code of each cell, -1 = null, and the Arrow array of the values that they stand for."""
    import pyarrow as pa

    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(whole, pa.ChunkedArray):
        whole = pa.concat_arrays(whole.chunks)
    if not pa.types.is_dictionary(whole.type):
        if _is_view(whole.type):
            whole = whole.cast(pa.large_string())  # Arrow has no dictionaries of views yet
        whole = whole.dictionary_encode()
    return whole.indices.cast(pa.int64()).fill_null(-1).to_numpy().astype(np.int64), whole.dictionary


def _unit(kind: Any) -> str:
    return "ms" if str(kind).startswith("date64") else str(kind.unit)


def _times(column: Any) -> Cells:
    import pyarrow as pa

    kind, types = column.type, pa.types
    if types.is_date32(kind):
        raw, times, parts = column.cast(pa.int32()).cast(pa.int64()), 86_400_000_000, 1
    else:
        raw, (times, parts) = column.cast(pa.int64()), _TICKS[_unit(kind)]
    missing = _nulls(column)
    ticks = raw.fill_null(0).to_numpy().astype(np.int64) * times // parts
    name_of = "date" if types.is_date(kind) else "datetime" if types.is_timestamp(kind) else "duration"
    zoned = types.is_timestamp(kind) and kind.tz is not None
    return Cells(name_of, ticks=np.where(missing, MISSING, ticks), missing=missing, zoned=zoned)


def writer(frame: Any, place: int, cells: Cells) -> Writer:
    """What writes such a column."""
    return array_writer(frame.column(place), cells)


def array_writer(column: Any, cells: Cells) -> Writer:
    """What writes a chunked array."""
    import pyarrow as pa
    import pyarrow.compute as compute

    kind = column.type
    if cells.kind == "missing" and not pa.types.is_dictionary(kind):
        return ArrowDictionary(pa.nulls(1, kind), kind)
    if cells.kind in ("string", "category", "missing"):
        return ArrowDictionary(_dictionary(column)[1], kind)
    if cells.kind in TIMES:
        return ArrowTimes(kind)
    floating = pa.types.is_floating(kind) and column.null_count == 0
    return ArrowNumbers(kind, floating and bool(compute.any(compute.is_nan(column)).as_py()))


def template(frame: Any) -> Any:
    """What `join` needs of the background: its schema."""
    return frame.schema


def join(columns: list[Any], of: Any) -> Any:
    """The table of native columns."""
    import pyarrow as pa

    return pa.Table.from_arrays(columns, schema=of)
