"""One column's cells, read from a frame of any library into numpy: numbers, times, or codes of distinct values."""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from limen._errors import InputError
from limen._types import BoolArray, FloatArray, IntArray

NUMBERS = ("number", "integer", "boolean")
TIMES = ("date", "datetime", "duration")
LARGEST_WHOLE = 2**53
"""Whole numbers beyond it are not all float64 numbers."""
ADVICE = "Turn it into numbers, texts or dates, or drop it."
_EPOCH = dt.datetime(1970, 1, 1)
_CLASSES: tuple[tuple[Any, str], ...] = (
    ((bool, np.bool_), "boolean"),
    ((int, np.integer), "integer"),
    ((float, np.floating, Decimal, Fraction), "number"),
    (str, "string"),
    ((dt.datetime, np.datetime64), "datetime"),
    (dt.date, "date"),
    ((dt.timedelta, np.timedelta64), "duration"),
    ((complex, np.complexfloating), "complex"),
    (dt.time, "time"),
    ((bytes, bytearray, memoryview), "binary"),
    ((list, dict, set, np.ndarray), "nested"),
)
_NEVER = ("complex", "time", "binary", "nested")


@dataclass(frozen=True, eq=False)
class Cells:
    """What a column holds, n cells.

    kind: "number", "integer", "boolean" (numbers, NaN = missing), "date", "datetime", "duration" (ticks: microseconds
    since 1970 in UTC, and which are missing), "string", "category" (codes of `values`, -1 = missing), or "missing".
    zoned: a datetime that knows its time zone.
    """

    kind: str
    numbers: FloatArray = field(default_factory=lambda: np.zeros(0))
    ticks: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    missing: BoolArray = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))
    codes: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    values: Sequence[Any] = ()
    zoned: bool = False

    def distinct(self) -> tuple[list[Any], IntArray]:
        """The distinct values as Python has them, and the code (n) of each cell, -1 where it is missing."""
        if self.kind in NUMBERS:
            found, codes = np.unique(self.numbers, return_inverse=True)
            values = found[~np.isnan(found)].tolist()
            kind = {"integer": int, "boolean": bool, "number": float}[self.kind]
            return [kind(value) for value in values], np.where(np.isnan(self.numbers), -1, codes).astype(np.int64)
        if self.kind in TIMES:
            ticks, codes = np.unique(self.ticks, return_inverse=True)
            return [moment(tick, self.kind) for tick in ticks.tolist()], np.where(self.missing, -1, codes)
        return list(self.values), self.codes


class Writer(ABC):
    """Writes cells as a native column of one dtype. Subclasses are frozen and hold what the dtype needs.

    dtype: its name. may_miss: whether it can hold a missing value. lowest, highest: the numbers it can hold; whole:
    whether they are whole only. dated: whether times are whole days. grows: whether it is a dictionary of values that
    others can be added to.
    """

    dtype: str
    may_miss: bool = True
    lowest: float = -np.inf
    highest: float = np.inf
    whole: bool = False
    dated: bool = False
    grows: bool = False

    @abstractmethod
    def write(self, cells: Any) -> Any:
        """The native column of numbers (n, NaN = missing), ticks (n, MISSING = missing) or codes (n, -1 = missing)."""

    def add(self, value: Any) -> None:  # noqa: B027 - only dictionaries of values can grow
        """Make `value` the next code of a dictionary."""


MISSING = np.iinfo(np.int64).min
"""The tick of a missing time, which numpy calls NaT."""


def moment(tick: int, kind: str) -> Any:
    """The date, datetime (naive, in UTC) or duration of a tick."""
    span = dt.timedelta(microseconds=tick)
    if kind == "duration":
        return span
    return (_EPOCH + span).date() if kind == "date" else _EPOCH + span


def class_of(value: type) -> str:
    """What a Python type is: one of the kinds, "other", or one that no column may hold."""
    return next((name for types, name in _CLASSES if issubclass(value, types)), "other")


def is_missing(value: Any) -> bool:
    """None, NaN, NaT and pandas' NA."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    if isinstance(value, np.datetime64 | np.timedelta64):
        return bool(np.isnat(value))
    return isinstance(value, float | np.floating | Decimal) and bool(value != value)


def key(value: Any) -> Hashable:
    """What a value is looked up by: True is not 1, and a numpy scalar is its Python value."""
    plain = value.item() if isinstance(value, np.generic) and not isinstance(value, np.datetime64) else value
    return ("boolean", plain) if isinstance(plain, bool) else plain


def cells_of(values: Sequence[Any], name: str) -> Cells:
    """Read a column of Python objects; `name` is for errors.

    Raises InputError for values that no column may hold, such as lists.
    """
    missing = np.fromiter((is_missing(value) for value in values), dtype=np.bool_, count=len(values))
    kinds = {class_of(one) for one in {type(value) for value, gone in zip(values, missing, strict=True) if not gone}}
    bad = kinds & set(_NEVER)
    if bad:
        which = next(value for value in values if class_of(type(value)) in bad)
        raise InputError(f"{name} holds {type(which).__name__} {which!r:.60}, expected single values. {ADVICE}")
    if not kinds:
        return Cells("missing", codes=np.full(len(values), -1))
    if kinds <= set(NUMBERS):
        kind = "number" if "number" in kinds else "integer" if "integer" in kinds else "boolean"
        try:
            numbers = np.array([np.nan if gone else float(v) for v, gone in zip(values, missing, strict=True)])
        except OverflowError:
            numbers = np.array([np.inf])
        if kind != "integer" or np.abs(numbers[~np.isnan(numbers)]).max() <= LARGEST_WHOLE:
            return Cells(kind, numbers=numbers)
    if kinds <= {"date", "datetime"} or kinds == {"duration"}:
        return _times_of(values, missing, "datetime" if "datetime" in kinds else kinds.pop(), name)
    return _dictionary_of(values, missing, "string" if kinds == {"string"} else "category", name)


def _times_of(values: Sequence[Any], missing: BoolArray, kind: str, name: str) -> Cells:
    ticks = np.full(len(values), MISSING)
    zoned = {bool(getattr(v, "tzinfo", None)) for v, gone in zip(values, missing, strict=True) if not gone}
    if len(zoned) > 1:
        raise InputError(f"{name} holds times with and without a time zone, expected one of the two.")
    for place, value in enumerate(values):
        if not missing[place]:
            ticks[place] = tick_of(value)
    return Cells(kind, ticks=ticks, missing=missing, zoned=zoned == {True})


def tick_of(value: Any) -> int:
    """Microseconds of a date, datetime or duration, of Python, numpy or pandas; what is finer is cut off."""
    if isinstance(value, np.datetime64):
        return int(value.astype("datetime64[us]").astype(np.int64))
    if isinstance(value, np.timedelta64):
        return int(value.astype("timedelta64[us]").astype(np.int64))
    if isinstance(value, dt.datetime):
        naive = value.astimezone(dt.UTC).replace(tzinfo=None) if value.tzinfo else value
        value = naive - _EPOCH
    elif isinstance(value, dt.date):
        value = value - _EPOCH.date()
    return int(value.days * 86_400_000_000 + value.seconds * 1_000_000 + value.microseconds)


def _dictionary_of(values: Sequence[Any], missing: BoolArray, kind: str, name: str) -> Cells:
    found: dict[Hashable, int] = {}
    distinct: list[Any] = []
    codes = np.full(len(values), -1)
    for place, value in enumerate(values):
        if missing[place]:
            continue
        try:
            code = found.setdefault(key(value), len(distinct))
        except TypeError as error:
            what = f"{type(value).__name__} {value!r:.60}"
            raise InputError(
                f"{name} holds {what}, which cannot be hashed, expected single values. {ADVICE}"
            ) from error
        if code == len(distinct):
            distinct.append(value)
        codes[place] = code
    return Cells(kind, codes=codes, values=distinct)
