"""The conductor for inputs whose parts are kept or hidden: parts, masks, inputs, answers, surrogate."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from limen._assemble import Answered, explanation_of
from limen._plan import plan_of
from limen._question import Question, Target, on_scale, resolve
from limen._run import Ask, Steps
from limen.results import Status
from limen.surrogates import Basis, Quadratic, fit


def mask_steps(question: Question, x: Any, target: Target | list[Target], classes: tuple[str, ...] | None) -> Steps:
    """Explain one x for one or several targets: yields what it wants answered, returns the explanations."""
    start = time.perf_counter()
    plan = plan_of(x, question.domain, question.sampler, int(question.budget), int(question.seed))
    basis = Basis.of_masks(plan.instance.n_parts)
    if isinstance(question.surrogate, Quadratic):  # whether the probes can carry it is known before they are paid for
        empty = np.zeros((len(plan.design.points), 1))
        ends = empty[:2] if plan.law.ends_fixed else None
        fit(empty, plan.design, basis, plan.folds, empty[0], ends, question.surrogate)
    whole = plan.instance.render(plan.masks[:1])
    first = yield Ask(whole)  # one row shows a wrong target or a broken model before the others are paid for
    wanted = target if isinstance(target, list) else [target]
    targets = [resolve(one, classes, first.outputs[0]) for one in wanted]
    inputs = plan.instance.render(plan.masks)
    told = yield Ask(inputs, inputs[0] if plan.with_repeat else None)
    answers, cut_off = zip(*(on_scale(told.outputs, indices, question.scale) for indices, _ in targets), strict=True)
    table = np.stack(answers, axis=1)
    ends = table[[-1, 0]] if plan.law.ends_fixed else None
    outcomes = fit(table[plan.places], plan.design, basis, plan.folds, table[0], ends, question.surrogate)
    answered = Answered.of([first, told], told, len(set(inputs)), start)
    status = Status.EXACT if plan.design.exact else Status.BUDGET_SPENT
    return [
        explanation_of(
            question,
            plan.instance,
            targets[t],
            wanted[t] is not None,
            answered,
            outcome,
            table[:, t],
            cut_off[t],
            status=status,
            law=plan.law_record(),
            probes=plan.probes(table[:, t]),
        )
        for t, outcome in enumerate(outcomes)
    ]
