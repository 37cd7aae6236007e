"""lime's law for tables: quartile bins and categories (Ribeiro, Singh, Guestrin, KDD 2016; LimeTabularExplainer).

lime draws every column by itself: a quartile bin by its share in the background, inside it a normal with the bin's mean
and standard deviation cut off at its edges; a category by its share. It weighs a row with k columns in another bin or
category than x by sqrt(exp(-k / width²)), width = 0.75 √d. That weight is a product of ρ = exp(-1 / (2 width²)) for
each such column, so it belongs into the shares: a column stays with x by p / (p + (1 - p) ρ) instead of p, and no row
needs a weight.

What lime lacks is added in its manner: a one-hot block or named group is one category; a value that may go missing does
so with its share in the background; a bin or category of x that the background lacks counts as one row of it; integers
stay integers. In a bin of one value we draw that value (lime draws its standard score, which is 0). x itself has no
mass (in lime it is one of 5,000 samples).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from limen._geometry import TableGeometry
from limen._types import BoolArray, FloatArray, IntArray
from limen.sampling._states import drawn

QUARTILES = (25, 50, 75)
WIDTH = 0.75
"""lime's kernel width as a multiple of the root of the number of columns."""


@dataclass(frozen=True, eq=False)
class Bins:
    """The bins of one column: (edge before, edge] as lime's QuartileDiscretizer cuts them; B of them.

    edges: (B - 1). shares: (B) of the background. means, deviations, lows, highs: (B) of the values in it. own: the bin
    that x is in.
    """

    edges: FloatArray
    shares: FloatArray
    means: FloatArray
    deviations: FloatArray
    lows: FloatArray
    highs: FloatArray
    own: int


class LimeTable:
    """lime's law around one row. width: lime's kernel_width, None for its default; `.width` is the number."""

    def __init__(self, geometry: TableGeometry, width: float | None) -> None:
        columns = sum(part.kind != "known" for part in geometry.parts)
        self.geometry = geometry
        self.width = WIDTH * math.sqrt(columns) if width is None else width

    def tilted(self, shares: FloatArray, own: int) -> FloatArray:
        """Probabilities of states with the kernel folded in, from their shares in the background."""
        rows = len(self.geometry.background)
        others = shares.copy()
        others[own] = 0.0
        same = max(float(shares[own]), 1.0 / rows)
        with np.errstate(under="ignore"):
            masses: FloatArray = others * np.exp(-1.0 / (2.0 * self.width**2))
        masses[own] = same
        masses /= masses.sum()
        return masses

    def draw(self, n: int, generator: np.random.Generator) -> FloatArray:
        """Encoded rows (n, m)."""
        geometry = self.geometry
        values = np.tile(geometry.origin, (n, 1))
        gone: list[tuple[BoolArray, int]] = []
        for part in geometry.parts:
            first, second = generator.random((2, n))
            column = part.columns[0]
            if part.kind == "real":
                bins = bins_of(geometry.background[:, column], geometry.origin[column])
                chosen = drawn(self.tilted(bins.shares, bins.own), first)
                values[:, column] = inside(bins, chosen, second, float(geometry.steps[column]))
            elif part.kind == "flip" and len(part.states):
                values[:, list(part.columns)] = part.states[drawn(self.tilted(part.shares, 0), first)]
            elif part.kind == "known":
                share = float(np.isnan(geometry.background[:, column]).mean())
                gone.append((drawn(self.tilted(np.array([1.0 - share, share]), 0), first) == 1, column))
        for rows, column in gone:
            values[rows, column] = np.nan
        return values

    def coordinates(self, values: FloatArray) -> FloatArray:
        """Coordinates (n, d) of encoded rows (n, m): 1 in the bin or category of x, else 0."""
        geometry = self.geometry
        found = geometry.coordinates(values)
        for place in np.flatnonzero(geometry.reals):
            column = geometry.parts[place].columns[0]
            edges = _edges(geometry.background[:, column])
            own = np.searchsorted(edges, geometry.origin[column])
            moved = values[:, column]
            found[:, place] = np.isnan(moved) | (np.searchsorted(edges, moved) == own)
        return found


def _edges(column: FloatArray) -> FloatArray:
    return np.unique(np.percentile(column[~np.isnan(column)], QUARTILES))


def bins_of(column: FloatArray, value: float) -> Bins:
    """The quartile bins of a background column (N), missing values left out, and which of them has `value`."""
    known = column[~np.isnan(column)]
    edges = _edges(column)
    places = np.searchsorted(edges, known)
    own, count = int(np.searchsorted(edges, value)), len(edges) + 1
    sizes = np.bincount(places, minlength=count)
    means = np.bincount(places, known, count) / np.maximum(sizes, 1)
    spreads = np.bincount(places, (known - means[places]) ** 2, count) / np.maximum(sizes, 1)
    lows, highs = np.append(known.min(), edges), np.append(edges, known.max())
    if sizes[own] == 0:  # x is alone in its bin, beyond the background
        means[own], lows[own], highs[own] = value, min(lows[own], value), max(highs[own], value)
    return Bins(edges, sizes / len(known), means, np.sqrt(spreads), lows, highs, own)


def inside(bins: Bins, chosen: IntArray, uniforms: FloatArray, step: float) -> FloatArray:
    """Values (n) of a normal cut off at the edges of the chosen bins (n), on the grid of `step` where that is not 0."""
    from scipy.special import ndtr, ndtri

    spread = np.where(bins.deviations > 0, bins.deviations, 1.0)
    low, high = ndtr((bins.lows - bins.means) / spread), ndtr((bins.highs - bins.means) / spread)
    scores = np.where(bins.deviations[chosen] > 0, ndtri(low[chosen] + uniforms * (high - low)[chosen]), 0.0)
    values = bins.means[chosen] + scores * spread[chosen]
    least, most = np.nextafter(bins.lows, np.inf), bins.highs.copy()
    least[0] = bins.lows[0]
    if step > 0:
        values = np.round(values / step) * step
        least[1:], most = np.floor(bins.lows[1:] / step) * step + step, np.floor(bins.highs / step) * step
    bounded: FloatArray = np.minimum(np.maximum(values, least[chosen]), most[chosen])
    return bounded
