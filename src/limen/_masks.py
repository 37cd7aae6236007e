"""The conductor for inputs whose parts are kept or hidden: masks, inputs, answers, surrogate, perhaps in rounds."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from limen._assemble import Answered, Around, explanation_of
from limen._cuts import Cut, cuts_of
from limen._engine import with_engine_error
from limen._errors import InputError
from limen._question import Question, Target, on_scale, resolve, was_named
from limen._rounds import Report, growth, round_at, too_wide, with_rounds
from limen._run import Ask, Steps, Told
from limen._threads import one_thread
from limen._types import FloatArray
from limen.models import Predictor
from limen.results import Estimates, Explanation, ImageInstance, Round, Status, TextInstance
from limen.surrogates import Outcome


def mask_steps(
    question: Question, x: Any, target: Target | list[Target], black_box: Predictor, report: Report | None = None
) -> Steps:
    """Explain one x for one or several targets: yields what it wants answered, returns the explanations.

    In rounds where a tolerance was given, or somebody wants to be told.
    """
    start = time.perf_counter()
    in_rounds = question.tolerance is not None or report is not None
    cuts = cuts_of(question, x, black_box, in_rounds)
    for cut in cuts:
        cut.check(question.surrogate)
    repeats = sum(cut.plan.with_repeat for cut in cuts)
    first = yield Ask(cuts[0].items(cuts[0].plan.masks[:1]), None, cuts[0].composer)  # shows a wrong target or model
    wanted = target if isinstance(target, list) else [target]
    targets = [resolve(one, black_box.classes, first.outputs[0]) for one in wanted]
    asked = Asked(question, black_box, wanted, targets, first.outputs.shape[1])
    told: list[Told] = [first]
    rounds: tuple[Round, ...] = ()
    twin_rows, twin_seconds = 0, 0.0
    while True:
        latest, of_twin = [], []
        for cut in cuts:
            latest.append((yield from cut.ask()))
            of_twin.append((yield from cut.ask_twin()))
        told += latest
        twin_rows += sum(one.rows for one in of_twin if one is not None)
        twin_seconds += sum(one.seconds for one in of_twin if one is not None)
        of_twin = [one and replace(one, rows=twin_rows, seconds=twin_seconds) for one in of_twin]
        found = asked.explained(cuts, latest, of_twin, told, start)
        if in_rounds:
            rows = _distinct(cuts) + repeats
            rounds, found = asked.noted(rounds, found, cuts, rows, time.perf_counter() - start)
        if report is not None:
            report(found)
        if not asked.goes_on(rounds, cuts):
            return found
        larger = [cut.grown(growth(rounds[-1], sum(one.most for one in cuts))) for cut in cuts]
        if _distinct(larger) == _distinct(cuts):  # an odd row may be left where masks come in pairs
            return found
        cuts = larger


def _narrow(rounds: Sequence[Round]) -> bool:
    """Whether the intervals are narrow enough. The first round is never believed: few answers may all look alike."""
    return len(rounds) > 1 and rounds[-1].too_wide <= 1.0


def _table(scored: list[tuple[FloatArray, bool]]) -> FloatArray:
    return np.stack([answers for answers, _ in scored], axis=1)


def _distinct(cuts: list[Cut]) -> int:
    return sum(len(set(cut.items(cut.plan.masks))) for cut in cuts)


def _over_segmentations(instance: TextInstance | ImageInstance, outcomes: list[Outcome]) -> tuple[Estimates, ...]:
    return tuple(one.effects for one in outcomes) if isinstance(instance, ImageInstance) else ()


@dataclass(frozen=True, eq=False)
class Asked:
    """What is asked of whom: the question, the model and how many outputs it has, the targets as wanted and meant."""

    question: Question
    black_box: Predictor
    wanted: list[Target]
    targets: list[Any]
    n_outputs: int

    def scored(self, outputs: FloatArray) -> list[tuple[FloatArray, bool]]:
        """For each target what is explained (n) of outputs (n, k), and whether any was cut off."""
        return [on_scale(outputs, found, self.question.scale) for found, _ in self.targets]

    def fitted(self, cut: Cut, scored: list[tuple[FloatArray, bool]], of_twin: Told | None) -> list[Outcome]:
        """The outcome of each target from the answers to all masks of one cut, and those of the twin."""
        question, table = self.question, _table(scored)
        twin = None
        if of_twin is not None:
            if of_twin.outputs.shape[1] != self.n_outputs:
                raise InputError(
                    f"cheap of Twin has {of_twin.outputs.shape[1]} outputs and model has {self.n_outputs}; expected "
                    "the same classes in the same order."
                )
            twin = cut.twin_answers(of_twin, _table(self.scored(of_twin.outputs)))
        with one_thread():  # more would change the last digits from run to run
            helped = cut.helped(table, question.scale, twin)
        return cut.fit(table, question.surrogate, helped)

    def explained(
        self,
        cuts: list[Cut],
        latest: Sequence[Told],
        of_twin: Sequence[Told | None],
        told: Sequence[Told],
        start: float,
    ) -> list[Explanation]:
        """The explanations from the latest answers, to all masks of all cuts, one for each target.

        told: all answers so far, x first; start: when the work began.
        """
        question, main = self.question, cuts[0]
        scored = [self.scored(one.outputs) for one in latest]
        outcomes = [self.fitted(*each) for each in zip(cuts, scored, of_twin, strict=True)]
        outcomes = with_engine_error(outcomes, self.targets, question.scale, self.black_box.adapter)
        answered = Answered.of(told, told[1], _distinct(cuts), start)  # now, so that the fits' time counts
        return [
            explanation_of(
                question,
                main.instance,
                self.targets[t],
                was_named(self.wanted[t]),
                answered,
                outcome,
                scored[0][t][0],
                any(each[t][1] for each in scored),
                status=Status.EXACT if all(cut.plan.design.exact for cut in cuts) else Status.BUDGET_SPENT,
                law=main.plan.law_record(),
                probes=main.plan.probes(scored[0][t][0]),
                around=Around(segment_effects=_over_segmentations(main.instance, [each[t] for each in outcomes])),
            )
            for t, outcome in enumerate(outcomes[0])
        ]

    def noted(
        self, rounds: tuple[Round, ...], found: list[Explanation], cuts: list[Cut], rows: int, seconds: float
    ) -> tuple[tuple[Round, ...], list[Explanation]]:
        """The rounds with the one that has just ended, and the explanations that tell of them.

        rows: model rows so far, were no answer known before.
        """
        effects = [one for explanation in found for one in explanation.segment_effects or (explanation.effects,)]
        most = sum(cut.most for cut in cuts)
        tolerance = self.question.tolerance
        wide = np.inf if tolerance is None else max(too_wide(one, tolerance) for one in effects)
        every = sum(2.0 ** min(cut.plan.law.n_parts, 1000) for cut in cuts) + 1.0
        this = round_at(wide, tolerance, rows, rows, most, seconds, every)
        rounds = (*rounds, this)
        return rounds, with_rounds(found, rounds, _narrow(rounds), tolerance)

    def goes_on(self, rounds: tuple[Round, ...], cuts: list[Cut]) -> bool:
        """Whether another round is needed, and can be paid for."""
        more = all(not cut.plan.design.exact and cut.spent < cut.most for cut in cuts)
        return bool(rounds) and not _narrow(rounds) and more
