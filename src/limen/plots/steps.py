"""What a step back does to the gradient: its factor and the split of it, the ways it takes, and the heat map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from limen._errors import InputError
from limen._types import FloatArray
from limen.plots._axes import (
    LINES,
    axes_or_new,
    check_flow,
    dress,
    layer_of,
    legend,
    line_style,
    put_ticks,
    say_nothing_here,
    title_of,
)
from limen.plots._colours import scheme_on
from limen.results import GradientFlow, _ticks
from limen.results._flow_heat import Cells, cells, ends_of, map_of
from limen.results._flow_lags import means
from limen.results._flow_words import split_told
from limen.results._terminal import clip

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAME = 28
CELLS = 400
"""Cells of the heat map each way, at most."""


def factors(flow: GradientFlow, *, layer: int | None = None, ax: Axes | None = None) -> Axes:
    """Draw by what each step back multiplies the gradient, and the two factors that this is the product of.

    The scale is logarithmic, so that the distances from 1 of the weights' and the activations' lines add up to that of
    the whole. In a long sequence each point is the geometric mean of several steps.

    layer: index into `flow.layers`; None: the one that the verdict is about. Returns the Axes: `ax`, or that of a new
    figure. The y axis counts natural logarithms and is labelled with factors. Raises InputError if an argument is of
    another kind or out of range.
    """
    check_flow(flow, ax)
    chosen = layer_of(flow, layer)
    ax = axes_or_new(ax)
    places, found = means(np.stack((chosen.log_factors, chosen.log_weights, chosen.log_saturation), axis=1))
    names = ("step factor", "weights", "activations and gates")
    if len(chosen.shares) == 1 or not np.isfinite(found).any():
        say_nothing_here(ax, "no step back has a factor")
    else:
        handles = _lines(ax, places, found, names, range(3))
        low, high = ax.get_ylim()
        low, high = min(low, -0.05), max(high, 0.05)
        put_ticks(ax.yaxis, _ticks.factors(low, high, 7))
        _key(ax, handles, low, high)
    dress(ax, title_of(flow, chosen), _step(chosen.log_factors), f"factor a step: {split_told(chosen)}")
    return ax


def paths(flow: GradientFlow, *, layer: int | None = None, ax: Axes | None = None) -> Axes:
    """Draw the signed shares of the ways back through each step (an LSTM's gates, say), which sum to 1.

    At most six ways, the largest; in a long sequence each point is the mean of several steps. layer: index into
    `flow.layers`; None: the one that the verdict is about. Returns the Axes: `ax`, or that of a new figure. Raises
    InputError if an argument is of another kind or out of range.
    """
    check_flow(flow, ax)
    chosen = layer_of(flow, layer)
    ax = axes_or_new(ax)
    places, found = means(chosen.path_shares)
    order = np.argsort(-np.abs(np.nan_to_num(found)).mean(axis=0), kind="stable")[: len(LINES)]
    if len(chosen.shares) == 1 or not np.isfinite(found).any():
        say_nothing_here(ax, "no gradient goes back through a step")
    else:
        names = [clip(name[: 4 * NAME], NAME) for name in chosen.paths]
        handles = _lines(ax, places, found, names, order)
        low, high = ax.get_ylim()
        put_ticks(ax.yaxis, _ticks.percents(low, high, 6))
        _key(ax, handles, low, high)
    rest = len(chosen.paths) - len(order)
    label = "share of each way" + (f" ({rest} smaller not shown)" if rest else "")
    dress(ax, title_of(flow, chosen), _step(chosen.log_factors), label)
    return ax


def _step(values: FloatArray) -> str:
    width = -(-len(values) // len(means(values[:, None])[0]))
    return "step of the input" + (f" (means of {width})" if width > 1 else "")


def _lines(ax: Axes, places: FloatArray, found: FloatArray, names: Any, order: Any) -> list[Any]:
    """A line for each column, in the styles in turn, and the zero line."""
    handles = []
    for kind, column in enumerate(order):
        handles += ax.plot(places, found[:, column], label=names[column], **line_style(ax, kind))
    alone = np.isfinite(found).sum(axis=0).max() == 1
    for line in ax.lines:
        line.set_marker("o" if alone else "")
    ax.axhline(0, color=scheme_on(ax.get_facecolor())["muted"], linewidth=1, zorder=0.5)
    last = max(float(places[-1]), 1.0)
    ax.set_xlim(-0.02 * last, 1.02 * last)
    put_ticks(ax.xaxis, _ticks.whole(0, last, 8))
    return handles


def _key(ax: Axes, handles: list[Any], low: float, high: float) -> None:
    """The key above the lines, for which the axis gets room."""
    rows = -(-len(handles) // 3)
    ax.set_ylim(low, high + (0.04 + 0.1 * rows) * (high - low))
    legend(ax, handles, loc="upper center", ncols=min(3, len(handles)), columnspacing=1.2)


def heat(flow: GradientFlow, *, ax: Axes | None = None) -> Axes:
    """Draw ‖∂E_t/∂h_k‖ as a map: how strongly the loss of step t, downwards, hears the state of step k, across.

    Deep is strong, on a logarithmic scale of twelve powers of ten; what is blank is exactly 0. The dotted line is how
    far back each loss hears a thousandth of what it hears of its own step. In a long sequence with a short reach the
    columns are the lags between t and k. A cell of a large map is the largest of several. Returns the Axes: `ax`, or
    that of a new figure. Raises InputError if an argument is of another kind, or if the flow has no heat map because
    its loss was a single value.
    """
    check_flow(flow, ax)
    if flow.heat is None:
        raise InputError(
            "flow has no heat map, because its loss was one value for all steps; give limen.gradient_flow a loss that "
            "returns one value a step."
        )
    chosen = flow.layers[flow.heat.layer]
    ax = axes_or_new(ax, height=4.8, width=6.2)
    shown = map_of(flow.heat, chosen.reverse)
    found = cells(shown, CELLS)
    ends = ends_of(found.values)
    if ends is None:
        say_nothing_here(ax, "no loss hears any state")
    else:
        _map(ax, found, ends)
        colour = scheme_on(ax.get_facecolor())["ink"]
        name = "as far as a thousandth of ‖∂E_t/∂h_t‖ is heard"
        line = ax.plot(shown.heard, shown.steps, color=colour, linewidth=1.5, linestyle=(0, (1, 1.6)), label=name)
        legend(ax, line, loc="lower left" if chosen.reverse and not shown.by_lag else "upper right")
    dress(ax, title_of(flow, chosen), shown.across, "t: step of the loss")
    return ax


def _map(ax: Axes, found: Cells, ends: tuple[float, float]) -> None:
    """The cells, their scale beside them, and both axes."""
    from matplotlib.colors import LinearSegmentedColormap

    scheme = scheme_on(ax.get_facecolor())
    shades = [scheme[name] for name in ("plus-1", "plus-2", "plus-3", "plus-4", "plus-5", "plus")]
    low, high = ends
    mesh = ax.pcolormesh(
        found.across,
        found.down,
        np.ma.masked_invalid(found.values),
        cmap=LinearSegmentedColormap.from_list("limen", shades),
        vmin=low,
        vmax=high,
        rasterized=True,
    )
    ax.set(xlim=found.across[[0, -1]], ylim=found.down[[-1, 0]])
    put_ticks(ax.xaxis, _ticks.whole(0, float(found.across[-1]), 6))
    put_ticks(ax.yaxis, _ticks.whole(max(0.0, float(found.down[0])), float(found.down[-1]), 6))
    below = bool((found.values[np.isfinite(found.values)] < low).any())
    bar = ax.figure.colorbar(mesh, ax=ax, extend="min" if below else "neither", pad=0.02)
    bar.set_label("‖∂E_t/∂h_k‖ (blank: exactly 0)")
    put_ticks(bar.ax.yaxis, _ticks.decades(low, high, 7))
