"""Which library a table belongs to, found without importing any."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

from limen._errors import InputError
from limen.domains import _arrow, _numpy, _pandas, _polars


def library_of(frame: Any) -> ModuleType | None:
    """The module of this room that reads `frame`, or None if it is no table.

    Raises InputError for tables that have to be collected or filled first.
    """
    import narwhals.dependencies as known

    if isinstance(frame, np.ma.MaskedArray):
        raise InputError("The table is a masked array, expected missing values as NaN: use .filled(numpy.nan).")
    if isinstance(frame, np.ndarray):
        return _numpy if frame.ndim == 2 and frame.dtype.names is None else None
    if known.is_pandas_dataframe(frame):
        return _pandas
    if known.is_polars_dataframe(frame):
        return _polars
    if known.is_pyarrow_table(frame):
        return _arrow
    if known.is_polars_lazyframe(frame):
        raise InputError("The table is a polars LazyFrame, expected its rows: use .collect().")
    if known.is_into_dataframe(frame) or known.is_into_lazyframe(frame):
        raise InputError(
            f"The table is {type(frame).__module__}.{type(frame).__name__}, expected a frame of pandas, polars or "
            "pyarrow, or a numpy array; convert it to the one that the model reads."
        )
    return None


def native(frame: Any) -> Any:
    """A frame of narwhals as what it wraps; others as they are."""
    import narwhals.dependencies as known

    return frame.to_native() if known.is_narwhals_dataframe(frame) or known.is_narwhals_series(frame) else frame
