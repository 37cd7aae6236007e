"""Image files and Pillow's images: opened lazily, converted, reduced and turned upright."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np

from limen._errors import InputError
from limen.domains._image_needs import pillow
from limen.domains._image_read import Picture, flatten, read_array, reduced_note, shrink_image

ORIENTATION = 0x0112
"""EXIF's tag of the way a camera was held."""
TURNS = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE"} | {
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}
"""What makes an image upright, by the value of that tag."""
SAID = {"CMYK": "CMYK", "YCbCr": "YCbCr", "HSV": "HSV", "LAB": "LAB", "P": "A palette", "PA": "A palette"}
"""Colours that are converted, and it is told; no colour profile is applied."""
BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, struct.error)
"""What Pillow raises for damaged files of various formats."""


def read_file(path: Path, largest: int) -> Picture:
    """Open an image file. Raises InputError for one that is missing, no image, damaged, or beyond Pillow's limit."""
    image = pillow("An image file")
    _check_exists(path)
    try:
        opened = image.open(path)
    except (image.DecompressionBombError, image.DecompressionBombWarning) as error:
        raise _bomb(path.name, error) from error
    except image.UnidentifiedImageError as error:
        raise InputError(f"{path.name!r} is not an image that Pillow can read; convert it to PNG or JPEG.") from error
    except BROKEN as error:
        raise InputError(f"{path.name!r} cannot be read as an image: {error}.") from error
    with opened:
        if image.MAX_IMAGE_PIXELS is not None and opened.width * opened.height > image.MAX_IMAGE_PIXELS:
            raise _bomb(path.name, f"it has {opened.width} × {opened.height} pixels")
        return read_pillow(opened, largest, repr(path.name))


def read_pillow(x: Any, largest: int, name: str = "x") -> Picture:
    """Take one of Pillow's images to RGB, upright, at most `largest` pixels long; the image itself stays as it is."""
    if 0 in x.size:
        raise InputError(f"{name} has {x.width} × {x.height} pixels, an image without a pixel.")
    notes: tuple[str, ...] = ()
    try:
        frames, turn = getattr(x, "n_frames", 1), _turn(x)
        if frames > 1:
            notes = (f"Frame {x.tell() + 1} of {frames}.",)
        x.load()
    except BROKEN as error:
        raise InputError(f"{name} is damaged or cut off: {error}.") from error
    if x.mode == "F" or x.mode.startswith("I"):
        return _upright(read_array(_numbers(x), largest, notes), turn)
    if x.mode in SAID:
        notes = (*notes, f"{SAID[x.mode]} was converted to RGB.")
    pixels = np.asarray(shrink_image(_plain(x, name), largest))
    if pixels.shape[:2] != (x.height, x.width):
        notes = (*notes, reduced_note(pixels.shape))
    pixels, notes = flatten(pixels, notes)
    return _upright(Picture(pixels, (x.height, x.width), notes), turn)


def _check_exists(path: Path) -> None:
    try:
        found = "" if path.is_file() else "a folder" if path.is_dir() else "no file"
    except OSError:  # a name that no file can have
        found = "no file"
    if found:
        raise InputError(f"x is {str(path)!r:.200}, and there is {found} of that name; give an image file.")


def _bomb(name: str, error: object) -> InputError:
    return InputError(
        f"{name!r} is beyond Pillow's limit: {error}. Reduce it, or raise PIL.Image.MAX_IMAGE_PIXELS if you trust it."
    )


def _turn(x: Any) -> int:
    """The value of the orientation tag, 1 (upright) where there is none or the EXIF block is damaged."""
    try:
        turn = x.getexif().get(ORIENTATION, 1)
    except BROKEN:
        return 1
    return turn if turn in TURNS else 1


def _numbers(x: Any) -> Any:
    """Grey of 16 or 32 bits as an array; 32 bits that hold 16 are taken as 16."""
    array = np.asarray(x)
    if array.dtype.kind == "i" and array.min() >= 0 and 255 < array.max() < 2**16:
        return array.astype(np.uint16)
    return array


def _plain(x: Any, name: str) -> Any:
    """The image as grey, RGB or RGBA, in bytes."""
    if x.mode in {"L", "RGB", "RGBA"} and not (x.mode != "RGBA" and x.has_transparency_data):
        return x
    mode = "RGBA" if x.has_transparency_data else "L" if x.mode == "1" else "RGB"
    try:
        return x.convert(mode)
    except ValueError as error:
        raise InputError(f"{name} has colours of the mode {x.mode!r}; give it converted to RGB.") from error


def _upright(picture: Picture, turn: int) -> Picture:
    """Turn a picture as its EXIF orientation says."""
    if turn == 1:
        return picture
    image = pillow("An image file")
    turned = np.asarray(image.fromarray(picture.pixels).transpose(getattr(image.Transpose, TURNS[turn])))
    size = picture.size[::-1] if turn >= 5 else picture.size
    # the note on its reduced size was made before the turn
    notes = tuple(reduced_note(turned.shape) if note.startswith("Reduced") else note for note in picture.notes)
    return Picture(turned, (size[0], size[1]), (*notes, "Turned upright, as its EXIF orientation says."))
