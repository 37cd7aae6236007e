"""The growing-spheres search, the peer of the search for the boundary, written from its paper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Margin = Callable[[Floats], Floats]
LAYER = 100  # samples in a layer: best of 20, 40 and 100 in 5 columns; in 20, 40 is up to 1/4 better


def best_of_spheres(x: Floats, far: float, margin: Margin, rows: int, seed: int) -> tuple[float, int]:
    """The best of three growing-spheres searches, from large, medium and small first radii, each with all the rows."""
    return min(growing_spheres(x, far * share, margin, rows, seed) for share in (1.0, 0.25, 0.05))


@dataclass
class Spheres:
    """Layers of uniform samples around x: the nearest flipping move (d) so far, and the rows left."""

    x: Floats
    margin: Margin
    left: int
    generator: np.random.Generator
    best: Floats | None = None

    @property
    def distance(self) -> float:
        """Of the nearest flip."""
        return np.inf if self.best is None else float(np.linalg.norm(self.best))

    def layer(self, inner: float, outer: float) -> bool:
        """Ask about uniform samples between two radii; whether one flips."""
        d, count = len(self.x), min(LAYER, self.left)
        self.left -= count
        radii = self.generator.uniform(inner**d, outer**d, count) ** (1 / d)
        directions = self.generator.standard_normal((count, d))
        moves = radii[:, None] * directions / np.linalg.norm(directions, axis=1, keepdims=True)
        flips = moves[self.margin(self.x + moves) <= 0] if count else moves
        for move in flips:
            self.best = move if np.linalg.norm(move) < self.distance else self.best
        return len(flips) > 0


def growing_spheres(x: Floats, first: float, margin: Margin, rows: int, seed: int) -> tuple[float, int]:
    """Distance and changed columns of the growing-spheres search (Laugel, Lesot, Marsala, Renard & Detyniecki 2018).

    Uniform in a ball whose radius is halved while it holds a flip, then in shells that grow until one does; of the
    flips the nearest, its columns set back to x's from the smallest difference on while the flip persists. Rows that
    are left before that refine it the only way that the method knows: more samples between the last empty layer and
    the nearest flip. `first`: the first radius.
    """
    spheres = Spheres(x, margin, rows - len(x), np.random.default_rng(seed))  # a row a column is kept to set it back
    step = first
    while spheres.left > 0 and spheres.layer(0.0, step):
        step /= 2
    inner = step
    while spheres.left > 0 and not spheres.layer(inner, inner + step):
        inner += step
    while spheres.left > 0 and spheres.best is not None:
        spheres.layer(max(empty for empty in (0.0, step, inner) if empty < spheres.distance), spheres.distance)
    if spheres.best is None:
        return np.inf, len(x)
    best = spheres.best
    for column in np.argsort(np.abs(best)):
        trial = best.copy()
        trial[column] = 0.0
        best = trial if margin((x + trial)[None])[0] <= 0 else best
    return float(np.linalg.norm(best)), int((best != 0).sum())
