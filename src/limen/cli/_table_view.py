"""The explanation of a table row on a terminal: the blocks of `str(explanation)`, as wide as the screen."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.text import Text

from limen import Explanation
from limen.cli._view import BAR, answer_told, bar, facts
from limen.results import (
    Block,
    ProbeRow,
    cell_text,
    columns_for,
    fitted,
    middle,
    probe_rows,
    short_answer,
    summary,
    table_blocks,
    told_apart,
    visible,
)

NARROWEST, BARS = 14, (10, BAR + 3)
"""Columns of names, where fewer put all on lines of their own; those of a bar with its gap, at least and at most."""
LONGEST = 44
"""Columns of a cell, at most."""
MOST_PROBES, MOST_PARTS = 200, 6
FEWEST, LEAST = 3, 6
"""Parts of a probe that are shown, and columns of each, at least."""
HEADS = ("answer", "surrogate", "changed")


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
        found.append(Text("\n").join(_table(block, width)))
    if block.note:
        found.append(Text("\n".join(textwrap.wrap(_flat(block.note), width)), "dim"))
    return Group(*found)


def _table(block: Block, width: int) -> list[Text]:
    """Names, cells and bars, a line each. Names get the room that they need; one that is too long has its own line."""
    cells = [[_cut(cell_text(_flat(cell)), LONGEST) for cell in line.cells] for line in block.lines]
    wide = [max(map(cell_len, column)) for column in zip(block.head[1:], *cells, strict=True)]
    names = [_flat(fitted(line.name, width)) for line in block.lines]
    left = width - sum(wide) - 2 * len(wide)
    drawn = any(line.bar for line in block.lines)
    room, bars = columns_for([*names, block.head[0]], left, BARS if drawn else (0, 0))
    stacked = left < min(NARROWEST, max(map(cell_len, names)))
    room, bars = (2, 0) if stacked else (room, bars)
    values = [line.bar.value for line in block.lines if line.bar is not None]
    found = [Text(_row("" if stacked else block.head[0], room, block.head[1:], wide), "dim")]
    for name, row, line in zip(names, cells, block.lines, strict=True):
        alone = stacked or cell_len(name) > room
        found += [Text(name)] if alone else []
        found.append(Text(_row("" if alone else name, room, row, wide)))
        if line.bar is not None and bars:
            found[-1].append("  ").append_text(bar(line.bar, values, min(BAR, bars - 3)))
    return found


def _row(name: str, room: int, cells: Sequence[str], wide: Sequence[int]) -> str:
    padded = name + " " * (room - cell_len(name))
    return padded + "".join(f"  {' ' * (w - cell_len(cell))}{cell}" for cell, w in zip(cells, wide, strict=True))


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
    numbers, parts = _columns(explanation, rows, screen.width)
    some = "" if len(rows) == len(order) else f", {len(rows)} of them, evenly taken"
    told = f"The {len(order)} rows that the model was asked about{some}; a dot is the value of the row itself."
    if len(parts) < len(explanation.parts):
        told += f" Shown are the {len(parts)} of {len(explanation.parts)} parts that matter most; --json FILE has all."
    wide = [_wide(column) for column in (*numbers, *parts)]
    lines = [
        "  ".join(_aligned(cell, columns, place < len(HEADS)) for place, (cell, columns) in enumerate(cells)).rstrip()
        for cells in (zip(line, wide, strict=True) for line in zip(*numbers, *parts, strict=True))
    ]
    screen.print(Text("\n" + "\n".join(textwrap.wrap(told, screen.width)) + "\n"))
    screen.print(Text("\n").join([Text(lines[0], "dim"), *map(Text, lines[1:])]), no_wrap=True, overflow="ignore")


def _columns(explanation: Explanation, rows: Sequence[int], width: int) -> tuple[list[list[str]], list[list[str]]]:
    """Columns of text, heads first: the numbers of each probe, and as many of the parts that matter most as fit.

    Parts stand in full, up to LONGEST; where not even FEWEST do, these share the room and are cut in their middle.
    """
    for count in range(MOST_PARTS, 0, -1):
        names, found = probe_rows(explanation, rows, count)
        numbers = _turned([HEADS, *(_numbers(explanation, row) for row in found)])
        parts = _turned([names, *(row.cells for row in found)])
        room = width - sum(_wide(column) + 2 for column in numbers)
        fits = sum(min(LONGEST, _wide(column)) + 2 for column in parts) - 2 <= room
        if fits or count <= FEWEST:
            break
    most = LONGEST if fits else max(LEAST, (room + 2) // max(1, len(parts)) - 2)
    heads = told_apart([column[0] for column in parts], most)
    shown = [[head, *(middle(cell, most) for cell in column[1:])] for head, column in zip(heads, parts, strict=True)]
    return numbers, [[_cut(cell, most) for cell in column] for column in shown]


def _numbers(explanation: Explanation, row: ProbeRow) -> tuple[str, ...]:
    told = (cell_text(short_answer(value, explanation.scale)) for value in (row.answer, row.surrogate))
    return (*told, str(row.changed))


def _turned(lines: Sequence[Sequence[str]]) -> list[list[str]]:
    return [[_flat(cell) for cell in column] for column in zip(*lines, strict=True)]


def _wide(column: Sequence[str]) -> int:
    return max(map(cell_len, column))


def _aligned(cell: str, columns: int, right: bool) -> str:
    blanks = " " * (columns - cell_len(cell))
    return blanks + cell if right else cell + blanks
