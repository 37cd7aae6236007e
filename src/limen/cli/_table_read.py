"""Tables in files, as frames of pandas, which is imported when one is read."""

from __future__ import annotations

import io
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from limen.cli._errors import CommandError, Exit, one_line
from limen.cli._table_dialect import SEPARATORS, check_names, decoded, dialect_of

MISSING = "?,NA,NaN,nan,null,NULL"
"""What stands for a missing value besides an empty cell, with commas between."""
EXTRA = "pip install 'limen[table]'"
MOSTLY = 0.5
"""Share of the distinct values of a column of texts from which on it is told that they are numbers."""


@dataclass(frozen=True)
class Sheet:
    """A table that was read. title: of its file. frame: of pandas. notes: what should be known of the reading."""

    title: str
    frame: Any
    notes: list[str] = field(default_factory=list)
    decimal: str = "."


def pandas() -> Any:
    """The library of frames. Raises CommandError without it."""
    try:
        import pandas as pd
    except ImportError as error:
        raise CommandError(f"Tables are read with pandas, which is not installed: {EXTRA}", Exit.ERROR) from error
    return pd


def read(name: str, what: str, missing: str, names: Sequence[str] | None = None, texts: Sequence[str] = ()) -> Sheet:
    """Read a CSV or Parquet file; "-" is standard input.

    what: ROWS or the option that named it. names: of the columns, where the file has no line of them. texts: columns
    that are texts, whatever they look like. Raises CommandError for what is no table with a row.
    """
    known = pandas()
    title = "standard input" if name == "-" else name
    content = _content(name, what)
    if not content.strip():
        raise CommandError(f"{title} is empty, expected a table with a line of names and rows.")
    if content.startswith(b"PAR1"):
        sheet = Sheet(title, _parquet(known, content, title))
    else:
        sheet = _separated(known, content, title, missing, names, texts)
    if sheet.frame.empty:
        raise CommandError(f"{title} has {len(sheet.frame.columns)} columns and no rows, expected at least one row.")
    return sheet


def _content(name: str, what: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise CommandError(f"{what} is {name!r}, which cannot be read: {error.strerror or error}.") from error


def _parquet(known: Any, content: bytes, title: str) -> Any:
    try:
        return known.read_parquet(io.BytesIO(content)).reset_index(drop=True)
    except ImportError as error:
        raise CommandError(f"Parquet is read with pyarrow, which is not installed: {EXTRA}", Exit.ERROR) from error
    except Exception as error:  # a damaged file raises whatever its reader meets first
        raise CommandError(f"{title} is no whole Parquet file: {one_line(str(error))}") from error


def _separated(
    known: Any, content: bytes, title: str, missing: str, names: Sequence[str] | None, texts: Sequence[str]
) -> Sheet:
    text, note = decoded(content, title)
    dialect = dialect_of(text)
    notes = [note] if note else []
    if names is None:
        check_names(dialect.first, title)
    elif len(names) != len(dialect.first):
        raise CommandError(f"--names has {len(names)} names, and {title} has {len(dialect.first)} columns; name each.")
    if dialect.decimal == ",":
        notes.append(f"{title} was read with {SEPARATORS[dialect.separator]} between cells and decimal commas.")
    settings: dict[str, Any] = {
        "sep": dialect.separator,
        "decimal": dialect.decimal,
        "header": None if names else 0,
        "names": names,
        "dtype": dict.fromkeys(texts, str),
        "na_values": ["", *(one.strip() for one in missing.split(","))],
    }
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", known.errors.ParserWarning)  # lines longer than the first lose cells
            frame = known.read_csv(
                io.StringIO(text),
                keep_default_na=False,
                skipinitialspace=True,
                index_col=False,
                low_memory=False,
                **settings,
            )
    except known.errors.ParserWarning as error:
        raise CommandError(
            f"{title} has lines with more cells than its first line; quote cells that hold a comma."
        ) from error
    except (ValueError, known.errors.ParserError) as error:
        reason = one_line(str(error)).removeprefix("Error tokenizing data. C error: ")
        raise CommandError(f"{title} cannot be read as a table: {reason}; quote cells that hold a comma.") from error
    return Sheet(title, frame, notes, dialect.decimal)


def is_text(column: Any) -> bool:
    """Whether a column holds texts, as they are or as categories."""
    known = pandas()
    if isinstance(column.dtype, known.CategoricalDtype):
        return bool(known.api.types.is_string_dtype(column.dtype.categories.dtype))
    return bool(known.api.types.infer_dtype(column, skipna=True) == "string")


def odd_texts(sheet: Sheet) -> list[str]:
    """Notes on columns that hold numbers and a few texts, which make texts of them all."""
    known, notes = pandas(), []
    for label in sheet.frame.columns:
        if not is_text(sheet.frame[label]):
            continue
        values = known.Series(sheet.frame[label].dropna().unique()).astype(str)
        odd = values[known.to_numeric(values, errors="coerce").isna()]
        if 0 < len(odd) <= (1 - MOSTLY) * len(values):
            notes.append(
                f"The column {label!r} of {sheet.title} holds numbers and texts such as {odd.iloc[0]!r:.40}, so it is "
                f"one of texts; if these stand for missing values: --missing '{MISSING},{odd.iloc[0]:.20}'."
            )
    return notes


def conform(chosen: Any, sheet: Sheet, background: Any) -> Any:
    """Rows of a sheet with numbers and times where the background has them, though the sheet has texts there.

    chosen: a frame whose index numbers the rows. Raises CommandError that names the row and the column.
    """
    found = chosen.copy()
    kinds = pandas().api.types
    for label in chosen.columns.intersection(background.columns):
        dtype = background[label].dtype
        if kinds.is_bool_dtype(dtype) or not is_text(chosen[label]):
            continue
        if kinds.is_numeric_dtype(dtype):
            found[label] = _converted(chosen[label], sheet, "a number")
        elif kinds.is_datetime64_any_dtype(dtype):
            found[label] = _converted(chosen[label], sheet, "a date")
    return found


def _converted(texts: Any, sheet: Sheet, what: str) -> Any:
    """A column of texts as numbers or times."""
    known = pandas()
    if what == "a date":
        values = known.to_datetime(texts, errors="coerce")
    else:
        plain = texts.astype("str").str.replace(sheet.decimal, ".", regex=False)
        values = known.to_numeric(plain, errors="coerce").astype("float64")
    bad = values.isna() & texts.notna()
    if bad.any():
        row = bad.idxmax()
        raise CommandError(
            f"row {row} of {sheet.title} has {texts[row]!r:.40} in the column {texts.name!r}, expected {what}, as in "
            "the background; correct it, or say with --missing what stands for missing."
        )
    return values
