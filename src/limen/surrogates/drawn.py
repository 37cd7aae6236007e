"""The error of what is drawn: by what rows scatter, or weighted means of them, and by what a process itself expects."""

from __future__ import annotations

import numpy as np

from limen._types import Design, FloatArray
from limen.surrogates.means import error_of_means, products_of
from limen.surrogates.proxies import Adjustment
from limen.surrogates.solve import Ends, Fit, constrained

MANY = 20
"""Rows for each coefficient from which on the residuals of the least-squares fit tell its error best
(`benchmarks/do_the_intervals_cover.py`)."""
CLEARLY = 0.25
"""With more rows the weighted means are told only where their variance is below this share of the fit's: its residuals
are then those of a few rows that tilt it."""
MARGIN = 1.2
"""By which the variances of weighted means are taken to be larger (`benchmarks/do_the_intervals_cover.py`)."""
LEFT = 0.85
"""The share of their variance that shrinking leaves of pairs (`benchmarks/do_the_intervals_cover.py`)."""
STEADIER = (1.5, 2.0)
"""How many times as many degrees of freedom a variance has that the process's own stands beside, of parts and of pairs
(`benchmarks/do_the_intervals_cover.py`)."""
FEWEST_DEGREES = 3.0
"""Degrees of freedom of the variance of the rest at least (`benchmarks/do_the_intervals_cover.py`)."""


def drawing(
    fit: Fit, features: FloatArray, adjustment: Adjustment, design: Design, ends: Ends | None
) -> tuple[FloatArray, FloatArray]:
    """Covariance (p, p) and degrees of freedom (p + 1) of what a line takes from the rest of these rows.

    Those of the least-squares fit, or of weighted means where these say clearly less: a ridge on few rows for so many
    parts lies far from the former, whose residuals say next to nothing. The margin is for what the ridge shrinks away,
    of which the means do not know.
    """
    if features.shape[1] > 1 + design.points.shape[1]:
        return fit.covariance, fit.degrees
    free = np.eye(features.shape[1]) if ends is None else constrained(ends)[1]
    products = free.T @ products_of(adjustment.reference, None) @ free
    means = design.weights[:, None] * (features @ free @ np.linalg.pinv(products, hermitian=True) @ free.T)
    found, degrees = error_of_means(means, fit.at, adjustment.rest, design)
    of_means, of_rows = (float(np.trace(one[1:, 1:])) for one in (MARGIN * found, fit.covariance))
    of_rows *= CLEARLY if len(features) > MANY * features.shape[1] else 1.0
    return (MARGIN * found, degrees) if of_means < of_rows else (fit.covariance, fit.degrees)


def steadied(
    drawn: FloatArray, degrees: FloatArray, adjustment: Adjustment, spread: FloatArray, everywhere: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """The covariance (p, p) of what is drawn, and its degrees of freedom (p + 1), with what the process itself expects.

    spread: (p, p) and everywhere (M, p): the proxy's coefficients are spread @ everywhere' times weighted answers to
    the reference. Variances are the geometric means of
    both, which is steadier than either; the less of the process's own the more of the answers is noise to it. Pairs are
    shrunk, which leaves of their variance the less the more of them is noise; the process knows.
    """
    found, pairs = (1.0 + adjustment.follows) * drawn, len(drawn) > 1 + adjustment.reference.points.shape[1]
    if adjustment.posterior is not None:
        trust = max(0.0, 2.0 * adjustment.posterior.process.freedom - 1.0)
        expected = adjustment.posterior.variances(spread, everywhere, adjustment.reference) if trust else np.zeros(1)
        told = np.diag(found)
        both = (expected > 0.0) & (told > 0.0)
        share = np.where(both, expected / np.where(both, told, 1.0), 1.0) ** (0.25 * trust)
        found, degrees = share[:, None] * found * share, STEADIER[pairs] ** trust * np.maximum(degrees, FEWEST_DEGREES)
    return adjustment.hushed * (LEFT if pairs else 1.0) * found, degrees
