"""Chapter 5, the readable model: features of masks, weighted least squares with its errors, and which one to show."""

from limen.surrogates.linear import Linear
from limen.surrogates.quadratic import Quadratic, folds_of
from limen.surrogates.select import Outcome, fit

__all__ = ["Linear", "Outcome", "Quadratic", "fit", "folds_of"]
