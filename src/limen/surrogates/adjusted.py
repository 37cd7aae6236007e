"""Fits that a proxy helps: its coefficients, plus those of what it leaves, shrunk where that is noise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from limen._types import Design, FloatArray, IntArray
from limen.surrogates.covariance import design_covariance
from limen.surrogates.drawn import FEWEST_DEGREES, MANY, drawing, steadied
from limen.surrogates.features import Basis, columns
from limen.surrogates.proxies import Adjustment
from limen.surrogates.ridge import shrunk_fit
from limen.surrogates.solve import Ends, Fit, constrained, solve
from limen.surrogates.untold import added_by, inverse_products, untold

SQUARES_FOLLOW = 0.7
"""By what share of that of coefficients the variances of sums of squares must grow, where processes that leave one row
out have the others in common (`benchmarks/do_the_intervals_cover.py`)."""


def adjusted(
    answers: FloatArray, design: Design, basis: Basis, adjustment: Adjustment, terms: IntArray | None, ends: Ends | None
) -> Fit:
    """Fit one target's answers (n) on 1, the parts and the products of `terms`, helped by a proxy."""
    if adjustment.name == "mean":
        return _alone(answers, design, basis, adjustment, terms, ends)
    features, at = columns(design.points, terms), basis.at_instance(terms)
    none = None if ends is None else Ends(ends.features, np.zeros((2, 2)))
    rest, unseen = adjustment.rest, adjustment.unseen
    drawn_rest = np.where(unseen > 0.0, rest, 0.0)  # where all masks of a stratum were asked, none is left to be drawn
    counted, whole = solve(features, np.stack([unseen * rest, drawn_rest], axis=1), design, at, none)
    shrunk, leverages, _ = shrunk_fit(features, unseen * rest, design, none, None)
    everywhere = columns(adjustment.reference.points, terms)
    of_proxy, error, spread = fit_of_proxy(adjustment, basis, terms, ends, everywhere)
    added = added_by(whole.covariance, features, design)
    leverages = as_designed(leverages, adjustment, design, added)
    coefficients = shrunk + of_proxy
    residuals = answers - features @ coefficients
    drawn, degrees = drawing(whole, features, adjustment, design, none)
    inverse, twin = inverse_products(features, design, none), adjustment.name == "twin"
    least, unmet = untold(drawn, answers, design, whole.rank, inverse, twin)
    drawn, degrees = steadied(drawn, degrees, adjustment, spread, everywhere)
    covariance = drawn + least + error
    if terms is not None and adjustment.posterior is None:
        covariance = covariance + cut_off(counted.coefficients - shrunk, whole.covariance)
    return replace(
        whole,
        coefficients=coefficients,
        covariance=covariance,
        degrees=np.maximum(degrees, FEWEST_DEGREES),
        residuals=residuals,
        losses=losses_of(adjustment, everywhere, coefficients, residuals, leverages, design),
        full_rank=counted.full_rank,
        totals=totals_of(adjustment, answers, design),
        follows=squares_follow(adjustment),
        unmet=unmet,
        added=added_by(covariance, features, design) if ends is None else np.inf,
    )


def _alone(
    answers: FloatArray, design: Design, basis: Basis, adjustment: Adjustment, terms: IntArray | None, ends: Ends | None
) -> Fit:
    """The same without a proxy: the answers themselves, shrunk."""
    features, at = columns(design.points, terms), basis.at_instance(terms)
    rest, unseen, whole_ends = adjustment.rest, adjustment.unseen, None
    if ends is not None:
        whole_ends, rest = Ends(ends.features, np.repeat(ends.answers, 2, axis=1)), answers
    counted, whole = solve(features, np.stack([unseen * rest, rest], axis=1), design, at, whole_ends)
    shrunk, _, apart = shrunk_fit(features, unseen * rest, design, whole_ends, whole.covariance)
    coefficients = shrunk.copy()
    if ends is None:
        coefficients[0] += float(design.weights @ answers) - float(design.weights @ rest)
    residuals = answers - features @ coefficients
    inverse = inverse_products(features, design, whole_ends)
    drawn, degrees = whole.covariance, whole.degrees
    if ends is None:
        drawn, degrees = drawing(whole, features, adjustment, design, None)
    least, unmet = untold(drawn, answers, design, whole.rank, inverse)
    covariance = adjustment.hushed * drawn + least
    return replace(
        whole,
        coefficients=coefficients,
        covariance=covariance,
        degrees=degrees,
        residuals=residuals,
        losses=_losses_alone(whole, residuals, apart, design),
        full_rank=counted.full_rank,
        unmet=unmet,
        added=added_by(covariance, features, design) if ends is None else np.inf,
    )


def _losses_alone(whole: Fit, residuals: FloatArray, apart: FloatArray, design: Design) -> FloatArray:
    """What each row (n) tells of the squared error under the law of a fit without a proxy.

    Where rows are few, what the ridge leaves of it without its own block, as far as masks were not asked; where they
    are many, its residual, blown up as without the ridge: strata know more than rows tell.
    """
    if len(residuals) <= MANY * len(whole.coefficients):
        unseen = float(design.weights @ (1.0 - design.sampled_shares[design.strata]))
        losses: FloatArray = (1.0 - unseen) * residuals**2 + unseen * apart**2
        return losses
    in_sample = float(design.weights @ whole.residuals**2)
    return residuals**2 * (float(design.weights @ whole.losses) / in_sample if in_sample > 0.0 else 1.0)


def squares_follow(adjustment: Adjustment) -> float:
    """By what share the variances of sums of squares may be too small."""
    return (1.0 + SQUARES_FOLLOW * adjustment.follows) * adjustment.hushed - 1.0


def cut_off(shrunk_away: FloatArray, covariance: FloatArray) -> FloatArray:
    """The squared bias (p, p) that shrinking may leave: what was shrunk away (p) beyond its own variance.

    Of pairs only, many of which are 0 and few large; effects are covered without.
    """
    found: FloatArray = np.diag(np.maximum(shrunk_away**2 - np.diag(covariance), 0.0))
    return found


def as_designed(leverages: FloatArray, adjustment: Adjustment, design: Design, added: float) -> FloatArray:
    """Leverages (n) made smaller where the design knows more than independent rows would.

    added: the squared error under the law that the drawing of this very design adds to the surrogate.
    """
    freely = float(design.weights @ (adjustment.unseen * leverages * adjustment.rest**2))
    return leverages * min(1.0, added / freely) if freely > 0.0 else leverages


def totals_of(adjustment: Adjustment, answers: FloatArray, design: Design) -> FloatArray | None:
    """What each row (n) tells of the variance of the answers under the whole law, as the losses do of the error."""
    if adjustment.helped is not None:
        return None
    reference, unseen = adjustment.reference, adjustment.unseen
    mean = float(reference.weights @ adjustment.values + design.weights @ (unseen * adjustment.rest))
    apart, of_proxy = answers - mean, answers - adjustment.rest - mean
    totals: FloatArray = reference.weights @ (adjustment.values - mean) ** 2 + unseen * (apart**2 - of_proxy**2)
    return totals if design.weights @ totals > 0.0 else None


def losses_of(
    adjustment: Adjustment,
    everywhere: FloatArray,
    coefficients: FloatArray,
    residuals: FloatArray,
    leverages: FloatArray,
    design: Design,
) -> FloatArray:
    """What each row (n) tells of the squared error under the whole law: the proxy's, corrected by the row's own.

    everywhere: (M, p) the columns of the reference. The correction is that of the surrogate that has not seen the row:
    what was new in the row's answer moved it by leverage times as much. Where the correction leaves less than nothing,
    the rows' own squares stand, and where the proxy is a twin that was asked some masks only: the surrogate was fitted
    to these.
    """
    reference = adjustment.reference
    left_out = residuals + leverages * adjustment.rest
    if adjustment.helped is not None:
        return left_out**2
    apart = adjustment.values - everywhere @ coefficients
    of_proxy = left_out - adjustment.rest  # the proxy's answer to the row, left out, less the surrogate's
    losses: FloatArray = reference.weights @ apart**2 + adjustment.unseen * (left_out**2 - of_proxy**2)
    return losses if design.weights @ losses > 0.0 else left_out**2


def fit_of_proxy(
    adjustment: Adjustment,
    basis: Basis,
    terms: IntArray | None,
    ends: Ends | None,
    everywhere: FloatArray,
    products: FloatArray | None = None,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The proxy's own coefficients (p), their covariance (p, p) where the reference is drawn, and their spread (p, p).

    The last takes sums of columns times weighted answers to the coefficients. everywhere: (M, p) the columns of the
    reference. products: means of their products in the directions that the ends leave free, where they are known.
    """
    reference, values = adjustment.reference, adjustment.values
    if adjustment.helped is not None:
        fit = adjusted(values, reference, basis, adjustment.helped, terms, ends)
        return fit.coefficients, fit.covariance, np.zeros((0, 0))
    weights, p = reference.weights, everywhere.shape[1]
    offset, free = np.zeros(p), np.eye(p)
    if ends is not None:
        found, free = constrained(ends)
        offset = found[:, 0]
    if products is None:
        products = free.T @ (everywhere.T @ (weights[:, None] * everywhere)) @ free
    spread = free @ np.linalg.pinv(products, hermitian=True) @ free.T
    coefficients = offset + spread @ (everywhere.T @ (weights * (values - everywhere @ offset)))
    if reference.exact:
        return coefficients, np.zeros((p, p)), spread
    scores = everywhere * (weights * (values - everywhere @ coefficients))[:, None]
    return coefficients, spread @ design_covariance(scores, reference) @ spread, spread
