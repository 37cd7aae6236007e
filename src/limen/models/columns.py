"""Columns of a table for models that take arrays of numbers or texts: frames of any library, or a numpy array."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from limen._errors import InputError
from limen._types import FloatArray


@dataclass(frozen=True, eq=False)
class Column:
    """One column. values: an array (n), or a Series of narwhals."""

    name: str
    values: Any

    def numbers(self) -> FloatArray | None:
        """The column as float64 (n), with NaN for what is missing; None where it is not of numbers."""
        found = self.values
        if not isinstance(found, np.ndarray):
            numeric = found.dtype.is_numeric() or str(found.dtype) == "Boolean"
            found = found.to_numpy() if not numeric else found.cast(_float()).to_numpy()
        if found.dtype.kind in "biuf":
            return np.asarray(found, dtype=np.float64)
        entries = found.tolist() if found.dtype.kind == "O" else None
        if entries is None or not all(is_missing(entry) or isinstance(entry, bool | int | float) for entry in entries):
            return None
        return np.array([np.nan if is_missing(entry) else float(entry) for entry in entries])

    def texts(self) -> Any:
        """The column as an object array (n) of texts, with "" for what is missing."""
        entries = self.values.tolist() if isinstance(self.values, np.ndarray) else self.values.to_list()
        return np.array(["" if is_missing(entry) else str(entry) for entry in entries], dtype=object)


def columns_of(given: Any) -> list[Column]:
    """The columns of a frame, or of an array (n, m), whose columns have numbers as names.

    Raises InputError for anything else, such as a list of texts.
    """
    if isinstance(given, np.ndarray) and given.ndim == 2:
        return [Column(str(place), given[:, place]) for place in range(given.shape[1])]
    import narwhals

    try:
        frame = narwhals.from_native(given, eager_only=True)
    except TypeError as error:
        raise InputError(
            f"x became {type(given).__name__}, and the model takes a table; explain a row of one, with "
            "domain=limen.Table(background)."
        ) from error
    return [Column(name, frame[name]) for name in frame.columns]


def as_matrix(columns: list[Column]) -> FloatArray:
    """Columns of numbers as float64 (n, m). Raises InputError that names the columns of another kind."""
    found = [column.numbers() for column in columns]
    wrong = [column.name for column, numbers in zip(columns, found, strict=True) if numbers is None]
    if wrong:
        raise InputError(
            f"background has the columns {wrong}, which are not of numbers, and the model takes numbers only; give a "
            "function that encodes them as in training and then asks the model."
        )
    return np.column_stack([numbers for numbers in found if numbers is not None])


def is_missing(entry: Any) -> bool:
    """Whether an entry stands for a missing value: None, NaN, or pandas' NA and NaT."""
    return entry is None or type(entry).__name__ in ("NAType", "NaTType") or bool(entry != entry)


def _float() -> Any:
    import narwhals

    return narwhals.Float64
