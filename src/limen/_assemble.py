"""One target's explanation, put together from what every kind of input has in common."""

from __future__ import annotations

import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

import numpy as np

from limen._doubts import MISSES, MISSES_IN_A_BALL, doubts_of
from limen._question import Chosen, Question, Sides
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

    @property
    def change(self) -> FloatArray | None:
        """By how much each output (k) for x differed when it was asked again; None where it was not."""
        return None if self.repeated is None else self.repeated - self.outputs

    @property
    def noise(self) -> float | None:
        """The largest change of any output; None where x was not asked again."""
        return None if self.change is None else float(np.abs(self.change).max())

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


NOTHING_AROUND = Around()


def explanation_of(
    question: Question,
    instance: TextInstance | TableInstance | ImageInstance,
    target: tuple[Chosen, str],
    target_was_named: bool,
    answered: Answered,
    outcome: Outcome,
    answers: FloatArray,
    cut_off: bool,
    *,
    status: Status,
    law: Law,
    probes: Probes | TableProbes,
    around: Around = NOTHING_AROUND,
) -> Explanation:
    """Put one target's explanation together; answers (n) are on the scale, that of x first."""
    misses = MISSES_IN_A_BALL if isinstance(instance, TableInstance) else MISSES
    doubts = doubts_of(outcome, answers, question.scale, answered.outputs, answered.change, target_was_named, misses)
    return Explanation(
        **_as_asked(question, target),
        instance=instance,
        prediction=float(answers[0]),
        effects=outcome.effects,
        intercept=outcome.intercept,
        interactions=outcome.interactions,
        curvature=outcome.curvature,
        proxy=outcome.proxy,
        axes=outcome.axes,
        contributions=around.contributions,
        boundary=around.boundary,
        path=around.path,
        segment_effects=around.segment_effects,
        surrogate=outcome.surrogate,
        fidelity=outcome.fidelity,
        status=status,
        doubts=(*doubts, *_cut_short(cut_off, answered.cut), *around.doubts),
        noise=answered.noise,
        law=law,
        probes=probes,
        cost=answered.cost,
    )


def _cut_short(cut_off: bool, cut: bool) -> tuple[Doubt, ...]:
    """Doubts of answers that were cut off, and of an input that was."""
    found = {Doubt.SATURATED: cut_off, Doubt.TRUNCATED: cut}
    return tuple(doubt for doubt, present in found.items() if present)


class AsAsked(TypedDict):
    """What a record keeps of the question, and of what answered it."""

    target: tuple[int, ...]
    against: tuple[int, ...]
    target_name: str
    scale: str
    budget: int
    seed: int
    limen_version: str
    python_version: str


def _as_asked(question: Question, target: tuple[Chosen, str]) -> AsAsked:
    found = target[0]
    sides = found if isinstance(found, Sides) else Sides(found, ())
    return {
        "target": sides.one,
        "against": sides.other,
        "target_name": target[1],
        "scale": question.scale,
        "budget": int(question.budget),
        "seed": int(question.seed),
        "limen_version": __version__,
        "python_version": platform.python_version(),
    }
