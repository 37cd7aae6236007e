"""Coefficients as weighted means of the answers, whose weights the law gives without the rows, and their errors.

They have more variance than least squares where rows are many, and less where they are few for so many coefficients
(Horvitz, Thompson 1952; Särndal, Swensson, Wretman, "Model assisted survey sampling", 1992, equation 6.4.4).
"""

from __future__ import annotations

import numpy as np

from limen._types import Design, FloatArray, IntArray
from limen.surrogates.covariance import degrees_of_freedom, design_covariance, tempered

NO_TERMS = np.zeros((0, 2), dtype=np.int64)


def error_of_means(
    means: FloatArray, at: FloatArray, rest: FloatArray, design: Design
) -> tuple[FloatArray, FloatArray]:
    """Covariance (p, p) of the sum of means (n, p) times a rest (n), and its degrees of freedom (p + 1).

    The last ones are those of the answer at x, whose features are `at` (p).
    """
    each = np.concatenate([means, (means @ at)[:, None]], axis=1)
    evenly, found = (degrees_of_freedom(one, design) for one in (each, each * rest[:, None]))
    return design_covariance(means * rest[:, None], design), tempered(evenly, found)


def products_of(reference: Design, terms: IntArray | None) -> FloatArray:
    """Means (p, p) under the law of the products of 1, the parts and these terms: those of sizes alone.

    All products of k different parts have the same mean, that of s (s - 1) ... (s - k + 1) / (d (d - 1) ...), s kept.
    """
    d, pairs = reference.points.shape[1], NO_TERMS if terms is None else terms
    sizes = reference.points.sum(axis=1).astype(np.int64)
    masses, numbers = np.bincount(sizes, reference.weights, d + 1), np.arange(d + 1.0)
    falling = [np.ones(d + 1)]
    for k in range(4):
        falling.append(falling[-1] * (numbers - k) / max(d - k, 1))
    parts = np.zeros((1 + d + len(pairs), d))
    parts[1 + np.arange(d), np.arange(d)] = 1.0
    for side in (0, 1):
        parts[1 + d + np.arange(len(pairs)), pairs[:, side]] = 1.0
    count = parts.sum(axis=1)
    together = (count[:, None] + count - parts @ parts.T).astype(np.int64)
    found: FloatArray = np.array([float(masses @ one) for one in falling])[together]
    return found
