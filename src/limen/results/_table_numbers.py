"""How numbers and names of a table row are written."""

from __future__ import annotations

import math
import re

from limen.results._terminal import clip, number, width
from limen.results.estimates import Estimate

NOTHING = "–"
"""Stands where a number does not exist."""
NUMBER = re.compile(r"[+-]?[\d.,]+(e[+-]\d+)?( [±…] [+-]?[\d.,]+(e[+-]\d+)?)?")
"""A number, a number with its error, or an interval."""
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


def fidelity(found: Estimate) -> str:
    """R² with half of its interval."""
    return NOTHING if not math.isfinite(found.value) else f"{found.value:.2f} ± {(found.high - found.low) / 2:.2f}"


def plain(value: float) -> str:
    """A number of two digits, or that there is none."""
    return f"{value:.2f}" if math.isfinite(value) else NOTHING
