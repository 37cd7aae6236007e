"""From the answers about a row of a table to its explanations: contributions, surrogates, probes, doubts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from limen._assemble import Answered, Around, explanation_of
from limen._contributions import Swaps
from limen._crossing import Look, boundary_of
from limen._errors import InputError
from limen._geometry import Draw
from limen._neighbourhood import Neighbourhood
from limen._question import Chosen, Target, on_scale, was_named
from limen._row import Row
from limen._row_rounds import beginning
from limen._run import Told
from limen._types import FloatArray
from limen.results import Doubt, Estimates, Explanation, Law, Status, TableProbes
from limen.surrogates import Outcome, fit, widened

FAR_OUT, MOST_BEYOND = 1.0, 0.5
"""Where half of the probes lie a whole standard deviation outside the background's range, as far as makes a row itself
off the data, the model is asked about what it never saw."""


@dataclass(frozen=True, eq=False)
class Asked:
    """What is asked about a row: the targets as wanted and meant, the swaps and their outputs, and all probes.

    values: (1 + N, m) and points: (1 + N, d) are those of x and of the probes. law: the name of the sampler that was
    asked for.
    """

    row: Row
    law: str
    wanted: list[Target]
    targets: list[tuple[Chosen, str]]
    swaps: Swaps | None
    swapped: FloatArray | None
    look: Look
    values: FloatArray
    points: FloatArray

    def explained(self, outputs: FloatArray, repeated: Told, start: float) -> list[Explanation]:
        """The explanations from the outputs (1 + n, k) for x and the first n probes, one for each target.

        repeated: with the answer to x asked afresh. start: when the work began.
        """
        row, targets, n = self.row, self.targets, len(outputs) - 1
        look = beginning(self.look, n)
        values, points = (one if n + 1 == len(one) else one[: 1 + n].copy() for one in (self.values, self.points))
        around = Neighbourhood.of(look.draw, points[1:], row.geometry, look.sampler.reals(row.geometry))
        answers, cut_off = zip(*(on_scale(outputs, chosen, row.question.scale) for chosen, _ in targets), strict=True)
        outcomes = _fitted(row, around, np.stack(answers, axis=1))
        answered = Answered.of(row.told, repeated, len(row.seen), start)
        law = Law(
            self.look.sampler.name, look.sampler.describe(row.geometry), None, 1.0 / float((look.draw.weights**2).sum())
        )
        boundary = None if look.decision is None else boundary_of(row, look, around, outputs)
        instance = row.instance.keeping(values if boundary is None else np.concatenate([values, boundary.point[None]]))
        return [
            explanation_of(
                row.question,
                instance,
                targets[t],
                was_named(self.wanted[t]) or row.shared.black_box.kind == "regression",
                answered,
                outcome,
                answers[t],
                cut_off[t],
                status=Status.BUDGET_SPENT,
                law=law,
                probes=_probes(values, points, answers[t], look.draw, around),
                around=Around(
                    self._contributions(t, float(answers[t][0])),
                    boundary,
                    look.path,
                    doubts=_doubts(row, around, values),
                ),
            )
            for t, outcome in enumerate(outcomes)
        ]

    def _contributions(self, t: int, whole: float) -> Estimates | None:
        """What each part adds to f(x) of a target; None where no rows were asked for that."""
        if self.swaps is None or self.swapped is None:
            return None
        answers = on_scale(self.swapped, self.targets[t][0], self.row.question.scale)[0]
        return self.swaps.contributions(answers, whole, self.row.geometry.n_parts)


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
