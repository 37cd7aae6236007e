"""Words on lines: a text cut at white space, broken at a width, and put into the order in which it is read.

All lengths are multiples of the font size, so that one measurement serves every size.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter

WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60"
"""Scripts that are written without spaces: a line may break beside any of their letters."""
CHUNK = re.compile(rf"\n|[^\S\n]+|[{WIDE}]|[^\s{WIDE}]+")
MIRRORED = str.maketrans("()[]{}<>«»", ")(][}{><»«")
MARK = 0.62
"""The size of a sign before a word."""

Segment = tuple[str, int | None, str]
"""A run of text, the part that it belongs to (None: to none), and the sign that stands before it ("" for none)."""


@dataclass(frozen=True)
class Chunk:
    """A word or a space: its text, part and sign, its width with the sign, and where it stands on its line."""

    text: str
    part: int | None
    mark: str
    width: float
    left: float = 0.0

    @property
    def is_space(self) -> bool:
        """Whether there is nothing to be seen."""
        return self.text.isspace()


Line = tuple[Chunk, ...]


def mark_width(mark: str, measure: Callable[[str], float]) -> float:
    """The room that a sign takes before a word."""
    return MARK * measure(mark) + 0.06 if mark else 0.0


def chunks_of(segments: Iterable[Segment], measure: Callable[[str], float]) -> list[Chunk]:
    """Cut segments at white space and measure what comes out; the sign goes to a segment's first chunk."""
    chunks = []
    for text, part, mark in segments:
        for found in CHUNK.findall(text.replace("\r\n", "\n").replace("\r", "\n")):
            if found.isspace():
                space = "".join({"\n": "\n", "\t": "    ", "\u3000": "  "}.get(letter, " ") for letter in found)
                chunks.append(Chunk(space, part, "", 0.0 if space == "\n" else measure(space)))
                continue
            chunks.append(Chunk(found, part, mark, measure(found) + mark_width(mark, measure)))
            mark = ""
    return chunks


def lines_of(chunks: Sequence[Chunk], width: float) -> list[Line]:
    """Break chunks into lines no wider than `width`; what cannot be broken elsewhere is broken inside."""
    lines: list[list[Chunk]] = [[]]
    used, broken = 0.0, False
    for unit in _units(chunks, width):
        needed = sum(chunk.width for chunk in unit)
        if unit[0].text == "\n" or (used and used + needed > width):
            broken = unit[0].text != "\n"
            lines.append([])
            used = 0.0
        if unit[0].is_space and ((broken and not used) or unit[0].text == "\n"):
            continue  # the space that a line was broken at is not seen, one that the text begins a line with is
        lines[-1] += unit
        used += needed
    for line in lines:
        while line and line[-1].is_space:
            line.pop()
    return [_placed(line) for line in lines]


def _units(chunks: Sequence[Chunk], width: float) -> Iterator[list[Chunk]]:
    """What goes on one line together, none of it wider than a line."""
    for group in _groups(chunks):
        if sum(chunk.width for chunk in group) <= width:
            yield group
        else:
            yield from ([bit] for chunk in group for bit in _cut(chunk, width))


def _groups(chunks: Sequence[Chunk]) -> list[list[Chunk]]:
    """Chunks that a line may not break between: words with the marks that follow them without a space."""
    groups: list[list[Chunk]] = []
    for chunk in chunks:
        alone = chunk.is_space or re.match(rf"[{WIDE}]", chunk.text)
        if not groups or alone or groups[-1][-1].is_space or re.match(rf"[{WIDE}]", groups[-1][-1].text):
            groups.append([chunk])
        else:
            groups[-1].append(chunk)
    return groups


def _cut(chunk: Chunk, width: float) -> list[Chunk]:
    """Cut a chunk that is wider than a line into bits that are not."""
    if chunk.width <= width:
        return [chunk]
    letters = max(1, int(0.95 * len(chunk.text) * width / chunk.width))  # hinting can widen a long run by 3 %
    bits = [chunk.text[start : start + letters] for start in range(0, len(chunk.text), letters)]
    share = chunk.width / len(chunk.text)
    cut = [replace(chunk, text=bit, mark="", width=share * len(bit)) for bit in bits]
    return [replace(cut[0], mark=chunk.mark), *cut[1:]]


def direction(text: str) -> str:
    """The way a text is written, by its first letter that has one: "L", "R", or "" if none has."""
    ways = {"L": "L", "R": "R", "AL": "R"}
    return next((ways[kind] for kind in map(unicodedata.bidirectional, text) if kind in ways), "")


def turned(lines: Sequence[Line], base: str) -> list[Line]:
    """Put each line's chunks in the order in which they stand, left to right, in a text whose own way is `base`.

    This is the Unicode bidirectional algorithm at the level of words: runs that go against the text's way are turned.
    """
    chunks = [chunk for line in lines for chunk in line]
    ways = [direction(chunk.text) for chunk in chunks]
    if "R" not in (base, *ways):
        return list(lines)
    for i, way in enumerate(ways):
        if not way:  # between two of the same way it goes along with them, else with the text
            before = ways[i - 1] if i else base
            after = next((later for later in ways[i:] if later), base)
            ways[i] = before if before == after else base
    rest = iter(ways)
    return [_turned(line, [next(rest) for _ in line], base) for line in lines]


def _turned(line: Line, ways: Sequence[str], base: str) -> Line:
    """One line, each of whose chunks goes its way."""
    runs = [[chunk for chunk, _ in run] for _, run in groupby(zip(line, ways, strict=True), key=itemgetter(1))]
    sides = [way for way, _ in groupby(ways)]
    done = [_backwards(run) if side == "R" else run for run, side in zip(runs, sides, strict=True)]
    return _placed(chunk for run in (reversed(done) if base == "R" else done) for chunk in run)


def _backwards(run: list[Chunk]) -> list[Chunk]:
    return [replace(chunk, text=chunk.text.translate(MIRRORED)) for chunk in reversed(run)]


def _placed(line: Iterable[Chunk]) -> Line:
    placed, left = [], 0.0
    for chunk in line:
        placed.append(replace(chunk, left=left))
        left += chunk.width
    return tuple(placed)


def width_of(line: Line) -> float:
    """Where a line ends."""
    return line[-1].left + line[-1].width if line else 0.0
