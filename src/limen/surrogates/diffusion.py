"""A Gaussian process over masks: what a model probably answers to masks that it was not asked about.

Its kernel is the diffusion kernel of the hypercube with a rate for each part, s² exp(-2 Σ_i b_i [z_i ≠ z'_i])
(Kondor, Lafferty, "Diffusion kernels on graphs and other discrete input spaces", ICML 2002): products of any number of
parts, the smaller the more there are, and next to none of parts that do not matter. Rates, s² and the noise are those
of the largest marginal likelihood, with a weak prior that holds the rates together (Rasmussen, Williams, "Gaussian
Processes for Machine Learning", 2006, equations 2.30 and 5.9); the answers that it would give without a row come at no
cost (their equation 5.12).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from limen._types import BoolArray, FloatArray, IntArray
from limen.surrogates.kernels import inverse_of, kernel_of, triangle_of

MOST_ROWS = 1000
"""Rows that a process learns from at most; its cost grows with their cube (1,000: .1 s)."""
ROWS_FOR_RATES = 500
"""Rows that the rates are found with."""
STEPS = 8
"""Steps of the search for the rates."""
SPREAD_OF_RATES = 0.4
"""Standard deviation of the prior of log rates. On two Transformers .3 to .5 gives the smallest errors; 1.5, nearly no
prior, up to 1.8 times larger ones."""
FIRST_RATE, FIRST_NOISE, LEAST_NOISE = 0.5, 0.05, 1e-7
"""Where the search begins: the rate over √d, and the noise as a share of the variance; the last is always there."""
GOLDEN = (5.0**0.5 - 1.0) / 2.0
"""The golden section, whose multiples keep out of step with any period."""
AT_A_TIME = 4_000_000
"""Entries of the kernel that are made at once."""


@dataclass(frozen=True, eq=False)
class Process:
    """A process that has learnt from some rows.

    signs: (m, d) the masks that it learnt from, 1 for kept and -1 for hidden. rates: (d). variance: s². mean: that of
    the prior. heights: (m) of the kernels at these masks, the mean over the processes that leave one row out, each
    counted with its weight. left_out: (n) the answer to each row by the process without it; doubts: (m) the variance
    that this process expected of it. rows: (m) which of the n rows it learnt from. freedom: the share of the answers'
    variation that it can follow, effective parameters / m. noise: (m) of the answers, which is added to the kernel's
    diagonal. scale: the size of the answers, in whose units variance and noise are.
    """

    signs: FloatArray
    rates: FloatArray
    variance: float
    mean: float
    heights: FloatArray
    left_out: FloatArray
    doubts: FloatArray
    rows: IntArray
    freedom: float
    noise: FloatArray
    scale: float

    def at(self, masks: BoolArray) -> FloatArray:
        """Its answers (k) to masks (k, d)."""
        size = float(np.abs(self.heights).max(initial=0.0)) or 1.0  # float32 ends at 3e38
        heights = (self.heights / size).astype(np.float32)
        scaled = (self.signs * self.rates).T.astype(np.float32)
        found = np.empty(len(masks))
        step = max(1, AT_A_TIME // len(heights))
        for low in range(0, len(masks), step):
            part = masks[low : low + step].astype(np.float32)
            exponents = (2.0 * part - 1.0) @ scaled
            exponents -= np.float32(self.rates.sum())
            found[low : low + step] = np.exp(exponents, out=exponents) @ heights
        return found * (size * self.variance) + self.mean

    def everywhere(self) -> FloatArray:
        """Its answers to all 2^d masks, by their number in binary, the first part the highest digit.

        The kernel is a product over parts, so that it is applied one part after the other: d 2^d operations.
        """
        cube = np.zeros((1, 2 ** len(self.rates)))
        np.add.at(cube[0], numbers(self.signs > 0), self.variance * self.heights)
        found: FloatArray = self.swept(cube)[0] + self.mean
        return found

    def kernel(self, masks: BoolArray, others: BoolArray) -> FloatArray:
        """The kernel (k, l), without the variance, of masks (k, d) and others (l, d)."""
        signs: FloatArray = np.where(masks, self.rates, -self.rates)
        found: FloatArray = np.exp(signs @ np.where(others, 1.0, -1.0).T - self.rates.sum())
        return found

    def triangle(self) -> FloatArray:
        """The lower Cholesky factor (m, m) of its kernel and noise; made anew, for many targets keep none."""
        return triangle_of(kernel_of(self.signs, self.rates, self.variance), self.noise)

    def swept(self, cubes: FloatArray) -> FloatArray:
        """Sums (k, 2^d) over all masks of kernels, without the variance, times cubes (k, 2^d)."""
        for part, other in enumerate(np.exp(-2.0 * self.rates)):
            halves = cubes.reshape(len(cubes), 2**part, 2, -1)
            cubes = (halves + other * halves[:, :, ::-1]).reshape(len(cubes), -1)
        return cubes


def numbers(masks: BoolArray) -> IntArray:
    """The number in binary (n) of masks (n, d), d below 63."""
    found: IntArray = masks.astype(np.int64) @ (1 << np.arange(masks.shape[1], dtype=np.int64)[::-1])
    return found


def learnt(
    masks: BoolArray, answers: FloatArray, noise: FloatArray, weights: FloatArray, mates: IntArray | None = None
) -> Process:
    """Learn from answers (n) to masks (n, d).

    noise: (n) how uncertain each answer is beside the others, around 1. weights: (n) with which the processes without
    a row are averaged. mates: (n) the row that is left out along with each, as where masks were drawn with their
    complements; its own number for none. None: every row alone.
    """
    rows, mate = _some(len(masks), mates)
    signs: FloatArray = np.where(masks[rows], 1.0, -1.0)
    some, level = answers[rows], noise[rows]
    mean = float(np.average(some, weights=1.0 / level))
    scale = float(np.sqrt(np.average((some - mean) ** 2, weights=1.0 / level))) or 1.0
    centred = (some - mean) / scale
    rates, variance, noisy = _rates(signs, centred, level)
    added = noisy * level + LEAST_NOISE * variance
    inverse = inverse_of(kernel_of(signs, rates, variance), added)[0]
    own = np.diag(inverse)
    heights = inverse @ centred
    (apart, doubts), counted = _left_out(inverse, heights, mate), weights[rows]
    together = counted + np.where(mate == np.arange(len(rows)), 0.0, counted[mate])
    found = Process(
        signs=signs,
        rates=rates,
        variance=variance,
        mean=mean,
        heights=(heights - inverse @ (together * apart)) * scale,
        left_out=np.zeros(len(masks)),
        doubts=doubts * scale**2,
        rows=rows,
        noise=added,
        scale=scale,
        freedom=1.0 - noisy * float(np.mean(level * own)),
    )
    others = np.setdiff1d(np.arange(len(masks)), rows)
    found.left_out[rows] = some - apart * scale
    found.left_out[others] = found.at(masks[others])
    return found


def _left_out(inverse: FloatArray, heights: FloatArray, mate: IntArray) -> tuple[FloatArray, FloatArray]:
    """By how much each answer (m) differs from that of the process without it and its mate, and the variance of that.

    The inverse of a block of the inverse, times the block's heights; blocks have one row or two.
    """
    rows = np.arange(len(heights))
    own, across = np.diag(inverse), np.where(mate == rows, 0.0, inverse[rows, mate])
    determinant = own * own[mate] - across**2
    return (own[mate] * heights - across * heights[mate]) / determinant, own[mate] / determinant


def _evenly(n: int, most: int) -> IntArray:
    """At most so many of n rows, one of each stretch: designs come in order of the number of kept parts.

    Where in its stretch a row lies goes by the golden section: every second row of pairs would be half of the cube.
    """
    if n <= most:
        return np.arange(n)
    ends = np.arange(most + 1) * n // most
    found: IntArray = ends[:-1] + (GOLDEN * np.arange(most) % 1.0 * np.diff(ends)).astype(np.int64)
    return found


def _some(n: int, mates: IntArray | None) -> tuple[IntArray, IntArray]:
    """The rows that are learnt from, and the place among them of each one's mate: pairs stay together."""
    if mates is None:
        rows = _evenly(n, MOST_ROWS)
        return rows, np.arange(len(rows))
    if n > MOST_ROWS:
        firsts = np.flatnonzero(np.arange(n) <= mates)
        firsts = firsts[_evenly(len(firsts), MOST_ROWS // 2)]
        rows = np.unique(np.concatenate([firsts, mates[firsts]]))
    else:
        rows = np.arange(n)
    places: IntArray = np.searchsorted(rows, mates[rows])
    return rows, places


def _rates(signs: FloatArray, answers: FloatArray, level: FloatArray) -> tuple[FloatArray, float, float]:
    """Rates (d), variance and noise at the largest of marginal likelihood times prior; answers have variance 1."""
    from scipy.optimize import minimize

    rows = _evenly(len(signs), ROWS_FOR_RATES)
    signs, answers, level = signs[rows], answers[rows], level[rows]
    d = signs.shape[1]
    start = np.log(FIRST_RATE / np.sqrt(d))

    def lost(logs: FloatArray) -> tuple[float, FloatArray]:
        value, gradient = _minus_log_likelihood(signs, answers, level, logs)
        off = (logs[:d] - start) / SPREAD_OF_RATES
        gradient[:d] += off / SPREAD_OF_RATES
        return value + 0.5 * float(off @ off), gradient

    first = np.concatenate([np.full(d, start), [0.0, np.log(FIRST_NOISE)]])
    bounds = [(start - 8.0, start + 8.0)] * d + [(-6.0, 8.0), (-16.0, 4.0)]
    found = minimize(lost, first, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": STEPS})
    best = np.exp(found.x)
    return best[:d], float(best[d]), float(best[d + 1])


def _minus_log_likelihood(
    signs: FloatArray, answers: FloatArray, level: FloatArray, logs: FloatArray
) -> tuple[float, FloatArray]:
    """Minus the log marginal likelihood, and its gradient, in log rates (d), log variance and log noise."""
    d = signs.shape[1]
    rates, variance, noisy = np.exp(logs[:d]), float(np.exp(logs[d])), float(np.exp(logs[d + 1]))
    kernel = kernel_of(signs, rates, variance)
    inverse, determinant = inverse_of(kernel, noisy * level + LEAST_NOISE * variance)
    heights = inverse @ answers
    value = 0.5 * (float(answers @ heights) + determinant)
    pull = 0.5 * (np.outer(heights, heights) - inverse)
    on_kernel = pull * kernel
    total = float(on_kernel.sum())
    of_rates = (np.einsum("ij,ij->j", signs, on_kernel @ signs) - total) * rates
    return value, -np.concatenate([of_rates, [total, noisy * float(np.diag(pull) @ level)]])
