"""Array aliases with named axes, and the one geometry that domains show to samplers.

Axes: n probes, d interpretable parts, k model outputs, t targets, p surrogate features.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
"""Real numbers of any shape."""
IntArray = NDArray[np.int64]
"""Integers of any shape."""
BoolArray = NDArray[np.bool_]
"""Masks: (n, d), True = the part is kept."""
PackedArray = NDArray[np.uint8]
"""Masks, eight to a byte: (n, ceil(d / 8)), as `numpy.packbits(masks, axis=1)` makes them."""


@dataclass(frozen=True)
class Geometry:
    """What a sampler may know of an instance: how many parts can be flipped. Never the instance itself.

    image: the parts are those of an image, which lime draws by another law than words.
    """

    n_parts: int
    image: bool = False


@dataclass(frozen=True, eq=False)
class Design:
    """Points with mass under a law, and how they were drawn.

    points: (n, d) coordinates: 1 or True where a part is kept, 0 or False where it is hidden or changed; for a part
    that moves on a scale, its displacement. weights: (n) estimates of expectations under the law are weighted sums;
    they sum to 1. strata: (n) number of the stratum. blocks: (n) points that were drawn together; the unit of the
    variance. sampled_shares: (number of strata) share of the stratum's points that is in the design; 1 = no sampling
    error. exact: every point that has mass is here.
    """

    points: BoolArray | FloatArray
    weights: FloatArray
    strata: IntArray
    blocks: IntArray
    sampled_shares: FloatArray
    exact: bool

    @cached_property
    def block_starts(self) -> IntArray:
        """The first row of each block; blocks come in rising order."""
        first = np.ones(len(self.blocks), dtype=np.bool_)
        np.not_equal(self.blocks[1:], self.blocks[:-1], out=first[1:])
        return first.nonzero()[0]

    @cached_property
    def block_lengths(self) -> IntArray:
        """How many rows each block has."""
        return np.diff(self.block_starts, append=len(self.blocks))

    @cached_property
    def even_length(self) -> int:
        """The length of the blocks, where all are equally long, as pairs are; else 0."""
        starts, n = self.block_starts, len(self.blocks)
        length = n // max(len(starts), 1)
        same = n == length * len(starts) and bool((starts[1:] - starts[:-1] == length).all())
        return length if same else 0

    @cached_property
    def block_strata(self) -> IntArray:
        """The stratum of each block."""
        return self.strata[self.block_starts]

    def take(self, rows: IntArray) -> Design:
        """The design of a subset of its rows: each stratum keeps its mass, shared out in proportion to the weights."""
        strata, n_strata = self.strata[rows], len(self.sampled_shares)
        whole = np.bincount(self.strata, self.weights, n_strata)
        kept = np.bincount(strata, self.weights[rows], n_strata)
        weights = self.weights[rows] * (whole / np.maximum(kept, np.finfo(float).tiny))[strata]
        count = np.bincount(self.strata, minlength=n_strata)
        blocks = np.unique(self.blocks[rows], return_inverse=True)[1]
        shares = self.sampled_shares * np.bincount(strata, minlength=n_strata) / np.maximum(count, 1)
        return Design(self.points[rows], weights / weights.sum(), strata, blocks, shares, exact=False)
