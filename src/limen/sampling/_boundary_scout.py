"""The first look around x: changes of one switch, rays to the background and in random directions, and downhill."""

from __future__ import annotations

import numpy as np

from limen._types import FloatArray, IntArray
from limen.sampling._boundary_ledger import Ledger, Search
from limen.sampling._boundary_rays import bisect, to_points
from limen.sampling._boundary_space import Space
from limen.sampling._boundary_switches import few_switches

MOST_BACKGROUND = 256
"""At most so many background rows are asked about, and at most a quarter of the budget."""
ENOUGH_FLIPS = 6
"""Background rows are asked about nearest first, until so many have flipped, or one for each 16 rows to spend."""
FRACTIONS = (0.25, 1.0)
"""Random rays are asked about at these shares of the background's range."""
FINER = (0.1, 0.5, 1.0)
"""The same where nothing has flipped, with new directions until the rows are spent."""
BEST_SWITCHES = 6
"""Where no single switch flips the decision, all pairs of so many are asked about, those that lower the margin most."""
FIRST_BATCH = 16
"""Background rows in the first batch; each further batch is twice as large."""
MOST_DIRECTIONS = 12
"""At most so many pairs of opposite directions at a time."""
LENGTHS = (0.15, 0.3, 0.6, 1.0)
"""The downhill direction is asked about at these shares of the background's range."""
MOST_DESCENTS = 8
"""So often the way downhill is taken anew from the lowest margin."""


def scout(ledger: Ledger, generator: np.random.Generator) -> Search[None]:
    """Ask about everything that may show a flip, then bisect every ray that did."""
    space, budget = ledger.space, ledger.limit
    yield from ledger.ask(*_still(space, np.zeros((1, len(space.reals)))))
    if ledger.margins[0] <= 0:
        return
    yield from _single_switches(ledger, budget // 6)
    start = len(ledger.margins)
    yield from _background(ledger, min(MOST_BACKGROUND, budget // 4))
    if len(space.reals):
        yield from _random(ledger, budget // 8, FRACTIONS, generator)
        yield from _downhill(ledger, 0, budget // 2)
    if ledger.best() < 0:
        yield from _insist(ledger, generator)
    flipped = start + np.nonzero(ledger.margins[start:] <= 0)[0]
    if len(flipped):
        keys = generator.random((len(flipped), len(space.switches)))
        yield from bisect(ledger, to_points(ledger.u[flipped], ledger.s[flipped], keys))


def _insist(ledger: Ledger, generator: np.random.Generator) -> Search[None]:
    """Where nothing flipped: go downhill again and again from the lowest margin, then look farther and denser."""
    space = ledger.space
    for _ in range(MOST_DESCENTS):
        lowest = int(np.argmin(ledger.margins))
        yield from _downhill(ledger, lowest, ledger.left)
        if ledger.best() >= 0 or ledger.margins.min() >= ledger.margins[lowest]:
            break
    if ledger.best() < 0:
        yield from _background(ledger, min(MOST_BACKGROUND, ledger.left))
    if ledger.best() < 0:
        yield from few_switches(ledger, ledger.left // 2 if len(space.reals) else ledger.left)
    while ledger.best() < 0 and len(space.reals) and ledger.left > 0:
        before = ledger.left
        yield from _random(ledger, ledger.left, FINER, generator)
        if ledger.left == before:
            return


def reach(space: Space) -> float:
    """How far the background lies from x in its real parts: the length of random rays."""
    return float(np.sqrt((space.background_u**2).sum(axis=1)).max(initial=0.0))


def _still(space: Space, u: FloatArray) -> tuple[FloatArray, IntArray]:
    """Points (k) that move in the reals alone."""
    return u, np.zeros((len(u), len(space.switches)), dtype=np.int64)


def _single_switches(ledger: Ledger, most: int) -> Search[None]:
    """Every state of every switch on its own, the frequent ones first; then several switches together."""
    space = ledger.space
    found: list[tuple[float, int, int]] = []
    for place, part in enumerate(space.switches):
        shares = part.shares if part.kind == "flip" else np.array([0.5, 0.5])
        found += [(-float(shares[state]), place, state) for state in range(1, int(space.n_states[place]))]
    found = sorted(found)[:most]
    s = np.zeros((len(found), len(space.switches)), dtype=np.int64)
    for row, (_, place, state) in enumerate(found):
        s[row, place] = state
    if len(found) == 0:
        return
    places = yield from ledger.ask(np.zeros((len(found), len(space.reals))), s)
    if (ledger.margins[places] > 0).all():
        sets = _switch_sets(s, ledger.margins[places])[: max(most // 2, 1)]
        yield from ledger.ask(np.zeros((len(sets), len(space.reals))), sets)


def _switch_sets(s: IntArray, margins: FloatArray) -> IntArray:
    """Changes (k, f) of several switches from single ones (n, f): all pairs of the best, then the best 3, 4, ..."""
    order = np.argsort(margins, kind="stable")
    switches = np.argmax(s[order] > 0, axis=1)
    order = order[np.sort(np.unique(switches, return_index=True)[1])]  # the best state of each switch
    best = s[order]
    sets = [best[a] + best[b] for b in range(min(len(best), BEST_SWITCHES)) for a in range(b)]
    sets += [best[:size].sum(axis=0) for size in range(3, len(best) + 1)]
    return np.array(sets, dtype=np.int64).reshape(-1, s.shape[1])


def _background(ledger: Ledger, most: int) -> Search[None]:
    """Background rows, nearest first, in growing batches; those asked before cost nothing."""
    space = ledger.space
    distances = space.distances(space.legal(space.background_u, space.background_s), space.background_s)
    order = np.argsort(distances, kind="stable")
    start, size = len(ledger.margins), min(FIRST_BATCH, 1 + ledger.limit // 16)
    while len(order) and len(ledger.margins) - start < most:
        batch, order = order[: min(size, most)], order[min(size, most) :]
        yield from ledger.ask(space.background_u[batch], space.background_s[batch])
        if (ledger.margins[start:] <= 0).sum() >= min(ENOUGH_FLIPS, 1 + ledger.limit // 16):
            return
        size *= 2


def _random(ledger: Ledger, most: int, fractions: tuple[float, ...], generator: np.random.Generator) -> Search[None]:
    """Opposite directions from a random orthonormal frame, at these shares of the background's range."""
    space = ledger.space
    r = len(space.reals)
    n = min(r, max(most // (2 * len(fractions)), 1), MOST_DIRECTIONS)
    frame = np.linalg.qr(generator.standard_normal((r, r)))[0][:n]
    directions = np.concatenate([frame, -frame])
    lengths = np.repeat(np.array(fractions), len(directions)) * reach(space)
    yield from ledger.ask(*_still(space, lengths[:, None] * np.tile(directions, (len(fractions), 1))))


def _downhill(ledger: Ledger, place: int, most: int) -> Search[None]:
    """The direction in which margins fall at an asked row, at four lengths; nothing where they are only sides."""
    space, u, s = ledger.space, ledger.u[place], ledger.s[place]
    r = len(u)
    if ledger.hard or r == 0 or most < r + len(LENGTHS):
        return
    size = 0.1 * reach(space) / np.sqrt(r)
    steps = np.maximum(size, space.grid) * np.where(space.high - u >= u - space.low, 1.0, -1.0)
    places = yield from ledger.ask(u + np.diag(steps), np.repeat(s[None, :], r, axis=0))
    slopes = np.linalg.lstsq(ledger.u[places] - u, ledger.margins[places] - ledger.margins[place], rcond=None)[0]
    length = float(np.linalg.norm(slopes))
    if length > 0:
        lengths = np.array(LENGTHS) * reach(space)
        yield from ledger.ask(u - np.outer(lengths, slopes / length), np.repeat(s[None, :], len(lengths), axis=0))
