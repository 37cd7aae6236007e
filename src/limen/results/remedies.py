"""The record that `limen.rnn.remedies` hands out: how far the gradient would reach after each of several changes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from limen._errors import RecordError
from limen._types import FloatArray
from limen.results import _frame
from limen.results._document import Document
from limen.results._ranges import check_range
from limen.results._record import Record
from limen.results._terminal import visible


@dataclass(frozen=True, eq=False)
class Remedy(Record):
    """One change to a recurrent model, and the gradient horizons that it gave before any training.

    name: the change in a few words. horizons: (samples, starts) first lag at which the gradient of the last step is
    below a thousandth of its size, for each sample and each random start; inf: never within the sequence. median, low,
    high: of all of them. factor: the typical step factor, by which the gradient is multiplied each step back. code: the
    lines of Python that make the change.
    """

    name: str
    horizons: FloatArray
    median: float
    low: float
    high: float
    factor: float
    code: str


@dataclass(frozen=True, eq=False)
class Remedies(Document):
    """Changes to one model side by side, on the same data.

    title: what they were tried on. steps: length of the sequences. before, best: indices into rows of the model as it
    is and of what helps most. seconds: what this took in all.
    """

    SCHEMA = "limen.remedies"

    title: str
    steps: int
    before: int
    best: int
    rows: tuple[Remedy, ...]
    seconds: float
    limen_version: str
    python_version: str

    def _check(self) -> None:
        _check(self)

    def to_frame(self, backend: Literal["pandas", "polars", "pyarrow"]) -> Any:
        """Give a data frame, a row a remedy. Columns: remedy, median, low, high, factor, before, best, code."""
        rows = self.rows
        columns: dict[str, Sequence[Any]] = {"remedy": [row.name for row in rows]}
        for name in ("median", "low", "high", "factor"):
            columns[name] = [getattr(row, name) for row in rows]
        for name in ("before", "best"):
            columns[name] = [index == getattr(self, name) for index in range(len(rows))]
        columns["code"] = [row.code for row in rows]
        return _frame.frame(columns, backend)

    def __str__(self) -> str:
        from limen.results._remedies_views import remedies_table

        return remedies_table(self)

    def __repr__(self) -> str:
        from limen.results._flow_words import steps_told

        before, best = self.rows[self.before], self.rows[self.best]
        told = f"{best.name}: {steps_told(best.median)}, before: {steps_told(before.median)}"
        return visible(f"<Remedies for {self.title}: {told}>")

    def _repr_html_(self) -> str:
        from limen.results._remedies_views import remedies_fragment

        return remedies_fragment(self)


def _check(remedies: Remedies) -> None:
    """Raise RecordError where an index is not that of a row, or a number is out of range."""
    for name in ("before", "best"):
        if not 0 <= getattr(remedies, name) < len(remedies.rows):
            raise RecordError(
                f"{name} is {getattr(remedies, name)}, expected the index of one of {len(remedies.rows)} rows."
            )
    check_range("steps", remedies.steps, 2, math.inf)
    for number, row in enumerate(remedies.rows):
        if row.horizons.ndim != 2:
            raise RecordError(
                f"rows[{number}].horizons has the shape {row.horizons.shape}, expected (samples, starts)."
            )
        for name in ("horizons", "median", "low", "high", "factor"):
            check_range(f"rows[{number}].{name}", getattr(row, name), 0, math.inf)
