"""Label maps: numbering of parts that no naming can change, what parts are called, and their mean colours."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from limen._types import FloatArray

LabelArray = NDArray[np.uint16]
"""Label maps: (K, H, W), or (H, W) of one segmentation; the part 0 to d - 1 of each pixel."""
ImageArray = NDArray[np.uint8]
"""RGB images, 0 to 255: (H, W, 3), or (n, H, W, 3)."""

MOST_LABELS = 2**16
"""As many parts as a label map of 16 bits tells apart."""
ROWS = 64
"""Rows of pixels that are worked on at a time."""
PLACES = (("upper left", "top", "upper right"), ("left", "centre", "right"), ("lower left", "bottom", "lower right"))


def renumbered(labels: NDArray[Any]) -> LabelArray:
    """Number the parts of a map (H, W) of any numbers from 0 on, in reading order of their first pixels.

    Raises ValueError for more parts than 16 bits tell apart.
    """
    number: dict[Any, int] = {}
    for row in labels:
        found, first = np.unique(row, return_index=True)
        for label in found[np.argsort(first)].tolist():
            number.setdefault(label, len(number))
    if len(number) > MOST_LABELS:
        raise ValueError(f"it has {len(number)} parts")
    known = np.array(sorted(number), dtype=labels.dtype)
    places = np.array([number[label] for label in known.tolist()], dtype=np.uint16)
    return np.stack([places[np.searchsorted(known, row)] for row in labels])


def part_sums(labels: LabelArray, values: NDArray[Any] | None = None) -> FloatArray:
    """The sum (d) over each part of a map (H, W) of values that go with its pixels; without values its pixels' number.

    Some rows are summed at a time, because numpy takes both to 8 bytes a pixel.
    """
    d = int(labels.max()) + 1
    total = np.zeros(d)
    for start in range(0, len(labels), ROWS):
        rows = slice(start, start + ROWS)
        weights = None if values is None else np.broadcast_to(values, labels.shape)[rows].ravel()
        total += np.bincount(labels[rows].ravel(), weights, d)
    return total


def part_names(labels: LabelArray) -> tuple[str, ...]:
    """Where each part of a map (H, W) lies, as "part 7 (upper left)": the ninth of the picture with its centre."""
    sizes = part_sums(labels)
    thirds = []
    for line in (np.arange(labels.shape[0])[:, None], np.arange(labels.shape[1])):
        centre = part_sums(labels, line) / sizes
        thirds.append(np.minimum(3 * (centre + 0.5) / line.size, 2).astype(int).tolist())
    return tuple(
        f"part {part} ({PLACES[down][across]})" for part, (down, across) in enumerate(zip(*thirds, strict=True))
    )


def mean_colours(image: NDArray[Any], labels: LabelArray) -> FloatArray:
    """The mean colour (d, 3) of each part of a map (H, W)."""
    sums = [part_sums(labels, image[..., channel]) for channel in range(3)]
    return np.stack(sums, axis=1) / part_sums(labels)[:, None]
