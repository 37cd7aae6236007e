"""How far the gradient would reach after each of several changes, beside how far it reaches now."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Any

from limen._errors import InputError
from limen.plots._axes import axes_or_new, check_axes, dress, put_ticks
from limen.plots._colours import scheme_on
from limen.plots._fonts import drawable, families_for, left_to_right
from limen.results._flow_words import steps_told, times
from limen.results._remedies_views import mark_of, order
from limen.results._terminal import clip
from limen.results.remedies import Remedies

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAME = 30


def remedies(remedies: Remedies, *, ax: Axes | None = None) -> Axes:
    """Draw the gradient horizon of the model as it is, and with each remedy, longest first, as bars with their ranges.

    The scale is logarithmic, and ends at the length of the sequences; a bar with an arrow means that the gradient
    never fell below a thousandth within them. The model as it is has a hollow dashed bar. Beside the bars stand the
    horizon (median and range over samples and random starts) and the typical step factor.
    Returns the Axes: `ax`, or that of a new figure. Raises InputError if `remedies` is no Remedies or `ax` no Axes.
    """
    if not isinstance(remedies, Remedies):
        came = type(remedies).__name__
        raise InputError(f"remedies is of type {came}, expected a Remedies; give what limen.rnn.remedies returns.")
    check_axes(ax)
    rows = order(remedies)
    ax = axes_or_new(ax, height=1.6 + 0.36 * len(rows), width=8.0)
    end = float(max(remedies.steps, 2))
    for place, index in enumerate(rows):
        _bar(ax, remedies, index, place, end)
    ax.set_xscale("log")
    ax.set_xlim(1, end**1.045)
    ax.set_ylim(len(rows) - 0.45, -1.3)
    put_ticks(ax.xaxis, _lags(end))
    _columns(ax, remedies, rows)
    title = "\n".join(textwrap.wrap(clip(remedies.title[:400], 76), 40))
    dress(ax, title, f"gradient horizon: lag, log scale (sequences of {remedies.steps:,} steps)", "")
    ax.spines["left"].set_visible(False)
    return ax


def _bar(ax: Axes, remedies: Remedies, index: int, place: int, end: float) -> None:
    """A bar from lag 1 to the median, with the range as a whisker."""
    scheme = scheme_on(ax.get_facecolor())
    row, before = remedies.rows[index], index == remedies.before
    middle, low, high = (_held(value, end) for value in (row.median, row.low, row.high))
    ax.barh(
        place,
        middle - 1,
        left=1,
        height=0.62,
        color="none" if before else scheme["plus-5" if index == remedies.best else "plus-3"],
        edgecolor=scheme["muted" if before else "plus"],
        linestyle=(0, (3, 1.5)) if before else "-",
        linewidth=1.2,
    )
    if high > low:
        sides = [[max(0.0, middle - low)], [max(0.0, high - middle)]]
        ax.errorbar(middle, place, xerr=sides, fmt="none", ecolor=scheme["ink"], elinewidth=1.3, capsize=3.5)
    if math.isinf(row.high):
        ax.plot(end**1.025, place, marker=">", color=scheme["ink"], markersize=6, clip_on=False)


def _held(value: float, end: float) -> float:
    """A horizon within the axis; an unknown one has no bar."""
    return 1.0 if math.isnan(value) else min(max(value, 1.0), end)


def _lags(end: float) -> list[tuple[float, str]]:
    leads = (1, 2, 5) if end <= 2000 else (1,)
    values = [lead * 10**power for power in range(math.ceil(math.log10(end)) + 1) for lead in leads]
    return [(float(value), f"{value:,}") for value in values if value <= end]


def _columns(ax: Axes, remedies: Remedies, rows: list[int]) -> None:
    """The names to the left of the bars, horizons and factors to their right."""
    names = []
    for index in rows:
        row, mark = remedies.rows[index], mark_of(remedies, index)
        name = clip(row.name[: 4 * NAME], NAME)
        names.append(f"{name} ({mark})" if mark else name)
    told = [steps_told(row.median, row.low, row.high) for row in (remedies.rows[index] for index in rows)]
    step = [times(remedies.rows[index].factor) for index in rows]
    families = families_for("".join([*names, *told]))
    style: dict[str, Any] = {"parse_math": False, "usetex": False, "fontfamily": families}
    ax.set_yticks(range(len(rows)), [left_to_right(drawable(name, families)) for name in names], **style)
    ax.tick_params(axis="y", length=0)
    size = float(ax.yaxis.get_ticklabels()[0].get_fontsize())  # points
    second = size * (1.8 + 0.55 * max(len("horizon"), *map(len, told)))
    colour = ax.yaxis.get_ticklabels()[0].get_color()
    for place, cells in enumerate([("horizon", "factor"), *zip(told, step, strict=True)], start=-1):
        height = -0.9 if place < 0 else place
        for text, shift in zip(cells, (size, second), strict=True):
            ax.annotate(
                text,
                (1, height),
                xycoords=("axes fraction", "data"),
                xytext=(shift, 0),
                textcoords="offset points",
                va="center",
                fontsize="small",
                fontweight="bold" if place < 0 else "normal",
                color=colour,
                annotation_clip=False,
                **style,
            )
