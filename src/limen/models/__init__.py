"""Chapter 2, the black box: adapters for the models that people have, and the Predictor that asks them."""

from limen.models.adapt import predictor
from limen.models.base import Adapter, Predictor
from limen.models.batches import Composer
from limen.models.files import load
from limen.models.groups import group
from limen.models.infill import Infilled
from limen.models.int8 import int8_twin
from limen.models.twin import Twin
from limen.models.versus import Versus

__all__ = ["Adapter", "Composer", "Infilled", "Predictor", "Twin", "Versus", "group", "int8_twin", "load", "predictor"]
