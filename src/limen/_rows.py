"""The conductor for rows of a table: contributions, where to look, probes, answers, surrogate."""

from __future__ import annotations

import time
from collections.abc import Generator

import numpy as np

from limen._assemble import Answered, Around, explanation_of
from limen._contributions import Swaps, swaps_of
from limen._crossing import Look, boundary_of, search
from limen._errors import InputError
from limen._geometry import Draw
from limen._neighbourhood import Neighbourhood
from limen._question import Chosen, Target, on_scale, was_named
from limen._row import Row, Shared
from limen._run import Ask, Steps, Told
from limen._types import FloatArray
from limen._widths import USUAL, path_of, pilot_of
from limen.results import Doubt, Estimates, Explanation, Law, Status, TableProbes
from limen.sampling import Ball, Boundary, TableSampler
from limen.sampling.manifold import TiedError
from limen.surrogates import Outcome, fit, widened

FAR_OUT, MOST_BEYOND = 1.0, 0.5
"""Where half of the probes lie a whole standard deviation outside the background's range, as far as makes a row itself
off the data, the model is asked about what it never saw."""


def row_steps(shared: Shared, x: FloatArray, target: Target | list[Target]) -> Steps:
    """Explain one encoded row (m) for one or several targets: yields what it wants answered, returns explanations."""
    sampler = shared.question.sampler or Ball()
    if not isinstance(sampler, TableSampler):
        raise InputError(
            f"sampler is {sampler!r}, which is a law for parts that are hidden; for a table give Ball(width), "
            "Manifold(k), Boundary() or Lime() of limen.sampling, or None."
        )
    instance = shared.domain.parse(x, int(shared.question.budget))
    geometry = shared.domain.geometry(instance)
    wanted = target if isinstance(target, list) else [target]
    each = [[one] for one in wanted] if isinstance(sampler, Boundary) else [wanted]  # every target has its boundary
    found: list[Explanation] = []
    for targets in each:
        row = Row(shared, instance, geometry, np.random.default_rng(int(shared.question.seed)))
        found += yield from _explained(row, sampler, targets)
    return found


def _explained(row: Row, sampler: TableSampler, wanted: list[Target]) -> Steps:
    start = time.perf_counter()
    first = yield from row.ask(row.geometry.origin[None])  # one row shows a wrong target or a broken model
    targets = [row.target(one, first[0]) for one in wanted]
    swaps = swaps_of(row.geometry, row.left, row.generator, row.shared.reference)
    swapped = None if swaps is None else (yield from row.ask(swaps.values))
    look = yield from _look(row, sampler, targets[0], first)
    values = np.concatenate([row.geometry.origin[None], look.draw.values])
    outputs = yield from row.ask(values, repeat=True)
    points = look.sampler.coordinates(values, row.geometry)
    around = Neighbourhood.of(look.draw, points[1:], row.geometry, look.sampler.reals(row.geometry))
    answers, cut_off = zip(*(on_scale(outputs, chosen, row.question.scale) for chosen, _ in targets), strict=True)
    outcomes = _fitted(row, around, np.stack(answers, axis=1))
    answered = Answered.of(row.told, row.told[-1], len(row.seen), start)
    law = Law(sampler.name, look.sampler.describe(row.geometry), None, 1.0 / float((look.draw.weights**2).sum()))
    boundary = None if look.decision is None else boundary_of(row, look, around, outputs)
    instance = row.instance.keeping(values if boundary is None else np.concatenate([values, boundary.point[None]]))
    explanations = []
    for t, outcome in enumerate(outcomes):
        contributions = _contributions(row, swaps, swapped, targets[t][0], float(answers[t][0]))
        explanations.append(
            explanation_of(
                row.question,
                instance,
                targets[t],
                was_named(wanted[t]) or row.shared.black_box.kind == "regression",
                answered,
                outcome,
                answers[t],
                cut_off[t],
                status=Status.BUDGET_SPENT,
                law=law,
                probes=_probes(values, points, answers[t], look.draw, around),
                around=Around(contributions, boundary, look.path, doubts=_doubts(row, around, values)),
            )
        )
    return explanations


def _contributions(
    row: Row, swaps: Swaps | None, swapped: FloatArray | None, chosen: Chosen, whole: float
) -> Estimates | None:
    """What each part adds, from the outputs (n, k) for the swaps and f(x); None where there were none."""
    if swaps is None or swapped is None:
        return None
    return swaps.contributions(on_scale(swapped, chosen, row.question.scale)[0], whole, row.geometry.n_parts)


def _look(row: Row, sampler: TableSampler, target: tuple[Chosen, str], first: FloatArray) -> Generator[Ask, Told, Look]:
    """Decide where to look, and draw the probes: at the width that serves, at the boundary, or as the law says."""
    if isinstance(sampler, Boundary):
        return (yield from search(row, sampler, target, first))
    if not (isinstance(sampler, Ball) and sampler.width is None):
        return Look(sampler, _draw(row, sampler))
    pilot = pilot_of(sampler, row.geometry, row.left, row.generator)
    if pilot is None:
        ball = sampler.at(USUAL)
        return Look(ball, _draw(row, ball))
    outputs = yield from row.ask(pilot.values)
    answers = on_scale(outputs, target[0], row.question.scale)[0]
    whole = float(on_scale(first, target[0], row.question.scale)[0][0])
    path = path_of(pilot, answers, whole, row.geometry)
    ball, known = sampler.at(path.width), pilot.draws[path.chosen]
    return Look(ball, joined(known, _draw(row, ball)), path)


def _draw(row: Row, sampler: TableSampler) -> Draw:
    try:
        return sampler.draw(row.geometry, row.probes(), row.generator)
    except TiedError as error:  # a sampler sees no names
        raise TiedError(error.columns, [row.instance.columns[place].name for place in error.columns]) from None


def joined(first: Draw, second: Draw) -> Draw:
    """Two draws under one law as one."""
    n = len(first.values) + len(second.values)
    blocks = np.concatenate([first.blocks, second.blocks + int(first.blocks[-1]) + 1])
    return Draw(np.concatenate([first.values, second.values]), np.full(n, 1.0 / n), blocks)


def _fitted(row: Row, around: Neighbourhood, table: FloatArray) -> list[Outcome]:
    """One outcome for each target from answers (1 + n, t), that of x first."""
    if not around.n_varied:
        raise InputError(
            "x has no column that can be changed: all are constant in the background, or named in fixed of Table; give "
            "a background that varies."
        )
    surrogate = row.question.surrogate
    outcomes = fit(table[1:], around.design, around.basis, around.folds, table[0], None, surrogate)
    return [widened(outcome, around.varied) for outcome in outcomes]


def _probes(
    values: FloatArray, points: FloatArray, answers: FloatArray, draw: Draw, around: Neighbourhood
) -> TableProbes:
    weights = np.concatenate([[0.0], draw.weights])
    folds = np.concatenate([[0], around.folds]).astype(np.int64)
    return TableProbes(values, points, answers, weights, folds)


def _doubts(row: Row, around: Neighbourhood, values: FloatArray) -> tuple[Doubt, ...]:
    """What is doubtful about the place where the probes (1 + n, m) are."""
    geometry = row.geometry
    still = ~around.varied & ~geometry.fixed
    off = row.shared.domain.off_data(geometry.origin)
    found = {
        Doubt.OFF_DATA: off,
        Doubt.OFF_MANIFOLD: not off and _beyond(row, values[1:]) > MOST_BEYOND,
        Doubt.UNVARIED: bool(still.any()),
    }
    return tuple(doubt for doubt, present in found.items() if present)


def _beyond(row: Row, values: FloatArray) -> float:
    """The share of rows (n, m) that lie more than FAR_OUT deviations outside the background's range in some number."""
    geometry = row.geometry
    low, high = row.shared.reference.ends(geometry)
    numbers, origin = geometry.numeric, geometry.origin[geometry.numeric]
    room, inner = FAR_OUT * geometry.scales[numbers], values[:, numbers]
    outside = (inner < np.fmin(low, origin) - room) | (inner > np.fmax(high, origin) + room)
    return float(outside.any(axis=1).mean())
