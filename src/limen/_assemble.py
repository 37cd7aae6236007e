"""One target's explanation, put together from what every kind of input has in common."""

from __future__ import annotations

import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from limen._doubts import MISSES, MISSES_IN_A_BALL, doubts_of
from limen._question import Question
from limen._run import Told
from limen._types import FloatArray
from limen._version import __version__
from limen.results import (
    Boundary,
    Cost,
    Doubt,
    Estimates,
    Explanation,
    ImageInstance,
    Law,
    Probes,
    Status,
    TableInstance,
    TableProbes,
    TextInstance,
    WidthPath,
)
from limen.surrogates import Outcome


@dataclass(frozen=True, eq=False)
class Answered:
    """What the model said in all: `outputs` (k) for x, those of its repeat (k), whether x was cut, and the cost."""

    outputs: FloatArray
    repeated: FloatArray | None
    cut: bool
    cost: Cost

    @classmethod
    def of(cls, told: Sequence[Told], last: Told, distinct: int, start: float) -> Answered:
        """From all that was told, x first; the repeat of x travelled with the last."""
        seconds = sum(one.seconds for one in told)
        cost = Cost(sum(one.rows for one in told), distinct, seconds, time.perf_counter() - start)
        return cls(told[0].outputs[0], last.repeated, told[0].cut, cost)


@dataclass(frozen=True, eq=False)
class Around:
    """What only a table row or an image has: see the fields of Explanation."""

    contributions: Estimates | None = None
    boundary: Boundary | None = None
    path: WidthPath | None = None
    segment_effects: tuple[Estimates, ...] = ()
    doubts: tuple[Doubt, ...] = ()


def explanation_of(
    question: Question,
    instance: TextInstance | TableInstance | ImageInstance,
    target: tuple[tuple[int, ...], str],
    target_was_named: bool,
    answered: Answered,
    outcome: Outcome,
    answers: FloatArray,
    cut_off: bool,
    *,
    status: Status,
    law: Law,
    probes: Probes | TableProbes,
    around: Around | None = None,
) -> Explanation:
    """Put one target's explanation together; answers (n) are on the scale, that of x first."""
    table = around or Around()
    misses = MISSES_IN_A_BALL if isinstance(instance, TableInstance) else MISSES
    change = None if answered.repeated is None else answered.repeated - answered.outputs
    doubts = doubts_of(outcome, answers, question.scale, answered.outputs, change, target_was_named, misses)
    more = ((Doubt.SATURATED, cut_off), (Doubt.TRUNCATED, answered.cut))
    return Explanation(
        instance=instance,
        target=target[0],
        target_name=target[1],
        scale=question.scale,
        prediction=float(answers[0]),
        effects=outcome.effects,
        intercept=outcome.intercept,
        interactions=outcome.interactions,
        curvature=outcome.curvature,
        axes=outcome.axes,
        contributions=table.contributions,
        boundary=table.boundary,
        path=table.path,
        segment_effects=table.segment_effects,
        surrogate=outcome.surrogate,
        fidelity=outcome.fidelity,
        status=status,
        doubts=(*doubts, *(doubt for doubt, present in more if present), *table.doubts),
        noise=None if change is None else float(np.abs(change).max()),
        law=law,
        probes=probes,
        cost=answered.cost,
        budget=int(question.budget),
        seed=int(question.seed),
        limen_version=__version__,
        python_version=platform.python_version(),
    )
