"""Intervals that know on which side an estimate errs farther.

A bend or a pair is the mean of products such as (u² - 1) times the residual. Where a smooth model leaves terms of
fourth order, few far probes carry it: most draws lack them, come out too near 0, and know of too little variance.
Student's intervals then cover .81 to .90. The skewness of the scores tells the side.
"""

from __future__ import annotations

import numpy as np

from limen._types import FloatArray
from limen.surrogates.covariance import degrees_of_freedom, reach, unshrunk
from limen.surrogates.features import columns
from limen.surrogates.quadratic import PairFit


def sides(curve: PairFit, contrasts: FloatArray) -> tuple[FloatArray, FloatArray] | None:
    """How many standard errors the 95 % intervals of contrasts (k, p) of a fit's coefficients reach down and up: (k).

    Student's quantiles, sent back through the cubic that takes the skewness out of T (Hall, On the Removal of Skewness
    by Transformation, JRSS B 1992, equation 2.2). Degrees of freedom are those of the scores as they were found. None
    where the probes are no independent draws (in strata of masks nothing has tails), or do not tell all terms apart.
    """
    design = curve.design
    if design.exact or len(design.sampled_shares) != 1 or design.sampled_shares[0] or not curve.fit.full_rank:
        return None
    root = np.sqrt(design.weights)[:, None]
    left, triangle = np.linalg.qr(root * columns(design.points, curve.terms))
    along = np.linalg.solve(triangle.T, contrasts.T)  # (p, k): contrasts in the orthonormal columns
    scores = (left * unshrunk(left, root * curve.fit.residuals[:, None], design)) @ along
    evenly = degrees_of_freedom(root * (left @ along), design)
    quantile = reach(np.minimum(evenly, degrees_of_freedom(scores, design)))
    totals = np.add.reduceat(scores, design.block_starts, axis=0)
    totals -= totals.mean(axis=0)
    size = np.sqrt((totals**2).sum(axis=0))
    skewness = ((totals / np.where(size > 0, size, 1.0)) ** 3).sum(axis=0)  # over the root of the number of blocks
    return _straightened(quantile, skewness), -_straightened(-quantile, skewness)


def _straightened(quantile: FloatArray, skewness: FloatArray) -> FloatArray:
    """The T at which T + a T² + a² T³ / 3 + a / 2 is `quantile`, with a = skewness / 3."""
    a = skewness / 3.0
    bent = np.abs(a) > 1e-6  # below, the cubic is a line to all digits that matter
    straight: FloatArray = np.where(
        bent, (np.cbrt(1.0 + 3.0 * a * (quantile - a / 2.0)) - 1.0) / np.where(bent, a, 1.0), quantile
    )
    return straight
