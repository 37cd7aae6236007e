"""The model's answers in a slice, as filled contours with their colours and the line on which the decision changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from limen._types import FloatArray
from limen.plots._axes import put_text
from limen.plots._colours import opaque, scheme_on
from limen.plots._slice import Lines, Slice
from limen.results._terminal import clip

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEVELS = 11


class Palette:
    """Colours of answers: the ground at the level, blue above it, orange below."""

    def __init__(self, ax: Axes, found: Slice, lines: Lines) -> None:
        from matplotlib.colors import LinearSegmentedColormap, Normalize
        from matplotlib.ticker import MaxNLocator

        ground = ax.get_facecolor()
        scheme = scheme_on(ground)
        probability = found.explanation.unit == "probability"
        shown = [found.explanation.probes.answers, *([found.surface.answers.ravel()] if found.surface else [])]
        answers = np.concatenate(shown)
        middle = 0.5 if probability else lines.level if np.isfinite(lines.level) else found.explanation.prediction
        half = 0.5 if probability else float(np.abs(answers - middle).max()) or 1.0
        colours: Any = [scheme["minus-5"], opaque(ground), scheme["plus-5"]]
        low, high = float(answers.min()), float(answers.max())
        ends = np.linspace(0.0, 1.0, LEVELS) if probability else MaxNLocator(LEVELS).tick_values(low, high)
        self.map = LinearSegmentedColormap.from_list("limen", colours)
        self.norm = Normalize(middle - half, middle + half)
        self.levels = ends if len(ends) > 1 else np.array([low - 1.0, low + 1.0])
        self.extend = "both" if probability and (low < 0.0 or high > 1.0) else "neither"

    def colours(self, answers: FloatArray) -> FloatArray:
        """Red, green, blue and opacity (n, 4) of answers (n)."""
        return np.asarray(self.map(self.norm(answers)))


class _Sheet:
    """Answers (and margins) on a grid, or on the corners of triangles."""

    def __init__(self, ax: Axes, found: Slice) -> None:
        self.margins: FloatArray | None = None
        self.where: tuple[Any, ...] | None = None
        self.fill: Any = ax.contourf
        self.line: Any = ax.contour
        surface = found.surface
        if surface is None:
            self.where, self.answers = _tiles(found)
            self.fill, self.line = ax.tricontourf, ax.tricontour
            return
        self.where, self.answers = (surface.first, surface.second), surface.answers.T
        if np.isfinite(surface.margins).all():
            self.margins = surface.margins.T


def draw_model(ax: Axes, found: Slice, lines: Lines, palette: Palette) -> bool | None:
    """Draw the answers and the line, say whether it is in the picture.

    None where neither a surface nor the probes tell the answers.
    """
    scheme, sheet = scheme_on(ax.get_facecolor()), _Sheet(ax, found)
    if sheet.where is None:
        _colour_key(ax, found, palette)
        return None
    style = {"levels": palette.levels, "cmap": palette.map, "norm": palette.norm, "extend": palette.extend}
    filled = sheet.fill(*sheet.where, sheet.answers, **style)
    thin = {"levels": palette.levels[1:-1:2], "colors": scheme["muted"], "linewidths": 0.6, "linestyles": "-"}
    if len(palette.levels) > 2:
        ax.clabel(sheet.line(*sheet.where, sheet.answers, **thin), fontsize=7, fmt="%.3g")
    _colour_key(ax, found, palette, filled)
    # Its line is that of the level at which the surrogates' are drawn, unless theirs are those of the decision.
    margins = sheet.margins if lines.decided and sheet.margins is not None else sheet.answers - lines.level
    if not (np.isfinite(margins).all() and margins.min() < 0 < margins.max()):
        return False
    sheet.line(*sheet.where, margins, levels=[0.0], colors=scheme["ink"], linewidths=2.6, linestyles="-")
    return True


def _tiles(found: Slice) -> tuple[tuple[Any, ...] | None, FloatArray]:
    """The probes as corners of triangles, where nothing but the two parts varied and they span a plane."""
    from matplotlib.tri import Triangulation

    known = ~np.isnan(found.values).any(axis=1)
    values, places = np.unique(found.values[known], axis=0, return_index=True)
    scaled = (values - values.mean(axis=0)) / np.maximum(values.std(axis=0), 1e-300) if len(values) else values
    if not found.whole or len(values) < 4 or np.linalg.matrix_rank(scaled, tol=1e-6) < 2:
        return None, np.zeros(0)
    shape = Triangulation(scaled[:, 0], scaled[:, 1]).triangles
    tiles = Triangulation(values[:, 0], values[:, 1], shape)
    return (tiles,), found.explanation.probes.answers[1:][known][places]


def _colour_key(ax: Axes, found: Slice, palette: Palette, filled: Any = None) -> None:
    from matplotlib.cm import ScalarMappable

    shades = ScalarMappable(palette.norm, palette.map) if filled is None else filled
    bar = ax.figure.colorbar(shades, ax=ax, fraction=0.05, pad=0.02)
    unit = "difference" if found.explanation.against else found.explanation.unit  # the whole of it is in the title
    told = f"{clip(found.explanation.target_name[:160], 30)} ({unit})"
    put_text(bar.set_label, f"the model's answer: {told}")
