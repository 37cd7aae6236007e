"""The widths that were tried, and what each would give."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from limen._errors import InputError
from limen._types import FloatArray
from limen.plots._axes import axes_or_new, dress, legend, line_style, put_text, put_ticks
from limen.plots._check import check, headline
from limen.plots._colours import scheme_on
from limen.results import Estimates, Explanation, WidthPath
from limen.results._table_words import plural

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS = 64
LOWEST = -0.5
"""R² below this is drawn at the edge: it only says that there is nothing to be had."""
MARKERS = ("o", "s", "^")


def path(explanation: Explanation, *, ax: Axes | None = None) -> Axes:
    """Draw, for each width that was tried, the held-out R² of line and quadratic, and how stable the effects are.

    Whiskers are 95 % intervals of R². Below each width stands how many background rows lie about so near: those that a
    kernel of this width around the row holds. The width that was taken is marked, with the rule that took it. R² below
    -0.5 is drawn as a triangle at the edge. Returns the Axes: `ax`, or that of a new figure.
    Raises InputError if `explanation` is no Explanation or has no path, and if `ax` is no Axes.
    """
    check(explanation, ax)
    found = explanation.path
    if found is None:
        raise InputError(
            "explanation has no path: its width was given, or the budget did not pay for a choice. Explain a row of a "
            "table with sampler=None or Ball(), and perhaps a larger budget."
        )
    ax = axes_or_new(ax, 4.4)
    _draw(found, ax)
    _label(explanation, found, ax)
    return ax


def _draw(found: WidthPath, ax: Axes) -> None:
    from matplotlib.lines import Line2D

    scheme = scheme_on(ax.get_facecolor())
    places = np.arange(len(found.widths), dtype=np.float64)
    ax.axvspan(found.chosen - 0.3, found.chosen + 0.3, color=scheme["rule"], alpha=0.45, linewidth=0)
    ax.axhline(0, color=scheme["muted"], linewidth=0.8)
    handles: list[Any] = []
    for kind, (estimates, name) in enumerate(
        ((found.quadratic, "R² of the quadratic"), (found.linear, "R² of the line"))
    ):
        style = line_style(ax, kind)
        if not np.isfinite(estimates.values).any():
            continue
        _whiskers(ax, places + (-0.06 if kind else 0.06), estimates, style, MARKERS[kind])
        handles.append(Line2D([], [], marker=MARKERS[kind], label=name, markersize=5.5, **style))
    style = line_style(ax, 2)
    ax.plot(places, np.maximum(found.stability, LOWEST), marker=MARKERS[2], markersize=5.5, **style)
    handles.append(Line2D([], [], marker=MARKERS[2], label="stability of the effects", markersize=5.5, **style))
    legend(ax, handles, loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=3, borderaxespad=0.2)


def _whiskers(ax: Axes, places: FloatArray, estimates: Estimates, style: dict[str, Any], marker: str) -> None:
    """A line through what is known, its intervals, and triangles where a value lies below the edge."""
    values = np.maximum(estimates.values, LOWEST)
    low, high = np.maximum(estimates.low, LOWEST), np.maximum(estimates.high, LOWEST)
    sides = np.stack([np.maximum(values - low, 0.0), np.maximum(high - values, 0.0)])
    ax.plot(places, values, marker=marker, markersize=5.5, **style)
    known = np.isfinite(values)
    whisker: dict[str, Any] = {"elinewidth": 1.2, "capsize": 3, "ecolor": style["color"], "fmt": "none"}
    ax.errorbar(places[known], values[known], yerr=np.nan_to_num(sides[:, known]), **whisker)
    under = estimates.values < LOWEST
    ax.plot(places[under], np.full(int(under.sum()), LOWEST), "v", color=style["color"], markersize=9, clip_on=False)


def _label(explanation: Explanation, found: WidthPath, ax: Axes) -> None:
    sizes = found.effective_sample_sizes.tolist()
    widths = found.widths.tolist()
    ticks = [
        (float(place), f"{width:g}\n{_rows(size)}" + ("\ntaken" if place == found.chosen else ""))
        for place, (width, size) in enumerate(zip(widths, sizes, strict=True))
    ]
    title = "\n".join([headline(explanation), *textwrap.wrap(found.rule, COLUMNS), ""])
    dress(ax, title, "width in standard deviations;\nbelow it, how many background rows lie about so near", "")
    ax.title.set_fontsize("medium")
    put_text(ax.set_ylabel, "held-out R², stability")
    put_ticks(ax.xaxis, ticks)
    known = np.concatenate([found.linear.low, found.quadratic.low, found.stability])
    lowest = min([0.0, *known[np.isfinite(known)].tolist()])
    ax.set_ylim(max(lowest, LOWEST) - 0.04, 1.06)
    ax.set_xlim(-0.5, len(widths) - 0.5)


def _rows(size: float) -> str:
    return plural(f"{size:,.0f}", "row")
