"""Sizes of differences, freed of what chance alone adds to them."""

from __future__ import annotations

from functools import cache

import numpy as np

from limen._types import FloatArray, IntArray
from limen.results import Estimate, Explanation, Status

REACH = 1.959964
"""Standard errors to each end of a 95 % interval."""


def estimate(value: float, error: float = 0.0, low: float = -np.inf, high: float = np.inf) -> Estimate:
    """A number with a normal 95 % interval that stays within its range."""
    ends = (max(low, value - REACH * error), min(high, value + REACH * error)) if error else (value, value)
    return Estimate(float(value), float(error), float(ends[0]), float(ends[1]))


def between(value: float, low: float, high: float) -> Estimate:
    """A number with a 95 % interval that need not be even; its standard error is what such a width would mean."""
    low, high = min(low, value), max(high, value)
    return Estimate(float(value), float((high - low) / (2.0 * REACH)), float(low), float(high))


def binomial(value: float, above: float, count: float, sides: int = 1) -> Estimate:
    """A share with the interval of Clopper and Pearson (1934) for `above` of `count`, of one side or of both."""
    from scipy.stats import beta

    low = beta.ppf(0.025, above, count - above + 1) if above > 0 else 0.0
    high = beta.ppf(0.975, above + 1, count - above) if above < count else 1.0
    return between(value, sides * float(low), min(1.0, sides * float(high)))


def unsure(explanation: Explanation, places: IntArray) -> FloatArray:
    """By what share the standard errors of some effects may themselves be off, by the degrees of freedom they have.

    These are read off the intervals, which reach Student's t of ν degrees; a standard error of ν degrees is off by
    1 / √2ν. An exact explanation has errors of an engine at most, which are known.
    """
    effects = explanation.effects
    errors = effects.standard_errors[places]
    if explanation.status is Status.EXACT:
        return np.zeros(len(places))
    safe = np.where(errors > 0, errors, 1.0)
    reaches = np.where(errors > 0, (effects.high - effects.low)[places] / (2.0 * safe), 0.0)
    found: FloatArray = np.interp(reaches, *_shares())
    return found


@cache
def _shares() -> tuple[FloatArray, FloatArray]:
    """Student's t at 97.5 % for many degrees of freedom, rising, and by what share errors of so many are off."""
    from scipy.special import stdtrit

    degrees = np.append(np.inf, 1.0 / np.linspace(0.0, 1.0, 400)[1:])
    reaches = np.append(REACH, stdtrit(degrees[1:], 0.975))
    return reaches, np.sqrt(0.5 / degrees)


def size(values: FloatArray) -> float:
    """The Euclidean length."""
    return float(np.sqrt((values**2).sum()))


def true_size(values: FloatArray, errors: FloatArray) -> float:
    """The length (d) less what the errors alone add to it in the mean; 0 where that is all."""
    return float(np.sqrt(max(0.0, float((values**2).sum() - (errors**2).sum()))))


def relative_change(
    change: FloatArray, moved: FloatArray, whole: FloatArray, whole_errors: FloatArray, *, freed: bool = True
) -> Estimate:
    """How large a change of effects (d) is beside the effects, with its error.

    moved: (b, d) what each independent draw added to the change, whose mean square is taken off where it is `freed` of
    chance; else what is not known counts as a change. The error is that of the length by the delta method, and of a
    change that is all chance the length of what chance does.
    """
    errors = np.sqrt((moved**2).sum(axis=0))
    length, beside = size(change), max(size(whole), size(whole_errors), 1e-300)
    found = true_size(change, errors) if freed else length
    along = moved @ (change / length) if length else np.zeros(0)
    error = float(np.sqrt((along**2).sum()))
    return estimate(found / beside, max(error, size(errors) / np.sqrt(len(errors))) / beside, low=0.0)


def flips(first: FloatArray, first_errors: FloatArray, second: FloatArray, second_errors: FloatArray) -> IntArray:
    """The parts whose effects have opposite signs, both beyond their 95 % intervals."""
    sure = (np.abs(first) > REACH * first_errors) & (np.abs(second) > REACH * second_errors)
    tiny = 1e-9 * max(float(np.abs(first).max(initial=0.0)), float(np.abs(second).max(initial=0.0)))
    apart = (np.sign(first) != np.sign(second)) & (np.minimum(np.abs(first), np.abs(second)) > tiny)
    return np.flatnonzero(sure & apart)


def ranks(values: FloatArray) -> FloatArray:
    """Ranks 0..d-1 along the last axis, the smallest first."""
    return np.asarray(np.argsort(np.argsort(values, axis=-1, kind="stable"), axis=-1, kind="stable"), dtype=np.float64)


def rank_correlations(first: FloatArray, second: FloatArray) -> FloatArray:
    """Spearman's correlation of each row (r, d) of one with that of the other; 1 where there is one part."""
    if first.shape[1] < 2:
        return np.ones(len(first))
    a, b = (found - found.mean(axis=1, keepdims=True) for found in (ranks(first), ranks(second)))
    return np.asarray((a * b).sum(axis=1) / np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1)))


def jaccards(first: FloatArray, second: FloatArray, k: int) -> FloatArray:
    """Jaccard index of the k largest sizes of each row (r, d) of one and of the other: common ones over all."""
    tops = [np.abs(found) >= -np.sort(-np.abs(found), axis=1)[:, k - 1 : k] for found in (first, second)]
    return np.asarray((tops[0] & tops[1]).sum(axis=1) / (tops[0] | tops[1]).sum(axis=1))
