"""How numbers and names of a table row are written."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

from limen.results._terminal import clip, number, width
from limen.results.estimates import Estimate

NOTHING = "–"
"""Stands where a number does not exist."""
NUMBER = re.compile(r"[+-]?[\d.,]+(e[+-]\d+)?( [±…] [+-]?[\d.,]+(e[+-]\d+)?)?")
"""A number, a number with its error, or an interval."""
WIDEST, LOWEST = 2.0, -1.0
"""An R² whose interval is wider, or reaches lower, is not known."""
USUAL = 36
"""Columns of a name that bars give way to."""
TIMES = " × "
"""Stands between the names of a pair."""


def fitted(name: str, columns: int) -> str:
    """A name shortened to a number of terminal columns; of a pair both names."""
    first, times, second = name.partition(TIMES)
    if not times or width(name) <= columns or columns < 13:
        return clip(name, columns)
    half = (columns - len(TIMES)) // 2
    room = max(half, columns - len(TIMES) - width(second)), max(half, columns - len(TIMES) - width(first))
    return clip(first, room[0]) + TIMES + clip(second, room[1])


def columns_for(names: Sequence[str], room: int, bars: tuple[int, int]) -> tuple[int, int]:
    """How many of `room` columns go to names, and how many to bars, gap included.

    bars: the fewest and the most columns of a bar with its gap; zeros where there are none. Names up to USUAL get what
    they need, and bars the rest, if any is left; a longer one that leaves too little for them stands on its own line.
    """
    fewest, most = bars
    needs = [width(name) for name in names if width(name) <= room]
    beside = max((need for need in needs if need <= room - fewest), default=0)
    if any(beside < need <= USUAL for need in needs) or not beside:
        return max(needs, default=0), 0
    return beside, min(most, room - beside)


def middle(text: str, columns: int) -> str:
    """A text cut in its middle, where names of columns differ least, on one line."""
    text = " ".join(text[: 8 * columns].split()) if len(text) <= 8 * columns else clip(text, 4 * columns)
    if width(text) <= columns:
        return text
    start, end = text[: (columns + 1) // 2], text[-(columns // 2) :] if columns > 1 else ""
    while width(start) + 1 + width(end) > columns and (start or end):
        start, end = (start[:-1], end) if width(start) >= width(end) else (start, end[1:])
    return f"{start}…{end}"


def told_apart(names: Sequence[str], columns: int) -> list[str]:
    """Names cut in their middle; those that read the same then are numbered."""
    short = [middle(name, columns) for name in names]
    seen = Counter(short)
    if max(seen.values(), default=1) == 1:
        return short
    numbers = {one: iter(range(1, count + 1)) for one, count in seen.items() if count > 1}
    marks = [f" {next(numbers[one])}" if one in numbers else "" for one in short]
    return [middle(name, columns - len(mark)) + mark for name, mark in zip(names, marks, strict=True)]


def cell_text(text: str) -> str:
    """A cell with wide minus signs where it is a number or an interval; dates and words stay as they are."""
    return text.replace("-", "−") if NUMBER.fullmatch(text) else text


def with_error(found: Estimate, places: int) -> str:
    """A signed number and half of its 95 % interval, or that there is none."""
    if not math.isfinite(found.value):
        return NOTHING
    half = (found.high - found.low) / 2
    return number(found.value, places) + (f" ± {half:.{places}f}" if half < 1e6 else f" ± {half:.1e}")


def significant(found: Estimate) -> str:
    """The same to three digits that matter, for numbers of any size."""
    if not math.isfinite(found.value):
        return NOTHING
    return f"{found.value:+.3g} ± {(found.high - found.low) / 2:.2g}"


def known_r2(found: Estimate) -> bool:
    """Whether the interval of an R² says anything: it is narrower than all that a fit can be, and not far below 0."""
    return found.high - found.low <= WIDEST and found.low >= LOWEST


def fidelity(found: Estimate) -> str:
    """R² with half of its interval, or that it is not known."""
    if not math.isfinite(found.value):
        return NOTHING
    half = f"± {(found.high - found.low) / 2:.2f}"
    return f"{found.value:.2f} {half if known_r2(found) else '(not known)'}"


def plain(value: float) -> str:
    """A number of two digits, or that there is none."""
    return f"{value:.2f}" if math.isfinite(value) else NOTHING
