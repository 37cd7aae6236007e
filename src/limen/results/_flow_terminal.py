"""A GradientFlow as plain text: `str(flow)`."""

from __future__ import annotations

import textwrap

import numpy as np

from limen.results._flow_lags import first_zero, lag_shares, lags_shown, last_norms, medians, middle_of
from limen.results._flow_words import (
    HORIZONS,
    ONE_STEP,
    WHOLE,
    facts,
    horizons_told,
    named,
    split_told,
    state_norm,
    verdict_told,
    ways_told,
)
from limen.results._terminal import WIDE, clip, visible, width
from limen.results._text_chart import norm_chart, share_bars
from limen.results.flow import GradientFlow, LayerFlow

NAME = 40
HEADS = (
    ("", "gradient", "share", "factor a step"),
    ("layer", "horizon", "horizon", "= weights × saturation"),
)


def flow_table(flow: GradientFlow) -> str:
    """Lay the whole flow out in 80 columns: the verdict, each layer, a chart of the worst, causes, facts."""
    lines = _wrapped(": ".join(filter(None, verdict_told(flow))))
    for cause in flow.causes:
        lines += _wrapped(f"! {cause.name.replace('_', ' ')}: {cause.value}", "  ")
    if flow.layers:
        layer = flow.layers[flow.worst]
        ways = ways_told(layer)
        lines += ["", *_layers(flow.layers), *_wrapped(HORIZONS), *_chart(layer, flow.dtype), *_shares(layer)]
        lines += ["", *_wrapped(f"ways back through a step (median share): {ways}", "  ")] if ways else []
    lines.append("")
    for heading, text in [("model", clip(flow.model, 60)), *facts(flow)]:
        lines += textwrap.wrap(f"{heading:<10}{text}", WIDE, subsequent_indent=" " * 10, break_on_hyphens=False)
    return visible("\n".join(lines).replace("\N{NO-BREAK SPACE}", " "))


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, WIDE, subsequent_indent=indent, break_on_hyphens=False)


def _layers(layers: tuple[LayerFlow, ...]) -> list[str]:
    """A row a layer, under two lines of headings; a name that finds no room beside the numbers stands above them."""
    rows = [(*horizons_told(layer), split_told(layer)) for layer in layers]
    sizes = [max(map(len, column)) for column in zip(*(head[1:] for head in HEADS), *rows, strict=True)]
    names = [named(layer, NAME) for layer in layers]
    wide = max(5, *(width(name) for name in names))
    beside = wide + sum(sizes) + 2 * len(sizes) <= WIDE
    wide = wide if beside else 5

    def line(name: str, row: tuple[str, ...]) -> str:
        cells = "  ".join(f"{text:<{size}}" for text, size in zip(row, sizes, strict=True))
        return f"{name}{' ' * (wide - width(name))}  {cells}".rstrip()

    lines = [line(name, (*row,)) for name, *row in HEADS]
    for name, row in zip(names, rows, strict=True):
        lines += [line(name, row)] if beside else [name, line("", row)]
    return lines


def _chart(layer: LayerFlow, dtype: str) -> list[str]:
    """The gradient by lag; in long sequences as far back as there is something to see."""
    norms, shown = last_norms(layer), lags_shown(layer)
    if len(norms) == 1:
        return ["", ONE_STEP]
    lines = norm_chart(norms[:shown], middle_of(layer.gradient_horizons)[0], dtype)
    if not lines:
        return []
    part = f", the last {shown:,} of {len(norms):,} steps" if shown < len(norms) else ""
    zero = first_zero(medians(norms))
    note = [] if zero is None else [f"{'':11}The gradient is exactly 0 from lag {zero:,} on (median)."]
    return ["", f"{state_norm(layer)} by lag: {named(layer, NAME)}{part}", *lines, *note]


def _shares(layer: LayerFlow) -> list[str]:
    shares = lag_shares(layer)
    if not np.isfinite(shares).all() or len(shares) == 1:
        return []
    return ["", f"share of each lag in {WHOLE} (signed; all of them sum to 100 %)", *share_bars(shares)]
