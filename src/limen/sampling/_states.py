"""How often the states of a part occur near a row: local frequencies, which all laws of tables draw from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from limen._geometry import Part, TableGeometry
from limen._types import BoolArray, FloatArray, IntArray

NEAREST = 50
"""So many background rows count as near; a share of one half is then known to ±.07."""
CANDIDATES = 2000
"""They are looked for among at most so many rows of the background, at equal distances from one another in it."""
GLOBAL = 0.1
"""Weight of the whole background in a local share, so that states which are rare near the row can still come."""
TIE = 1e-9
"""Distances that differ by less than this fraction are equal: rounding depends on the order of the columns."""


@dataclass(frozen=True, eq=False)
class LocalShares:
    """Shares of states near a row.

    states: for each part the shares (S) of the states of a flip, the row's own first, summing to 1; empty for other
    kinds. missing: (d) share of missing values for a known part, else 0.
    """

    states: tuple[FloatArray, ...]
    missing: FloatArray


def local_shares(geometry: TableGeometry) -> LocalShares:
    """Shares among the NEAREST of CANDIDATES background rows, mixed with a tenth of the share in the background.

    For each part nearness is measured in all other columns (`differences`), so that what is likely is asked of the row
    as it would be with another state. All rows that tie with the last one count.
    """
    stride = stride_of(geometry, CANDIDATES)
    apart = differences(geometry, stride)
    total = apart.sum(axis=1)
    states: list[FloatArray] = []
    missing = np.zeros(geometry.n_parts)
    for place, part in enumerate(geometry.parts):
        shares = np.zeros(0)
        if part.kind == "flip" and len(part.states):
            near = _near(total - apart[:, place])
            found = np.bincount(part.background_states[::stride][near], minlength=len(part.states))
            shares = (1 - GLOBAL) * found / found.sum() + GLOBAL * part.shares / max(part.shares.sum(), 1e-300)
        elif part.kind == "known":
            own = [other for other, real in enumerate(geometry.parts) if _is_real_of(real, part.columns[0])]
            near = _near(total - apart[:, own].sum(axis=1))
            column = geometry.background[:, part.columns[0]]
            missing[place] = (1 - GLOBAL) * np.isnan(column[::stride][near]).mean() + GLOBAL * np.isnan(column).mean()
        states.append(shares)
    return LocalShares(tuple(states), missing)


def changes(shares: FloatArray) -> FloatArray:
    """Probabilities (S) of the states that a flip changes to, given that it changes; all 0 where there is no other."""
    others = shares.copy()
    others[:1] = 0.0
    total = float(others.sum())
    return others / total if total > 0 else others


def drawn(probabilities: FloatArray, uniforms: FloatArray) -> IntArray:
    """States (as indices) for uniform numbers in [0, 1), one each; a state without probability never comes."""
    possible = np.flatnonzero(probabilities)
    edges = np.cumsum(probabilities[possible])
    return possible[np.minimum(np.searchsorted(edges / edges[-1], uniforms, side="right"), len(possible) - 1)]


def stride_of(geometry: TableGeometry, most: int) -> int:
    """The stride through the background that visits at most `most` of its rows."""
    return max(1, -(-len(geometry.background) // most))


def differences(geometry: TableGeometry, stride: int) -> FloatArray:
    """Squared differences (rows, d) of every `stride`-th background row from x, one for each part.

    A real part counts its squared displacement in standard deviations, or 1 where the value is missing; a flip counts 1
    where the state is another; known and fixed parts count 0.
    """
    reals = np.flatnonzero(geometry.reals)
    columns = tuple(geometry.parts[place].columns[0] for place in reals)
    key = ("standard", stride, columns)
    if key not in geometry.memo:
        geometry.memo[key] = geometry.background[::stride, columns] / geometry.scales[list(columns)]
    moved = geometry.memo[key] - (geometry.origin / geometry.scales)[list(columns)]
    moved *= moved
    moved[np.isnan(moved)] = 1.0
    found = np.zeros((len(moved), geometry.n_parts))
    found[:, reals] = moved
    for place, part in enumerate(geometry.parts):
        if part.kind == "flip":
            found[:, place] = part.background_states[::stride] != 0
    return found


def _near(distances: FloatArray) -> BoolArray:
    """Which rows (bool) are among the NEAREST, ties with the last one included."""
    if len(distances) <= NEAREST:
        return np.ones(len(distances), dtype=np.bool_)
    last = np.partition(distances, NEAREST - 1)[NEAREST - 1]
    near: BoolArray = distances <= last * (1 + TIE) + TIE
    return near


def _is_real_of(part: Part, column: int) -> bool:
    return part.kind == "real" and part.columns[0] == column
