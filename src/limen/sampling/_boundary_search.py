"""The order of the search: look around, walk from several starts, polish, place the mirrors, close the bracket."""

from __future__ import annotations

import numpy as np

from limen._geometry import TableGeometry
from limen.sampling._boundary_answer import answer, close, mirror_of
from limen.sampling._boundary_crossing import Crossing
from limen.sampling._boundary_ledger import Ledger, Search, SpentError
from limen.sampling._boundary_normal import has_steps
from limen.sampling._boundary_pairs import PAIRS, ROWS_OF_MIRRORS, place_mirrors
from limen.sampling._boundary_polish import neighbours, polish
from limen.sampling._boundary_scout import scout
from limen.sampling._boundary_space import Space
from limen.sampling._boundary_walk import walk

MOST_STARTS = 4
"""A curved boundary has several nearest points; so many starts are walked from, budget allowing."""
APART = 0.8
"""A start counts as another one where its direction has a cosine below this with all that were walked from."""
WORTH = 2.5
"""Starts farther than this many times the nearest flip are left out."""
POLISHING = 5
"""Rows for each real part that are kept back, of a sixth of all at most, to polish the nearest flip."""
PATIENCE = 3
"""So many batches in a row without a nearer flip end the search."""
SHAKES, SHAKEN, NEARER = (0.1, 0.3, 1.0), 8, 0.005
"""At the end so many directions at each of these angles (tangents) to the best one are tried, nearer by the share."""
CLOSING = 10
"""Rows kept back to close the bracket on the line from x to the nearest flip."""
MIRRORS = 6
"""1 / this of the rows, and no more than the rounds need, are kept back to place the mirrors of the pairs."""


def look_for(geometry: TableGeometry, most: int, generator: np.random.Generator) -> Search[Crossing]:
    """Search with at most `most` rows."""
    ledger = Ledger(Space(geometry), most)
    closing, mirrors = min(CLOSING, most // 10), min(ROWS_OF_MIRRORS, most // MIRRORS)
    mirrors = mirrors if mirrors >= 4 * PAIRS else 0
    enough = most - closing - mirrors
    polishing = min(POLISHING * len(ledger.space.reals), enough // 6)
    yield from _until_spent(ledger, enough - polishing, _approach(ledger, generator))
    yield from _until_spent(ledger, enough, _once_more(ledger, generator))
    if ledger.best() < 0 or ledger.margins[0] <= 0:
        return answer(ledger, 0, mirror_of(ledger, 0))
    ledger.limit = most - closing
    mirror = yield from place_mirrors(ledger, mirror_of(ledger, ledger.best()), generator)
    ledger.limit = most
    inside = yield from close(ledger)
    return answer(ledger, inside, mirror)


def _until_spent(ledger: Ledger, limit: int, steps: Search[None]) -> Search[None]:
    """Let a stage go on until it ends or the ledger holds `limit` rows."""
    ledger.limit = limit
    try:
        yield from steps
    except SpentError:
        return


def _approach(ledger: Ledger, generator: np.random.Generator) -> Search[None]:
    """Look around x, then bring several flipped rows near it, the nearest first."""
    yield from scout(ledger, generator)
    if ledger.best() < 0 or ledger.margins[0] <= 0:
        return
    tried: list[int] = []
    for _ in range(MOST_STARTS):
        start = _next_start(ledger, tried)
        if start < 0:
            break
        tried.append(start)
        place = yield from _settle(ledger, start, generator)
        tried.append(place)
        yield from _across_states(ledger, generator)
    yield from _shake(ledger, generator)


def _shake(ledger: Ledger, generator: np.random.Generator) -> Search[None]:
    """Ask in random directions near the best one, a little nearer to x; settle anew wherever one flips.

    Slopes end in the hollows of a rough boundary, of which a model of neighbours or of trees has many.
    """
    patience = PATIENCE
    while patience:
        place, before = ledger.best(), ledger.nearest
        u, s, r = ledger.u[place], ledger.s[place], len(ledger.space.reals)
        length = float(np.linalg.norm(u))
        if r < 2 or length == 0:
            return
        noise = np.repeat(SHAKES, SHAKEN)[:, None] * generator.standard_normal((len(SHAKES) * SHAKEN, r)) / np.sqrt(r)
        directions = u / length + noise
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        yield from ledger.ask((1 - NEARER) * length * directions, np.repeat(s[None, :], len(directions), axis=0))
        patience -= 1
        if ledger.nearest < before:
            patience = PATIENCE
            yield from _settle(ledger, ledger.best(), generator)


def _once_more(ledger: Ledger, generator: np.random.Generator) -> Search[None]:
    """Polish the nearest flip of all with the rows kept for it; those left walk on, but where the model has steps.

    A flip that needs no more than half of the columns is the sign of steps where margins are only sides.
    """
    if ledger.best() < 0 or ledger.margins[0] <= 0:
        return
    place = yield from polish(ledger, ledger.best())
    few = np.count_nonzero(ledger.u[place]) <= len(ledger.space.reals) / 2
    if not few and (ledger.hard or not (yield from has_steps(ledger, place))):
        yield from _settle(ledger, place, generator)


def _settle(ledger: Ledger, place: int, generator: np.random.Generator) -> Search[int]:
    """Bring a flipped row near x: along slopes, then part by part."""
    return (yield from polish(ledger, (yield from walk(ledger, place, generator))))


def _across_states(ledger: Ledger, generator: np.random.Generator) -> Search[None]:
    """Walk on in neighbouring states of the switches, as long as one is nearer."""
    while len(ledger.space.switches):
        before = ledger.nearest
        yield from neighbours(ledger)
        if ledger.nearest >= before:
            return
        yield from _settle(ledger, ledger.best(), generator)


def _next_start(ledger: Ledger, tried: list[int]) -> int:
    """The nearest flipped row in another direction, or in other states, than those that were tried; -1 for none."""
    flipped = np.nonzero((ledger.margins <= 0) & ledger.within & (ledger.distances < WORTH * ledger.nearest))[0]
    lengths = np.maximum(np.linalg.norm(ledger.u, axis=1), 1e-300)
    new = np.ones(len(flipped), dtype=np.bool_)
    for place in tried:
        cosines = (ledger.u[flipped] @ ledger.u[place]) / lengths[flipped] / lengths[place]
        same = (ledger.s[flipped] == ledger.s[place]).all(axis=1)
        new &= ~(same & ((cosines >= APART) | (lengths[flipped] == 1e-300)))
    left = flipped[new]
    return int(left[np.argmin(ledger.distances[left])]) if len(left) else -1
