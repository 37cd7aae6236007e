"""What a quadratic fit says beyond its slopes: pairs, curvature, and the axes along which it bends."""

from __future__ import annotations

import numpy as np

from limen._types import FloatArray
from limen.results import Estimates, Interactions, PrincipalAxes
from limen.surrogates.covariance import reach
from limen.surrogates.features import Basis
from limen.surrogates.quadratic import PairFit
from limen.surrogates.skewness import sides


def interactions_of(curve: PairFit, d: int) -> Interactions:
    """The pair coefficients as symmetric matrices; pairs that were not picked are 0 with an honest error."""
    pairs = np.flatnonzero(curve.terms[:, 0] != curve.terms[:, 1])
    i, j = curve.terms[pairs].T
    values, selected = np.zeros((d, d)), np.zeros((d, d), dtype=np.bool_)
    errors = np.where(np.isnan(curve.left_out), 0.0, curve.left_out)
    values[i, j] = values[j, i] = curve.fit.coefficients[d + 1 + pairs]
    errors[i, j] = errors[j, i] = curve.fit.standard_errors[d + 1 + pairs]
    degrees = np.full((d, d), np.median(curve.fit.degrees))
    degrees[i, j] = degrees[j, i] = curve.fit.degrees[d + 1 + pairs]
    selected[i, j] = selected[j, i] = True
    np.fill_diagonal(errors, 0.0)
    below = above = reach(degrees)
    if (found := sides(curve, np.eye(len(curve.fit.coefficients))[d + 1 + pairs])) is not None:
        below, above = below.copy(), above.copy()
        below[i, j] = below[j, i] = found[0]
        above[i, j] = above[j, i] = found[1]
    return Interactions(values, errors, values - below * errors, values + above * errors, selected)


def curvature_of(curve: PairFit, basis: Basis) -> Estimates | None:
    """H_ii = 2 c_ii for the parts that move (d), else NaN; a square that was not picked is 0 with an error."""
    d = len(basis.instance)
    if not basis.reals.any():
        return None
    squares = np.flatnonzero(curve.terms[:, 0] == curve.terms[:, 1])
    parts = curve.terms[squares, 0]
    values = np.where(basis.reals, 0.0, np.nan)
    left_out = np.diag(curve.left_out)
    errors = np.where(basis.reals, 2.0 * np.where(np.isnan(left_out), 0.0, left_out), np.nan)
    degrees = np.full(d, np.median(curve.fit.degrees))
    values[parts] = 2.0 * curve.fit.coefficients[d + 1 + squares]
    errors[parts] = 2.0 * curve.fit.standard_errors[d + 1 + squares]
    degrees[parts] = curve.fit.degrees[d + 1 + squares]
    below = above = reach(degrees)
    if (found := sides(curve, np.eye(len(curve.fit.coefficients))[d + 1 + squares])) is not None:
        below, above = below.copy(), above.copy()
        below[parts], above[parts] = found
    return Estimates(values, errors, values - below * errors, values + above * errors)


def axes_of(curve: PairFit, basis: Basis) -> PrincipalAxes | None:
    """The principal axes of the Hessian among the parts that move.

    The error of a curvature vᵀHv is that of this sum of coefficients with v held fixed (first-order perturbation of an
    eigenvalue: dλ = vᵀ dH v).
    """
    d = len(basis.instance)
    parts = np.flatnonzero(basis.reals)
    if not len(parts):
        return None
    hessian = np.zeros((d, d))
    i, j = curve.terms.T
    products = curve.fit.coefficients[d + 1 :]
    np.add.at(hessian, (i, j), products)
    np.add.at(hessian, (j, i), products)  # a square is added twice, and H_ii = 2 c_ii
    values, vectors = np.linalg.eigh(hessian[np.ix_(parts, parts)])
    order = np.argsort(-np.abs(values), kind="stable")
    directions = np.zeros((len(parts), d))
    directions[:, parts] = vectors[:, order].T
    directions *= np.where(directions[np.arange(len(parts)), np.abs(directions).argmax(axis=1)] < 0, -1.0, 1.0)[:, None]
    errors = _errors_along(directions, curve)
    width = reach(np.full(len(parts), np.median(curve.fit.degrees))) * errors
    found = values[order]
    return PrincipalAxes(Estimates(found, errors, found - width, found + width), directions)


def _errors_along(directions: FloatArray, curve: PairFit) -> FloatArray:
    """Standard errors (r) of vᵀHv for unit vectors (r, d): 2 v_i v_j for each term, also for those left out."""
    i, j = curve.terms.T
    start = len(curve.fit.coefficients) - len(curve.terms)
    contrasts = 2.0 * directions[:, i] * directions[:, j]
    variance = np.einsum("rm,mk,rk->r", contrasts, curve.fit.covariance[start:, start:], contrasts)
    i, j = np.nonzero(np.triu(~np.isnan(curve.left_out)))
    variance += ((2.0 * directions[:, i] * directions[:, j]) ** 2) @ curve.left_out[i, j] ** 2
    errors: FloatArray = np.sqrt(np.maximum(variance, 0.0))
    return errors
