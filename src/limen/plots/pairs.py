"""What parts do together, and how the slope of each changes: the Hessian as a matrix."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from limen._errors import InputError
from limen._types import BoolArray, FloatArray
from limen.plots._axes import axes_or_new, put_text, say_nothing_here
from limen.plots._check import check, count_of, doubts_told, headline
from limen.plots._colours import scheme_on, shade_on
from limen.plots._fonts import drawable, families_for, left_to_right
from limen.results import Explanation
from limen.results._faces import label
from limen.results._html_pieces import signed
from limen.results._terminal import clip, digits

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAME, HEAD = 30, 16
CELL, MARGIN = 0.62, 2.6
"""Inches."""


def pairs(explanation: Explanation, *, top: int = 12, ax: Axes | None = None) -> Axes:
    """Draw the Hessian of the quadratic as a matrix of signed numbers, of the `top` parts with the largest entries.

    Off the diagonal stands what two parts do beyond the sum of each; of two numbers, how the slope of one changes with
    the other. On the diagonal stands the curvature of each number, nothing for parts that are kept or hidden. All per
    squared background standard deviation. Bold in a frame: differs from 0 at 95 %. A dot: left out of a sparse
    quadratic. Shades say the same as the numbers. Returns the Axes: `ax`, or that of a new figure.
    Raises InputError if `explanation` is no Explanation or shows a line, `ax` no Axes, or `top` below 1.
    """
    check(explanation, ax)
    count = count_of(top, "12 parts")
    if explanation.interactions is None:
        raise InputError(
            "explanation shows a line, in which no two parts act together; explain with surrogate=limen.Quadratic()."
        )
    values, sure, there = _matrix(explanation)
    sizes = np.where(np.isfinite(values), np.abs(values), 0.0).max(axis=1)
    order = np.sort(np.argsort(-sizes, kind="stable")[:count])
    cut = np.ix_(order, order)
    wide = MARGIN + CELL * len(order)
    ax = axes_or_new(ax, max(2.6, wide - 0.4), max(6.4, wide))
    if not there[cut].any():
        say_nothing_here(ax, "no two parts act together")
        return ax
    _draw(ax, values[cut], sure[cut], there[cut])
    _label(ax, explanation, order.tolist())
    return ax


def _matrix(explanation: Explanation) -> tuple[FloatArray, BoolArray, BoolArray]:
    """The Hessian (d, d), where it differs from 0 at 95 %, and where the surrogate has an entry."""
    pair, bent = explanation.interactions, explanation.curvature
    assert pair is not None
    values, _ = explanation.hessian()
    sure, there = (pair.low > 0) | (pair.high < 0), pair.selected.copy()
    np.fill_diagonal(sure, False if bent is None else (bent.low > 0) | (bent.high < 0))
    np.fill_diagonal(there, False if bent is None else np.isfinite(bent.values))
    return values, sure & there, there


def _draw(ax: Axes, values: FloatArray, sure: BoolArray, there: BoolArray) -> None:
    from matplotlib.patches import Rectangle

    ground, n = ax.get_facecolor(), len(values)
    scheme = scheme_on(ground)
    known = np.where(there, values, 0.0)
    largest, places = float(np.abs(known).max()) or 1.0, digits(known.ravel().tolist())
    small = max(5.0, 9.0 - 0.6 * max(0, places - 3) - 0.12 * max(0, n - 12))
    for i in range(n):
        for j in range(n):
            shade = shade_on(ground, known[i, j] / largest) if there[i, j] else ground
            edge: dict[str, Any] = {"edgecolor": scheme["rule"], "linewidth": 0.6, "zorder": 1}
            ax.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, facecolor=shade, **edge))
            if sure[i, j]:
                frame: dict[str, Any] = {"edgecolor": scheme["ink"], "linewidth": 1.3, "facecolor": "none", "zorder": 2}
                ax.add_patch(Rectangle((j - 0.44, i - 0.44), 0.88, 0.88, **frame))
            said = signed(float(known[i, j]), places) if there[i, j] else "" if i == j else "·"
            weight = "bold" if sure[i, j] else "normal"
            colour = scheme["ink" if sure[i, j] else "muted"]
            ax.text(j, i, said, ha="center", va="center", fontsize=small, weight=weight, color=colour)
    ax.set(xlim=(-0.5, n - 0.5), ylim=(n - 0.5, -0.5), aspect="equal")


def _label(ax: Axes, explanation: Explanation, order: list[int]) -> None:
    rows = [clip(label(explanation, part)[: 8 * NAME], NAME) for part in order]
    columns = [clip(explanation.parts[part][: 8 * HEAD], HEAD) for part in order]
    families = families_for("".join([*rows, *columns]))
    style: dict[str, Any] = {"parse_math": False, "usetex": False, "fontfamily": families}
    shown = [[left_to_right(drawable(name, families)) for name in names] for names in (rows, columns)]
    ax.set_yticks(range(len(order)), shown[0], **style)
    ax.set_xticks(range(len(order)), shown[1], rotation=40, ha="right", rotation_mode="anchor", **style)
    ax.tick_params(length=0)
    for side in ax.spines.values():
        side.set_visible(False)
    rest = len(explanation.parts) - len(order)
    what = "Hessian per squared standard deviation" if explanation.curvature is not None else "what two do together"
    lines = [headline(explanation, 26), what, "framed: differs from 0 at 95 %"]
    lines.append(f"not shown, with smaller entries: {rest}" if rest else "")
    lines.append(textwrap.fill(doubts_told(explanation), 44))
    put_text(ax.set_title, "\n".join(filter(None, lines)), loc="left", fontsize="medium")
