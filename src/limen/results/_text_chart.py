"""A curve by lag drawn with letters, and bars of signed shares, for terminals of 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import numpy as np

from limen._types import FloatArray
from limen.results._flow_lags import FALL, TEN, Curve, curve, floor_of
from limen.results._flow_words import power_of_ten, signed_percent

COLUMNS, ROWS = 66, 13
BAR = 40
SEEN = 5e-4
"""A share that is written as 0.0 %."""
MIDDLE, RANGE, LEVEL, FLOOR = "●", "░", "┄", "╌"
Row = Callable[[float], int]


def norm_chart(values: FloatArray, horizon: float, dtype: str) -> list[str]:
    """Lines of a chart of ln norms (lags, samples) on a scale of powers of ten; none if nothing in it is finite.

    The level of the horizon is drawn as a broken line, the horizon itself as ▲ below the axis, and the floor of the
    number type, where it lies within the chart, as a second line.
    """
    found = _columns(values)
    finite = np.concatenate([part[np.isfinite(part)] for part in (found.low, found.middle, found.high)])
    if not len(finite):
        return []
    bottom, top = float(np.floor(finite.min())), float(np.ceil(finite.max()))
    top = top if top > bottom else bottom + 1
    grid = [[" "] * COLUMNS for _ in range(ROWS)]

    def row(decades: float) -> int:
        return round((top - max(min(decades, top), bottom)) / (top - bottom) * (ROWS - 1))

    legend = [f"{MIDDLE} median"] + [f"{RANGE} range over samples"] * (values.shape[1] > 1)
    levels = [(LEVEL, float(found.middle[0]) + FALL / TEN, "a thousandth of lag 0")]
    floor = floor_of(dtype)
    levels += [(FLOOR, floor[1] / TEN, f"below it {floor[0]} reads 0")] if floor else []
    for mark, decades, name in levels:
        if np.isfinite(decades) and bottom <= decades <= top:
            grid[row(decades)] = [mark] * COLUMNS
            legend.append(f"{mark} {name}")
    _draw(grid, row, found, bottom)
    keys = textwrap.wrap("  ".join(key.replace(" ", "\N{NO-BREAK SPACE}") for key in legend), COLUMNS)
    return [*_framed(grid, top, bottom), *_axis(len(values), horizon), *(f"{'':11}{line}" for line in keys)]


def _columns(values: FloatArray) -> Curve:
    """The curve in powers of ten, with a point for each column; between two lags it is drawn straight."""
    found = curve(values / TEN, COLUMNS)
    if len(found.places) == COLUMNS or len(found.places) < 2:
        return found
    places = np.linspace(0, len(values) - 1, COLUMNS)
    below = np.floor(places).astype(np.int64)
    above, part = np.ceil(places).astype(np.int64), places - below

    def between(points: FloatArray) -> FloatArray:
        with np.errstate(invalid="ignore"):  # between a number and -inf there is nothing to draw
            whole = points[below] + part * (points[above] - points[below])
        return np.asarray(np.where(part == 0, points[below], whole))

    return Curve(below, between(found.middle), between(found.low), between(found.high))


def _draw(grid: list[list[str]], row: Row, found: Curve, bottom: float) -> None:
    count = len(found.places)
    for index, (low, middle, high) in enumerate(zip(found.low, found.middle, found.high, strict=True)):
        if not np.isfinite(high):
            continue
        column = index * (COLUMNS - 1) // max(count - 1, 1)
        for line in range(row(high), row(low if np.isfinite(low) else bottom) + 1):
            grid[line][column] = RANGE
        if np.isfinite(middle):
            grid[row(middle)][column] = MIDDLE


def _framed(grid: list[list[str]], top: float, bottom: float) -> list[str]:
    """The rows of the chart with the powers of ten at which some of them stand."""
    step = (top - bottom) / (ROWS - 1)
    lines = []
    for index, letters in enumerate(grid):
        decades = top - index * step
        named = index in (0, ROWS // 2, ROWS - 1) and abs(decades - round(decades)) <= step / 2
        label = power_of_ten(round(decades)) if named else ""
        lines.append(f"{label:>9} {'┤' if label else '│'}{''.join(letters)}".rstrip())
    return lines


def _axis(lags: int, horizon: float) -> list[str]:
    """The axis of lags with its ends, and the horizon as a pointer with its number."""
    lines = [f"{'':10}└{'─' * COLUMNS}"]
    if np.isfinite(horizon) and horizon < lags:
        place = round(horizon * (COLUMNS - 1) / max(lags - 1, 1))
        told = f"horizon {horizon:,.1f}".removesuffix(".0")
        right = place + len(told) + 2 <= COLUMNS
        lines.append(f"{'':{11 + place if right else 9 + place - len(told)}}{f'▲ {told}' if right else f'{told} ▲'}")
    ends = f"0{f'{lags - 1:,}':>{COLUMNS - 1}}" if lags > 1 else "0"
    return [*lines, f"{'lag':>9}  {ends}"]


def share_bars(shares: FloatArray) -> list[str]:
    """Shares (lags) in stretches that double, each as a signed percentage with a bar, hollow where negative.

    Stretches at the end whose shares would read 0.0 % are told as one.
    """
    rows = _stretches(shares)
    wide = max(len(name) for name, _ in rows)
    largest = max(1.0, *(abs(share) for _, share in rows))
    lines = []
    for name, share in rows:
        run = round(BAR * abs(share) / largest) * ("█" if share > 0 else "░")
        lines.append(f"  lag {name:>{wide}}  {signed_percent(share):>9}  {run}".rstrip())
    return lines


def _stretches(shares: FloatArray) -> list[tuple[str, float]]:
    starts = [0]
    while max(starts[-1] + 1, 2 * starts[-1]) < len(shares):
        starts.append(max(starts[-1] + 1, 2 * starts[-1]))
    sums = [float(shares[start:stop].sum()) for start, stop in zip(starts, [*starts[1:], len(shares)], strict=True)]
    while len(starts) > 1 and abs(sums[-1]) < SEEN and abs(sums[-2]) < SEEN:
        starts.pop()
        sums[-2:] = [sums[-2] + sums[-1]]
    stops = [*starts[1:], len(shares)]
    names = [
        f"{start:,} … {stop - 1:,}" if stop > start + 1 else f"{start:,}"
        for start, stop in zip(starts, stops, strict=True)
    ]
    return list(zip(names, sums, strict=True))
