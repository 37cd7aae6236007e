"""What is explained, and against what: rows and background, from files or the example, with the model's columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import limen
from limen.cli._errors import CommandError
from limen.cli._table_columns import columns_of, groups_of, rows_of, taken
from limen.cli._table_read import MISSING, Sheet, conform, is_text, odd_texts, read

NAMED = 6
"""Columns that a note names."""


@dataclass(frozen=True)
class Source:
    """What is typed of the tables; the names are those of the options."""

    rows: str | None
    row: str | None = None
    background: str | None = None
    example: bool = False
    ignore: Sequence[str] = ()
    categorical: Sequence[str] = ()
    fixed: Sequence[str] = ()
    group: Sequence[str] = ()
    missing: str = MISSING
    names: str | None = None

    def check(self, model: str | None) -> None:
        """Raise CommandError unless there are a table and a model, or the example alone."""
        if self.example:
            wrong = {"ROWS": self.rows, "--background": self.background, "--model": model, "--names": self.names}
            given = next((name for name, value in wrong.items() if value is not None), None)
            if given is not None:
                raise CommandError(f"--example brings its own rows and model; leave out {given}, or --example.")
        elif self.rows is None:
            raise CommandError("ROWS is missing; give a CSV or Parquet file, or --example to see what comes out.")
        elif model is None:
            raise CommandError(
                "--model is missing; give FILE.onnx, FILE.skops or package.module:function, or --example to see what "
                "comes out."
            )


@dataclass(frozen=True)
class Loaded:
    """title: of the file of rows. numbers: of the rows. chosen: those rows. domain: what may change in them."""

    title: str
    numbers: list[int]
    chosen: Any
    domain: limen.Table
    notes: list[str]


def load(source: Source, example: Any, wanted: Sequence[str] | None, first: str = "0") -> Loaded:
    """Read the tables and settle their columns. Raises CommandError or LimenError.

    example: the frame that serves in place of files, or None. wanted: the columns that the model takes, if it says so.
    first: the row where none is named.
    """
    rows, background = _sheets(source, example)
    numbers = rows_of(first if source.row is None else source.row, len(rows.frame), rows.title)
    notes = [*rows.notes, *(background.notes if background is not rows else [])]
    if background is rows and example is None:
        notes.append(f"No --background was given, so the {len(rows.frame):,} rows of {rows.title} serve as it.")
    if len(background.frame) < 2:
        raise CommandError(
            f"{background.title} has one row, and a row is explained against others; give some hundred that the model "
            "was trained on with --background."
        )
    columns, own, left = _settled(source, rows, background, wanted)
    if left:
        more = f" and {len(left) - NAMED} more" if len(left) > NAMED else ""
        notes.append(f"Left out, because the model does not take it: {', '.join(left[:NAMED])}{more}.")
    behind = background.frame[columns]
    chosen = rows.frame[own].iloc[numbers].set_axis(columns, axis=1)
    notes += odd_texts(Sheet(background.title, behind))
    if background is not rows:
        chosen = conform(chosen, rows, behind)
    names = [str(label) for label in columns]
    groups = groups_of(source.group, names)
    domain = limen.Table(
        behind,
        categorical=columns_of(source.categorical, names, "--categorical"),
        fixed=columns_of(source.fixed, [*names, *groups], "--fixed"),
        groups=groups,
    )
    return Loaded(rows.title, numbers, chosen, domain, notes)


def _sheets(source: Source, example: Any) -> tuple[Sheet, Sheet]:
    """The rows and the background; the same one where no other is given."""
    if example is not None:
        sheet = Sheet("the example", example)
        return sheet, sheet
    assert source.rows is not None
    names = None if source.names is None else [name.strip() for name in source.names.split(",")]
    if source.background is None:
        sheet = read(source.rows, "ROWS", source.missing, names)
        return sheet, sheet
    behind = read(source.background, "--background", source.missing, names)
    texts = [label for label in behind.frame.columns if is_text(behind.frame[label])]
    return read(source.rows, "ROWS", source.missing, names, texts), behind


def _settled(
    source: Source, rows: Sheet, background: Sheet, wanted: Sequence[str] | None
) -> tuple[list[Any], list[Any], list[str]]:
    """The columns of the background, those of the rows in the same order, and those that the model does not take."""
    known = list(dict.fromkeys([*map(str, rows.frame.columns), *map(str, background.frame.columns)]))
    ignored = columns_of(source.ignore, known, "--ignore")
    behind, own = (
        sheet.frame.drop(columns=[label for label in sheet.frame.columns if str(label) in ignored])
        for sheet in (background, rows)
    )
    if wanted is not None:
        columns = taken(behind, wanted, background.title)
        own_columns = taken(own, wanted, rows.title)
        left = [name for name in known if name not in ignored and name not in {*columns, *own_columns}]
        return columns, own_columns, left
    apart = sorted({*map(str, behind.columns)} ^ {*map(str, own.columns)})
    if apart:
        raise CommandError(
            f"{rows.title} and {background.title} differ in their columns: only one has {apart[0]!r}; leave it out "
            f"with --ignore '{apart[0]}', or put it into both."
        )
    return list(behind.columns), list(behind.columns), []
