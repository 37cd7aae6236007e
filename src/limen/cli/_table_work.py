"""Opening model and tables, and asking, a few dozen rows at a time."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import limen
from limen.cli._errors import CommandError, Exit
from limen.cli._options import Surrogate, surrogate_of, versus_of
from limen.cli._table_input import Loaded, Source, load
from limen.cli._table_options import Scale, features_of
from limen.cli._work import Waiting, opened, quiet
from limen.models import Predictor, predictor
from limen.results import TableInstance
from limen.sampling import Top

TOGETHER = 32
"""Rows whose questions share batches; more would wait long for the first answer."""
STEPS = 41
"""Values of each column of a surface."""
FILES = (".onnx", ".skops", ".json", ".ubj", ".pkl", ".pickle", ".joblib", ".pt", ".pth")


@dataclass(frozen=True)
class Surface:
    """Whether the model is asked for a picture of two columns. typed: them; None: those that matter most."""

    wanted: bool = False
    typed: str | None = None


def asking(
    scale: Scale, surrogate: Surrogate, budget: int, seed: int, tolerance: float | Top | None = None
) -> limen.Explainer:
    """The question as it was typed, without model and table."""
    return limen.Explainer(
        None,
        scale=scale.value,
        surrogate=surrogate_of(surrogate),
        budget=budget,
        tolerance=tolerance,
        seed=seed,
        on_doubt="ignore",
    )


def prepared(
    source: Source, model: str | None, scale: str, *, budget: int, trust_pickle: bool
) -> tuple[Predictor, Loaded]:
    """Open the model, then the tables, whose columns it may settle. Raises CommandError or LimenError."""
    source.check(model)
    if model is not None and ":" not in model and Path(model).suffix.lower() not in FILES:
        raise CommandError(
            f"--model is {model!r}, expected FILE.onnx, FILE.skops, XGBoost's FILE.json or FILE.ubj, or "
            "package.module:function."
        )
    with quiet(), Waiting(budget):
        if source.example:
            from limen.cli._table_example import FIRST, example

            fitted, frame = example()
            black_box = predictor(fitted)
            return black_box, load(source, frame, black_box.columns, FIRST)
        black_box = opened(model, scale, trust_pickle=trust_pickle)
        return black_box, load(source, None, black_box.columns)


def explained(
    question: limen.Explainer, loaded: Loaded, target: tuple[str | None, str | None], surface: Surface
) -> Iterator[tuple[int, limen.Explanation]]:
    """Put the question to the model row by row: the number of each row, and its explanation.

    question: with the model, and without the domain. Raises CommandError or LimenError, which name the rows.
    """
    black_box = question.model
    for start in range(0, len(loaded.numbers), TOGETHER):
        numbers = loaded.numbers[start : start + TOGETHER]
        chosen = loaded.chosen.iloc[start : start + TOGETHER]
        with quiet(), Waiting(len(numbers) * question.budget) as waiting:
            asked = dataclasses.replace(question, model=waiting.watch(black_box), domain=loaded.domain)
            try:
                wanted = versus_of(*target, black_box.classes)
                each = [waiting.explained(asked, chosen, wanted)] if len(numbers) == 1 else asked(chosen, wanted)
                each = [_with_surface(asked, one, surface) for one in each]
            except limen.LimenError as error:
                raise renamed(error, numbers) from error
        yield from zip(numbers, each, strict=True)


def _with_surface(asked: limen.Explainer, explanation: limen.Explanation, surface: Surface) -> limen.Explanation:
    """The explanation with what the model answers on a grid, where it was asked for and there are two numbers."""
    instance = explanation.instance
    if not surface.wanted or not isinstance(instance, TableInstance):
        return explanation
    if surface.typed is None and instance.reals.sum() < 2:
        return explanation
    return asked.with_surface(explanation, features=features_of(surface.typed, explanation.parts), steps=STEPS)


def renamed(error: limen.LimenError, numbers: Sequence[int]) -> CommandError:
    """The same error in the words of the command line: rows by their numbers in the file."""
    told = re.sub(r"\bx\[(\d+)\]", lambda found: f"row {numbers[int(found[1])]}", str(error))
    told = re.sub(r"^x (?=in the|has )", f"row {numbers[0]} ", told)
    told = re.sub(r"\b(from|of) x\b", r"\1 the row", told)
    return CommandError(told, Exit.USAGE if isinstance(error, ValueError) else Exit.ERROR)
