"""Chapter 8, pictures of records.

Of an Explanation: `tokens` shades the text itself, `bars` draws effects with their intervals. Of a GradientFlow:
`gradient_norms` by lag, `shares` of the steps over time, `factors` and `paths` of each step back, and the `heat` map of
losses and states. Of Remedies: `remedies`, the horizon before and after.

All draw on the matplotlib Axes that they are given, or on a new figure, and return the Axes. matplotlib is imported
when a picture is asked for, not before.
"""

from limen.plots.bars import bars
from limen.plots.flow import gradient_norms, shares
from limen.plots.remedies import remedies
from limen.plots.steps import factors, heat, paths
from limen.plots.tokens import tokens

__all__ = ["bars", "factors", "gradient_norms", "heat", "paths", "remedies", "shares", "tokens"]
