"""The nearest flip in numbers that can be read and typed: few digits, no needless change, and still a flip."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator

import numpy as np

from limen._decision import Decision
from limen._geometry import TableGeometry
from limen._row import Row
from limen._run import Ask, Told
from limen._types import FloatArray
from limen.results import TableInstance
from limen.sampling import Crossing

DIGITS = (2, 3, 4, 5, 6)
"""Significant digits of a move that are tried."""
SMALL = 0.03
"""A move of so few standard deviations is left out where the answer flips without it."""
FARTHER = 1.005
"""How much farther the readable row may be."""
SIGNIFICANT = 12
"""Digits beyond these are rounding; the text of a value has no more, so that what is read is what was asked."""


def in_few_digits(row: Row, decision: Decision, sign: float, crossing: Crossing) -> Generator[Ask, Told, Crossing]:
    """The crossing with its flipped row in the fewest digits that still flip it, about as near; or as it is."""
    geometry = row.geometry
    tried = [_rounded(geometry, crossing, digits, small) for digits in DIGITS for small in (SMALL, 0.0)]
    values = np.array([typed(one) for one in tried])
    if row.left - row.fewest < len(values):
        return crossing
    outputs = yield from row.ask(values)
    flipped = sign * decision.margins(outputs) <= 0
    distances = _distances(geometry, values)
    good = np.flatnonzero(flipped & (distances <= FARTHER * crossing.distance))
    if not len(good):
        return crossing
    best = int(good[0])
    distance = float(distances[best])
    low = min(crossing.bracket[0], distance)
    return dataclasses.replace(crossing, outside=values[best], distance=distance, bracket=(low, distance))


def _rounded(geometry: TableGeometry, crossing: Crossing, digits: int, small: float) -> FloatArray:
    """The flipped row (m), each free number rounded away from x; moves of fewer than `small` deviations undone."""
    after, origin = crossing.outside.copy(), geometry.origin
    moves = np.where(geometry.numeric, after - origin, 0.0)
    moves = np.where(np.isnan(moves), 0.0, moves)
    after = np.where((moves != 0) & (np.abs(moves) < small * geometry.scales), origin, after)
    free = (moves != 0) & (geometry.steps == 0) & (after != origin)
    grain = 10.0 ** (np.floor(np.log10(np.where(free, np.abs(moves), 1.0))) - digits + 1)
    outward = np.where(moves > 0, np.ceil(after / grain), np.floor(after / grain)) * grain
    low, high = np.nanmin(geometry.background, axis=0), np.nanmax(geometry.background, axis=0)
    inside = (outward >= np.minimum(low, origin)) & (outward <= np.maximum(high, origin))
    return np.where(free & inside, outward, after)


def typed(values: FloatArray) -> FloatArray:
    """The same numbers as they are read back from their text."""
    return np.array([float(f"{value:.{SIGNIFICANT}g}") for value in values.tolist()])


def after_text(instance: TableInstance, column: int, value: float) -> str:
    """A value of the flipped row, to the last digit: typed in, it flips the answer."""
    if instance.columns[column].kind != "number" or np.isnan(value):
        return instance.value_text(column, value)
    return f"{value:,.{SIGNIFICANT}g}" if abs(value) >= 10_000 else f"{value:.{SIGNIFICANT}g}"


def _distances(geometry: TableGeometry, values: FloatArray) -> FloatArray:
    """Distances (n) from x: standard deviations, and 1 for each part that is no longer as in x."""
    points = geometry.coordinates(values)
    moved = np.where(geometry.reals, points, 1.0 - points)
    distances: FloatArray = np.sqrt((moved**2).sum(axis=1))
    return distances
