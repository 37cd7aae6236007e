"""Records about where a table row was looked around: widths that were tried, and the nearest change of decision."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from limen._types import FloatArray
from limen.results._record import Record
from limen.results.estimates import Estimate, Estimates

CHANGES_SHOWN = 4
"""Changes to the nearest flip that its short form names."""


@dataclass(frozen=True, eq=False)
class WidthPath(Record):
    """What each width of the neighbourhood would give, and which one was taken.

    widths: (k) in background standard deviations, widest first. linear, quadratic: (k) held-out R²; NaN where that
    surrogate could not be fitted or the answers do not vary. effective_sample_sizes: (k) how many background rows the
    neighbourhood holds, (Σ kernel)² / Σ kernel² of a Gaussian kernel of this width around x. stability: (k) cosine
    between the effects found on one half of the probes and on the other; NaN where there are none. rows: model rows
    that were spent on the choice. chosen: number of the width that was taken. rule: why, as a sentence.
    """

    widths: FloatArray
    linear: Estimates
    quadratic: Estimates
    effective_sample_sizes: FloatArray
    stability: FloatArray
    rows: int
    chosen: int
    rule: str

    @property
    def width(self) -> float:
        """The width that was taken."""
        return float(self.widths[self.chosen])


@dataclass(frozen=True, eq=False)
class Polynomial(Record):
    """A function of the coordinates, to be drawn: constant + slopes · z + ½ zᵀ hessian z.

    slopes: (d). hessian: (d, d) symmetric; all 0 for a line.
    """

    constant: float
    slopes: FloatArray
    hessian: FloatArray

    def at(self, points: FloatArray) -> FloatArray:
        """Its values (n) at coordinates (n, d)."""
        bent = 0.5 * np.einsum("ni,ij,nj->n", points, self.hessian, points)
        return np.asarray(self.constant + points @ self.slopes + bent, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Change(Record):
    """One column that differs between x and the nearest row with another decision.

    column: its name. before, after: its values as text, in the column's own units. moved: by how many background
    standard deviations, signed; None for a category, or where a value appears or goes missing.
    """

    column: str
    before: str
    after: str
    moved: float | None


@dataclass(frozen=True, eq=False, repr=False)
class Boundary(Record):
    """The nearest change of the model's decision that was found around x.

    Attributes
    ----------
    found: whether there is one within the searched range. reason: how the search ended, as a sentence.
    side: the decision at x. other: the decision beyond the boundary.
    distance: of the nearest flipped row from x, in background standard deviations (a changed category counts as 1);
    low and high are the last row on this ray that keeps the decision and the first that does not; NaN if none is found.
    That no row lies nearer elsewhere is not proved.
    point: (m) the flipped row, encoded like the probes; `instance.render` makes a row of it.
    changes: how it differs from x, the largest first. direction: (d) unit vector in which the decision flips there.
    searched: the largest distance that was looked at. rows: model rows spent on the search.
    line, quadratic: how often each surrogate's side is the model's side, on probes that it has not seen, with standard
    errors; None where it was not fitted. threshold: what the explained scale has on the boundary. With several classes
    it is 0, and the surrogates are those of the margin: the difference to the best other class.
    line_margin, quadratic_margin: the surrogates of the margin, 0 on their own boundaries.

    """

    found: bool
    reason: str
    side: str
    other: str
    distance: Estimate
    point: FloatArray
    changes: tuple[Change, ...]
    direction: FloatArray
    searched: float
    rows: int
    line: Estimate | None
    quadratic: Estimate | None
    threshold: float
    line_margin: Polynomial
    quadratic_margin: Polynomial | None

    def __repr__(self) -> str:
        """How it reads in a notebook: the decisions, the distance, the largest changes; not thousands of numbers."""
        if not self.found:
            return f"<Boundary: none found within {self.searched:.3g} standard deviations; {self.reason}>"
        told = ", ".join(f"{one.column} {one.before} → {one.after}" for one in self.changes[:CHANGES_SHOWN])
        rest = len(self.changes) - CHANGES_SHOWN
        more = f" and {rest} more" if rest > 0 else ""
        return (
            f"<Boundary: from {self.side} to {self.other} within {self.distance.value:.3g} standard deviations: "
            f"{told}{more}; the nearest that {self.rows:,} model rows found>"
        )


@dataclass(frozen=True, eq=False)
class Surface(Record):
    """What the model answers where two numbers of a table row move and all else stays as it is: to be drawn.

    Attributes
    ----------
    features: the numbers of the two parts. first, second: (k1), (k2) the values that they take, rising, in the columns'
    own units (times in days since 1970). answers: (k1, k2) on the explained scale, at (first[i], second[j]).
    margins: (k1, k2) above 0 where the target wins; NaN for a regression without a level. threshold: what the explained
    scale has on the boundary; NaN where that is not told by the target alone, as with several classes.

    """

    features: tuple[int, int]
    first: FloatArray
    second: FloatArray
    answers: FloatArray
    margins: FloatArray
    threshold: float
