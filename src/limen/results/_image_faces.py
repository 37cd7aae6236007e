"""What a picture of an image's explanation shows: numbers over the pixels, outlines, labels, shades."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from limen._errors import InputError, unknown
from limen._types import BoolArray, FloatArray
from limen.results._html_pieces import signed
from limen.results._image_shapes import Pixels, deepest, outlines
from limen.results._terminal import IMAGE_SHOWN, digits
from limen.results.image import ImageInstance
from limen.results.status import Doubt

if TYPE_CHECKING:
    from limen.results.explanation import Explanation

EFFECTS, PARTS, DISAGREEMENT, ERRORS = KINDS = ("effects", "parts", "disagreement", "errors")
BLUE, ORANGE, VIOLET = (11, 92, 173), (217, 95, 2), (106, 40, 160)
"""Support, opposition, and sizes without a sign: told apart by readers with any of the common colour blindnesses."""
DEEPEST = 0.68
"""How much of the photo the deepest shade covers."""
LABELS, SUPPORTS = 6, 5
"""Numbers that are written into the picture, and supporting parts that are shown alone."""
SMALLEST = 0.035
"""Distance from the border, in shares of the longer side, that a sign in a map of several segmentations needs."""
PALER = 30.0
"""By how much shades are paler where there is nothing to attribute: noise at full depth looks like a finding."""
Z95 = 1.96


@dataclass(frozen=True, eq=False)
class Face:
    """One map over an image: values (H, W), what they are, and whether they have a sign.

    flat: the answers hardly change, so the shades are next to none.
    """

    kind: str
    values: FloatArray
    told: str
    signed: bool
    flat: bool = False

    @property
    def largest(self) -> float:
        """The value of the deepest shade."""
        return (float(np.abs(self.values).max()) or 1.0) * (PALER if self.flat else 1.0)


@dataclass(frozen=True, eq=False)
class Shape:
    """A region that differs from 0 at 95 %: its closed lines, its side, its size (0 to 1), and it in words."""

    loops: list[FloatArray]
    support: bool
    size: float
    told: str


@dataclass(frozen=True)
class Label:
    """Numbers in the picture: where they stand, the room around it in pixels, an effect, and the part that has it.

    text: the effect, "" where the part alone is told. part: "" in a map of several segmentations.
    """

    x: float
    y: float
    room: float
    text: str
    part: str = ""


def image_of(explanation: Explanation) -> ImageInstance:
    """The image of an explanation. Raises InputError where it is of something else."""
    if not isinstance(explanation.instance, ImageInstance):
        raise InputError("explanation is of no image; plots.tokens draws texts, and plots.bars rows of a table.")
    return explanation.instance


def image_face(explanation: Explanation, kind: str) -> Face:
    """The numbers of a kind over the pixels. Raises InputError for an unknown kind, or one that there is none of."""
    instance = image_of(explanation)
    if kind not in KINDS:
        raise unknown("kind", kind, [f"'{one}'" for one in KINDS])
    pixels = explanation.pixels
    assert pixels is not None
    alone = instance.n_segmentations == 1
    each = "" if alone else " for each 1 % of the picture"
    if kind == DISAGREEMENT:
        if pixels.disagreement is None:
            raise InputError(
                "kind is 'disagreement', and there was one segmentation, which has nothing to disagree with; explain "
                "with limen.Image(segmentations=3) or more."
            )
        return Face(kind, pixels.disagreement / 100, f"standard deviation between segmentations{each}", False)
    if kind == ERRORS:
        values = explanation.effects.standard_errors[instance.labels[0]] if alone else pixels.standard_errors / 100
        return Face(kind, values, f"standard error of the effect{each}", False)
    values = explanation.effects.values[instance.labels[0]] if alone else pixels.values / 100
    return Face(kind, values, f"effect{each}", True, flat=is_flat(explanation))


def is_flat(explanation: Explanation) -> bool:
    """Whether the answers hardly change, so that no part is worth a line around it."""
    return Doubt.FLAT in explanation.doubts


def sides(explanation: Explanation) -> tuple[BoolArray, BoolArray]:
    """Where (H, W) the effect is above 0, and where below, at 95 %."""
    labels, pixels, effects = image_of(explanation).labels, explanation.pixels, explanation.effects
    assert pixels is not None
    if is_flat(explanation):
        return np.zeros(labels[0].shape, dtype=np.bool_), np.zeros(labels[0].shape, dtype=np.bool_)
    if len(labels) == 1:
        return (effects.low > 0)[labels[0]], (effects.high < 0)[labels[0]]
    reaches = [
        np.median((one.high - one.values)[one.standard_errors > 0] / one.standard_errors[one.standard_errors > 0])
        for one in pixels.effects
        if (one.standard_errors > 0).any()
    ]
    ends = max([Z95, *reaches]) * pixels.standard_errors  # as wide as the intervals of the parts, which have a t
    return np.asarray(pixels.values > ends), np.asarray(pixels.values < -ends)


def shapes(explanation: Explanation) -> list[Shape]:
    """The parts that differ from 0 at 95 %, the largest first; of several segmentations, the regions of either side."""
    labels, effects = image_of(explanation).labels, explanation.effects
    if len(labels) > 1:
        plus, minus = sides(explanation)
        both = [(plus, True, "supports at 95 %"), (minus, False, "opposes at 95 %")]
        return [Shape(outlines(mask), support, 0.4, told) for mask, support, told in both if mask.any()]
    largest = float(np.abs(effects.values).max()) or 1.0
    places = digits([largest])
    found = []
    for part in sure_parts(explanation):
        value = float(effects.values[part])
        told = f"{explanation.parts[part]}: {signed(value, places)}"
        found.append(Shape(outlines(labels[0] == part), value > 0, abs(value) / largest, told))
    return found


def sure_parts(explanation: Explanation) -> list[int]:
    """The parts of the first segmentation that differ from 0 at 95 %, by falling size."""
    effects = explanation.effects
    if is_flat(explanation):
        return []
    return [part for part in explanation.top() if effects.low[part] > 0 or effects.high[part] < 0]


def labels_in(explanation: Explanation) -> list[Label]:
    """The numbers of the parts that are listed, with the effects of the strongest that differ from 0 at 95 %.

    Of several segmentations, effects at the middles of the clearest regions.
    """
    labels, effects = image_of(explanation).labels, explanation.effects
    if len(labels) == 1:
        found, told = [], sure_parts(explanation)[:LABELS]
        for part in explanation.top(IMAGE_SHOWN):
            value = float(effects.values[part])
            text = signed(value, 2 if abs(value) >= 0.095 else 3) if part in told else ""
            found.append(Label(*deepest(labels[0] == part), text, str(part)))
        return found
    values = image_face(explanation, EFFECTS).values
    return [label for side in sides(explanation) for label in _labels_of(side, values)]


def _labels_of(mask: BoolArray, values: FloatArray) -> list[Label]:
    """Numbers in the roomiest places of a region, at most three, none near another."""
    left, found = mask.copy(), list[Label]()
    rows, columns = np.ogrid[: mask.shape[0], : mask.shape[1]]
    while left.any() and len(found) < LABELS // 2:
        x, y, room = deepest(left)
        if room < SMALLEST * max(mask.shape):
            break
        value = float(values[min(int(y), len(values) - 1), min(int(x), values.shape[1] - 1)])
        found.append(Label(x, y, room, signed(value, digits([value])) if abs(value) < 0.01 else signed(value, 3)))
        left &= (rows - y) ** 2 + (columns - x) ** 2 > (2.5 * room) ** 2
    return found


def supporting(explanation: Explanation) -> BoolArray:
    """Where (H, W) the most supporting parts are; of several segmentations, the upper half of what supports."""
    labels, effects = image_of(explanation).labels, explanation.effects
    if len(labels) == 1:
        parts = [part for part in sure_parts(explanation) if effects.values[part] > 0][:SUPPORTS]
        return np.asarray(np.isin(labels[0], parts))
    plus, _ = sides(explanation)
    values = image_face(explanation, EFFECTS).values
    return np.asarray(plus & (values >= 0.5 * values.max()))


def overlay(face: Face) -> Pixels:
    """The shades of a map as a transparent image (H, W, 4): nothing at 0, deepest at the largest size."""
    return shaded(face.values / face.largest, signed_=face.signed)


def shaded(shares: FloatArray, *, signed_: bool) -> Pixels:
    """Shades (..., 4) of relative sizes (...) from -1 to 1, or of those without a sign from 0 to 1."""
    colours = (
        np.where((shares > 0)[..., None], BLUE, ORANGE) if signed_ else np.broadcast_to(VIOLET, (*shares.shape, 3))
    )
    cover = 255 * DEEPEST * np.abs(shares) ** 0.8  # small effects would hardly be seen in proportion
    return np.concatenate([colours, np.rint(cover)[..., None]], axis=-1).astype(np.uint8)


def greyed(image: Pixels) -> Pixels:
    """A photo (H, W, 3) as the ground of a map: grey, light, and of less contrast."""
    grey = image.astype(np.float64) @ [0.299, 0.587, 0.114]
    return np.repeat(np.rint(88 + 0.6 * grey).astype(np.uint8)[..., None], 3, axis=2)
