"""Ridges on the slopes of a surrogate, and the error that they leave on rows left out."""

from __future__ import annotations

import numpy as np

from limen._types import Design, FloatArray
from limen.surrogates.covariance import unshrunk
from limen.surrogates.solve import RANK_TOLERANCE, Ends, constrained

RIDGES = np.concatenate([[0.0], np.geomspace(1e-4, 100.0, 31)])
"""Ridges that are tried on the rest, in shares of the largest squared singular value."""
HELD = 0.99
"""Leverage from which on a row's fitted value is its answer, whatever the others say."""


def errors_left_out(features: FloatArray, answers: FloatArray, design: Design) -> FloatArray:
    """The squared errors (t), on rows left out, of the best ridges of answers (n, t) on columns (n, p), 1 the first."""
    weights, root = design.weights, np.sqrt(design.weights)
    left, singular, _ = np.linalg.svd(
        root[:, None] * (features[:, 1:] - weights @ features[:, 1:]), full_matrices=False
    )
    shifted = root[:, None] * (answers - weights @ answers)
    shares = _shares(singular)[1]
    return np.array([_left_out_errors(shares, left, left.T @ one, one, weights).min() for one in shifted.T])


def _shares(singular: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The squares (r) of singular values, 0 where there is no direction, and what each ridge (m, r) keeps of each."""
    squares = np.where(singular > RANK_TOLERANCE * singular.max(initial=0.0), singular**2, 0.0)
    ridges = RIDGES * squares.max(initial=0.0)
    return squares, squares / np.maximum(squares + ridges[:, None], 1e-300)


def shrunk_fit(
    features: FloatArray, rest: FloatArray, design: Design, ends: Ends | None, covariance: FloatArray | None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Coefficients (p) of a ridge on all columns but the constant, (n) leverages without ridge, (n) errors left out.

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
    squares, shares = _shares(singular)
    if covariance is None:
        kept = shares[np.argmin(_left_out_errors(shares, left, scores, root * shifted, alone))]
    else:
        to_scores = singular[:, None] * right @ of_slopes.T
        noise = np.einsum("ij,jk,ik->i", to_scores, covariance, to_scores)
        kept = shares[np.argmin((1.0 - shares) ** 2 @ (scores**2 - noise) + shares**2 @ noise)]
    slopes = right.T @ (kept / np.maximum(singular, 1e-300) * scores)
    whole = np.minimum((left**2 * (squares > 0.0)).sum(axis=1) + alone, HELD)
    basis = left * np.sqrt(kept) if ends is not None else np.column_stack([root, left * np.sqrt(kept)])
    weighted = unshrunk(basis, (root * shifted - left @ (kept * scores))[:, None], design, -1.0)[:, 0]
    apart: FloatArray = weighted / np.where(root > 0, root, 1.0)
    if ends is not None:
        return offset + free @ slopes, whole, apart
    start = middle - float(design.weights @ features[:, 1:] @ slopes)
    return np.concatenate([[start], slopes]), whole, apart


def _left_out_errors(
    shares: FloatArray, left: FloatArray, scores: FloatArray, answers: FloatArray, alone: FloatArray
) -> FloatArray:
    """The squared error on rows left out of each ridge, which keeps `shares` (m, r) of the scores (r)."""
    hats = shares @ (left**2).T + alone
    apart = (answers - (shares * scores) @ left.T) / (1.0 - np.minimum(hats, HELD))
    errors: FloatArray = (np.where(hats > HELD, answers, apart) ** 2).sum(axis=1)  # nothing else tells of a row so held
    return errors
