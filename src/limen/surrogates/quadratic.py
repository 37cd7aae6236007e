"""The surrogate of second order: parts and pairs of parts; all pairs where the probes can carry them, else few."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from limen._types import Design, FloatArray, IntArray
from limen.surrogates.features import all_pairs, columns
from limen.surrogates.linear import ends_of, fit_linear
from limen.surrogates.solve import Fit, solve

PROBES_PER_COEFFICIENT = 10
"""Below this a full quadratic costs more in variance than its pairs gain (30 columns, 500 probes: it loses to the
line), and pairs are picked instead."""
SPARSE_PER_COEFFICIENT = 5
"""Pairs that were picked are real more often than not, so a sparse quadratic gets by with fewer probes."""
FEWEST_PER_COEFFICIENT = 2
"""Below this even a small full quadratic is not worth showing."""


@dataclass(frozen=True)
class Quadratic:
    """Fit g(z) = intercept + Σ_i slope_i z_i + Σ_{i<j} interaction_ij z_i z_j.

    All pairs where there are at least 10 probes for each coefficient, or where every mask is answered; otherwise the
    pairs are picked on one half of the probes and fitted on the other, so that picking does not bias their errors. The
    coefficients are then those of the best quadratic with these pairs. Under Shapley() nothing is picked: with the ends
    fixed, such coefficients would be far from Faith-Shap's.
    """


@dataclass(frozen=True, eq=False)
class PairFit:
    """A quadratic fit of one target: `fit` over 1, z and `pairs` (m, 2), made on the rows of `design`.

    `left_out`: (d, d) errors of the zeros of the pairs that were not picked; NaN where a pair was.
    """

    fit: Fit
    pairs: IntArray
    design: Design
    rows: IntArray
    left_out: FloatArray


def folds_of(design: Design) -> IntArray:
    """Put whole blocks on fold 0 or 1 by turns within each stratum: (n)."""
    first = np.full(len(design.sampled_shares), np.iinfo(np.int64).max)
    np.minimum.at(first, design.strata, design.blocks)
    folds: IntArray = (design.blocks - first[design.strata] + design.strata) % 2
    return np.zeros(len(folds), dtype=np.int64) if design.exact else folds


def fit_quadratic(
    answers: FloatArray, design: Design, end_answers: FloatArray | None, folds: IntArray
) -> list[PairFit] | None:
    """Fit a quadratic to answers (n, t), one PairFit a target; None where the probes cannot carry one."""
    n, d = design.masks.shape
    if d < 2:
        return None
    pairs = all_pairs(d)
    coefficients = 1 + d + len(pairs) - (2 if end_answers is not None else 0)
    if design.exact or n >= PROBES_PER_COEFFICIENT * coefficients:
        return _full(answers, design, end_answers, pairs)
    room = int((folds == 1).sum()) // SPARSE_PER_COEFFICIENT - (d + 1)
    if room >= 1 and end_answers is None:  # fixed ends would push what the missing pairs do onto the picked ones
        return [_sparse(answers[:, t : t + 1], design, folds, room) for t in range(answers.shape[1])]
    return _full(answers, design, end_answers, pairs) if n >= FEWEST_PER_COEFFICIENT * coefficients else None


def _full(answers: FloatArray, design: Design, end_answers: FloatArray | None, pairs: IntArray) -> list[PairFit] | None:
    fits = solve(columns(design.masks, pairs), answers, design, ends_of(design, pairs, end_answers))
    d = design.masks.shape[1]
    nothing, rows = np.full((d, d), np.nan), np.arange(len(answers))
    return [PairFit(fit, pairs, design, rows, nothing) for fit in fits] if fits[0].full_rank else None


def _sparse(answers: FloatArray, design: Design, folds: IntArray, room: int) -> PairFit:
    """Pick pairs on fold 0, fit them on fold 1."""
    picking, fitting = np.flatnonzero(folds == 0), np.flatnonzero(folds == 1)
    half = design.take(picking)
    line = fit_linear(answers[picking], half, None)[0]
    pairs = _pick(line, half, room)
    rest = design.take(fitting)
    fit = solve(columns(rest.masks, pairs), answers[fitting], rest)[0]
    size, error = _screen(fit, rest)
    left_out = np.maximum(np.abs(size), error)
    left_out[pairs[:, 0], pairs[:, 1]] = left_out[pairs[:, 1], pairs[:, 0]] = np.nan
    return PairFit(fit, pairs, rest, fitting, left_out)


def _pick(line: Fit, design: Design, room: int) -> IntArray:
    """The pairs whose coefficient stands out beyond √(2 log P) errors (Donoho, Johnstone 1994), at least one."""
    size, error = _screen(line, design)
    pairs = all_pairs(len(size))
    score = np.abs(size[pairs[:, 0], pairs[:, 1]]) / error
    order = np.argsort(-score, kind="stable")[:room]
    threshold = np.sqrt(2.0 * np.log(len(pairs)))
    return pairs[np.sort(order[: max(1, int((score[order] > threshold).sum()))])]


def _screen(fit: Fit, design: Design) -> tuple[FloatArray, float]:
    """What coefficient each pair would get if it alone were added to the fit (d, d), and the error of such a number.

    The residual is orthogonal to the fit's columns, so all numerators are one product Zᵀ diag(w e) Z. The laws treat
    all parts alike, so the variance of a pair that the line does not explain is the same for all: it is averaged.
    """
    z = design.masks.astype(np.float64)
    d = z.shape[1]
    numerators = z.T @ ((design.weights * fit.residuals)[:, None] * z)
    pairs = all_pairs(d)
    sample = pairs[np.linspace(0, len(pairs) - 1, min(64, len(pairs))).astype(int)]
    features = np.sqrt(design.weights)[:, None] * columns(design.masks, sample)
    line, products = features[:, : d + 1], features[:, d + 1 :]
    basis = np.linalg.qr(line)[0]
    unexplained = products - basis @ (basis.T @ products)
    variance = max(float((unexplained**2).sum(axis=0).mean()), 1e-12)
    n_effective = 1.0 / float((design.weights**2).sum())
    noise = float((design.weights * fit.residuals**2).sum())
    size = numerators / variance
    np.fill_diagonal(size, 0.0)
    return size, max(float(np.sqrt(noise / (n_effective * variance))), 1e-300)
