"""Makes the columns of a background: reads them, finds what they are like, refuses what cannot be explained."""

from __future__ import annotations

from typing import Any

import numpy as np

from limen._errors import InputError
from limen._types import FloatArray
from limen.domains._cells import LARGEST_WHOLE, MISSING, TIMES, Cells, Writer, key
from limen.domains._columns import DAY, ENOUGH_ROWS, FREE_TEXT, GRIDS, LARGEST, Column


def make_column(name: str, label: Any, cells: Cells, writer: Writer, as_category: bool, fixed: bool) -> Column:
    """The column of these cells.

    Raises InputError for infinite numbers, and for a column without any value that is not fixed.
    """
    column = Column(name, label, _kind(cells, as_category), writer, zoned=cells.zoned, fixed="asked" if fixed else "")
    if cells.kind in TIMES:
        _grid(column, cells)
    if column.numeric:
        _check_numbers(column, cells)
    else:
        _values(column, cells)
        column.free = fixed and writer.grows
    return column


def _kind(cells: Cells, as_category: bool) -> str:
    if as_category and cells.kind not in ("boolean", "string", "missing"):
        return "category"
    return "string" if cells.kind == "missing" else cells.kind


def _grid(column: Column, cells: Cells) -> None:
    ticks = cells.ticks[~cells.missing]
    column.unit = next(unit for unit in GRIDS if not (ticks % unit).any())
    column.step = column.unit / DAY


def _check_numbers(column: Column, cells: Cells) -> None:
    if cells.kind in TIMES:
        return
    numbers = cells.numbers
    bad = int((np.abs(numbers) > LARGEST).sum())
    if bad:
        raise InputError(
            f"background has {bad} numbers in the column {column.name!r} that are infinite or beyond {LARGEST:g}; mark "
            "them as missing, or cut them off at a number."
        )
    present = numbers[~np.isnan(numbers)]
    looks_whole = len(present) >= ENOUGH_ROWS and not np.mod(present, 1.0).any()
    if looks_whole and np.abs(present).max() <= LARGEST_WHOLE:
        column.kind = "integer"  # pandas makes floats of whole numbers where one is missing
    column.step = 1.0 if column.kind == "integer" else 0.0


def _values(column: Column, cells: Cells) -> None:
    """The values of a column of codes, and what of the native column each stands for."""
    if cells.kind == "boolean":
        column.values, column.table = [False, True], np.array([0.0, 1.0, np.nan])
    elif cells.kind in ("number", "integer"):
        column.values = cells.distinct()[0]
        column.table = np.array([*column.values, np.nan], dtype=np.float64)
        if not np.mod(column.table[:-1], 1.0).any():
            column.values = [int(value) for value in column.values]
    elif cells.kind in TIMES:
        column.values = cells.distinct()[0]
        ticks = np.unique(cells.ticks[~cells.missing])
        column.values = column.values[-len(ticks) :] if len(ticks) else []
        column.table = np.array([*ticks, MISSING], dtype=np.int64)
    else:
        column.values = list(cells.values)
    column.lookup = {key(value): code for code, value in enumerate(column.values)}


def measure(column: Column, encoded: FloatArray) -> None:
    """Fill in what the background's encoded cells (N) say of a column.

    Raises InputError where a column that may change has no value at all.
    """
    absent = np.isnan(encoded) if column.numeric else encoded == column.gone
    column.missing = float(absent.mean())
    present = encoded[~absent]
    column.n_values = len(np.unique(present))
    if not len(present) and not column.fixed:
        raise InputError(
            f"background has no value in the column {column.name!r}: all {len(encoded)} rows miss it, so nothing is "
            "known of what it could be; drop the column, or name it in fixed=."
        )
    if column.n_values + bool(column.missing) <= 1 and not column.fixed:
        column.fixed = "constant"
    many = len(encoded) >= ENOUGH_ROWS and column.n_values > FREE_TEXT * len(encoded)
    if many and not column.numeric and column.writer.grows:
        column.free = True
    if column.numeric and len(present):
        column.low, column.high = float(present.min()), float(present.max())
        column.mean = float(np.clip(present.mean(), column.low, column.high))
        column.scale = spread(present) or 1.0


def spread(numbers: FloatArray) -> float:
    """The standard deviation, of numbers of any size without overflow or underflow; 0 for a constant."""
    if not np.ptp(numbers):
        return 0.0
    moved = numbers - numbers.mean()
    largest = float(np.abs(moved).max())
    return largest * float(np.sqrt(np.mean((moved / largest) ** 2))) if largest > 0 else 0.0
