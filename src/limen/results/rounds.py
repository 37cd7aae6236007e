"""How the model rows were spent: what a proxy saved, the rounds of a tolerance, and which parts are the top ones."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist

import numpy as np

from limen._errors import InputError
from limen._types import FloatArray
from limen.results._record import Record
from limen.results.estimates import Estimates

LEVEL = 0.05
"""Chance that any of the intervals that hold together is wrong."""


@dataclass(frozen=True, eq=False)
class Proxy(Record):
    """What answered for masks that the model was not asked about.

    name: "process" (a Gaussian process that learnt from the model's answers), "twin" (a cheaper model of the same
    task), or "mean", which is no proxy. gain: how many times as many model rows the plain estimate
    would need for the same error, as far as the answers left out tell; 1 for none. twin_rows, twin_seconds: what the
    cheaper model was asked and took.
    """

    name: str
    gain: float
    twin_rows: int = 0
    twin_seconds: float = 0.0


@dataclass(frozen=True, eq=False)
class Round(Record):
    """One round of an explanation with a tolerance.

    rows: model rows so far, of a row of a table as many as it takes alone. too_wide: by how many times the widest
    interval was wider than the tolerance allows; 1 or less is narrow enough; infinite where no tolerance was given, or
    no end is in sight. rows_needed: forecast of the rows in all, since intervals narrow with the root of them; the
    budget is no bound of it. seconds_needed: forecast of the seconds from there on, at the pace so far. tolerance: the
    width of intervals that was asked for, as a share of the largest effect; 0 where none was. top: how many first parts
    were to be decided; 0: none.
    """

    rows: int
    too_wide: float
    rows_needed: float
    seconds_needed: float
    tolerance: float = 0.0
    top: int = 0

    def __str__(self) -> str:
        if self.too_wide <= 1.0:
            return f"{self.rows:,} rows: narrow enough"
        if not math.isfinite(self.too_wide):
            return f"{self.rows:,} of {self.rows_needed:,.0f} rows"
        wide = f"{self.too_wide:.1f}" if self.too_wide >= 1.95 else f"{self.too_wide:.2f}"
        told = f"{self.rows:,} rows: {wide} times too wide"
        if self.rows_needed <= self.rows:
            return f"{told}, and the budget is spent"
        left = f"{self.seconds_needed:,.0f} s" if self.seconds_needed >= 1.0 else "less than 1 s"
        return f"{told}, by the root law {self.rows_needed:,.0f} rows in all and {left} more"


@dataclass(frozen=True, eq=False)
class Ranking(Record):
    """Which parts matter most, and whether that is decided.

    order: all part numbers by falling size of effect. groups: the first `count` places; parts whose order is not
    decided share a place, and the last place has all that may belong to it. decided: the first `count` parts are the
    top ones for sure (95 %, all comparisons together). intervals: those of all effects that hold together (95 %, by
    Bonferroni's rule).
    """

    count: int
    order: tuple[int, ...]
    groups: tuple[tuple[int, ...], ...]
    decided: bool
    intervals: Estimates


def simultaneous(effects: Estimates, comparisons: int) -> FloatArray:
    """How far (d) intervals reach from the value if so many of them are to hold together (Bonferroni's rule)."""
    normal = NormalDist()
    stretch = normal.inv_cdf(1.0 - LEVEL / (2.0 * comparisons)) / normal.inv_cdf(1.0 - LEVEL / 2.0)
    reach: FloatArray = np.maximum(effects.high - effects.values, effects.values - effects.low) * stretch
    return reach


def ranking(effects: Estimates, count: int) -> Ranking:
    """Rank parts by the size of their effects. Raises InputError for a count that is no number of parts.

    Two parts are told apart where their sizes differ by more than both intervals reach together, as if their errors
    had nothing in common; only neighbours count, for who is sure of his neighbour is sure of all beyond.
    """
    d = len(effects)
    if isinstance(count, bool) or not isinstance(count, int | np.integer) or not 1 <= count <= d:
        raise InputError(f"count is {count!r}, expected a whole number from 1 to {d}, the number of parts.")
    sizes = np.abs(effects.values)
    order = np.argsort(-sizes, kind="stable")
    far = simultaneous(effects, min(int(count), d - 1) or 1)
    groups: list[list[int]] = [[int(order[0])]]
    for before, after in pairwise(order):
        apart = sizes[before] - sizes[after] > np.hypot(far[before], far[after])
        placed = sum(map(len, groups))
        if apart and placed >= count:
            break
        if apart:
            groups.append([])
        groups[-1].append(int(after))
    all_far = simultaneous(effects, d)
    together = Estimates(effects.values, effects.standard_errors, effects.values - all_far, effects.values + all_far)
    return Ranking(
        count=int(count),
        order=tuple(int(part) for part in order),
        groups=tuple(tuple(group) for group in groups),
        decided=sum(map(len, groups)) == count,
        intervals=together,
    )
