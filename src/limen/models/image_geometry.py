"""Where a preprocessing puts the pixels of a photo, found by sending pictures through it.

Nothing is known of the preprocessing but what it does. Black and white tell how far each number of the model's input
can move; a slope from left to right and one from top to bottom tell from which column and row it comes: resized,
cropped, padded, flipped.

Axes: H rows and W columns of the photo; c channels, h rows and w columns of the model's input.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from limen._types import BoolArray, FloatArray, IntArray
from limen.models.preparing import Prepare

EDGE = 20
"""One in so many lines at each end is left out of a fit: resampling flattens a slope at the edge of a photo."""

MOST_BENT = 0.02
"""Share of a photo's length by which lines may come from elsewhere than a straight line says."""


@dataclass(frozen=True, eq=False)
class Whence:
    """For lines of the model's input the line of the photo that each comes from: start + step · number.

    length: lines of the photo.
    """

    start: float
    step: float
    length: int

    def nearest(self, numbers: IntArray) -> IntArray:
        """The lines of the photo nearest to lines of the input; -1 where they lie outside of the photo."""
        found = np.rint(self.start + self.step * numbers).astype(np.int64)
        return np.where((found >= 0) & (found < self.length), found, -1)

    @property
    def reach(self) -> int:
        """Lines of the input to each side into which resampling carries a line: Lanczos reaches 3 of the coarser."""
        if self.step == 0.0:
            return 1
        return int(np.ceil(3.0 / min(1.0, max(abs(self.step), 1e-3)))) + 1


@dataclass(frozen=True, eq=False)
class Geometry:
    """Of a preprocessing and a size of photos.

    rows, columns: whence they come. span: (c, h, w) what white gives, less what black gives. inside: (h, w) where the
    photo has any influence; elsewhere is padding.
    """

    rows: Whence
    columns: Whence
    span: FloatArray
    inside: BoolArray


def geometry_of(shape: tuple[int, int], prepare: Prepare) -> Geometry | None:
    """The geometry for photos of a shape (H, W); None where the photo has no influence or sizes differ."""
    black, white = (prepare(np.full((*shape, 3), level, dtype=np.uint8)) for level in (0, 255))
    if black.shape != white.shape:
        return None
    span = (white - black).astype(np.float64)
    reached = (span**2).sum(axis=0)  # 0 where the photo has no influence
    inside = reached > 1e-6 * reached.max()
    if not inside.any():
        return None
    found = []
    for axis, length in enumerate(shape):
        slope = np.rint(np.linspace(0.0, 255.0, length)).astype(np.uint8)
        along = slope[:, None, None] if axis == 0 else slope[None, :, None]
        given = prepare(np.broadcast_to(along, (*shape, 3)).copy())
        if given.shape != black.shape:
            return None
        share = ((given - black) * span).sum(axis=0) / np.where(inside, reached, 1.0)
        line = _line(np.where(inside, share, np.nan), axis, length)
        if line is None:
            return None
        found.append(line)
    return Geometry(found[0], found[1], span, inside)


def _line(share: FloatArray, axis: int, length: int) -> Whence | None:
    """The straight line through the medians of shares (h, w) of a photo's length, along an axis; None: it is none."""
    known = np.isfinite(share).any(axis=1 - axis)
    places = np.flatnonzero(known)
    lines = share[known] if axis == 0 else share[:, known]
    middle: FloatArray = np.nanmedian(lines, axis=1 - axis) * (length - 1)
    cut = len(places) // EDGE
    places, middle = places[cut : len(places) - cut], middle[cut : len(places) - cut]
    if length == 1 or len(places) == 1:
        return Whence(float(middle.mean()), 0.0, length)
    step, start = np.polyfit(places, middle, 1)
    straight = np.abs(middle - start - step * places).max() <= MOST_BENT * length + 1.0
    if not straight or abs(step) * len(share if axis == 0 else share[0]) < 1.0:
        return None
    return Whence(float(start), float(step), length)
