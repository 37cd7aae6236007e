"""Fits that a proxy helps: its coefficients, plus those of what it leaves, shrunk where that is noise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from limen._types import Design, FloatArray, IntArray
from limen.surrogates.covariance import design_covariance
from limen.surrogates.features import Basis, columns
from limen.surrogates.proxies import Adjustment
from limen.surrogates.solve import Ends, Fit, constrained, solve

RIDGES = np.concatenate([[0.0], np.geomspace(1e-4, 100.0, 31)])
"""Ridges that are tried on the rest, in shares of the largest squared singular value."""
RESOLUTION = 1e-5
"""Share of the spread of the answers below which no error is told. Where a process leaves less (smooth games, most of
the masks asked), errors were up to six times those told, and all below a hundred-thousandth of the effects."""
FEWEST_DEGREES = 8.0
"""Degrees of freedom of the variance of the rest at least: a few large ones among the rests say less against it than
squares of answers would (`benchmarks/do_the_intervals_cover.py`)."""


def adjusted(
    answers: FloatArray, design: Design, basis: Basis, adjustment: Adjustment, terms: IntArray | None, ends: Ends | None
) -> Fit:
    """Fit one target's answers (n) on 1, the parts and the products of `terms`, helped by a proxy."""
    features, at = columns(design.points, terms), basis.at_instance(terms)
    none = None if ends is None else Ends(ends.features, np.zeros((2, 2)))
    rest, unseen = adjustment.rest, adjustment.unseen
    if ends is not None and adjustment.name == "mean":
        none, rest = Ends(ends.features, np.repeat(ends.answers, 2, axis=1)), answers
    counted, whole = solve(features, np.stack([unseen * rest, rest], axis=1), design, at, none)
    alone = adjustment.name == "mean"
    shrunk, hat = _shrunk(features, unseen * rest, design, none, whole.covariance if alone else None)
    coefficients, covariance, degrees = shrunk, (1.0 + adjustment.follows) * whole.covariance, whole.degrees
    if adjustment.name != "mean":
        degrees = np.maximum(degrees, FEWEST_DEGREES)
        spread = float(design.weights @ (answers - design.weights @ answers) ** 2)
        covariance = covariance + RESOLUTION**2 * spread * np.eye(len(covariance))
        of_proxy, error = _of_proxy(adjustment, basis, terms, ends)
        coefficients, covariance = coefficients + of_proxy, covariance + error
    elif ends is None:
        coefficients = coefficients + 0.0
        coefficients[0] += float(design.weights @ answers) - float(design.weights @ rest)
    residuals = answers - features @ coefficients
    correction = hat / (1.0 - hat) * (unseen * rest - features @ shrunk)
    losses = (residuals + correction) ** 2
    if adjustment.name != "mean":
        losses = _losses(adjustment, terms, coefficients, residuals, design, losses)
    elif (
        design.weights @ whole.residuals**2 > 0.0
    ):  # blown up as without the ridge: the strata know more than rows tell
        losses = residuals**2 * float(design.weights @ whole.losses / (design.weights @ whole.residuals**2))
    return replace(
        whole,
        coefficients=coefficients,
        covariance=covariance,
        degrees=degrees,
        residuals=residuals,
        losses=losses,
        full_rank=counted.full_rank,
    )


def _losses(
    adjustment: Adjustment,
    terms: IntArray | None,
    coefficients: FloatArray,
    residuals: FloatArray,
    design: Design,
    plain: FloatArray,
) -> FloatArray:
    """What each row (n) tells of the squared error under the whole law: the proxy's, corrected by the row's own.

    plain: (n) the losses that do without the proxy, which stand where the correction leaves less than nothing.
    """
    reference = adjustment.reference
    apart = adjustment.values - columns(reference.points, terms) @ coefficients
    of_proxy = residuals - adjustment.rest  # the proxy's answer to the row, left out, less the surrogate's
    losses: FloatArray = reference.weights @ apart**2 + adjustment.unseen * (residuals**2 - of_proxy**2)
    return losses if design.weights @ losses > 0.0 else plain


def _shrunk(
    features: FloatArray, rest: FloatArray, design: Design, ends: Ends | None, covariance: FloatArray | None
) -> tuple[FloatArray, FloatArray]:
    """Coefficients (p) of a ridge on all columns but the constant, and (n) the leverage of each row.

    covariance: (p, p) of the coefficients without it; the strength is then that with the least risk by Stein's estimate
    (1981), which knows that much of the rows' error cancels in pairs and strata. None: that with the smallest error on
    rows left out (Allen 1974), which is steadier where a proxy took out what cancels; where its rest is noise, the
    strength is large, and the proxy carries the answer.
    """
    p = features.shape[1]
    offset, free = np.zeros(p), np.eye(p)
    if ends is not None:
        found, free = constrained(ends)
        offset = found[:, 0]
    root = np.sqrt(design.weights)
    shifted = rest - features @ offset
    directions, of_slopes = features @ free, free
    if ends is None:  # the constant is not shrunk
        directions = directions[:, 1:] - design.weights @ directions[:, 1:]
        middle = float(design.weights @ shifted)
        shifted, of_slopes = shifted - middle, free[:, 1:]
    left, singular, right = np.linalg.svd(root[:, None] * directions, full_matrices=False)
    scores, alone = left.T @ (root * shifted), (design.weights if ends is None else np.zeros(len(rest)))
    squares = singular**2
    ridges = RIDGES * squares.max(initial=0.0)
    shares = squares / np.maximum(squares + ridges[:, None], 1e-300)
    if covariance is None:
        kept = shares[np.argmin(_left_out_errors(shares, left, scores, root * shifted, alone))]
    else:
        to_scores = singular[:, None] * right @ of_slopes.T
        noise = np.einsum("ij,jk,ik->i", to_scores, covariance, to_scores)
        kept = shares[np.argmin((1.0 - shares) ** 2 @ (scores**2 - noise) + shares**2 @ noise)]
    slopes = right.T @ (kept / np.maximum(singular, 1e-300) * scores)
    hat = np.minimum((left**2 * kept).sum(axis=1) + alone, 0.99)
    if ends is not None:
        return offset + free @ slopes, hat
    return np.concatenate([[middle - float(design.weights @ features[:, 1:] @ slopes)], slopes]), hat


def _left_out_errors(
    shares: FloatArray, left: FloatArray, scores: FloatArray, answers: FloatArray, alone: FloatArray
) -> FloatArray:
    """The squared error on rows left out of each ridge, which keeps `shares` (m, r) of the scores (r)."""
    hats = np.minimum(shares @ (left**2).T + alone, 0.99)
    fitted = (shares * scores) @ left.T
    errors: FloatArray = (((answers - fitted) / (1.0 - hats)) ** 2).sum(axis=1)
    return errors


def _of_proxy(
    adjustment: Adjustment, basis: Basis, terms: IntArray | None, ends: Ends | None
) -> tuple[FloatArray, FloatArray]:
    """The proxy's own coefficients (p) and, where the reference is a sample, their covariance (p, p)."""
    reference, values = adjustment.reference, adjustment.values
    if adjustment.helped is not None:
        fit = adjusted(values, reference, basis, adjustment.helped, terms, ends)
        return fit.coefficients, fit.covariance
    features = columns(reference.points, terms)
    p = features.shape[1]
    offset, free = np.zeros(p), np.eye(p)
    if ends is not None:
        found, free = constrained(ends)
        offset = found[:, 0]
    directions = features @ free
    weighted = reference.weights[:, None] * directions
    shifted = values - features @ offset
    inverse = np.linalg.pinv(weighted.T @ directions, hermitian=True)
    slopes = inverse @ (weighted.T @ shifted)
    coefficients = offset + free @ slopes
    if reference.exact:
        return coefficients, np.zeros((p, p))
    scores = weighted * (shifted - directions @ slopes)[:, None]
    spread = free @ inverse
    return coefficients, spread @ design_covariance(scores, reference) @ spread.T
