"""The explanation of a table row on a terminal: the blocks of `str(explanation)`, as wide as the screen."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from limen import Explanation
from limen.cli._view import answer_told, bar, facts
from limen.results import Block, Line, block_lines, cell_text, fitted, probe_rows, summary, table_blocks, visible

NAME, BARS = 14, 25
"""Columns that a name keeps, and that a bar takes with its gap."""
LONGEST = 44
"""Columns of a name and of a cell, at most."""
MOST_PROBES, MOST_PARTS = 200, 6
NUMBERS = 30
"""Columns of the numbers of a probe."""


def table_renderables(explanation: Explanation, width: int, top: int, model: str) -> list[RenderableType]:
    """Everything that is told about a row, for a screen of so many columns."""
    blocks = table_blocks(explanation, top)
    told = facts([("model", model), *summary(explanation)])
    return [answer_told(explanation), *(_shown(block, width) for block in blocks), told]


def _shown(block: Block, width: int) -> Group:
    found: list[RenderableType] = [Text(visible(block.title), "bold")]
    text = "\n".join(textwrap.wrap(_flat(block.text), width))
    found += [Text(text, "" if block.said else "dim")] if text else []
    if block.lines:
        table = _table(block, width)
        found.append(Text("\n".join(_stacked(block, width))) if table is None else table)
    if block.note:
        found.append(Text("\n".join(textwrap.wrap(_flat(block.note), width)), "dim"))
    return Group(*found)


def _table(block: Block, width: int) -> Table | None:
    """A table of names, cells and bars; None where there is no room for the names."""
    cells = [[_cut(cell_text(_flat(cell)), LONGEST) for cell in line.cells] for line in block.lines]
    wide = [max(len(head), *(Text(row[k]).cell_len for row in cells)) for k, head in enumerate(block.head[1:])]
    names = [_flat(line.name) for line in block.lines]
    longest = min(LONGEST, max(Text(name).cell_len for name in [*names, block.head[0]]))
    room = width - sum(wide) - 2 * len(wide)
    drawn = any(line.bar for line in block.lines) and room - BARS >= min(longest, NAME)
    room -= BARS if drawn else 0
    if room < min(longest, NAME):
        return None
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column(block.head[0], no_wrap=True, overflow="ellipsis", width=min(longest, room))
    for head, columns in zip(block.head[1:], wide, strict=True):
        table.add_column(head, no_wrap=True, width=columns, justify="right")
    if drawn:
        table.add_column("", no_wrap=True, width=BARS - 2)
    values = [line.bar.value for line in block.lines if line.bar is not None]
    for name, row, line in zip(names, cells, block.lines, strict=True):
        picture = [] if not drawn else [bar(line.bar, values) if line.bar is not None else Text("")]
        table.add_row(Text(fitted(name, min(longest, room))), *(Text(cell) for cell in row), *picture)
    return table


def _stacked(block: Block, width: int) -> Sequence[str]:
    """The plain lines of the table alone, with names on lines of their own where they must."""
    lines = tuple(Line(line.name, tuple(cell_text(cell) for cell in line.cells), line.bar) for line in block.lines)
    bare = Block("", "", block.head, lines)
    return [visible(line) for line in block_lines(bare, width)]


def _cut(text: str, columns: int) -> str:
    found = Text(text)
    found.truncate(columns, overflow="ellipsis")
    return found.plain


def _flat(text: str) -> str:
    return " ".join(visible(text).split())


def show_rows(explanation: Explanation, screen: Console) -> None:
    """Print a line a probe, by falling answer after the row itself: the columns that matter most, and the numbers."""
    answers = explanation.probes.answers
    order = [0, *(1 + row for row in (-answers[1:]).argsort(kind="stable").tolist())]
    rows = order if len(order) <= MOST_PROBES else [0, *order[1 :: -(-len(order) // MOST_PROBES)]]
    room = screen.width - 2 - NUMBERS
    names, found = probe_rows(explanation, rows, max(1, min(MOST_PARTS, room // 12)))
    each = max(8, room // max(len(names), 1) - 2)
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for head in ("answer", "surrogate", "changed"):
        table.add_column(head, no_wrap=True, justify="right")
    for name in names:
        table.add_column(Text(_cut(_flat(name), each)), no_wrap=True, overflow="ellipsis", max_width=each)
    for row in found:
        numbers = (f"{row.answer:.4f}", f"{row.surrogate:.4f}", str(row.changed))
        table.add_row(*(cell_text(one) for one in numbers), *(Text(_cut(_flat(cell), each)) for cell in row.cells))
    some = "" if len(rows) == len(order) else f", {len(rows)} of them, evenly taken"
    told = f"The {len(order)} rows that the model was asked about{some}; a dot is the value of the row itself."
    screen.print(Text(f"\n{told}\n"))
    screen.print(table)
