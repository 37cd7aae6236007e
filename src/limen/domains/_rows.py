"""What a user gives as x, encoded: a dict, a series, a sequence, an array or a frame of any library."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from limen._errors import InputError
from limen._types import FloatArray
from limen.domains._cells import Cells, cells_of
from limen.domains._columns import Column, Where
from limen.domains._columns_text import label_text
from limen.domains._frames import library_of, native

FORMS = "a dict, a Series, a 1-D array or a frame with the background's columns, or a list of such rows"


def encode_rows(x: Any, columns: Sequence[Column]) -> tuple[FloatArray, bool]:
    """The encoded rows (n, m) of x, and whether it stands for several: a list of rows, or a frame of more than one.

    Raises InputError where x has other columns than the background, or values that do not belong into them.
    """
    x = native(x)
    library = library_of(x)
    if library is not None:
        return _of_frame(x, library, columns)
    if isinstance(x, list) and x and not all(_is_scalar(one) for one in x):
        return _of_list(x, columns), True
    return encode_one(x, columns, "x")[None], False


def _of_list(x: list[Any], columns: Sequence[Column]) -> FloatArray:
    """The encoded rows (n, m) of a list: together where they are alike, otherwise, and for errors, one by one."""
    rows = [native(one) for one in x]
    if all(library_of(row) is None for row in rows):
        values = [_values(row, columns, f"x[{place}]") for place, row in enumerate(rows)]
        try:
            cells = [cells_of([row[place] for row in values], "x") for place in range(len(columns))]
            return _encoded(columns, cells, lambda row: f"x[{row}]")
        except InputError:  # perhaps of rows that only differ in how they say the same
            pass
    return np.stack([encode_one(row, columns, f"x[{place}]") for place, row in enumerate(rows)])


def encode_one(x: Any, columns: Sequence[Column], title: str) -> FloatArray:
    """The encoded row (m) of one x, which `title` names in errors."""
    x = native(x)
    library = library_of(x)
    if library is not None:
        if library.n_rows(x) != 1:
            raise InputError(
                f"{title} is a frame of {library.n_rows(x)} rows, expected one row in each item of a list."
            )
        row: FloatArray = _of_frame(x, library, columns, title)[0][0]
        return row
    cells = [
        cells_of([value], f"{title} in the column {c.name!r}")
        for c, value in zip(columns, _values(x, columns, title), strict=True)
    ]
    encoded: FloatArray = _encoded(columns, cells, lambda _: title)[0]
    return encoded


def _of_frame(x: Any, library: Any, columns: Sequence[Column], title: str = "x") -> tuple[FloatArray, bool]:
    if not library.n_rows(x):
        raise InputError(f"{title} is a table without rows, expected at least one.")
    if library.name == "numpy":
        _check_width(x.shape[1], columns, title)
        order = list(range(x.shape[1]))
    else:
        order = _order(library.labels(x), columns, title)
    several = library.n_rows(x) > 1
    cells = [
        library.read(x, place, f"{title} in the column {c.name!r}") for c, place in zip(columns, order, strict=True)
    ]
    return _encoded(columns, cells, (lambda row: f"{title}[{row}]") if several else (lambda _: title)), several


def _encoded(columns: Sequence[Column], cells: Sequence[Cells], where: Where) -> FloatArray:
    return np.stack([column.encode(one, where) for column, one in zip(columns, cells, strict=True)], axis=1)


def _values(x: Any, columns: Sequence[Column], title: str) -> list[Any]:
    """The values of one row in the order of the columns."""
    from narwhals.dependencies import is_pandas_series

    if isinstance(x, Mapping):
        labels, values = list(x), list(x.values())
    elif isinstance(x, tuple) and hasattr(x, "_asdict"):
        return _values({k: v for k, v in x._asdict().items() if k != "Index" or _names(columns, k)}, columns, title)
    elif is_pandas_series(x):
        labels, values = list(x.index), x.tolist()
        if labels == list(range(len(columns))) and not all(_names(columns, label) for label in labels):
            labels = []  # the index of a series that was made of bare values
    else:
        labels, values = [], _sequence(x, title)
    if not labels:
        _check_width(len(values), columns, title)
        return values
    return [values[place] for place in _order(labels, columns, title)]


def _sequence(x: Any, title: str) -> list[Any]:
    to_list: Callable[[], Any] | None = (
        getattr(x, "to_pylist", None) or getattr(x, "to_list", None) or getattr(x, "tolist", None)
    )
    found = list(x) if isinstance(x, list | tuple) else to_list() if to_list else None
    if not isinstance(found, list):
        raise InputError(f"x is {type(x).__name__} {x!r:.60}, expected {FORMS}.".replace("x is", f"{title} is", 1))
    return found


def _names(columns: Sequence[Column], label: Any) -> bool:
    return any(column.label == label or column.name == label for column in columns)


def _is_scalar(value: Any) -> bool:
    return value is None or (np.ndim(value) == 0 and not hasattr(value, "__len__")) or isinstance(value, str | bytes)


def _check_width(width: int, columns: Sequence[Column], title: str) -> None:
    if width != len(columns):
        raise InputError(
            f"{title} has {width} values, expected the {len(columns)} columns of the background: "
            f"{_listed(column.name for column in columns)}."
        )


def _order(labels: Sequence[Any], columns: Sequence[Column], title: str) -> list[int]:
    """Where each column stands among the labels; by label, or by the label's text.

    Raises InputError where some are missing or left over.
    """
    by_label: dict[Any, list[int]] = {}
    for place, label in enumerate(labels):
        by_label.setdefault(label, []).append(place)
    by_text = {label_text(label): place for label, places in by_label.items() for place in places}
    order = [by_label.get(column.label, [by_text.get(column.name, -1)])[0] for column in columns]
    used = set(order)
    lacking = [column.name for column, place in zip(columns, order, strict=True) if place < 0]
    surplus = [label_text(label) for place, label in enumerate(labels) if place not in used]
    if lacking or surplus:
        parts = [f"misses {_listed(lacking)}"] * bool(lacking) + [f"has besides {_listed(surplus)}"] * bool(surplus)
        raise InputError(
            f"{title} has other columns than the background: it {' and '.join(parts)}; give the same, in any order."
        )
    return order


def _listed(names: Any) -> str:
    """Names in quotes, at most ten of them."""
    every = [repr(name) for name in names]
    return ", ".join(every[:10]) + (f", ... ({len(every)} in all)" if len(every) > 10 else "")
