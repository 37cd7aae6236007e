"""Models that ship with limen, or are fetched. Importing this room loads numpy and the standard library only."""

from limen.zoo._resnet50 import resnet50
from limen.zoo._spam import SpamModel, spam

__all__ = ["SpamModel", "resnet50", "spam"]
