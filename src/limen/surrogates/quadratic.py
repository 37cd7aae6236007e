"""The surrogate of second order: parts and pairs of parts; all pairs where the probes can carry them, else few."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from limen._types import Design, FloatArray, IntArray
from limen.surrogates.assisted import MOST_COEFFICIENTS, assisted
from limen.surrogates.features import Basis
from limen.surrogates.linear import ends_of, fit_linear, fitted
from limen.surrogates.proxies import Adjustment
from limen.surrogates.screening import carried, mattering, pick, screen
from limen.surrogates.solve import Fit

PROBES_PER_COEFFICIENT = 10
"""Below this a full quadratic costs more in variance than its pairs gain (30 columns, 500 probes: it loses to the
line), and pairs are picked instead."""
SPARSE_PER_COEFFICIENT = 5
"""Pairs that were picked are real more often than not, so a sparse quadratic gets by with fewer probes."""
FEWEST_FOR_SPARSE = 200
"""With fewer probes of a table (where numbers have tails and categories are rare), R² of quadratics with picked terms
was far too high in half of the cases, and its interval covered the truth in .1 to .4 of them; from here on in .9."""
FEWEST_PER_COEFFICIENT = 2
"""Below this even a small full quadratic is not worth showing."""


@dataclass(frozen=True)
class Quadratic:
    """Fit g(z) = intercept + Σ_i slope_i z_i + Σ_{i<j} interaction_ij z_i z_j, and squares of numbers in tables.

    All pairs where there are at least 10 probes for each coefficient, where every mask is answered, or where a proxy
    has learnt from the answers of a text or an image of up to 23 parts, however few these are. Otherwise the pairs are
    picked on one half of the probes and fitted on the other, so that picking does not bias their errors; the
    coefficients are then those of the best quadratic with these pairs. Under Shapley() nothing is picked: with the ends
    fixed, such coefficients would be far from Faith-Shap's.
    """


@dataclass(frozen=True, eq=False)
class PairFit:
    """A quadratic fit of one target: `fit` over 1, z and the products of `terms` (m, 2), made on the rows of `design`.

    `left_out`: (d, d) errors of the zeros of the terms that were not picked, squares on the diagonal; NaN where a term
    was, or cannot be.
    """

    fit: Fit
    terms: IntArray
    design: Design
    rows: IntArray
    left_out: FloatArray


def folds_of(design: Design) -> IntArray:
    """Put whole blocks on fold 0 or 1 within each stratum, in the order 0, 1, 1, 0: (n).

    Blocks may be of two kinds in turn, as around x and around the boundary, and either fold must have both.
    """
    first = np.full(len(design.sampled_shares), np.iinfo(np.int64).max)
    np.minimum.at(first, design.strata, design.blocks)
    turns = design.blocks - first[design.strata]
    folds: IntArray = (turns + turns // 2 + design.strata) % 2
    return np.zeros(len(folds), dtype=np.int64) if design.exact else folds


def fit_quadratic(
    answers: FloatArray,
    design: Design,
    basis: Basis,
    end_answers: FloatArray | None,
    folds: IntArray,
    helped: Sequence[Adjustment] = (),
) -> list[PairFit] | None:
    """Fit a quadratic to answers (n, t), one PairFit a target; None where the probes cannot carry one."""
    n, d = design.points.shape
    few = not basis.alike and 2 * int((folds == 1).sum()) < FEWEST_FOR_SPARSE
    if few and n < FEWEST_PER_COEFFICIENT * (1 + d + d * (d - 1) // 2 - len(basis.never)):
        return None
    terms = basis.terms(design.points)
    if not len(terms):
        return None
    coefficients = 1 + d + len(terms) - (2 if end_answers is not None else 0)
    if design.exact or n >= PROBES_PER_COEFFICIENT * coefficients:
        return _full(answers, design, basis, end_answers, terms, helped)
    if helped and carried_by_proxies(d):
        each = [
            _of_one(answers[:, [t]], design, basis, None if end_answers is None else end_answers[:, [t]], folds, one)
            for t, one in enumerate(helped)
        ]
        return None if any(one is None for one in each) else [one[0] for one in each if one is not None]
    return _by_rows(answers, design, basis, end_answers, terms, folds, helped)


def carried_by_proxies(d: int) -> bool:
    """Whether all pairs of d parts can be had of proxies, however few the rows are."""
    return 1 + d + d * (d - 1) // 2 <= MOST_COEFFICIENTS


def fewest_probes(d: int, terms: int, fixed: bool) -> int:
    """About how many probes carry a quadratic of d parts and so many terms; fixed: the ends are met exactly."""
    every = FEWEST_PER_COEFFICIENT * (1 + d + terms)
    return every if fixed else min(every, 2 * SPARSE_PER_COEFFICIENT * (d + 2) + d)


def _by_rows(
    answers: FloatArray,
    design: Design,
    basis: Basis,
    end_answers: FloatArray | None,
    terms: IntArray,
    folds: IntArray,
    helped: Sequence[Adjustment],
) -> list[PairFit] | None:
    """The same where the rows alone carry the terms (m, 2): few of them, which are picked, or all if that is few."""
    n, d = design.points.shape
    few = not basis.alike and 2 * int((folds == 1).sum()) < FEWEST_FOR_SPARSE
    coefficients = 1 + d + len(terms) - (2 if end_answers is not None else 0)
    room = int((folds == 1).sum()) // SPARSE_PER_COEFFICIENT - (d + 1)
    # Fixed ends would push what the missing pairs do onto the picked ones.
    if room >= 1 and not few and end_answers is None:
        fits = [
            _sparse(answers[:, t : t + 1], design, basis, folds, room, helped[t : t + 1])
            for t in range(answers.shape[1])
        ]
        found = [fit for fit in fits if fit is not None]
        return found if len(found) == len(fits) else None
    enough = n >= FEWEST_PER_COEFFICIENT * coefficients
    return _full(answers, design, basis, end_answers, terms, helped) if enough else None


def _of_one(
    answers: FloatArray,
    design: Design,
    basis: Basis,
    end_answers: FloatArray | None,
    folds: IntArray,
    helped: Adjustment,
) -> list[PairFit] | None:
    """The same for answers (n, 1) to one target, with all pairs where a process knows them, or nothing else carries."""
    terms, d = basis.terms(design.points), design.points.shape[1]
    if helped.name == "mean":
        found = _by_rows(answers, design, basis, end_answers, terms, folds, (helped,))
        if found is not None:
            return found
    fit = assisted(answers[:, 0], design, basis, helped, terms, ends_of(design, terms, end_answers))
    if fit is None:
        return None
    return [PairFit(fit, terms, design, np.arange(len(answers)), np.full((d, d), np.nan))]


def _full(
    answers: FloatArray,
    design: Design,
    basis: Basis,
    end_answers: FloatArray | None,
    terms: IntArray,
    helped: Sequence[Adjustment],
) -> list[PairFit] | None:
    fits = fitted(answers, design, basis, terms, end_answers, helped)
    d = design.points.shape[1]
    nothing, rows = np.full((d, d), np.nan), np.arange(len(answers))
    return [PairFit(fit, terms, design, rows, nothing) for fit in fits] if fits[0].full_rank else None


def _sparse(
    answers: FloatArray, design: Design, basis: Basis, folds: IntArray, room: int, helped: Sequence[Adjustment]
) -> PairFit | None:
    """Pick terms on fold 0, fit them on fold 1."""
    picking, fitting = np.flatnonzero(folds == 0), np.flatnonzero(folds == 1)
    half, d = design.take(picking), design.points.shape[1]
    line = fit_linear(answers[picking], half, basis, None)[0]
    rest = design.take(fitting)
    terms = carried(mattering(line, basis.terms(half.points), len(picking)), rest, basis)
    if not len(terms):
        return None
    terms = pick(terms, *screen(line, half, basis, terms), room)
    fit = fitted(answers[fitting], rest, basis, terms, None, [one.take(fitting) for one in helped])[0]
    others = mattering(line, basis.terms(rest.points), len(fitting))
    size, error = screen(fit, rest, basis, others, as_found=True)
    missed = np.maximum(np.abs(size), error) if basis.alike else np.hypot(size, error)
    if fit.unmet:  # all rows are met, perhaps by chance: no term is surer than those that were picked
        missed = np.maximum(missed, fit.standard_errors[1 + d :].min())
    left_out = np.full((d, d), np.nan)
    left_out[others[:, 0], others[:, 1]] = left_out[others[:, 1], others[:, 0]] = missed
    left_out[terms[:, 0], terms[:, 1]] = left_out[terms[:, 1], terms[:, 0]] = np.nan
    return PairFit(fit, terms, rest, fitting, left_out)
