"""One table row on its way through the conductor."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field

import numpy as np

from limen._contributions import Reference
from limen._errors import BudgetError, InputError
from limen._geometry import TableGeometry
from limen._question import Chosen, Question, Target, resolve, was_named
from limen._run import Ask, Told
from limen._types import FloatArray
from limen.domains import Table
from limen.models import Composer, Predictor
from limen.results import TableInstance

SPARE_PAIRS = 2
"""Probes come in pairs, of which each tells one direction; the errors of a line need this many pairs more."""


@dataclass(frozen=True, eq=False)
class Shared:
    """What all rows that are explained together have in common."""

    question: Question
    domain: Table
    black_box: Predictor
    composer: Composer
    reference: Reference

    @classmethod
    def of(cls, question: Question, domain: Table, black_box: Predictor) -> Shared:
        """For one call of the explainer. Raises InputError for a model with a twin."""
        if black_box.twin is not None:
            raise InputError("model is a Twin, which is for texts and images; for rows of a table give one model.")
        composer = Composer(domain.compose_items, domain.describe_item, encoding=domain)
        return cls(question, domain, black_box, composer, Reference())


@dataclass(eq=False)
class Row:
    """One row on its way: who it is, what was told so far, and where chance comes from."""

    shared: Shared
    instance: TableInstance
    geometry: TableGeometry
    generator: np.random.Generator
    told: list[Told] = field(default_factory=list)
    seen: set[bytes] = field(default_factory=set)

    def ask(self, values: FloatArray, *, repeat: bool = False) -> Generator[Ask, Told, FloatArray]:
        """Ask for encoded rows (n, m), and perhaps for x afresh; gives the outputs (n, k)."""
        items = [row.tobytes() for row in np.ascontiguousarray(values)]
        self.seen.update(items)
        told = yield Ask(items, self.geometry.origin.tobytes() if repeat else None, self.shared.composer)
        self.told.append(told)
        return told.outputs

    @property
    def question(self) -> Question:
        """What was asked of all rows."""
        return self.shared.question

    @property
    def left(self) -> int:
        """Model rows that are left of the budget when x was asked afresh.

        Rows count here whether they were paid for now or known before, so that the draw is the same in company, after
        an error and alone.
        """
        return int(self.question.budget) - len(self.seen) - 1

    @property
    def fewest(self) -> int:
        """The fewest probes that carry a line through the parts that change."""
        return 2 * (int((~self.geometry.fixed).sum()) + SPARE_PAIRS)

    def probes(self, kept: int = 0) -> int:
        """How many probes are paid for by what is left of the budget, less `kept` rows.

        They come in pairs, for one row alone would be a block that carries more error than the others. Raises
        BudgetError where they are too few.
        """
        n = (self.left - kept) // 2 * 2
        if n < self.fewest:
            raise BudgetError(
                f"budget is {self.question.budget}, and {self.fewest} probes are the fewest that carry a line through "
                f"{self.geometry.n_parts} columns; {self.question.budget - self.left + kept + self.fewest} model rows "
                "can. Raise the budget, or group columns with Table(groups=...)."
            )
        return n

    def target(self, wanted: Target, outputs: FloatArray) -> tuple[Chosen, str]:
        """The class numbers and the name of a target; None is the predicted class, if there is one."""
        several = len(set(self.shared.black_box.adapter.groups)) > 1 or self.shared.black_box.kind == "regression"
        if not was_named(wanted) and several and len(outputs) > 1:
            names = self.shared.black_box.classes or tuple(map(str, range(len(outputs))))
            raise InputError(
                f"target is None, and the model answers several questions at once; name one of: {', '.join(names)}."
            )
        return resolve(wanted, self.shared.black_box.classes, outputs)
