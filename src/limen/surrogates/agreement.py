"""How often a surrogate stands on the model's side of a decision, on probes that it has not seen."""

from __future__ import annotations

import numpy as np

from limen._types import Design, FloatArray, IntArray
from limen.results import Estimate, Polynomial
from limen.surrogates.covariance import degrees_of_freedom, design_covariance, reach
from limen.surrogates.features import Basis, columns
from limen.surrogates.linear import fit_linear
from limen.surrogates.quadratic import PROBES_PER_COEFFICIENT, SPARSE_PER_COEFFICIENT
from limen.surrogates.screening import pick, screen
from limen.surrogates.solve import Fit, solve


def agreement(
    margins: FloatArray, design: Design, basis: Basis, folds: IntArray, *, second_order: bool
) -> Estimate | None:
    """Share of the law's mass where the sign of the surrogate is that of the margins (n), cross-fitted over two folds.

    None where one fold cannot carry the surrogate.
    """
    agrees = np.zeros(len(margins))
    for fold in (0, 1):
        seen, unseen = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        if not len(seen) or not len(unseen):
            return None
        part = design.take(seen)
        fitted = _fit(margins[seen, None], part, basis, second_order)
        if fitted is None:
            return None
        fit, terms = fitted
        guesses = columns(design.points[unseen], terms) @ fit.coefficients
        agrees[unseen] = (guesses > 0) == (margins[unseen] > 0)
    return _share(agrees, design)


def _fit(margins: FloatArray, part: Design, basis: Basis, second_order: bool) -> tuple[Fit, IntArray | None] | None:
    """The best line or quadratic of margins (n, 1), to be judged elsewhere: terms are picked and fitted on all rows."""
    line = fit_linear(margins, part, basis, None)[0]
    if not line.full_rank:
        return None
    if not second_order:
        return line, None
    terms = basis.terms(part.points)
    n, p = len(margins), 1 + part.points.shape[1]
    if n < PROBES_PER_COEFFICIENT * (p + len(terms)):
        room = n // SPARSE_PER_COEFFICIENT - p
        if room < 1 or not len(terms):
            return None
        terms = pick(terms, *screen(line, part, basis, terms), room)
    if not len(terms):
        return None
    return solve(columns(part.points, terms), margins, part, basis.at_instance(terms))[0], terms


def _share(agrees: FloatArray, design: Design) -> Estimate:
    """A weighted share with its error; the interval stays within 0 and 1.

    Where all probes say the same there is no error to be seen, and the interval reaches as far as a share that would
    let all blocks agree in 5 % of draws (Clopper, Pearson 1934, one-sided).
    """
    value = min(float(design.weights @ agrees), 1.0)
    if agrees.all() or not agrees.any():
        unseen = 1.0 - 0.05 ** (1.0 / (int(design.blocks[-1]) + 1))
        return Estimate(1.0, 0.0, 1.0 - unseen, 1.0) if agrees.all() else Estimate(0.0, 0.0, 0.0, unseen)
    scores = (design.weights * (agrees - value))[:, None]
    error = float(np.sqrt(max(design_covariance(scores, design)[0, 0], 0.0)))
    width = float(reach(degrees_of_freedom(scores, design))[0]) * error if error else 0.0
    return Estimate(value, error, max(value - width, 0.0), min(value + width, 1.0))


def polynomials(margins: FloatArray, design: Design, basis: Basis) -> tuple[Polynomial, Polynomial | None]:
    """The line and the quadratic (if the probes carry one) of the margins (n), for pictures."""
    d = design.points.shape[1]
    line = fit_linear(margins[:, None], design, basis, None)[0].coefficients
    first = Polynomial(float(line[0]), line[1:], np.zeros((d, d)))
    curve = _fit(margins[:, None], design, basis, second_order=True)
    return first, None if curve is None or curve[1] is None else _polynomial(curve[0].coefficients, curve[1], d)


def _polynomial(coefficients: FloatArray, terms: IntArray, d: int) -> Polynomial:
    hessian = np.zeros((d, d))
    i, j = terms.T
    np.add.at(hessian, (i, j), coefficients[d + 1 :])
    np.add.at(hessian, (j, i), coefficients[d + 1 :])
    return Polynomial(float(coefficients[0]), coefficients[1 : d + 1], hessian)
