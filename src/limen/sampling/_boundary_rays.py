"""Rays from x: brackets around the place where the decision changes, bisected all at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from limen._types import BoolArray, FloatArray, IntArray
from limen.sampling._boundary_ledger import Ledger, Search

NARROW = 0.15
"""Rays are bisected together until their brackets are this share of the nearest flip; the walk does the rest."""
MOST_RAYS = 16
"""So many rays with a flip, the nearest ones, are bisected, and at most one for each 16 rows to spend."""


@dataclass(frozen=True, eq=False)
class Rays:
    """Lines of points: at time t the displacements are t · targets and the switches with times ≤ t are in `states`.

    targets: (k, r). states, times: (k, f). low, high: (k) times of the last point with x's decision and of the first
    flipped one.
    """

    targets: FloatArray
    states: IntArray
    times: FloatArray
    low: FloatArray
    high: FloatArray

    def at(self, t: FloatArray) -> tuple[FloatArray, IntArray]:
        """The points (k) at times t (k), one a ray."""
        return t[:, None] * self.targets, np.where(self.times <= t[:, None], self.states, 0)

    def take(self, chosen: IntArray) -> Rays:
        """Some of the rays."""
        return Rays(self.targets[chosen], self.states[chosen], self.times[chosen], self.low[chosen], self.high[chosen])


def to_points(u: FloatArray, s: IntArray, keys: NDArray[np.generic]) -> Rays:
    """Rays that reach these points (k) at time 1, their switches changing one by one, in the order of keys (k, f)."""
    changed = s > 0
    ranks = np.argsort(np.argsort(np.where(changed, keys, np.inf), axis=1, kind="stable"), axis=1)
    steps = np.maximum(changed.sum(axis=1, keepdims=True), 1)
    # half a step early where numbers move as well, so that these have the last word
    early = np.where((np.abs(u).sum(axis=1) > 0)[:, None], 0.5, 0.0)
    times = np.where(changed, (ranks + 1.0 - early) / steps, 0.0)
    return Rays(u, s, times, np.zeros(len(u)), np.ones(len(u)))


def bisect(ledger: Ledger, rays: Rays) -> Search[None]:
    """Halve the brackets of all rays in one batch a round; rays that cannot beat the nearest flip are dropped."""
    space = ledger.space
    ends = space.distances(*rays.at(rays.high))
    rays = rays.take(np.argsort(ends, kind="stable")[: min(MOST_RAYS, 1 + ledger.limit // 16)])
    low, high = rays.low.copy(), rays.high.copy()
    for _ in range(30):
        near = space.distances(*rays.at(low))
        far = space.distances(*rays.at(high))
        # a ray whose bracket is small beside the best flip is left to the walk
        live = np.nonzero((near < ledger.nearest * (1 - NARROW / 2)) & (far - near > NARROW * ledger.nearest))[0]
        if len(live) == 0:
            return
        middle = (low[live] + high[live]) / 2
        places = yield from ledger.ask(*rays.take(live).at(middle))
        flipped = ledger.margins[places] <= 0
        high[live] = np.where(flipped, middle, high[live])
        low[live] = np.where(flipped, low[live], middle)


@dataclass(frozen=True, eq=False)
class Bracket:
    """The last point with x's decision and the first flipped one on a line: times and ledger places."""

    low: float
    high: float
    inside: int
    outside: int


def narrow(
    ledger: Ledger, target: FloatArray, state: IntArray, bracket: Bracket, tolerance: float, guess: float | None = None
) -> Search[Bracket]:
    """Close the bracket on the line t · target (r) in `state` (f) until it is `tolerance` wide.

    By a secant that asks on both sides of where the margins say the decision changes, by halves where that was no
    better or where margins are only sides. `guess`: a time to begin with.
    """
    halve = guess is None and ledger.hard
    while bracket.high - bracket.low > tolerance:
        width = bracket.high - bracket.low
        inner, outer = ledger.margins[bracket.inside], ledger.margins[bracket.outside]
        if guess is not None:
            asked, guess = np.array([guess]), None
        elif halve:
            asked = np.array([bracket.low + width / 2])
        else:
            root = bracket.low + width * inner / (inner - outer)
            asked = root + np.array([-0.5, 0.5]) * max(0.8 * tolerance, 0.04 * width)
        asked = asked[(asked > bracket.low) & (asked < bracket.high)]
        if len(asked):
            points = asked[:, None] * target, np.repeat(state[None, :], len(asked), axis=0)
            places = yield from ledger.ask(*points)
            bracket = _between(bracket, asked, places, ledger.margins[places] <= 0)
        halve = ledger.hard or (not halve and bracket.high - bracket.low > width / 3)
    return bracket


def _between(bracket: Bracket, asked: FloatArray, places: IntArray, flipped: BoolArray) -> Bracket:
    first = int(np.argmax(flipped)) if flipped.any() else len(asked)
    low, inside = (asked[first - 1], places[first - 1]) if first > 0 else (bracket.low, bracket.inside)
    high, outside = (asked[first], places[first]) if first < len(asked) else (bracket.high, bracket.outside)
    return Bracket(float(low), float(high), int(inside), int(outside))
