"""The error that a drawn design leaves in a weighted fit: its covariance, and the degrees of freedom of that."""

from __future__ import annotations

import numpy as np

from limen._types import Design, FloatArray, IntArray

NORMAL = 1.959963984540054
"""How many standard errors a 95 % interval reaches to each side where the standard error is known."""
FITTED_EXACTLY = 1e-9
"""A direction of a block whose share left to the residual is below this holds rounding errors only."""
MANY = 10_000
"""Rows from which on blocks are summed by a sparse matrix."""


def unshrunk(left: FloatArray, residuals: FloatArray, design: Design, power: float = -0.5) -> FloatArray:
    """Residuals (n, t) of a fit, block by block blown up by (I - H)^power.

    With -½ to the size that they had before the fit: for blocks of one row this is HC2 (MacKinnon, White 1985), in
    general CR2 (Bell, McCaffrey 2002). With -1 they are those of the fit without their block (Allen's PRESS, 1974).
    left: (n, r) orthonormal columns whose products are the fit's hat matrix H; residuals are weighted like it.
    """
    if length := design.even_length:
        block = left.reshape(-1, length, left.shape[1])
        return _grown(block, residuals.reshape(-1, length, residuals.shape[1]), power).reshape(residuals.shape)
    starts, lengths = design.block_starts, design.block_lengths
    grown = np.empty_like(residuals)
    for length in np.unique(lengths).tolist():
        rows = starts[lengths == length][:, None] + np.arange(length)
        grown[rows] = _grown(left[rows], residuals[rows], power)
    return grown


def _grown(block: FloatArray, residuals: FloatArray, power: float) -> FloatArray:
    """The same for blocks of one length: (blocks, length, r) and (blocks, length, t)."""
    length = block.shape[1]
    kept = np.eye(length) - block @ block.transpose(0, 2, 1)
    return _of_pairs(kept, residuals, power) if length == 2 else _of_any(kept, residuals, power)


def _stretched(values: FloatArray, power: float) -> FloatArray:
    return np.where(values > FITTED_EXACTLY, np.maximum(values, FITTED_EXACTLY) ** power, 1.0)


def _of_any(kept: FloatArray, residuals: FloatArray, power: float) -> FloatArray:
    """`kept`^power times residuals (blocks, length, t), by the eigenvalues of the matrices (blocks, length, length)."""
    values, vectors = np.linalg.eigh(kept)
    grown: FloatArray = vectors @ (_stretched(values, power)[:, :, None] * (vectors.transpose(0, 2, 1) @ residuals))
    return grown


def _of_pairs(kept: FloatArray, residuals: FloatArray, power: float) -> FloatArray:
    """The same for symmetric 2 × 2 matrices, whose powers are a matrix and a constant: M^p = slope M + rest I."""
    a, b, c = kept[:, 0, 0], kept[:, 0, 1], kept[:, 1, 1]
    middle, half = (a + c) / 2.0, np.hypot((a - c) / 2.0, b)
    high, low = _stretched(middle + half, power), _stretched(middle - half, power)
    slope = np.divide(high - low, 2.0 * half, out=np.zeros_like(half), where=half > FITTED_EXACTLY)
    rest = high - slope * (middle + half)
    grown: FloatArray = slope[:, None, None] * (kept @ residuals) + rest[:, None, None] * residuals
    return grown


def design_covariance(scores: FloatArray, design: Design) -> FloatArray:
    """Covariance (k, k) of the total of `scores` (n, k; weights included) over the drawing of the design.

    Blocks are the sampling units; their totals are centred within the stratum, and the stratum counts with
    1 - n_s / N_s. A stratum with a single block, which only a subset of a design can have, counts uncentred, which
    errs on the wide side.
    """
    totals, strata, n_strata = _block_totals(scores, design), design.block_strata, len(design.sampled_shares)
    if n_strata == 1 and len(totals) > 1:  # the same sums, several times faster
        inside = totals - design.block_lengths[:, None] * (totals.sum(axis=0) / len(design.blocks))
        factor = (1.0 - float(design.sampled_shares[0])) * (len(totals) / (len(totals) - 1))
        alone: FloatArray = inside.T @ (inside * factor)
        return alone
    n_blocks = np.bincount(strata, minlength=n_strata)
    sizes = np.bincount(design.strata, minlength=n_strata)
    mean = _sums(totals, strata, n_strata) / np.maximum(sizes, 1)[:, None]
    rows_in_block = design.block_lengths[:, None]
    centred = np.where((n_blocks > 1)[strata][:, None], totals - rows_in_block * mean[strata], totals)
    factors = (1.0 - design.sampled_shares) * np.where(n_blocks > 1, n_blocks / np.maximum(n_blocks - 1, 1), 1.0)
    covariance: FloatArray = centred.T @ (centred * factors[strata][:, None])
    return covariance


def tempered(evenly: FloatArray, found: FloatArray) -> FloatArray:
    """Degrees of freedom (k) half from the design, half from the scores that were found.

    The degrees of freedom are one over how unsure the variance is. `evenly` (k) takes all residuals for equally large,
    and misses that a few blocks can carry the variance (words that matter and are seldom hidden); `found` (k) takes the
    squared scores at their word, and overstates it, because squares of normal scores are uneven by chance. The mean of
    the two, where `found` is the worse one, covers best (`benchmarks/do_the_intervals_cover.py`).
    """
    unsureness = 0.5 * (1.0 / evenly + 1.0 / np.minimum(evenly, found))
    degrees = np.full(evenly.shape, np.inf)
    np.divide(1.0, unsureness, out=degrees, where=unsureness > 0)
    return degrees


def degrees_of_freedom(scores: FloatArray, design: Design) -> FloatArray:
    """Degrees of freedom (k) of the variances that `design_covariance` estimates, by Satterthwaite's rule (1946).

    scores: (n, k), of equally large residuals or as they were found. In a stratum the blocks count as many as they
    would if equally large, less one for the centring. Infinite where nothing was sampled.
    """
    totals, strata = _block_totals(scores**2, design), design.block_strata
    totals = totals * (1.0 - design.sampled_shares)[strata][:, None]
    n_strata = len(design.sampled_shares)
    variance, squares = _sums(totals, strata, n_strata), _sums(totals**2, strata, n_strata)
    blocks = variance**2 / np.maximum(squares, 1e-300)
    spread = (variance**2 / np.maximum(blocks - 1.0, 0.5)).sum(axis=0)
    degrees = np.full(scores.shape[1], np.inf)
    np.divide(variance.sum(axis=0) ** 2, spread, out=degrees, where=spread > 0)
    return degrees


def _block_totals(scores: FloatArray, design: Design) -> FloatArray:
    if len(design.block_starts) == len(scores):  # every row is a block
        return scores
    if len(scores) < MANY:
        totals: FloatArray = np.add.reduceat(scores, design.block_starts, axis=0)
        return totals
    from scipy.sparse import csr_array  # ten times as fast as reduceat, once it is imported

    n, ends = len(scores), np.append(design.block_starts, len(scores))
    sums: FloatArray = csr_array((np.ones(n), np.arange(n), ends), shape=(len(ends) - 1, n)) @ scores
    return sums


def _sums(scores: FloatArray, groups: IntArray, n_groups: int) -> FloatArray:
    """Sum the rows of `scores` by group; groups come in rising order, so that runs can be summed at once."""
    sums: FloatArray = np.zeros((n_groups, scores.shape[1]))
    if n_groups == 1:
        scores.sum(axis=0, keepdims=True, out=sums)
        return sums
    if len(groups):
        starts = np.flatnonzero(np.diff(groups, prepend=-1))
        sums[groups[starts]] = np.add.reduceat(scores, starts, axis=0)
    return sums


def reach(degrees: FloatArray | float) -> FloatArray:
    """How many standard errors a 95 % interval reaches to each side: Student's t with these degrees of freedom."""
    if np.isinf(degrees).all():
        return np.full(np.shape(degrees), NORMAL)
    from scipy.special import stdtrit

    return np.asarray(stdtrit(np.maximum(degrees, 1.0), 0.975), dtype=np.float64)
