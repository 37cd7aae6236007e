"""Coordinate moves: set parts back to x's value, or part of the way, wherever the flip persists.

Models that split on one column at a time have a boundary of axis-parallel pieces, on which a nearest point differs from
x in few columns; slopes say little there, and these moves do the work.
"""

from __future__ import annotations

import numpy as np

from limen._types import FloatArray, IntArray
from limen.sampling._boundary_crossing import SWITCH
from limen.sampling._boundary_ledger import Ledger, Search

GAIN = 0.003
"""Rounds go on while one shortens the distance by this share."""
PART = 0.6
"""A column is followed where the flip persists with it at this share of its displacement, ..."""
FEW = 8
"""... and always where no more columns than this have moved."""
HALVINGS = 4
"""The place where a column must stop is found to 1/2^4 of its displacement."""
CLOSER = 0.97
"""A neighbouring state of a switch is asked about at this share of the nearest distance."""
ROUNDS = 12


def polish(ledger: Ledger, place: int) -> Search[int]:
    """Move a flipped row towards x, one real part at a time and several together; the place it ends at."""
    for _ in range(ROUNDS):
        u, s, before = ledger.u[place], ledger.s[place], ledger.distances[place]
        moved = np.nonzero(np.abs(u) > 0)[0]
        if len(moved) == 0:
            return place
        place = _nearer(ledger, place, (yield from _reset(ledger, u, s, moved)))
        if ledger.distances[place] >= before * (1 - GAIN):
            place = _nearer(ledger, place, (yield from _partly(ledger, u, s, moved)))
        if ledger.distances[place] >= before * (1 - GAIN):
            return place
    return place


def _nearer(ledger: Ledger, place: int, asked: IntArray) -> int:
    """The nearest flipped row among `place` and those asked."""
    flipped = [place, *asked[ledger.margins[asked] <= 0].tolist()]
    return int(flipped[int(np.argmin(ledger.distances[flipped]))])


def _ask(ledger: Ledger, points: list[FloatArray], s: IntArray) -> Search[IntArray]:
    return (yield from ledger.ask(np.array(points), np.repeat(s[None, :], len(points), axis=0)))


def _shrunk(u: FloatArray, part: int, share: float) -> FloatArray:
    found = u.copy()
    found[part] *= share
    return found


def _together(u: FloatArray, order: IntArray, floor: FloatArray) -> list[FloatArray]:
    """The parts of `order` moved to `floor`, the first two of them, the first three, and so on."""
    found, points = u.copy(), []
    for number, part in enumerate(order):
        found = found.copy()
        found[part] = floor[part]
        if number > 0:
            points.append(found)
    return points


def _reset(ledger: Ledger, u: FloatArray, s: IntArray, moved: IntArray) -> Search[IntArray]:
    """Set each part back on its own, then the first 2, 3, ... together, those first that the flip needs least."""
    asked = yield from _ask(ledger, [_shrunk(u, part, 0.0) for part in moved], s)
    needed = ledger.margins[asked]
    order = moved[np.lexsort((np.abs(u[moved]), needed))][: int((needed <= 0).sum()) + 1]
    together = _together(u, order, np.zeros_like(u))
    return np.concatenate([asked, (yield from _ask(ledger, together, s))]) if together else asked


def _partly(ledger: Ledger, u: FloatArray, s: IntArray, moved: IntArray) -> Search[IntArray]:
    """Bisect, for each part on its own, how far back it may go; then move those that gain most together; all places."""
    asked = yield from _ask(ledger, [_shrunk(u, part, PART) for part in moved], s)
    far = ledger.margins[asked] <= 0
    follow = moved if len(moved) <= FEW else moved[far]
    if len(follow) == 0:
        return asked
    far = far if len(moved) <= FEW else far[far]
    stop, stay = np.where(far, 0.0, PART), np.where(far, PART, 1.0)
    for _ in range(HALVINGS):
        middle = (stop + stay) / 2
        places = yield from _ask(ledger, [_shrunk(u, *one) for one in zip(follow, middle, strict=True)], s)
        flipped, asked = ledger.margins[places] <= 0, np.concatenate([asked, places])
        stay, stop = np.where(flipped, middle, stay), np.where(flipped, stop, middle)
    floor = u.copy()
    floor[follow] = stay * u[follow]
    order = follow[np.argsort(floor[follow] ** 2 - u[follow] ** 2, kind="stable")]
    together = _together(u, order, floor)
    return np.concatenate([asked, (yield from _ask(ledger, together, s))]) if together else asked


def neighbours(ledger: Ledger) -> Search[None]:
    """Change each switch of the nearest flipped row to each other state, at a smaller distance than it has."""
    for _ in range(ROUNDS):
        before, place = ledger.nearest, ledger.best()
        u, s = ledger.u[place], ledger.s[place]
        points, states = _nearby_states(ledger, u, s, before)
        if not states:
            return
        yield from ledger.ask(np.array(points), np.array(states))
        if ledger.nearest >= before:
            return


def _nearby_states(
    ledger: Ledger, u: FloatArray, s: IntArray, distance: float
) -> tuple[list[FloatArray], list[IntArray]]:
    """States that differ from s in one switch, the numbers stretched or shrunk so that all lie equally far."""
    length = float(np.linalg.norm(u))
    points, states = [], []
    for switch, n_states in enumerate(ledger.space.n_states):
        for state in range(int(n_states)):
            other = s.copy()
            other[switch] = state
            room = (CLOSER * distance) ** 2 - SWITCH * float((other > 0).sum())
            if state == s[switch] or room < (0.0 if length else -1e-9):
                continue
            points.append(u * np.sqrt(max(room, 0.0)) / length if length else u)
            states.append(other)
    return points, states
