"""Encoded rows of a table as a frame again, from the record alone."""

from __future__ import annotations

import datetime as dt
import importlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from limen._errors import MissingError
from limen._types import FloatArray

if TYPE_CHECKING:
    from limen.results.table import TableColumn, TableInstance

_EPOCH = dt.datetime(1970, 1, 1)


def render(instance: TableInstance, values: FloatArray) -> Any:
    """The frame of encoded rows (n, m)."""
    columns = [_native(column, values[:, place]) for place, column in enumerate(instance.columns)]
    labels = [_label(column) for column in instance.columns]
    try:
        return _MAKERS[instance.backend](instance.columns, columns, labels)
    except ImportError as error:
        name = instance.backend
        raise MissingError(f"The row came from {name}; install it with: pip install {name}") from error


def _label(column: TableColumn) -> Any:
    label = json.loads(column.label)
    return tuple(label) if isinstance(label, list) else label


def _native(column: TableColumn, values: FloatArray) -> list[Any]:
    """The cells as Python values, None where they are missing."""
    if not column.numeric:
        known = [*_categories(column), None, column.own]
        return [known[min(int(code), len(known) - 1)] for code in values]
    absent = np.isnan(values)
    if column.kind in ("date", "datetime", "duration"):
        return [None if gone else _time(column, value) for value, gone in zip(values.tolist(), absent, strict=True)]
    whole = column.kind == "integer" and "float" not in column.dtype.lower()
    plain = (round(v) if whole and not gone else v for v, gone in zip(values.tolist(), absent, strict=True))
    return [None if gone else value for value, gone in zip(plain, absent, strict=True)]


def _categories(column: TableColumn) -> list[Any]:
    convert: dict[str, Any] = {"integer": int, "number": float, "boolean": "True".__eq__}
    return [convert.get(column.category_kind, str)(text) for text in column.categories]


def _time(column: TableColumn, days: float) -> Any:
    span = dt.timedelta(microseconds=round(days * 86_400_000_000))
    if column.kind == "duration":
        return span
    moment = _EPOCH + span
    if column.kind == "date":
        return moment.date()
    zoned = "," in column.dtype.replace("=None", "") and "zone=None" not in column.dtype
    return moment.replace(tzinfo=dt.UTC) if zoned else moment


def _numpy(columns: tuple[TableColumn, ...], cells: list[list[Any]], labels: list[Any]) -> Any:  # noqa: ARG001
    dtype = np.dtype(columns[0].dtype)
    missing = np.nan if dtype.kind == "f" else None
    found = np.empty((len(cells[0]), len(columns)), dtype=dtype)
    for place, column in enumerate(cells):
        found[:, place] = [missing if value is None else value for value in column]
    return found


def _pandas(columns: tuple[TableColumn, ...], cells: list[list[Any]], labels: list[Any]) -> Any:
    pandas = importlib.import_module("pandas")
    series = []
    for column, values in zip(columns, cells, strict=True):
        dtype = pandas.CategoricalDtype(_categories(column)) if column.dtype == "category" else column.dtype
        missing = np.nan if isinstance(dtype, str) and dtype.startswith("float") else None
        filled = [missing if value is None else value for value in values]
        try:
            series.append(pandas.Series(filled, dtype=dtype))
        except (TypeError, ValueError):  # text does not tell every type
            series.append(pandas.Series(filled))
    found = pandas.concat(series, axis=1)
    found.columns = pandas.Index(labels) if not any(isinstance(one, tuple) for one in labels) else labels
    return found


def _polars(columns: tuple[TableColumn, ...], cells: list[list[Any]], labels: list[Any]) -> Any:
    polars = importlib.import_module("polars")
    series = []
    for column, values, label in zip(columns, cells, labels, strict=True):
        base, found = column.dtype.split("(")[0], polars.Series(label, values)
        dtype = polars.Enum(list(column.categories)) if base == "Enum" else getattr(polars, base, None)
        if base == "Datetime":
            zone = column.dtype.split("time_zone=")[-1].strip("')")
            unit = column.dtype.split("time_unit='")[-1][:2]
            dtype = polars.Datetime(unit, None if zone == "None" else zone)
        try:
            series.append(found if dtype is None else found.cast(dtype))
        except (TypeError, ValueError, polars.exceptions.PolarsError):
            series.append(found)
    return polars.DataFrame(series)


def _pyarrow(columns: tuple[TableColumn, ...], cells: list[list[Any]], labels: list[Any]) -> Any:
    pyarrow = importlib.import_module("pyarrow")
    arrays = []
    for column, values in zip(columns, cells, strict=True):
        found = pyarrow.array(values)
        try:
            name = "date32" if column.dtype.startswith("date32") else column.dtype
            coded = name.startswith("dictionary")
            arrays.append(found.dictionary_encode() if coded else found.cast(pyarrow.type_for_alias(name)))
        except (pyarrow.ArrowException, ValueError):
            arrays.append(found)
    return pyarrow.table(dict(zip(labels, arrays, strict=True)))


_MAKERS = {"numpy": _numpy, "pandas": _pandas, "polars": _polars, "pyarrow": _pyarrow}
