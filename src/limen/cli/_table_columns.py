"""Columns and rows by what is typed: lists of names, groups, ranges of rows, and what the model takes."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import Any

from limen.cli._errors import CommandError, one_line

MOST_ROWS = 100_000
SHOWN = 12
"""Names of columns that an error lists."""


def columns_of(typed: Sequence[str], known: Sequence[str], option: str) -> list[str]:
    """The columns that an option names: a name each time, or several with commas between.

    Raises CommandError for a column that there is not.
    """
    found: list[str] = []
    for one in typed:
        for name in [one] if one in known else [piece.strip() for piece in one.split(",") if piece.strip()]:
            if name not in known:
                raise CommandError(f"{option} has {name!r}, which is no column; {listed(known, name)}.")
            found.append(name)
    return list(dict.fromkeys(found))


def listed(names: Sequence[str], wanted: str = "") -> str:
    """What columns there are; or which one is nearest to a name that there is not."""
    near = difflib.get_close_matches(wanted, names, n=1) if wanted else []
    if near:
        return f"the nearest is {near[0]!r}"
    rest = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"there are: {', '.join(names[:SHOWN])}{rest}"


def groups_of(typed: Sequence[str], known: Sequence[str]) -> dict[str, list[str]]:
    """Groups of columns, each typed as name=a,b. Raises CommandError."""
    found: dict[str, list[str]] = {}
    for one in typed:
        name, equals, columns = one.partition("=")
        if not equals or not name.strip() or not columns.strip():
            raise CommandError(
                f"--group is {one!r}, expected a name and its columns, as in location=latitude,longitude."
            )
        if name.strip() in found:
            raise CommandError(f"--group has {name.strip()!r} twice; name all of its columns at once.")
        found[name.strip()] = columns_of([columns], known, "--group")
    return found


def rows_of(typed: str, count: int, title: str) -> list[int]:
    """Row numbers from 0 on: 5, or 0,5,7, or 0-9 with both ends in. Raises CommandError for rows that there are not."""
    found: list[int] = []
    for piece in typed.split(","):
        ends = re.fullmatch(r"\s*(\d{1,18})\s*(?:-\s*(\d{1,18}))?\s*", piece)
        if ends is None:
            raise CommandError(
                f"--row is {one_line(typed)!r}, expected a number from 0 to {count - 1}, several as 0,5,7, or a range "
                "as 0-9; rows are counted from 0, and not from the end."
            )
        first, last = int(ends[1]), int(ends[2] or ends[1])
        if first > last:
            raise CommandError(f"--row is {typed!r}, expected a range that rises, such as {last}-{first}.")
        if last >= count:
            beyond = first if first >= count else last
            raise CommandError(
                f"--row has {beyond}, and {title} has {count} row{'s' * (count > 1)}; expected numbers from 0 to "
                f"{count - 1}."
            )
        if last - first >= MOST_ROWS:
            raise CommandError(f"--row is {typed!r}, more than {MOST_ROWS:,} rows; ask for fewer at a time.")
        found += range(first, last + 1)
    return list(dict.fromkeys(found))


def taken(frame: Any, wanted: Sequence[str], title: str) -> list[Any]:
    """The columns of a frame that a model takes, in the model's order; letters and digits of the names count.

    Raises CommandError where one is missing.
    """
    labels = list(frame.columns)
    texts = [str(label) for label in labels]
    by_letters = {_letters(str(label)): label for label in labels}
    found = []
    for name in wanted:
        if name not in labels and _letters(name) not in by_letters:
            raise CommandError(f"{title} has no column {name!r}, which the model takes; {listed(texts, name)}.")
        found.append(name if name in labels else by_letters[_letters(name)])
    return found


def _letters(name: str) -> str:
    return re.sub(r"\W", "_", name)
