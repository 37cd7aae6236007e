"""The heat map of a GradientFlow, thinned and with the reach of each step's loss; and its HTML figure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from limen._types import FloatArray, IntArray
from limen.results import _ticks
from limen.results._flow_lags import FALL, LEAST, TEN
from limen.results._flow_words import from_log
from limen.results._svg import SIZE, Axis, Frame, chart, figure
from limen.results.flow import HeatMap

CELLS, SHADES = 48, 12
TIMES = 5
"""Reaches that are shown where columns are lags: the shades' twelve powers of ten are four, if the fall is steady."""
DECADES = 12
"""Powers of ten that the shades tell apart; what is smaller has the lightest."""


@dataclass(frozen=True)
class Map:
    """What is drawn of a heat map. values: (S, C) natural logarithms; steps: (S) down the side.

    by_lag: whether the columns are lags t - k (k - t where the layer reads backwards), as in sequences in which the
    reach of every loss is short, or the steps k. heard: (S) how far each loss hears, as a column.
    """

    values: FloatArray
    steps: IntArray
    by_lag: bool
    heard: FloatArray

    @property
    def across(self) -> str:
        """What the columns are."""
        return "lag: steps between state and loss" if self.by_lag else "k: step of the state"


@dataclass(frozen=True)
class Cells:
    """The largest of each block of a map, in powers of ten; -inf where all are 0.

    values: (rows, columns). down, across: (rows + 1), (columns + 1) where the blocks end, in steps or lags.
    """

    values: FloatArray
    down: FloatArray
    across: FloatArray


def map_of(heat: HeatMap, reverse: bool) -> Map:
    """The map over steps k, or, where that would be a thin line along the diagonal, over lags."""
    heard, steps = reach(heat, reverse), heat.log_norms.shape[1]
    lags = np.nan_to_num(np.abs(heat.steps - heard))
    window = max(LEAST, TIMES * (int(lags.max()) + 1))
    if steps <= 2 * window:
        return Map(heat.log_norms, heat.steps, False, heard)
    columns = heat.steps[:, None] + (1 if reverse else -1) * np.arange(window)
    inside = (columns >= 0) & (columns < steps)
    values = np.take_along_axis(heat.log_norms, np.clip(columns, 0, steps - 1), axis=1)
    return Map(np.where(inside, values, -np.inf), heat.steps, True, np.abs(heat.steps - heard))


def cells(shown: Map, most: int) -> Cells:
    """Thin a map to at most `most` rows and columns."""
    rows, columns = (_edges(length, most) for length in shown.values.shape)
    known = np.where(np.isnan(shown.values), -np.inf, shown.values) / TEN
    blocks = np.maximum.reduceat(np.maximum.reduceat(known, rows[:-1], axis=0), columns[:-1], axis=1)
    steps = shown.steps.astype(np.float64)
    ends = np.concatenate([[steps[0] - 0.5], 0.5 * (steps[1:] + steps[:-1]), [steps[-1] + 0.5]])
    return Cells(blocks, ends[rows], np.asarray(columns - 0.5, dtype=np.float64))


def _edges(length: int, most: int) -> IntArray:
    return np.unique(np.linspace(0, length, min(length, most) + 1).round().astype(np.int64))


def reach(heat: HeatMap, reverse: bool) -> FloatArray:
    """(S) the state k furthest from step t that its loss hears with a thousandth of what it hears of state t.

    Counted without a gap from t; nan where nothing is heard.
    """
    found = np.full(len(heat.steps), np.nan)
    for row, step in enumerate(heat.steps):
        norms = heat.log_norms[row, step:] if reverse else heat.log_norms[row, step::-1]
        if len(norms) and np.isfinite(norms[0]):
            below = np.flatnonzero(norms < norms[0] + FALL)
            lag = (below[0] if len(below) else len(norms)) - 1
            found[row] = step + lag if reverse else step - lag
    return found


def ends_of(values: FloatArray) -> tuple[float, float] | None:
    """The ends of the shades in powers of ten, at most DECADES apart; None if every value is 0."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return None
    high = float(np.ceil(finite.max() * 4) / 4)
    low = max(float(np.floor(finite.min() * 4) / 4), high - DECADES)
    return (low, high) if high > low else (high - 1, high)


def heat_figure(heat: HeatMap, reverse: bool) -> str:
    """The map: the state's step k, or the lag, across and the loss's step t downwards; empty if every value is 0."""
    shown = map_of(heat, reverse)
    found = cells(shown, CELLS)
    ends = ends_of(found.values)
    if ends is None:
        return ""
    left, right, top, bottom = (float(edge) for edge in (*found.across[[0, -1]], *found.down[[0, -1]]))
    frame = Frame(
        Axis(left, right, _ticks.whole(0, right), shown.across),
        Axis(bottom, top, _ticks.whole(max(top, 0), bottom, 5)),
    )
    marks = _shades(found, frame, ends)
    marks.append(frame.line(shown.heard, np.where(np.isnan(shown.heard), np.nan, shown.steps), 2))
    low, high = ends
    told = [(SHADES, high), (SHADES // 2, low + (high - low) * (SHADES // 2 - 1) / (SHADES - 1)), (1, low)]
    keys = [(f"cell-{shade}", from_log(value * TEN)) for shade, value in told]
    keys += [("empty", "exactly 0"), ("curve-2", "as far as a thousandth of ‖∂E_t/∂h_t‖ is heard")]
    caption = "‖∂E_t/∂h_k‖: how strongly the loss of step t (downwards) hears the state of step k"
    return figure(caption, keys, chart(frame, marks, caption, kind="limen-square"))


def _shades(found: Cells, frame: Frame, ends: tuple[float, float]) -> list[str]:
    """One path for each shade, with all its cells."""
    low, high = ends
    depth = np.clip((found.values - low) / (high - low), 0, 1)
    paths: dict[int, str] = {}
    across = [f"{SIZE * frame.x.share(float(edge)):.1f}" for edge in found.across]
    down = [f"{SIZE * (1 - frame.y.share(float(edge))):.1f}" for edge in found.down]
    for row, column in zip(*np.nonzero(np.isfinite(found.values)), strict=True):
        shade = 1 + round((SHADES - 1) * float(depth[row, column]))
        cell = f"M{across[column]} {down[row]}H{across[column + 1]}V{down[row + 1]}H{across[column]}Z"
        paths[shade] = paths.get(shade, "") + cell
    return [
        f'<path class="limen-cell" fill-opacity="{shade / SHADES:.2f}" d="{path}"/>'
        for shade, path in sorted(paths.items())
    ]
