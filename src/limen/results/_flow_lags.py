"""What every view of a GradientFlow shows: medians and ranges over samples, by lag, thinned to what an eye can tell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from limen._types import FloatArray, IntArray
from limen.results.flow import LayerFlow

MOST = 240
"""Points of a curve, at most: more than a picture of usual width can tell apart."""
TEN = float(np.log(10))
FALL = float(np.log(1e-3))
"""The fall of the gradient that defines the horizon, as a natural logarithm."""
SETTLED = 0.05
"""Shares whose sum is 1 to within this count as all."""
LEAST = 40
"""Lags that are shown even where all happens in fewer."""
REACH = 18
"""Horizons that are shown of a long sequence: float32's floor, 1e-45, is met at 15 of them if the fall is steady."""
FLOORS = {"float16": 2.0**-24, "bfloat16": 2.0**-133, "float32": 2.0**-149}
"""The smallest numbers above 0 (denormal), by type; below them a gradient reads 0."""


@dataclass(frozen=True)
class Curve:
    """A median with its range at some places (n), all arrays (n). low, high: over samples and the places left out."""

    places: IntArray
    middle: FloatArray
    low: FloatArray
    high: FloatArray


def curve(values: FloatArray, most: int = MOST) -> Curve:
    """Median and range over samples of (T, B), at most `most` rows of it; nan where no sample is left."""
    steps = len(values)
    places = np.unique(np.linspace(0, steps - 1, min(steps, most)).round().astype(np.int64))
    starts = np.append(0, places[:-1] + 1)  # each place stands for itself and what was left out before it
    low, high = np.fmin.reduce(values, axis=1), np.fmax.reduce(values, axis=1)
    return Curve(places, medians(values[places]), np.fmin.reduceat(low, starts), np.fmax.reduceat(high, starts))


def medians(values: FloatArray) -> FloatArray:
    """The median of each row (n) of (n, B), nan apart; infinite values count as values, a row of nan gives nan."""
    ordered = np.sort(values, axis=1)  # nan last
    known = np.count_nonzero(~np.isnan(values), axis=1)
    rows = np.arange(len(values))
    low, high = ordered[rows, np.maximum(known - 1, 0) // 2], ordered[rows, np.minimum(known // 2, values.shape[1] - 1)]
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(known == 0, np.nan, np.where(low == high, low, 0.5 * (low + high))))


def middle_of(values: FloatArray) -> tuple[float, float, float]:
    """Median, least and greatest of (B), nan apart; infinite values count. All nan where nothing is known."""
    known = values[~np.isnan(values)]
    if not len(known):
        return (float("nan"),) * 3
    return float(medians(known[None])[0]), float(known.min()), float(known.max())


def totals(values: FloatArray, most: int) -> tuple[IntArray, FloatArray]:
    """Sums of (T) over at most `most` stretches of equal length: where each begins, (n), and the sums, (n)."""
    width = -(-len(values) // most)
    starts = np.arange(0, len(values), width)
    return starts, np.add.reduceat(values, starts)


def means(values: FloatArray, most: int = MOST) -> tuple[FloatArray, FloatArray]:
    """Means of the finite entries of (T, K) over at most `most` equal stretches: the stretches' middles, the means."""
    width = -(-len(values) // most)
    starts = np.arange(0, len(values), width)
    known = np.isfinite(values)
    counts = np.add.reduceat(known, starts, dtype=np.int64)
    sums = np.add.reduceat(np.where(known, values, 0.0), starts)
    ends = np.minimum(starts + width, len(values))
    middles = np.asarray(0.5 * (starts + ends - 1), dtype=np.float64)
    return middles, np.asarray(np.where(counts > 0, sums / np.maximum(counts, 1), np.nan), dtype=np.float64)


def last_norms(layer: LayerFlow) -> FloatArray:
    """(T, B) ln ‖∂E_T/∂s‖ by lag, s the full state."""
    return layer.last_by_lag


def lag_shares(layer: LayerFlow) -> FloatArray:
    """(T) the signed share of each lag in ∂E/∂W_hh: the mean over samples of the shares in each one's own gradient."""
    by_lag = layer.by_lag(layer.sample_shares)
    known = ~np.isnan(by_lag[0])  # a sample without a gradient has no shares
    if not known.any():
        return np.full(len(by_lag), np.nan)
    return np.asarray(np.nansum(by_lag[:, known], axis=1) / known.sum())


def lags_shown(layer: LayerFlow) -> int:
    """How many lags of a long sequence are worth showing: REACH times as many as the gradient lives, all if it does."""
    norms = last_norms(layer)
    high = np.fmax.reduce(norms, axis=1)
    with np.errstate(invalid="ignore"):
        alive = np.flatnonzero(high > high[0] + FALL)
    window = max(LEAST, REACH * (int(alive[-1]) + 1)) if len(alive) else LEAST
    known = int(np.isfinite(high).sum())
    window = min(window, max(LEAST, known + known // 10))
    return len(norms) if len(norms) <= window + window // 2 else window


def share_reach(layer: LayerFlow) -> int:
    """How many steps, from the one that the layer reads last, hold 95 % of the sum of the shares, and from there on."""
    read_last = layer.shares if layer.reverse else layer.shares[::-1]
    off = np.flatnonzero(np.abs(1 - np.cumsum(read_last)) > SETTLED)
    return min(int(off[-1]) + 2, len(read_last)) if len(off) else 1


def steps_shown(layer: LayerFlow) -> tuple[int, int]:
    """The steps of the input, from and up to, that hold nearly all shares; all of them where that is most of them."""
    steps = len(layer.shares)
    window = max(LEAST, 3 * share_reach(layer))
    window = steps if steps <= window + window // 2 else window
    return (0, window) if layer.reverse else (steps - window, steps)


@dataclass(frozen=True)
class Shares:
    """Shares over time, as far as they matter.

    starts, sums: (n) the first step of each stretch of `width` steps, and what it holds. first, last: the steps shown.
    most: the first and last of the steps, from the one that was read last, that hold 95 % of the sum.
    """

    starts: IntArray
    sums: FloatArray
    width: int
    first: int
    last: int
    most: tuple[int, int]

    @property
    def most_told(self) -> str:
        """Those steps in words."""
        first, last = self.most
        return f"95 % of it: step {last:,}" if first == last else f"95 % of it: steps {first:,} to {last:,}"


def shares_over_time(layer: LayerFlow, most: int) -> Shares:
    """The signed shares of a layer in at most `most` stretches of equal length, and where 95 % of their sum is."""
    start, stop = steps_shown(layer)
    starts, sums = totals(layer.shares[start:stop], most)
    width = int(starts[1] - starts[0]) if len(starts) > 1 else stop - start
    reach, steps = share_reach(layer), len(layer.shares)
    ends = (0, reach - 1) if layer.reverse else (steps - reach, steps - 1)
    return Shares(starts + start, sums, width, start, stop - 1, ends)


def first_zero(values: FloatArray) -> int | None:
    """The first row of (n) from which on every known value is -inf (the gradient exactly 0); None if there is none."""
    known = np.flatnonzero(~np.isnan(values))
    alive = np.flatnonzero(np.isfinite(values))
    start = int(alive[-1]) + 1 if len(alive) else 0
    return start if len(known) and known[-1] >= start else None


def floor_of(dtype: str) -> tuple[str, float] | None:
    """The name and ln of the floor of a number type such as "torch.float32"; None for float64, which has none near."""
    name = dtype.rpartition(".")[2]
    return (name, float(np.log(FLOORS[name]))) if name in FLOORS else None


def other_norms(layer: LayerFlow) -> list[tuple[str, FloatArray]]:
    """What to draw beside `log_last`, with names: ln ‖∂L/∂h_t‖ where it is another, (T, B) in the order of the input.

    Where the loss, or the layer above, hears more steps than one, the part that came through time is told apart.
    """
    if bool(np.all((layer.log_norms == layer.log_last) | np.isnan(layer.log_last))):
        return []
    kind = " (median)" if len(layer.lengths) > 1 else ""
    found = [(f"‖∂L/∂h_t‖{kind}", layer.log_norms)]
    if np.isfinite(layer.by_lag(layer.log_direct)[1:]).any():
        found.append((f"its part through time{kind}", layer.log_through))
    return found
