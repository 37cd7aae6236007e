"""Numbers and times of a table for people."""

from __future__ import annotations

import datetime as dt
import math


def number_text(value: float, scale: float = 1.0) -> str:
    """A number with the digits that matter beside a standard deviation `scale`: "41,200", "0.0412", "2007"."""
    if not math.isfinite(value):
        return str(value)
    size = max(abs(value), scale)
    if size >= 1e15 or (value != 0 and abs(value) < 1e-6 and scale < 1e-4):
        return f"{value:.4g}"
    places = min(9, max(0, 2 - math.floor(math.log10(scale)))) if scale > 0 else 3
    text = f"{value:,.{places}f}" if abs(value) >= 10_000 else f"{value:.{places}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


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
