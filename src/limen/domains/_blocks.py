"""One-hot blocks: columns of 0 and 1 of which exactly one is 1 in each row are one category."""

from __future__ import annotations

import numpy as np

from limen._types import FloatArray
from limen.domains._columns import ENOUGH_ROWS
from limen.results.table import SEPARATORS


def named_blocks(names: dict[int, str], encoded: FloatArray) -> list[tuple[str, tuple[int, ...]]]:
    """Blocks of at least two columns whose names share a beginning up to a separator, such as "sex_female", "sex_male".

    names: of the columns of 0 and 1 that may be in a block. encoded: (N, m). The shortest beginning that makes a block
    wins, so a block is found whole; columns in two values each, of which one never occurs, are none.
    """
    sharing: dict[str, list[int]] = {}
    for place, name in names.items():
        for end in range(1, len(name)):
            if name[end - 1] in SEPARATORS and name[end] not in SEPARATORS:
                sharing.setdefault(name[:end], []).append(place)
    found = []
    taken: set[int] = set()
    for beginning in sorted(sharing, key=len):
        places = sharing[beginning]
        if len(places) > 1 and not taken & set(places) and _is_block(encoded[:, places]):
            found.append((beginning.rstrip(SEPARATORS) or beginning, tuple(places)))
            taken |= set(places)
    return found


def adjacent_blocks(places: list[int], encoded: FloatArray) -> list[tuple[str, tuple[int, ...]]]:
    """Blocks of adjacent columns without names, where there are rows enough to tell; `places` rise."""
    found = []
    start = 0
    while start < len(places) and len(encoded) >= ENOUGH_ROWS:
        total = np.zeros(len(encoded))
        stop = start
        while stop < len(places) and places[stop] - places[start] == stop - start and total.max() <= 1:
            total = total + encoded[:, places[stop]]
            stop += 1
            if (total == 1).all():
                break
        block = places[start:stop]
        if len(block) > 1 and _is_block(encoded[:, block]):
            found.append((f"columns {block[0]} to {block[-1]}", tuple(block)))
            start = stop
        else:
            start += 1
    return found


def _is_block(zeros_and_ones: FloatArray) -> bool:
    """Whether exactly one column is 1 in each row, and not always the same."""
    return bool((zeros_and_ones.sum(axis=1) == 1).all() and (zeros_and_ones.any(axis=0).sum() > 1))
