"""Frames of polars: columns are read, and written back with their exact dtype."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from limen._errors import InputError
from limen._types import FloatArray, IntArray
from limen.domains._cells import ADVICE, LARGEST_WHOLE, MISSING, TIMES, Cells, Writer, cells_of

name = "polars"


def _with_nulls(series: Any, missing: Any) -> Any:
    import polars as pl

    return series.set(pl.Series(missing), None) if missing.any() else series


@dataclass(eq=False)
class PolarsNumbers(Writer):
    """Numbers and booleans. nan: the column has NaN, and no null, where a value is missing."""

    kind: Any
    nan: bool

    def __post_init__(self) -> None:
        import polars as pl

        self.dtype, self.whole = str(self.kind), self.kind.is_integer()
        if self.whole:
            low, high = pl.select(self.kind.min().alias("low"), self.kind.max().alias("high")).row(0)
            self.lowest, self.highest = float(max(low, -LARGEST_WHOLE)), float(min(high, LARGEST_WHOLE))
        if self.kind == pl.Float32:
            self.highest = float(np.finfo(np.float32).max)
            self.lowest = -self.highest

    def write(self, cells: FloatArray) -> Any:
        """Numbers (n), NaN = missing."""
        import polars as pl

        if self.whole or self.kind == pl.Boolean:
            missing = np.isnan(cells)
            whole = np.rint(np.clip(np.where(missing, 0.0, cells), self.lowest, self.highest)).astype(np.int64)
            return _with_nulls(pl.Series(whole), missing).cast(self.kind)
        found = pl.Series(np.clip(cells, self.lowest, self.highest))
        return (found if self.nan else found.fill_nan(None)).cast(self.kind)


@dataclass(eq=False)
class PolarsTimes(Writer):
    """Dates, datetimes of any unit and zone, and durations."""

    kind: Any

    def __post_init__(self) -> None:
        import polars as pl

        self.dtype, self.dated = str(self.kind), self.kind == pl.Date

    def write(self, cells: IntArray) -> Any:
        """Ticks (n), MISSING = missing."""
        import polars as pl

        missing = cells == MISSING
        if self.dated:
            days = (np.where(missing, 0, cells) // 86_400_000_000).astype(np.int32)
            return _with_nulls(pl.Series(days), missing).cast(pl.Date)
        first = pl.Duration("us") if self.kind == pl.Duration else pl.Datetime("us", self.kind.time_zone)
        found = _with_nulls(pl.Series(np.where(missing, 0, cells)), missing).cast(first)
        return found.dt.cast_time_unit(self.kind.time_unit)


@dataclass(eq=False)
class PolarsDictionary(Writer):
    """Texts and categories by their codes; the last entry is null."""

    values: Any

    def __post_init__(self) -> None:
        self.dtype, self.grows = str(self.values.dtype), not str(self.values.dtype).startswith("Enum")

    def write(self, cells: IntArray) -> Any:
        """Codes (n), -1 = missing."""
        return self.values.gather(np.where(cells < 0, len(self.values) - 1, cells))

    def add(self, value: Any) -> None:
        """Make `value` the next code."""
        import polars as pl

        more = pl.Series([value], dtype=self.values.dtype)
        self.values = pl.concat([self.values.head(-1), more, self.values.tail(1)])


def labels(frame: Any) -> list[Any]:
    """The names of the columns."""
    return list(frame.columns)


def n_rows(frame: Any) -> int:
    """The number of rows."""
    return int(frame.height)


def read(frame: Any, place: int, title: str) -> Cells:
    """The cells of one column; `title` is for errors."""
    import polars as pl

    series = frame.to_series(place)
    kind = series.dtype
    if kind == pl.Null:
        return Cells("missing", codes=np.full(len(series), -1))
    if kind == pl.Object:
        return cells_of(series.to_list(), title)
    if kind in (pl.String, pl.Categorical, pl.Enum):
        return _dictionary(series, _known(series), "string" if kind == pl.String else "category")
    if kind.is_integer() and len(series.drop_nulls()) and not _exact(series):
        known = series.drop_nulls().unique(maintain_order=True)
        codes = {value: code for code, value in enumerate(known.to_list())}
        return Cells("category", codes=np.array([codes.get(v, -1) for v in series.to_list()]), values=known.to_list())
    if kind == pl.Boolean or kind.is_numeric():
        numbers = series.cast(pl.Float64).to_numpy().astype(np.float64)
        name_of = "boolean" if kind == pl.Boolean else "integer" if kind.is_integer() else "number"
        return Cells(name_of, numbers=numbers)
    if kind in (pl.Date, pl.Datetime, pl.Duration):
        ticks = series.dt.total_microseconds() if kind == pl.Duration else series.dt.timestamp("us")
        filled = ticks.fill_null(MISSING).to_numpy().astype(np.int64)
        zoned = kind == pl.Datetime and kind.time_zone is not None
        name_of = next(one for one in TIMES if one == str(kind.base_type()).lower())
        return Cells(name_of, ticks=filled, missing=filled == MISSING, zoned=zoned)
    raise InputError(f"{title} holds {kind}, expected numbers, texts, categories or times. {ADVICE}")


def _exact(series: Any) -> bool:
    return bool(series.min() >= -LARGEST_WHOLE and series.max() <= LARGEST_WHOLE)


def _known(series: Any) -> Any:
    """The distinct texts: all that an Enum declares, or those that occur, in order of occurrence."""
    import polars as pl

    if series.dtype == pl.Enum:
        return series.dtype.categories
    return series.cast(pl.String).drop_nulls().unique(maintain_order=True)


def _dictionary(series: Any, known: Any, kind: str) -> Cells:
    import polars as pl

    codes = series.cast(pl.String).cast(pl.Enum(known)).to_physical().cast(pl.Int64).fill_null(-1)
    return Cells(kind, codes=codes.to_numpy().astype(np.int64), values=known.to_list())


def writer(frame: Any, place: int, cells: Cells) -> Writer:
    """What writes such a column."""
    import polars as pl

    series = frame.to_series(place)
    kind = series.dtype
    if cells.kind == "missing" or kind == pl.Object:
        found = pl.Series([*cells.values, None], dtype=kind)
        return PolarsDictionary(found)
    if kind in (pl.String, pl.Categorical, pl.Enum):
        return PolarsDictionary(pl.concat([_known(series), pl.Series([None], dtype=pl.String)]).cast(kind))
    if cells.kind == "category":
        return PolarsDictionary(pl.Series([*cells.values, None], dtype=kind))
    if cells.kind in TIMES:
        return PolarsTimes(kind)
    return PolarsNumbers(kind, kind.is_float() and series.null_count() == 0 and series.is_nan().any())


def template(frame: Any) -> Any:
    """What `join` needs of the background: the names of its columns."""
    return list(frame.columns)


def join(columns: list[Any], of: Any) -> Any:
    """The frame of native columns."""
    import polars as pl

    return pl.DataFrame([column.alias(title) for column, title in zip(columns, of, strict=True)])
