"""Fits of more coefficients than the rows alone could carry: those of a proxy, and what its rest says of their error.

Where a proxy has learnt from the rows, it answers for all masks, and its own best quadratic is known to the last pair.
What it leaves is corrected by a ridge, which does not need more rows than coefficients, and the error is that of the
correction by weighted means: a coefficient is a weighted mean of the answers under the law, whose weights are known
without the rows (Horvitz, Thompson 1952; Särndal, Swensson, Wretman, "Model assisted survey sampling", 1992, equation
6.4.4). It has more variance than least squares where rows are many, and less where they are few.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from limen._types import Design, FloatArray, IntArray
from limen.surrogates.adjusted import (
    FEWEST_DEGREES,
    RESOLUTION,
    SQUARES_FOLLOW,
    as_designed,
    fit_of_proxy,
    losses_of,
    shrunk_fit,
    totals_of,
)
from limen.surrogates.covariance import degrees_of_freedom, design_covariance, tempered
from limen.surrogates.features import Basis, columns
from limen.surrogates.proxies import Adjustment
from limen.surrogates.solve import Ends, Fit, constrained

MOST_COEFFICIENTS = 300
"""With more of them the sums over all masks take longer than they are worth (23 parts and their pairs are 277)."""


def assisted(
    answers: FloatArray, design: Design, basis: Basis, adjustment: Adjustment, terms: IntArray, ends: Ends | None
) -> Fit:
    """Fit one target's answers (n) on 1, the parts and the products of `terms`, few rows as there may be."""
    features, at = columns(design.points, terms), basis.at_instance(terms)
    n, p = features.shape
    if adjustment.name == "mean":  # a proxy after all, that gives the mean for every mask
        values = np.full(len(adjustment.reference.weights), float(design.weights @ (answers - adjustment.rest)))
        adjustment = replace(adjustment, values=values)
    none, free = None, np.eye(p)
    if ends is not None:
        none, free = Ends(ends.features, np.zeros((2, 2))), constrained(ends)[1]
    correction, hat, _ = shrunk_fit(features, adjustment.unseen * adjustment.rest, design, none, None)
    coefficients, error = fit_of_proxy(adjustment, basis, terms, ends)
    coefficients = coefficients + correction
    reference = adjustment.reference
    directions = columns(reference.points, terms) @ free
    products = (reference.weights[:, None] * directions).T @ directions
    inverse = np.linalg.pinv(products, hermitian=True)
    means = design.weights[:, None] * (features @ free @ inverse @ free.T)  # (n, p) what an answer adds to each
    leverages = np.minimum(np.einsum("ij,ij->i", features, means), 1.0)
    scores = means * adjustment.rest[:, None]
    contrasts = np.concatenate([means, (means @ at)[:, None]], axis=1)
    evenly, found = (degrees_of_freedom(one, design) for one in (contrasts, contrasts * adjustment.rest[:, None]))
    drawn = design_covariance(scores, design)
    added = float(np.sum((free.T @ drawn @ free) * products))
    leverages = as_designed(leverages, adjustment, design, added)
    covariance = (1.0 + adjustment.follows) * drawn + error
    residuals = answers - features @ coefficients
    spread = float(design.weights @ (answers - design.weights @ answers) ** 2)
    return Fit(
        coefficients=coefficients,
        at=at,
        covariance=covariance + RESOLUTION**2 * spread * np.eye(p),
        degrees=np.maximum(tempered(evenly, found), FEWEST_DEGREES),
        residuals=residuals,
        losses=losses_of(adjustment, terms, coefficients, residuals, leverages, design),
        rank=int(np.ceil(hat.sum())) if n > p else p,  # where it can be met by chance, no R² is told
        full_rank=True,
        totals=totals_of(adjustment, answers, design),
        follows=SQUARES_FOLLOW * adjustment.follows,
    )
