"""The black box: asked in batches, never twice the same, counted and checked."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from limen._canvas import Painter
from limen._errors import InputError, ModelError
from limen._types import FloatArray
from limen.models.answers import Answers, as_numbers
from limen.models.batches import PLAIN, Composer, Entry, batches, out_of_memory


@dataclass(frozen=True)
class Adapter:
    """A model as limen sees it.

    answer: takes a list of inputs, or what a Composer made of them, and gives an array (n, k) or (n). classes: names of
    the k outputs, if known. cuts: tells whether the model reads only a beginning of an input, if that is known. kind:
    what the outputs are: "probability"; "regression", a quantity; "margin", a score whose sign or whose largest decides
    (no probability); None: not known, so the numbers must tell. groups: for a model that answers several questions at
    once, the question (0, 1, ...) of each of the k outputs: only outputs of one question are rivals. Empty: one.
    columns: names of the columns of a table that the model takes, in its order; None: it does not say. painter: for a
    model of images, takes a canvas to the model's size and device and gives what composes batches there; None: the
    model takes arrays (n, H, W, 3) of the canvas itself. rows: most rows in a batch; None: as the input suggests.
    logits: the same model answering what stands before its softmax, for who asks for raw answers; None: there is none.
    engine_error: where another engine computes in the model's place, the largest difference of their answers to 16
    trial inputs; None: the model itself answers.
    """

    answer: Callable[[Any], Any]
    classes: tuple[str, ...] | None = None
    cuts: Callable[[Any], bool] | None = None
    kind: str | None = None
    groups: tuple[int, ...] = ()
    columns: tuple[str, ...] | None = None
    painter: Painter | None = None
    rows: int | None = None
    logits: Adapter | None = None
    engine_error: float | None = None


class Predictor:
    """Wraps a model: sends batches of similar length, never one input twice, counts rows and seconds, checks answers.

    It keeps every answer, also after an error: whoever asks again with the same Predictor pays only for what is new.

    Parameters
    ----------
    adapter: the model. batch_size: most inputs in a batch; None: what suits the model (`adapter.rows`), at most 256
    texts or 16,384 rows of a table. Halved by itself when memory runs out.

    Attributes
    ----------
    rows: inputs sent so far; those of a batch that failed as a whole count when its halves are sent. seconds: time
    spent in the model so far. twin: a cheaper model at its side (`limen.models.Twin`), or None. twin_ratio: inputs that
    the twin is asked for each one of the model's.

    """

    def __init__(self, adapter: Adapter, *, batch_size: int | None = None) -> None:
        whole = isinstance(batch_size, int) and not isinstance(batch_size, bool)
        if batch_size is not None and not (whole and batch_size >= 1):
            raise InputError(f"batch_size is {batch_size!r}, expected a whole number of at least 1, or None.")
        self.adapter = adapter
        self.batch_size = batch_size
        self.rows = 0
        self.seconds = 0.0
        self.twin: Predictor | None = None
        self.twin_ratio = 1.0
        self._answers: dict[Hashable, Answers] = {}
        self._n_outputs: int | None = None

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The names of the model's outputs, if it has any; those of a regressor are numbered once it has answered."""
        several = self.adapter.kind == "regression" and self._n_outputs is not None and self._n_outputs > 1
        if self.adapter.classes is None and several:
            return tuple(f"output {number}" for number in range(self._n_outputs or 0))
        return self.adapter.classes

    @property
    def kind(self) -> str | None:
        """What the outputs are, if that is known: "probability", "regression" or "margin"."""
        return self.adapter.kind

    @property
    def columns(self) -> tuple[str, ...] | None:
        """The names of the columns that the model takes, in its order, if it says so."""
        return self.adapter.columns

    def cuts(self, item: Any) -> bool:
        """Whether the model is known to read only a beginning of this text."""
        return self.adapter.cuts is not None and isinstance(item, str) and self.adapter.cuts(item)

    def __contains__(self, item: object) -> bool:
        """Whether this input, sent as it is, has been answered already."""
        return item in self._known(PLAIN)

    def unknown(self, inputs: Iterable[Any], composer: Composer | None = None) -> list[Any]:
        """Those inputs, each once and in their order, that have not been answered yet."""
        return self._known(composer or PLAIN).unknown(inputs)

    def __call__(self, inputs: Sequence[Any]) -> FloatArray:
        """Answer inputs (n) with an array (n, k); only those that were never answered are sent.

        Raises ModelError where the model raises, or answers with a wrong shape or with numbers that are not finite;
        what it answered before stays known.
        """
        return self.ask(inputs)[0]

    def ask(
        self, inputs: Sequence[Any], again: Sequence[Any] = (), composer: Composer | None = None
    ) -> tuple[FloatArray, FloatArray]:
        """Answer inputs (n) as calling does, and send those of `again` (m) anew: arrays (n, k) and (m, k).

        The inputs are hashable items, of which `composer` makes what the model takes; None: a list of them. The repeats
        travel in the batches of the others, so that a model whose answer depends on its batch is found out. The answer
        that is remembered is the first one. A batch on which the model raises is halved until it works or the first
        input that fails is alone (log2 of the batch more calls), and that input is named.
        """
        way = composer or PLAIN
        known = self._known(way)
        queue = [(item, False) for item in known.unknown(inputs)] + [(item, True) for item in dict.fromkeys(again)]
        repeated = self._send_all(queue, way, known)
        empty = np.zeros((0, self._n_outputs or 0))
        return (
            known.take(inputs) if len(inputs) else empty,
            np.stack([repeated[item] for item in again]) if len(again) else empty,
        )

    def _known(self, way: Composer) -> Answers:
        return self._answers.setdefault(way.encoding, Answers())

    def _send_all(self, queue: list[Entry], way: Composer, known: Answers) -> dict[Any, FloatArray]:
        """Send (input, whether it is a repeat) in batches; answers to repeats come back, the others are remembered."""
        repeated: dict[Any, FloatArray] = {}
        suits = self.adapter.rows or way.most_rows
        waiting = list(batches(queue, self.batch_size or min(way.most_rows, suits), way.length))[::-1]
        while waiting:
            batch = waiting.pop()
            items = [item for item, _ in batch]
            try:
                answers = self._checked(items, way)
            except _HalvesError as failed:
                half = max(1, len(batch) // 2)
                waiting += [batch[half:], batch[:half]]
                if failed.out_of_memory:
                    self.batch_size = half
                continue
            again = np.fromiter((repeat for _, repeat in batch), np.bool_, len(batch))
            if again.any():
                repeated.update({items[row]: answers[row] for row in np.flatnonzero(again)})
                items, answers = [item for item, repeat in batch if not repeat], answers[~again]
            known.add(items, answers)
        return repeated

    def _checked(self, batch: list[Any], way: Composer) -> FloatArray:
        """Send one batch and check the shape (n, k) and every number. Raises _HalvesError where parts may do better."""
        composed = way.compose(batch)
        start = time.perf_counter()
        try:
            given = self.adapter.answer(composed)
        except InputError as error:
            error.predictor = self
            raise
        except Exception as error:
            if len(batch) > 1:
                raise _HalvesError(out_of_memory(error)) from error
            self.rows += 1
            hint = ""
            if isinstance(error, AttributeError | TypeError) and way is PLAIN and "list" in str(error):
                hint = " (it is given a list of inputs, and answers all of them)"
            raise self._failure(f"The model raised {type(error).__name__}: {error}{hint}", batch, way) from error
        finally:
            self.seconds += time.perf_counter() - start
        self.rows += len(batch)
        return self._as_table(given, batch, way)

    def _as_table(self, given: Any, batch: list[Any], way: Composer) -> FloatArray:
        try:
            answers = as_numbers(given)
        except (TypeError, ValueError, RuntimeError) as error:
            raise self._failure(
                f"The model's answer is {type(given).__name__}, expected an array of numbers "
                f"({len(batch)}, k), not of labels, such as predict_proba gives: {error}",
                batch,
                way,
            ) from error
        if answers.ndim == 1 and len(answers) == len(batch):
            answers = answers[:, None]
        if answers.ndim != 2 or len(answers) != len(batch) or answers.shape[1] == 0:
            raise self._failure(
                f"The model's answer has shape {answers.shape}, expected ({len(batch)}, k): one row for each of the "
                f"{len(batch)} inputs that were sent, one column for each class. Wrap the model in a function that "
                f"takes {'a list' if way is PLAIN else 'the same batch'} and gives such an array",
                batch,
                way,
            )
        names = self.adapter.classes
        expected = self._n_outputs or (len(names) if names else answers.shape[1])
        if answers.shape[1] != expected:
            raise self._failure(
                f"The model's answer has {answers.shape[1]} columns, expected {expected} as "
                f"{'in the batches before' if self._n_outputs else f'it has the classes {names}'}",
                batch,
                way,
            )
        wrong = np.flatnonzero(~np.isfinite(answers).all(axis=1))
        if len(wrong):
            item, row = batch[wrong[0]], answers[wrong[0]]
            raise self._failure(f"The model answered {row.tolist()}, expected finite numbers", [item], way)
        self._n_outputs = expected
        return answers

    def _failure(self, what: str, batch: list[Any], way: Composer) -> ModelError:
        several = f" (first of {len(batch)} in the batch)" if len(batch) > 1 else ""
        error = ModelError(f"{what}. Input: {way.describe(batch[0])}{several}.")
        error.add_note(
            f"{sum(map(len, self._answers.values()))} inputs are answered already; hand error.predictor to explain in "
            "the model's place to pay only for the rest."
        )
        error.predictor = self
        return error


class _HalvesError(Exception):
    """A batch failed as a whole; its halves may not."""

    def __init__(self, out_of_memory: bool) -> None:
        super().__init__()
        self.out_of_memory = out_of_memory
