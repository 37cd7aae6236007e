"""For models that answer in steps, as trees do: every real part moved on its own, and the moves that pay put together.

Around x such a model is flat and has no slopes, but the falls of the margin under moves of one column at a time are
known exactly once asked, and nearly add up. The cheapest set of moves whose falls sum to the margin is a knapsack,
filled greedily by fall over squared distance.
"""

from __future__ import annotations

import numpy as np

from limen._types import FloatArray, IntArray
from limen.sampling._boundary_ledger import Ledger, Search

LADDER = (0.1, 0.3, 0.7, 1.5, 3.0)
"""Background standard deviations by which each column is moved, both ways."""
OVER = 8
"""Sets of moves are asked about from the first that should flip on, each with one move more, so many of them."""


def single_moves(ledger: Ledger, s: IntArray, most: int) -> Search[None]:
    """Move each real part on its own, from x in the states s, then the moves that pay together.

    The rungs of the ladder are thinned so that no more than `most` rows are spent on single moves.
    """
    r = len(ledger.space.reals)
    rungs = min(len(LADDER), most // (2 * r)) if r else 0
    if rungs < 1:
        return
    evenly = np.linspace(0, len(LADDER), 2 * rungs + 1)[1::2].astype(int)
    sizes = np.array(LADDER)[evenly]
    moves = np.concatenate([sign * size * np.eye(r) for size in sizes for sign in (-1.0, 1.0)])
    points = np.concatenate([np.zeros((1, r)), moves])
    places = yield from ledger.ask(points, np.repeat(s[None, :], len(points), axis=0))
    foot, places = places[0], np.unique(places[1:])
    falls = ledger.margins[foot] - ledger.margins[places]
    sets = _sets(ledger.u[places], falls, float(ledger.margins[foot]))
    if len(sets):
        yield from ledger.ask(sets, np.repeat(s[None, :], len(sets), axis=0))


def _sets(moves: FloatArray, falls: FloatArray, margin: float) -> FloatArray:
    """Points (k, r) that combine moves (n, r) of one part each: the best set for 1 part, for 2, and so on.

    Moves are added, or put in the place of a shorter one of the same part, by the fall that they add over the squared
    distance that they add.
    """
    costs = (moves**2).sum(axis=1)
    parts = np.argmax(np.abs(moves), axis=1)
    point, own_fall, own_cost = np.zeros(moves.shape[1]), np.zeros(moves.shape[1]), np.zeros(moves.shape[1])
    found: list[FloatArray] = []
    over = 0
    while over < OVER:
        gain, price = falls - own_fall[parts], costs - own_cost[parts]
        worth = np.where((gain > 0) & (price > 0), gain / np.maximum(price, 1e-12), 0.0)
        best = int(np.argmax(worth))
        if worth[best] <= 0:
            break
        part = parts[best]
        point = point.copy()
        point[part], own_fall[part], own_cost[part] = moves[best, part], falls[best], costs[best]
        found.append(point)
        over += own_fall.sum() >= margin
    return np.array(found[-2 * OVER :])
