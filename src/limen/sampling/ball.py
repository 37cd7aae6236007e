"""The ball: a Gaussian around the row in background standard deviations, and states that change now and then."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from limen._errors import InputError
from limen._geometry import Draw, TableGeometry
from limen._types import FloatArray, IntArray
from limen.sampling._states import CANDIDATES, drawn, local_shares, stride_of
from limen.sampling.base import is_number
from limen.sampling.table import TableSampler, paired

WIDEST = 100.0
"""Standard deviations; a wider ball lies outside any data."""
LEAST_STEP = 0.5
"""An integer moves with a standard deviation of at least this many steps of its grid."""
MISSING = (0.05, 0.25)
"""A value that may go missing does so with its local share, but with a probability within these bounds."""


@dataclass(frozen=True)
class Ball(TableSampler):
    """A Gaussian of the given width around the row, in standard deviations of the background.

    Numbers: u ~ N(0, width² I), or with `correlated` the background's correlations in place of I. Integers and dates
    are rounded to their grid; where width × standard deviation is below half a step of it, half a step is taken, so
    that every integer moves in at least 32 % of the rows (`spreads`).
    Flips change with probability min(width, 1) / 2, to another state with its local share (`_states.local_shares`).
    Values that may go missing do so with their local share, kept within .05 and .25.

    Rows come in antithetic pairs, u and -u, which are the blocks: a flip never changes in both, and a quadratic adds
    no error to a line's slopes. Scrambled Sobol points in place of random ones would make the errors of the slopes 1.4
    to 3 times smaller in 2 to 5 columns (and not smaller from 10 on), but no interval made from the pairs would know:
    nominal 95 % intervals then cover 99 to 100 %, and nets small enough to be blocks of their own gain nothing.

    width: None = chosen by evidence when a row is explained.
    """

    width: float | None = None
    correlated: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        if self.width is not None and not (is_number(self.width) and 0 < self.width <= WIDEST):
            raise InputError(
                f"width of Ball is {self.width!r}, expected a number of background standard deviations in "
                f"(0, {WIDEST:g}], or None to have it chosen by evidence."
            )
        if not isinstance(self.correlated, bool):
            raise InputError(f"correlated of Ball is {self.correlated!r}, expected True or False.")

    @property
    def parameters(self) -> str:
        """The width, and whether the numbers move together as in the background."""
        width = "width by evidence" if self.width is None else f"width={self.width:g}"
        return width + ", correlated" * self.correlated

    def at(self, width: float) -> Ball:
        """The same ball with this width."""
        return replace(self, width=width)

    def spreads(self, geometry: TableGeometry) -> FloatArray:
        """(d) Standard deviations of the real parts' law in raw units, before rounding to the grid; 0 for others."""
        reals = geometry.reals
        columns = [part.columns[0] for part in geometry.parts]
        wide = self._known_width() * geometry.scales[columns]
        return np.where(reals, np.maximum(wide, LEAST_STEP * geometry.steps[columns]), 0.0)

    def draw(self, geometry: TableGeometry, n: int, generator: np.random.Generator) -> Draw:
        """Draw n rows in pairs; the last of an odd number stands alone. Raises InputError where there is no width."""
        half = (n + 1) // 2
        values = np.tile(geometry.origin, (n, 1))
        reals = np.flatnonzero(geometry.reals)
        columns = [geometry.parts[place].columns[0] for place in reals]
        moves = generator.standard_normal((half, len(reals)))
        if self.correlated and len(reals) > 1:
            moves = moves @ _root_of_correlation(geometry, columns)
        moves = moves * self.spreads(geometry)[reals]
        values[:, columns] += paired(moves, -moves, n)
        values[:, columns] = geometry.on_grid(values)[:, columns]
        self._change(values, geometry, generator)
        return Draw(values, np.full(n, 1.0 / n), np.arange(n) // 2)

    def _change(self, values: FloatArray, geometry: TableGeometry, generator: np.random.Generator) -> None:
        """Let flips change and values go missing, in place; never both times in a pair."""
        n = len(values)
        first = generator.random(((n + 1) // 2, geometry.n_parts))
        chances, which = paired(first, 1.0 - first, n), generator.random((n, geometry.n_parts))
        shares = local_shares(geometry)
        changing = chances < min(self._known_width(), 1.0) / 2
        for place, part in enumerate(geometry.parts):
            if part.kind == "flip":
                rows, others = changing[:, place].nonzero()[0], shares.states[place][1:]  # the row's own state is first
                if len(rows) and others.any():
                    _put(values, rows, part.columns, part.states[1 + drawn(others, which[rows, place])])
            elif part.kind == "known":
                share = min(max(float(shares.missing[place]), MISSING[0]), MISSING[1])
                values[chances[:, place] < share, part.columns[0]] = np.nan

    def _known_width(self) -> float:
        if self.width is None:
            raise InputError("width of Ball is None, expected a number to draw with; Ball().at(width) gives it one.")
        return self.width


def _put(values: FloatArray, rows: IntArray, columns: tuple[int, ...], states: FloatArray) -> None:
    """Write states (rows, columns) into some rows and columns of values, in place."""
    if len(columns) == 1:  # most parts are one column, which is written several times faster
        values[rows, columns[0]] = states[:, 0]
    else:
        values[rows[:, None], list(columns)] = states


def _root_of_correlation(geometry: TableGeometry, columns: list[int]) -> FloatArray:
    """The symmetric root (r, r) of the correlations of these columns among at most CANDIDATES background rows.

    A missing value counts as the mean. A column without spread there is correlated with nothing.
    """
    rows = geometry.background[:: stride_of(geometry, CANDIDATES), columns]
    known = ~np.isnan(rows)
    means = np.where(known, rows, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    centred = np.where(known, rows - means, 0.0)
    norms = np.sqrt((centred**2).sum(axis=0))
    centred = np.divide(centred, norms, out=np.zeros_like(centred), where=norms > 0)
    correlation = centred.T @ centred
    np.fill_diagonal(correlation, 1.0)
    values, vectors = np.linalg.eigh(correlation)
    root: FloatArray = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    return root
