"""A table row as its parts: what pictures and sentences about it need, and how other rows around it read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from limen._geometry import coordinates
from limen._types import BoolArray, FloatArray
from limen.results._record import Record
from limen.results._table_text import duration_text, number_text, time_text

NUMERIC = ("number", "integer", "date", "datetime", "duration")
"""Kinds of columns whose values lie on a scale; those of others are codes."""

TIMES = ("date", "datetime", "duration")
"""Those of them whose unit is a day."""

MOST_TEXTS = 100
"""Texts of a column of which a record keeps them all."""

SEPARATORS = "_=.: -/"
"""Characters that may stand between the name of a one-hot block and those of its states."""


@dataclass(frozen=True, eq=False)
class TableColumn(Record):
    """What is known of one column, in its own units (times in days since 1970).

    Attributes
    ----------
    name: as text. label: what the frame calls it, as JSON text.
    kind: "number", "integer", "date", "datetime", "duration", "boolean", "category" or "string".
    dtype: the frame's own type of it, as text.
    categories: the values that codes stand for, as text, "" for those of many that no recorded row has; the code after
        the last one is a missing value.
    category_kind: what they are: "text", "integer", "number", "boolean", or "other". own: the row's own value as text,
        where the background lacks it: its code is beyond that of a missing value.
    mean, low, high: of the numbers in the background. scale: their standard deviation, 1 where there is none.
    step: the grid that they lie on, 0 for none. missing: the share of background rows that miss it.

    """

    name: str
    label: str
    kind: str
    dtype: str
    categories: tuple[str, ...]
    category_kind: str
    own: str
    mean: float
    low: float
    high: float
    scale: float
    step: float
    missing: float

    @property
    def numeric(self) -> bool:
        """Whether its values lie on a scale."""
        return self.kind in NUMERIC

    def text(self, value: float) -> str:
        """One encoded value for people: "41,200", "Married", "2024-03-01", "missing"."""
        if not self.numeric:
            code = int(value)
            if code == len(self.categories):
                return "missing"
            return self.own if code > len(self.categories) else self.categories[code]
        if np.isnan(value):
            return "missing"
        if self.kind in ("date", "datetime"):
            return time_text(value, self.step)
        return duration_text(value, self.step) if self.kind == "duration" else number_text(value, self.scale)


@dataclass(frozen=True, eq=False)
class TablePart(Record):
    """One interpretable part of the row.

    kind: "real", "known", "flip" or "fixed" (see `limen._geometry.Part`). name: of the column, the group or the one-hot
    block. columns: their numbers. one_hot: its columns are 0 and 1 of one category, and name its states.
    """

    kind: str
    name: str
    columns: tuple[int, ...]
    one_hot: bool


@dataclass(frozen=True, eq=False)
class TableInstance(Record):
    """The row that is explained: m columns, cut into d parts.

    Attributes
    ----------
    names: (d) what each part is called. parts: (d). columns: (m).
    origin: (m) the row, encoded: numbers as they are, times in days since 1970, categories as codes; NaN is a number
        that is missing.
    backend: whose frame the model reads: "pandas", "polars", "pyarrow" or "numpy".
    constant: the columns that never change because the background has one value of them.
    notes: what was found in the background and should be known, in sentences.

    """

    names: tuple[str, ...]
    parts: tuple[TablePart, ...]
    columns: tuple[TableColumn, ...]
    origin: FloatArray
    backend: str
    constant: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def n_parts(self) -> int:
        """The number of parts d."""
        return len(self.parts)

    @property
    def units(self) -> str:
        """What a part is."""
        return "parts"

    @property
    def text(self) -> str:
        """The row on one line: "age = 39, workclass = Private, ..."."""
        return ", ".join(self.part_text(part) for part, one in enumerate(self.parts) if one.kind != "known")

    @cached_property
    def reals(self) -> BoolArray:
        """(d) True for the parts that move on a scale."""
        return np.array([part.kind == "real" for part in self.parts], dtype=np.bool_)

    def is_time(self, part: int) -> bool:
        """Whether a part is one column of dates, times or lengths of time, whose unit is a day."""
        return self.columns[self.parts[part].columns[0]].kind in TIMES

    @cached_property
    def fixed(self) -> BoolArray:
        """(d) True for the parts that never change."""
        return np.array([part.kind == "fixed" for part in self.parts], dtype=np.bool_)

    @cached_property
    def scales(self) -> FloatArray:
        """(m) Standard deviations of the columns in the background; 1 for codes."""
        return np.array([column.scale for column in self.columns])

    @cached_property
    def part_scales(self) -> FloatArray:
        """(d) Units of its column in one standard deviation (a time's unit is a day); 1 for parts that do not move.

        Divide a slope by it to have it per unit.
        """
        return np.array([self.scales[part.columns[0]] if part.kind == "real" else 1.0 for part in self.parts])

    def keeping(self, values: FloatArray) -> TableInstance:
        """The same row, of whose texts only those in it and in encoded rows (n, m) are kept; codes stay as they are.

        A column of many different texts, such as names, would else put every text of the background into each record.
        """
        columns = list(self.columns)
        many = [k for k, one in enumerate(columns) if one.category_kind == "text" and len(one.categories) > MOST_TEXTS]
        for place in many:
            used = {*values[:, place].tolist(), float(self.origin[place])}
            texts = tuple(text if code in used else "" for code, text in enumerate(columns[place].categories))
            columns[place] = replace(columns[place], categories=texts)
        return replace(self, columns=tuple(columns)) if many else self

    def coordinates(self, values: FloatArray) -> FloatArray:
        """The coordinates (n, d) of encoded rows (n, m): reals in standard deviations from this row, flips 1 or 0."""
        return coordinates(values, self.origin, self.scales, [(part.kind, part.columns) for part in self.parts])

    def value_text(self, column: int, value: float) -> str:
        """One encoded value of a column for people: "41,200", "Married", "2024-03-01", "missing"."""
        return self.columns[column].text(value)

    def state_text(self, part: int, row: FloatArray | None = None) -> str:
        """What a part is in an encoded row (m), or in this one: "41,200", "Married", "lat 34.1, lon -118.2"."""
        row = self.origin if row is None else row
        one = self.parts[part]
        if one.kind == "known":
            return "missing" if np.isnan(row[one.columns[0]]) else "known"
        if one.one_hot:
            return " and ".join(self._state_name(one, place) for place in one.columns if row[place] == 1) or "none"
        texts = [self.value_text(place, float(row[place])) for place in one.columns]
        if len(texts) == 1:
            return texts[0]
        return ", ".join(f"{self.columns[place].name} {text}" for place, text in zip(one.columns, texts, strict=True))

    def _state_name(self, part: TablePart, place: int) -> str:
        """What a column of a one-hot block stands for: its name without the beginning that the block has in common."""
        names = [self.columns[k].name for k in part.columns]
        beginning = part.name.removesuffix(" (columns)")
        if not all(name.startswith(beginning) and name[len(beginning) :].lstrip(SEPARATORS) for name in names):
            beginning = ""
        return self.columns[place].name.removeprefix(beginning).lstrip(SEPARATORS if beginning else "")

    def part_text(self, part: int, row: FloatArray | None = None) -> str:
        """A part and what it is in an encoded row (m), or in this one: "income = 41,200", "income is known"."""
        if self.parts[part].kind == "known":
            return f"{self.parts[part].name} is {self.state_text(part, row)}"
        return f"{self.parts[part].name} = {self.state_text(part, row)}"

    def change_text(self, part: int, row: FloatArray) -> str:
        """How a part differs in another encoded row (m): "income from 41,200 to 38,950"."""
        return f"{self.parts[part].name} from {self.state_text(part)} to {self.state_text(part, row)}"

    def render(self, values: FloatArray) -> Any:
        """The encoded rows (n, m) as a frame of the recorded library, as close to the background's types as text tells.

        Raises MissingError where that library is not installed.
        """
        from limen.results._table_render import render

        return render(self, np.asarray(values, dtype=np.float64))
