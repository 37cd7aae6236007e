"""What each part of an image adds to each number of the model's input, where resampling mixes parts.

Preprocessing is nearly linear in the pixels, so the input for a composed image is that of the fill plus what each kept
part adds. Parts that are far apart are kept in one picture, which tells what all of them add, so that a few pictures
are enough for any number of parts.

Axes: d parts; c channels, h rows and w columns of the model's input; M pixels in which several parts mix; S parts that
mix in one pixel, at most.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from limen._canvas import Canvas
from limen._types import IntArray
from limen.models.image_geometry import Geometry
from limen.models.preparing import Planes, Prepare

FELT = 0.6
"""Grey levels, of 255, that a part must add to a pixel to count there; rounding alone moves it by half of one."""


@dataclass(frozen=True, eq=False)
class Mixing:
    """labels: (h, w) the part of a pixel, or that with the largest share of it. mixed: (M) flat numbers of pixels.

    parts: (S, M) the parts that mix there. steps: (S, c, M) what each adds to the fill when it alone is kept. rest:
    (c, M) what is added where all of them are kept: rounding, and the clipping of edges that overshoot.
    """

    labels: IntArray
    mixed: IntArray
    parts: IntArray
    steps: NDArray[np.float32]
    rest: NDArray[np.float32]


def mixing_of(canvas: Canvas, prepare: Prepare, geometry: Geometry, image: Planes, fill: Planes) -> Mixing:
    """Send a picture for each set of parts that are far apart, and share out what they add. image, fill: (c, h, w)."""
    around = _Around.of(canvas.labels, geometry)
    parts, steps = [], []
    level = np.abs(geometry.span) / 255
    for chosen in [*_far_apart(around, canvas.n_parts), *around.thin[:, None]]:
        kept = np.isin(np.arange(canvas.n_parts), chosen)[None]
        step = prepare(canvas.compose(kept)[0]) - fill
        felt = (np.abs(step) > FELT * level).any(axis=0)
        parts.append(np.where(felt, _nearest_part(around.labels, chosen)[around.inner], -1).ravel())
        steps.append(np.where(felt, step, 0.0).reshape(len(step), -1))
    return _shared_out(np.stack(parts), np.stack(steps), image - fill, around.labels[around.inner])


@dataclass(frozen=True, eq=False)
class _Around:
    """The label map at the model's size by nearest neighbour, with a margin from which resampling can reach in.

    labels: -1 outside of the photo. inner: the slices of the model's input in it. thin: parts among them that are so
    thin that no pixel of theirs was taken. reach: rows and columns.
    """

    labels: IntArray
    inner: tuple[slice, slice]
    thin: IntArray
    reach: tuple[int, int]

    @classmethod
    def of(cls, labels: IntArray, geometry: Geometry) -> _Around:
        reach = (geometry.rows.reach, geometry.columns.reach)
        taken, inner = [], []
        for whence, length, margin in zip((geometry.rows, geometry.columns), geometry.inside.shape, reach, strict=True):
            taken.append(whence.nearest(np.arange(-margin, length + margin)))
            inner.append(slice(margin, margin + length))
        rows, columns = taken
        outside = (rows < 0)[:, None] | (columns < 0)[None, :]
        found = np.where(outside, -1, labels[rows[:, None], columns[None, :]])
        window = labels[rows[rows >= 0].min() : rows.max() + 1, columns[columns >= 0].min() : columns.max() + 1]
        return cls(found.astype(np.int64), (inner[0], inner[1]), np.setdiff1d(window, found), reach)


def _far_apart(around: _Around, n_parts: int) -> list[IntArray]:
    """Sets of parts; in each any two are more than twice the reach apart.

    Cells of that size tell: parts with a pixel in the same or in neighbouring cells are too near.
    """
    rows, columns = np.nonzero(around.labels >= 0)
    down, across = (numbers // (2 * reach + 1) for numbers, reach in zip((rows, columns), around.reach, strict=True))
    present = np.zeros((down.max() + 3, across.max() + 3, n_parts), dtype=np.bool_)  # with a rim of empty cells
    present[down + 1, across + 1, around.labels[rows, columns]] = True
    tall = present[:-2] | present[1:-1] | present[2:]
    wide = tall[:, :-2] | tall[:, 1:-1] | tall[:, 2:]
    here, about = (cells.reshape(-1, n_parts).astype(np.float32) for cells in (present[1:-1, 1:-1], wide))
    near = about.T @ here > 0
    sets: list[list[int]] = []
    for part in np.flatnonzero(near.diagonal()):
        fitting = next((members for members in sets if not near[part, members].any()), None)
        if fitting is None:
            sets.append([int(part)])
        else:
            fitting.append(int(part))
    return [np.array(members) for members in sets]


def _shared_out(parts: IntArray, steps: NDArray[np.float32], change: Planes, labels: IntArray) -> Mixing:
    """Keep the parts of each pixel, the largest first; what their sum lacks of the whole change is kept apart.

    parts: (sets, pixels), -1 for none. steps: (sets, c, pixels). change: (c, h, w) from the fill to the image.
    """
    sizes = np.where(parts >= 0, np.abs(steps).sum(axis=1), -1.0)
    count = (parts >= 0).sum(axis=0)
    first = np.take_along_axis(parts, sizes.argmax(axis=0)[None], axis=0)[0]
    owners = np.where(count > 0, first, np.maximum(labels.ravel(), 0))
    mixed = np.flatnonzero(count > 1)
    order = np.argsort(-sizes[:, mixed], axis=0, kind="stable")[: max(1, count.max())]
    there = np.take_along_axis(parts[:, mixed], order, axis=0)
    added = np.take_along_axis(steps[:, :, mixed], order[:, None], axis=0)
    rest = change.reshape(len(change), -1)[:, mixed] - added.sum(axis=0)
    there = np.where(there < 0, there[0], there)  # adds nothing
    return Mixing(owners.reshape(labels.shape), mixed, there, added.astype(np.float32), rest.astype(np.float32))


def _nearest_part(labels: IntArray, chosen: IntArray) -> IntArray:
    """For each pixel the nearest of some parts."""
    if len(chosen) == 1:
        return np.full(labels.shape, chosen[0])
    from scipy.ndimage import distance_transform_edt

    rows, columns = distance_transform_edt(~np.isin(labels, chosen), return_distances=False, return_indices=True)
    return np.asarray(labels[rows, columns])
