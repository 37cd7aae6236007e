"""The error that a drawn design leaves in a weighted fit: its covariance, and the degrees of freedom of that."""

from __future__ import annotations

import numpy as np

from limen._types import Design, FloatArray, IntArray

FITTED_EXACTLY = 1e-9
"""A direction of a block whose share left to the residual is below this holds rounding errors only."""


def unshrunk(left: FloatArray, residuals: FloatArray, design: Design) -> FloatArray:
    """Residuals (n, t) of a fit, block by block blown up by (I - H)^(-1/2) to the size they had before the fit.

    left: (n, r) orthonormal columns whose products are the fit's hat matrix H; residuals are weighted like it. For
    blocks of one row this is HC2 (MacKinnon, White 1985), in general CR2 (Bell, McCaffrey 2002).
    """
    starts = np.flatnonzero(np.diff(design.blocks, prepend=-1))
    lengths = np.diff(starts, append=len(design.blocks))
    grown = np.empty_like(residuals)
    for length in np.unique(lengths).tolist():
        rows = starts[lengths == length][:, None] + np.arange(length)
        block = left[rows]
        values, vectors = np.linalg.eigh(np.eye(length) - block @ block.transpose(0, 2, 1))
        stretch = np.where(values > FITTED_EXACTLY, 1.0 / np.sqrt(np.maximum(values, FITTED_EXACTLY)), 1.0)
        grown[rows] = vectors @ (stretch[:, :, None] * (vectors.transpose(0, 2, 1) @ residuals[rows]))
    return grown


def design_covariance(scores: FloatArray, design: Design) -> FloatArray:
    """Covariance (k, k) of the total of `scores` (n, k; weights included) over the drawing of the design.

    Blocks are the sampling units; their totals are centred within the stratum, and the stratum counts with
    1 - n_s / N_s. A stratum with a single block, which only a subset of a design can have, counts uncentred, which
    errs on the wide side.
    """
    n_strata = len(design.sampled_shares)
    totals, strata = _block_totals(scores, design)
    n_blocks = np.bincount(strata, minlength=n_strata)
    sizes = np.bincount(design.strata, minlength=n_strata)
    mean = _sums(scores, design.strata, n_strata) / np.maximum(sizes, 1)[:, None]
    rows_in_block = np.bincount(design.blocks)
    centred = np.where((n_blocks > 1)[strata][:, None], totals - rows_in_block[:, None] * mean[strata], totals)
    factor = (1.0 - design.sampled_shares) * np.where(n_blocks > 1, n_blocks / np.maximum(n_blocks - 1, 1), 1.0)
    covariance: FloatArray = centred.T @ (centred * factor[strata][:, None])
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
    totals, strata = _block_totals(scores**2, design)
    totals = totals * (1.0 - design.sampled_shares)[strata][:, None]
    n_strata = len(design.sampled_shares)
    variance, squares = _sums(totals, strata, n_strata), _sums(totals**2, strata, n_strata)
    blocks = variance**2 / np.maximum(squares, 1e-300)
    spread = (variance**2 / np.maximum(blocks - 1.0, 0.5)).sum(axis=0)
    degrees = np.full(scores.shape[1], np.inf)
    np.divide(variance.sum(axis=0) ** 2, spread, out=degrees, where=spread > 0)
    return degrees


def _block_totals(scores: FloatArray, design: Design) -> tuple[FloatArray, IntArray]:
    n_blocks = int(design.blocks[-1]) + 1 if len(design.blocks) else 0
    strata = np.zeros(n_blocks, dtype=np.int64)
    strata[design.blocks] = design.strata
    return _sums(scores, design.blocks, n_blocks), strata


def _sums(scores: FloatArray, groups: IntArray, n_groups: int) -> FloatArray:
    """Sum the rows of `scores` by group; groups come in rising order, so that runs can be summed at once."""
    sums = np.zeros((n_groups, scores.shape[1]))
    if len(groups):
        starts = np.flatnonzero(np.diff(groups, prepend=-1))
        sums[groups[starts]] = np.add.reduceat(scores, starts, axis=0)
    return sums


def reach(degrees: FloatArray | float) -> FloatArray:
    """How many standard errors a 95 % interval reaches to each side: Student's t with these degrees of freedom."""
    if np.isinf(degrees).all():
        return np.full(np.shape(degrees), 1.959963984540054)
    from scipy.special import stdtrit

    return np.asarray(stdtrit(np.maximum(degrees, 1.0), 0.975), dtype=np.float64)
