"""Columns as the record keeps them, and what is told about a background."""

from __future__ import annotations

import json
from typing import Any

from limen.domains._columns import Column
from limen.domains._columns_text import label_text, shown
from limen.domains._parts import Layout
from limen.results import TableColumn

MANY = 10
"""So many names are listed in a note."""


def record_of(column: Column) -> TableColumn:
    """A column as the record keeps it."""
    return TableColumn(
        name=column.name,
        label=_label(column.label),
        kind=column.kind,
        dtype=column.writer.dtype,
        categories=tuple(shown(value) for value in column.values),
        category_kind=_kind_of(column.values),
        own="",
        mean=float(column.mean),
        low=float(column.low),
        high=float(column.high),
        scale=float(column.scale),
        step=float(column.step),
        missing=float(column.missing),
    )


def own_text(column: Column, code: float) -> str:
    """The text of a value that the background lacks, else nothing."""
    if code <= column.gone:
        return ""
    return next(shown(value) for value, place in column.lookup.items() if place == int(code))


def _label(label: Any) -> str:
    if isinstance(label, tuple):
        plain: Any = [one if isinstance(one, str | int | float) else str(one) for one in label]
    else:
        plain = label if isinstance(label, str | int | float) else label_text(label)
    return json.dumps(plain)


def _kind_of(values: list[Any]) -> str:
    types = {type(value) for value in values}
    for kind, name in ((str, "text"), (bool, "boolean"), (int, "integer"), (float, "number")):
        if types <= {kind}:
            return name
    return "other"


def notes_of(layout: Layout, constant: tuple[str, ...]) -> tuple[str, ...]:
    """Sentences about what was found in the background."""
    notes = []
    if constant:
        notes.append(f"The background has one value only of {_listed(list(constant))}: the effect is 0.")
    free = [column.name for column in layout.columns if column.free and not column.fixed]
    if free:
        notes.append(
            f"{_listed(free)} has another value in most rows, as identifiers and free texts have: changing it tells "
            "little; leave it out of the model, or name it in fixed=."
        )
    for bundle in layout.bundles:
        if bundle.one_hot:
            names = [layout.columns[place].name for place in bundle.columns]
            notes.append(f"{bundle.name} is one category in one-hot columns: {_listed(names)}.")
    return tuple(notes)


def _listed(names: list[str]) -> str:
    return ", ".join(names[:MANY]) + (f" and {len(names) - MANY} more" if len(names) > MANY else "")
