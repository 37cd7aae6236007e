"""What users hold as an image, made into RGB at working size: arrays, tensors, Pillow's images, files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limen._errors import InputError
from limen.domains._image_needs import pillow

HALF_LEVEL = 1 / 510
"""Floats may leave 0 to 1 by so much, which changes no level of 255."""
ROWS = 64
"""Rows of pixels that are converted at a time, so that no second copy of a large image is made."""
EXPECTED = "a Pillow image, an array or tensor of pixels, or the name of an image file"

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Picture:
    """An image as it is worked on: pixels (H, W, 3) RGB, size (height, width) as it came, notes on what was changed."""

    pixels: Bytes
    size: tuple[int, int]
    notes: tuple[str, ...]


def read_picture(x: object, largest: int) -> Picture:
    """Take an image to RGB bytes, its longer side at most `largest`.

    Raises InputError for what is no image, which says what to do.
    """
    kinds = {(kind.__module__.partition(".")[0], kind.__name__) for kind in type(x).__mro__}
    if isinstance(x, str | Path):
        from limen.domains._image_files import read_file

        return read_file(Path(x), largest)
    if ("PIL", "Image") in kinds:
        from limen.domains._image_files import read_pillow

        return read_pillow(x, largest)
    if ("torch", "Tensor") in kinds:
        return _picture(_of_tensor(x), largest, ())
    if isinstance(x, np.ndarray):
        return read_array(x, largest)
    raise InputError(f"x is {type(x).__name__}, which is not an image; expected {EXPECTED}.")


def read_array(array: NDArray[Any], largest: int, notes: tuple[str, ...] = ()) -> Picture:
    """The same of an array (H, W), (H, W, 1), (H, W, 3) or (H, W, 4)."""
    if array.ndim == 3 and array.shape[0] in {1, 3, 4} and array.shape[2] not in {1, 3, 4}:
        raise InputError(f"x has the shape {array.shape}, channels first; give np.moveaxis(x, 0, -1).")
    return _picture(array, largest, notes)


def shrink(pixels: Bytes, largest: int) -> Bytes:
    """Reduce an image (H, W) or (H, W, C) so that its longer side is at most `largest`, by averaging."""
    if max(pixels.shape[:2]) <= largest:
        return pixels
    plain = pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels
    return np.asarray(shrink_image(pillow("Reducing a large image").fromarray(plain), largest))


def shrink_image(image: Any, largest: int) -> Any:
    """The same of one of Pillow's images, which is given back as it is where it is small enough."""
    longer = max(image.size)
    if longer <= largest:
        return image
    width, height = (max(1, round(side * largest / longer)) for side in image.size)
    filters = pillow("Reducing a large image").Resampling
    return image.resize((width, height), filters.BILINEAR, reducing_gap=3.0)


def flatten(pixels: Bytes, notes: tuple[str, ...]) -> tuple[Bytes, tuple[str, ...]]:
    """Grey, RGB or RGBA as RGB (H, W, 3); what is transparent is shown over white."""
    if pixels.ndim == 2 or pixels.shape[2] == 1:
        return np.repeat(pixels.reshape((*pixels.shape[:2], 1)), 3, axis=2), notes
    if pixels.shape[2] == 3:
        return pixels, notes
    if (pixels[..., 3] == 255).all():
        return pixels[..., :3], notes
    mixed = np.empty((*pixels.shape[:2], 3), dtype=np.uint8)
    for start in range(0, len(pixels), ROWS):
        rows = slice(start, start + ROWS)
        share = pixels[rows, :, 3:] / np.float32(255)
        mixed[rows] = np.rint(pixels[rows, :, :3] * share + 255 * (1 - share))
    return mixed, (*notes, "Transparent pixels are shown over white.")


def _of_tensor(x: Any) -> NDArray[Any]:
    """A torch tensor as an array (H, W, C): channels come first where both ways are possible, as torch has them."""
    tensor = x.detach().cpu()
    array: NDArray[Any] = (tensor.float() if tensor.is_floating_point() else tensor).numpy()
    if array.ndim == 3 and array.shape[0] in {1, 3, 4}:
        return np.moveaxis(array, 0, -1)
    return array


def _picture(array: NDArray[Any], largest: int, notes: tuple[str, ...]) -> Picture:
    shape = array.shape
    if array.ndim == 4:
        raise InputError(f"x has the shape {shape}, a batch; give one of its images, such as x[0].")
    if array.ndim not in {2, 3} or (array.ndim == 3 and shape[2] not in {1, 3, 4}):
        raise InputError(f"x has the shape {shape}, expected (height, width), or with 1, 3 or 4 channels at the end.")
    if array.size == 0:
        raise InputError(f"x has the shape {shape}, an image without a pixel.")
    levels, notes = _bytes(array, notes)
    levels = shrink(levels, largest)
    if levels.shape[:2] != shape[:2]:
        notes = (*notes, reduced_note(levels.shape))
    pixels, notes = flatten(levels, notes)
    return Picture(pixels, (shape[0], shape[1]), notes)


def reduced_note(shape: tuple[int, ...]) -> str:
    """What is said of an image that was reduced to the shape (height, width, ...)."""
    return f"Reduced to {shape[1]} × {shape[0]} pixels."


def _bytes(array: NDArray[Any], notes: tuple[str, ...]) -> tuple[Bytes, tuple[str, ...]]:
    """Pixels of any type as levels 0 to 255, a few rows at a time."""
    if array.dtype == np.uint8:
        return array, notes
    factor = _factor(array)
    levels = np.empty(array.shape, dtype=np.uint8)
    for start in range(0, len(array), ROWS):
        block = np.asarray(array[start : start + ROWS], dtype=np.float64)
        levels[start : start + ROWS] = np.rint(np.clip(block * factor, 0, 255))
    if _is_16_bit(array):
        notes = (*notes, "16 bits a channel were rounded to 8.")
    return levels, notes


def _is_16_bit(array: NDArray[Any]) -> bool:
    return array.dtype.kind == "u" and array.dtype.itemsize == 2


def _factor(array: NDArray[Any]) -> float:
    """What takes the numbers of an array to 0 to 255; raises InputError where their range is not their type's."""
    kind = array.dtype.kind
    if kind == "b":
        return 255.0
    if kind not in "iuf":
        raise InputError(f"x is an array of {array.dtype}, expected pixels as uint8, uint16, or floats from 0 to 1.")
    low, high = float(array.min()), float(array.max())
    if not np.isfinite([low, high]).all():
        bad = tuple(int(place) for place in np.argwhere(~np.isfinite(array))[0])
        raise InputError(f"x has a pixel that is {array[bad]}, at {bad}; replace what is not finite.")
    if kind == "f":
        if low >= -HALF_LEVEL and high <= 1 + HALF_LEVEL:
            return 255.0
        advice = "divide by 255" if low >= 0 else "give the image as it was before it was normalised"
        raise InputError(f"x has floats from {low:.4g} to {high:.4g}, expected 0 to 1: {advice}.")
    if _is_16_bit(array):
        if 0 < high <= 255:
            raise InputError(f"x is uint16 up to {high:.0f}, expected 0 to 65535; for 8 bits give x.astype(np.uint8).")
        return 1 / 257
    if low < 0 or high > 255:
        raise InputError(f"x has whole numbers from {low:.0f} to {high:.0f}, expected 0 to 255, or uint16.")
    return 1.0
