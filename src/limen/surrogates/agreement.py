"""How often a surrogate stands on the model's side of a decision, on probes that it has not seen."""

from __future__ import annotations

import numpy as np

from limen._types import Design, FloatArray, IntArray
from limen.results import Estimate, Polynomial
from limen.surrogates.covariance import degrees_of_freedom, design_covariance, reach
from limen.surrogates.features import Basis, columns
from limen.surrogates.linear import fit_linear
from limen.surrogates.quadratic import PairFit, fit_quadratic
from limen.surrogates.solve import Fit


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
    if not second_order:
        line = fit_linear(margins, part, basis, None)[0]
        return (line, None) if line.full_rank else None
    half = (part.blocks - part.blocks[0]) % 2
    curves = fit_quadratic(margins, part, basis, None, half)
    return None if curves is None else (curves[0].fit, curves[0].terms)


def _share(agrees: FloatArray, design: Design) -> Estimate:
    """A weighted share with its error; the interval stays within 0 and 1."""
    value = float(design.weights @ agrees)
    scores = (design.weights * (agrees - value))[:, None]
    error = float(np.sqrt(max(design_covariance(scores, design)[0, 0], 0.0)))
    width = float(reach(degrees_of_freedom(scores, design))[0]) * error if error else 0.0
    return Estimate(value, error, max(value - width, 0.0), min(value + width, 1.0))


def polynomials(
    margins: FloatArray, design: Design, basis: Basis, folds: IntArray
) -> tuple[Polynomial, Polynomial | None]:
    """The line and the quadratic (if the probes carry one) of the margins (n), for pictures."""
    d = design.points.shape[1]
    line = fit_linear(margins[:, None], design, basis, None)[0].coefficients
    curves = fit_quadratic(margins[:, None], design, basis, None, folds)
    first = Polynomial(float(line[0]), line[1:], np.zeros((d, d)))
    return first, None if curves is None else _polynomial(curves[0], d)


def _polynomial(curve: PairFit, d: int) -> Polynomial:
    coefficients, hessian = curve.fit.coefficients, np.zeros((d, d))
    i, j = curve.terms.T
    np.add.at(hessian, (i, j), coefficients[d + 1 :])
    np.add.at(hessian, (j, i), coefficients[d + 1 :])
    return Polynomial(float(coefficients[0]), coefficients[1 : d + 1], hessian)
