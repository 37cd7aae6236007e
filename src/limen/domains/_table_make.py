"""Prepares a background: its columns, encoded rows, bundles and what is told about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from limen._errors import InputError, unknown
from limen.domains._blocks import adjacent_blocks, named_blocks
from limen.domains._columns import Column
from limen.domains._columns_make import make_column, measure
from limen.domains._columns_text import label_text
from limen.domains._parts import Bundle, Layout
from limen.domains._table_record import notes_of, record_of
from limen.results import TableColumn


@dataclass(frozen=True, eq=False)
class Prepared:
    """All that depends on the background alone.

    library: the module that reads and writes its frames. template: what joins columns to such a frame. columns: as the
    record has them. free: columns that take values the background lacks. constant, notes: as the record has them.
    """

    name: str
    template: Any
    layout: Layout
    columns: tuple[TableColumn, ...]
    free: tuple[int, ...]
    constant: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def library(self) -> ModuleType:
        """The module; found by name, so that this can be pickled."""
        from limen.domains import _arrow, _numpy, _pandas, _polars

        return {one.name: one for one in (_arrow, _numpy, _pandas, _polars)}[self.name]


def prepare(
    background: Any,
    library: ModuleType,
    categorical: Sequence[Any],
    groups: Mapping[str, Sequence[Any]],
    fixed: Sequence[Any],
) -> Prepared:
    """Read and check a background. Raises InputError as `limen.Table` says."""
    labels = library.labels(background)
    names = _names(labels, library.name)
    if library.n_rows(background) < 2:
        raise InputError(
            f"background has {library.n_rows(background)} rows, expected at least 2, which tell what a column may be "
            "instead; give some hundred that the model was trained on."
        )
    places = {**{name: place for place, name in enumerate(names)}, **{one: k for k, one in enumerate(labels)}}
    grouped = {name: _places(columns, places, names, f"groups[{name!r}]") for name, columns in groups.items()}
    _check_groups(grouped, names)
    kept = [one for one in fixed if not (isinstance(one, str) and one in grouped)]
    _check_fixed(_places(kept, places, names, "fixed"), grouped, names)
    asked = set(_places(kept, places, names, "fixed")).union(*(grouped[one] for one in fixed if one in grouped))
    coded = set(_places(categorical, places, names, "categorical"))
    columns, encoded = [], []
    for place, (name, label) in enumerate(zip(names, labels, strict=True)):
        cells = library.read(background, place, f"background in the column {name!r}")
        writer = library.writer(background, place, cells)
        columns.append(make_column(name, label, cells, writer, place in coded, place in asked))
        encoded.append(columns[-1].encode(cells, lambda row: f"background row {row}"))
        measure(columns[-1], encoded[-1])
    layout = Layout(columns, np.ascontiguousarray(np.stack(encoded, axis=1)), [])
    layout.bundles.extend(_bundles(layout, grouped, library.name == "numpy"))
    return _told(background, library, layout)


def _told(background: Any, library: ModuleType, layout: Layout) -> Prepared:
    columns = layout.columns
    changing = [bundle for bundle in layout.bundles if not all(columns[k].fixed for k in bundle.columns)]
    if not changing:
        raise InputError("background has no column that may change: all are constant or fixed; give other rows.")
    still = {place for bundle in layout.bundles if bundle not in changing for place in bundle.columns}
    constant = tuple(columns[place].name for place in sorted(still) if columns[place].fixed == "constant")
    free = tuple(place for place, column in enumerate(columns) if column.free)
    records = tuple(record_of(column) for column in columns)
    notes = notes_of(layout, constant)
    return Prepared(library.name, library.template(background), layout, records, free, constant, notes)


def _names(labels: Sequence[Any], library: str) -> list[str]:
    """The columns' names as text. Raises InputError where there is none, or two have the same."""
    if not labels:
        raise InputError("background has no columns, expected at least one.")
    names = [f"column {label}" if library == "numpy" else label_text(label) for label in labels]
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise InputError(f"background has several columns called {twice[0]!r}, expected different names; rename them.")
    return names


def _places(wanted: Sequence[Any], places: Mapping[Any, int], names: Sequence[str], title: str) -> list[int]:
    """The numbers of columns that a user names by label or by text."""
    if isinstance(wanted, str):
        raise InputError(f"{title} of Table is {wanted!r}, expected a list of columns.")
    for one in wanted:
        if one not in places:
            raise unknown(f"a column in {title} of Table", one, names)
    return [places[one] for one in wanted]


def _check_groups(grouped: Mapping[str, Sequence[int]], names: Sequence[str]) -> None:
    seen: dict[int, str] = {}
    for name, members in grouped.items():
        if not isinstance(name, str) or not members:
            raise InputError(f"groups of Table has {name!r}: {list(members)}, expected a name and at least one column.")
        if name in names and names.index(name) not in members:
            raise InputError(f"groups of Table names a group {name!r} as another column is called; rename the group.")
        for member in members:
            if member in seen:
                raise InputError(
                    f"groups of Table has the column {names[member]!r} in {seen[member]!r} and in {name!r}, expected "
                    "each column in one group at most, and once."
                )
            seen[member] = name


def _check_fixed(fixed: Sequence[int], grouped: Mapping[str, Sequence[int]], names: Sequence[str]) -> None:
    for group, members in grouped.items():
        for place in set(fixed) & set(members):
            raise InputError(
                f"fixed of Table has {names[place]!r}, which belongs to the group {group!r}; fix the group by its "
                "name, or leave the column out of it."
            )


def _bundles(layout: Layout, grouped: Mapping[str, Sequence[int]], unnamed: bool) -> list[Bundle]:
    """All columns in bundles, in the order of their first columns: groups, one-hot blocks, and the rest alone."""
    names = [column.name for column in layout.columns]
    taken = {place for members in grouped.values() for place in members}
    binary = {
        place: column.name
        for place, column in enumerate(layout.columns)
        if place not in taken and column.fixed != "asked" and _is_binary(column, layout.encoded[:, place])
    }
    blocks = adjacent_blocks(list(binary), layout.encoded) if unnamed else named_blocks(binary, layout.encoded)
    taken |= {place for _, members in blocks for place in members}
    called = {*names, *grouped}
    found = [Bundle(name, tuple(members), _is_one_hot(layout, members)) for name, members in grouped.items()]
    for name, members in blocks:
        free = name if name not in called else f"{name} (columns)"
        called.add(free)
        found.append(Bundle(free, members, True))
    found += [Bundle(name, (place,)) for place, name in enumerate(names) if place not in taken]
    return sorted(found, key=lambda bundle: min(bundle.columns))


def _is_binary(column: Column, encoded: Any) -> bool:
    return (column.numeric or column.kind == "boolean") and bool(((encoded == 0) | (encoded == 1)).all())


def _is_one_hot(layout: Layout, members: Sequence[int]) -> bool:
    binary = all(_is_binary(layout.columns[place], layout.encoded[:, place]) for place in members)
    return len(members) > 1 and binary and bool((layout.encoded[:, list(members)].sum(axis=1) == 1).all())
