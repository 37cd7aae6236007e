"""An explanation as a piece of HTML: what a notebook shows, and the heart of the report page.

Everything is in the text itself: no script, no font, nothing fetched. The card brings its own background,
because a notebook's theme and the reader's colour scheme need not agree. Colour is never the only sign: what supports
is underlined solid and marked +, what opposes dashed and marked −, what cannot be told from zero dotted and unmarked.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING

from limen.results._baseline import flat_told
from limen.results._html_pieces import bar_picture, clean, ends_told, facts_list, signed, told
from limen.results._style import LEVELS, style
from limen.results._table_summary import answer_pieces, doubts_of
from limen.results._terminal import clip, digits, number, summary
from limen.results.estimates import Estimate
from limen.results.table import TableInstance
from limen.results.text import TextInstance

if TYPE_CHECKING:
    from limen.results.explanation import Explanation

OPEN, SHOWN = 12, 40
"""Rows of the table of parts that stand open, and rows in all; a note counts the rest."""
NAME = 60
SCALES = {"probability": "a probability of", "log-odds": "log-odds of", "raw": "a raw score of"}


def fragment(explanation: Explanation) -> str:
    """Write the whole explanation as one <section> with its own <style>. The same record gives the same text."""
    name = clean(explanation.target_name)
    sections = [
        f"<style>{style()}</style>",
        answer(explanation),
        doubts_note(explanation),
        _sentence(explanation),
        _legend(explanation),
        effects_table(explanation),
        pairs_table(explanation),
        facts_list((heading, text) for heading, text in summary(explanation) if heading != "doubt"),
    ]
    body = "\n".join(section for section in sections if section)
    return f'<section class="limen" aria-label="Explanation of {name}">\n{body}\n</section>'


def stance(estimate: Estimate) -> str:
    """What an effect does to the answer: "plus", "minus", "unsure" if its interval holds zero, "none" if it is zero."""
    if estimate.value == 0 and estimate.standard_error == 0:
        return "none"
    return "plus" if estimate.low > 0 else "minus" if estimate.high < 0 else "unsure"


def answer(explanation: Explanation) -> str:
    """What the model said, in a sentence."""
    value = number(explanation.prediction).lstrip("+")
    name, scale = explanation.target_name, SCALES.get(explanation.scale, explanation.scale)
    if explanation.against:
        scale = f"a {explanation.unit} of"
    if isinstance(explanation.instance, TableInstance):
        name, scale, value = answer_pieces(explanation)
    whose = f"<b><bdi>{clean(name)}</bdi></b> " if name else ""
    value = value.replace("-", "−")
    return f'<p class="limen-answer">The model gives {whose}{clean(scale)} <b>{value}</b></p>'


def doubts_note(explanation: Explanation) -> str:
    """The reasons not to believe it; nothing if there are none."""
    doubts = doubts_of(explanation)
    if not doubts:
        return ""
    count = len(doubts)
    title = "A reason to doubt this explanation" if count == 1 else f"{count} reasons to doubt this explanation"
    items = "".join(f"<li><strong>{doubt}</strong>: {clean(text)}</li>" for doubt, text in doubts)
    return f'<div class="limen-doubts" role="note"><p>⚠ {title}</p><ul>{items}</ul></div>'


def _sentence(explanation: Explanation) -> str:
    """The exact text, each part in a span whose classes tell side and size and whose title tells the numbers."""
    instance = explanation.instance
    assert isinstance(instance, TextInstance)  # rows of a table have their own fragment
    effects, text = explanation.effects, instance.text
    largest = max(abs(float(value)) for value in effects.values)
    names = explanation.parts
    opening = [_opening(effects[part], largest, names[part]) for part in range(len(effects))]
    position, pieces = 0, []
    for start, stop, part in instance.pieces():
        pieces += [clean(text[position:start]), opening[part], clean(text[start:stop]), "</span>"]
        position = stop
    pieces.append(clean(text[position:]))
    return f'<div class="limen-text" dir="auto" lang="">{"".join(pieces)}</div>'


def _direction(text: str) -> list[str]:
    """The class for the way a text is written, by its first letter that has one; none if it is all neutral."""
    ways = {"L": "limen-ltr", "R": "limen-rtl", "AL": "limen-rtl"}
    return [ways[kind] for kind in map(unicodedata.bidirectional, text) if kind in ways][:1]


def marked(name: str) -> bool:
    """Whether a sign may stand before a part: not before a number, which would read as another number."""
    return re.match(r"\W*\d", name) is None


def _opening(effect: Estimate, largest: float, name: str) -> str:
    """The opening tag of a part's span."""
    level = round(LEVELS * abs(effect.value) / largest) if largest > 0 else 0
    side = "plus" if effect.value > 0 else "minus"
    classes = ["limen-part"]
    if stance(effect) in ("plus", "minus"):
        classes += [f"limen-{side}"] if level else []
        classes += ["limen-mark", *_direction(name)] if level and marked(name) else []
    elif stance(effect) == "unsure":
        classes.append("limen-unsure")
    if level:
        classes.append(f"limen-{side}-{level}")
    return f'<span class="{" ".join(classes)}" title="{told(effect, digits([largest]))}">'


def _legend(explanation: Explanation) -> str:
    effects = [explanation.effects[part] for part in range(len(explanation.parts))]
    largest = max(abs(effect.value) for effect in effects)
    keys = [
        '<span class="limen-part limen-mark limen-plus limen-plus-4">supports</span>',
        '<span class="limen-part limen-mark limen-minus limen-minus-4">opposes</span>',
    ]
    if any(stance(effect) == "unsure" for effect in effects):
        keys.append('<span class="limen-part limen-unsure">cannot be told from zero at 95 %</span>')
    scale = f"Deepest shade: an effect of {signed(largest, digits([largest])).lstrip('+')} ({clean(explanation.unit)})."
    return f'<p class="limen-legend">{"".join(keys)} {scale}</p>'


def effects_table(explanation: Explanation) -> str:
    """The table of parts by falling size: some open, more behind a click, the rest counted."""
    order = explanation.top(SHOWN)
    rows = [(_named(explanation.parts[part]), explanation.effects[part]) for part in order]
    ends = _ends(effect for _, effect in rows)
    open_rows = len(rows) if len(rows) <= OPEN + 3 else OPEN  # nobody clicks for three rows
    found = [_table("part", rows[:open_rows], ends)]
    if rows[open_rows:]:
        more = f"<summary>{len(rows) - open_rows} more with smaller effects</summary>"
        found.append(f"<details>{more}{_table('part', rows[open_rows:], ends)}</details>")
    rest = len(explanation.parts) - len(rows)
    if rest:
        found.append(f'<p class="limen-note">{rest} parts with still smaller effects are left out of the table.</p>')
    flat = flat_told(explanation)
    if flat:  # a table of zeros only where it is asked for
        body = "\n".join(found)
        return f'<p class="limen-note">{clean(flat)}</p><details><summary>The parts</summary>{body}</details>'
    return "\n".join(found)


def pairs_table(explanation: Explanation) -> str:
    """The table of the pairs that act together at 95 %; nothing if there are none."""
    interactions = explanation.interactions
    strongest = interactions.strongest() if interactions is not None else []
    if interactions is None or not strongest:
        return ""
    names, rows = explanation.parts, []
    for i, j in strongest:
        rows.append((f"{_named(names[i], NAME // 2)} × {_named(names[j], NAME // 2)}", interactions.pair(i, j)))
    title = '<p class="limen-title">Together, beyond the sum of the two</p>'
    return f"{title}\n{_table('pair', rows, _ends(value for _, value in rows))}"


def _named(name: str, columns: int = NAME) -> str:
    """A part's name on one line, clipped, with the whole of it in the title where something is left out."""
    short = clip(name[: 4 * columns], columns) or repr(name)  # white space alone would not be seen
    title = f' title="{clean(name)}"' if short.endswith("…") else ""
    return f'<bdi lang=""{title}>{clean(short)}</bdi>'


def _ends(estimates: Iterable[Estimate]) -> tuple[float, float]:
    """The ends of an axis that holds zero and every interval."""
    ends = [(estimate.low, estimate.high) for estimate in estimates]
    return min(0.0, *(low for low, _ in ends)), max(0.0, *(high for _, high in ends))


def _table(heading: str, rows: list[tuple[str, Estimate]], ends: tuple[float, float]) -> str:
    places = digits(effect.value for _, effect in rows)
    head = "".join(
        f'<th scope="col" class="{kind}">{text}</th>'
        for kind, text in (
            ("limen-c1", heading),
            ("limen-c2 limen-number", "effect"),
            ("limen-c3 limen-number limen-ends", "95 % interval"),
            ("limen-picture", "bar and whisker"),
        )
    )
    body = "\n".join(
        f'<tr><th scope="row">{name}</th><td class="limen-number">{signed(effect.value, places)}</td>'
        f'<td class="limen-number limen-ends">{ends_told(effect, places)}</td>'
        f'<td class="limen-picture">{bar_picture(effect, ends, places)}</td></tr>'
        for name, effect in rows
    )
    return f'<table class="limen-table"><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table>'
