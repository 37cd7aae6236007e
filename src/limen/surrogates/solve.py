"""Weighted least squares on a drawn design, with the error that this very design leaves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from limen._types import Design, FloatArray, IntArray

RANK_TOLERANCE = 1e-9
"""Directions whose singular value is below this fraction of the largest cannot be told apart by the probes."""


@dataclass(frozen=True, eq=False)
class Fit:
    """A least-squares fit of one target.

    coefficients: (p). covariance: (p, p) of the coefficients over the drawing of the design. residuals: (n) in
    sample. losses: (n) what each row tells of the squared error under the law: its own for the share of its stratum's
    masks that was answered, that of a fit without the row (leave-one-out) for the share that was not. degrees: degrees
    of freedom of the covariance; infinite where nothing was sampled. rank: directions that were fitted. full_rank: the
    probes tell all columns apart.
    """

    coefficients: FloatArray
    covariance: FloatArray
    residuals: FloatArray
    losses: FloatArray
    degrees: float
    rank: int
    full_rank: bool

    @property
    def standard_errors(self) -> FloatArray:
        """(p) standard errors of the coefficients."""
        return np.sqrt(np.maximum(np.diag(self.covariance), 0.0))


@dataclass(frozen=True, eq=False)
class Ends:
    """Equality constraints: the surrogate must give `answers` (2, t) on `features` (2, p) exactly."""

    features: FloatArray
    answers: FloatArray


def solve(features: FloatArray, answers: FloatArray, design: Design, ends: Ends | None = None) -> list[Fit]:
    """Fit answers (n, t) on features (n, p) by weighted least squares, one Fit for each target.

    The covariance is that of the weighted fit under the stratified, blocked design without replacement: scores with
    residuals inflated by their leverage (HC2; MacKinnon, White 1985), centred within a stratum, summed in blocks,
    times 1 - n_s / N_s. It is 0 where every mask was answered. With `ends`, only the directions that the constraints
    leave free are fitted.
    """
    p, targets = features.shape[1], answers.shape[1]
    offset, free = np.zeros((p, targets)), np.eye(p)
    if ends is not None:
        offset, free = _constrained(ends)
    root = np.sqrt(design.weights)[:, None]
    left, singular, right = _svd(root * (features @ free))
    keep = singular > RANK_TOLERANCE * (singular[0] if len(singular) else 1.0)
    left, singular, right = left[:, keep], singular[keep], right[keep]
    shifted = answers - features @ offset
    gamma = right.T @ ((left.T @ (root * shifted)) / singular[:, None])
    residuals = shifted - features @ (free @ gamma)
    leverage = np.minimum(np.einsum("nk,nk->n", left, left), 1.0)
    spare = np.where(leverage < 1 - 1e-9, 1.0 - leverage, 1.0)[:, None]  # a row fitted exactly has residual 0
    seen = design.sampled_shares[design.strata]
    map_scores = free @ (right.T / singular)
    n_sampled = int((design.sampled_shares[design.strata] < 1.0).sum())
    degrees = float(max(1, n_sampled - int(keep.sum()))) if n_sampled else np.inf
    fits = []
    for t in range(targets):
        scores = left * (root * residuals[:, t : t + 1] / np.sqrt(spare))
        covariance = map_scores @ design_covariance(scores, design) @ map_scores.T
        alone = residuals[:, t] / spare[:, 0]
        losses = seen * residuals[:, t] ** 2 + (1.0 - seen) * alone**2
        coefficients = offset[:, t] + free @ gamma[:, t]
        fits.append(
            Fit(
                coefficients,
                covariance,
                residuals[:, t],
                losses,
                degrees,
                len(singular),
                len(singular) == free.shape[1],
            )
        )
    return fits


def _svd(matrix: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The thin singular value decomposition of a tall matrix, by way of its small triangular factor."""
    if matrix.shape[0] <= matrix.shape[1]:
        left, singular, right = np.linalg.svd(matrix, full_matrices=False)
        return left, singular, right
    basis, triangle = np.linalg.qr(matrix)
    left, singular, right = np.linalg.svd(triangle)
    return basis @ left, singular, right


def _constrained(ends: Ends) -> tuple[FloatArray, FloatArray]:
    """A point (p, t) that satisfies the constraints, and a basis (p, p - 2) of the directions that keep them."""
    _, singular, right = np.linalg.svd(ends.features)
    rank = int((singular > RANK_TOLERANCE * singular[0]).sum())
    return np.linalg.pinv(ends.features) @ ends.answers, right[rank:].T


def design_covariance(scores: FloatArray, design: Design) -> FloatArray:
    """Covariance (k, k) of the total of `scores` (n, k; weights included) over the drawing of the design.

    Blocks are the sampling units; their totals are centred within the stratum. A stratum with a single block, which
    only a subset of a design can have, counts uncentred, which errs on the wide side.
    """
    totals, strata = _block_totals(scores, design)
    n_strata = len(design.sampled_shares)
    n_blocks = np.bincount(strata, minlength=n_strata)
    sizes = np.bincount(design.strata, minlength=n_strata)
    mean = _sums(scores, design.strata, n_strata) / np.maximum(sizes, 1)[:, None]
    rows_in_block = np.bincount(design.blocks)
    centred = np.where((n_blocks > 1)[strata][:, None], totals - rows_in_block[:, None] * mean[strata], totals)
    factor = (1.0 - design.sampled_shares) * np.where(n_blocks > 1, n_blocks / np.maximum(n_blocks - 1, 1), 1.0)
    covariance: FloatArray = (centred * factor[strata][:, None]).T @ centred
    return covariance


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


def half_width(degrees: float) -> float:
    """How many standard errors a 95 % interval reaches to each side: Student's t with these degrees of freedom."""
    if np.isinf(degrees):
        return 1.959963984540054
    from scipy.special import stdtrit

    return float(stdtrit(degrees, 0.975))
