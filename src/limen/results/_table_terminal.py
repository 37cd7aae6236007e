"""The explanation of a table row as plain text: `str(explanation)`."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from limen.results._table_blocks import Block, Line, spans, table_blocks
from limen.results._table_numbers import columns_for, fitted
from limen.results._terminal import WIDE, bar, clip, headline, summary, visible, width

if TYPE_CHECKING:
    from limen.results.explanation import Explanation

LONGEST = 36
"""Columns of a cell of text, at most."""
NARROWEST = 12
"""Columns of names; where there are fewer, all stand on lines of their own."""
BARS = (8, 18)
"""Columns that bars take with the gap before them, at least and at most."""


def table_text(explanation: Explanation) -> str:
    """Lay the explanation of a table row out as text that reads well in 80 columns."""
    lines = [headline(explanation)]
    for block in table_blocks(explanation):
        lines += ["", *block_lines(block)]
    lines.append("")
    for name, text in summary(explanation):
        lines += textwrap.wrap(f"{name:<10}{text}", WIDE, subsequent_indent=" " * 10, break_on_hyphens=False)
    return visible("\n".join(lines))


def block_lines(block: Block, columns: int = WIDE) -> list[str]:
    """The lines of a block: title, sentence, table and note. Where the room does not do, names get their own lines."""
    lines = [*textwrap.wrap(block.title, columns), *textwrap.wrap(_flat(block.text), columns)]
    if block.lines:
        lines += _grid(block, columns)
    return [*lines, *textwrap.wrap(_flat(block.note), columns)]


def _grid(block: Block, columns: int) -> list[str]:
    cells = [block.head[1:], *(tuple(clip(cell, LONGEST) for cell in line.cells) for line in block.lines)]
    wide = [max(width(row[place]) for row in cells) for place in range(len(cells[0]))]
    taken = sum(wide) + 2 * len(wide)
    names = [fitted(line.name, columns) for line in block.lines]
    drawn = any(line.bar for line in block.lines)
    room, bars = columns_for([*names, block.head[0]], columns - taken, BARS if drawn else (0, 0))
    stacked = columns - taken < min(NARROWEST, max(map(width, names)))
    if stacked:
        room, bars = 2, 0
    found = [_padded("" if stacked else block.head[0], room) + _cells(cells[0], wide)]
    for name, row, line in zip(names, cells[1:], block.lines, strict=True):
        alone = stacked or width(name) > room
        found += [name] if alone else []
        found.append(_padded("" if alone else name, room) + _cells(row, wide) + _bar(line, spans([block]), bars))
    return [line.rstrip() for line in found]


def _bar(line: Line, ends: tuple[float, float], columns: int) -> str:
    return "" if line.bar is None or columns < 3 else "  " + bar(line.bar, max(ends[1], -ends[0]), columns - 2)


def _cells(row: tuple[str, ...], wide: list[int]) -> str:
    return "".join(f"  {' ' * (columns - width(cell))}{cell}" for cell, columns in zip(row, wide, strict=True))


def _padded(text: str, columns: int) -> str:
    return text + " " * (columns - width(text))


def _flat(text: str) -> str:
    return " ".join(text.split())
