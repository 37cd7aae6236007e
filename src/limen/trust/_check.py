"""What a check is, and what it may see of the explanation at hand."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from limen._errors import InputError
from limen._explain import Explainer
from limen._types import FloatArray
from limen.domains import Table
from limen.models import Predictor
from limen.results import Estimate, Explanation, ImageInstance, Limit, Measure, TableInstance, TextInstance
from limen.sampling import Ball
from limen.trust._probes import Answered, answered, varied

STILL, ROUNDING = 0.05, 1e-6
"""By how much the answer to x may differ from one asking to the next, in deviations of all answers, and relative."""


@dataclass(eq=False)
class Case:
    """One explanation under audit, and what may be done about it.

    explainer: what made it, with a model that remembers its answers and counts; None: no row can be asked. model: as it
    was given to the explainer. x, target: what was explained, the target by class numbers. texts: a corpus of the
    user's, for texts. table: the domain of a table row. training: the data that the model was fitted on, inputs and
    labels. left: rows that may still be spent. other_rows: rows that other models were asked. spent: rows that the
    model was asked.
    """

    explanation: Explanation
    explainer: Explainer | None
    model: Any
    x: Any
    target: Any
    texts: Sequence[str] | None
    table: Table | None
    training: tuple[Any, Any] | None
    seed: int
    limits: Mapping[str, Limit]
    left: int
    other_rows: int = 0
    spent: int = field(default=0, init=False)

    @cached_property
    def answered(self) -> Answered:
        """The answers as a regression."""
        return answered(self.explanation)

    @property
    def is_text(self) -> bool:
        """Whether a text was explained."""
        return isinstance(self.explanation.instance, TextInstance)

    @property
    def is_image(self) -> bool:
        """Whether an image was explained."""
        return isinstance(self.explanation.instance, ImageInstance)

    @property
    def is_table(self) -> bool:
        """Whether a row of a table was explained."""
        return isinstance(self.explanation.instance, TableInstance)

    @cached_property
    def parts(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Numbers of the parts that changed among the probes."""
        return np.flatnonzero(varied(self.answered.points))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all parts."""
        return self.explanation.parts

    @cached_property
    def spread(self) -> float:
        """Standard deviation of the answers under the law; never 0."""
        data = self.answered
        mean = data.weights @ data.answers / data.weights.sum()
        return max(float(np.sqrt(data.weights @ (data.answers - mean) ** 2 / data.weights.sum())), 1e-300)

    @cached_property
    def covariance(self) -> FloatArray:
        """(d, d) Covariance of the effects: errors of the record, correlations as the recorded probes show them."""
        moved = self.answered.line().slope_moves
        scales = np.sqrt((moved**2).sum(axis=0))
        errors = self.explanation.effects.standard_errors
        by = np.divide(errors, scales, out=np.zeros_like(scales), where=scales > 0)
        found: FloatArray = (moved * by).T @ (moved * by)
        np.fill_diagonal(found, errors**2)
        return found

    @property
    def width(self) -> float:
        """The width of the ball, as the record tells it."""
        return float(self.explanation.law.parameters.removeprefix("width=").split(",")[0])

    def ball(self, width: float) -> Ball:
        """The ball that was asked by, of another width."""
        return Ball(width, correlated="correlated" in self.explanation.law.parameters)

    @cached_property
    def reach(self) -> float:
        """A deviation of the answers; for parts that are hidden at least half of the largest effect.

        That is what a part adds to it that is hidden half of the time; lime's law hides two words nearly always.
        """
        largest = float(np.abs(self.explanation.effects.values).max(initial=0.0))
        return self.spread if self.is_table else max(self.spread, largest / 2.0)

    def generator(self, name: str) -> np.random.Generator:
        """Chance for one check, the same whatever the others do."""
        return np.random.default_rng([self.seed, *name.encode()])

    def measure(self, name: str, told: str, value: Estimate) -> Measure:
        """A number with its limit, if the name has one."""
        return Measure(name, told, value, self.limits.get(name))

    def again(self, **changes: Any) -> Explanation:
        """The same question with other settings of the explainer; its rows are counted.

        A width that was chosen by evidence is kept, or another draw would look through another window.
        """
        assert self.explainer is not None
        if self.explanation.law.name == "ball":
            changes = {"sampler": self.ball(self.width)} | changes
        black_box: Predictor = self.explainer.model
        before = black_box.rows
        try:
            found: Explanation = dataclasses.replace(self.explainer, **changes)(self.x, self.target)
        finally:  # rows that were answered before a failure are paid for too
            self.pay(black_box.rows - before)
        self._same(found, changes)
        return found

    def _same(self, found: Explanation, changes: Mapping[str, Any]) -> None:
        """Raise InputError where the explainer is not the one that made the explanation: what it says of x tells.

        Not of models that answer at random.
        """
        was = self.explanation
        apart = abs(found.prediction - was.prediction)
        rounding = ROUNDING * max(1.0, abs(was.prediction))
        if (was.noise or 0.0) <= rounding and apart > STILL * self.spread + rounding:
            raise InputError(
                f"the model of explainer answers x by {found.prediction:.6g}, and that of the Explanation by "
                f"{was.prediction:.6g}; give the Explainer that made it."
            )
        if found.parts != was.parts and "domain" not in changes:
            raise InputError("explainer has other parts than the Explanation; give the one that made it.")
        alike = found.law.name == was.law.name and (self.is_table or str(found.law) == str(was.law))
        if "sampler" not in changes and not alike:
            raise InputError(
                f"explainer asks by {found.law}, and the Explanation by {was.law}; give the one that made it."
            )

    def pay(self, rows: int) -> None:
        """Count rows that the model was asked."""
        self.spent += rows
        self.left -= rows


@dataclass(frozen=True)
class Seen:
    """What a check saw: measures, what they mean, and what to do where they are not good."""

    measures: tuple[Measure, ...]
    reason: str
    remedy: str


def _nothing(case: Case) -> int:
    del case
    return 0


@dataclass(frozen=True)
class Check:
    """One weakness of LIME.

    name, title, claim: as in `limen.results.Finding`. spares: why the weakness cannot befall this explanation, or
    cannot be looked for; empty where it can. look: measures; told whether it may spend rows. offer: the rows that it
    would spend, 0 where it needs none or can spend none.
    """

    name: str
    title: str
    claim: str
    spares: Callable[[Case], str]
    look: Callable[[Case, bool], Seen]
    offer: Callable[[Case], int] = _nothing


def named(case: Case, parts: Sequence[int] | np.ndarray[Any, Any], most: int = 4) -> str:
    """Names of a few parts for a sentence: “a”, “b” and 3 more."""
    shown = [f"“{' '.join(case.names[int(part)].split())[:40]}”" for part in parts[:most]]
    rest = len(parts) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")
