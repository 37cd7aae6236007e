"""What is told about a table row, as blocks of plain text: terminals and pages lay out the same ones."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from limen.results import _faces
from limen.results._faces import Face, face_of, label
from limen.results._table_numbers import NOTHING, TIMES, fidelity, plain, significant, with_error
from limen.results._table_spread import reach_told
from limen.results._table_words import boundary_told, direction_told, listed, plural
from limen.results._terminal import digits, interval, number
from limen.results.estimates import Estimate
from limen.results.table import TableInstance

if TYPE_CHECKING:
    from limen.results.explanation import Explanation

SHOWN, PAIRS, AXES = 40, 5, 3


@dataclass(frozen=True, eq=False)
class Line:
    """A row of a block: what it is about, its cells, and the number to draw a bar of."""

    name: str
    cells: tuple[str, ...]
    bar: Estimate | None = None


@dataclass(frozen=True, eq=False)
class Block:
    """A titled table.

    text: what is said before it; said: that it is an answer, not how to read the table. head: of the names and of the
    cells. words: numbers of the columns that hold words. note: what is said after it. picture: a chart may replace it.
    """

    title: str
    text: str
    head: tuple[str, ...]
    lines: tuple[Line, ...]
    note: str = ""
    words: tuple[int, ...] = ()
    said: bool = False
    picture: bool = False


def table_blocks(explanation: Explanation, top: int = SHOWN) -> list[Block]:
    """All blocks of a table row in reading order, with at most `top` parts in each; those with nothing are left out."""
    made = (_boundary, _contributions, _slopes, _kept, _together, _axes, _widths)
    found = [make(explanation, top) for make in made]
    return [block for block in found if block is not None]


def _contributions(explanation: Explanation, top: int) -> Block | None:
    if explanation.contributions is None:
        return None
    face = face_of(explanation, _faces.CONTRIBUTION)
    lines = _with_bars(explanation, face, top)
    head = ("part", "contribution", "95 % interval")
    text = "The answer to this row, less the mean answer where this part alone is drawn from the background."
    return Block("What each value of this row adds", text, head, lines, _rest(explanation, face, top))


def _kept(explanation: Explanation, top: int) -> Block | None:
    face = face_of(explanation, _faces.KEPT)
    if not face.parts:
        return None
    lines = _with_bars(explanation, face, top)
    text = "What the part as it is in this row adds to the answer, rather than changed to something else."
    title = "What keeping each category adds near this row"
    return Block(title, text, ("part", "effect", "95 % interval"), lines, _more(face, top))


def _with_bars(explanation: Explanation, face: Face, top: int) -> tuple[Line, ...]:
    estimates = [face.estimates[part] for part in face.parts[:top]]
    places = digits(one.value for one in estimates)
    return tuple(
        Line(label(explanation, part), (number(one.value, places), interval(one, places)), one)
        for part, one in zip(face.parts, estimates, strict=False)
    )


def _slopes(explanation: Explanation, top: int) -> Block | None:
    """Per standard deviation, per unit, and how the slope itself changes."""
    assert isinstance(explanation.instance, TableInstance)
    face = face_of(explanation, _faces.PER_SD)
    if not face.parts:
        return None
    per_unit, bent = explanation.slopes_per_unit, explanation.curvature
    shown = face.parts[:top]
    places = digits(float(face.estimates.values[part]) for part in shown)
    bends = 3 if bent is None else digits(float(v) for v in bent.values[list(shown)] if math.isfinite(v))
    lines = []
    for part in shown:
        cells = [with_error(face.estimates[part], places), significant(per_unit[part])]
        cells += [] if bent is None else [with_error(bent[part], bends)]
        lines.append(Line(label(explanation, part), tuple(cells)))
    head = ("part", "per std. dev.", "per unit") + (() if bent is None else ("curvature",))
    times = any(explanation.instance.is_time(part) for part in shown)
    text = "± is half of a 95 % interval. For one standard deviation of the background, or one unit of the column"
    text += " (of a time: a day)" if times else ""
    text += "." if bent is None else "; curvature is the change of the slope, per squared standard deviation."
    still = [part for part in face.still if explanation.instance.parts[part].kind == "real"]
    note = _joined((_more(face, top), _never(explanation, still, "Never changed among the probes")))
    return Block(reach_told(explanation, shown), text, head, tuple(lines), note)


def _boundary(explanation: Explanation, top: int) -> Block | None:
    boundary = explanation.boundary
    if boundary is None:
        return None
    lines = [
        Line(change.column, (change.before, change.after, NOTHING if change.moved is None else number(change.moved, 2)))
        for change in boundary.changes[:top]
    ]
    rest = len(boundary.changes) - len(lines)
    note = f"{plural(rest, 'smaller change is', 'smaller changes are')} not shown." if rest else ""
    head = ("column", "from", "to", "std. devs.")
    return Block(
        "The nearest change of the answer", boundary_told(boundary), head, tuple(lines), note, words=(1, 2), said=True
    )


def _together(explanation: Explanation, top: int) -> Block | None:  # noqa: ARG001 - all blocks are made alike
    pairs = explanation.interactions
    strongest = [] if pairs is None else pairs.strongest(PAIRS)
    if pairs is None or not strongest:
        return None
    places = digits(float(pairs.values[pair]) for pair in strongest)
    lines = []
    for i, j in strongest:
        value = pairs.pair(i, j)
        told = number(value.value, places), interval(value, places)
        lines.append(Line(explanation.parts[i] + TIMES + explanation.parts[j], told, value))
    text = (
        "Beyond the sum of each; of two numbers, how much the slope of one changes with the other, per squared "
        "standard deviation. Only pairs that differ from 0 at 95 %."
    )
    return Block("What two do together", text, ("pair", "interaction", "95 % interval"), tuple(lines))


def _axes(explanation: Explanation, top: int) -> Block | None:  # noqa: ARG001 - all blocks are made alike
    axes = explanation.axes
    if axes is None or explanation.interactions is None or not len(axes.curvatures):
        return None
    shown = range(min(AXES, len(axes.curvatures)))
    places = digits(float(axes.curvatures.values[axis]) for axis in shown)
    lines = []
    for axis in shown:
        found = axes.curvatures[axis]
        kind = "flat" if found.low <= 0 <= found.high else "valley" if found.value > 0 else "ridge"
        told = number(found.value, places), interval(found, places), kind
        lines.append(Line(direction_told(axes.directions[axis], explanation.parts), told))
    rest = len(axes.curvatures) - len(lines)
    note = f"{plural(rest, 'direction that bends less is', 'directions that bend less are')} not shown." if rest else ""
    text = (
        "How the slope changes where several numbers move at once: 0.8 a − 0.6 b stands for a rise of a by 0.8 and a "
        "fall of b by 0.6 standard deviations. In a valley the answer rises to both sides, on a ridge it falls, and "
        "where the interval holds 0 it may be flat."
    )
    head = ("direction", "curvature", "95 % interval", "shape")
    return Block("Directions in which the answer bends most", text, head, tuple(lines), note, words=(3,))


def _widths(explanation: Explanation, top: int) -> Block | None:  # noqa: ARG001 - all blocks are made alike
    path = explanation.path
    if path is None:
        return None
    lines = []
    for place, one in enumerate(path.widths.tolist()):
        taken = f"{one:g} (taken)" if place == path.chosen else f"{one:g}"
        cells = [fidelity(path.linear[place]), fidelity(path.quadratic[place]), plain(path.stability[place])]
        lines.append(Line(taken, (*cells, f"{path.effective_sample_sizes[place]:,.0f}")))
    head = ("width", "R² line", "R² quadratic", "stable", "rows")
    text = (
        f"{path.rule} Width: of the neighbourhood, in standard deviations. R²: on probes that the fit has not seen. "
        "Stable: how alike the effects are in two halves of the probes, 1 for the same. Rows: how many of the "
        "background lie about so near."
    )
    return Block("How wide to look", text, head, tuple(lines), picture=True)


def _more(face: Face, top: int) -> str:
    rest = len(face.parts) - top
    told = plural(rest, "part with a smaller number is", "parts with smaller numbers are")
    return f"{told} not shown." if rest > 0 else ""


def _rest(explanation: Explanation, face: Face, top: int) -> str:
    """What the list does not show, and what never changes."""
    return _joined((_more(face, top), _never(explanation, face.still, "Fixed or constant")))


def _never(explanation: Explanation, parts: Sequence[int], start: str) -> str:
    return f"{start}: {listed([explanation.parts[part] for part in parts])}." if parts else ""


def _joined(sentences: Iterable[str]) -> str:
    return " ".join(sentence for sentence in sentences if sentence)


def spans(blocks: Sequence[Block]) -> tuple[float, float]:
    """The ends of an axis that holds zero and every interval of the bars."""
    bars = [line.bar for block in blocks for line in block.lines if line.bar is not None]
    return min([0.0, *(bar.low for bar in bars)]), max([0.0, *(bar.high for bar in bars)])
