"""An estimate in HTML: its number, its interval, and a bar with a whisker; and lists of facts."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterable

from limen.results._terminal import interval, number
from limen.results.estimates import Estimate


def clean(text: str) -> str:
    """Escape a text for HTML, inside or outside attributes; characters that HTML cannot hold become visible stand-ins.

    Control characters turn into their pictures (NUL into ␀), lone surrogates, which no file can hold, into �.
    """
    return html.escape("".join(_visible(letter) if _unprintable(letter) else letter for letter in text))


def _unprintable(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cs") and letter not in "\t\n\r"


def _visible(letter: str) -> str:
    code = ord(letter)
    return (
        chr(0x2400 + code) if code < 0x20 else "\N{SYMBOL FOR DELETE}" if code == 0x7F else "\N{REPLACEMENT CHARACTER}"
    )


def signed(value: float, places: int = 3) -> str:
    """A number with its sign, the minus as wide as the plus."""
    return number(value, places).replace("-", "−")


def told(effect: Estimate, places: int) -> str:
    """An effect in words: for titles, and for those who cannot see the bars."""
    ends = ends_told(effect, places)
    return f"{signed(effect.value, places)}, " + ("exact" if ends == "exact" else f"95 % interval {ends}")


def ends_told(effect: Estimate, places: int) -> str:
    """Both ends with the wide minus; where there is no room for both, the line breaks behind the dots."""
    return interval(effect, places).replace("-", "−").replace(" …", "\N{NO-BREAK SPACE}…")


def bar_picture(effect: Estimate, ends: tuple[float, float], places: int) -> str:
    """One effect as a bar from zero with its interval as a whisker, in per cent of the cell's width."""
    lowest, highest = ends
    span = (highest - lowest) or 1.0

    def across(value: float) -> float:
        return 1 + 98 * (value - lowest) / span  # a margin of 1 % for the strokes

    def line(kind: str, x1: float, x2: float, y1: int, y2: int) -> str:
        return f'<line class="limen-{kind}" x1="{x1:.2f}%" x2="{x2:.2f}%" y1="{y1}" y2="{y2}"/>'

    zero, end, low, high = (across(value) for value in (0.0, effect.value, effect.low, effect.high))
    side = "up" if effect.value >= 0 else "down"
    marks = [
        f'<rect class="limen-{side}" x="{min(zero, end):.2f}%" y="4.5" width="{abs(end - zero):.2f}%" height="11"/>'
    ]
    marks.append(line("zero", zero, zero, 0, 20))
    if effect.standard_error:
        marks += [
            line("whisker", low, high, 10, 10),
            line("whisker", low, low, 6, 14),
            line("whisker", high, high, 6, 14),
        ]
    return f'<svg class="limen-bar" role="img" aria-label="{told(effect, places)}">{"".join(marks)}</svg>'


def facts_list(rows: Iterable[tuple[str, str]]) -> str:
    """Headings and texts in two columns."""
    items = "".join(f"<dt>{clean(heading)}</dt><dd>{clean(text)}</dd>" for heading, text in rows)
    return f'<dl class="limen-facts">{items}</dl>'
