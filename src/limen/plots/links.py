"""Pairs of parts of an image that act together, as lines over the photo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limen._errors import InputError
from limen.plots._check import check, count_of
from limen.plots._photo import bare, photo_axes, put_disc, put_line, put_number, put_outline, remark
from limen.results import Explanation
from limen.results._html_pieces import signed
from limen.results._image_faces import image_of
from limen.results._image_links import Link, links_of
from limen.results._terminal import clip

if TYPE_CHECKING:
    from matplotlib.axes import Axes

THIN, THICK = 1.4, 5.5
TOLD = "Lines: what two parts add together beyond the sum of each, at 95 %; solid more, dashed less."


def links(explanation: Explanation, *, top: int = 8, ax: Axes | None = None) -> Axes:
    """Draw the photo with a line between each two parts that act together, the `top` strongest of them.

    The number at a line is what the two add beyond the sum of each: solid blue where they add more, dashed orange where
    they add less; thick where it is much. Parts are outlined and told by their numbers. Only pairs that differ from 0
    at 95 % are drawn. Returns the Axes: `ax`, or that of a new figure. Raises InputError if `explanation` is none of an
    image or shows a line, `ax` no Axes, or `top` below 1.
    """
    check(explanation, ax)
    instance = image_of(explanation)
    count = count_of(top, "the 8 strongest pairs")
    if explanation.interactions is None:
        raise InputError(
            "explanation shows a line, in which no two parts act together; explain with surrogate=limen.Quadratic()."
        )
    found = links_of(explanation, count)
    ax = photo_axes(ax, instance)
    bare(ax, explanation)
    for link in found:
        put_outline(ax, link.loops)
    for link in reversed(found):
        _draw(ax, link)
    target = clip(explanation.target_name[:240], 30)
    told = f"{TOLD} In units of {target} ({explanation.unit})."
    remark(ax, told if found else "No two parts act together at 95 %.")
    return ax


def _draw(ax: Axes, link: Link) -> None:
    put_line(ax, link.ends, support=link.value > 0, wide=THIN + (THICK - THIN) * link.size)
    for (x, y), part in zip(link.ends.tolist(), link.parts, strict=True):
        put_disc(ax, x, y, str(part), 14.0)
    put_number(ax, *link.middle, signed(link.value, 2 if abs(link.value) >= 0.095 else 3), 9.0)
