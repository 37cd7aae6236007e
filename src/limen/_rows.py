"""The conductor for rows of a table: contributions, where to look, probes, answers, surrogate, perhaps in rounds."""

from __future__ import annotations

import time
from collections.abc import Generator

import numpy as np

from limen._contributions import swaps_of
from limen._crossing import Look, search
from limen._errors import BudgetError, InputError
from limen._geometry import Draw
from limen._question import Chosen, Target, on_scale
from limen._rounds import Report
from limen._row import Row, Shared
from limen._row_answers import Asked
from limen._row_rounds import Progress
from limen._run import Ask, Steps, Told
from limen._types import FloatArray
from limen._widths import USUAL, path_of, pilot_of
from limen.results import Explanation
from limen.sampling import Ball, Boundary, TableSampler
from limen.sampling.manifold import TiedError


def row_steps(shared: Shared, x: FloatArray, target: Target | list[Target], report: Report | None = None) -> Steps:
    """Explain one encoded row (m) for one or several targets: yields what it wants answered, returns explanations.

    In rounds where a tolerance was given, or somebody wants to be told.
    """
    sampler = shared.question.sampler or Ball()
    if not isinstance(sampler, TableSampler):
        raise InputError(
            f"sampler is {sampler!r}, which is a law for parts that are hidden; for a table give Ball(width), "
            "Manifold(k), Boundary() or Lime() of limen.sampling, or None."
        )
    tolerance = shared.question.tolerance
    if isinstance(sampler, Boundary) and (tolerance is not None or report is not None):
        asked = "rounds() was asked for" if tolerance is None else f"tolerance is {tolerance!r}"
        raise InputError(
            f"{asked}, and sampler is {sampler!r}, whose probes lie where its search ends, and cannot be asked "
            "in rounds; give a budget alone, or take Ball or Manifold."
        )
    instance = shared.domain.parse(x, int(shared.question.budget))
    geometry = shared.domain.geometry(instance)
    wanted = target if isinstance(target, list) else [target]
    each = [[one] for one in wanted] if isinstance(sampler, Boundary) else [wanted]  # every target has its boundary
    found: list[Explanation] = []
    for targets in each:
        row = Row(shared, instance, geometry, np.random.default_rng(int(shared.question.seed)))
        found += yield from _explained(row, sampler, targets, report)
    return found


def _explained(row: Row, sampler: TableSampler, wanted: list[Target], report: Report | None) -> Steps:
    start = time.perf_counter()
    first = yield from row.ask(row.geometry.origin[None])  # one row shows a wrong target or a broken model
    targets = [row.target(one, first[0]) for one in wanted]
    swaps = swaps_of(row.geometry, row.left, row.generator, row.shared.reference)
    swapped = None if swaps is None else (yield from row.ask(swaps.values))
    look = yield from _look(row, sampler, targets[0], first)
    values = np.concatenate([row.geometry.origin[None], look.draw.values])
    asked = Asked(
        row, sampler.name, wanted, targets, swaps, swapped, look, values, look.sampler.coordinates(values, row.geometry)
    )
    in_rounds = row.question.tolerance is not None or report is not None
    progress = Progress.of(look, asked.points, in_rounds)
    outputs = yield from row.ask(values[: 1 + progress.asked], repeat=True)
    repeated = row.told[-1]
    while True:
        try:
            found = asked.explained(outputs, repeated, start)
        except BudgetError:  # these probes do not tell the parts apart, or carry no quadratic; more of them may
            if progress.done:
                raise
        else:
            if not in_rounds:
                return found
            spent = time.perf_counter() - start
            progress, found = progress.noted(found, row.question.tolerance, len(row.seen) + 1, spent)
            if report is not None:
                report(found)
            if progress.done:
                return found
        progress = progress.larger()
        outputs = np.concatenate([outputs, (yield from row.ask(values[len(outputs) : 1 + progress.asked]))])


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
