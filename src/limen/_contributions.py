"""What each part of a table row adds: f(x) less the mean answer where this part alone is drawn from the background.

Source: Robnik-Šikonja, Kononenko, Explaining Classifications For Individual Instances, IEEE TKDE 2008 (prediction
difference). Where the background has too many values of a part, some are asked: numbers at ranks that are closer
towards both ends, with a curve between them; of other states the commonest, and a random sample of the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from limen._between import N_GAP, Bent, between
from limen._geometry import Part, TableGeometry
from limen._types import BoolArray, FloatArray, IntArray
from limen.results import Estimates
from limen.surrogates import reach

LARGEST_SHARE = 0.25
"""Of the budget, the most that is spent on contributions."""
FEWEST_VALUES = 4
"""Fewer say nothing about what lies between them: a hump between two ends would be called a flat line."""
MANY, MANY_SHARE = 30, 0.41
"""Of so many parts, the fewest values each may cost this share of the budget; a line needs about as much again."""
MOST_VALUES = 16
"""More values of a part hardly narrow the interval."""
CROWDED = 0.75
"""How far ranks of the numbers that are asked go from even (0) to cosines (1), which are close where a column's tails
are long: there a smooth model changes most. A step is then told by up to a fifth less well."""

Asked = tuple[FloatArray, FloatArray, FloatArray, BoolArray]
"""States (k, columns of the part), their weights, the gaps behind them (19, k), and which were drawn at random."""


@dataclass(frozen=True, eq=False)
class Swaps:
    """Rows in which one part alone has another value, part by part.

    values: (n, m). parts: (n) whose value is another one. weights: (n) sum to 1 for each part. gaps: (19, n) what lies
    between this value and the next one of the part in the background, as `_between.between` tells it; 0 where nothing
    does. random: (n) True for rows that were drawn at random.
    """

    values: FloatArray
    parts: IntArray
    weights: FloatArray
    gaps: FloatArray
    random: BoolArray

    def contributions(self, answers: FloatArray, whole: float, d: int) -> Estimates:
        """Contributions (d) from answers (n) and f(x); parts without rows never change and add 0.

        Their errors are those of what was not asked: 0 where every state was. Numbers between two that were asked lie
        on a curve, and the answers may step as far as they surprise it (`_between.Bent`), anywhere within the share of
        the background between the two. The interval is that of the step, whose middle need not lie on the curve: its
        arms are then unequal, and the standard error is that around the value. What swings between two of the numbers
        and back is not seen.
        """
        curve = Bent.of(answers, self.gaps)
        values = np.bincount(self.parts, self.weights * (whole - answers) - curve.lifted, d).astype(np.float64)
        errors, factor = curve.errors(self.parts, d)
        gaps = np.bincount(self.parts, self.gaps[0] > 0, d)
        degrees = np.where(gaps > 0, gaps, np.inf)  # so many changes tell how much to expect of one
        for part in np.unique(self.parts[self.random]).tolist():
            rows = self.parts == part
            drawn = rows & self.random
            # States have no order, so that the commonest also tell how much the others differ.
            spread = max(float(np.std(answers[drawn], ddof=1)), float(np.std(answers[rows], ddof=1)))
            errors[part] = self.weights[drawn].sum() * spread / np.sqrt(drawn.sum())
            degrees[part] = drawn.sum() - 1
        asked_in_part = np.bincount(self.parts, (self.gaps[1] > 0) | self.random, d) > 0
        errors = np.where(asked_in_part, np.maximum(errors, np.finfo(np.float64).tiny), errors)  # never called exact
        width = reach(degrees) * factor * errors
        shift = -np.bincount(self.parts, curve.shifts, d)
        low, high = np.minimum(shift - width, 0.0), np.maximum(shift + width, 0.0)
        return Estimates(values, np.hypot(errors, shift), values + low, values + high)


class Reference:
    """What the numbers of the background ask, found once for all rows that are explained together."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, int], Asked] = {}
        self._ends: tuple[FloatArray, FloatArray] | None = None

    def ends(self, geometry: TableGeometry) -> tuple[FloatArray, FloatArray]:
        """The least and the greatest known value of each numeric column of the background."""
        if self._ends is None:
            known = geometry.background[:, geometry.numeric]
            self._ends = np.fmin.reduce(known, axis=0), np.fmax.reduce(known, axis=0)
        return self._ends

    def even(self, geometry: TableGeometry, column: int, each: int) -> Asked:
        """At most `each` known values that stand for those of a column of the background."""
        if (column, each) not in self._found:
            values = geometry.background[:, column]
            self._found[column, each] = _even(np.sort(values[~np.isnan(values)]), each)
        return self._found[column, each]


def swaps_of(
    geometry: TableGeometry, budget: int, generator: np.random.Generator, reference: Reference
) -> Swaps | None:
    """Rows that tell the contributions for at most a quarter of the budget; None where it does not pay for them.

    Of many parts the fewest values are taken where they leave enough of the budget; their errors tell it.
    """
    moving = [place for place, part in enumerate(geometry.parts) if part.kind != "fixed"]
    each = min(MOST_VALUES, int(LARGEST_SHARE * budget) // max(len(moving), 1) // 2 * 2)
    if not moving or (
        each < FEWEST_VALUES and (len(moving) < MANY or FEWEST_VALUES * len(moving) > MANY_SHARE * budget)
    ):
        return None
    each = max(each, FEWEST_VALUES)
    found = [_asked(geometry, geometry.parts[place], each, generator, reference) for place in moving]
    counts = [len(states) for states, *_ in found]
    values = np.repeat(geometry.origin[None], sum(counts), axis=0)
    start = 0
    for place, (states, *_) in zip(moving, found, strict=True):
        values[start : start + len(states), list(geometry.parts[place].columns)] = states
        start += len(states)
    weights, gaps, random = (np.concatenate([one[number] for one in found], axis=-1) for number in (1, 2, 3))
    return Swaps(values, np.repeat(np.array(moving), counts), weights, gaps, random)


def _asked(
    geometry: TableGeometry, part: Part, each: int, generator: np.random.Generator, reference: Reference
) -> Asked:
    """At most `each` states of one part that stand for those of the background."""
    if part.kind == "real":
        return reference.even(geometry, part.columns[0], each)
    if part.kind == "known":  # drawn from the background it is missing as often as there
        gone = float(np.isnan(geometry.background[:, part.columns[0]]).mean())
        return _all(np.array([[np.nan], [geometry.origin[part.columns[0]]]]), np.array([gone, 1.0 - gone]))
    there = part.shares > 0
    states, shares = part.states[there], part.shares[there] / part.shares[there].sum()
    return _all(states, shares) if len(states) <= each else _some(states, shares, each, generator)


def _all(states: FloatArray, shares: FloatArray) -> Asked:
    return states, shares, np.zeros((N_GAP, len(states))), np.zeros(len(states), dtype=np.bool_)


def _some(states: FloatArray, shares: FloatArray, each: int, generator: np.random.Generator) -> Asked:
    """The commonest states, and half of `each` draws from the others by their shares."""
    n_drawn = max(each // 2, 2)
    order = np.argsort(-shares, kind="stable")
    common, others = order[: each - n_drawn], order[each - n_drawn :]
    left = float(shares[others].sum())
    chosen = np.concatenate([common, generator.choice(others, n_drawn, p=shares[others] / left)])
    weights = np.concatenate([shares[common], np.full(n_drawn, left / n_drawn)])
    return states[chosen], weights, np.zeros((N_GAP, each)), np.arange(each) >= len(common)


def _even(column: FloatArray, each: int) -> Asked:
    """Of sorted numbers (N) those at ranks closer towards the ends, both included, and what they tell of the others.

    Where much of the column is one number (no gain, say), the numbers next to it are asked for too, for that is where a
    model may jump.
    """
    places = np.flatnonzero(np.concatenate([[True], column[1:] != column[:-1]]))
    distinct, counts = column[places], np.diff(np.append(places, len(column)))
    if len(distinct) <= each:
        return _all(distinct[:, None], counts / len(column))
    evenly = np.linspace(0.0, 1.0, each)
    ranks = (1.0 - CROWDED) * evenly + CROWDED * (1.0 - np.cos(np.pi * evenly)) / 2.0
    nodes = np.unique(column[np.round(ranks * (len(column) - 1)).astype(np.int64)])
    heaps = np.flatnonzero((counts > len(column) / each) & np.isin(distinct, nodes))
    heaps = heaps[np.argsort(-counts[heaps], kind="stable")]
    beside = distinct[np.clip(heaps[:, None] + np.array([-1, 1]), 0, len(distinct) - 1).ravel()]
    nodes = np.union1d(nodes, beside[~np.isin(beside, nodes)][: each - len(nodes)])
    weights, gaps = between(nodes, distinct, counts)
    return nodes[:, None], weights, gaps, np.zeros(len(nodes), dtype=np.bool_)
