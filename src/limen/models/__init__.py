"""Chapter 2, the black box: adapters for the models that people have, and the Predictor that asks them."""

from limen.models.adapt import predictor
from limen.models.base import Adapter, Predictor
from limen.models.batches import Composer
from limen.models.files import load
from limen.models.groups import group

__all__ = ["Adapter", "Composer", "Predictor", "group", "load", "predictor"]
