"""Fits of more coefficients than the rows alone could carry: those of a proxy, and what its rest says of their error.

Where a proxy has learnt from the rows, it answers for all masks, and its own best quadratic is known to the last pair.
A coefficient is a weighted mean of the answers under the law, whose weights are known without the rows: the weighted
means of what the proxy leaves correct it, and tell its error (Horvitz, Thompson 1952; Särndal, Swensson, Wretman,
"Model assisted survey sampling", 1992, equation 6.4.4). They have more variance than least squares where rows are many,
and less where they are few. As far as they are noise they are shrunk away, all by the same share
(James, Stein 1961); what of it stands out of the noise is added to the error.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from limen._types import Design, FloatArray, IntArray
from limen.surrogates.adjusted import (
    as_designed,
    cut_off,
    fit_of_proxy,
    losses_of,
    squares_follow,
    totals_of,
)
from limen.surrogates.drawn import FEWEST_DEGREES, steadied
from limen.surrogates.features import Basis, columns
from limen.surrogates.means import error_of_means, products_of
from limen.surrogates.proxies import Adjustment
from limen.surrogates.solve import RANK_TOLERANCE, Ends, Fit, constrained, left_out, solve
from limen.surrogates.untold import untold

MOST_COEFFICIENTS = 300
"""With more of them the sums over all masks take longer than they are worth (23 parts and their pairs are 277)."""
FEWEST_FOR_R2 = 1.5
"""Rows for each coefficient from which on R² is told; with fewer a fit may follow them by chance."""


def assisted(
    answers: FloatArray, design: Design, basis: Basis, adjustment: Adjustment, terms: IntArray, ends: Ends | None
) -> Fit | None:
    """Fit one target's answers (n) on 1, the parts and the products of `terms`, few rows as there may be.

    None where the law itself cannot tell these columns apart.
    """
    features, at = columns(design.points, terms), basis.at_instance(terms)
    n, p = features.shape
    free = np.eye(p) if ends is None else constrained(ends)[1]
    products = free.T @ products_of(adjustment.reference, terms) @ free
    if not _of_full_rank(products):
        return None
    adjustment = _line_as_proxy(answers, design, basis, adjustment, ends) if adjustment.name == "mean" else adjustment
    rest = adjustment.rest
    inverse = free @ np.linalg.inv(products) @ free.T
    means = design.weights[:, None] * (features @ inverse)  # what a row adds to each
    drawn, degrees = error_of_means(means, at, rest, design)
    noise = float(np.sum((free.T @ drawn @ free) * products))
    everywhere = columns(adjustment.reference.points, terms)
    coefficients, error, spread = _of_proxy(adjustment, basis, terms, ends, everywhere, products)
    correction = free.T @ means.T @ (rest * adjustment.unseen)
    kept = _shrunk(correction, noise, products)
    coefficients = coefficients + kept @ free.T
    residuals = answers - features @ coefficients
    leverages = as_designed(np.minimum(np.einsum("ij,ij->i", features, means), 1.0), adjustment, design, noise)
    least, unmet = untold(drawn, answers, design, 1 + design.points.shape[1], inverse, adjustment.name == "twin")
    away = cut_off((correction - kept) @ free.T, drawn) if adjustment.posterior is None else 0.0
    drawn, degrees = steadied(drawn, degrees, adjustment, spread, everywhere)
    covariance = drawn + least + error + away
    return Fit(
        coefficients=coefficients,
        at=at,
        covariance=covariance,
        degrees=np.maximum(degrees, FEWEST_DEGREES),
        residuals=residuals,
        losses=losses_of(adjustment, everywhere, coefficients, residuals, leverages, design),
        rank=p if n > FEWEST_FOR_R2 * p else n,
        full_rank=True,
        totals=totals_of(adjustment, answers, design),
        follows=squares_follow(adjustment),
        unmet=unmet,
        added=float(np.sum((free.T @ covariance @ free) * products)) if ends is None else np.inf,
    )


def pairs_told_apart(reference: Design, fixed: bool) -> bool:
    """Whether the law of these masks tells all pairs apart; fixed: the surrogate meets the ends, which have no mass."""
    d = reference.points.shape[1]
    terms = Basis.of_masks(d).terms(reference.points)
    products = products_of(reference, terms)
    if fixed:
        ends = columns(np.array([[False] * d, [True] * d]), terms)
        free = constrained(Ends(ends, np.zeros((2, 1))))[1]
        products = free.T @ products @ free
    return _of_full_rank(products)


def _of_full_rank(products: FloatArray) -> bool:
    values = np.linalg.eigvalsh(products)
    return not len(values) or bool(values[0] > RANK_TOLERANCE * values[-1])


def _shrunk(correction: FloatArray, noise: float, products: FloatArray) -> FloatArray:
    """A correction (q) times what of its size under the law is no noise, if anything."""
    size = float(correction @ products @ correction)
    return correction * (max(0.0, 1.0 - noise / size) if size > 0.0 else 0.0)


def _of_proxy(
    adjustment: Adjustment,
    basis: Basis,
    terms: IntArray,
    ends: Ends | None,
    everywhere: FloatArray,
    products: FloatArray,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The proxy's own coefficients (p), covariance (p, p), spread (p, p); the sample of a twin may be small."""
    if adjustment.helped is not None:
        found = assisted(adjustment.values, adjustment.reference, basis, adjustment.helped, terms, ends)
        if found is not None:
            return found.coefficients, found.covariance, np.zeros((0, 0))
    return fit_of_proxy(adjustment, basis, terms, ends, everywhere, products)


def _line_as_proxy(
    answers: FloatArray, design: Design, basis: Basis, adjustment: Adjustment, ends: Ends | None
) -> Adjustment:
    """The best line through the rows in the place of their mean, which would leave what lines explain to the pairs."""
    features, free, alone = columns(design.points), None, None
    p = features.shape[1]
    if ends is not None:
        alone = Ends(ends.features[:, :p], ends.answers)
        free = constrained(alone)[1]
    (line,) = solve(features, answers[:, None], design, basis.at_instance(None), alone)
    rest = left_out(line, features if free is None else features @ free, design)
    values = columns(adjustment.reference.points) @ line.coefficients
    return replace(adjustment, values=values, rest=rest)
