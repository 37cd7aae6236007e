"""How often a surrogate stands on the model's side of a decision, on probes that it has not seen."""

from __future__ import annotations

import numpy as np

from limen._types import Design, FloatArray, IntArray
from limen.results import Estimate, Polynomial
from limen.surrogates.covariance import NORMAL, design_covariance
from limen.surrogates.features import Basis, columns
from limen.surrogates.linear import fit_linear
from limen.surrogates.quadratic import PROBES_PER_COEFFICIENT, SPARSE_PER_COEFFICIENT
from limen.surrogates.screening import pick, screen
from limen.surrogates.solve import Fit, left_out, solve

FOLDS = 10
"""Where terms were picked they are picked anew without each of so many parts of the probes, that they have not seen."""


def agreement(margins: FloatArray, design: Design, basis: Basis, *, second_order: bool) -> Estimate | None:
    """Share of the law's mass where the sign of the surrogate of all probes is that of the margins (n).

    Each probe is judged by the surrogate of all others but those of its own block, or, where terms were picked, of its
    own fold. None where the probes cannot carry the surrogate.
    """
    fitted = _fit(margins[:, None], design, basis, second_order)
    if fitted is None or fitted[0].rank >= len(margins):
        return None
    fit, terms = fitted
    if terms is not None and len(terms) < len(basis.terms(design.points)):
        guesses = _by_folds(margins, design, basis)
    else:
        guesses = margins - left_out(fit, columns(design.points, terms), design)
    agrees = ((guesses > 0) == (margins > 0)).astype(np.float64)
    return _share(agrees, design, 1.0 - fit.rank / len(margins))


def _by_folds(margins: FloatArray, design: Design, basis: Basis) -> FloatArray:
    """What quadratics say of margins (n), each picked and fitted without the fold of the row.

    Two blocks in turn are in a fold, as blocks are of two kinds in turn. Where nine tenths of the probes carry no
    quadratic, their line judges.
    """
    folds, guesses = design.blocks // 2 % FOLDS, np.zeros(len(margins))
    for fold in np.unique(folds).tolist():
        seen, unseen = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        part = design.take(seen)
        fitted = _fit(margins[seen, None], part, basis, second_order=True)
        fit, terms = fitted or (fit_linear(margins[seen, None], part, basis, None)[0], None)
        guesses[unseen] = columns(design.points[unseen], terms) @ fit.coefficients
    return guesses


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


def _share(agrees: FloatArray, design: Design, spare: float) -> Estimate:
    """A weighted share of agreeing rows (n) with its error and Wilson's interval (1927).

    Rows count as many as independent ones with the variance of their blocks would, no more than there are, and less
    those that the surrogate was fitted on: spare is the share of the others.
    """
    same = bool(agrees.all() or not agrees.any())
    value = float(agrees[0]) if same else float(design.weights @ agrees)
    variance, even = value * (1.0 - value), float(design.weights @ design.weights)
    rows = spare / even
    if not same:
        found = float(design_covariance((design.weights * (agrees - value))[:, None], design)[0, 0])
        rows = spare * variance / max(found, variance * even)
    scale = 1.0 + NORMAL**2 / rows
    centre = (value + NORMAL**2 / (2.0 * rows)) / scale
    width = NORMAL / scale * float(np.sqrt(variance / rows + NORMAL**2 / (4.0 * rows**2)))
    low, high = min(centre - width, value), max(centre + width, value)  # at 0 and 1 they meet but for rounding
    return Estimate(value, float(np.sqrt(variance / rows)), max(low, 0.0), min(high, 1.0))


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
