"""How an input is cut into parts, and how its masks are shown to a model."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from limen._canvas import Canvas, Compose
from limen._engine import with_engine_note
from limen._errors import BudgetError, InputError
from limen._plan import Plan, most_parts, most_units, plan_of
from limen._question import Question
from limen._run import Ask, Told
from limen._types import BoolArray, FloatArray
from limen.domains import Domain, Image, Text
from limen.models import Composer, Predictor
from limen.results import ImageInstance, TextInstance
from limen.sampling import Shapley, reference_masks
from limen.surrogates import (
    Adjustment,
    Basis,
    Outcome,
    Quadratic,
    Twinned,
    adjustments,
    carried_by_proxies,
    fewest_probes,
    fit,
    pairs_told_apart,
    with_twin,
)

FIRST_ROUND, FIRST_PER_PART = 50, 3
"""Rows of the first of several rounds at least, and for each part."""
MOST_BYTES = 128_000_000
"""Most bytes in a batch of images at full size, for models that take them so."""


def domain_of(domain: Domain | None, x: Any, black_box: Predictor) -> Text | Image:
    """The domain of x: the one that was given, or that of its type; a str is a file's name for a model of images."""
    if isinstance(domain, Text | Image):
        return domain
    of_images = black_box.adapter.painter is not None
    if domain is None and isinstance(x, str) and not of_images:
        if Image.names_file(x):
            raise InputError(
                f"x is {x!r}, which names an image file, and nothing says that the model takes images; give "
                "domain=limen.Image(), or domain=limen.Text() where the name itself is the text."
            )
        return Text()
    if domain is None and (Image.takes(x) or of_images):
        return Image()
    raise InputError(
        f"x is {type(x).__name__}, and no domain is known for it; expected a text, an image, or a list of them; for "
        "rows of a table give domain=limen.Table(background)."
    )


@dataclass(frozen=True, eq=False)
class TwinCut:
    """What a twin is asked about a cut: its masks, how it is shown them, and how many for each of the model's."""

    plan: Plan
    composer: Composer | None
    ratio: float


@dataclass(frozen=True, eq=False)
class Cut:
    """One way to cut x into parts, its masks, and how a model is shown them.

    most: the most rows that it may spend. seed: that of its masks. number: which of several cuts it is. twin: how a
    cheaper model is asked about it, where there is one.
    """

    instance: TextInstance | ImageInstance
    plan: Plan
    composer: Composer | None
    most: int
    seed: int
    number: int = 0
    twin: TwinCut | None = None

    def items(self, masks: BoolArray) -> list[Any]:
        """What is sent for masks (n, d): texts, or the masks themselves as bytes."""
        if isinstance(self.instance, TextInstance):
            return self.instance.render(masks)
        return [row.tobytes() for row in np.packbits(masks, axis=1)]

    def helped(self, table: FloatArray, scale: str, twin: Twinned | None) -> list[Adjustment]:
        """What proxies that learnt from the answers (n, t) to all masks say of each target, and what the twin says."""
        plan, bounded = self.plan, scale == "probability"
        reference = None if plan.design.exact else reference_masks(plan.law, self.seed)
        asked, answers = (plan.masks, table), table[plan.places]
        alone = adjustments(answers, plan.design, asked, reference, bounded)
        return alone if twin is None else with_twin(alone, answers, plan.design, asked, twin, bounded)

    def twin_answers(self, told: Told, table: FloatArray) -> Twinned:
        """What the twin answered (m, t), as the surrogates take it."""
        assert self.twin is not None
        plan = self.twin.plan
        return Twinned(plan.design, plan.masks, table, told.rows, told.seconds)

    def check(self, surrogate: object) -> None:
        """Raise BudgetError where a quadratic is wanted and these masks cannot carry it: before they are paid for."""
        if not isinstance(surrogate, Quadratic):
            return
        plan = self.plan
        if plan.design.exact or not carried_by_proxies(plan.law.n_parts):
            self.fit(np.zeros((len(plan.masks), 1)), surrogate, ())
        elif not pairs_told_apart(reference_masks(plan.law), plan.law.ends_fixed):
            raise BudgetError(
                f"surrogate is Quadratic(), and sampler a law under which pairs of {plan.law.n_parts} parts cannot be "
                "told apart, whatever the budget: its masks keep too few different numbers of parts. Use a wider law, "
                "or Linear()."
            )

    def fit(self, table: FloatArray, surrogate: Any, helped: Sequence[Adjustment]) -> list[Outcome]:
        """Fit answers (n, t) to all masks, one outcome for each target."""
        plan = self.plan
        basis = Basis.of_masks(plan.masks.shape[1])
        ends = table[[-1, 0]] if plan.law.ends_fixed else None
        return fit(table[plan.places], plan.design, basis, plan.folds, table[0], ends, surrogate, helped)

    def grown(self, factor: float) -> Cut:
        """The same with `factor` times as many rows, as far as it may spend them."""
        rows = min(self.most, int(np.ceil(factor * self.spent)))
        return replace(self, plan=self.plan.grown(rows, self.most, self.seed)).twinned()

    def twinned(self) -> Cut:
        """The same with the masks of the twin that its own call for."""
        if self.twin is None:
            return self
        return replace(self, twin=replace(self.twin, plan=self.plan.of_twin(self.twin.ratio, self.seed)))

    @property
    def spent(self) -> int:
        """The rows of its plan, the repeat of x among them."""
        return len(self.plan.masks) + 1

    def ask(self) -> Generator[Ask, Told, Told]:
        """Ask for all masks, and for x again if the budget has a row for it."""
        inputs = self.items(self.plan.masks)
        told = yield Ask(inputs, inputs[0] if self.plan.with_repeat else None, self.composer)
        return told

    def ask_twin(self) -> Generator[Ask, Told, Told | None]:
        """Ask the twin, if there is one, for all masks that it is to answer."""
        if self.twin is None or self.plan.design.exact:
            return None
        told = yield Ask(self.items(self.twin.plan.masks), None, self.twin.composer, of_twin=True)
        return told


def cuts_of(question: Question, x: Any, black_box: Predictor, in_rounds: bool) -> list[Cut]:
    """Every way in which x is cut into parts; they share the budget, or begin with some of it."""
    budget, seed = int(question.budget), int(question.seed)
    domain = domain_of(question.domain, x, black_box)
    share = budget // (domain.segmentations if isinstance(domain, Image) else 1)
    instance = domain.parse(x, (most_units if black_box.twin is None else most_parts)(max(share, 1)))
    if isinstance(instance, TextInstance):
        first = first_rows(instance.n_parts, budget, question) if in_rounds else budget
        plan = plan_of(instance, instance.n_parts, question.sampler, first, seed)
        return [Cut(instance, plan, None, budget, seed, twin=_twin_of(black_box, plan, None)).twinned()]
    cuts = []
    instance = with_engine_note(instance, black_box.adapter)
    count = instance.n_segmentations
    for number in range(count):
        instance, canvas, composer = _seen_by(black_box, instance, number)
        share = budget // count + (1 if number < budget % count else 0)
        first = first_rows(canvas.n_parts, share, question) if in_rounds else share
        plan = plan_of(instance, canvas.n_parts, question.sampler, first, seed + number)
        twin = _twin_of(black_box, plan, canvas)
        cuts.append(Cut(instance, plan, composer, share, seed + number, number, twin).twinned())
    return cuts


def _seen_by(black_box: Predictor, instance: ImageInstance, number: int) -> tuple[ImageInstance, Canvas, Composer]:
    """A segmentation as the model sees it: what its preprocessing crops away is one part, and told."""
    canvas = instance.canvas(number)
    composer, paint = _shown_to(black_box, canvas)
    if not hasattr(paint, "seen") or paint.seen.all():
        return instance, canvas, composer
    joined = instance.joined(number, paint.seen)
    if joined is not instance:
        canvas = joined.canvas(number)
        composer, paint = _shown_to(black_box, canvas)
    return (joined.cropped(paint.seen) if number == 0 else joined), canvas, composer


def _shown_to(black_box: Predictor, canvas: Canvas) -> tuple[Composer, Compose]:
    """How masks of a canvas are shown to a model, and what paints them."""
    painter = black_box.adapter.painter
    paint = canvas.compose if painter is None else painter(canvas)
    rows = black_box.adapter.rows or max(1, min(256, MOST_BYTES // canvas.image.size))
    return composer_of(paint, canvas.n_parts, rows), paint


def _twin_of(black_box: Predictor, plan: Plan, canvas: Canvas | None) -> TwinCut | None:
    if black_box.twin is None:
        return None
    composer = None if canvas is None else _shown_to(black_box.twin, canvas)[0]
    return TwinCut(plan, composer, black_box.twin_ratio)


def first_rows(d: int, most: int, question: Question) -> int:
    """Rows of the first of several rounds, for d parts: those that carry the quadratic, if one was asked for."""
    least = 0
    if isinstance(question.surrogate, Quadratic) and not carried_by_proxies(d):
        least = fewest_probes(d, d * (d - 1) // 2, isinstance(question.sampler, Shapley)) + 3
    return min(most, max(FIRST_ROUND, FIRST_PER_PART * (d + 1), least))


def composer_of(paint: Compose, d: int, rows: int) -> Composer:
    def masks_of(items: list[Any]) -> BoolArray:
        packed = np.frombuffer(b"".join(items), dtype=np.uint8).reshape(len(items), -1)
        return np.unpackbits(packed, axis=1, count=d).astype(np.bool_)

    def told(item: bytes) -> str:
        hidden = np.flatnonzero(~masks_of([item])[0])
        return f"the image with {len(hidden)} of {d} parts hidden ({', '.join(map(str, hidden[:10]))}...)"

    return Composer(lambda items: paint(masks_of(items)), told, most_rows=rows)


def items_of(x: Any, domain: Domain | None) -> tuple[list[Any], bool]:
    """The inputs in x, and whether they are several: in a list, a tuple, or a column of a data frame."""
    if not isinstance(x, list | tuple) and (isinstance(domain, Image) or (domain is None and Image.takes(x))):
        return [x], False
    several = x.tolist() if hasattr(x, "tolist") and not isinstance(x, str) else x
    return (list(several), True) if isinstance(several, list | tuple) else ([x], False)
