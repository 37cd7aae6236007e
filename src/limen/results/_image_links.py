"""The pairs of parts that act together, as lines between the parts' middles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from limen._types import FloatArray
from limen.results._image_faces import image_of
from limen.results._image_shapes import deepest, outlines

if TYPE_CHECKING:
    from limen.results.explanation import Explanation


SPOTS = (0.55, 0.45, 0.65, 0.35, 0.75, 0.25)
"""Where on a line its number may stand, as shares of the first end."""
AWAY = (0.0, 0.03, -0.03, 0.05, -0.05)
"""How far beside it, as shares of the picture's width."""
BOX, DISC = (0.052, 0.022), 0.022
"""Half of a number's width and height, and a disc's radius, as shares of the picture's width."""


@dataclass(frozen=True, eq=False)
class Link:
    """Two parts, the ends (2, 2) of the line between them as points (x, y), what they add together, its size (0 to 1).

    loops: the outlines of both parts. middle: where its number stands on the line, clear of other numbers if it can be.
    """

    parts: tuple[int, int]
    ends: FloatArray
    value: float
    size: float
    loops: list[FloatArray]
    middle: tuple[float, float]


def links_of(explanation: Explanation, count: int) -> list[Link]:
    """The strongest pairs that differ from 0 at 95 %, largest first, at most `count`; none for a line."""
    pairs, labels = explanation.interactions, image_of(explanation).labels[0]
    chosen = [] if pairs is None else pairs.strongest(count)
    if pairs is None or not chosen:
        return []
    joined = {part for pair in chosen for part in pair}
    places = {part: deepest(labels == part)[:2] for part in joined}
    around = {part: outlines(labels == part) for part in joined}
    largest = abs(float(pairs.values[chosen[0]]))
    ends = [np.array([places[i], places[j]]) for i, j in chosen]
    middles = _middles(ends, list(places.values()), labels.shape[1])
    return [
        Link(
            (i, j),
            ends[number],
            float(pairs.values[i, j]),
            abs(float(pairs.values[i, j])) / largest,
            [*around[i], *around[j]],
            middles[number],
        )
        for number, (i, j) in enumerate(chosen)
    ]


def _middles(ends: list[FloatArray], discs: list[tuple[float, float]], width: int) -> list[tuple[float, float]]:
    """Where each number stands on its line: at the first spot that is clear of discs and of the numbers before it.

    Where none is clear, at the spot with the most room.
    """
    box = np.array(BOX) * width
    taken = [(np.array(disc), box + DISC * width) for disc in discs]
    found = []
    for first, second in ends:
        across = np.array([second[1] - first[1], first[0] - second[0]])
        across *= width / max(float(np.hypot(*across)), 1e-9)
        spots = [share * first + (1 - share) * second + far * across for far in AWAY for share in SPOTS]
        room = [min(float((np.abs(spot - place) / reach).max()) for place, reach in taken) for spot in spots]
        best = next((k for k, one in enumerate(room) if one >= 1), int(np.argmax(room)))
        taken.append((spots[best], 2 * box))
        x, y = spots[best].tolist()
        found.append((x, y))
    return found
