"""An image as its parts, how it looks when some are hidden, and effects laid over its pixels."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from limen._canvas import Canvas
from limen._errors import InputError, RecordError
from limen._types import BoolArray, FloatArray
from limen.results._image_parts import ImageArray, LabelArray, mean_colours, part_names, part_sums
from limen.results._record import Record
from limen.results.estimates import Estimates

NAMED = 12
"""Parts that a note lists by their numbers, at most."""


def _check_labels(labels: LabelArray) -> None:
    """Raise RecordError unless there is a map, and every map (H, W) has all the parts from 0 to its highest."""
    if labels.ndim != 3 or labels.size == 0:
        raise RecordError(f"labels has the shape {labels.shape}, expected (segmentations, height, width).")
    for k, one in enumerate(labels):
        if not part_sums(one).all():
            raise RecordError(f"labels[{k}] skips a number below its highest, {one.max()}, expected 0 to d - 1.")


@dataclass(frozen=True, eq=False)
class ImageInstance(Record):
    """The image that is explained, cut into parts once or in several ways.

    Attributes
    ----------
    image: (H, W, 3) RGB, 0 to 255, at working size.
    labels: (K, H, W) the part 0 to d - 1 of each pixel in each of K segmentations; K is 1 unless more were asked for.
    fills: what stands in a hidden part's place, stretched over the image: (1, H, W, 3), (K, H, W, 3) where it depends
        on the parts, (1, 1, 1, 3) for one colour; (0, 1, 1, 3) where it is each part's own mean colour.
    names: (d) what the parts of the first segmentation are called: "part 7 (upper left)".
    fill: what hidden parts are filled with, in words. units: "superpixels", "cells", "hexagons" or "parts".
    segmentation: how the parts were made, with its parameters.
    size: (height, width) of the image as it came, upright. notes: what was changed in it on the way, as sentences.

    """

    image: ImageArray
    labels: LabelArray
    fills: ImageArray
    names: tuple[str, ...]
    fill: str
    units: str
    segmentation: str
    size: tuple[int, int]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_labels(self.labels)
        maps, height, width = self.labels.shape
        if self.image.shape != (height, width, 3):
            raise RecordError(f"image has the shape {self.image.shape}, expected {(height, width, 3)} as the labels.")
        if self.fills.shape not in {
            (0, 1, 1, 3),
            (1, 1, 1, 3),
            (1, height, width, 3),
            (maps, height, width, 3),
        }:
            raise RecordError(f"fills has the shape {self.fills.shape}, expected {(maps, height, width, 3)}.")
        if len(self.names) != self.parts_of(0):
            raise RecordError(f"names has {len(self.names)} entries, expected {self.parts_of(0)}, one for each part.")

    @property
    def n_parts(self) -> int:
        """The number of parts d of the first segmentation."""
        return len(self.names)

    @property
    def n_segmentations(self) -> int:
        """The number of segmentations K."""
        return len(self.labels)

    @property
    def text(self) -> str:
        """The image in one line, the width first: "640 × 426 photo, 50 superpixels"."""
        unit = self.units if self.n_parts != 1 else self.units.removesuffix("s")
        several = f"{self.n_segmentations} segmentations, the first of " if self.n_segmentations > 1 else ""
        return f"{self.size[1]} × {self.size[0]} photo, {several}{self.n_parts} {unit}"

    def parts_of(self, k: int) -> int:
        """The number of parts of segmentation k."""
        return int(self.labels[k].max()) + 1

    def names_of(self, k: int) -> tuple[str, ...]:
        """What the parts of segmentation k are called."""
        return self.names if k == 0 else part_names(self.labels[k])

    def area_shares(self, k: int = 0) -> FloatArray:
        """The share of the picture that each part of segmentation k covers (d); they sum to 1."""
        shares: FloatArray = part_sums(self.labels[k]) / self.labels[k].size
        return shares

    def cropped(self, seen: BoolArray) -> ImageInstance:
        """The same with a note on the parts of the first segmentation that never reach the model; seen: (d)."""
        gone = np.flatnonzero(~seen).tolist()
        if not gone:
            return self
        some = ", ".join(map(str, gone[:NAMED])) + (f" and {len(gone) - NAMED} more" if len(gone) > NAMED else "")
        share = 100 * float(self.area_shares()[gone].sum())
        part, reach, their, say = (
            ("part", "reaches", "its effect is", "says")
            if len(gone) == 1
            else ("parts", "reach", "their effects are", "say")
        )
        note = (
            f"The model's preprocessing crops the photo: {part} {some} ({share:.0f} % of the picture) never {reach} "
            f"it; {their} 0 but for error, and {say} nothing of what is seen there."
        )
        return dataclasses.replace(self, notes=(*self.notes, note))

    def joined(self, k: int, seen: BoolArray) -> ImageInstance:
        """The same with the parts of segmentation k that never reach the model as one part, the last; seen: (d).

        Each of them would be a coefficient for nothing. Parts that the user drew (units "parts") are left as they are.
        """
        if self.units == "parts" or np.count_nonzero(~seen) < 2:
            return self
        number = np.where(seen, np.cumsum(seen) - 1, np.count_nonzero(seen)).astype(self.labels.dtype)
        labels = self.labels.copy()
        labels[k] = number[labels[k]]
        return dataclasses.replace(self, labels=labels, names=self.names if k else part_names(labels[0]))

    def canvas(self, k: int = 0) -> Canvas:
        """What the model's adapter composes perturbed images from, for segmentation k."""
        if not 0 <= k < self.n_segmentations:
            raise InputError(f"k is {k}, expected the number of a segmentation, 0 to {self.n_segmentations - 1}.")
        labels = self.labels[k]
        if len(self.fills):
            fill = np.broadcast_to(self.fills[min(k, len(self.fills) - 1)], self.image.shape)
        else:
            fill = np.rint(mean_colours(self.image, labels)).astype(np.uint8)[labels]
        return Canvas(self.image, np.ascontiguousarray(fill), labels.astype(np.int64))

    def render(self, masks: BoolArray, k: int = 0) -> ImageArray:
        """Draw the image (n, H, W, 3) once for each row of masks (n, d), True = kept; the rest is filled.

        Raises InputError where the masks are of another number of parts than segmentation k.
        """
        canvas = self.canvas(k)
        masks = np.asarray(masks)
        if masks.ndim != 2 or masks.shape[1] != canvas.n_parts:
            raise InputError(
                f"masks has the shape {masks.shape}, expected (n, {canvas.n_parts}): a column for each part of "
                f"segmentation {k}."
            )
        return canvas.compose(masks.astype(np.bool_))


@dataclass(frozen=True, eq=False)
class PixelMap(Record):
    """Effects laid over the pixels, so that parts of different sizes and different segmentations can be compared.

    A pixel has its part's effect divided by the share of the picture that the part covers, so the mean over the
    pixels is the sum of the effects; of several segmentations it is the mean over them.

    Attributes
    ----------
    labels: (K, H, W) the part 0 to d - 1 of each pixel in each segmentation.
    effects: (K) for each segmentation the effects of its parts.

    """

    labels: LabelArray
    effects: tuple[Estimates, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_labels(self.labels)
        came, parts = [len(one) for one in self.effects], [int(one.max()) + 1 for one in self.labels]
        if came != parts:
            raise RecordError(f"effects are of {came} parts, expected {parts}: as many as each label map has.")

    @property
    def n_segmentations(self) -> int:
        """The number of segmentations K."""
        return len(self.labels)

    @cached_property
    def values(self) -> FloatArray:
        """(H, W) the effect for each share of the picture, the mean over the segmentations."""
        total = sum(self._spread(k, one.values) for k, one in enumerate(self.effects))
        return np.asarray(total, dtype=np.float64) / self.n_segmentations

    @cached_property
    def standard_errors(self) -> FloatArray:
        """(H, W) the error of `values` from sampling: that of a mean of independent estimates."""
        squares = sum(self._spread(k, one.standard_errors) ** 2 for k, one in enumerate(self.effects))
        return np.sqrt(np.asarray(squares, dtype=np.float64)) / self.n_segmentations

    @cached_property
    def disagreement(self) -> FloatArray | None:
        """(H, W) the standard deviation between the segmentations, which are a sample; None where there is only one."""
        if self.n_segmentations == 1:
            return None
        squares = sum((self._spread(k, one.values) - self.values) ** 2 for k, one in enumerate(self.effects))
        return np.sqrt(np.asarray(squares, dtype=np.float64) / (self.n_segmentations - 1))

    def _spread(self, k: int, numbers: FloatArray) -> FloatArray:
        """A number for each part (d) of segmentation k, over the pixels (H, W), per share of the picture."""
        labels = self.labels[k]
        shares = part_sums(labels) / labels.size
        spread: FloatArray = (numbers / shares)[labels]
        return spread
