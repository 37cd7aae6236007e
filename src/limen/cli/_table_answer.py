"""The way of both commands of tables: open, ask, print."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import limen
from limen.cli._errors import CommandError, Exit
from limen.cli._table_input import Source
from limen.cli._table_show import Output, Shown, told
from limen.cli._table_work import Surface, explained, prepared
from limen.models import Predictor
from limen.sampling import Sampler


@dataclass(frozen=True)
class Asked:
    """What is asked of which model.

    target: as typed, and what it is set against. law: where to look, once the model and its classes are known.
    """

    question: limen.Explainer
    law: Callable[[Predictor], Sampler]
    model: str | None
    target: tuple[str | None, str | None]
    trust_pickle: bool
    surface: Surface


def answered(asked: Asked, source: Source, output: Output, show: Callable[[str], Shown]) -> Exit:
    """Explain row after row; believed, if all of them are. Raises CommandError or LimenError."""
    output.check()
    question = asked.question
    black_box, loaded = prepared(
        source, asked.model, question.scale, budget=question.budget, trust_pickle=asked.trust_pickle
    )
    output.check_files(loaded.numbers)
    question = dataclasses.replace(question, model=black_box, sampler=_law(asked, black_box))
    believed, notes = True, loaded.notes
    shown = show(asked.model or _example_title())
    for number, explanation in explained(question, loaded, asked.target, asked.surface):
        told(notes)
        notes = []  # after the first answer only: an error is one line
        output.hand_out(explanation, number, loaded, shown)
        boundary = explanation.boundary
        believed = believed and explanation.believed and (boundary is None or boundary.found)
    return Exit.BELIEVED if believed else Exit.DOUBTED


def _law(asked: Asked, black_box: Predictor) -> Sampler:
    try:
        return asked.law(black_box)
    except limen.LimenError as error:
        raise CommandError(str(error)) from error


def _example_title() -> str:
    from limen.cli._table_example import TITLE

    return TITLE
