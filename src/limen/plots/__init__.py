"""Chapter 8, pictures of records: `tokens` shades the text itself, `bars` draws effects with their intervals.

Both draw on the matplotlib Axes that they are given, or on a new figure, and return the Axes. matplotlib is imported
when a picture is asked for, not before.
"""

from limen.plots.bars import bars
from limen.plots.tokens import tokens

__all__ = ["bars", "tokens"]
