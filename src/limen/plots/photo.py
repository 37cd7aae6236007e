"""The photo itself with what each part adds laid over it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from limen.plots._axes import put_text, put_ticks
from limen.plots._check import check
from limen.plots._colours import opaque
from limen.plots._photo import bare, photo_axes, put_image, put_labels, put_shapes, remark
from limen.results import Explanation
from limen.results._image_faces import (
    DISAGREEMENT,
    EFFECTS,
    PARTS,
    SUPPORTS,
    Face,
    image_face,
    image_of,
    labels_in,
    overlay,
    shaded,
    shapes,
    supporting,
)
from limen.results._terminal import clip
from limen.results._ticks import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TARGET = 30
VEIL = 0.86
"""How much of the photo is covered outside the supporting parts."""
GROUND = 190
"""The grey of the key's ground."""
OUTLINED = "Outlined: differs from 0 at 95 %; solid supports, dashed opposes."


def photo(explanation: Explanation, *, kind: str = EFFECTS, ax: Axes | None = None) -> Axes:
    """Draw the photo with a map over it, and a key with its unit.

    kind: "effects": what keeping each part adds; blue supports, orange opposes, the bare photo is 0. Parts that differ
    from 0 at 95 % are outlined, solid where they support and dashed where they oppose; the strongest have their effect.
    The numbers in discs are those of the parts that `str(explanation)` lists.
    With several segmentations the map is their mean for each 1 % of the picture, and regions are outlined. "parts": the
    parts that support most, five at most, in colour, the rest faded. "disagreement": the standard deviation between
    segmentations. "errors": the standard errors.
    Returns the Axes: `ax`, or that of a new figure; the key takes its room from them.
    Raises InputError if `explanation` is none of an image, `ax` no Axes, or the record has no map of the kind.
    """
    check(explanation, ax)
    face, instance = image_face(explanation, kind), image_of(explanation)
    ax = photo_axes(ax, instance)
    bare(ax, explanation, grey=kind != PARTS)
    if kind == PARTS:
        _parts(ax, explanation)
        return ax
    put_image(ax, overlay(face))
    if kind == EFFECTS:
        found = shapes(explanation)
        put_shapes(ax, found)
        put_labels(ax, labels_in(explanation))
        nothing = "The answer hardly changes, whatever is hidden." if face.flat else "Nothing differs from 0 at 95 %."
        remark(ax, OUTLINED if found else nothing)
    if kind == DISAGREEMENT:
        remark(ax, f"Between {instance.n_segmentations} segmentations: where it is deep, the cut decides the effect.")
    _key(ax, face, explanation)
    return ax


def _parts(ax: Axes, explanation: Explanation) -> None:
    mask = supporting(explanation)
    paper = np.rint(255 * np.asarray(opaque(ax.figure.get_facecolor())))
    veil = np.where(mask[..., None], [0, 0, 0, 0], [*paper, 255 * VEIL])
    put_image(ax, np.rint(veil).astype(np.uint8))
    shown = [shape for shape in shapes(explanation) if shape.support]
    several = image_of(explanation).n_segmentations > 1
    if not several:
        put_shapes(ax, shown[:SUPPORTS])
        put_labels(ax, [label for label in labels_in(explanation) if mask[int(label.y), int(label.x)]])
    what = f"The most supporting parts alone, {min(SUPPORTS, len(shown))} of {len(explanation.parts)}."
    if several:
        what = "What supports at least half as much as the best place does."
    remark(ax, what if mask.any() else "No part is known to support it: none is above 0 at 95 %.")


def _key(ax: Axes, face: Face, explanation: Explanation) -> None:
    """A strip of all shades below the photo, with numbers and the unit."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap, Normalize

    shares = np.linspace(-1 if face.signed else 0, 1, 255)
    shades = shaded(shares, signed_=face.signed).astype(np.float64)
    cover = shades[:, 3:] / 255
    colours = ListedColormap(((1 - cover) * GROUND + cover * shades[:, :3]) / 255)
    scale = Normalize(shares[0] * face.largest, face.largest)
    place: dict[str, Any] = {"orientation": "horizontal", "aspect": 38, "fraction": 0.06, "pad": 0.02}
    strip = ax.figure.colorbar(ScalarMappable(scale, colours), ax=ax, **place)
    strip.outline.set_visible(False)
    put_ticks(strip.ax.xaxis, plain(float(shares[0]) * face.largest, face.largest, 6))
    target = clip(explanation.target_name[: 8 * TARGET], TARGET)
    told = face.told.replace("effect", f"effect on {target} ({explanation.unit})", 1)
    put_text(strip.ax.set_xlabel, told if "effect" in face.told else f"{told} ({explanation.unit})", fontsize="small")
