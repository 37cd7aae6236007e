"""The pairs of parts that act together, as lines between the parts' middles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from limen._types import FloatArray
from limen.results._image_faces import image_of
from limen.results._image_shapes import deepest

if TYPE_CHECKING:
    from limen.results.explanation import Explanation


@dataclass(frozen=True, eq=False)
class Link:
    """Two parts, the ends (2, 2) of the line between them as points (x, y), what they add together, its size (0 to 1).

    middle: where its number stands, a little nearer to the first end, so that lines that cross keep theirs apart.
    """

    parts: tuple[int, int]
    ends: FloatArray
    value: float
    size: float

    @property
    def middle(self) -> tuple[float, float]:
        """Where the number stands."""
        x, y = (0.55 * self.ends[0] + 0.45 * self.ends[1]).tolist()
        return x, y


def links_of(explanation: Explanation, count: int) -> list[Link]:
    """The strongest pairs that differ from 0 at 95 %, largest first, at most `count`; none for a line."""
    pairs, labels = explanation.interactions, image_of(explanation).labels[0]
    chosen = [] if pairs is None else pairs.strongest(count)
    if pairs is None or not chosen:
        return []
    places = {part: deepest(labels == part)[:2] for pair in chosen for part in pair}
    largest = abs(float(pairs.values[chosen[0]]))
    return [
        Link(
            (i, j),
            np.array([places[i], places[j]]),
            float(pairs.values[i, j]),
            abs(float(pairs.values[i, j])) / largest,
        )
        for i, j in chosen
    ]
