"""Label maps that the user gives, or whose function gives them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from limen._errors import InputError
from limen.domains._image_parts import sampled
from limen.domains._image_read import Picture
from limen.results._image_parts import LabelArray, renumbered


def checked_maps(given: Any, name: str) -> NDArray[Any]:
    """Label maps as an own array (K, H, W) of whole numbers; raises InputError, which begins with `name`."""
    try:
        maps = np.array(given)
    except (ValueError, TypeError, RuntimeError) as error:
        raise InputError(f"{name} is {type(given).__name__}, which makes no array: {error}.") from error
    if maps.dtype.kind not in "biuf":
        raise InputError(f"{name} is {given!r:.60}, expected a number of parts, a label map (H, W), or a function.")
    if maps.ndim not in {2, 3} or maps.size == 0:
        raise InputError(f"{name} has the shape {maps.shape}, expected a label map (H, W), or several (K, H, W).")
    if maps.dtype.kind == "f" and not (maps == np.rint(maps)).all():
        raise InputError(f"{name} has labels that are no whole numbers; the pixels of a part share one whole number.")
    return maps if maps.ndim == 3 else maps[None]


def _given_by(function: Any, picture: Picture) -> Any:
    """What a function of the user's gives for an image. Raises InputError where it fails."""
    try:
        return function(picture.pixels.copy())
    except Exception as error:  # the code of others may raise anything
        raise InputError(
            f"segments of Image is a function that raised {type(error).__name__}: {error}; expected one that takes the "
            f"image {picture.pixels.shape} of uint8 and gives a label map (H, W), or several (K, H, W)."
        ) from error


def maps_of(segments: Any, picture: Picture) -> tuple[LabelArray, str]:
    """The label maps (K, H, W) at the working size of an image, and how they were made.

    Raises InputError where a map has neither the image's own size nor its working size.
    """
    shape = picture.pixels.shape[:2]
    if callable(segments):
        name, how = "what the function of segments gave", "a function"
        maps, legal = checked_maps(_given_by(segments, picture), name), {shape}
    else:
        name, how = "segments of Image", "a label map"
        maps, legal = segments, {picture.size, shape}
    if maps.shape[1:] not in legal:
        wanted = " or ".join(str(size) for size in sorted(legal, reverse=True))
        raise InputError(
            f"{name} has the shape {maps.shape[1:]}, expected {wanted}: the (height, width) of the upright image."
        )
    try:
        return np.stack([renumbered(sampled(one, shape)) for one in maps]), how
    except ValueError as error:
        raise InputError(f"{name} cannot be used: {error}, at most 65536 are possible; give larger parts.") from error
