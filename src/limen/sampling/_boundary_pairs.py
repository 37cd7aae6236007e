"""Pairs of rows that mirror each other at the boundary's tangent plane, around x and around the boundary point.

And the place of the mirror at which both decisions come up about equally often.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from limen._geometry import Draw, TableGeometry
from limen._types import FloatArray, IntArray
from limen.sampling._boundary_crossing import Crossing
from limen.sampling._boundary_ledger import Ledger, Search
from limen.sampling._boundary_space import Space
from limen.sampling._states import drawn, local_shares
from limen.sampling.ball import MISSING

CHANGED = 0.2
"""Probability that a switch leaves the state of x or of the boundary point for another, drawn by its local share."""
ROUNDS, PAIRS = 7, 6
"""The mirrors are placed in so many rounds of so many pairs each, around x and around the boundary point."""
UNEVEN, NARROWER, CAREFUL = 0.2, 0.6, 0.3
"""Where one side has less than the first share around the boundary point, the width is multiplied by the second number,
and the mirror moves by the third of what the share says."""
CALMER = 0.75
"""Each round moves the mirrors by this share of what the one before would have."""
ROWS_OF_MIRRORS = ROUNDS * PAIRS * 4
"""So many rows place them: pairs of rows around x and around the boundary point."""


@dataclass(frozen=True, eq=False)
class Mirror:
    """Where pairs are drawn.

    u: (r), s: (f) the boundary point. normal: (r) unit, of its reals; 0 where none moved. width: standard deviation.
    offsets: of the mirror along the normal, for the pairs around x and for those around the point.
    """

    u: FloatArray
    s: IntArray
    normal: FloatArray
    width: float
    offsets: tuple[float, float]


def pairs(
    space: Space, mirror: Mirror, n: int, at_point: bool, generator: np.random.Generator
) -> tuple[FloatArray, IntArray]:
    """Points of n pairs (2n, r) and (2n, f), the members of a pair one after the other; not rounded yet.

    The first member of a pair has x's states, the second those of the boundary point, but for changes by chance.
    """
    normal = mirror.normal
    foot = mirror.u + mirror.offsets[int(at_point)] * normal
    first = mirror.width * generator.standard_normal((n, len(mirror.u))) + (foot if at_point else 0.0)
    if at_point:  # x's side first, so that the states of the pair fit its sides
        beyond = (first - foot) @ normal
        first = first - 2 * np.outer(np.maximum(beyond, 0.0), normal)
    second = first - 2 * np.outer((first - foot) @ normal, normal)
    if not normal.any():  # no direction in the reals: mirrored at the centre
        second = 2 * (foot if at_point else 0.0 * foot) - first
    u = np.stack([first, second], axis=1).reshape(2 * n, -1)
    s = np.tile(np.stack([np.zeros_like(mirror.s), mirror.s]), (n, 1))
    return u, _changed(space, s, generator)


def _changed(space: Space, s: IntArray, generator: np.random.Generator) -> IntArray:
    """Switches changed with probability `CHANGED` to another state by its local share; values missing as in a Ball."""
    shares = local_shares(space.geometry)
    for switch, part in enumerate(space.switch_parts):
        chances, which = generator.random(len(s)), generator.random(len(s))
        if space.switches[switch].kind == "known":
            missing = chances < np.clip(shares.missing[part], *MISSING)
            s[:, switch] = np.where(missing, 1 - s[:, switch], s[:, switch])
            continue
        for state in np.unique(s[:, switch]):
            others = shares.states[part].copy()
            others[state] = 0.0
            rows = np.flatnonzero((s[:, switch] == state) & (chances < CHANGED))
            if others.any() and len(rows):
                s[rows, switch] = drawn(others, which[rows])
                chances[rows] = 1.0
    return s


def place_mirrors(ledger: Ledger, mirror: Mirror, generator: np.random.Generator) -> Search[Mirror]:
    """Find the width and the two offsets at which both decisions come up about equally often.

    A boundary that bends away within the width leaves one side nearly empty: the width shrinks until both sides are
    there. Then each mirror moves along the normal by what the normal quantile of the share says, less in every round
    (Robbins & Monro 1951).
    """
    gain, short, beyond = 1.0, -np.inf, np.inf
    for _ in range(ROUNDS):
        if not mirror.normal.any() or ledger.left < 4 * PAIRS:
            return mirror
        around_x = yield from _flipped(ledger, mirror, False, generator)
        around_point = yield from _flipped(ledger, mirror, True, generator)
        share, width, (at_x, at_point) = float(around_point.mean()), mirror.width, mirror.offsets
        at_x += _shift_at_x(mirror, gain * width, float(around_x[0::2].mean()), float(around_x[1::2].mean()))
        short, beyond = (max(short, at_point), beyond) if share < 0.5 else (short, min(beyond, at_point))
        if UNEVEN <= share <= 1 - UNEVEN:
            at_point -= gain * width * _quantile(share)
            gain *= CALMER
        elif short < beyond and np.isfinite(beyond - short):  # too far one way, then the other: in between
            at_point = (short + beyond) / 2
        else:
            at_point -= CAREFUL * width * _quantile(share)
            width *= NARROWER
        most = 0.5 * float(np.linalg.norm(mirror.u))
        offsets = float(np.clip(at_x, -most, most)), float(np.clip(at_point, -most, most))
        mirror = Mirror(mirror.u, mirror.s, mirror.normal, width, offsets)
    return mirror


def _shift_at_x(mirror: Mirror, width: float, first: float, second: float) -> float:
    """How far to move the mirror of the pairs around x, from the flipped shares of their first and second members.

    The second members move by twice the shift, and must make up for the first, which stay. Where they flip too rarely
    they may lie short of the boundary or beyond the far side of a narrow region: only near the boundary point do they
    surely flip, so that the mirror moves half of the way to where it sends x there.
    """
    if first + second < 2 * UNEVEN + 0.5:
        distance, (at_x, at_point) = float(np.linalg.norm(mirror.u)), mirror.offsets
        return 0.5 * (0.5 * (at_point + mirror.width - distance) - at_x)
    return 0.5 * width * (_quantile(1 - first) - _quantile(second))


def _flipped(ledger: Ledger, mirror: Mirror, at_point: bool, generator: np.random.Generator) -> Search[FloatArray]:
    places = yield from ledger.ask(*pairs(ledger.space, mirror, PAIRS, at_point, generator), clip=False)
    return (ledger.margins[places] <= 0).astype(np.float64)


def _quantile(share: float) -> float:
    """The standard normal quantile, of a share kept off 0 and 1."""
    return NormalDist().inv_cdf(min(max(share, 0.06), 0.94))


def balanced(geometry: TableGeometry, crossing: Crossing, n: int, generator: np.random.Generator) -> Draw:
    """Draw n rows in pairs, which are the blocks: around x and around the boundary point in turn."""
    space = Space(geometry)
    mirror = _mirror_of(space, crossing)
    count = (n + 3) // 4
    drawn_pairs = [pairs(space, mirror, count, at_point, generator) for at_point in (False, True)]
    u, s = (
        np.stack([one.reshape(count, 2, -1) for one in both], axis=1).reshape(4 * count, -1)[:n]
        for both in zip(*drawn_pairs, strict=True)
    )
    values = space.rows(space.legal(u, s, clip=False), s)
    return Draw(values, np.full(n, 1.0 / n), np.arange(n) // 2)


def _mirror_of(space: Space, crossing: Crossing) -> Mirror:
    """The mirror that a crossing tells of."""
    if not crossing.found:
        nowhere = np.zeros(len(space.reals)), np.zeros(len(space.switches), dtype=np.int64)
        return Mirror(*nowhere, nowhere[0], crossing.width, (0.0, 0.0))
    normal = crossing.normal[space.real_parts]
    length = float(np.linalg.norm(normal))
    return Mirror(
        *space.point(crossing.outside),
        normal / length if length > 0 else normal,
        crossing.width,
        crossing.offsets,
    )
