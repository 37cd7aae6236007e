"""What a search for the decision boundary found: the nearest flip, and everything that was asked on the way."""

from __future__ import annotations

from dataclasses import dataclass

from limen._types import FloatArray

SWITCH = 1.0
"""What a changed category, or a value gone missing, adds to the squared distance: one standard deviation, squared.

A convention: a category has no standard deviation. In its own, the two states of a 0/1 column lie 2 or more apart, so 1
rather understates a change of category, and shows it wherever numbers would have to move farther than that.
"""


@dataclass(frozen=True, eq=False)
class Crossing:
    """The nearest change of decision that was found around a row x.

    found: whether any row with another decision was found. reason: a sentence where there is something to say: why
    nothing was found, or that x is on the boundary itself; empty otherwise.
    inside: (m) the last row with x's decision on the line from x to `outside` (a change of categories happens at
    once, at the place where the line has them changed). outside: (m) the nearest row that was found with the other
    decision, answered so by the model; both are x itself where nothing was found.
    distance: of `outside` from x, in background standard deviations: its square is the sum of the squared displacements
    of the real parts, and `SWITCH` for each flip that changed and each value that went missing; infinite where nothing
    was found. bracket: distances of `inside` and of `outside`.
    normal: (d) unit direction, in the coordinates of the geometry, in which the decision flips; 0 where not found.
    searched: the largest distance that was asked about. spent: rows asked, x among them.
    rows: (spent, m) all of them, x first. margins: (spent) their answers.
    width: standard deviation, in background standard deviations, of the law that `Boundary.draw` samples.
    offsets: how far (in background standard deviations) beyond `outside` the mirror of the pairs stands, for the
    pairs around x and for those around the boundary point, so that both decisions come up equally often.
    """

    found: bool
    reason: str
    inside: FloatArray
    outside: FloatArray
    distance: float
    bracket: tuple[float, float]
    normal: FloatArray
    searched: float
    spent: int
    rows: FloatArray
    margins: FloatArray
    width: float
    offsets: tuple[float, float]
