"""The conductor for pictures: what the model answers where two numbers of a table row move."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from limen._decision import decision_of
from limen._errors import InputError
from limen._geometry import TableGeometry
from limen._question import chosen_of, on_scale
from limen._types import FloatArray
from limen.domains import Table
from limen.models import Composer, predictor
from limen.results import Explanation, Surface, TableInstance
from limen.results._faces import slice_ends, slice_of
from limen.sampling import Boundary

if TYPE_CHECKING:
    from limen._explain import Explainer

FEWEST, MOST = 3, 501


def surfaced(
    question: Explainer, explanation: Explanation, features: Sequence[str | int] | None, steps: int
) -> Explanation:
    """The explanation with one more surface: see `Explainer.with_surface`."""
    if not isinstance(explanation, Explanation):
        raise InputError(f"explanation is of type {type(explanation).__name__}, expected what this Explainer returned.")
    if isinstance(steps, bool) or not isinstance(steps, int | np.integer) or not FEWEST <= steps <= MOST:
        raise InputError(f"steps is {steps!r}, expected a whole number from {FEWEST} to {MOST}; the square is asked.")
    parts = slice_of(explanation, features)
    instance, domain = explanation.instance, question.domain
    assert isinstance(instance, TableInstance)
    if not isinstance(domain, Table):
        raise InputError(f"domain of the Explainer is {domain!r:.60}, expected the limen.Table of this explanation.")
    geometry = domain.geometry(instance)
    columns = tuple(instance.parts[part].columns[0] for part in parts)
    ends = slice_ends(explanation, parts).tolist()
    axes = [_axis(geometry, column, low, high, steps) for column, (low, high) in zip(columns, ends, strict=True)]
    rows = np.repeat(instance.origin[None], len(axes[0]) * len(axes[1]), axis=0)
    rows[:, columns[0]] = np.repeat(axes[0], len(axes[1]))
    rows[:, columns[1]] = np.tile(axes[1], len(axes[0]))
    return _answered(question, explanation, domain, parts, axes, rows)


def _axis(geometry: TableGeometry, column: int, low: float, high: float, steps: int) -> FloatArray:
    """The values (k) of a column from end to end, evenly spaced and on the column's grid."""
    rows = np.repeat(geometry.origin[None], steps, axis=0)
    rows[:, column] = np.linspace(low, high, steps)
    return np.unique(geometry.on_grid(rows)[:, column])


def _answered(
    question: Explainer,
    explanation: Explanation,
    domain: Table,
    parts: tuple[int, int],
    axes: list[FloatArray],
    rows: FloatArray,
) -> Explanation:
    """Ask the model about rows (k1 * k2, m) and put the surface and its cost into the record."""
    scale, sampler = explanation.scale, question.sampler
    black_box = predictor(question.model, raw=scale == "raw")
    sent, seconds = black_box.rows, black_box.seconds
    composer = Composer(domain.compose_items, domain.describe_item, encoding=domain)
    outputs, _ = black_box.ask([row.tobytes() for row in np.ascontiguousarray(rows)], composer=composer)
    shape = (len(axes[0]), len(axes[1]))
    chosen = chosen_of(explanation)
    answers = on_scale(outputs, chosen, scale)[0]
    law = sampler if isinstance(sampler, Boundary) else Boundary()
    margins, threshold = np.full(len(rows), np.nan), np.nan
    if law.level is not None or not (scale == "raw" and outputs.shape[1] == 1):
        names = black_box.classes
        decision = decision_of(chosen, explanation.target_name, outputs.shape[1], names, scale, law.against, law.level)
        margins = decision.margins(outputs)
        threshold = np.nan if decision.others else decision.threshold
    found = Surface(parts, axes[0], axes[1], answers.reshape(shape), margins.reshape(shape), float(threshold))
    sent, seconds = black_box.rows - sent, black_box.seconds - seconds
    cost = explanation.cost
    spent = dataclasses.replace(
        cost,
        model_rows=cost.model_rows + sent,
        distinct_rows=cost.distinct_rows + sent,
        model_seconds=cost.model_seconds + seconds,
        total_seconds=cost.total_seconds + seconds,
    )
    kept = tuple(one for one in explanation.surfaces if set(one.features) != set(parts))
    return dataclasses.replace(explanation, cost=spent, surfaces=(found, *kept))
