"""The effects of the parts as bars, with their intervals."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from limen._errors import InputError
from limen.plots._check import check, count_of, doubts_told, headline
from limen.plots._colours import scheme_on
from limen.plots._fonts import drawable, families_for, left_to_right
from limen.results import Explanation
from limen.results._faces import CONTRIBUTION, CURVATURE, EFFECT, KEPT, TABLE_KINDS, Face, face_of, label
from limen.results._html_pieces import signed
from limen.results._rounds_words import order_told
from limen.results._table_words import listed
from limen.results._terminal import clip, digits, width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAME, VALUED, LEFT_OUT = 28, 36, 20
COLUMNS = 70
"""Letters of a line below the axis."""
LETTER, SMALLER = 0.085, 0.83
"""Inches of a letter of a name, and how much smaller those of the numbers are."""


def bars(explanation: Explanation, *, kind: str | None = None, top: int = 12, ax: Axes | None = None) -> Axes:
    """Draw the `top` largest effects as bars from zero, largest first, with 95 % intervals as whiskers.

    kind: which of its numbers, one at a time. For a table row "contribution" (the default: f(x) less the mean answer
    where this part alone is drawn from the background), "slope per standard deviation", "slope per unit" (of each
    column, of times a day), "curvature" (per squared standard deviation), or "kept as it is" (of categories: what that
    adds near this row); for a text "effect". Parts that have no such number are named below the axis.

    Support is a filled bar to the right, opposition a hollow dashed one to the left. Where every answer is known there
    are no intervals, and the axis says "exact". Returns the Axes: `ax`, or that of a new figure.
    Raises InputError if `explanation` is no Explanation, `ax` no Axes, `top` below 1, or the record has no such kind.
    """
    check(explanation, ax)
    count = count_of(top, "the 12 largest effects")
    face = face_of(explanation, kind)
    order = list(face.parts[:count])
    if not order:
        told = f"kind is {face.kind!r}, and no part of this row has one; the kinds are: {', '.join(TABLE_KINDS)}."
        raise InputError(told)
    if ax is None:
        from matplotlib import pyplot as plt

        _, ax = plt.subplots(figsize=(7, 1.5 + 0.34 * len(order)), layout="constrained")
    ends, numbers = _draw(face, order, ax)
    names = _label(explanation, face, order, ax)
    room = _room(ax, ends, names, numbers) if face.kind != EFFECT else 0.17 * ((ends[1] - ends[0]) or 1.0)
    ax.set_xlim(ends[0] - room * (ends[0] < 0), ends[1] + room)
    return ax


def _room(ax: Axes, ends: tuple[float, float], names: Sequence[str], numbers: Sequence[str]) -> float:
    """Room beyond the bars for the numbers at their ends, in units of the axis: they must not touch the names."""
    figure = ax.figure
    wide = figure.bbox.width / figure.dpi * ax.get_position().width - LETTER * max(map(width, names))
    share = SMALLER * LETTER * max(map(len, numbers)) / max(wide, 1.5) + 0.05
    sides = 1 + (ends[0] < 0)
    return min(share, 0.3) / (1 - sides * min(share, 0.3)) * ((ends[1] - ends[0]) or 1.0)


def _draw(face: Face, order: list[int], ax: Axes) -> tuple[tuple[float, float], list[str]]:
    """Draw bars and whiskers; give the lowest and the highest end of them, zero included, and the numbers beside."""
    scheme = scheme_on(ax.get_facecolor())
    ends = [0.0]
    shown = [face.estimates[part] for part in order]
    places = digits(effect.value for effect in shown)
    for row, effect in enumerate(shown):
        up = effect.value >= 0
        ax.barh(
            row,
            effect.value,
            height=0.62,
            color=scheme["plus-4"] if up else "none",
            edgecolor=scheme["plus" if up else "minus"],
            linestyle="-" if up else (0, (3, 1.5)),
            linewidth=1.2,
        )
        if effect.standard_error:
            sides = [[max(0.0, effect.value - effect.low)], [max(0.0, effect.high - effect.value)]]
            ax.errorbar(effect.value, row, xerr=sides, fmt="none", ecolor=scheme["ink"], elinewidth=1.3, capsize=3.5)
        ends += [effect.low, effect.high, effect.value]
        ax.annotate(
            signed(effect.value, places),
            (max(effect.high, effect.value) if up else min(effect.low, effect.value), row),
            xytext=(6 if up else -6, 0),
            textcoords="offset points",
            ha="left" if up else "right",
            va="center",
            fontsize="small",
            color=scheme["ink"],
        )
    ax.axvline(0, color=scheme["muted"], linewidth=1, zorder=0.5)
    ax.set_ylim(len(order) - 0.45, -0.55)
    return (min(ends), max(ends)), [signed(effect.value, places) for effect in shown]


def _label(explanation: Explanation, face: Face, order: list[int], ax: Axes) -> list[str]:
    """Names, axis and title; gives the names. Nothing that came from outside is read as mathematics."""
    short = face.kind != EFFECT  # the names take more room, with their values
    room = VALUED if short else NAME
    names = [clip(label(explanation, part)[: 8 * room], room) for part in order]
    errors = face.estimates.standard_errors[order]
    target = clip(explanation.target_name[:160], 22 if short else 40)
    kind = "whiskers: 95 % intervals" if errors.any() else "exact"
    rest = len(face.parts) - len(order)
    small = f"not shown, with smaller {'effects' if face.kind == EFFECT else 'numbers'}: {rest}" if rest else ""
    ties = order_told(explanation) if face.kind == EFFECT else ""
    of_axis = _axis_title(explanation, face, target, kind)
    axis = "\n".join(filter(None, (of_axis, ties, small, *_left_out(explanation, face))))
    title = "\n".join(filter(None, (headline(explanation, 26 if short else 50), doubts_told(explanation))))
    families = families_for("".join([*names, axis, title]))
    style: dict[str, Any] = {"parse_math": False, "usetex": False, "fontfamily": families}
    ax.set_yticks(range(len(order)), [_shown(name, families) for name in names], **style)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel(_shown(axis, families), **style)
    ax.set_title(_shown(title, families), loc="left", **style)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    return names


def _axis_title(explanation: Explanation, face: Face, target: str, kind: str) -> str:
    """What the bars count, on one line or two."""
    of = {EFFECT: "effect on", CURVATURE: "curvature (per squared standard deviation) of"}.get(face.kind, face.kind)
    if face.kind == EFFECT:
        return f"{of} {target} ({explanation.unit}), {kind}"
    of = {KEPT: "kept as it is, not changed: what that adds"}.get(face.kind, of)
    joint = "" if face.kind == CURVATURE else " to" if face.kind in (CONTRIBUTION, KEPT) else " of"
    return f"{of}{joint} {target} ({explanation.unit})\n{kind}"


def _left_out(explanation: Explanation, face: Face) -> list[str]:
    """Lines that name the parts without such a number, and those that never changed."""
    told = []
    for parts, start in ((face.left_out, f"no {face.kind.split(' ')[0]}"), (face.still, "never changed")):
        if parts and not (face.kind == KEPT and parts is face.left_out):
            names = [clip(explanation.parts[part], LEFT_OUT) for part in parts]
            told += textwrap.wrap(f"{start}: {listed(names)}", COLUMNS, max_lines=2, placeholder=" …")
    return told


def _shown(text: str, families: list[str]) -> str:
    return left_to_right(drawable(text, families))
