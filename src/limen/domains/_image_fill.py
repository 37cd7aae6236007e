"""What stands in the place of hidden parts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limen._errors import InputError, unknown
from limen._types import FloatArray
from limen.domains._image_needs import pillow
from limen.domains._image_parts import sampled
from limen.domains._image_read import ROWS, Bytes, shrink
from limen.results._image_parts import LabelArray, mean_colours

FILLS = ("mean", "image mean", "blur", "noise", "inpaint")
LONGEST = 128
"""Longer side in pixels of the copy on which inpainting solves its equations."""

Colour = tuple[int, int, int]


def checked_fill(fill: object) -> str | Colour:
    """One of FILLS, or a colour as (red, green, blue); raises InputError for anything else."""
    if isinstance(fill, str):
        if fill in FILLS:
            return fill
        pillow("A colour by name")
        from PIL import ImageColor

        try:
            red, green, blue, *opacity = ImageColor.getrgb(fill)
        except ValueError as error:
            legal = [*FILLS, "the name of a colour", "'#rrggbb'", "(red, green, blue)"]
            raise unknown("fill of Image", fill, legal) from error
        if opacity and opacity[0] != 255:
            raise InputError(f"fill of Image is {fill!r}, a colour that is not opaque; leave its last two digits out.")
        return red, green, blue
    levels = tuple(fill) if isinstance(fill, tuple | list | np.ndarray) else ()
    whole = all(isinstance(level, int | np.integer) and not isinstance(level, bool) for level in levels)
    if len(levels) != 3 or not whole or not all(0 <= level <= 255 for level in levels):
        raise InputError(f"fill of Image is {fill!r:.80}, expected a name or three whole numbers from 0 to 255.")
    return int(levels[0]), int(levels[1]), int(levels[2])


def fills(pixels: Bytes, labels: LabelArray, fill: str | Colour, seed: int) -> tuple[Bytes, str]:
    """The fills of an image (H, W, 3) with maps (K, H, W), as ImageInstance keeps them, and the fill in words."""
    if not isinstance(fill, str):
        return np.array(fill, dtype=np.uint8).reshape(1, 1, 1, 3), "the colour #{:02x}{:02x}{:02x}".format(*fill)
    if fill == "mean":
        return np.empty((0, 1, 1, 3), dtype=np.uint8), "each part's mean colour"
    if fill == "image mean":
        mean = np.rint(pixels.mean(axis=(0, 1))).astype(np.uint8).reshape(1, 1, 1, 3)
        return mean, "the image's mean colour #{:02x}{:02x}{:02x}".format(*mean.ravel().tolist())
    if fill == "blur":
        return _blur(pixels, int(labels[0].max()) + 1)
    if fill == "noise":
        colours = np.random.default_rng(seed).permutation(pixels.reshape(-1, 3))
        return colours.reshape(1, *pixels.shape), f"noise: the image's pixels in random order, seed {seed}"
    inner = np.stack([_inpaint(pixels, one) for one in labels])
    return inner, f"inpainting: each part's colours run smoothly between those around it ({LONGEST} pixels)"


def _blur(pixels: Bytes, count: int) -> tuple[Bytes, str]:
    """A Gaussian blur whose standard deviation is half the side of a mean part."""
    image = pillow("fill='blur'")
    from PIL import ImageFilter

    width = max(1.0, round(0.5 * math.sqrt(pixels.shape[0] * pixels.shape[1] / count), 1))
    blurred = image.fromarray(pixels).filter(ImageFilter.GaussianBlur(width))
    return np.asarray(blurred)[None], f"a blur of {width:.3g} pixels"


def _inpaint(pixels: Bytes, labels: LabelArray) -> Bytes:
    """Each part as the membrane that hangs in the pixels around it, whatever lies inside: Laplace's equation.

    It is solved for all parts at once on a small copy, and taken back to full size by linear interpolation among the
    pixels of the same part. A part that is the whole image has nothing around it, and gets its mean colour.
    """
    means = mean_colours(pixels, labels)
    small = shrink(pixels, LONGEST)
    coarse = sampled(labels, small.shape)
    if (coarse == coarse[0, 0]).all():
        even: Bytes = np.rint(means).astype(np.uint8)[labels]
        return even
    filled = _membranes(small.astype(np.float64), coarse)
    return _enlarged(filled, coarse, labels, means)


def _membranes(pixels: FloatArray, labels: LabelArray) -> FloatArray:
    """Solve (number of neighbours) u = sum of the neighbours' u, where neighbours of other parts have their pixels."""
    from scipy.sparse import coo_matrix, diags
    from scipy.sparse.linalg import splu

    height, width = labels.shape
    number = np.arange(height * width).reshape(height, width)
    ends = [(number[:-1].ravel(), number[1:].ravel()), (number[:, :-1].ravel(), number[:, 1:].ravel())]
    one, other = (np.concatenate(both) for both in zip(*(ends + [end[::-1] for end in ends]), strict=True))
    same = labels.ravel()[one] == labels.ravel()[other]
    colours = pixels.reshape(-1, 3)
    edges = coo_matrix((np.ones(len(one)), (one, other)), shape=(height * width,) * 2)
    outside = coo_matrix((np.where(same, 0.0, 1.0), (one, other)), shape=edges.shape)
    system = diags(edges.sum(axis=1).A1) - (edges - outside)
    solution = splu(system.tocsc(), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True}).solve(
        outside @ colours
    )
    return np.asarray(solution).reshape(pixels.shape)


def _enlarged(filled: FloatArray, coarse: LabelArray, labels: LabelArray, means: FloatArray) -> Bytes:
    """Linear interpolation of (h, w, 3) to the size of `labels` (H, W), among the pixels of the own part only."""
    full = np.empty((*labels.shape, 3), dtype=np.uint8)
    down, across = (_taps(old, new) for old, new in zip(coarse.shape, labels.shape, strict=True))
    for start in range(0, len(labels), ROWS):
        rows = slice(start, start + ROWS)
        own = labels[rows]
        total, weights = np.zeros((*own.shape, 3)), np.zeros(own.shape)
        for row, row_share in down:
            for column, column_share in across:
                found = coarse[row[rows, None], column] == own
                share = np.where(found, row_share[rows, None] * column_share, 0.0)
                total += share[..., None] * filled[row[rows, None], column]
                weights += share
        lost = weights <= 0  # parts too thin for the small copy
        total[lost] = means[own[lost]]
        weights[lost] = 1.0
        full[rows] = np.rint(np.clip(total / weights[..., None], 0, 255))
    return full


def _taps(old: int, new: int) -> list[tuple[NDArray[Any], FloatArray]]:
    """The two pixels of a line of `old` between which each of `new` lies, with their shares."""
    place = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
    first = np.floor(place).astype(np.int64)
    return [(first, 1 - (place - first)), (np.minimum(first + 1, old - 1), place - first)]
