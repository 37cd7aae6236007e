"""The conductor at the boundary: search for it, look around it, and report how the surrogates stand to it."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np

from limen._decision import Decision, decision_of
from limen._few_digits import after_text, in_few_digits
from limen._geometry import Draw, Part, TableGeometry
from limen._neighbourhood import Neighbourhood
from limen._question import Chosen
from limen._row import Row
from limen._run import Ask, Told
from limen._types import BoolArray, FloatArray
from limen.results import Boundary as BoundaryRecord
from limen.results import Change, Estimate, TableInstance, WidthPath
from limen.sampling import Ball, Boundary, Crossing, TableSampler
from limen.surrogates import agreement, polynomials, widened_polynomial

MOST_SEARCHES = 4
"""Searches from other random rays; past these nothing nearer was found on forests and mixed tables."""
FEWEST_ROWS = 60
"""A search with fewer rows finds little."""
FEWEST_LEFT = 2
"""Background rows without gaps; with fewer of them, those with gaps are looked at too."""
AROUND = 1.0
"""Width of the ball that is looked into where no boundary was found."""


@dataclass(frozen=True, eq=False)
class Look:
    """Where the probes are: the law that drew them, and how it was come by."""

    sampler: TableSampler
    draw: Draw
    path: WidthPath | None = None
    decision: Decision | None = None
    crossing: Crossing | None = None
    outside: FloatArray | None = None


def search(row: Row, sampler: Boundary, target: tuple[Chosen, str], first: FloatArray) -> Generator[Ask, Told, Look]:
    """Ask until the nearest change of decision is found, and draw probes on both of its sides."""
    decision = decision_of(
        *target, first.shape[1], row.shared.black_box.classes, row.question.scale, sampler.against, sampler.level
    )
    sign = 1.0 if decision.margins(first)[0] > 0 else -1.0  # x itself may lie where the target loses
    crossing = yield from _nearest(row, sampler, decision, sign)
    if not crossing.found:
        ball = Ball(AROUND)
        return Look(ball, ball.draw(row.geometry, row.probes(), row.generator), None, decision, crossing)
    readable = yield from in_few_digits(row, decision, sign, crossing)
    outside = yield from row.ask(readable.outside[None])  # known already, so that it costs no row
    draw = sampler.draw(row.geometry, row.probes(), row.generator, crossing)
    return Look(sampler, draw, None, decision, readable, outside[0])


def _nearest(row: Row, sampler: Boundary, decision: Decision, sign: float) -> Generator[Ask, Told, Crossing]:
    """The nearest of what several searches find, for as long as the share of the budget pays for one more like them."""
    geometry = _without_gaps(row)
    left = _affordable(row, sampler) * sampler.share
    best: Crossing | None = None
    spent = 0
    for _ in range(MOST_SEARCHES):
        steps = sampler.search(geometry, max(1, int(left / sampler.share)), row.generator)
        values = next(steps)
        while True:
            outputs = yield from row.ask(values)
            try:
                values = steps.send(sign * decision.margins(outputs))
            except StopIteration as finished:
                found: Crossing = finished.value
                break
        spent += found.spent
        left -= found.spent
        best = found if best is None or found.distance < best.distance else best
        if not found.found or left < max(found.spent, FEWEST_ROWS):
            break
    assert best is not None
    return dataclasses.replace(best, spent=spent)


def _without_gaps(row: Row) -> TableGeometry:
    """The same row among the background rows that miss no value which it has: no person can make a value go missing."""
    geometry = row.geometry
    codes = np.array([np.nan if column.numeric else len(column.categories) for column in row.instance.columns])

    def missing(values: FloatArray, columns: slice | list[int] = slice(None)) -> BoolArray:
        found: BoolArray = np.isnan(values) | (values == codes[columns])
        return found

    kept: Any = np.logical_not(missing(geometry.background) & ~missing(geometry.origin)).all(axis=1)
    if kept.sum() < FEWEST_LEFT:
        kept = np.ones(len(geometry.background), dtype=np.bool_)
    parts = []
    for part in geometry.parts:
        if part.kind == "known":
            parts.append(Part("fixed", ()))
        elif part.kind == "flip":
            columns = list(part.columns)
            stays = np.logical_not(missing(part.states, columns) & ~missing(geometry.origin[columns], columns))
            there = stays.all(axis=1) | kept.all()
            numbers = np.cumsum(there) - 1
            states = numbers[part.background_states[kept]]
            parts.append(Part("flip", part.columns, part.states[there], part.shares[there], states))
        else:
            parts.append(part)
    return dataclasses.replace(geometry, background=geometry.background[kept], parts=tuple(parts), memo={})


def _affordable(row: Row, sampler: Boundary) -> int:
    """The budget of which the search takes its share, so that it leaves enough for the probes."""
    row.probes(kept=1)  # raises where not even one row is left for the search
    most = row.left - row.fewest
    return min(row.left, max(1, int(most / sampler.share)))


def boundary_of(row: Row, look: Look, around: Neighbourhood, outputs: FloatArray) -> BoundaryRecord:
    """The record of the boundary; outputs (1 + n, k) are those of x and of the probes."""
    decision, crossing = look.decision, look.crossing
    assert decision is not None
    assert crossing is not None
    margins = decision.margins(outputs)
    design, basis = around.design, around.basis
    line, quadratic = (agreement(margins[1:], design, basis, second_order=second) for second in (False, True))
    first, second = polynomials(margins[1:], design, basis)
    inside = bool(margins[0] > 0)
    other = decision.rival or ("another class" if inside else decision.name)
    if look.outside is not None:
        other = decision.sides(look.outside, not inside)
    low, high = crossing.bracket
    found = crossing.found
    return BoundaryRecord(
        found=found,
        reason=crossing.reason,
        side=decision.sides(outputs[0], inside),
        other=other,
        distance=Estimate(crossing.distance, 0.0, low, high) if found else Estimate(*[float("nan")] * 4),
        point=crossing.outside,
        changes=_changes(row.instance, row.geometry, crossing.outside) if found else (),
        direction=crossing.normal,
        searched=crossing.searched,
        rows=crossing.spent,
        line=line,
        quadratic=quadratic,
        threshold=decision.threshold,
        line_margin=widened_polynomial(first, around.varied),
        quadratic_margin=None if second is None else widened_polynomial(second, around.varied),
    )


def _changes(instance: TableInstance, geometry: TableGeometry, after: FloatArray) -> tuple[Change, ...]:
    """The columns in which a row differs from x, the largest move first, categories among them as one."""
    origin = geometry.origin
    same = (after == origin) | (np.isnan(after) & np.isnan(origin))
    found = []
    for column in np.flatnonzero(~same).tolist():
        moved = (after[column] - origin[column]) / geometry.scales[column] if geometry.numeric[column] else np.nan
        found.append(
            Change(
                instance.columns[column].name,
                instance.value_text(column, float(origin[column])),
                after_text(instance, column, float(after[column])),
                None if np.isnan(moved) else float(moved),
            )
        )
    return tuple(sorted(found, key=lambda change: -abs(1.0 if change.moved is None else change.moved)))
