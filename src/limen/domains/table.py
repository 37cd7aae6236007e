"""Tables: parts are columns, and columns that change together; the background says what may be."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from limen._errors import InputError
from limen._geometry import TableGeometry
from limen._types import FloatArray
from limen.domains._frames import library_of, native
from limen.domains._off_data import Surroundings, surroundings
from limen.domains._parts import Bundle, Layout
from limen.domains._rows import encode_rows
from limen.domains._table_make import Prepared, prepare
from limen.domains._table_record import own_text
from limen.domains.base import Domain
from limen.results import TableInstance

NAMED = 8
"""Columns of one kind that `repr` names."""


def _labels(name: str, given: Any) -> tuple[Any, ...]:
    """Column labels from a list, an index or an array of them. Raises InputError where they are none."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise InputError(f"{name} of Table is {given!r:.60}, expected a list of columns, such as ['age', 'job'].")
    labels = tuple(given.tolist() if isinstance(given, np.ndarray) else given)
    for label in labels:
        if not isinstance(label, Hashable):
            raise InputError(f"{name} of Table holds {label!r:.60}, expected the label of a column.")
    return labels


@dataclass(frozen=True, eq=False, repr=False)
class Table(Domain):
    """Explain a row of a table by changing its columns.

    Parameters
    ----------
    background: rows (N, m) that show what may be: at least two, of pandas, polars or pyarrow, or a 2-D numpy array,
        whose columns are called "column 0", "column 1", ... The model is given frames of the same library with the same
        columns in the same order and of exactly the same types, so hand over what the model was trained on, or rows of
        it, without the target.
    categorical: columns of numbers that are codes of a category.
    groups: columns that belong together, as {"location": ["latitude", "longitude"]}: each group is one part, which
        changes to the values of another background row.
    fixed: columns, or names of groups, that never change.

    A column is a number, an integer, a date, a datetime or a duration (all of these move in steps of their grid, from
    the row's value), or a boolean, a category or a text (these keep their value or change to another one that the
    background has). Missing values stay what they are in the column: null, NaN, None or NA; where it has several of
    them, the first kind that the library itself prefers. Columns of floats that are whole in all of at least 20 rows
    are integers, and numbers of which so many rows have two values only are kept or changed, as categories are.
    Whole numbers beyond 2**53 are categories. Times are exact to a microsecond between 1800 and 2140.

    One-hot blocks are found: two or more columns of 0 and 1 whose names share a beginning up to one of `_=.:-/` or a
    space, of which exactly one is 1 in every row; in numpy arrays adjacent columns, in at least 20 rows. Each is one
    categorical part. A group of the user's takes its columns out of such a block's reach.

    Raises InputError for fewer than two rows, columns of the same name, infinite numbers, a column without any value
    that is not fixed, types that are no single values, and where nothing may change.
    """

    background: Any
    _: KW_ONLY
    categorical: Sequence[Any] | None = None
    groups: Mapping[str, Sequence[Any]] | None = None
    fixed: Sequence[Any] = ()

    def __post_init__(self) -> None:
        for name in ("categorical", "fixed"):
            value = getattr(self, name)
            if isinstance(value, str) or not (value is None or isinstance(value, Iterable)):
                raise InputError(
                    f"{name} of Table is {value!r:.60}, expected a list of columns, such as [{value!r:.30}]."
                )
            object.__setattr__(self, name, () if value is None else _labels(name, value))
        if self.groups is not None and not isinstance(self.groups, Mapping):
            raise InputError(
                f"groups of Table is {self.groups!r:.60}, expected a dict of lists: {{'place': ['a', 'b']}}."
            )
        groups = {name: _labels(f"groups[{name!r}]", own) for name, own in dict(self.groups or {}).items()}
        object.__setattr__(self, "groups", groups)
        background = native(self.background)
        library = library_of(background)
        if library is None:
            raise InputError(
                f"background is {type(background).__name__}, expected a frame of pandas, polars or pyarrow, or a 2-D "
                "numpy array, of rows such as the model was trained on."
            )
        prepared = prepare(background, library, self.categorical or (), self.groups or {}, self.fixed)
        object.__setattr__(self, "_prepared", prepared)

    def __repr__(self) -> str:
        """How each column is read, a line for each kind: number, integer, category, one-hot, fixed, date, ..."""
        kinds: dict[str, list[str]] = {}
        for bundle in self._layout.bundles:
            several = f" ({len(bundle.columns)} columns)" if len(bundle.columns) > 1 else ""
            kinds.setdefault(self._read_as(bundle), []).append(f"{' '.join(bundle.name.split())[:40]}{several}")
        rows, columns = self._layout.encoded.shape
        lines = [f"<Table: {rows:,} rows of {self._known.library.name}, {columns} column{'s' * (columns != 1)}"]
        for kind, names in kinds.items():
            rest = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
            lines.append(f"  {kind}: {', '.join(names[:NAMED])}{rest}")
        return "\n".join(lines) + ">"

    def _read_as(self, bundle: Bundle) -> str:
        """What the columns of a bundle are read as; numbers that do not move on a scale are categories."""
        columns = [self._layout.columns[place] for place in bundle.columns]
        if all(column.fixed for column in columns):
            return "fixed" if any(column.fixed == "asked" for column in columns) else "constant"
        if len(columns) > 1:
            return "one-hot" if bundle.one_hot else "group"
        return columns[0].kind if self._layout.moves(bundle.columns[0]) else "category"

    @property
    def _known(self) -> Prepared:
        found: Prepared = self.__dict__["_prepared"]
        return found

    @property
    def _layout(self) -> Layout:
        return self._known.layout

    @property
    def n_columns(self) -> int:
        """How many columns the background has."""
        return len(self._layout.columns)

    def rows(self, x: Any) -> tuple[list[FloatArray], bool]:
        """The encoded rows (m) in x, and whether x stands for several.

        One row is a dict, a pandas Series, a 1-D array, a tuple or list of single values, or a frame of one row, of any
        library; several are a list of these, or a frame or 2-D array of more than one row.

        Raises InputError, which names the row and the column, where x has other columns than the background, a category
        or a type that is unknown there, an infinite number, or misses a value that its column cannot miss.
        """
        encoded, several = encode_rows(x, self._layout.columns)
        return list(np.ascontiguousarray(encoded)), several

    def parse(self, x: Any, most_parts: int = 0) -> TableInstance:  # noqa: ARG002 - its columns are its parts
        """The record of one row, encoded (m) as `rows` gives it, or as a user gives it."""
        row = x if isinstance(x, np.ndarray) and x.dtype == np.float64 and x.ndim == 1 else self.rows(x)[0][0]
        parts, names = self._layout.parts(row)
        columns = self._known.columns
        beyond = {place: own_text(self._layout.columns[place], row[place]) for place in self._known.free}
        if any(beyond.values()):
            columns = tuple(replace(one, own=beyond.get(place, "")) for place, one in enumerate(columns))
        constant = self._known.constant
        return TableInstance(names, parts, columns, row, self._known.library.name, constant, self._known.notes)

    def geometry(self, instance: TableInstance) -> TableGeometry:
        """What a sampler may know of a row: its parts among the encoded background, which is shared between rows."""
        return self._layout.geometry(instance.origin, instance.parts)

    def compose(self, values: FloatArray) -> Any:
        """Encoded rows (n, m) as the model's own input: library, columns, order and types of the background.

        Whole numbers are rounded to whole ones, and numbers beyond what their type can hold are cut off at its ends.
        """
        values = np.asarray(values, dtype=np.float64)
        native_columns = [
            column.decode(np.ascontiguousarray(values[:, place])) for place, column in enumerate(self._layout.columns)
        ]
        return self._known.library.join(native_columns, self._known.template)

    def compose_items(self, items: Sequence[bytes]) -> Any:
        """The same of encoded rows that are bytes, as `row.tobytes()` gives them."""
        return self.compose(np.frombuffer(b"".join(items), dtype=np.float64).reshape(len(items), -1))

    def describe_item(self, item: bytes) -> str:
        """An encoded row as bytes in words, for errors: "age = 41, city = Paris"; at most the first dozen columns."""
        shown = list(zip(self._known.columns, np.frombuffer(item, dtype=np.float64).tolist(), strict=True))
        texts = [f"{column.name} = {column.text(value)}" for column, value in shown[:12]]
        return ", ".join(texts) + (", ..." if len(shown) > 12 else "")

    @cached_property
    def _surroundings(self) -> Surroundings:
        return surroundings(self._layout)

    def off_data(self, row: FloatArray) -> bool:
        """Whether an encoded row (m) lies off the background: its `off_amount` is 1 or more."""
        return self.off_amount(row) >= 1.0

    def off_amount(self, row: FloatArray) -> float:
        """How far an encoded row (m) lies off the background.

        The larger of two amounts: how many standard deviations a number lies beyond the background's range; and the
        distance to the nearest of 1,000 background rows (numbers in standard deviations, one for each category that
        differs) as a multiple of 1.5 times the distance within which 99 % of them have another one, at least of 1.
        """
        return self._surroundings.amount(row)

    def off_data_text(self, row: FloatArray) -> str:
        """Say in a sentence how a row lies off the data; empty where it does not."""
        amount = self.off_amount(row)
        if amount < 1:
            return ""
        worst = self._surroundings.worst(row)
        if worst is None:
            return f"no background row is near it: the nearest is {amount:.1f} times farther than usual."
        column = self._known.columns[worst]
        beyond = f"{column.text(column.low)} to {column.text(column.high)}"
        return f"{column.name} = {column.text(row[worst])} lies beyond the background's {beyond}."
