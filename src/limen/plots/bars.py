"""The effects of the parts as bars, with their intervals."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from limen._errors import InputError
from limen.plots._check import check, doubts_told, headline
from limen.plots._colours import scheme_on
from limen.plots._fonts import drawable, families_for, left_to_right
from limen.results import Explanation
from limen.results._html import signed
from limen.results._terminal import clip, digits

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAME = 28


def bars(explanation: Explanation, *, top: int = 12, ax: Axes | None = None) -> Axes:
    """Draw the `top` largest effects as bars from zero, largest first, with 95 % intervals as whiskers.

    Support is a filled bar to the right, opposition a hollow dashed one to the left. Where every answer is known there
    are no intervals, and the axis says "exact". Returns the Axes: `ax`, or that of a new figure.
    Raises InputError if `explanation` is no Explanation, `ax` no Axes, or `top` below 1.
    """
    check(explanation, ax)
    try:
        count = 0 if isinstance(top, bool) else operator.index(top)
    except TypeError:
        count = 0
    if count < 1:
        raise InputError(f"top is {top!r}, expected an int of at least 1; leave it out for the 12 largest effects.")
    order = explanation.top(count)
    if ax is None:
        from matplotlib import pyplot as plt

        _, ax = plt.subplots(figsize=(7, 1.5 + 0.34 * len(order)), layout="constrained")
    _draw(explanation, order, ax)
    _label(explanation, order, ax)
    return ax


def _draw(explanation: Explanation, order: list[int], ax: Axes) -> None:
    scheme = scheme_on(ax.get_facecolor())
    ends = [0.0]
    places = digits(explanation.effects.values.tolist())
    for row, part in enumerate(order):
        effect = explanation.effects[part]
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
    room = 0.17 * ((max(ends) - min(ends)) or 1.0)  # for the numbers at the ends of the bars
    ax.set_xlim(min(ends) - room * (min(ends) < 0), max(ends) + room)
    ax.set_ylim(len(order) - 0.45, -0.55)


def _label(explanation: Explanation, order: list[int], ax: Axes) -> None:
    """Names, axis and title. Nothing that came from outside is read as mathematics."""
    names = [clip(explanation.parts[part][: 4 * NAME], NAME) for part in order]
    errors = explanation.effects.standard_errors[order]
    target = clip(explanation.target_name[:160], 40)
    kind = "whiskers: 95 % intervals" if errors.any() else "exact"
    rest = len(explanation.parts) - len(order)
    left_out = f"not shown, with smaller effects: {rest}" if rest else ""
    axis = "\n".join(filter(None, (f"effect on {target} ({explanation.scale}), {kind}", left_out)))
    title = "\n".join(filter(None, (headline(explanation), doubts_told(explanation))))
    families = families_for("".join([*names, axis, title]))
    style: dict[str, Any] = {"parse_math": False, "usetex": False, "fontfamily": families}
    ax.set_yticks(range(len(order)), [_shown(name, families) for name in names], **style)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel(_shown(axis, families), **style)
    ax.set_title(_shown(title, families), loc="left", **style)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)


def _shown(text: str, families: list[str]) -> str:
    return left_to_right(drawable(text, families))
