"""How far back the gradient of the last step reaches, and how far back the weights' gradient comes from."""

from __future__ import annotations

import numpy as np

from limen._types import FloatArray, IntArray

THOUSANDTH = float(np.log(1e-3))
"""A gradient below this (in logarithms, of what it was) counts as gone: DESIGN's horizon."""
SETTLED = 0.05
"""Shares that sum to 1 within this count as all of the weights' gradient."""


def median(values: FloatArray) -> float:
    """The median of numbers that are none of them nan, in fewer steps than numpy's for few numbers."""
    half, ordered = len(values) // 2, np.sort(values)
    return float(ordered[half]) if len(values) % 2 else float(ordered[half - 1 : half + 1].mean())


def gradient_horizons(by_lag: FloatArray) -> FloatArray:
    """First lag at which ln ‖∂E_T/∂s‖ (T, B), by lag, is below that at lag 0 by ln 1e-3: (B); inf where it never is.

    It must be below there; that it comes back later (a gradient may) is not asked. nan where there is no gradient,
    no step to go back to, or fewer than the others usually take: a sample of three steps cannot tell of twelve.
    """
    start = by_lag[0]
    with np.errstate(invalid="ignore"):
        gone = by_lag - start < THOUSANDTH
    first = np.where(gone.any(axis=0), gone.argmax(axis=0), np.inf)
    lags = (~np.isnan(by_lag)).sum(axis=0) - 1
    known = np.isfinite(start) & (lags > 0)
    finite = first[known & np.isfinite(first)]
    usual = median(finite) if len(finite) else 0.0
    return np.where(known & (np.isfinite(first) | (lags >= usual)), first, np.nan)


def share_horizons(by_lag: FloatArray) -> FloatArray:
    """Smallest K with |1 - Σ_{lag ≤ k} share| ≤ .05 for all k ≥ K, of shares (T, B) by lag: (B); nan where unknown."""
    known = ~np.isnan(by_lag[0])
    left = np.abs(1.0 - np.cumsum(np.nan_to_num(by_lag), axis=0)) > SETTLED
    steps = len(by_lag)
    last_out = steps - 1 - left[::-1].argmax(axis=0)
    found = np.where(left.any(axis=0), last_out + 1.0, 0.0)
    return np.where(known, np.minimum(found, steps - 1.0), np.nan)


def last_heeded(direct: FloatArray) -> IntArray:
    """The last step (B) at which there is direct gradient, of its logarithms (T, B) in the order of reading; or -1."""
    heeded = direct > -np.inf
    found = np.where(heeded.any(axis=0), len(direct) - 1 - heeded[::-1].argmax(axis=0), -1)
    return found.astype(np.int64)
