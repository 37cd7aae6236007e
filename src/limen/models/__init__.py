"""Chapter 2, the black box: adapters for the models that people have, and the Predictor that asks them."""

from limen.models.adapt import load, predictor
from limen.models.base import Adapter, Predictor

__all__ = ["Adapter", "Predictor", "load", "predictor"]
