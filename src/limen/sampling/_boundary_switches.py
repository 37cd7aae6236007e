"""Where nothing else flips the decision: every change of one switch, then of two."""

from __future__ import annotations

import numpy as np

from limen._types import IntArray
from limen.sampling._boundary_ledger import Ledger, Search

BATCH = 64
"""So many changes are asked about together; the first batch in which one flips is the last."""


def few_switches(ledger: Ledger, most: int) -> Search[None]:
    """Ask about at most `most` changes of one switch, then of two, those that lower the margin most first.

    All of them are asked about where their number is within `most`.
    """
    start = len(ledger.margins)
    singles = _singles(ledger)
    yield from _until_one_flips(ledger, singles, most)
    if ledger.best() >= 0 or len(singles) < 2:
        return
    left = start + most - len(ledger.margins)
    yield from _until_one_flips(ledger, _pairs(ledger, singles, left), left)


def _until_one_flips(ledger: Ledger, sets: IntArray, most: int) -> Search[None]:
    start = len(ledger.margins)
    while len(sets) and ledger.best() < 0 and (room := start + most - len(ledger.margins)) > 0:
        batch, sets = sets[: min(BATCH, room)], sets[min(BATCH, room) :]
        yield from ledger.ask(np.zeros((len(batch), len(ledger.space.reals))), batch)


def _singles(ledger: Ledger) -> IntArray:
    """Every other state of every switch on its own: (n, f)."""
    counts = ledger.space.n_states
    places = np.repeat(np.arange(len(counts)), np.maximum(counts - 1, 0))
    found = np.zeros((len(places), len(counts)), dtype=np.int64)
    if len(places):
        found[np.arange(len(places)), places] = np.concatenate(
            [np.arange(1, max(count, 1)) for count in counts.tolist()]
        )
    return found


def _pairs(ledger: Ledger, singles: IntArray, most: int) -> IntArray:
    """Pairs of single changes (n, f) that were asked about, the lowest sums of margins first: (k, f)."""
    rows = ledger.space.rows(np.zeros((len(singles), len(ledger.space.reals))), singles)
    places = np.array([ledger.known.get(row.tobytes(), -1) for row in rows], dtype=np.int64)
    singles, places = singles[places >= 0], places[places >= 0]
    best = np.argsort(ledger.margins[places], kind="stable")[: int(np.sqrt(4.0 * max(most, 0))) + 2]
    margins, singles = ledger.margins[places[best]], singles[best]
    first, second = np.triu_indices(len(singles), 1)
    apart = (singles != 0).argmax(axis=1)
    other = apart[first] != apart[second]
    first, second = first[other], second[other]
    order = np.argsort(margins[first] + margins[second], kind="stable")
    found: IntArray = singles[first[order]] + singles[second[order]]
    return found
