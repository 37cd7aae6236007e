"""All pictures of a flow on one sheet."""

from __future__ import annotations

import textwrap
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from limen.plots._axes import check_flow, layer_of, put_text
from limen.plots.flow import gradient_norms, shares
from limen.plots.steps import factors, heat, paths
from limen.results import GradientFlow, LayerFlow
from limen.results._flow_words import WHOLE, named, verdict_told
from limen.results._terminal import clip

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH, ROW, EDGE = 13.0, 3.4, 0.12
"""Inches of the sheet, of a row of pictures, and of what is left free on either side."""
NAME, COLUMNS, LINES = 70, 150, 3
"""Columns of a name and of a line of the heading; lines that its sentence may take."""
TITLES = {
    gradient_norms: "How much is left of the gradient",
    shares: f"Where {WHOLE} comes from",
    factors: "What each step back multiplies it by",
    paths: "Which way it goes back through a step",
    heat: "How far back the loss of each step hears",
}


def sheet(flow: GradientFlow, *, layer: int | None = None) -> Figure:
    """Draw all pictures of a flow on a new matplotlib Figure: norms, shares, factors, and where there are such ways.

    The heading tells the layer, verdict and causes. The ways back through a step are drawn where there are several, and
    the heat map where the loss had one value a step. `plots.sheet(flow).savefig("flow.png")` writes it to a file; the
    colours are those of matplotlib's current style, light or dark.

    layer: index into `flow.layers`; None: the one that the verdict is about. The figure is not one of pyplot's. Raises
    InputError if an argument is of another kind or out of range.
    """
    check_flow(flow, None)
    chosen = layer_of(flow, layer)
    from matplotlib.figure import Figure

    pictures = [gradient_norms, shares, factors, *([paths] if len(chosen.paths) > 1 else [])]
    alone = len(pictures) % 2 + (flow.heat is not None)
    heading = _heading(flow, chosen)
    heights = [0.45 + 0.22 * (len(heading) - 1), ROW * (len(pictures) // 2), *[ROW] * alone]
    figure = Figure(figsize=(WIDTH, sum(heights)), dpi=130, layout="constrained")
    widths = (EDGE, WIDTH - 2 * EDGE, EDGE)
    parts = np.asarray(figure.subfigures(len(heights), 3, height_ratios=heights, width_ratios=widths))
    head, body, *rows = parts[:, 1]
    _headed(head, heading, heights[0])
    places = [*body.subplots(len(pictures) // 2, 2).flat, *(row.subplots() for row in rows)]
    for picture, place in zip(pictures, places, strict=False):
        put_text(picture(flow, layer=layer, ax=place).set_title, TITLES[picture], loc="left")
    if flow.heat is not None:
        heard = flow.layers[flow.heat.layer]
        of = "" if heard is chosen else f" ({named(heard, NAME)})"
        put_text(heat(flow, ax=places[-1]).set_title, TITLES[heat] + of, loc="left")
    return figure


def _heading(flow: GradientFlow, layer: LayerFlow) -> list[str]:
    """Model and layer; below it the verdict where it is about this layer, and the causes."""
    lines = [f"{clip(flow.model, NAME)}: {named(layer, NAME)}" if layer.name else named(layer, NAME)]
    told = ""
    if layer is flow.layers[flow.worst]:
        word, sentence = verdict_told(flow)
        told = (f"{word.lower()}: {sentence}" if word else sentence).rstrip(".")
    if flow.causes:
        also = ", ".join(cause.name.lower().replace("_", " ") for cause in flow.causes)
        told = f"{told}; also {also}" if told else f"apart from time: {also}"
    return [*lines, *textwrap.wrap(told, COLUMNS, max_lines=LINES, placeholder=" …")]


def _headed(figure: Any, lines: list[str], height: float) -> None:
    """Write the heading into the uppermost part of the figure, of this height in inches."""
    for text, below, size in ((lines[0], 0.12, 15), ("\n".join(lines[1:]), 0.45, 11)):
        if text:
            put_text(partial(figure.text, 0.003, 1 - below / height), text, size=size, va="top")
