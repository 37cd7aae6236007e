"""Chapter 8, pictures of records.

Of an Explanation: `tokens` shades the text itself, `bars` draws effects with their intervals; of one of a table row:
`surface`, a slice through the model with the surrogates' boundaries; `path`, the widths that were tried; `pairs`, the
Hessian; of one of an image: `photo`, maps over the photo; `links`, the pairs of parts that act together; `curves`,
deletion and insertion. Of a GradientFlow:
`gradient_norms` by lag, `shares` of the steps over time, `factors` and `paths` of each step back, and the `heat` map of
losses and states; `sheet` puts all of these on one figure. Of Remedies: `remedies`, the horizon before and after.

All but `sheet`, which returns its Figure, draw on the matplotlib Axes that they are given, or on a new figure, and
return the Axes. matplotlib is imported
when a picture is asked for, not before.
"""

from limen.plots.bars import bars
from limen.plots.curves import curves
from limen.plots.flow import gradient_norms, shares
from limen.plots.links import links
from limen.plots.pairs import pairs
from limen.plots.path import path
from limen.plots.photo import photo
from limen.plots.remedies import remedies
from limen.plots.sheet import sheet
from limen.plots.steps import factors, heat, paths
from limen.plots.surface import surface
from limen.plots.tokens import tokens

__all__ = [
    "bars",
    "curves",
    "factors",
    "gradient_norms",
    "heat",
    "links",
    "pairs",
    "path",
    "paths",
    "photo",
    "remedies",
    "shares",
    "sheet",
    "surface",
    "tokens",
]
