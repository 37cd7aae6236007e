"""The libraries that images need beyond numpy, imported on use."""

from __future__ import annotations

from typing import Any

from limen._errors import MissingError

INSTALL = "pip install 'limen[image]'"


def pillow(purpose: str) -> Any:
    """The module PIL.Image. Raises MissingError, which says what it was needed for."""
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingError(f"{purpose} needs Pillow: {INSTALL}") from error
    return Image


def segmentation(method: str) -> Any:
    """The module skimage.segmentation. Raises MissingError with what works without it."""
    try:
        from skimage import segmentation as module
    except ImportError as error:
        raise MissingError(
            f"method={method!r} of Image needs scikit-image: {INSTALL}; 'grid', 'hexagons' or a label map need none."
        ) from error
    return module
