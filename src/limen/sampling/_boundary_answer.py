"""What the search answers: the bracket closed, the mirror of the pairs, the crossing and its reason."""

from __future__ import annotations

import numpy as np

from limen._types import FloatArray
from limen.sampling._boundary_crossing import SWITCH, Crossing
from limen.sampling._boundary_ledger import Ledger, Search
from limen.sampling._boundary_pairs import Mirror
from limen.sampling._boundary_rays import to_points

CLOSED = 0.001
"""The bracket on the line from x to the nearest flip is closed to this share of the distance."""
SAME = 0.02
"""A normal holds for points within this share of the distance from where it was estimated."""
ON_IT = "The row itself lies on the boundary: its own margin is not above 0."
WIDTHS = (0.1, 1.0)
"""The law of the pairs starts with half the distance as standard deviation, less in many columns, so that rows stray
about as far as the boundary lies; kept within these bounds."""


def close(ledger: Ledger) -> Search[int]:
    """Close the bracket on the line from x to the nearest flip; the place of the last row with x's decision."""
    place = ledger.best()
    u, s = ledger.u[[place]], ledger.s[[place]]
    ray = to_points(u, s, np.arange(s.size).reshape(s.shape))
    low, high, inside, gap = 0.0, 1.0, 0, CLOSED
    while high - low > CLOSED * high and ledger.left > 0:
        middle = max(high - gap, high / 2) if low == 0.0 else (low + high) / 2
        answer = int((yield from ledger.ask(*ray.at(np.array([middle]))))[0])
        low, inside = (middle, answer) if ledger.margins[answer] > 0 else (low, inside)
        high = high if ledger.margins[answer] > 0 else middle
        gap *= 4
    return inside


def mirror_of(ledger: Ledger, place: int) -> Mirror:
    """The mirror through a flip: with the normal there where it was estimated, else the direction from x."""
    u, s = ledger.u[place], ledger.s[place]
    length = float(np.linalg.norm(u))
    normal = u / length if length > 0 else np.zeros_like(u)
    for other, found in ledger.normals.items():
        near = np.linalg.norm(ledger.u[other] - u) <= SAME * length and (ledger.s[other] == s).all()
        normal = found if near and found @ u > 0 else normal
    share = min(0.5, 1.0 / np.sqrt(max(len(u), 1)))
    return Mirror(u, s, normal, float(np.clip(share * ledger.nearest, *WIDTHS)), (0.0, 0.0))


def answer(ledger: Ledger, inside: int, mirror: Mirror) -> Crossing:
    """The crossing, from all that was asked; `inside`: the place of the last row with x's decision."""
    found, at_once = ledger.best() >= 0, bool(ledger.margins[0] <= 0)
    outside = max(ledger.best(), 0)
    reason = _nothing(ledger) if not found else ON_IT if at_once else ""
    return Crossing(
        found=found,
        reason=reason,
        inside=ledger.rows[inside],
        outside=ledger.rows[outside],
        distance=ledger.nearest,
        bracket=(float(ledger.distances[inside]) if found else np.inf, ledger.nearest),
        normal=_direction(ledger, outside, mirror),
        searched=float(ledger.distances[ledger.within].max()),
        spent=len(ledger.margins),
        rows=ledger.rows,
        margins=ledger.margins,
        width=mirror.width,
        offsets=mirror.offsets,
    )


def _direction(ledger: Ledger, outside: int, mirror: Mirror) -> FloatArray:
    """The unit direction (d) in the geometry's coordinates: the normal's share of the reals, -1 where one switched."""
    space = ledger.space
    direction = np.zeros(space.geometry.n_parts)
    direction[space.real_parts] = mirror.normal * np.linalg.norm(ledger.u[outside])
    direction[space.switch_parts] = np.where(ledger.s[outside] > 0, -np.sqrt(SWITCH), 0.0)
    length = float(np.linalg.norm(direction))
    return direction / length if length > 0 else direction


def _nothing(ledger: Ledger) -> str:
    """Why nothing was found."""
    space = ledger.space
    if not len(space.reals) and not len(space.switches):
        return "No change of decision can be found, because every column of this row is fixed or constant."
    farthest = float(ledger.distances[ledger.within].max())
    return (
        f"None of the {len(ledger.margins)} rows asked changes the decision, up to {farthest:.3g} standard deviations "
        "from this row and within the background's range; a larger budget or a background with rows of the other "
        "decision may show one."
    )
