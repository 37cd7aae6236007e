"""More masks for a design that was asked already: rounds of one explanation keep every answer."""

from __future__ import annotations

import numpy as np

from limen._types import BoolArray, Design, IntArray
from limen.sampling.designs import allocation, drawn
from limen.sampling.folding import folds, half_of, in_pairs, paired
from limen.sampling.laws import SizeLaw


def grown_masks(law: SizeLaw, before: Design, n: int, generator: np.random.Generator) -> Design:
    """A design of n masks that has all those of `before`; the rest is drawn as `stratified_masks` does.

    Strata are those of n masks. Inside a stratum the new masks are balanced among themselves, and never repeat an old
    one. Old rows keep their blocks. Pairs stay pairs, single masks stay single. Takes n above the number of masks in
    `before`, and below that of all masks.
    """
    if folds(law, n) and paired(before):
        return in_pairs(law, lambda half: _grown(half, half_of(before), n // 2, generator))
    return _grown(law, before, n, generator)


def _grown(law: SizeLaw, before: Design, n: int, generator: np.random.Generator) -> Design:
    sizes = before.points.sum(axis=1)
    groups, totals, counts = _strata(law, n, sizes)
    points, blocks, kept, first = [], [], [], 0
    for group, total, count in zip(groups, totals, counts, strict=True):
        old = np.flatnonzero(np.isin(sizes, group))
        own = np.unique(before.blocks[old], return_inverse=True)[1]
        points.append(before.points[old].astype(np.bool_))
        blocks.append(own + first)
        first += int(own.max()) + 1 if len(own) else 0
        missing = count - len(old)
        if missing:
            masks, block = drawn(law, group, total, missing, generator, taken=points[-1])
            points.append(masks)
            blocks.append(block + first)
            first += int(block[-1]) + 1
        kept.append(len(old) + missing)
    strata = np.repeat(np.arange(len(groups)), kept)
    shares = np.array([law.masses[group].sum() for group in groups])
    sampled = np.array([have / total for have, total in zip(kept, totals, strict=True)])
    masks_of_all: BoolArray = np.concatenate(points)
    weights = (shares / np.array(kept))[strata]
    return Design(masks_of_all, weights, strata, np.concatenate(blocks), sampled, bool((sampled == 1.0).all()))


def _strata(law: SizeLaw, n: int, sizes: IntArray) -> tuple[list[list[int]], list[int], list[int]]:
    """The strata of n masks as lists of sizes, how many masks each has, and how many rows: at least 1, and its own.

    sizes: (rows) of the masks that there are. A stratum may have come to a row more than its share when it was pooled
    with others; those that miss most pay. Where nothing would be left for one without rows, it joins its neighbour.
    """
    groups, totals, counts = allocation(law, n)
    have = [int(np.isin(sizes, group).sum()) for group in groups]
    while sum(max(one, 1) for one in have) > n and 0 in have and len(have) > 1:
        place = have.index(0)
        other = place - 1 if place else 1
        for several in (groups, totals, counts, have):
            several[other] = several[other] + several[place]  # type: ignore[operator, assignment]
            del several[place]
    least = np.maximum(have, 1)
    wanted = np.maximum(counts, least)
    while wanted.sum() > n and (wanted > least).any():
        wanted[np.argmax(np.where(wanted > least, wanted - have, -1))] -= 1
    return groups, totals, [int(count) for count in wanted]
