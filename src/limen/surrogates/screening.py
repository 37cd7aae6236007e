"""Which terms of second order are worth a coefficient: each is tried alone on what a fit has left over."""

from __future__ import annotations

import numpy as np

from limen._types import Design, FloatArray, IntArray
from limen.surrogates.features import Basis, columns
from limen.surrogates.solve import Fit

SAMPLED_PAIRS = 64
"""Under laws that treat all parts alike, so many pairs tell the variance of all."""
FEWEST_CARRIERS = 8
"""A term that fewer probes carry (a rare category times another) is not tried: they would be fitted, not explained."""
MOST_PRODUCTS = 30_000_000
"""Probes times terms that are made at once (240 MB); of more terms, those among the parts that matter."""
FITTED = 1e-9
"""Share of a term's own variance below which it is a line of the parts and tells nothing new."""


def pick(terms: IntArray, size: FloatArray, error: FloatArray, room: int) -> IntArray:
    """The terms whose coefficient stands out beyond √(2 log m) errors (Donoho, Johnstone 1994), at least one."""
    score = np.abs(size) / error
    order = np.argsort(-score, kind="stable")[:room]
    threshold = np.sqrt(2.0 * np.log(max(len(terms), 2)))
    return terms[np.sort(order[: max(1, int((score[order] > threshold).sum()))])]


def carried(terms: IntArray, design: Design, basis: Basis) -> IntArray:
    """Those terms (m, 2) that enough probes of a design carry; all of them under laws that treat all parts alike."""
    if basis.alike or not len(terms):
        return terms
    products = _unexplained(design, basis, terms)[1]
    assert products is not None
    return terms[products.any(axis=0)]


def mattering(fit: Fit, terms: IntArray, n: int) -> IntArray:
    """So many terms as n probes can be looked at with, those among the parts whose slopes stand out most."""
    d, most = len(fit.coefficients) - 1, max(MOST_PRODUCTS // max(n, 1), 1)
    if len(terms) <= most:
        return terms
    score = np.abs(fit.coefficients[1:]) / np.maximum(fit.standard_errors[1:], 1e-300)
    parts = np.zeros(d, dtype=np.bool_)
    parts[np.argsort(-score, kind="stable")[: max(2, int(np.sqrt(2.0 * most)) - 1)]] = True
    return terms[parts[terms].all(axis=1)]


def screen(
    fit: Fit, design: Design, basis: Basis, terms: IntArray, *, as_found: bool = False
) -> tuple[FloatArray, FloatArray]:
    """What coefficient each term (m) would get if it alone were added to the fit, and the error of such a number.

    The error takes all residuals for equally large and independent; `as_found`, where laws treat parts differently, it
    is that of the scores summed in their blocks.
    """
    n_effective = 1.0 / float((design.weights**2).sum())
    noise = float((design.weights * fit.residuals**2).sum())
    variance, products = _unexplained(design, basis, terms)
    if products is None:  # all numerators are one product Zᵀ diag(w e) Z, for the residual is orthogonal to the line
        z = design.points.astype(np.float64)
        crossed = z.T @ ((design.weights * fit.residuals)[:, None] * z)
        numerators = crossed[terms[:, 0], terms[:, 1]]
    else:
        numerators = (np.sqrt(design.weights) * fit.residuals) @ products
    error = np.sqrt(noise / (n_effective * variance))
    if as_found and products is not None:
        scores = (np.sqrt(design.weights) * fit.residuals)[:, None] * products
        totals = np.add.reduceat(scores, design.block_starts, axis=0)
        error = np.maximum(error, np.sqrt((totals**2).sum(axis=0)) / variance)  # what is not tried has no scores
    return numerators / variance, np.maximum(error, 1e-300)


def _unexplained(design: Design, basis: Basis, terms: IntArray) -> tuple[FloatArray, FloatArray | None]:
    """The variance (m) of each term that the line does not explain; and the terms less the line, where each was made.

    Laws of masks treat all parts alike, so the variance is the same for all pairs: it is averaged over a few.
    """
    alike = basis.alike
    tried = terms[np.linspace(0, len(terms) - 1, min(SAMPLED_PAIRS, len(terms))).astype(int)] if alike else terms
    d = design.points.shape[1]
    features = np.sqrt(design.weights)[:, None] * columns(design.points, tried)
    line, products = features[:, : d + 1], features[:, d + 1 :]
    basis_of_line = np.linalg.qr(line)[0]
    unexplained = products - basis_of_line @ (basis_of_line.T @ products)
    squares = unexplained * unexplained
    variance = squares.sum(axis=0)
    if alike:
        return np.full(len(terms), max(float(variance.mean()), 1e-12)), None
    least = np.maximum(FITTED * np.einsum("ij,ij->j", products, products), 1e-300)
    fourth = np.einsum("ij,ij->j", squares, squares)
    carried = variance**2 / np.maximum(fourth, 1e-300)  # by how many probes, as if equally
    unexplained[:, (variance <= least) | (carried < FEWEST_CARRIERS)] = 0.0
    return np.where(variance <= least, 1.0, variance), unexplained
