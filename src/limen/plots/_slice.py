"""What is known of a slice through a table row: two numbers move, all else stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from limen._types import BoolArray, FloatArray
from limen.results import Explanation, Surface, TableInstance, TableProbes
from limen.results._faces import slice_ends, varied_parts
from limen.results._table_text import answer_text

Margin = Callable[[FloatArray], FloatArray]
"""Takes coordinates (n, d), gives numbers (n) that are 0 on the line to be drawn."""
GRID = 121
"""Steps of the grid on which the surrogates are drawn."""


@dataclass(frozen=True, eq=False)
class Slice:
    """Two parts of a table row.

    parts, columns: their numbers. surface: what the model answered there, if that is recorded. values: (n, 2) the
    probes in the columns' own units. near: (n) 1 for a probe that lies in the slice, falling to 0. limits: (2, 2) the
    ends of both axes. origin, flipped: the row, and the nearest row with another decision (2).
    """

    explanation: Explanation
    instance: TableInstance
    parts: tuple[int, int]
    columns: tuple[int, int]
    surface: Surface | None
    values: FloatArray
    near: FloatArray
    limits: FloatArray
    origin: FloatArray
    flipped: FloatArray | None

    @property
    def whole(self) -> bool:
        """Whether nothing but the two parts varies, so that every probe lies in the slice."""
        varied = np.flatnonzero(varied_parts(self.explanation))
        return set(varied.tolist()) <= set(self.parts)

    def coordinates(self, values: FloatArray) -> FloatArray:
        """The coordinates (n, d) of the row with these values (n, 2) in the two columns."""
        rows = np.repeat(self.instance.origin[None], len(values), axis=0)
        rows[:, list(self.columns)] = values
        return self.instance.coordinates(rows)

    def grid(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Axes (GRID) and (GRID), and the coordinates (GRID * GRID, d), the first column varying fastest."""
        first, second = (np.linspace(low, high, GRID) for low, high in self.limits.tolist())
        across, up = np.meshgrid(first, second)
        return first, second, self.coordinates(np.stack([across.ravel(), up.ravel()], axis=1))


def slice_through(explanation: Explanation, parts: tuple[int, int]) -> Slice:
    """Collect what is known."""
    instance, probes = explanation.instance, explanation.probes
    assert isinstance(instance, TableInstance)
    assert isinstance(probes, TableProbes)
    columns = (instance.parts[parts[0]].columns[0], instance.parts[parts[1]].columns[0])
    fitting = (one for one in explanation.surfaces if set(one.features) == set(parts))
    surface = next((_turned(one, parts) for one in fitting), None)
    values, origin = probes.values[1:, list(columns)], instance.origin[list(columns)]
    boundary = explanation.boundary
    flipped = boundary.point[list(columns)] if boundary is not None and boundary.found else None
    if flipped is not None and np.isnan(flipped).any():
        flipped = None
    ends = slice_ends(explanation, parts)
    if surface is not None:
        ends = np.array([[axis[0], axis[-1]] for axis in (surface.first, surface.second)])
    near = _nearness(probes.points, parts)[1:]
    return Slice(explanation, instance, parts, columns, surface, values, near, ends, origin, flipped)


def _turned(surface: Surface, parts: tuple[int, int]) -> Surface:
    """The surface with its axes in the order that is asked for."""
    if surface.features == parts:
        return surface
    return Surface(parts, surface.second, surface.first, surface.answers.T, surface.margins.T, surface.threshold)


def _nearness(points: FloatArray, parts: tuple[int, int]) -> FloatArray:
    """(n) exp(-r² / 2s²), r the distance from the slice in all other coordinates, s its lower quartile."""
    others = np.delete(points - points[0], list(parts), axis=1)
    squared = (others**2).sum(axis=1)
    away = squared[1:][squared[1:] > 0]
    return np.exp(-squared / (2 * float(np.quantile(away, 0.25)))) if len(away) else np.ones(len(points))


@dataclass(frozen=True, eq=False)
class Lines:
    """The surrogates' lines in a slice.

    name: what they are lines of. above: (n) whether each probe lies on the side of larger answers; None where the
    answers do not tell. level: the answer on them, NaN where it is that of a margin. decided: they are lines of the
    decision, on which the model's margin is 0 as well; else all lines are those of the level.
    """

    linear: Margin
    quadratic: Margin | None
    name: str
    above: BoolArray | None
    level: float
    decided: bool


def lines_of(found: Slice) -> Lines:
    """Where line and quadratic change sides: at the decision if it is known, else at a level of the answer."""
    explanation = found.explanation
    boundary, answers = explanation.boundary, explanation.probes.answers[1:]
    if boundary is not None:
        told = np.allclose(boundary.line_margin.slopes, explanation.effects.values, rtol=1e-6, atol=1e-9)
        bent = None if boundary.quadratic_margin is None else boundary.quadratic_margin.at
        above = answers > boundary.threshold if told else None
        return Lines(boundary.line_margin.at, bent, "boundary", above, boundary.threshold if told else np.nan, True)
    level, name, decided = _level(found)
    effects, start = explanation.effects.values, explanation.intercept.value

    def linear(points: FloatArray) -> FloatArray:
        return np.asarray(start + points @ effects - level)

    def quadratic(points: FloatArray) -> FloatArray:
        return explanation.predict(points) - level

    bent = quadratic if explanation.interactions is not None else None
    return Lines(linear, bent, name, answers > level, level, decided)


def _level(found: Slice) -> tuple[float, str, bool]:
    """The level whose lines are drawn, of model and surrogates alike; what it is called; whether it is the decision's.

    It is the decision's where one answer tells it, else one half of a probability, else the answer to the row.
    """
    explanation, surface = found.explanation, found.surface
    if surface is not None and np.isfinite(surface.threshold):
        return surface.threshold, "boundary", True
    usual = {"probability": 0.5, "log-odds": 0.0}.get(explanation.scale)
    usual = 0.0 if explanation.against else usual
    if usual is not None:
        return usual, f"answer of {usual:g}", False
    own = explanation.prediction  # the row lies on the model's own line
    return own, f"answer of {level_text(own, explanation.scale)}", False


def level_text(level: float, scale: str) -> str:
    """A level for the key: "0.5", "4.333"."""
    told = answer_text(level, scale)
    return told.rstrip("0").rstrip(".") if "." in told and "e" not in told else told
