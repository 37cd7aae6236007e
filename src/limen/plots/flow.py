"""The gradient on its way back: its norm by lag, and the share of each step in ∂L/∂W_hh."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from limen._errors import InputError
from limen._types import FloatArray
from limen.plots._axes import (
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
from limen.results import GradientFlow, LayerFlow, _ticks
from limen.results._flow_lags import (
    FALL,
    TEN,
    Curve,
    Shares,
    curve,
    first_zero,
    floor_of,
    lags_shown,
    last_norms,
    medians,
    middle_of,
    other_norms,
    shares_over_time,
)
from limen.results._flow_words import WHOLE, state_norm, steps_told

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BARS = 120


def gradient_norms(
    flow: GradientFlow, *, layer: int | None = None, lags: int | None = None, ax: Axes | None = None
) -> Axes:
    """Draw ‖∂E_T/∂s‖ of the state s, h or (h, c), over the lag: the median over samples, its range, the horizon.

    Where the loss heeds other steps than the last one, ‖∂L/∂h_t‖ and its part through time are drawn too (medians). The
    floor of the model's number type, below which it reads 0, is a line where it is in sight; the curves go on below it.

    layer: index into `flow.layers`; None: the one that the verdict is about. lags: how many are shown; None: all, or in
    a sequence that is much longer than the gradient lives, those in which there is something to see.
    Returns the Axes: `ax`, or that of a new figure. The y axis counts powers of ten. Raises InputError if an argument
    is of another kind or out of range.
    """
    check_flow(flow, ax)
    chosen = layer_of(flow, layer)
    shown = _lags(chosen, lags)
    ax = axes_or_new(ax)
    values = last_norms(chosen)
    found = curve(values[:shown] / TEN)
    if np.isfinite(found.high).any():
        handles = _curves(ax, chosen, found, shown)
        _limits(ax, shown)
        handles += _marks(ax, chosen, float(found.middle[0]), flow.dtype)
        legend(ax, handles, loc="best")
    else:
        say_nothing_here(ax, "no gradient reaches this layer")
    zero = first_zero(medians(values))
    beyond = f" (0 from lag {zero:,} on)" if zero else ""
    part = f" ({shown:,} of {len(values):,})" if shown < len(values) else ""
    dress(ax, title_of(flow, chosen), f"lag: steps back from the last{part}{beyond}", "gradient norm")
    return ax


def _lags(layer: LayerFlow, lags: int | None) -> int:
    steps = len(layer.shares)
    if lags is None:
        return lags_shown(layer)
    try:
        count = 0 if isinstance(lags, bool) else operator.index(lags)
    except TypeError:
        count = 0
    if count < 1:
        raise InputError(f"lags is {lags!r}, expected an int of at least 1; leave it out for a fitting number.")
    return min(count, steps)


def _curves(ax: Axes, layer: LayerFlow, found: Curve, shown: int) -> list[Any]:
    """The median with its range, and the gradients of the whole loss where they are others."""
    scheme = scheme_on(ax.get_facecolor())
    several = len(layer.lengths) > 1
    bottom = np.where(np.isneginf(found.low), _floor(found), found.low)
    name = state_norm(layer, "_t") + " (median)" * several
    handles: list[Any] = ax.plot(found.places, _drawn(found.middle), label=name, **line_style(ax, 0))
    if several:
        band = ax.fill_between(
            found.places, bottom, _drawn(found.high), color=scheme["plus-2"], linewidth=0.8, edgecolor=scheme["plus-4"]
        )
        band.set_label("its range over samples")
        handles.append(band)
    for kind, (name, values) in enumerate(other_norms(layer), start=1):
        other = curve(layer.by_lag(values)[:shown] / TEN)
        handles += ax.plot(other.places, _drawn(other.middle), label=name, **line_style(ax, kind))
    if shown == 1:
        for line in ax.lines:
            line.set_marker("o")
    return handles


def _drawn(values: FloatArray) -> FloatArray:
    return np.where(np.isfinite(values), values, np.nan)


def _floor(found: Curve) -> float:
    """Where a range is drawn to that reaches down to 0."""
    finite = np.concatenate([part[np.isfinite(part)] for part in (found.low, found.middle, found.high)])
    return float(finite.min()) - 1


def _limits(ax: Axes, shown: int) -> None:
    low, high = ax.get_ylim()
    if high - low < 1:
        low, high = 0.5 * (low + high) - 0.5, 0.5 * (low + high) + 0.5
    ax.set_ylim(low, high)
    ax.set_xlim(-0.5 if shown == 1 else 0, 0.5 if shown == 1 else shown - 1)
    put_ticks(ax.yaxis, _ticks.decades(low, high, 7))
    put_ticks(ax.xaxis, _ticks.whole(0, shown - 1, 8))


def _marks(ax: Axes, layer: LayerFlow, start: float, dtype: str) -> list[Any]:
    """The horizon with its range, the level that defines it, and the floor of the number type, where in sight."""
    scheme = scheme_on(ax.get_facecolor())
    low, high = ax.get_ylim()
    handles: list[Any] = []
    middle, least, most = middle_of(layer.gradient_horizons)
    end = ax.get_xlim()[1]
    if np.isfinite(middle) and middle <= end:
        told = f"horizon {steps_told(middle, least, most)}"
        handles.append(ax.axvline(middle, color=scheme["ink"], linewidth=1.3, zorder=1.5, label=told))
        if most > least:
            ax.axvspan(least, min(most, end), color=scheme["rule"], alpha=0.55, linewidth=0, zorder=0.5)
    if low <= start + FALL / TEN <= high:
        level: dict[str, Any] = {"color": scheme["muted"], "linewidth": 0.9, "linestyle": (0, (9, 5)), "zorder": 1.5}
        handles.append(ax.axhline(start + FALL / TEN, label="a thousandth of lag 0", **level))
    floor = floor_of(dtype)
    if floor and low <= floor[1] / TEN <= high:
        level = {"color": scheme["minus"], "linewidth": 1.2, "linestyle": (0, (1, 3)), "zorder": 1.5}
        handles.append(ax.axhline(floor[1] / TEN, label=f"below it {floor[0]} reads 0", **level))
    return handles


def shares(flow: GradientFlow, *, layer: int | None = None, ax: Axes | None = None) -> Axes:
    """Draw the signed share of each step in ∂L/∂W_hh as bars over time, and shade the steps that hold 95 % of the sum.

    Those are counted from the step that the layer read last; beyond them the running sum stays within 5 % of the whole.
    Negative bars are hollow. In a long sequence a bar is the sum of several steps, and steps that add next to nothing
    are left out; the axis says so.

    layer: index into `flow.layers`; None: the one that the verdict is about. Returns the Axes: `ax`, or that of a new
    figure. Raises InputError if an argument is of another kind or out of range.
    """
    check_flow(flow, ax)
    chosen = layer_of(flow, layer)
    ax = axes_or_new(ax)
    steps = len(chosen.shares)
    part = ""
    if not np.isfinite(chosen.shares).all():
        say_nothing_here(ax, "no gradient reaches this layer's weights")
    else:
        found = shares_over_time(chosen, BARS)
        _bars(ax, found)
        shown = found.last + 1 - found.first
        notes = [f"{shown:,} of {steps:,}"] * (shown < steps) + [f"{found.width} a bar"] * (found.width > 1)
        part = f" ({', '.join(notes)})" if notes else ""
    dress(ax, title_of(flow, chosen), f"step of the input{part}", f"share in {WHOLE}")
    return ax


def _bars(ax: Axes, found: Shares) -> None:
    scheme = scheme_on(ax.get_facecolor())
    seen = 1e-3 * float(np.abs(found.sums).max())
    up, down = found.sums > seen, found.sums < -seen
    width = 0.9 * found.width
    middles = found.starts + 0.5 * (found.width - 1)
    ax.bar(middles[up], found.sums[up], width, color=scheme["plus-4"], edgecolor=scheme["plus"], linewidth=0.8)
    ax.bar(middles[down], found.sums[down], width, color="none", edgecolor=scheme["minus"], linewidth=1.0)
    ax.axhline(0, color=scheme["muted"], linewidth=1, zorder=0.5)
    low, high = min(0.0, float(found.sums.min())), max(float(found.sums.max()), 1e-9)
    room = 0.06 * (high - low)
    ax.set_ylim(low - room * (low < 0), high + 4 * room)  # at the top for the key
    ax.set_xlim(found.first - 0.6, found.last + 0.6)
    first, last = found.most
    span = ax.axvspan(
        first - 0.5, last + 0.5, color=scheme["rule"], alpha=0.55, linewidth=0, zorder=0.4, label=found.most_told
    )
    put_ticks(ax.yaxis, _ticks.percents(low, high))
    put_ticks(ax.xaxis, _ticks.whole(found.first, found.last, 8))
    legend(ax, [span], loc="upper left")
