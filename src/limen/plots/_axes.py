"""What the pictures of gradient flow share: checks, axes of powers of ten and of factors, lines told apart, letters."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from limen._errors import InputError
from limen.plots._colours import scheme_on
from limen.plots._fonts import drawable, families_for, left_to_right
from limen.results import GradientFlow, LayerFlow
from limen.results._flow_words import named
from limen.results._ticks import Ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 7.0, 3.6
"""Inches, of a new figure."""
TITLE = 52
LINES: tuple[tuple[str, float, Any], ...] = (
    ("plus", 2.0, "-"),
    ("minus", 1.7, (0, (5, 2))),
    ("ink", 1.5, (0, (1, 1.6))),
    ("muted", 1.5, (0, (6, 2, 1, 2))),
    ("plus", 1.2, (0, (3, 3))),
    ("minus", 1.0, "-"),
)
"""Colour, width and pattern of each line; two of one colour differ in their patterns."""


def check_flow(flow: object, ax: object) -> None:
    """Raise InputError unless these are a GradientFlow and a matplotlib Axes (or None)."""
    if not isinstance(flow, GradientFlow):
        came = type(flow).__name__
        raise InputError(f"flow is of type {came}, expected a GradientFlow; give what limen.gradient_flow returns.")
    check_axes(ax)


def check_axes(ax: object) -> None:
    """Raise InputError unless this is a matplotlib Axes, or None."""
    from matplotlib.axes import Axes

    if ax is not None and not isinstance(ax, Axes):
        raise InputError(
            f"ax is of type {type(ax).__name__}, expected a matplotlib Axes or None; plt.subplots() gives a figure and "
            "an Axes (or an array of them: take one)."
        )


def layer_of(flow: GradientFlow, layer: int | None) -> LayerFlow:
    """The layer of a number, or the one that the verdict is about. Raises InputError where there is no such layer."""
    try:
        index = flow.worst if layer is None else -1 if isinstance(layer, bool) else operator.index(layer)
    except TypeError:
        index = -1
    if not 0 <= index < len(flow.layers):
        raise InputError(
            f"layer is {layer!r}, expected an int from 0 to {len(flow.layers) - 1}, the index of one of flow.layers; "
            "leave it out for the one that the verdict is about."
        )
    return flow.layers[index]


def axes_or_new(ax: Axes | None, height: float = HEIGHT, width: float = WIDTH) -> Axes:
    """The Axes that were given, or those of a new figure."""
    if ax is not None:
        return ax
    from matplotlib import pyplot as plt

    return plt.subplots(figsize=(width, height), layout="constrained")[1]


def line_style(ax: Axes, kind: int) -> dict[str, Any]:
    """How line number `kind` is drawn on these Axes."""
    colour, width, pattern = LINES[kind % len(LINES)]
    return {"color": scheme_on(ax.get_facecolor())[colour], "linewidth": width, "linestyle": pattern}


def dress(ax: Axes, title: str, x: str, y: str) -> None:
    """Title, names of the axes and the look of all. Nothing that came from outside is read as mathematics."""
    put_text(ax.set_title, title, loc="left")
    put_text(ax.set_xlabel, x)
    put_text(ax.set_ylabel, y)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)


def put_text(put: Callable[..., Any], text: str, **options: Any) -> None:
    """Hand a text to a function of matplotlib, in letters that there are, and not read as mathematics."""
    families = families_for(text)
    put(left_to_right(drawable(text, families)), parse_math=False, usetex=False, fontfamily=families, **options)


def put_ticks(axis: Any, ticks: Ticks) -> None:
    """Label a matplotlib axis at these places and nowhere else."""
    families = families_for("".join(text for _, text in ticks) + "0")
    style: dict[str, Any] = {"parse_math": False, "usetex": False, "fontfamily": families}
    axis.set_ticks([place for place, _ in ticks], [text for _, text in ticks], **style)
    axis.set_ticks([], minor=True)


def legend(ax: Axes, handles: Sequence[Any], **where: Any) -> None:
    """The key of what is drawn, in letters that can be read on these Axes."""
    scheme = scheme_on(ax.get_facecolor())
    key = ax.legend(
        handles=list(handles),
        fontsize="small",
        labelcolor=scheme["ink"],
        facecolor=ax.get_facecolor(),
        edgecolor=scheme["rule"],
        framealpha=0.85,
        handlelength=2.6,
        **where,
    )
    for text in key.get_texts():
        families = families_for(text.get_text())
        text.set(parse_math=False, usetex=False, fontfamily=families)
        text.set_text(left_to_right(drawable(text.get_text(), families)))


def title_of(flow: GradientFlow, layer: LayerFlow) -> str:
    """The layer's name; below it the verdict where it is about this layer, and the causes."""
    lines = [named(layer, TITLE)]
    about = layer is flow.layers[flow.worst]
    told = [flow.verdict.name.lower().replace("_", " ")] if about else []
    told += [f"also {', '.join(cause.name.lower().replace('_', ' ') for cause in flow.causes)}"] if flow.causes else []
    return "\n".join([*lines, *([", ".join(told)] if told else [])])


def say_nothing_here(ax: Axes, text: str) -> None:
    """A remark in the middle of Axes that have nothing to show."""
    colour = scheme_on(ax.get_facecolor())["muted"]
    ax.text(0.5, 0.5, text, transform=ax.transAxes, ha="center", va="center", color=colour)
    ax.set(xticks=[], yticks=[])
