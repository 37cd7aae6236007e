"""The black box: asked in batches, never twice the same, counted and checked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from limen._errors import InputError, ModelError
from limen._types import FloatArray

MOST_ROWS = 256
"""Most inputs in a batch; past this no model that was measured gets faster on a CPU."""
MOST_CHARACTERS = 16_384
"""Most characters in a padded batch (rows × longest), so that long texts come in small batches. Not the clock but the
lengths decide, so that the same question always makes the same batches and gives the same digits."""


@dataclass(frozen=True)
class Adapter:
    """A model as limen sees it.

    answer: takes a list of inputs and gives an array (n, k) or (n). classes: names of the k outputs, if known. cuts:
    tells whether the model reads only a beginning of an input, if that is known.
    """

    answer: Callable[[list[Any]], Any]
    classes: tuple[str, ...] | None = None
    cuts: Callable[[Any], bool] | None = None


class Predictor:
    """Wraps a model: sends batches of similar length, never one input twice, counts rows and seconds, checks answers.

    It keeps every answer, also after an error: whoever asks again with the same Predictor pays only for what is new.

    Parameters
    ----------
    adapter: the model. batch_size: most inputs in a batch; halved by itself when memory runs out.

    Attributes
    ----------
    rows: inputs sent so far. seconds: time spent in the model so far.

    """

    def __init__(self, adapter: Adapter, *, batch_size: int = MOST_ROWS) -> None:
        if isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1:
            raise InputError(f"batch_size is {batch_size!r}, expected a whole number of at least 1.")
        self.adapter = adapter
        self.batch_size = batch_size
        self.rows = 0
        self.seconds = 0.0
        self._answers: dict[Any, FloatArray] = {}
        self._n_outputs: int | None = None

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The names of the model's outputs, if it has any."""
        return self.adapter.classes

    def cuts(self, item: Any) -> bool:
        """Whether the model is known to read only a beginning of this input."""
        return self.adapter.cuts is not None and self.adapter.cuts(item)

    def __contains__(self, item: object) -> bool:
        """Whether this input has been answered already."""
        return item in self._answers

    def __call__(self, inputs: Sequence[Any]) -> FloatArray:
        """Answer inputs (n) with an array (n, k); only those that were never answered are sent.

        Raises ModelError where the model raises, or answers with a wrong shape or with numbers that are not finite;
        what it answered before stays known.
        """
        return self.ask(inputs)[0]

    def ask(self, inputs: Sequence[Any], again: Sequence[Any] = ()) -> tuple[FloatArray, FloatArray]:
        """Answer inputs (n) as calling does, and send those of `again` (m) anew: arrays (n, k) and (m, k).

        The repeats travel in the batches of the others, so that a model whose answer depends on its batch is found out.
        The answer that is remembered is the first one.
        """
        new = list(dict.fromkeys(item for item in inputs if item not in self._answers))
        queue = [(item, False) for item in new] + [(item, True) for item in dict.fromkeys(again)]
        queue.sort(key=lambda entry: _length(entry[0]))  # stable: texts of one length stay as they were asked
        repeated = self._send_all(queue)
        empty = np.zeros((0, self._n_outputs or 0))
        return (
            np.stack([self._answers[item] for item in inputs]) if len(inputs) else empty,
            np.stack([repeated[item] for item in again]) if len(again) else empty,
        )

    def _send_all(self, queue: list[tuple[Any, bool]]) -> dict[Any, FloatArray]:
        """Send (input, whether it is a repeat) in batches; answers to repeats come back, the others are remembered."""
        repeated: dict[Any, FloatArray] = {}
        waiting = list(batches(queue, self.batch_size))[::-1]
        while waiting:
            batch = waiting.pop()
            try:
                answers = self._checked([item for item, _ in batch])
            except Exception as error:
                if not _out_of_memory(error) or len(batch) == 1:
                    raise
                self.batch_size = max(1, len(batch) // 2)
                waiting += [batch[self.batch_size :], batch[: self.batch_size]]
                continue
            for (item, again), answer in zip(batch, answers, strict=True):
                (repeated if again else self._answers)[item] = answer
        return repeated

    def _checked(self, batch: list[Any]) -> FloatArray:
        """Send one batch and check the shape (n, k) and every number."""
        start = time.perf_counter()
        self.rows += len(batch)
        try:
            given = self.adapter.answer(list(batch))  # a copy: some models consume their list
        except Exception as error:
            if _out_of_memory(error) and len(batch) > 1:
                self.rows -= len(batch)  # nothing was answered, and the halves will be counted
                raise
            raise self._failure(f"The model raised {type(error).__name__}: {error}", batch) from error
        finally:
            self.seconds += time.perf_counter() - start
        return self._as_table(given, batch)

    def _as_table(self, given: Any, batch: list[Any]) -> FloatArray:
        try:
            answers = as_numbers(given)
        except (TypeError, ValueError, RuntimeError) as error:
            raise self._failure(
                f"The model's answer is {type(given).__name__}, expected an array of numbers "
                f"({len(batch)}, k), not of labels, such as predict_proba gives: {error}",
                batch,
            ) from error
        if answers.ndim == 1 and len(answers) == len(batch):
            answers = answers[:, None]
        if answers.ndim != 2 or len(answers) != len(batch) or answers.shape[1] == 0:
            raise self._failure(
                f"The model's answer has shape {answers.shape}, expected ({len(batch)}, k): one row for each of the "
                f"{len(batch)} inputs that were sent, one column for each class. Wrap the model in a function that "
                "takes a list and gives such an array",
                batch,
            )
        expected = self._n_outputs or (len(self.classes) if self.classes else answers.shape[1])
        if answers.shape[1] != expected:
            raise self._failure(
                f"The model's answer has {answers.shape[1]} columns, expected {expected} as "
                f"{'in the batches before' if self._n_outputs else f'it has the classes {self.classes}'}",
                batch,
            )
        wrong = np.flatnonzero(~np.isfinite(answers).all(axis=1))
        if len(wrong):
            item, row = batch[wrong[0]], answers[wrong[0]]
            raise self._failure(f"The model answered {row.tolist()}, expected finite numbers", [item])
        self._n_outputs = expected
        return answers

    def _failure(self, what: str, batch: list[Any]) -> ModelError:
        several = f" (first of {len(batch)} in the batch)" if len(batch) > 1 else ""
        error = ModelError(f"{what}. Input: {batch[0]!r:.200}{several}.")
        error.add_note(
            f"{len(self._answers)} inputs are answered already; hand error.predictor to explain in the model's place "
            "to pay only for the rest."
        )
        error.predictor = self
        return error


def as_numbers(given: Any) -> FloatArray:
    """A copy of a model's answer as float64: models may write over what they gave. Tensors are taken off the graph.

    Raises ValueError for complex numbers, masked entries and texts, which would lose something on the way.
    """
    if hasattr(given, "detach"):  # a tensor, perhaps with a gradient, on a device, or in bfloat16
        given = given.detach().cpu().double().numpy()
    if isinstance(given, np.ma.MaskedArray) and np.ma.is_masked(given):
        raise ValueError("some of its entries are masked")
    found = np.asarray(given)
    if found.dtype.kind not in "buifO":
        raise ValueError(f"its entries are of type {found.dtype}")
    return np.array(found, dtype=np.float64)


def batches(queue: list[tuple[Any, bool]], most: int) -> Iterator[list[tuple[Any, bool]]]:
    """Cut a queue, sorted by length, into batches of at most `most` rows and of bounded padded size."""
    start = 0
    for stop, (item, _) in enumerate(queue):
        rows = stop - start + 1
        if rows > 1 and (rows > most or rows * _length(item) > MOST_CHARACTERS):
            yield queue[start:stop]
            start = stop
    if start < len(queue):
        yield queue[start:]


def _length(item: Any) -> int:
    return len(item) if isinstance(item, str) else 0


def _out_of_memory(error: BaseException) -> bool:
    """Whether an error of any framework says that memory ran out."""
    text = f"{type(error).__name__}: {error}".lower()
    return isinstance(error, MemoryError) or "out of memory" in text or "outofmemory" in text or "bad_alloc" in text
