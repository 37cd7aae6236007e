"""Which masks to ask about: all of them, or a stratified and balanced sample without repeats."""

from __future__ import annotations

import itertools
import math
from functools import lru_cache

import numpy as np

from limen._types import BoolArray, Design, IntArray
from limen.sampling.folding import folds, in_pairs
from limen.sampling.laws import SizeLaw

LISTED, DRAWN = 2**16, 2**15
"""Masks of a reference: all if there are at most so many, else so many."""
CROWDED = 0.5
"""Above this share of a stratum's masks, rejection of repeats gets slow and the stratum is listed and drawn from."""


def enumerate_masks(law: SizeLaw) -> Design:
    """List every mask that has mass under the law, with its mass, by falling number of kept parts."""
    d = law.n_parts
    sizes = law.support()[::-1]
    masks = np.concatenate([_all_of_size(d, size) for size in sizes]) if sizes else np.zeros((0, d), dtype=np.bool_)
    strata = np.repeat(np.arange(len(sizes)), [math.comb(d, size) for size in sizes])
    weights = np.array([law.masses[size] / math.comb(d, size) for size in sizes])[strata] if sizes else np.zeros(0)
    return Design(masks, weights, strata, np.arange(len(masks)), np.ones(len(sizes)), exact=True)


def stratified_masks(law: SizeLaw, n: int, generator: np.random.Generator) -> Design:
    """Draw n distinct masks: strata by number of kept parts, in proportion to the law, balanced inside a stratum.

    Inside a stratum the hidden (or, if fewer, the kept) parts are cut one set after another from random permutations,
    so that within a block no part comes up twice. Neighbouring sizes whose share is below two rows form one stratum.
    Under a symmetric law each mask comes with its complement (`limen.sampling.folding`), and an odd row is left.
    Takes n of at least 2, and below the number of masks with mass.
    """
    if folds(law, n):
        return in_pairs(law, lambda half: _stratified(half, n // 2, generator))
    return _stratified(law, n, generator)


def _stratified(law: SizeLaw, n: int, generator: np.random.Generator) -> Design:
    groups, totals, counts = allocation(law, n)
    shares = np.array([law.masses[group].sum() for group in groups])
    parts, blocks = [], []
    n_blocks = 0
    for group, total, count in zip(groups, totals, counts, strict=True):
        masks, block = drawn(law, group, total, count, generator)
        parts.append(masks)
        blocks.append(block + n_blocks)
        n_blocks += int(block[-1]) + 1
    strata = np.repeat(np.arange(len(groups)), counts)
    sampled = np.array([count / total for count, total in zip(counts, totals, strict=True)])
    weights = (shares / counts)[strata]
    exact = bool((sampled == 1.0).all())
    return Design(np.concatenate(parts), weights, strata, np.concatenate(blocks), sampled, exact)


def allocation(law: SizeLaw, n: int) -> tuple[list[list[int]], list[int], list[int]]:
    """The strata of n masks as lists of sizes, how many masks each has, and how many of them are to be drawn."""
    groups = _group_sizes(law, n)
    return groups, [_count(law, group) for group in groups], _allocate(law, groups, n)


@lru_cache(maxsize=8)
def _reference(masses: tuple[float, ...], seed: int) -> Design:
    law = SizeLaw(np.array(masses))
    if law.n_masks() <= LISTED:
        return enumerate_masks(law)
    return stratified_masks(law, DRAWN, np.random.default_rng([DRAWN, seed]))


def reference_masks(law: SizeLaw, seed: int = 0) -> Design:
    """All masks with mass under the law or, where they are too many, very many drawn ones: the same for a seed."""
    return _reference(tuple(law.masses.tolist()), 0 if law.n_masks() <= LISTED else seed)


def _count(law: SizeLaw, group: list[int]) -> int:
    """How many masks have these sizes; past 10^18 the number no longer matters, and would not fit a float."""
    return min(sum(math.comb(law.n_parts, size) for size in group), 10**18)


def _all_of_size(d: int, size: int) -> BoolArray:
    """All masks (C(d, size), d) that keep `size` parts."""
    kept = np.array(list(itertools.combinations(range(d), size)), dtype=np.intp).reshape(math.comb(d, size), size)
    masks = np.zeros((len(kept), d), dtype=np.bool_)
    np.put_along_axis(masks, kept, True, axis=1)
    return masks


def _group_sizes(law: SizeLaw, n: int) -> list[list[int]]:
    """Make strata of the sizes: one alone if its share is two rows or all its masks, else with its neighbours."""
    support = law.support()
    singles = [[size] for size in support]
    counts = _shares(law, singles, n)
    groups: list[list[int]] = []
    run: list[list[int]] = []
    for single, share in zip(singles, counts, strict=True):
        if share >= min(2, _count(law, single)):
            groups += [*run, single]
            run = []
        elif run and sum(counts[support.index(size)] for size in run[-1]) < 2:
            run[-1] = run[-1] + single
        else:
            run.append(single)
    groups += run
    while sum(min(2, _count(law, group)) for group in groups) > n:
        mass = [float(law.masses[group].sum()) for group in groups]
        k = min(range(len(groups) - 1), key=lambda place: mass[place] + mass[place + 1])
        groups[k : k + 2] = [groups[k] + groups[k + 1]]
    return groups


def _shares(law: SizeLaw, groups: list[list[int]], n: int) -> list[float]:
    """Rows for each group in proportion to the law; a group whose share is all its masks or more gets just them."""
    mass = [float(law.masses[group].sum()) for group in groups]
    totals = [_count(law, group) for group in groups]
    shares = [0.0] * len(groups)
    open_groups, left = list(range(len(groups))), float(n)
    while open_groups:
        scale = left / sum(mass[g] for g in open_groups)
        full = [g for g in open_groups if mass[g] * scale >= totals[g]]
        if not full:
            break
        for g in full:
            shares[g] = float(totals[g])
            left -= totals[g]
        open_groups = [g for g in open_groups if g not in full]
    for g in open_groups:
        shares[g] = mass[g] * scale
    return shares


def _allocate(law: SizeLaw, groups: list[list[int]], n: int) -> list[int]:
    """Round the shares to n rows in all: at least two or all of a group, never more than all."""
    shares = np.array(_shares(law, groups, n))
    totals = np.array([float(_count(law, group)) for group in groups])
    least = np.minimum(2, totals)
    counts = np.maximum(np.floor(shares), least)
    for place in itertools.cycle(np.argsort(counts - shares, kind="stable").tolist()):
        missing = n - counts.sum()
        if missing == 0:
            break
        step = np.sign(missing)
        if least[place] <= counts[place] + step <= totals[place]:
            counts[place] += step
    return [int(count) for count in counts]


def drawn(
    law: SizeLaw,
    group: list[int],
    total: int,
    count: int,
    generator: np.random.Generator,
    taken: BoolArray | None = None,
) -> tuple[BoolArray, IntArray]:
    """Draw `count` distinct masks (count, d) of a stratum, with the block of each, blocks in rising order.

    taken: masks of the stratum that are not drawn again.
    """
    d = law.n_parts
    taken = np.zeros((0, d), dtype=np.bool_) if taken is None else taken
    if count + len(taken) > CROWDED * total:
        return _listed(law, group, count, generator, taken), np.arange(count)
    if len(group) == 1:
        small = max(1, min(group[0], d - group[0]))
        length = max(1, min(d // small, count // 2))
        sizes, blocks = np.full(count, group[0]), np.arange(count) // length
        masks = _cut(d, group[0], length, -(-count // length), generator)[:count]
    else:
        sizes, blocks = _mixed_sizes(law, group, count, generator, taken), np.arange(count)
        masks = _subsets(d, sizes, generator)
    while len(repeats := _repeats(np.concatenate([taken, masks])) - len(taken)):
        masks[repeats] = _subsets(d, sizes[repeats], generator)
        blocks[repeats] = blocks.max() + 1 + np.arange(len(repeats))  # drawn by themselves, so blocks of their own
    order = np.argsort(blocks, kind="stable")
    return masks[order], np.unique(blocks[order], return_inverse=True)[1]


def _listed(law: SizeLaw, group: list[int], count: int, generator: np.random.Generator, taken: BoolArray) -> BoolArray:
    """Choose masks (count, d) of a stratum from the list of all that are not taken."""
    d = law.n_parts
    listed = np.concatenate([_all_of_size(d, size) for size in group])
    mass = np.concatenate([np.full(math.comb(d, size), law.masses[size] / math.comb(d, size)) for size in group])
    new = np.setdiff1d(np.arange(len(taken) + len(listed)), _repeats(np.concatenate([taken, listed]))) - len(taken)
    new = new[new >= 0]
    if count < len(new):
        new = generator.choice(new, count, replace=False, p=mass[new] / mass[new].sum())
    found: BoolArray = listed[new]
    return found


def _cut(d: int, size: int, length: int, n_blocks: int, generator: np.random.Generator) -> BoolArray:
    """Cut `length` disjoint sets from each of `n_blocks` random permutations: (n_blocks * length, d)."""
    small = max(1, min(size, d - size))
    order = np.argsort(generator.random((n_blocks, d)), axis=1)
    chosen = (order // small)[:, None, :] == np.arange(length)[None, :, None]
    masks: BoolArray = chosen if size <= d - size else ~chosen
    return masks.reshape(-1, d)


def _mixed_sizes(
    law: SizeLaw, group: list[int], count: int, generator: np.random.Generator, taken: BoolArray
) -> IntArray:
    """Numbers of kept parts (count) in proportion to the law, spread evenly; of no size more than masks not taken."""
    edges = np.cumsum(law.masses[group]) / law.masses[group].sum()
    points = (np.arange(count) + generator.random()) / count
    places = np.minimum(np.searchsorted(edges, points), len(group) - 1)
    wanted = np.bincount(places, minlength=len(group)).astype(float)
    used = np.bincount(taken.sum(axis=1), minlength=law.n_parts + 1)
    room = np.array([float(_count(law, [size])) - used[size] for size in group])
    excess = np.maximum(wanted - room, 0).sum()
    wanted = np.minimum(wanted, room)
    for place in np.argsort(-room, kind="stable"):
        moved = min(excess, room[place] - wanted[place])
        wanted[place] += moved
        excess -= moved
    return np.repeat(np.array(group), wanted.astype(int))


def _subsets(d: int, sizes: IntArray, generator: np.random.Generator) -> BoolArray:
    """Random masks (n, d) that keep the given numbers of parts (n)."""
    order = np.argsort(generator.random((len(sizes), d)), axis=1)
    masks: BoolArray = order < sizes[:, None]
    return masks


def _repeats(masks: BoolArray) -> IntArray:
    """The numbers of the rows whose mask stands in an earlier row already."""
    packed = np.ascontiguousarray(np.packbits(masks, axis=1))
    keys = packed.view(np.dtype((np.void, packed.shape[1]))).ravel()
    return np.setdiff1d(np.arange(len(masks)), np.unique(keys, return_index=True)[1])
