"""An explanation as plain text: `str(explanation)`; and what all records have in common as text."""

from __future__ import annotations

import math
import textwrap
import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING

from limen.results._baseline import flat_told, hidden_answer
from limen.results._image_words import image_rows
from limen.results._rounds_words import order_told, spending_rows, status_told
from limen.results._table_text import answer_text
from limen.results.estimates import Estimate
from limen.results.image import ImageInstance
from limen.results.status import Status
from limen.results.table import TableInstance

if TYPE_CHECKING:
    from limen.results.explanation import Explanation

WIDE = 80
"""Columns of the whole table."""
BAR = 16
NAME = 28
SHORTEST = 8
"""Columns that are left for the text itself in the first line, at least."""
SHOWN, IMAGE_SHOWN = 40, 12
"""Rows of parts; those of an image are read from a picture."""
_INVISIBLE = {
    **{code: 0x2400 + code for code in range(32) if chr(code) not in "\t\n\r"},
    ord("\r"): None,
    0x7F: 0x2421,
    **dict.fromkeys(
        [*range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0xD800, 0xE000)], 0xFFFD
    ),
}


def visible(text: str) -> str:
    """Replace the characters that would steer a terminal (escapes, changes of direction) by ones that can be seen."""
    return text.translate(_INVISIBLE)


def width(text: str) -> int:
    """Terminal columns that a text takes: wide characters count two, combining ones none."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )


def clip(text: str, columns: int) -> str:
    """Shorten a text to a number of terminal columns, on one line, with an ellipsis where something is left out."""
    longest = 4 * columns + 4
    text = " ".join(text[: 2 * longest].split()) + (" …" if len(text) > 2 * longest else "")
    text = text[:longest]  # no need to measure what cannot be shown
    if width(text) <= columns:
        return text
    while width(text) > columns - 1:
        text = text[:-1]
    return text.rstrip() + "…"


def digits(values: Iterable[float]) -> int:
    """How many digits after the point show three significant ones of the largest value; at least three."""
    largest = max((abs(value) for value in values), default=1.0)
    return 3 if largest == 0 else min(9, max(3, 2 - math.floor(math.log10(largest))))


def number(value: float, places: int = 3) -> str:
    """Write a signed number with so many digits after the point."""
    return f"{value:+.{places}f}" if abs(value) < 1e6 else f"{value:+.{places}e}"


def interval(estimate: Estimate, places: int = 3) -> str:
    """Write a 95 % interval, or that there is no sampling error."""
    if estimate.standard_error == 0:
        return "exact"
    return f"{number(estimate.low, places)} … {number(estimate.high, places)}"


def bar(estimate: Estimate, largest: float, columns: int = BAR) -> str:
    """Draw a size as a run of blocks, hollow where the interval holds zero; the number beside it has the sign."""
    length = min(columns, round(columns * min(abs(estimate.value) / largest, 1.0))) if largest > 0 else 0
    return ("░" if estimate.low <= 0 <= estimate.high else "█") * length


def table(explanation: Explanation) -> str:
    """Lay the whole explanation out as a table that reads well in 80 columns."""
    if isinstance(explanation.instance, TableInstance):
        from limen.results._table_terminal import table_text

        return table_text(explanation)
    lines = [headline(explanation), "", *_effects(explanation)]
    pairs = _pairs(explanation)
    if pairs:
        lines += ["", "together (what the quadratic adds for two beyond the sum of each)", *pairs]
    lines.append("")
    for name, text in summary(explanation):
        lines += textwrap.wrap(f"{name:<10}{text}", WIDE, subsequent_indent=" " * 10, break_on_hyphens=False)
    return visible("\n".join(lines))


def headline(explanation: Explanation) -> str:
    """Say in one line what was explained, and the model's answer to it."""
    value = f"{explanation.prediction:.3f}"
    if isinstance(explanation.instance, TableInstance):
        value = answer_text(explanation.prediction, explanation.scale)
    start = f"{clip(explanation.target_name, 30)}: {value} ({explanation.unit}) for "
    if isinstance(explanation.instance, ImageInstance):
        return f"{start}a {explanation.instance.text}"
    return f"{start}“{clip(explanation.instance.text, max(SHORTEST, WIDE - 2 - width(start)))}”"


def _effects(explanation: Explanation) -> list[str]:
    flat = flat_told(explanation)
    if flat:
        return textwrap.wrap(flat, WIDE, break_on_hyphens=False)
    order = explanation.top(IMAGE_SHOWN if isinstance(explanation.instance, ImageInstance) else SHOWN)
    names = [clip(explanation.parts[part], NAME) for part in order]
    wide = max(6, *(width(name) for name in names))
    largest = abs(float(explanation.effects.values[order[0]]))
    places = digits(explanation.effects.values.tolist())
    lines = [f"{'part':<{wide}}  {'effect':>8}  95 % interval"]
    for part, name in zip(order, names, strict=True):
        effect = explanation.effects[part]
        padded = name + " " * (wide - width(name))
        row = f"{padded}  {number(effect.value, places):>8}  {interval(effect, places):<17}  {bar(effect, largest)}"
        lines.append(row.rstrip())
    rest = len(explanation.parts) - len(order)
    return [*lines, f"... and {rest} part{'s' * (rest > 1)} with smaller effects"] if rest > 0 else lines


def _pairs(explanation: Explanation) -> list[str]:
    interactions = explanation.interactions
    if interactions is None:
        return []
    lines = []
    places = digits(explanation.effects.values.tolist())
    for i, j in interactions.strongest():
        value = interactions.pair(i, j)
        name = f"{clip(explanation.parts[i], 20)} × {clip(explanation.parts[j], 20)}"
        lines.append(
            f"{name + ' ' * max(0, 30 - width(name))}  {number(value.value, places):>8}  {interval(value, places)}"
        )
    return lines


def summary(explanation: Explanation) -> list[tuple[str, str]]:
    """Pairs of (heading, text): fidelity, law, status, doubts, cost. Shared by the terminal and the pages."""
    if isinstance(explanation.instance, TableInstance):
        from limen.results._table_summary import table_summary

        return table_summary(explanation)
    cost, law, units = explanation.cost, explanation.law, explanation.instance.units
    n_parts = len(explanation.parts)
    rows = (
        [] if flat_told(explanation) else [("fidelity", _fidelity(explanation)), ("baseline", _baseline(explanation))]
    )
    rows += [
        (
            "law",
            f"{law}, {n_parts} {units[:-1] if n_parts == 1 else units}, "
            f"effective sample size {law.effective_sample_size:.1f}",
        ),
        ("status", status_told(explanation)),
    ]
    order = order_told(explanation)
    rows += [("ranking", order)] if order else []
    rows += [("doubt", f"{doubt.name}: {doubt.value}") for doubt in explanation.doubts] or [("doubts", "none")]
    if units.endswith("-word spans"):
        size = units.split("-")[0]
        rows.append(("parts", f"spans of up to {size} words, as was asked for or as many as the budget can tell apart"))
    rows += image_rows(explanation) + spending_rows(explanation)
    rows.append(
        (
            "cost",
            f"{cost.model_rows} model rows ({cost.distinct_rows} distinct), "
            f"{cost.model_seconds:.2f} s in the model, {cost.total_seconds:.2f} s in all",
        )
    )
    return rows


def _baseline(explanation: Explanation) -> str:
    """What is answered with every part hidden: by the line, and by the model where that is known."""
    line, known = _signless(explanation.intercept), hidden_answer(explanation)
    own = "" if known is None else f"; the model's own answer there is {known:.3f}"
    return f"{line} with every part hidden, by the line{own}".replace("-", "−")


def _fidelity(explanation: Explanation) -> str:
    """What the line and the quadratic explain, and which of them is shown."""
    fidelity = explanation.fidelity
    kind = "under the whole law" if explanation.status is Status.EXACT else "held out"
    line = "nothing to judge it by" if fidelity.linear is None else _signless(fidelity.linear)
    untold = "not fitted" if explanation.interactions is None else "too few probes to judge it"
    curve = untold if fidelity.quadratic is None else _signless(fidelity.quadratic)
    shown = "the line" if explanation.interactions is None else "the quadratic"
    return (
        f"R² {kind}: {line} for the line (the effects), {curve} for the quadratic (with pairs); "
        f"{shown} is off by {_signless(fidelity.gap)} at the input"
    )


def _signless(estimate: Estimate) -> str:
    """A number with its 95 % interval, where it has one, in brackets."""
    if estimate.standard_error == 0:
        return f"{estimate.value:.3f}"
    return f"{estimate.value:.3f} ({estimate.low:.3f} … {estimate.high:.3f})"
