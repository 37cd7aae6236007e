"""The explanation of a table row as a piece of HTML: what a notebook shows, and the heart of the report page.

The blocks are those of `str(explanation)`; numbers get bars with whiskers, the tried widths a chart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from limen.results._html import OPEN, answer, doubts_note
from limen.results._html_pieces import bar_picture, clean, facts_list
from limen.results._style import style
from limen.results._svg import RULES
from limen.results._table_blocks import Block, Line, spans, table_blocks
from limen.results._table_charts import widths_figure
from limen.results._table_numbers import cell_text
from limen.results._terminal import clip, digits, summary
from limen.results.table import TableInstance

if TYPE_CHECKING:
    from limen.results.explanation import Explanation

NAME, CELL = 90, 120
"""Columns of a name and of a cell, at most."""
TABLE = """
.limen .limen-scroll { overflow-x: auto; } .limen.limen .limen-cells { table-layout: auto; }
.limen.limen .limen-cells th[scope=row] { min-width: 7rem; }
.limen.limen .limen-table th[scope=row] bdi { overflow-wrap: anywhere; }
.limen.limen .limen-cells .limen-words { max-width: 18rem; min-width: 2.6rem; overflow-wrap: break-word; }
.limen .limen-note { overflow-wrap: anywhere; }
.limen .limen-title + .limen-note { margin: 0 0 .35rem; }
.limen.limen .limen-said-text { font-size: .98rem; color: var(--limen-ink); }
.limen .limen-row { margin: .9rem 0 0; } .limen .limen-row .limen-facts { margin-top: .4rem; }
.limen .limen-facts dt { max-width: 22rem; overflow-wrap: anywhere; }
"""


def table_fragment(explanation: Explanation) -> str:
    """Write the explanation of a row as one <section> with its own <style>. The same record gives the same text."""
    sections = [f"<style>{style()}{RULES}{TABLE}</style>", answer(explanation), doubts_note(explanation)]
    sections += [
        *(_block(block, explanation) for block in table_blocks(explanation)),
        _whole_row(explanation),
        facts_list((heading, text) for heading, text in summary(explanation) if heading != "doubt"),
    ]
    body = "\n".join(section for section in sections if section)
    name = clean(clip(explanation.target_name, NAME))
    return f'<section class="limen" aria-label="Explanation of {name}">\n{body}\n</section>'


def _block(block: Block, explanation: Explanation) -> str:
    kind = "limen-note limen-said-text" if block.said else "limen-note"
    parts = [f'<p class="limen-title">{clean(block.title)}</p>', f'<p class="{kind}">{_prose(block.text)}</p>']
    if block.lines and block.picture and explanation.path is not None:
        parts.append(widths_figure(explanation.path))
        parts.append(f"<details><summary>The numbers of the chart</summary>{_table(block, block.lines)}</details>")
    elif block.lines:
        parts += _tables(block)
    if block.note:
        parts.append(f'<p class="limen-note">{_prose(block.note)}</p>')
    return "\n".join(parts)


def _tables(block: Block) -> list[str]:
    """The rows of a block: some open, more behind a click."""
    lines = block.lines
    count = len(lines) if len(lines) <= OPEN + 3 else OPEN  # nobody clicks for three rows
    found = [_table(block, lines[:count])]
    if lines[count:]:
        more = f"<summary>{len(lines) - count} more with smaller numbers</summary>"
        found.append(f"<details>{more}{_table(block, lines[count:])}</details>")
    return found


def _table(block: Block, lines: Sequence[Line]) -> str:
    drawn = any(line.bar is not None for line in block.lines)
    kinds = _kinds(block, drawn)
    heads = [*block.head, *(["bar and whisker"] if drawn else [])]
    head = "".join(
        f'<th scope="col" class="{kind}">{clean(text)}</th>' for text, kind in zip(heads, kinds, strict=True)
    )
    ends = spans([block])
    places = digits(line.bar.value for line in block.lines if line.bar is not None)
    rows = []
    for line in lines:
        cells = "".join(f'<td class="{k}">{_cell(c)}</td>' for c, k in zip(line.cells, kinds[1:], strict=False))
        if drawn:
            picture = "" if line.bar is None else bar_picture(line.bar, ends, places)
            cells += f'<td class="limen-picture">{picture}</td>'
        rows.append(f'<tr><th scope="row"><bdi>{clean(clip(line.name, NAME))}</bdi></th>{cells}</tr>')
    kind = "limen-table" if drawn else "limen-table limen-cells"
    table = f'<table class="{kind}"><thead><tr>{head}</tr></thead>\n<tbody>' + "\n".join(rows) + "</tbody></table>"
    return table if drawn else f'<div class="limen-scroll">{table}</div>'


def _kinds(block: Block, drawn: bool) -> list[str]:
    """The classes of the columns."""
    if drawn:
        return ["limen-c1", "limen-c2 limen-number", "limen-c3 limen-number limen-ends", "limen-picture"]
    words = set(block.words)
    return ["", *("limen-words" if place in words else "limen-number" for place in range(1, len(block.head)))]


def _cell(text: str) -> str:
    return f"<bdi>{clean(cell_text(clip(text, CELL)))}</bdi>"


def _prose(text: str) -> str:
    return clean(" ".join(text.split()))


def _whole_row(explanation: Explanation) -> str:
    """All values of the row behind a click."""
    instance = explanation.instance
    assert isinstance(instance, TableInstance)
    shown = [part for part, one in enumerate(instance.parts) if one.kind != "known"]
    rows = [(clip(instance.names[part], NAME), clip(instance.state_text(part), CELL)) for part in shown]
    count = f"{len(rows)} value{'s' * (len(rows) != 1)}"
    return f'<details class="limen-row"><summary>The whole row: {count}</summary>{facts_list(rows)}</details>'
