"""Chapter 5, the readable model: features of points, weighted least squares with its errors, and which one to show."""

from limen.surrogates.agreement import agreement, polynomials
from limen.surrogates.assisted import pairs_told_apart
from limen.surrogates.covariance import reach, tempered
from limen.surrogates.features import Basis
from limen.surrogates.linear import Linear
from limen.surrogates.proxies import Adjustment, adjustments
from limen.surrogates.quadratic import Quadratic, carried_by_proxies, fewest_probes, folds_of
from limen.surrogates.select import Outcome, fit
from limen.surrogates.twins import Twinned, with_twin
from limen.surrogates.widen import widened, widened_polynomial

__all__ = [
    "Adjustment",
    "Basis",
    "Linear",
    "Outcome",
    "Quadratic",
    "Twinned",
    "adjustments",
    "agreement",
    "carried_by_proxies",
    "fewest_probes",
    "fit",
    "folds_of",
    "pairs_told_apart",
    "polynomials",
    "reach",
    "tempered",
    "widened",
    "widened_polynomial",
    "with_twin",
]
