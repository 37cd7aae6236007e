"""The diffusion kernel between masks as a matrix, its triangle, and its inverse."""

from __future__ import annotations

import numpy as np

from limen._types import FloatArray

JITTER = 1e-6
"""Noise, as a share of the variance, that is added where a kernel cannot be inverted without."""


def kernel_of(signs: FloatArray, rates: FloatArray, variance: float) -> FloatArray:
    """The kernel (m, m) of masks as signs (m, d), rates (d)."""
    found: FloatArray = (signs * rates) @ signs.T
    found -= rates.sum()
    np.exp(found, out=found)
    found *= variance
    return found


def triangle_of(kernel: FloatArray, noise: FloatArray) -> FloatArray:
    """The lower Cholesky factor (m, m) of a kernel with noise (m) on its diagonal, above which it is 0."""
    from scipy.linalg import lapack

    whole = kernel.copy()
    whole[np.diag_indices(len(noise))] += noise
    lower: FloatArray
    lower, failed = lapack.dpotrf(whole, lower=1)
    jitter = JITTER * float(kernel[0, 0])
    while failed:  # nearly all masks look alike at these rates
        whole[np.diag_indices(len(noise))] += jitter
        lower, failed = lapack.dpotrf(whole, lower=1)
        jitter *= 100.0
    return lower


def inverse_of(kernel: FloatArray, noise: FloatArray) -> tuple[FloatArray, float]:
    """The inverse of a kernel (m, m) with noise (m) on its diagonal, and the log of its determinant."""
    from scipy.linalg import lapack

    lower = triangle_of(kernel, noise)
    determinant = 2.0 * float(np.log(np.diag(lower)).sum())
    half = lapack.dpotri(lower, lower=1, overwrite_c=1)[0]
    inverse: FloatArray = half + half.T
    inverse[np.diag_indices(len(noise))] *= 0.5
    return inverse, determinant
