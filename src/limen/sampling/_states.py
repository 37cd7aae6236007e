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
FEW_STATES = 64
"""Of a part with at most so many states it is kept which background rows have another one: rows of a table share it."""
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
    total = apart.sum(axis=0)
    flips = [place for place, part in enumerate(geometry.parts) if part.kind == "flip" and len(part.states)]
    states = [np.zeros(0)] * geometry.n_parts
    missing = np.zeros(geometry.n_parts)
    if flips:
        rows, near = _near_in_the_others(total, apart[flips])
        for place, chosen, count in zip(flips, near, near.sum(axis=1).tolist(), strict=True):
            part = geometry.parts[place]
            found = np.bincount(part.background_states[rows[chosen] * stride], minlength=len(part.states))
            states[place] = ((1 - GLOBAL) / count) * found + GLOBAL * part.whole_shares
    for place, part in enumerate(geometry.parts):
        if part.kind == "known":
            own = [other for other, real in enumerate(geometry.parts) if _is_real_of(real, part.columns[0])]
            near = _near(total - apart[own].sum(axis=0))
            column = geometry.background[:, part.columns[0]]
            missing[place] = (1 - GLOBAL) * np.isnan(column[::stride][near]).mean() + GLOBAL * np.isnan(column).mean()
    return LocalShares(tuple(states), missing)


def _near_in_the_others(total: FloatArray, apart: FloatArray) -> tuple[IntArray, BoolArray]:
    """Which rows are near when one flip does not count: some of the rows, and (flips, rows) True for the near ones.

    total: (rows) in all parts. apart: (flips, rows) 0 or 1. A row that is near without a flip lies at most 1 farther
    with it than the NEAREST do, so that few rows are looked at.
    """
    if len(total) <= NEAREST:
        return np.arange(len(total)), np.ones(apart.shape, dtype=np.bool_)
    last = float(np.partition(total, NEAREST - 1)[NEAREST - 1])
    rows = (total <= (last + 1.0) * (1 + 2 * TIE) + 2 * TIE).nonzero()[0]
    others = total[rows] - apart[:, rows]
    lasts = np.partition(others, NEAREST - 1, axis=1)[:, NEAREST - 1 : NEAREST]
    return rows, others <= lasts * (1 + TIE) + TIE


def changes(shares: FloatArray) -> FloatArray:
    """Probabilities (S) of the states that a flip changes to, given that it changes; all 0 where there is no other."""
    others = shares.copy()
    others[:1] = 0.0
    total = float(others.sum())
    return others / total if total > 0 else others


def drawn(probabilities: FloatArray, uniforms: FloatArray) -> IntArray:
    """States (as indices) for uniform numbers in [0, 1), one each; a state without probability never comes."""
    possible = probabilities.nonzero()[0]
    edges = probabilities[possible].cumsum()
    found: IntArray = possible[np.minimum((edges / edges[-1]).searchsorted(uniforms, side="right"), len(possible) - 1)]
    return found


def stride_of(geometry: TableGeometry, most: int) -> int:
    """The stride through the background that visits at most `most` of its rows."""
    return max(1, -(-len(geometry.background) // most))


def differences(geometry: TableGeometry, stride: int) -> FloatArray:
    """Squared differences (d, rows) of every `stride`-th background row from x, one for each part.

    A real part counts its squared displacement in standard deviations, or 1 where the value is missing; a flip counts 1
    where the state is another; known and fixed parts count 0.
    """
    reals = [place for place, part in enumerate(geometry.parts) if part.kind == "real"]
    columns = [geometry.parts[place].columns[0] for place in reals]
    standard, missing = _standard(geometry, stride, columns)
    found = np.zeros((geometry.n_parts, standard.shape[1]))
    moved = standard - (geometry.origin[columns] / geometry.scales[columns])[:, None]
    moved *= moved
    if missing.size:
        moved[missing > 0] = 1.0
    found[reals] = moved
    for place, part in enumerate(geometry.parts):
        if part.kind == "flip":
            found[place] = _others(geometry, part, stride)
    return found


def _standard(geometry: TableGeometry, stride: int, columns: list[int]) -> tuple[FloatArray, FloatArray]:
    """Numbers of the background (columns, rows) in standard deviations, and 1 where one is missing; empty for none."""
    key = ("standard", stride, tuple(columns))
    if key not in geometry.memo:
        values = np.ascontiguousarray(geometry.background[::stride, columns].T) / geometry.scales[columns][:, None]
        gone = np.isnan(values)
        geometry.memo[key] = values
        geometry.memo[*key, "missing"] = gone.astype(np.float64) if gone.any() else np.zeros(0)
    return geometry.memo[key], geometry.memo[*key, "missing"]


def _others(geometry: TableGeometry, part: Part, stride: int) -> FloatArray:
    """1 for each background row whose state of a flip is not x's own; kept where the part has few states."""
    key = ("others", stride, part.columns, geometry.origin[list(part.columns)].tobytes())
    found = geometry.memo.get(key)
    if found is None:
        found = (part.background_states[::stride] != 0).astype(np.float64)
        if len(part.states) <= FEW_STATES:
            geometry.memo[key] = found
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
