"""Small parts of an image join their neighbours until as many are left as were asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from limen._types import FloatArray
from limen.results._image_parts import LabelArray, mean_colours

MOST_PIECES = 2000
"""Pieces that are told apart; of a photo of nothing but noise, the crumbs beyond these join what is nearest."""


def pieces_of(labels: NDArray[Any]) -> NDArray[Any]:
    """Number each piece of a map (h, w) that hangs together by its edges: parts may come as islands, and crumbs."""
    from scipy.ndimage import distance_transform_edt
    from skimage.measure import label

    pieces = label(labels.astype(np.int64) + 1, connectivity=1) - 1
    sizes = np.bincount(pieces.ravel())
    if len(sizes) > MOST_PIECES:
        crumbs = ~np.isin(pieces, np.argsort(-sizes, kind="stable")[:MOST_PIECES])
        rows, columns = distance_transform_edt(crumbs, return_distances=False, return_indices=True)
        pieces = label(pieces[rows, columns] + 1, connectivity=1) - 1
    return np.asarray(pieces)


def merged(labels: LabelArray, colours: NDArray[Any] | None, count: int) -> LabelArray:
    """Join parts of a map (h, w) until at most `count` are left: a map of numbers that may have gaps.

    The smallest part joins, among those that it touches, the one of the most similar mean colour by `colours`
    (h, w, 3), or, where that is None, of the longest common border.
    """
    d = int(labels.max()) + 1
    if d <= count:
        return labels
    sizes = np.bincount(labels.ravel()).astype(np.float64)
    means = np.zeros((d, 3)) if colours is None else mean_colours(colours, labels)
    into = _joins(sizes, means, _borders(labels, d), count, by_border=colours is None)
    return into.astype(np.uint16)[labels]


def _borders(labels: LabelArray, d: int) -> FloatArray:
    """The lengths of the common borders (d, d) in pixels, symmetric, zero diagonal."""
    numbers = labels.astype(np.int64)
    pairs = [numbers[:-1] * d + numbers[1:], numbers[:, :-1] * d + numbers[:, 1:]]
    counts = np.bincount(np.concatenate([pair.ravel() for pair in pairs]), minlength=d * d).reshape(d, d)
    lengths: FloatArray = (counts + counts.T).astype(np.float64)
    np.fill_diagonal(lengths, 0.0)
    return lengths


def _joins(sizes: FloatArray, means: FloatArray, borders: FloatArray, count: int, *, by_border: bool) -> NDArray[Any]:
    """For each part (d) the part that it ends in; the arrays given are used up."""
    into = np.arange(len(sizes))
    for _ in range(len(sizes) - count):
        small = int(np.argmin(sizes))
        touching = np.flatnonzero(borders[small])
        if by_border:
            host = int(touching[np.argmax(borders[small, touching])])
        else:
            host = int(touching[np.argmin(((means[touching] - means[small]) ** 2).sum(axis=1))])
        both = sizes[small] + sizes[host]
        means[host] = (sizes[small] * means[small] + sizes[host] * means[host]) / both
        sizes[host], sizes[small] = both, np.inf
        borders[host] += borders[small]
        borders[:, host] = borders[host]
        borders[small] = borders[:, small] = borders[host, host] = 0.0
        into[into == small] = host
    return into
