"""What a net is trained and scored on: checked once, then handed out in batches and windows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from limen._errors import InputError, unknown
from limen._types import BoolArray, IntArray
from limen.rnn import _checks
from limen.rnn._loss import STEPS
from limen.rnn.net import RNN, Steps


@dataclass(frozen=True, eq=False)
class Batch:
    """Some samples, or a window of their steps.

    slot: its number in the epoch, from 0. rows: (b) which samples. x: (b, t, inputs). y: as `RNN.loss` takes it.
    lengths: (b). mask: (b, t), or None with the loss of the last step. counted: steps that count.
    kept: (rows of the window before) bool, which of them go on in this one; None where the state starts anew.
    """

    slot: int
    rows: IntArray
    x: NDArray[Any]
    y: NDArray[Any]
    lengths: IntArray
    mask: BoolArray | None
    counted: int
    kept: BoolArray | None


@dataclass(frozen=True, eq=False)
class Samples:
    """n samples of at most T steps: x (n, T, inputs), or symbols (n, T) that become one-hot batch by batch.

    y: labels (n, T) or (n), or distributions (n, T, outputs) or (n, outputs), with steps "all" or "last". lengths: (n).
    mask: (n, T) which steps count; None with the loss of the last step. inputs, dtype: of one-hot vectors.
    """

    x: NDArray[Any]
    y: NDArray[Any]
    lengths: IntArray
    mask: BoolArray | None
    steps: Steps
    inputs: int
    dtype: np.dtype[Any]

    def __len__(self) -> int:
        return len(self.x)

    @property
    def counted(self) -> int:
        """How many steps count in the loss."""
        return len(self) if self.mask is None else int(self.mask.sum())

    def slots(self, batch_size: int, window: int | None) -> int:
        """How many batches, or windows of batches, an epoch has; some of the windows may hold no step."""
        return -(-len(self) // batch_size) * (1 if window is None else -(-self.x.shape[1] // window))

    def batches(self, order: IntArray, batch_size: int, window: int | None) -> Iterator[Batch]:
        """The samples in an order (n), in batches, each cut into windows where those are asked for."""
        steps, slot = self.x.shape[1], 0
        for start in range(0, len(self), batch_size):
            rows = order[start : start + batch_size]
            for first in range(0, steps, window or steps):
                kept = self.lengths[rows] > first
                rows = rows[kept]
                if len(rows):  # nothing is computed beyond the longest sample of the batch
                    last = min(int(self.lengths[rows].max()), first + (window or steps))
                    yield self._batch(slot, rows, slice(first, last), kept if first else None)
                slot += 1

    def _batch(self, slot: int, rows: IntArray, when: slice, kept: BoolArray | None) -> Batch:
        x, y, lengths = self.x[rows, when], self.y[rows], np.minimum(self.lengths[rows], when.stop) - when.start
        if x.ndim == 2:
            inside = np.arange(x.shape[1]) < lengths[:, None]
            x = one_hot(np.where(inside, x, 0), self.inputs, self.dtype)
        if self.mask is None:
            return Batch(slot, rows, x, y, lengths, None, len(rows), kept)
        mask = self.mask[rows, when]
        return Batch(slot, rows, x, y[:, when], lengths, mask, int(mask.sum()), kept)


def one_hot(symbols: NDArray[Any], size: int, dtype: DTypeLike = "float64") -> NDArray[Any]:
    """Turn whole numbers 0..size-1 of any shape into vectors with a single 1 along a new last axis."""
    vectors = np.zeros((*symbols.shape, size), dtype=dtype)
    np.put_along_axis(vectors, symbols[..., None], 1, axis=-1)
    return vectors


def samples(net: RNN, x: Any, y: Any, *, steps: Steps, lengths: Any, mask: Any) -> Samples:
    """Check what came, before anything is learned from it. Nothing of it is written to or copied.

    Raises InputError for wrong shapes, kinds and ranges, and for numbers that are not finite, with the first place.
    """
    if not isinstance(net, RNN):
        raise InputError(f"net is a {type(net).__name__}, expected a limen.rnn.RNN.")
    if steps not in STEPS:
        raise unknown("steps", steps, STEPS)
    inputs = _inputs(net, x)
    count, time = inputs.shape[:2]
    spans = _checks.lengths(lengths, count, time)
    inside = np.arange(time) < spans[:, None]
    _check_inputs(net, inputs, inside)
    if mask is not None and steps == "last":
        raise InputError(
            "mask does not go with steps='last': the last step of each sample counts. Drop one of the two."
        )
    chosen = _checks.mask(mask, count, time)
    counts = inside if chosen is None else inside & chosen
    if not counts.any():
        raise InputError("mask leaves no step that counts; set at least one within the samples' lengths.")
    labels = _labels(net, y, spans, counts, steps)
    return Samples(inputs, labels, spans, counts if steps == "all" else None, steps, net.inputs, net.dtype)


def _inputs(net: RNN, x: Any) -> NDArray[Any]:
    """Vectors (n, T, inputs) or symbols (n, T)."""
    found = _checks.array("x", x)
    symbols = found.ndim == 2 and found.dtype.kind in _checks.INTEGERS
    if not symbols and (found.ndim != 3 or found.shape[2] != net.inputs):
        raise InputError(
            f"x has the shape {found.shape} and the dtype {found.dtype}, expected numbers of the shape "
            f"(samples, time, {net.inputs}), or integers (samples, time), which stand for one-hot vectors."
        )
    if 0 in found.shape:
        raise InputError(f"x has the shape {found.shape}; expected at least one sample and one step.")
    return found


def _check_inputs(net: RNN, x: NDArray[Any], inside: BoolArray) -> None:
    """Look for what is out of range or not finite; padding may be anything, because the net does not look at it."""
    if x.ndim == 2:
        _range("x", x, net.inputs, "inputs", inside)
        return
    wrong = ~(np.abs(x) <= np.finfo(net.dtype).max)  # nan too
    places = np.argwhere(wrong & inside[..., None])
    if len(places):
        sample, step, feature = (int(place) for place in places[0])
        raise InputError(
            f"x holds {float(x[sample, step, feature])} at sample {sample}, step {step}, feature {feature}, expected "
            f"numbers that are finite in {net.dtype}; replace them, leave such samples out, or give lengths if this is "
            "padding."
        )


def _labels(net: RNN, y: Any, lengths: IntArray, counts: BoolArray, steps: Steps) -> NDArray[Any]:
    """Labels of the shape that `RNN.loss` takes; at steps that do not count they may be anything."""
    found, axes, outputs = _checks.array("y", y), counts.shape, net.outputs
    indices = found.dtype.kind in _checks.INTEGERS and found.ndim < 3
    if steps == "last":
        if found.shape == (axes if indices else (*axes, outputs)):
            found = found[np.arange(len(found)), lengths - 1]  # a label at every step, and the last one is asked for
        axes, counts = axes[:1], np.ones(axes[:1], dtype=np.bool_)
    if found.shape != (axes if indices else (*axes, outputs)):
        raise InputError(
            f"y has the shape {found.shape} and the dtype {found.dtype}, expected integers of the shape {axes}, or "
            f"distributions of the shape {(*axes, outputs)}, with steps={steps!r}."
        )
    if indices:
        _range("y", found, outputs, "outputs", counts)
        return found
    wrong = np.argwhere(~((found >= 0) & (found < np.inf)).all(axis=-1) & counts)
    if len(wrong):
        place = tuple(int(index) for index in wrong[0])
        raise InputError(f"y holds {found[place].tolist()} at {_place(place)}, expected a distribution.")
    return found


def _range(argument: str, found: NDArray[Any], size: int, of: str, counts: BoolArray) -> None:
    wrong = np.argwhere(((found < 0) | (found >= size)) & counts)
    if len(wrong):
        place = tuple(int(index) for index in wrong[0])
        raise InputError(
            f"{argument} is {int(found[place])} at {_place(place)}, expected 0 to {size - 1}: the net has {size} {of}."
        )


def _place(place: tuple[int, ...]) -> str:
    return ", ".join(f"{axis} {index}" for axis, index in zip(("sample", "step"), place, strict=False))
