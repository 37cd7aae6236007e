"""The loop that feeds conductors: one explanation or many, their questions go to the model in shared batches."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from limen._errors import LimenError
from limen._types import FloatArray
from limen.models import Composer, Predictor
from limen.results import Explanation


@dataclass(frozen=True)
class Ask:
    """Inputs that the conductor wants answered, and perhaps one to be answered afresh.

    composer: how the model's own input is made of them; None: they are what it takes. of_twin: the model's twin is
    asked, not the model.
    """

    inputs: list[Any]
    repeat: Any | None = None
    composer: Composer | None = None
    of_twin: bool = False


@dataclass(frozen=True, eq=False)
class Told:
    """Answers to an Ask: outputs (n, k), those of the repeat (k), and the rows and seconds that it cost.

    cut: the model reads only a beginning of the first input.
    """

    outputs: FloatArray
    repeated: FloatArray | None
    rows: int
    seconds: float
    cut: bool


Steps = Generator[Ask, Told, list[Explanation]]


def run(generators: Sequence[Steps], black_box: Predictor) -> list[list[Explanation]]:
    """Answer what all explanations ask, in shared batches, until each has returned.

    Raises ModelError with the Predictor attached, in which every row that was answered stays known.
    """
    results: list[list[Explanation]] = [[] for _ in generators]
    asks = {number: next(steps_) for number, steps_ in enumerate(generators)}
    while asks:
        tells = _answer(asks, black_box)
        asks = {}
        for number, told in tells.items():
            try:
                asks[number] = _sent(generators[number], told, black_box)
            except StopIteration as finished:
                results[number] = finished.value
    return results


def exchanges(steps: Steps, black_box: Predictor) -> Iterator[None]:
    """Answer what one explanation asks, and pause after each exchange with the model."""
    ask = next(steps)
    while True:
        told = _answer({0: ask}, black_box)[0]
        try:
            ask = _sent(steps, told, black_box)
        except StopIteration:
            yield
            return
        yield


def _sent(steps: Steps, told: Told, black_box: Predictor) -> Ask:
    """What the steps ask next; an error of theirs takes the Predictor along."""
    try:
        return steps.send(told)
    except LimenError as error:
        error.predictor = black_box
        raise


def _answer(asks: dict[int, Ask], black_box: Predictor) -> dict[int, Told]:
    """Send what goes into the same batches together: texts, rows of one table, masks of one image."""
    together: dict[Any, dict[int, Ask]] = {}
    for number, ask in asks.items():
        way = None if ask.composer is None else ask.composer.encoding
        together.setdefault((ask.of_twin, way), {})[number] = ask
    tells: dict[int, Told] = {}
    for (of_twin, _), group in together.items():
        asked = black_box.twin if of_twin else black_box
        assert asked is not None
        tells |= _answer_together(group, asked)
    return tells


def _answer_together(asks: dict[int, Ask], black_box: Predictor) -> dict[int, Told]:
    """Send all inputs of one way to compose; rows and seconds go to the explanation that first asked for an input."""
    composer = next(iter(asks.values())).composer
    rows: dict[int, int] = {}
    seen: set[Any] = set()
    repeats: list[Any] = []
    for number, ask in asks.items():
        fresh = [item for item in black_box.unknown(ask.inputs, composer) if item not in seen]
        seen.update(fresh)
        rows[number] = len(fresh)
        if ask.repeat is not None and ask.repeat not in repeats:
            repeats.append(ask.repeat)
            rows[number] += 1
    before = black_box.seconds
    outputs, repeated = black_box.ask([item for ask in asks.values() for item in ask.inputs], repeats, composer)
    seconds = (black_box.seconds - before) / max(1, sum(rows.values()))
    tells, start = {}, 0
    for number, ask in asks.items():
        stop = start + len(ask.inputs)
        again = None if ask.repeat is None else repeated[repeats.index(ask.repeat)]
        tells[number] = Told(
            outputs[start:stop], again, rows[number], rows[number] * seconds, black_box.cuts(ask.inputs[0])
        )
        start = stop
    return tells
