"""Ways to cut an image into parts; each gives about the number of parts asked for, and never more."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from limen._types import FloatArray
from limen.domains._image_merge import merged, pieces_of
from limen.domains._image_needs import segmentation
from limen.domains._image_read import Bytes, shrink
from limen.results._image_parts import LabelArray, renumbered

LONGEST = 512
"""Longer side in pixels of the copy on which grids and SLIC work."""
LONGEST_SLOW = 256
"""The same of felzenszwalb and quickshift: a quarter of the time, for outlines that a model at 224 pixels hardly
tells apart."""
COMPACTNESS = 10.0
"""SLIC's weight of distance against colour (Achanta et al., IEEE TPAMI 2012, section 3.2)."""

Variation: TypeAlias = "np.random.Generator | None"  # as text: numpy.random is loaded on use
"""What another segmentation of the same image differs by; None: the method's plain parameters."""
Method = Callable[[Bytes, int, Variation], tuple[NDArray[Any], str]]
"""Takes an image (h, w, 3) and a number of parts; gives a map (h, w), perhaps of more parts, and its parameters."""


def segment(pixels: Bytes, method: str, count: int, variation: Variation) -> tuple[LabelArray, str]:
    """Cut an image (H, W, 3) into at most `count` parts: a map (H, W), and the parameters as text.

    It is cut into more parts at first, of which superpixels' islands are parts of their own; the smallest part then
    joins the neighbour of the most similar colour (in a grid: of the longest common border), until no more are left
    than asked for.
    """
    work, _, geometric = METHODS[method]
    small = shrink(pixels, LONGEST_SLOW if method in {"felzenszwalb", "quickshift"} else LONGEST)
    count = min(count, small.shape[0] * small.shape[1])
    if count == 1:
        return np.zeros(pixels.shape[:2], dtype=np.uint16), ""
    found, parameters = work(small, count, variation)
    if not geometric:
        found = pieces_of(found)
    joined = merged(renumbered(found), None if geometric else lab(small), count)
    return sampled(renumbered(joined), pixels.shape[:2]), parameters


def sampled(labels: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Take a map to another size (height, width) by nearest pixels."""
    if labels.shape == shape[:2]:
        return labels
    rows, columns = (
        ((np.arange(new) + 0.5) * old / new).astype(np.int64) for old, new in zip(labels.shape, shape[:2], strict=True)
    )
    taken: NDArray[Any] = labels[rows[:, None], columns]
    return taken


def lab(pixels: Bytes) -> NDArray[np.float32]:
    """CIE L*a*b* (h, w, 3) of sRGB under D65, in which distances are about those that are seen."""
    from skimage.color import rgb2lab

    converted: NDArray[np.float32] = rgb2lab(pixels.astype(np.float32) / 255).astype(np.float32)
    return converted


def _factor(variation: Variation, octaves: float = 1.0) -> float:
    """A factor around 1 for a parameter that varies."""
    return 1.0 if variation is None else float(2 ** variation.uniform(-octaves, octaves))


def _slic(pixels: Bytes, count: int, variation: Variation) -> tuple[NDArray[Any], str]:
    """Simple linear iterative clustering (Achanta et al. 2012); a border that is cut off again moves its seeds."""
    slic = segmentation("slic").slic
    compactness = COMPACTNESS * _factor(variation)
    height, width = pixels.shape[:2]
    side = math.sqrt(height * width / count)
    down, across = (0, 0) if variation is None else (int(step) for step in variation.uniform(0, side, 2))
    colours = lab(pixels)
    scale = float(np.ptp(colours)) or 1.0  # slic takes its image to 0 to 1, so its compactness goes along
    padded = np.pad((colours - colours.min()) / scale, ((down, 0), (across, 0), (0, 0)), mode="edge")
    asked = round(1.6 * count * padded.shape[0] * padded.shape[1] / (height * width))
    options = {"convert2lab": False, "start_label": 0, "max_num_iter": 5, "min_size_factor": 0.25}
    for step in range(4):
        used = compactness * 4**step  # of a fine texture little but crumbs is left at first, and slic drops those
        found = slic(padded, asked, compactness=used / scale, **options)[down:, across:]
        if len(np.unique(found)) >= count:
            break
    return found, f"compactness={used:.3g}"


def _felzenszwalb(pixels: Bytes, count: int, variation: Variation) -> tuple[NDArray[Any], str]:
    """Felzenszwalb and Huttenlocher's graph (IJCV 2004), at a scale fine enough for the parts."""
    work = segmentation("felzenszwalb").felzenszwalb
    scale, sigma = 40 * _factor(variation), 0.8 * _factor(variation, 0.7)
    smallest = max(1, pixels.shape[0] * pixels.shape[1] // (20 * count))
    for step in range(4):
        used = scale / 4**step
        found = work(pixels, scale=used, sigma=sigma, min_size=max(1, smallest // 4**step))
        if len(np.unique(found)) >= count:
            break
    return found, f"scale={used:.3g}, sigma={sigma:.3g}"


def _quickshift(pixels: Bytes, count: int, variation: Variation) -> tuple[NDArray[Any], str]:
    """Vedaldi and Soatto's quick shift (ECCV 2008), lime's default, with links short enough for the parts."""
    work = segmentation("quickshift").quickshift
    kernel, ratio = 2.5 * _factor(variation, 0.4), 0.5 * _factor(variation, 0.7)
    colours = lab(pixels).astype(np.float64)
    for reach in (10, 5, 2.5):
        found = work(colours, ratio=ratio, kernel_size=kernel, max_dist=reach, convert2lab=False, rng=0)
        if len(np.unique(found)) >= count:
            break
    return found, f"kernel_size={kernel:.3g}, ratio={ratio:.3g}, max_dist={reach:.3g}"


def _grid(pixels: Bytes, count: int, variation: Variation) -> tuple[NDArray[Any], str]:
    """Cells as near to squares as the number allows; the grid is moved by less than a cell where it varies."""
    height, width = pixels.shape[:2]
    shapes = [(rows, min(count // rows, width)) for rows in range(1, min(count, height) + 1)]

    def unfit(shape: tuple[int, int]) -> float:
        """How far cells are from squares, and how many of the parts asked for are lacking."""
        rows, columns = shape
        return abs(math.log(height / rows / (width / columns))) + 2 * math.log(count / (rows * columns))

    rows, columns = min(shapes, key=unfit)
    down, across = (0.0, 0.0) if variation is None else variation.uniform(0, 1, 2).tolist()
    vertical = ((np.arange(height) + 0.5) * rows / height + down).astype(np.int64)
    horizontal = ((np.arange(width) + 0.5) * columns / width + across).astype(np.int64)
    return vertical[:, None] * (columns + 1) + horizontal, f"rows={rows}, columns={columns}"


def _hexagons(pixels: Bytes, count: int, variation: Variation) -> tuple[NDArray[Any], str]:
    """The nearest of the points of a triangular lattice, which is moved and turned where it varies."""
    height, width = pixels.shape[:2]
    spacing = math.sqrt(height * width / count * 2 / math.sqrt(3))
    angle = 0.0 if variation is None else float(variation.uniform(0, math.pi / 3))
    move = np.zeros(2) if variation is None else variation.uniform(0, 1, 2)
    y, x = np.mgrid[:height, :width] + 0.5
    along, up = math.cos(angle) * x + math.sin(angle) * y, math.cos(angle) * y - math.sin(angle) * x
    up, along = up / (spacing * math.sqrt(3)) + move[0], along / spacing + move[1]
    # the lattice is two rectangular ones, the second half a cell away from the first
    first, second = (np.rint([up - half, along - half]) + half for half in (0.0, 0.5))
    distance = [3 * (up - one[0]) ** 2 + (along - one[1]) ** 2 for one in (first, second)]
    nearest: FloatArray = np.where(distance[0] <= distance[1], first, second) * 2
    nearest -= nearest.min(axis=(1, 2), keepdims=True)
    found = (nearest[0] * (nearest[1].max() + 1) + nearest[1]).astype(np.int64)
    return found, f"side={spacing / math.sqrt(3):.3g} of {width} pixels"


METHODS: dict[str, tuple[Method, str, bool]] = {
    "slic": (_slic, "superpixels", False),
    "felzenszwalb": (_felzenszwalb, "superpixels", False),
    "quickshift": (_quickshift, "superpixels", False),
    "grid": (_grid, "cells", True),
    "hexagons": (_hexagons, "hexagons", True),
}
"""By name: the method, what its parts are called, and whether it heeds the shape of the image alone."""
