"""What pictures over a photo share: the photo as a ground, lines with a halo, letters, and the title."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from limen._types import FloatArray
from limen.plots._axes import put_text
from limen.plots._check import doubts_told, headline
from limen.plots._colours import scheme_on
from limen.results import Explanation, ImageInstance
from limen.results._image_faces import Label, Shape, greyed
from limen.results._image_shapes import Pixels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 7.0
"""Inches, of a new figure."""
KEY = 1.45
"""Inches for title, key and remarks above and below the photo."""
MARGIN = 0.055
"""Where the middle of a number may lie, in shares of the width from either side."""
DROP = 13.0
"""Points from the middle of a disc to that of the effect below it."""
LETTERS = 13
"""Letters of a remark in an inch, at most."""
INK, HALO = "#10151b", "#ffffff"
STROKES = {True: ("#08427f", "-"), False: ("#8f3d00", (0, (3.2, 1.6)))}
"""Colour and pattern of support and of opposition."""


def photo_axes(ax: Axes | None, instance: ImageInstance) -> Axes:
    """The Axes that were given, or those of a new figure of the photo's shape."""
    if ax is not None:
        return ax
    from matplotlib import pyplot as plt

    height, width = instance.image.shape[:2]
    inches = WIDTH if width >= height else max(4.0, WIDTH * width / height)
    return plt.subplots(figsize=(inches, min(inches * height / width, 9.0) + KEY), layout="constrained")[1]


def put_image(ax: Axes, pixels: Pixels) -> None:
    """Draw an image (H, W, 3 or 4) so that a point (x, y) lies x pixels to the right and y down of its corner."""
    height, width = pixels.shape[:2]
    ax.imshow(pixels, extent=(0, width, height, 0), interpolation="nearest" if pixels.shape[2] == 4 else "antialiased")


def bare(ax: Axes, explanation: Explanation, *, grey: bool = True) -> None:
    """The photo without ticks and frame, and above it what is explained and what is doubted."""
    instance = explanation.instance
    assert isinstance(instance, ImageInstance)
    put_image(ax, greyed(instance.image) if grey else instance.image)
    ax.set(xticks=[], yticks=[])
    for side in ax.spines.values():
        side.set_visible(False)
    title = "\n".join(filter(None, (headline(explanation), doubts_told(explanation))))
    put_text(ax.set_title, title, loc="left", fontsize="medium")


def remark(ax: Axes, text: str) -> None:
    """A sentence below the photo, on as many lines as it needs there."""
    left, right, bottom, top = ax.images[0].get_extent()
    room = ax.get_window_extent()
    wide = min(room.width, room.height * (right - left) / (bottom - top)) / ax.figure.dpi
    colour = scheme_on(ax.figure.get_facecolor())["muted"]
    told = textwrap.fill(text, max(24, int(LETTERS * wide)))
    put_text(ax.set_xlabel, told, fontsize="small", color=colour, loc="left")


def put_line(ax: Axes, points: FloatArray, *, support: bool, wide: float, inside: FloatArray | None = None) -> None:
    """A line (k, 2), solid for support and dashed for opposition, on a light halo. inside: where it is cut off."""
    colour, pattern = STROKES[support]
    grounds: tuple[dict[str, Any], ...] = (
        {"color": HALO, "linewidth": wide + 1.8, "solid_capstyle": "round"},
        {"color": colour, "linewidth": wide, "linestyle": pattern, "solid_capstyle": "round", "dash_capstyle": "butt"},
    )
    for look in grounds:
        (line,) = ax.plot(points[:, 0], points[:, 1], zorder=3, **look)
        if inside is not None:
            _cut(line, inside, ax)


def _cut(line: Any, loop: FloatArray, ax: Axes) -> None:
    from matplotlib.path import Path

    line.set_clip_path(Path(loop, closed=False), ax.transData)


def put_shapes(ax: Axes, shapes: Iterable[Shape]) -> None:
    """Outline regions, each within itself, so that neighbours do not cover each other; the largest are the thickest."""
    for shape in shapes:
        for loop in shape.loops:
            closed = np.concatenate([loop, loop[:1]])
            outer = _area(loop) > 0
            put_line(ax, closed, support=shape.support, wide=2.0 + 3.0 * shape.size, inside=closed if outer else None)


def _area(loop: FloatArray) -> float:
    """Twice the area in a loop; below 0 for holes."""
    x, y = loop.T
    return float((x * np.roll(y, -1) - y * np.roll(x, -1)).sum())


def put_outline(ax: Axes, loops: Iterable[FloatArray]) -> None:
    """Outlines without a side: a thin dark line between two light ones."""
    for loop in loops:
        closed = np.concatenate([loop, loop[:1]])
        for colour, wide in ((HALO, 2.8), (INK, 1.0)):
            ax.plot(closed[:, 0], closed[:, 1], color=colour, linewidth=wide, zorder=2.5)


def put_labels(ax: Axes, labels: Iterable[Label]) -> None:
    """Write numbers into the picture: of parts in discs, and effects below these, the strongest on top."""
    left, right = ax.images[0].get_extent()[:2]
    margin = MARGIN * (right - left)
    for label in reversed(list(labels)):
        x = min(max(label.x, left + margin), right - margin)
        if label.part:
            put_disc(ax, x, label.y, label.part)
        if label.text:
            put_number(ax, x, label.y, label.text, below=DROP if label.part else 0.0)


def put_disc(ax: Axes, x: float, y: float, part: str, size: float = 11.5) -> None:
    """The number of a part in a disc of so many points."""
    ax.plot([x], [y], "o", markersize=size, markerfacecolor=HALO, markeredgecolor=INK, markeredgewidth=0.8, zorder=4)
    put_number(ax, x, y, part, 0.58 * size if len(part) < 3 else 0.46 * size)


def put_number(ax: Axes, x: float, y: float, text: str, size: float = 10.0, below: float = 0.0) -> None:
    """A number that can be read on any ground, so many points below a place."""
    from matplotlib.patheffects import withStroke

    effects = [withStroke(linewidth=3.0, foreground=HALO)]
    style: dict[str, Any] = {"ha": "center", "va": "center", "color": INK, "zorder": 5, "path_effects": effects}
    away: dict[str, Any] = {"xytext": (0.0, -below), "textcoords": "offset points"}
    ax.annotate(text, (x, y), fontsize=size, weight="bold", annotation_clip=True, **away, **style)
