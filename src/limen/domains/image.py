"""Images: parts are superpixels, cells of a grid, hexagons, or those of a label map of the user's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limen._errors import InputError, unknown
from limen.domains._image_fill import Colour, checked_fill, fills
from limen.domains._image_own import checked_maps, maps_of
from limen.domains._image_parts import METHODS, segment
from limen.domains._image_read import Picture, read_picture
from limen.domains.base import Domain
from limen.results import ImageInstance
from limen.results._image_parts import MOST_LABELS, LabelArray, part_names

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff")
"""How names of image files end."""
MOST_LETTERS = 1024
"""Letters of a file's name, at most."""

Segmenter = Callable[[NDArray[np.uint8]], Any]
"""A function of the user's: takes the image (H, W, 3) and gives a label map (H, W), or several (K, H, W)."""


@dataclass(frozen=True, eq=False)
class Image(Domain):
    """Explain an image by hiding parts of it.

    Parameters
    ----------
    segments: about how many parts, and never more; or a label map (H, W) of the image's size with any whole numbers,
        each of which is a part, whether it hangs together or not; or several maps (K, H, W); or a function that takes
        the image (H, W, 3), RGB, 0 to 255, and gives such maps.
    method: "slic" (Achanta et al. 2012), "felzenszwalb" (2004), "quickshift" (Vedaldi and Soatto 2008), "grid" or
        "hexagons"; only where `segments` is a number.
    fill: what stands in a hidden part's place: "mean" (each part's own mean colour, as in lime), "image mean", "blur",
        "noise" (the image's own pixels in random order), "inpaint" (colours that run smoothly between those around the
        part), a colour's name, "#rrggbb", or (red, green, blue).
    segmentations: how many segmentations share the budget. The first is the plain one; the others differ in the
        method's parameters and in where its seeds or cells lie.
    largest: longer side in pixels at which the image is worked on; larger ones are reduced to it, which may change what
        the model answers (a beagle of 1,125 pixels, reduced to 1,024 before the model's own resizing: .80 becomes .69).
    seed: of the differences between segmentations, and of the noise.

    An image is one of Pillow's; a file name; an array (H, W), (H, W, 3) or (H, W, 4) of booleans, whole numbers from 0
    to 255, uint16, or floats from 0 to 1; or a tensor of torch, channels first or last. It is turned upright as EXIF
    says, shown over white where it is transparent, and taken to RGB; `ImageInstance.notes` says what was changed.

    """

    segments: int | NDArray[Any] | Segmenter = 50
    _: KW_ONLY
    method: str = "slic"
    fill: str | Colour = "mean"
    segmentations: int = 1
    largest: int = 4096
    seed: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.method, str) or self.method not in METHODS:
            raise unknown("method of Image", self.method, METHODS, "For a way of your own give segments a function.")
        object.__setattr__(self, "fill", checked_fill(self.fill))
        for name, least in (("segmentations", 1), ("largest", 16), ("seed", 0)):
            object.__setattr__(self, name, _whole(name, getattr(self, name), least))
        if isinstance(self.segments, int | float | np.number | str):
            object.__setattr__(self, "segments", _whole("segments", self.segments, 1))
        elif not callable(self.segments):
            object.__setattr__(self, "segments", checked_maps(self.segments, "segments of Image"))
        if not isinstance(self.segments, int) and self.method != "slic":
            raise InputError(
                f"method of Image is {self.method!r}, and segments is no number but says where the parts are; leave "
                "one of the two out."
            )
        if not isinstance(self.segments, int) and self.segmentations > 1:
            raise InputError(
                f"segmentations of Image is {self.segmentations}, and segments is no number; give several maps "
                "(K, H, W) there instead."
            )

    @staticmethod
    def takes(x: object) -> bool:
        """Whether x is an image by its type alone: one of Pillow's, an array or tensor of its shape, or a Path."""
        if isinstance(x, Path):
            return True
        if any((kind.__module__ or "").startswith("PIL.") for kind in type(x).__mro__):
            return True
        shape = getattr(x, "shape", None)
        return shape is not None and (len(shape) == 3 or (len(shape) == 2 and min(shape) > 1 and hasattr(x, "dtype")))

    @staticmethod
    def names_file(x: str) -> bool:
        """Whether a text looks like the name of an image file: one line that ends like one, and no sentence."""
        name = Path(x) if len(x) < MOST_LETTERS and "\n" not in x and "\0" not in x else Path()
        return name.suffix.lower() in SUFFIXES and (" " not in x or name.is_file())

    def parse(self, x: object, most_parts: int) -> ImageInstance:
        """Cut the image into at most `most_parts` parts; a label map of the user's keeps its own.

        Raises InputError where x is no image, cannot be read, or a label map does not fit it.
        """
        picture = read_picture(x, self.largest)
        if isinstance(self.segments, int):
            labels, units, how, notes = self._cut(picture, min(self.segments, max(most_parts, 1)))
        else:
            labels, how = maps_of(self.segments, picture)
            units, notes = "parts", tuple[str, ...]()
        stuffing, fill = fills(picture.pixels, labels, self.fill, self.seed)
        names = part_names(labels[0])
        notes = picture.notes + notes
        return ImageInstance(picture.pixels, labels, stuffing, names, fill, units, how, picture.size, notes)

    def _cut(self, picture: Picture, count: int) -> tuple[LabelArray, str, str, tuple[str, ...]]:
        """The maps (K, H, W), what their parts are called, how they were made, and notes on it."""
        maps, texts = [], []
        for k in range(self.segmentations):
            variation = np.random.default_rng([self.seed, k]) if k else None
            labels, parameters = segment(picture.pixels, self.method, min(count, MOST_LABELS), variation)
            maps.append(labels)
            texts.append(", ".join(filter(None, (f"{self.method}(segments={count}", parameters))) + ")")
        notes: tuple[str, ...] = ()
        if count != self.segments:
            notes = (
                f"{count} part{'s' * (count != 1)} instead of {self.segments}, as many as the budget can tell apart.",
            )
        return np.stack(maps), METHODS[self.method][1], "; ".join(texts), notes


def _whole(name: str, value: Any, least: int) -> int:
    """A whole number of at least `least`; raises InputError, which names the argument."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer) or value < least:
        raise InputError(f"{name} of Image is {value!r}, expected a whole number of at least {least}.")
    return int(value)
