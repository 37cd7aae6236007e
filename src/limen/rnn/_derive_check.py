"""The gradient once more, by central differences of the loss, with an estimate of their own error."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from limen._types import FloatArray

MOST_ENTRIES = 400
"""Entries of ∂E_T/∂W_hh that are checked one by one; more are checked along random directions."""
MOST_DIRECTIONS = 64
MOST_STEPS, SMALL_NET = 200_000, 64
"""Steps of a net of so few units that all the differences may take, about; two directions are always checked."""
WIDEST, NARROWEST = 1e-2, 1e-9
"""Half the largest distance between two losses where the loss is not steep, and where it may be so at the least."""
NARROWING = 0.25 ** np.arange(8)
"""The distances that are tried, as shares of the largest."""
EVALUATIONS = 2 * len(NARROWING)


def directions(hidden: int, steps: int) -> tuple[FloatArray, str]:
    """Directions (n, H, H) of norm 1 to differentiate along, and what they are: "entries" or "directions"."""
    affordable = int(MOST_STEPS / (EVALUATIONS * steps * (1 + (hidden / SMALL_NET) ** 2)))
    if hidden**2 <= min(MOST_ENTRIES, affordable):
        return np.eye(hidden**2).reshape(-1, hidden, hidden), "entries"
    drawn = np.random.default_rng(0).standard_normal((max(2, min(MOST_DIRECTIONS, affordable)), hidden, hidden))
    return drawn / np.linalg.norm(drawn, axis=(1, 2), keepdims=True), "directions"


def slope(loss: Callable[[float], float], steepness: float) -> tuple[float, float]:
    """Differentiate a function of one number at 0: (derivative, its estimated error); nan where it is too steep.

    Central differences of two widths cancel each other's error of second order (Richardson, Phil. Trans. R. Soc. A 210,
    1911); of all widths those are taken where two such values agree best, rounding included. steepness: about the
    largest slope in any direction; the steeper, the narrower: in a chaotic net the loss soon bends.
    """
    scale = 1 + abs(loss(0.0))
    widest = WIDEST * min(1.0, scale / steepness) if steepness > 0 else WIDEST
    if not widest > NARROWEST:
        return math.nan, math.nan
    widths = widest * NARROWING
    central = np.array([(loss(width) - loss(-width)) / (2 * width) for width in widths])
    with np.errstate(over="ignore", invalid="ignore"):
        fourth = (16 * central[1:] - central[:-1]) / 15
        rounding = np.finfo(np.float64).eps * (scale + steepness) / widths[2:]
        errors = np.abs(np.diff(fourth)) + rounding
    best = int(np.argmin(np.where(np.isfinite(errors), errors, np.inf)))
    return float(fourth[best + 1]), float(errors[best])


def relative(came: FloatArray, expected: FloatArray) -> float:
    """‖came - expected‖/‖expected‖; 0 if both are 0, nan where a number in them is not finite."""
    largest = float(np.abs(expected).max())
    if not (np.isfinite(came).all() and math.isfinite(largest)):
        return float("nan")
    if largest == 0:
        return float("inf") if came.any() else 0.0
    with np.errstate(over="ignore"):
        apart = np.linalg.norm(came / largest - expected / largest)
    return float(apart / np.linalg.norm(expected / largest))
