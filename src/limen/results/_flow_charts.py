"""The charts of one layer of a GradientFlow, as HTML figures."""

from __future__ import annotations

import numpy as np

from limen._types import FloatArray
from limen.results import _ticks
from limen.results._flow_lags import (
    FALL,
    TEN,
    curve,
    first_zero,
    floor_of,
    lags_shown,
    last_norms,
    means,
    medians,
    middle_of,
    other_norms,
    shares_over_time,
)
from limen.results._flow_words import WHOLE, from_log, horizons_told, split_told, state_norm, steps_told
from limen.results._svg import STYLES, Axis, Frame, chart, figure
from limen.results._terminal import clip
from limen.results.flow import LayerFlow

BARS = 120
NAME = 40


def norms(layer: LayerFlow, dtype: str) -> str:
    """‖∂E_T/∂s‖ by lag, s the full state, and ‖∂L/∂h_t‖ where it is another; empty if nothing reaches the layer."""
    values, shown = last_norms(layer), lags_shown(layer)
    found = curve(values[:shown] / TEN)
    finite = np.concatenate([part[np.isfinite(part)] for part in (found.low, found.middle, found.high)])
    if not len(finite):
        return ""
    others = other_norms(layer)
    curves = [curve(layer.by_lag(other)[:shown] / TEN).middle for _, other in others]
    finite = np.concatenate([finite, *(part[np.isfinite(part)] for part in curves)])
    low, high = float(np.floor(finite.min())), float(np.ceil(finite.max()))
    high = high if high > low else low + 1
    frame = Frame(
        Axis(0, max(shown - 1, 1), _ticks.whole(0, max(shown - 1, 1)), "lag: steps back from the last"),
        Axis(low, high, _ticks.decades(low, high, 5)),
    )
    lines, over, keys = _levels(frame, layer, float(found.middle[0]), dtype)
    marks = [frame.band(found.places, found.low, found.high), *lines, frame.line(found.places, found.middle, 0)]
    marks += [frame.line(found.places, part, index + 1) for index, part in enumerate(curves)]
    several = values.shape[1] > 1
    first = [("curve-0", state_norm(layer, "_t") + " (median)" * several), ("band", "its range over samples")]
    named = [(f"curve-{index}", name) for index, (name, _) in enumerate(others, start=1)]
    keys = [*first[: 1 + several], *named, *keys]
    part = "" if shown == len(values) else f", the last {shown:,} of {len(values):,} steps"
    zero = first_zero(medians(values))
    told = _norms_told(layer, values, zero)
    note = "" if zero is None else f'<p class="limen-note">The gradient is exactly 0 from lag {zero:,} on (median).</p>'
    return figure(f"Gradient by lag{part}", keys, chart(frame, marks, told, over)) + note


def _levels(
    frame: Frame, layer: LayerFlow, start: float, dtype: str
) -> tuple[list[str], list[str], list[tuple[str, str]]]:
    """The level of the horizon, the horizon with its range, and the floor of the number type where it is in sight."""
    marks, over, keys = list[str](), list[str](), list[tuple[str, str]]()
    middle, low, high = middle_of(layer.gradient_horizons)
    if np.isfinite(middle) and middle <= frame.x.high:
        marks += [frame.span(low, min(high, frame.x.high)), frame.at(middle)]
        over.append(frame.said(middle, f"horizon {steps_told(middle, low, high)}"))
    if frame.y.low <= start + FALL / TEN <= frame.y.high:
        marks.append(frame.level(start + FALL / TEN))
        keys.append(("level", "a thousandth of lag 0"))
    floor = floor_of(dtype)
    if floor and frame.y.low <= floor[1] / TEN <= frame.y.high:
        marks.append(frame.level(floor[1] / TEN, "floor"))
        keys.append(("floor", f"below it {floor[0]} reads 0"))
    return marks, over, keys


def _norms_told(layer: LayerFlow, values: FloatArray, zero: int | None) -> str:
    """The curve in a sentence, for those who cannot see it."""
    middle = medians(values)
    known = np.flatnonzero(np.isfinite(middle))
    if not len(known):
        return "no gradient"
    end = (
        f"exactly 0 from lag {zero:,} on" if zero is not None else f"{from_log(middle[known[-1]])} at lag {known[-1]:,}"
    )
    return f"Gradient norm {from_log(middle[known[0]])} at lag 0, {end}; horizon {horizons_told(layer)[0]}."


def shares(layer: LayerFlow) -> str:
    """The signed share of each step, and their sum from the step that was read last; empty if there is none."""
    if not np.isfinite(layer.shares).all():
        return ""
    found = shares_over_time(layer, BARS)
    start, stop = found.first, found.last + 1
    low, high = min(0.0, float(found.sums.min())), max(float(found.sums.max()), 1e-9)
    room = 0.06 * (high - low)
    frame = Frame(
        Axis(start - 0.5, stop - 0.5, _ticks.whole(start, stop - 1), "step of the input"),
        Axis(low - room * (low < 0), high + room, _ticks.percents(low, high)),
    )
    left = np.asarray(found.starts - 0.5, dtype=np.float64)
    marks = [frame.span(found.most[0] - 0.5, found.most[1] + 0.5), frame.bars(left, found.width, found.sums)]
    bar = f"share of {found.width} steps each" if found.width > 1 else "share of a step"
    keys = [("positive", bar), *([("negative", "negative")] * (low < 0)), ("span", found.most_told)]
    part = "" if stop - start == len(layer.shares) else f", {stop - start:,} of {len(layer.shares):,} steps"
    told = f"Share of each step in {WHOLE}; {found.most_told}."
    return figure(f"Share of each step in {WHOLE}{part}", keys, chart(frame, [*marks, frame.level(0.0, "zero")], told))


def factors(layer: LayerFlow) -> str:
    """The step factor over time and its split into weights and activations; empty where no step has one."""
    logs = (layer.log_factors, layer.log_weights, layer.log_saturation)
    places, found = means(np.stack(logs, axis=1))
    finite = found[np.isfinite(found)]
    if not len(finite):
        return ""
    low, high = min(0.0, float(finite.min())), max(0.0, float(finite.max()))
    room = max(0.02, 0.06 * (high - low))
    last = max(len(layer.log_factors) - 1, 1)
    frame = Frame(
        Axis(0, last, _ticks.whole(0, last), "step of the input"),
        Axis(low - room, high + room, _ticks.factors(low - room, high + room)),
    )
    marks = [frame.level(0.0, "zero"), *(frame.line(places, found[:, index], index) for index in range(3))]
    names = ("step factor", "through the weights", "through activations and gates")
    keys = [(f"curve-{index}", name) for index, name in enumerate(names)]
    caption = f"What each step back multiplies the gradient by: {split_told(layer)}"
    return figure(caption, keys, chart(frame, marks, caption))


def ways(layer: LayerFlow) -> str:
    """The shares of the ways back through a step, over time; empty where there is but one."""
    if len(layer.paths) < 2:
        return ""
    places, found = means(layer.path_shares)
    finite = found[np.isfinite(found)]
    if not len(finite):
        return ""
    order = np.argsort(-np.nan_to_num(np.abs(np.nan_to_num(found)).mean(axis=0)), kind="stable")[:STYLES]
    low, high = min(0.0, float(finite.min())), max(float(finite.max()), 0.05)
    last = max(len(layer.path_shares) - 1, 1)
    room = 0.05 * (high - low)
    frame = Frame(
        Axis(0, last, _ticks.whole(0, last), "step of the input"),
        Axis(low - room, high + room, _ticks.percents(low, high)),
    )
    lines = [frame.line(places, found[:, path], style) for style, path in enumerate(order)]
    keys = [(f"curve-{style}", clip(layer.paths[path], NAME)) for style, path in enumerate(order)]
    rest = len(layer.paths) - len(order)
    caption = "Ways back through a step" + (f" (the {len(order)} largest of {len(layer.paths)})" if rest else "")
    return figure(caption, keys, chart(frame, [frame.level(0.0, "zero"), *lines], f"{caption}: shares over time."))
