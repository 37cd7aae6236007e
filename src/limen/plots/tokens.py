"""The text itself, each part shaded and underlined by its effect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from limen._errors import InputError
from limen.plots._check import check, doubts_told, headline
from limen.plots._colours import scheme_on, shade_on
from limen.plots._fonts import drawable, families_for, left_to_right, ruler
from limen.plots._layout import MARK, Chunk, Line, Segment, chunks_of, direction, lines_of, mark_width, turned, width_of
from limen.results import Explanation, TextInstance
from limen.results._html import marked, stance
from limen.results._html_pieces import signed
from limen.results._terminal import digits

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 7.2
"""Inches, of a new figure."""
SIZES = (13.0, 12.0, 11.0, 10.0, 9.0, 8.0, 7.0)
"""Font sizes in points: the first at which the text fits into a given Axes."""
LEADING = 2.0
HINTED = 0.98
"""Share of the width that lines are broken at: on a screen letters can be a per cent or so wider than measured."""
SMALL = 9.0
LONG = 20.0
SMALL_LINE = SMALL * LEADING
CELLS = 21
KEYS = {"plus": "supports", "minus": "opposes", "unsure": "cannot be told from zero at 95 %"}


@dataclass(frozen=True)
class Pen:
    """Where and how to draw: lengths in points from the upper left corner of the Axes, y upwards."""

    ax: Axes
    transform: Any
    families: list[str]
    background: Any
    measure: Callable[[str], float]

    def write(self, x: float, y: float, text: str, size: float, **style: Any) -> None:
        """Write a text whose left end is x; style: Text properties of matplotlib, for our own calls only."""
        style = {"color": scheme_on(self.background)["ink"], "va": "center", **style}
        text = left_to_right(drawable(text, self.families))
        common = {"transform": self.transform, "fontfamily": self.families, "parse_math": False, "usetex": False}
        self.ax.text(x, y, text, fontsize=size, clip_on=False, **common, **style)


def tokens(explanation: Explanation, *, ax: Axes | None = None) -> Axes:
    """Draw the text, each part shaded by its effect.

    Support is blue and underlined solid (+), opposition orange and dashed (−), thick where the effect is large; what
    cannot be told from zero is dotted. Lines are broken at the width of `ax`, and the letters made smaller until the
    text fits; parts for which there is no room even so are counted. Letters that no installed font has are drawn as □.
    Returns the Axes: `ax`, or that of a new figure. Raises InputError if `explanation` is none of a text, or `ax`
    no Axes.
    """
    check(explanation, ax)
    if not isinstance(explanation.instance, TextInstance):
        raise InputError("explanation is of a table row, which has no text to shade; plots.bars draws it.")
    told = headline(explanation), doubts_told(explanation)
    families = families_for("".join((explanation.instance.text, *told, *KEYS.values(), "+−…□")))
    measure = ruler(families)
    chunks = chunks_of(_segments(explanation, families), measure)
    if ax is None:
        ax = _axes(len(lines_of(chunks, 72 * HINTED * WIDTH / SIZES[0])))
    width, height = (72 * length / ax.figure.dpi for length in ax.get_window_extent().size)
    usable = HINTED * width
    kinds = _kinds(explanation)
    keys = lines_of(_keys(kinds, measure), usable / SMALL)
    room = height - (len(keys) + 1.2) * SMALL_LINE
    for size in SIZES:
        lines = lines_of(chunks, usable / size)
        if len(lines) * LEADING * size <= room:
            break
    ax.set_axis_off()
    pen = Pen(ax, _from_corner(ax), families, ax.figure.get_facecolor(), measure)
    title = left_to_right(drawable("\n".join(filter(None, told)), families))
    ax.set_title(title, loc="left", parse_math=False, fontfamily=families, usetex=False)
    bottom = _text(pen, explanation, lines, size, (width, room))
    _legend(pen, keys, kinds, bottom - 0.7 * SMALL_LINE)
    _scale(pen, explanation, bottom - (len(keys) + 0.7) * SMALL_LINE)
    return ax


def _axes(lines: int) -> Axes:
    """Axes of a new figure that is as high as the text needs, with margins and room for the title."""
    from matplotlib import pyplot as plt

    inner = (lines * LEADING * SIZES[0] + 2.3 * SMALL_LINE) / 72
    width, height = WIDTH + 0.6, inner + 0.25 + 0.6
    figure = plt.figure(figsize=(width, height))
    return figure.add_axes((0.3 / width, 0.25 / height, WIDTH / width, inner / height))


def _from_corner(ax: Axes) -> Any:
    """Points from the upper left corner of the Axes to the screen, so that words keep their distances at any size."""
    from matplotlib.transforms import Affine2D, ScaledTranslation

    return Affine2D().scale(1 / 72) + ax.figure.dpi_scale_trans + ScaledTranslation(0, 1, cast(Any, ax.transAxes))


def _segments(explanation: Explanation, families: list[str]) -> list[Segment]:
    """The whole text as runs that belong to one part or to none."""
    instance = explanation.instance
    assert isinstance(instance, TextInstance)
    text, position, segments = instance.text, 0, list[Segment]()
    largest = max(abs(float(value)) for value in explanation.effects.values)
    for start, stop, part in instance.pieces():
        effect = explanation.effects[part]
        seen = marked(explanation.parts[part]) and abs(effect.value) > 0.1 * largest
        sign = {"plus": "+", "minus": "−"}.get(stance(effect), "") if seen else ""
        segments += [(text[position:start], None, ""), (text[start:stop], part, sign)]
        position = stop
    segments.append((text[position:], None, ""))
    return [(drawable(run, families), part, sign) for run, part, sign in segments]


def _text(pen: Pen, explanation: Explanation, lines: list[Line], size: float, room: tuple[float, float]) -> float:
    """Draw the lines that there is room (width, height) for, and say how many words are left; return where they end."""
    base = direction(explanation.instance.text)
    fitting = max(1, int(room[1] / (LEADING * size)))
    shown = lines if len(lines) <= fitting else lines[: max(1, fitting - 1)]
    values = explanation.effects.values
    largest = max(abs(float(value)) for value in values) or 1.0
    y = -0.5 * LEADING * size
    for line in turned(shown, base):
        left = room[0] - size * width_of(line) if base == "R" else 0.0
        for run in _runs(line):
            effect = explanation.effects[int(run[0].part or 0)]
            _underlay(pen, run, (left, y), size, effect.value / largest, stance(effect))
        for chunk in line:
            _word(pen, chunk, (left, y), size)
        y -= LEADING * size
    hidden = {chunk.part for line in lines[len(shown) :] for chunk in line} - {None}
    if len(shown) < len(lines):
        pen.write(0, y, f"… and {len(hidden)} {explanation.instance.units} more: draw on higher Axes", size)
        y -= LEADING * size
    return y + 0.5 * LEADING * size


def _runs(line: Line) -> list[list[Chunk]]:
    """Neighbours on a line that belong to one part, with the spaces between them but not those at the ends."""
    runs: list[list[Chunk]] = []
    for chunk in line:
        if runs and runs[-1][0].part == chunk.part:
            runs[-1].append(chunk)
        elif chunk.part is None or not chunk.is_space:
            runs.append([chunk])
    for run in runs:
        while len(run) > 1 and run[-1].is_space:
            run.pop()
    return [run for run in runs if run[0].part is not None]


def _underlay(pen: Pen, run: list[Chunk], start: tuple[float, float], size: float, effect: float, kind: str) -> None:
    """The shade behind a run and the line under it. effect: relative to the largest."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Rectangle

    scheme = scheme_on(pen.background)
    left, right = start[0] + size * run[0].left, start[0] + size * (run[-1].left + run[-1].width)
    low, high = start[1] - 0.68 * size, start[1] + 0.72 * size
    pad = 0.06 * size
    box = Rectangle((left - pad, low), right - left + 2 * pad, high - low, facecolor=shade_on(pen.background, effect))
    box.set(transform=pen.transform, clip_on=False, linewidth=0, zorder=1)
    pen.ax.add_patch(box)
    if kind == "none":
        return
    style: Any = {"plus": "-", "minus": (0, (2.2, 1.1)), "unsure": (0, (1, 1.4))}[kind]
    thick = 1.1 if kind == "unsure" else 0.9 + 2 * abs(effect)
    colour = scheme["muted" if kind == "unsure" else kind]
    under = Line2D([left - pad, right + pad], [low, low], color=colour, linewidth=thick, linestyle=style)
    under.set(transform=pen.transform, clip_on=False, zorder=2, solid_capstyle="butt", dash_capstyle="butt")
    pen.ax.add_artist(under)


def _word(pen: Pen, chunk: Chunk, start: tuple[float, float], size: float) -> None:
    """A word in its place, with its sign, if it has one, before it."""
    if chunk.is_space:
        return
    left, right = start[0] + size * chunk.left, start[0] + size * (chunk.left + chunk.width)
    # The baseline is fixed, so that words stand on one line whatever letters they have.
    common: dict[str, Any] = {"va": "baseline", "zorder": 3}
    base, backwards = start[1] - 0.32 * size, direction(chunk.text) == "R"
    if chunk.mark:
        x, side = (right, "right") if backwards else (left, "left")
        pen.write(x, base + 0.4 * size, chunk.mark, MARK * size, ha=side, fontweight="bold", **common)
        room = size * mark_width(chunk.mark, pen.measure)
        left, right = (left, right - room) if backwards else (left + room, right)
    # In the middle, so that what hinting adds goes to both sides; too much of it in a long word, which starts in place.
    x, side = (left, "left") if chunk.width > LONG else ((left + right) / 2, "center")
    pen.write(x, base, chunk.text, size, ha=side, **common)


def _kinds(explanation: Explanation) -> list[str]:
    """What the legend has to tell: both sides always, "unsure" where it occurs."""
    found = [stance(explanation.effects[part]) for part in range(len(explanation.parts))]
    return [kind for kind in KEYS if kind != "unsure" or kind in found]


def _keys(kinds: list[str], measure: Callable[[str], float]) -> list[Chunk]:
    """The legend as chunks, each key in one so that it is not broken; `part` is the place in `kinds`."""
    chunks = []
    for index, kind in enumerate(kinds):
        mark = {"plus": "+", "minus": "−"}.get(kind, "")
        chunks.append(Chunk(KEYS[kind], index, mark, measure(KEYS[kind]) + mark_width(mark, measure)))
        chunks.append(Chunk("   ", None, "", measure("   ")))
    return chunks


def _legend(pen: Pen, keys: list[Line], kinds: list[str], y: float) -> None:
    """Words that are shaded and underlined as they say."""
    sizes = {"plus": 0.75, "minus": -0.75, "unsure": 0.0}
    for line in keys:
        for chunk in line:
            if chunk.part is not None:
                _underlay(pen, [chunk], (0, y), SMALL, sizes[kinds[chunk.part]], kinds[chunk.part])
            _word(pen, chunk, (0, y), SMALL)
        y -= SMALL_LINE


def _scale(pen: Pen, explanation: Explanation, y: float) -> None:
    """What the shades are worth: a row of cells from the largest opposition to the largest support."""
    from matplotlib.patches import Rectangle

    largest = max(abs(float(value)) for value in explanation.effects.values)
    if not largest:
        pen.write(0, y, "every effect is zero", SMALL)
        return
    lowest = signed(-largest, digits([largest]))
    pen.write(0, y, lowest, SMALL)
    left, cell = SMALL * (pen.measure(lowest) + 0.5), 0.6 * SMALL
    for index in range(CELLS):
        colour = shade_on(pen.background, 2 * index / (CELLS - 1) - 1)
        box = Rectangle((left + index * cell, y - 0.5 * SMALL), cell, SMALL, facecolor=colour)
        box.set(transform=pen.transform, clip_on=False, linewidth=0)
        pen.ax.add_patch(box)
    pen.write(left + (CELLS + 1) * cell, y, f"{signed(largest, digits([largest]))} ({explanation.unit})", SMALL)
