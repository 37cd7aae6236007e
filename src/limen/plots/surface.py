"""The model's answer where two numbers of a table row move, its boundary, and the surrogates' over it."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from limen._types import FloatArray
from limen.plots._answers import Palette, draw_model
from limen.plots._axes import axes_or_new, dress, legend, line_style, put_ticks
from limen.plots._check import check, doubts_told, headline
from limen.plots._colours import opaque, scheme_on
from limen.plots._slice import GRID, Lines, Slice, level_text, lines_of, slice_through
from limen.results import Explanation
from limen.results._faces import slice_of
from limen.results._terminal import clip

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 7.0, 6.2
PROBES = 500
"""Probes that are drawn, at most: those nearest to the slice."""
NAME, COLUMNS = 40, 64
TIMES = ("date", "datetime", "duration")


def surface(explanation: Explanation, *, features: Sequence[str | int] | None = None, ax: Axes | None = None) -> Axes:
    """Draw a slice through a table row: two numbers move, all else stays as it is.

    Shown are the model's answer as filled contours with its decision boundary (a thick line), the boundary of the line
    (dashed) and of the quadratic (dotted: a conic), the probes (circles above, triangles below; the farther a probe
    lies from the slice in the other columns, the smaller and fainter it is), the row (a star), and the nearest row with
    another decision (a diamond). Where the record has no boundary, all lines are those of one answer: that of the
    decision, one half of a probability, or that of the row; the key says which, and what nowhere reaches it here.

    The model's answers are those that `Explainer.with_surface` recorded. Without them, they are drawn from the probes
    if nothing but the two numbers varied; otherwise the surrogates and probes are drawn alone, and the picture says so.

    features: two parts that move on a scale, by name or number; None: those of the recorded surface, or those that
    matter most. Returns the Axes: `ax`, or that of a new figure. Raises InputError if `explanation` is not of a table
    row, has no such parts, or if `ax` is no Axes.
    """
    check(explanation, ax)
    found = slice_through(explanation, slice_of(explanation, features))
    ax = axes_or_new(ax, HEIGHT, WIDTH)
    lines, handles = lines_of(found), list[Any]()
    palette = Palette(ax, found, lines)
    drawn = draw_model(ax, found, lines, palette)
    if drawn is not None:
        name = _called("model", lines, drawn)
        _key(handles, name, color=scheme_on(ax.get_facecolor())["ink"], linewidth=2.6 if drawn else 0.0)
    _surrogates(ax, found, lines, handles)
    _probes(ax, found, lines, palette, handles)
    _points(ax, found, handles)
    _label(ax, found, drawn is not None)
    ax.set(xlim=found.limits[0], ylim=found.limits[1])
    legend(ax, handles, loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=2)
    return ax


def _surrogates(ax: Axes, found: Slice, lines: Lines, handles: list[Any]) -> None:
    """The line and the conic, where they cross the picture."""
    from matplotlib.patheffects import withStroke

    first, second, points = found.grid()
    for kind, name, margin in ((1, "line", lines.linear), (2, "quadratic", lines.quadratic)):
        style = line_style(ax, kind)
        values = None if margin is None else margin(points).reshape(GRID, GRID)
        if values is None:
            continue
        reached = bool(values.min() < 0 < values.max())
        if reached:
            wide = style["linewidth"] + 0.7
            look: dict[str, Any] = {"colors": style["color"], "linestyles": [style["linestyle"]], "linewidths": wide}
            # Where a surrogate is as good as the model the two lines lie on each other, and must both be seen.
            halo = [withStroke(linewidth=wide + 2.0, foreground=opaque(ax.get_facecolor()))]
            ax.contour(first, second, values, levels=[0.0], zorder=4, **look).set(path_effects=halo)
        _key(handles, _called(name, lines, reached), **(style if reached else {**style, "linewidth": 0.0}))


def _called(whose: str, lines: Lines, reached: bool) -> str:
    """What a line is called in the key, or that it is not in the picture."""
    return f"the {whose}'s {lines.name}" if reached else f"the {whose}'s {lines.name}: nowhere here"


def _probes(ax: Axes, found: Slice, lines: Lines, palette: Palette, handles: list[Any]) -> None:
    known = np.asarray(~np.isnan(found.values).any(axis=1))
    order = np.argsort(-found.near, kind="stable")
    shown = order[known[order]][:PROBES]
    sides: list[tuple[Any, str, str]] = [(np.ones(len(shown), dtype=np.bool_), "o", "probes")]
    if lines.above is not None:
        above = lines.above[shown]
        of = level_text(lines.level, found.explanation.scale)
        sides = [(above, "o", f"probes that answer above {of}"), (~above, "v", f"probes at or below {of}")]
    scheme = scheme_on(ax.get_facecolor())
    for chosen, marker, name in sides:
        if not chosen.any():
            continue
        rows = shown[chosen]
        colours = palette.colours(found.explanation.probes.answers[1:][rows])
        edges = np.tile(_rgba(scheme["ink"]), (len(rows), 1))
        near = found.near[rows]
        colours[:, 3], edges[:, 3] = 0.25 + 0.75 * near, 0.15 + 0.6 * near
        look: dict[str, Any] = {"edgecolors": edges, "linewidths": 0.7, "zorder": 3, "marker": marker}
        across, up = found.values[rows].T
        ax.scatter(across, up, s=6.0 + 16.0 * near, c=colours, **look)
        _key(handles, name, color=scheme["ink"], marker=marker, linestyle="", markersize=5, markerfacecolor="none")


def _rgba(colour: str) -> FloatArray:
    from matplotlib.colors import to_rgba

    return np.array(to_rgba(colour))


def _points(ax: Axes, found: Slice, handles: list[Any]) -> None:
    """The row itself, and the nearest row with another decision."""
    ground = ax.get_facecolor()
    ink = scheme_on(ground)["ink"]
    look: dict[str, Any] = {"color": ink, "linestyle": "", "markeredgecolor": opaque(ground), "zorder": 6}
    if found.flipped is not None:
        ends = np.stack([found.origin, found.flipped])
        ax.plot(*ends.T, color=ink, linewidth=1.2, zorder=5)
        ax.plot(*found.flipped, marker="D", markersize=8, **look)
        boundary, mine = found.explanation.boundary, {found.instance.columns[column].name for column in found.columns}
        others = boundary is not None and any(change.column not in mine for change in boundary.changes)
        name = "nearest flip" + (" (other columns change too)" if others else "")
        _key(handles, name, color=ink, marker="D", linestyle="", markersize=6)
    ax.plot(*found.origin, marker="*", markersize=17, **look)
    _key(handles, "the row", color=ink, marker="*", linestyle="", markersize=11)


def _label(ax: Axes, found: Slice, modelled: bool) -> None:
    names = [clip(found.explanation.parts[part][: 4 * NAME], NAME) for part in found.parts]
    lines = [headline(found.explanation), doubts_told(found.explanation)]
    if not modelled:
        asked = f"features=({names[0]!r}, {names[1]!r})"
        told = f"The model's own surface is not recorded: explainer.with_surface(explanation, {asked}) records it."
        lines += textwrap.wrap(told, COLUMNS)
    elif found.surface is None:
        lines.append("The model's answers are drawn from those to the probes.")
    rest = len(found.explanation.parts) - 2
    lines.append("All other columns as in the row." if rest else "")
    dress(ax, "\n".join(filter(None, lines)), *names)
    ax.title.set_fontsize("medium")
    for axis, column, ends in zip((ax.xaxis, ax.yaxis), found.columns, found.limits, strict=True):
        if found.instance.columns[column].kind in TIMES:
            places = np.linspace(ends[0], ends[1], 7)[1:-1:2].tolist()
            put_ticks(axis, [(place, found.instance.value_text(column, place)) for place in places])


def _key(handles: list[Any], name: str, **style: Any) -> None:
    from matplotlib.lines import Line2D

    handles.append(Line2D([], [], label=name, **style))
