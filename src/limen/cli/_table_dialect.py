"""How a file of separated values is written: its encoding, its separator, its decimal point, its line of names."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from limen.cli._errors import CommandError

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
LINES = 60
"""Lines that are looked at."""
COMMA, POINT = re.compile(r"[+-]?\d+,\d+"), re.compile(r"[+-]?\d*\.\d+")
UTF_16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Dialect:
    """separator: between cells. decimal: "." or ",". first: the cells of the first line."""

    separator: str
    decimal: str
    first: tuple[str, ...]


def decoded(content: bytes, title: str) -> tuple[str, str]:
    """The text of a file, with plain line ends, and a note on its encoding, if it is a rare one.

    Raises CommandError for what is no text.
    """
    if content.startswith(b"PK\x03\x04"):
        raise CommandError(f"{title} is a spreadsheet or a zip file, expected CSV or Parquet; save the table as CSV.")
    note = ""
    if content.startswith(UTF_16):
        text, note = content.decode("utf-16", errors="replace"), f"{title} was read as UTF-16."
    elif b"\0" in content[:4096]:
        raise CommandError(f"{title} is no text, expected CSV or Parquet.")
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            text = content.decode("latin-1")
            note = f"{title} is not UTF-8 (byte {error.start + 1}), so it was read as Latin-1."
    return text.replace("\r\n", "\n").replace("\r", "\n"), note


def dialect_of(text: str) -> Dialect:
    """Find the separator that cuts the first lines into equally many cells, the most of all; else into most."""
    found = {separator: _cells(text, separator) for separator in SEPARATORS}
    separator = max(SEPARATORS, key=lambda one: _worth(found[one]))
    cells = found[separator]
    numbers = [cell.strip() for line in cells[1:] for cell in line]
    comma = separator != "," and any(map(COMMA.fullmatch, numbers)) and not any(map(POINT.fullmatch, numbers))
    return Dialect(separator, "," if comma else ".", tuple(cell.strip() for cell in cells[0]) if cells else ())


def _cells(text: str, separator: str) -> list[list[str]]:
    """The cells of the first lines that are not blank."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    try:
        return [line for line in islice(reader, LINES) if line]
    except csv.Error:  # a cell of more than 128 KiB: the quotes do not match under this separator
        return []


def _worth(cells: list[list[str]]) -> tuple[bool, int]:
    """Whether a separator cuts all lines alike, and into how many cells it cuts the first one."""
    if not cells:
        return (False, 0)
    width = len(cells[0])
    return (width > 1 and all(len(line) == width for line in cells), width)


def check_names(first: Sequence[str], title: str) -> None:
    """Raise CommandError where the first line of a file repeats a name, or holds values in place of names.

    Rising whole numbers are names, as frames without names and columns of years have them.
    """
    twice = sorted({name for name in first if first.count(name) > 1})
    numbers = [cell for cell in first if _is_number(cell)]
    whole = len(numbers) > 1 and all(cell.isdigit() for cell in numbers)
    if numbers and not (whole and all(int(a) < int(b) for a, b in pairwise(numbers))):
        raise CommandError(
            f"{title} has {numbers[0]!r} in its first line, expected the names of the columns there; put a line of "
            "names on top, or give them with --names a,b,c."
        )
    if twice:
        raise CommandError(f"{title} has the column {twice[0]!r} twice; give each a name of its own.")


def _is_number(cell: str) -> bool:
    return bool(re.fullmatch(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?", cell))
