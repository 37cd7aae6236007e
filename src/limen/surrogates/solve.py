"""Weighted least squares on a drawn design, with the error that this very design leaves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from limen._types import BoolArray, Design, FloatArray
from limen.surrogates.covariance import degrees_of_freedom, design_covariance, tempered, unshrunk

RANK_TOLERANCE = 1e-9
"""Directions whose singular value is below this fraction of the largest cannot be told apart by the probes."""


HOLDS_ALONE = 0.9
"""Leverage of a block from which on it is taken to hold some direction of the fit alone: its residual there is nearly 0
whatever the answer, and the residual of the fit without it is a rounding error blown up."""

Error = tuple[FloatArray, FloatArray, float, float]
"""Covariance (p, p) of a target's coefficients, its degrees of freedom (p + 1), the squared error that it adds, and the
standard deviation of that."""


@dataclass(frozen=True, eq=False)
class Fit:
    """A least-squares fit of one target.

    coefficients: (p). at: (p) features of x itself. covariance: (p, p) of the coefficients over the drawing of the
    design. degrees: (p + 1) degrees of freedom of the coefficients' variances, and of that of the answer at x; infinite
    where nothing was sampled. residuals: (n) in sample. losses: (n) what each row tells of the squared error of this
    fit under the whole law. rank: directions that were fitted. full_rank: the probes tell all columns apart. totals:
    (n) what each row tells of the variance of the answers under the whole law, where a proxy knows it better than the
    rows' own deviations do. follows: by what share the variances of sums of losses and totals may be too small.
    luck: standard deviation of the squared error that the drawing of the design adds. unmet: share of the variance of
    the answers that rows like none of the drawn ones may add to the squared error; 0 where that is not asked. added:
    squared error that the drawing of the design adds to that of the best fit, which is no worse than a constant;
    infinite where that is not known, or the ends are fixed.
    """

    coefficients: FloatArray
    at: FloatArray
    covariance: FloatArray
    degrees: FloatArray
    residuals: FloatArray
    losses: FloatArray
    rank: int
    full_rank: bool
    totals: FloatArray | None = None
    follows: float = 0.0
    luck: float = 0.0
    unmet: float = 0.0
    added: float = np.inf

    @property
    def standard_errors(self) -> FloatArray:
        """(p) standard errors of the coefficients; never 0 where something was sampled, however well it fits."""
        least = np.where(np.isinf(self.degrees[:-1]), 0.0, np.finfo(np.float64).tiny)
        return np.maximum(np.sqrt(np.maximum(np.diag(self.covariance), 0.0)), least)


@dataclass(frozen=True, eq=False)
class Ends:
    """Equality constraints: the surrogate must give `answers` (2, t) on `features` (2, p) exactly."""

    features: FloatArray
    answers: FloatArray

    def of(self, target: int) -> Ends:
        """Those of one target."""
        return Ends(self.features, self.answers[:, [target]])


def solve(
    features: FloatArray, answers: FloatArray, design: Design, at: FloatArray, ends: Ends | None = None
) -> list[Fit]:
    """Fit answers (n, t) on features (n, p) by weighted least squares, one Fit for each target.

    at: (p) the features of x itself, for the error of the surrogate's answer there.

    The covariance is that of the weighted fit under the stratified, blocked design without replacement, and is 0 where
    every mask was answered. With `ends`, only the directions that the constraints leave free are fitted.
    """
    p, targets = features.shape[1], answers.shape[1]
    offset, free = np.zeros((p, targets)), np.eye(p)
    if ends is not None:
        offset, free = constrained(ends)
    root = np.sqrt(design.weights)[:, None]
    left, singular, right = _svd(root * (features @ free))
    keep = singular > RANK_TOLERANCE * (singular[0] if len(singular) else 1.0)
    left, singular, right = left[:, keep], singular[keep], right[keep]
    to_coefficients = free @ (right.T / singular)
    shifted = answers - features @ offset
    fitted = to_coefficients @ (left.T @ (root * shifted))
    residuals = shifted - features @ fitted
    rank, full_rank = len(singular), len(singular) == free.shape[1]
    errors = (
        [_nothing_sampled(p)] * targets
        if design.exact
        else _errors(left, to_coefficients, root * residuals, design, at)
    )
    losses = _losses(left, residuals, answers - design.weights @ answers, [error[2] for error in errors], design)
    return [
        Fit(
            coefficients=offset[:, t] + fitted[:, t],
            at=at,
            covariance=covariance,
            degrees=degrees,
            residuals=residuals[:, t],
            losses=losses[:, t],
            rank=rank,
            full_rank=full_rank,
            luck=luck,
        )
        for t, (covariance, degrees, _, luck) in enumerate(errors)
    ]


def _nothing_sampled(p: int) -> Error:
    return np.zeros((p, p)), np.full(p + 1, np.inf), 0.0, 0.0


def _errors(
    left: FloatArray, to_coefficients: FloatArray, residuals: FloatArray, design: Design, at: FloatArray
) -> list[Error]:
    """For each target the coefficients' covariance, its degrees of freedom, the squared error added and its deviation.

    left: (n, r) orthonormal basis of the weighted features. to_coefficients: (p, r). residuals: (n, t), weighted.
    """
    root = np.sqrt(design.weights)[:, None]
    grown = unshrunk(left, residuals, design)
    contrasts = np.concatenate([to_coefficients, (at @ to_coefficients)[None]])
    evenly = degrees_of_freedom(root * (left @ contrasts.T), design)
    found: list[Error] = []
    for t in range(residuals.shape[1]):
        scores = left * grown[:, t : t + 1]
        covariance = design_covariance(scores, design)
        degrees = tempered(evenly, degrees_of_freedom(scores @ contrasts.T, design))
        added, luck = float(np.trace(covariance)), float(np.sqrt(2.0) * np.linalg.norm(covariance))  # of normal errors
        found.append((to_coefficients @ covariance @ to_coefficients.T, degrees, added, luck))
    return found


def _holding_alone(left: FloatArray, design: Design) -> BoolArray:
    """Rows (n) whose block alone holds a direction of the fit, so that there is no fit without it."""
    squared = np.add.reduceat((left**2).sum(axis=1), design.block_starts)
    found: BoolArray = np.repeat(squared > HOLDS_ALONE, np.diff(design.block_starts, append=len(left)))
    return found


def _losses(
    left: FloatArray, residuals: FloatArray, answers: FloatArray, added: list[float], design: Design
) -> FloatArray:
    """What each row (n, t) tells of the squared error under the whole law; answers are less their mean.

    Independent draws: the squared residual of the fit without the row's own block. That knows which rows hold the fit;
    a design in strata would be charged for what it knows, and has its residuals blown up evenly instead.
    """
    if len(design.sampled_shares) == 1 and not design.sampled_shares[0]:
        root = np.sqrt(design.weights)[:, None]
        apart = unshrunk(left, root * residuals, design, -1.0)
        losses: FloatArray = (apart / np.where(root > 0, root, 1.0)) ** 2
        alone = _holding_alone(left, design)
        losses[alone] = np.maximum(losses[alone], answers[alone] ** 2)  # without its block the fit knows nothing there
        return losses
    evenly: FloatArray = residuals**2 * [_optimism(residuals[:, t], one, design) for t, one in enumerate(added)]
    return evenly


def _optimism(residuals: FloatArray, added: float, design: Design) -> float:
    """By how much the squared error in sample must grow to be that under the whole law.

    `added` is the error that the drawing of the design adds: the trace of the fit's covariance in an orthonormal basis.
    For independent rows the factor is that of generalised cross-validation (Craven, Wahba 1979), 1 / (1 - p/n)²; a
    design that knows more, because it is stratified or has most masks, is charged less, and a complete one nothing.
    """
    in_sample = float(design.weights @ residuals**2)
    return (1.0 + added / in_sample) ** 2 if in_sample > 0 else 1.0


def _svd(matrix: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The thin singular value decomposition of a tall matrix, by way of its small triangular factor."""
    if matrix.shape[0] <= matrix.shape[1]:
        left, singular, right = np.linalg.svd(matrix, full_matrices=False)
        return left, singular, right
    basis, triangle = np.linalg.qr(matrix)
    left, singular, right = np.linalg.svd(triangle)
    return basis @ left, singular, right


def left_out(fit: Fit, features: FloatArray, design: Design) -> FloatArray:
    """Residuals (n) of the fit on features (n, p) without each row's block."""
    root = np.sqrt(design.weights)[:, None]
    left = np.linalg.qr(root * features)[0]
    weighted = unshrunk(left, root * fit.residuals[:, None], design, -1.0)
    found: FloatArray = (weighted / np.where(root > 0, root, 1.0))[:, 0]
    return found


def constrained(ends: Ends) -> tuple[FloatArray, FloatArray]:
    """A point (p, t) that satisfies the constraints, and a basis (p, p - 2) of the directions that keep them."""
    _, singular, right = np.linalg.svd(ends.features)
    rank = int((singular > RANK_TOLERANCE * singular[0]).sum())
    return np.linalg.pinv(ends.features) @ ends.answers, right[rank:].T
