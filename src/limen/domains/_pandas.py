"""Frames of pandas: columns are read, and written back with their exact dtype."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from limen._errors import InputError
from limen._types import FloatArray, IntArray
from limen.domains import _arrow, _numpy
from limen.domains._cells import ADVICE, MISSING, Cells, Writer, cells_of
from limen.domains._objects import object_writer

name = "pandas"


@dataclass(eq=False)
class MaskedNumbers(Writer):
    """Nullable numbers and booleans: Int64, Float32, boolean, ..."""

    kind: Any

    def __post_init__(self) -> None:
        self.dtype = str(self.kind)
        self.plain = _numpy.ArrayNumbers(self.kind.numpy_dtype)
        self.whole, self.lowest, self.highest = self.plain.whole, self.plain.lowest, self.plain.highest

    def write(self, cells: FloatArray) -> Any:
        """Numbers (n), NaN = missing."""
        missing = np.isnan(cells)
        return self.kind.construct_array_type()(self.plain.write(np.where(missing, 0.0, cells)), missing)


@dataclass(eq=False)
class SparseNumbers(Writer):
    """Sparse numbers."""

    kind: Any

    def __post_init__(self) -> None:
        self.dtype = str(self.kind)
        self.plain = _numpy.ArrayNumbers(self.kind.subtype)
        self.may_miss, self.whole = self.plain.may_miss, self.plain.whole
        self.lowest, self.highest = self.plain.lowest, self.plain.highest

    def write(self, cells: FloatArray) -> Any:
        """Numbers (n), NaN = missing where the dtype has it."""
        import pandas as pd

        return pd.arrays.SparseArray(self.plain.write(cells), dtype=self.kind)


@dataclass(eq=False)
class PandasTimes(Writer):
    """datetime64, with a time zone or without, and timedelta64, of any unit."""

    kind: Any

    def __post_init__(self) -> None:
        self.dtype = str(self.kind)

    def write(self, cells: IntArray) -> Any:
        """Ticks (n), MISSING = missing."""
        import pandas as pd

        if self.kind.kind == "m":
            return pd.TimedeltaIndex(cells.view("m8[us]").astype(self.kind)).array
        found = pd.DatetimeIndex(cells.view("M8[us]").astype(f"M8[{_unit(self.kind)}]"))
        zone = getattr(self.kind, "tz", None)
        return (found if zone is None else found.tz_localize("UTC").tz_convert(zone)).array


@dataclass(eq=False)
class PandasCategories(Writer):
    """A category column, with all its categories in their order."""

    kind: Any

    def __post_init__(self) -> None:
        self.dtype = "category"

    def write(self, cells: IntArray) -> Any:
        """Codes (n), -1 = missing."""
        import pandas as pd

        return pd.Categorical.from_codes(cells, dtype=self.kind)


@dataclass(eq=False)
class PandasDictionary(Writer):
    """Texts and other values that pandas has an array of its own for; -1 takes its missing value."""

    values: Any

    def __post_init__(self) -> None:
        self.dtype, self.grows = str(self.values.dtype), True
        self.may_miss = self.values.dtype.kind not in "iu" or not isinstance(self.values.dtype.na_value, float)

    def write(self, cells: IntArray) -> Any:
        """Codes (n), -1 = missing."""
        return self.values.take(cells, allow_fill=True)

    def add(self, value: Any) -> None:
        """Make `value` the next code."""
        more = type(self.values)._from_sequence([value], dtype=self.values.dtype)
        self.values = type(self.values)._concat_same_type([self.values, more])


@dataclass(eq=False)
class PandasArrow(Writer):
    """Any column that pandas keeps in Arrow's memory."""

    plain: Writer
    kind: Any

    def __post_init__(self) -> None:
        self.dtype, self.may_miss, self.whole = str(self.kind), self.plain.may_miss, self.plain.whole
        self.grows = self.plain.grows
        self.lowest, self.highest, self.dated = self.plain.lowest, self.plain.highest, self.plain.dated

    def write(self, cells: Any) -> Any:
        """What the Arrow column is written from."""
        import pandas as pd

        return pd.arrays.ArrowExtensionArray(self.plain.write(cells))

    def add(self, value: Any) -> None:
        """Make `value` the next code."""
        self.plain.add(value)


def labels(frame: Any) -> list[Any]:
    """The labels of the columns."""
    return list(frame.columns)


def n_rows(frame: Any) -> int:
    """The number of rows."""
    return len(frame)


def read(frame: Any, place: int, title: str) -> Cells:
    """The cells of one column; `title` is for errors."""
    import pandas as pd

    series = frame.iloc[:, place]
    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return Cells("category", codes=series.cat.codes.to_numpy(np.int64), values=dtype.categories.tolist())
    if isinstance(dtype, pd.ArrowDtype):
        return _arrow.cells(_chunked(series), title)
    if isinstance(dtype, pd.SparseDtype):
        series = series.sparse.to_dense()
    if series.dtype.kind == "O" and isinstance(series.dtype, np.dtype):
        if pd.api.types.infer_dtype(series, skipna=True) == "string":  # much faster than looking at each value
            codes, values = pd.factorize(series.to_numpy())
            return Cells("string", codes=codes, values=values.tolist())
        return cells_of(series.tolist(), title)
    if series.dtype.kind in "mM":
        if getattr(dtype, "tz", None) is not None:
            series = series.dt.tz_convert("UTC").dt.tz_localize(None)
        ticks = series.to_numpy(f"{series.dtype.kind}8[us]").astype(np.int64)
        kind = "datetime" if series.dtype.kind == "M" else "duration"
        return Cells(kind, ticks=ticks, missing=ticks == MISSING, zoned=getattr(dtype, "tz", None) is not None)
    if pd.api.types.is_numeric_dtype(series.dtype):
        return _numbers(series, title)
    try:
        codes, values = series.array.factorize()
    except (TypeError, NotImplementedError) as error:
        raise InputError(f"{title} holds {dtype}, which cannot be sorted into values: {error}. {ADVICE}") from error
    found = values.astype(object).tolist()
    return Cells("string" if pd.api.types.is_string_dtype(dtype) else "category", codes=codes, values=found)


def _numbers(series: Any, title: str) -> Cells:
    kind = series.dtype.kind
    if kind not in "biuf":
        raise InputError(f"{title} holds {series.dtype}, expected numbers, texts or times. {ADVICE}")
    if kind in "iu" and series.notna().any() and not _numpy.is_exact(series):
        codes, values = series.array.factorize()
        return Cells("category", codes=codes, values=values.astype(object).tolist())
    if isinstance(series.dtype, np.dtype):
        return _numpy.read(series.to_numpy()[:, None], 0, title)
    kinds = {"b": "boolean", "f": "number"}
    return Cells(kinds.get(kind, "integer"), numbers=series.to_numpy(np.float64, na_value=np.nan))


def _chunked(series: Any) -> Any:
    """The Arrow array behind a column."""
    return series.array.__arrow_array__()


def writer(frame: Any, place: int, cells: Cells) -> Writer:
    """What writes such a column."""
    import pandas as pd

    series = frame.iloc[:, place]
    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return PandasCategories(dtype)
    if isinstance(dtype, pd.ArrowDtype):
        return PandasArrow(_arrow.array_writer(_chunked(series), cells), dtype)
    if isinstance(dtype, pd.SparseDtype) and dtype.subtype.kind != "O":
        return SparseNumbers(dtype)
    if dtype.kind == "O" and isinstance(dtype, np.dtype):
        return object_writer(series.tolist(), cells, np.nan)
    if dtype.kind in "mM":
        return PandasTimes(dtype)
    if cells.kind in ("string", "category", "missing"):
        return PandasDictionary(series.array.factorize()[1])
    return _numpy.ArrayNumbers(dtype) if isinstance(dtype, np.dtype) else MaskedNumbers(dtype)


def _unit(dtype: Any) -> str:
    return str(dtype.unit) if hasattr(dtype, "unit") else np.datetime_data(dtype)[0]


def template(frame: Any) -> Any:
    """What `join` needs of the background: the index of its columns."""
    return frame.columns


def join(columns: list[Any], of: Any) -> Any:
    """The frame of native columns."""
    import pandas as pd

    objects = [isinstance(one, np.ndarray) and one.dtype.kind == "O" for one in columns]  # texts would become str
    exact = [pd.Series(one, dtype=object) if kept else one for one, kept in zip(columns, objects, strict=True)]
    found = pd.DataFrame(dict(enumerate(exact)), copy=False)
    found.columns = of
    return found
