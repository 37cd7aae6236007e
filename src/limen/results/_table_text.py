"""Numbers and times of a table for people."""

from __future__ import annotations

import datetime as dt
import math

MOST_PLACES = 9
"""Digits after the point; a number that needs more is written with a power of ten."""
ENDS = 0.01
"""Probabilities nearer than this to 0 or 1 are told by two digits of the distance to it."""


def answer_text(value: float, scale: str) -> str:
    """An answer of the model without a plus, three digits of it, and near 0 and 1 as many as tell it from them.

    "0.982", "0.99965", "3e-05", "1" where it is exactly 1; on other scales "4.333", "0.000412", "-2.500".
    """
    size = abs(value)
    if not math.isfinite(value) or size >= 1e6:
        return f"{value:.4g}"
    if scale == "probability" and 1 - ENDS < value <= 1:
        places = min(12, 1 - math.floor(math.log10(1 - value))) if value < 1 else 0
        return f"{value:.{places}f}".rstrip("0").rstrip(".") if places else "1"
    if scale == "probability" and 0 <= value < ENDS:
        return f"{value:.2g}"
    return f"{value + 0.0:.3f}" if size >= 0.1 or value == 0 else f"{value:.3g}"


def short_answer(value: float, scale: str) -> str:
    """An answer among many, four digits after the point: "0.9821", ">0.9999" short of 1, "<0.0001" above 0."""
    if scale == "probability" and 0 < value < 1:
        return ">0.9999" if value >= 0.99995 else "<0.0001" if value < 0.00005 else f"{value:.4f}"
    return f"{value + 0.0:.4f}" if 0.01 <= abs(value) < 1e6 or value == 0 else f"{value:.3g}"


def number_text(value: float, scale: float = 1.0) -> str:
    """A number with three digits of its own, and those that matter beside a standard deviation `scale`.

    "41,200", "0.0412", "2007", "2.56" also where the column varies by 10.
    """
    if not math.isfinite(value):
        return str(value)
    size = max(abs(value), scale)
    if size >= 1e15 or (value != 0 and abs(value) < 1e-6 and scale < 1e-4):
        return f"{value:.4g}"
    if abs(value) <= 1e-9 * scale or abs(value) < 1e-300:
        return "0"
    places = _places(value) if scale <= 0 else max(_places(value), _places(scale))
    if places > MOST_PLACES:
        return f"{value:.3g}"
    text = f"{value:,.{places}f}" if abs(value) >= 10_000 else f"{value:.{places}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def _places(size: float) -> int:
    """Digits after the point that show three of a number."""
    return max(0, 2 - math.floor(math.log10(abs(size))))


def time_text(days: float, step: float) -> str:
    """A time, given in days since 1970, to the digits of its grid: "2024-03-01", "2024-03-01 13:45"."""
    try:
        moment = dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=round(days * 86_400_000_000))
    except OverflowError:
        return f"{days:+,.0f} days from 1970"
    if step >= 1 and moment.time() == dt.time():
        return moment.strftime("%Y-%m-%d")
    return moment.isoformat(" ", "minutes" if moment.second == moment.microsecond == 0 else "auto")


def duration_text(days: float, step: float) -> str:
    """A length of time, given in days: "3 days", "2:30:00"."""
    if step >= 1:
        return f"{days:g} day" + ("" if abs(days) == 1 else "s")
    return str(dt.timedelta(microseconds=round(days * 86_400_000_000)))
