"""The conductor for inputs whose parts are kept or hidden: masks, inputs, answers, surrogate."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np

from limen._assemble import Answered, Around, explanation_of
from limen._canvas import Compose
from limen._errors import InputError
from limen._plan import Plan, most_units, plan_of
from limen._question import Question, Target, on_scale, resolve
from limen._run import Ask, Steps, Told
from limen._types import BoolArray, FloatArray
from limen.domains import Domain, Image, Text
from limen.models import Composer, Predictor
from limen.results import Estimates, ImageInstance, Status, TextInstance
from limen.surrogates import Basis, Outcome, Quadratic, fit

MOST_BYTES = 128_000_000
"""Most bytes in a batch of images at full size, for models that take them so."""


def domain_of(domain: Domain | None, x: Any, black_box: Predictor) -> Text | Image:
    """The domain of x: the one that was given, or that of its type; a str is a file's name for a model of images."""
    if isinstance(domain, Text | Image):
        return domain
    of_images = black_box.adapter.painter is not None
    if domain is None and isinstance(x, str) and not of_images:
        return Text()
    if domain is None and (Image.takes(x) or of_images):
        return Image()
    raise InputError(
        f"x is {type(x).__name__}, and no domain is known for it; expected a text, an image, or a list of them; for "
        "rows of a table give domain=limen.Table(background)."
    )


@dataclass(frozen=True, eq=False)
class Cut:
    """One way to cut x into parts, its masks, and how a model is shown them. number: which of several cuts it is."""

    instance: TextInstance | ImageInstance
    plan: Plan
    composer: Composer | None
    number: int = 0

    def items(self, masks: BoolArray) -> list[Any]:
        """What is sent for masks (n, d): texts, or the masks themselves as bytes."""
        if isinstance(self.instance, TextInstance):
            return self.instance.render(masks)
        return [row.tobytes() for row in np.packbits(masks, axis=1)]

    def check(self, surrogate: object) -> None:
        """Raise BudgetError where a quadratic is wanted and these masks cannot carry it: before they are paid for."""
        if isinstance(surrogate, Quadratic):
            self.fit(np.zeros((len(self.plan.masks), 1)), surrogate)

    def fit(self, table: FloatArray, surrogate: Any) -> list[Outcome]:
        """Fit answers (n, t) to all masks, one outcome for each target."""
        plan = self.plan
        basis = Basis.of_masks(plan.masks.shape[1])
        ends = table[[-1, 0]] if plan.law.ends_fixed else None
        return fit(table[plan.places], plan.design, basis, plan.folds, table[0], ends, surrogate)

    def ask(self) -> Generator[Ask, Told, Told]:
        """Ask for all masks, and for x again if the budget has a row for it."""
        inputs = self.items(self.plan.masks)
        told = yield Ask(inputs, inputs[0] if self.plan.with_repeat else None, self.composer)
        return told


def cuts_of(question: Question, x: Any, black_box: Predictor) -> list[Cut]:
    """Every way in which x is cut into parts; they share the budget."""
    budget, seed = int(question.budget), int(question.seed)
    domain = domain_of(question.domain, x, black_box)
    share = budget // (domain.segmentations if isinstance(domain, Image) else 1)
    instance = domain.parse(x, most_units(max(share, 1)))
    if isinstance(instance, TextInstance):
        return [Cut(instance, plan_of(instance, instance.n_parts, question.sampler, budget, seed), None)]
    cuts = []
    count = instance.n_segmentations
    for number in range(count):
        canvas = instance.canvas(number)
        painter = black_box.adapter.painter
        paint = canvas.compose if painter is None else painter(canvas)
        share = budget // count + (1 if number < budget % count else 0)
        plan = plan_of(instance, canvas.n_parts, question.sampler, share, seed + number)
        rows = black_box.adapter.rows or max(1, min(256, MOST_BYTES // canvas.image.size))
        cuts.append(Cut(instance, plan, composer_of(paint, canvas.n_parts, rows), number))
    return cuts


def _over_segmentations(instance: TextInstance | ImageInstance, outcomes: list[Outcome]) -> tuple[Estimates, ...]:
    return tuple(one.effects for one in outcomes) if isinstance(instance, ImageInstance) else ()


def composer_of(paint: Compose, d: int, rows: int) -> Composer:
    def masks_of(items: list[Any]) -> BoolArray:
        packed = np.frombuffer(b"".join(items), dtype=np.uint8).reshape(len(items), -1)
        return np.unpackbits(packed, axis=1, count=d).astype(np.bool_)

    def told(item: bytes) -> str:
        hidden = np.flatnonzero(~masks_of([item])[0])
        return f"the image with {len(hidden)} of {d} parts hidden ({', '.join(map(str, hidden[:10]))}...)"

    return Composer(lambda items: paint(masks_of(items)), told, most_rows=rows)


def mask_steps(question: Question, x: Any, target: Target | list[Target], black_box: Predictor) -> Steps:
    """Explain one x for one or several targets: yields what it wants answered, returns the explanations."""
    start = time.perf_counter()
    cuts = cuts_of(question, x, black_box)
    for cut in cuts:
        cut.check(question.surrogate)
    main = cuts[0]
    first = yield Ask(main.items(main.plan.masks[:1]), None, main.composer)  # shows a wrong target or a broken model
    wanted = target if isinstance(target, list) else [target]
    targets = [resolve(one, black_box.classes, first.outputs[0]) for one in wanted]
    told = []
    for cut in cuts:
        told.append((yield from cut.ask()))  # noqa: PERF401 - no comprehension can yield
    scored = [[on_scale(one.outputs, found, question.scale) for found, _ in targets] for one in told]
    outcomes = [
        cut.fit(np.stack([answers for answers, _ in each], axis=1), question.surrogate)
        for cut, each in zip(cuts, scored, strict=True)
    ]
    distinct = sum(len(set(cut.items(cut.plan.masks))) for cut in cuts)
    answered = Answered.of([first, *told], told[0], distinct, start)
    return [
        explanation_of(
            question,
            main.instance,
            targets[t],
            wanted[t] is not None,
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
