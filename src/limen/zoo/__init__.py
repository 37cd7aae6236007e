"""Models that ship with limen. Importing this room loads numpy and the standard library only."""

from limen.zoo._spam import SpamModel, spam

__all__ = ["SpamModel", "spam"]
