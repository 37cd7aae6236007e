"""Array aliases with named axes, and the one geometry that domains show to samplers.

Axes: n probes, d interpretable parts, k model outputs, t targets, p surrogate features.
"""

from __future__ import annotations

from dataclasses import dataclass

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
    """What a sampler may know of an instance: how many parts can be flipped. Never the instance itself."""

    n_parts: int


@dataclass(frozen=True, eq=False)
class Design:
    """Masks with mass under a law, and how they were drawn.

    masks: (n, d). weights: (n) estimates of expectations under the law are weighted sums; they sum to 1.
    strata: (n) number of the stratum. blocks: (n) masks that were drawn together; the unit of the variance.
    sampled_shares: (number of strata) share of the stratum's masks that is in the design; 1 = no sampling error.
    exact: every mask that has mass is here.
    """

    masks: BoolArray
    weights: FloatArray
    strata: IntArray
    blocks: IntArray
    sampled_shares: FloatArray
    exact: bool

    def take(self, rows: IntArray) -> Design:
        """The design of a subset of its rows: weights are shared out again inside each stratum, and sum to 1."""
        whole = np.bincount(self.strata, self.weights, len(self.sampled_shares))
        count = np.bincount(self.strata, minlength=len(self.sampled_shares))
        left = np.bincount(self.strata[rows], minlength=len(self.sampled_shares))
        weights = (whole / np.maximum(left, 1))[self.strata[rows]]
        blocks = np.unique(self.blocks[rows], return_inverse=True)[1]
        shares = self.sampled_shares * left / np.maximum(count, 1)
        return Design(self.masks[rows], weights / weights.sum(), self.strata[rows], blocks, shares, exact=False)
