"""An image on its way to a model's input: the model's own preprocessing, whatever it takes and gives.

Axes: H rows and W columns of pixels of a photo; c channels, h rows and w columns of the model's input.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limen._errors import InputError, MissingError

Planes = NDArray[np.float32]
"""A model's input for one image: (c, h, w)."""
Prepare = Callable[[NDArray[np.uint8]], Planes]
"""Takes an image (H, W, 3) to the model's input."""
REFUSALS = (TypeError, AttributeError, ValueError, KeyError, IndexError, RuntimeError)
"""What functions raise that want an array and get an image of Pillow, or the other way round."""


@dataclass(frozen=True, eq=False)
class ByProcessor:
    """An image processor of transformers as a Prepare."""

    processor: Any

    def __call__(self, image: NDArray[np.uint8]) -> Planes:
        """The pixel values (c, h, w)."""
        return as_planes(self.processor(images=as_pillow(image))["pixel_values"][0])


@dataclass(frozen=True, eq=False)
class ByFunction:
    """A user's own function, or transforms of torchvision, as a Prepare: of an image of Pillow, else of an array."""

    function: Callable[[Any], Any]

    def __call__(self, image: NDArray[np.uint8]) -> Planes:
        """What the function gives, as (c, h, w). Raises InputError where it fails with both kinds."""
        try:
            given = self.function(as_pillow(image))
        except (*REFUSALS, MissingError) as of_image:
            try:
                given = self.function(image.copy())
            except Exception as error:  # the code of others may raise anything
                raise InputError(
                    f"preprocess takes neither an image of Pillow ({type(of_image).__name__}: {of_image}) nor an array "
                    f"(H, W, 3) of uint8 ({type(error).__name__}: {error}); it should take one of them and give an "
                    "array or a tensor (channels, height, width)."
                ) from error
        except Exception as error:  # no matter of the kind of image: the code of others may raise anything
            raise InputError(
                f"preprocess raised {type(error).__name__}: {error}; it should take an image of Pillow, or an array "
                "(H, W, 3) of uint8, and give an array or a tensor (channels, height, width)."
            ) from error
        return as_planes(given)


def as_planes(given: Any) -> Planes:
    """One image's input as float32 (c, h, w), out of a tensor or an array, also with an axis of one image in front.

    Raises InputError for another shape or what are no numbers.
    """
    if isinstance(given, Mapping) and "pixel_values" in given:
        given = given["pixel_values"]
    if hasattr(given, "detach"):
        given = given.detach().cpu().float().numpy()
    found = np.asarray(given)
    if found.ndim == 4 and len(found) == 1:
        found = found[0]
    if found.ndim != 3 or found.dtype.kind not in "buif":
        raise InputError(
            f"preprocess gave {type(given).__name__} of shape {found.shape} and type {found.dtype}, expected numbers "
            "(channels, height, width) for one image."
        )
    return found.astype(np.float32)


def as_pillow(image: NDArray[np.uint8]) -> Any:
    """An array (H, W, 3) as an image of Pillow. Raises MissingError without Pillow."""
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingError("Images need Pillow: pip install 'limen[image]'") from error
    return Image.fromarray(image)


def as_pixels(image: Any) -> NDArray[np.uint8]:
    """An image of Pillow, or an array (H, W, 3), as an array (H, W, 3) of uint8. Raises InputError for another."""
    found = np.asarray(image.convert("RGB") if hasattr(image, "convert") else image)
    if found.ndim != 3 or found.shape[2] != 3 or found.dtype != np.uint8:
        raise InputError(
            f"the model takes images and was given {type(image).__name__} of shape {found.shape} and type "
            f"{found.dtype}; expected images of Pillow or arrays (H, W, 3) of uint8. For limen.explain give a photo."
        )
    return found
