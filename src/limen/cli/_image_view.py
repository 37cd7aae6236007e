"""An image's explanation on a terminal, and as a picture file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console, RenderableType
from rich.style import Style
from rich.text import Text

import limen
from limen.cli._view import answer_told, effects, facts
from limen.results import ImageInstance, summary
from limen.results._image_faces import EFFECTS, greyed, image_face, overlay

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RESNET = "limen.zoo.resnet50() (--model for another)"
WIDEST, HIGHEST = 76, 22
"""Columns and lines of the picture, at most; a line holds two pixels."""
INCHES, BAR, TOP = 8.0, 0.34, 10
UPPER = "▀"


def image_renderables(explanation: limen.Explanation, screen: Console, top: int, model: str) -> list[RenderableType]:
    """What is printed: the answer, a small picture where there are enough colours, the parts, what is known."""
    instance = explanation.instance
    told = Text.assemble(answer_told(explanation), f"  {instance.text}.")
    drawn: list[RenderableType] = (
        [thumbnail(explanation, screen.width - 2)] if screen.color_system == "truecolor" else []
    )
    return [
        told,
        *drawn,
        effects(explanation, screen.width - 2, top),
        facts([("model", model), *summary(explanation)]),
    ]


def thumbnail(explanation: limen.Explanation, columns: int) -> Text:
    """The photo under its map of effects in half blocks: blue supports, orange opposes."""
    instance = explanation.instance
    assert isinstance(instance, ImageInstance)
    height, width = instance.image.shape[:2]
    scale = min(min(WIDEST, columns) / width, 2 * HIGHEST / height)
    wide, high = max(1, round(scale * width)), 2 * max(1, round(scale * height / 2))
    rows = np.minimum((np.arange(high) + 0.5) * height / high, height - 1).astype(int)
    across = np.minimum((np.arange(wide) + 0.5) * width / wide, width - 1).astype(int)
    place = np.ix_(rows, across)
    shades = overlay(image_face(explanation, EFFECTS))[place].astype(np.float64)
    cover = shades[..., 3:] / 255
    mixed = np.rint((1 - cover) * greyed(instance.image)[place] + cover * shades[..., :3]).astype(int)
    lines = Text(no_wrap=True)
    for upper, lower in zip(mixed[::2].tolist(), mixed[1::2].tolist(), strict=True):
        for above, below in zip(upper, lower, strict=True):
            lines.append(UPPER, Style(color=_hex(above), bgcolor=_hex(below)))
        lines.append("\n")
    lines.rstrip()
    return lines


def _hex(colour: list[int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def image_picture(explanation: limen.Explanation) -> Figure:
    """The heat map above the bars; where pairs act together and there are curves, these below."""
    from matplotlib.figure import Figure

    instance = explanation.instance
    assert isinstance(instance, ImageInstance)
    height, width = instance.image.shape[:2]
    tall = min(INCHES * height / width, 9.0)
    plots: list[tuple[Any, dict[str, Any], float]] = [(limen.plots.photo, {}, tall + 1.2)]
    if explanation.interactions is not None and explanation.interactions.strongest(1):
        plots.append((limen.plots.links, {}, tall + 0.6))
    plots.append((limen.plots.bars, {"top": TOP}, 0.9 + BAR * min(TOP, len(explanation.parts))))
    if explanation.curves is not None:
        plots.append((limen.plots.curves, {}, 3.2))
    heights = [inches for _, _, inches in plots]
    figure = Figure(figsize=(INCHES, sum(heights)), dpi=160, layout="constrained")
    for part, (draw, options, _) in zip(
        np.atleast_1d(np.asarray(figure.subfigures(len(plots), 1, height_ratios=heights))), plots, strict=True
    ):
        axes = draw(explanation, ax=part.subplots(), **options)
        if draw is not plots[0][0]:
            axes.set_title("", loc="left")  # the first picture has the same one
    return figure
