"""The cross-entropy of equation (4) of the course: labels, loss, and its slope ∂E_t/∂ŷ_t = ô_t Σy_t - y_t."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limen._errors import InputError, unknown
from limen._types import BoolArray, IntArray
from limen.rnn import _checks
from limen.rnn._activations import Array
from limen.rnn._passes import Tape

STEPS = ("all", "last")


@dataclass(frozen=True, eq=False)
class Targets:
    """The labels of the steps that count.

    steps: "all" or "last". rows: (n) their places t · batch + b in the time-major arrays; None: every step.
    indices: (n) classes, or None. distributions: (n, outputs) weights of the classes, or None.
    """

    steps: str
    rows: IntArray | None
    indices: IntArray | None
    distributions: Array | None

    def pick(self, values: Array) -> Array:
        """The rows (n, ...) that count of a time-major array (time, batch, ...)."""
        flat = values.reshape(-1, values.shape[-1])
        return flat if self.rows is None else flat[self.rows]


def targets(tape: Tape, y: Any, steps: str, mask: Any) -> Targets:
    """Read labels; raises InputError where they do not fit the trace or are out of range."""
    if steps not in STEPS:
        raise unknown("steps", steps, STEPS)
    time, batch, outputs = tape.z.shape
    rows = _rows(tape, steps, _checks.mask(mask, batch, time))
    found = _checks.array("y", y)
    if found.dtype.kind in _checks.INTEGERS and found.ndim < 3:
        labels = _gather(found, rows, (batch, time), (), steps, outputs)
        return Targets(steps, rows, _classes(labels, outputs, rows, batch), None)
    with np.errstate(over="ignore"):  # told as not finite
        weights = _gather(found, rows, (batch, time), (outputs,), steps, outputs).astype(tape.z.dtype)
    return Targets(steps, rows, None, _weights(weights, rows, batch))


def _rows(tape: Tape, steps: str, mask: BoolArray | None) -> IntArray | None:
    """The places of the steps that count; None: all."""
    time, batch, _ = tape.z.shape
    if steps == "last":
        rows: IntArray = (tape.lengths - 1) * batch + np.arange(batch)
    elif mask is None and not tape.ragged:
        return None
    else:
        rows = np.flatnonzero(np.arange(time)[:, None] < tape.lengths)
    if mask is not None:
        rows = rows[mask.T.reshape(-1)[rows]]
        if not len(rows):
            raise InputError("mask lets no step count, expected at least one True among the steps of the loss.")
    return rows


def _gather(
    y: NDArray[Any], rows: IntArray | None, grid: tuple[int, int], tail: tuple[int, ...], steps: str, outputs: int
) -> NDArray[Any]:
    """The labels (n, *tail) of the rows, whether y is given for every step or, with steps="last", once a sample."""
    batch, time = grid
    if y.shape == grid + tail:
        turned = y.swapaxes(0, 1).reshape(time * batch, *tail)
        return turned if rows is None else turned[rows]
    if rows is not None and steps == "last" and y.shape == (batch, *tail):
        return y[rows % batch]
    indices, weights = f"({batch}, {time})", f"({batch}, {time}, {outputs})"
    if steps == "last":
        indices, weights = f"({batch},) or {indices}", f"({batch}, {outputs}) or {weights}"
    raise InputError(
        f"y has the shape {y.shape} and the dtype {y.dtype}, expected class indices (integers) of shape {indices}, "
        f"or distributions (floats) of shape {weights}, for x of {batch} samples and {time} steps."
    )


def _classes(labels: NDArray[Any], outputs: int, rows: IntArray | None, batch: int) -> IntArray:
    found: IntArray = labels.astype(np.int64, copy=False)
    if len(labels) and found.view(np.uint64).max() >= outputs:  # so below 0 too
        first = int(np.flatnonzero((labels < 0) | (labels >= outputs))[0])
        raise InputError(
            f"y is {int(labels[first])} at {_where(rows, first, batch)}, expected a class from 0 to {outputs - 1}; "
            "use mask for steps that should not count."
        )
    return found


def _weights(weights: Array, rows: IntArray | None, batch: int) -> Array:
    wrong = ~((weights >= 0) & (weights < np.inf))
    if wrong.any():
        row, column = (int(index) for index in np.argwhere(wrong)[0])
        raise InputError(
            f"y is {float(weights[row, column])} at {_where(rows, row, batch)}, class {column}, "
            "expected weights that are finite and not negative."
        )
    return weights


def _where(rows: IntArray | None, place: int, batch: int) -> str:
    row = place if rows is None else rows[place]
    return f"sample {row % batch}, step {row // batch}"


def value(tape: Tape, target: Targets) -> float:
    """-Σ y · ln ô, summed in float64; ŷ - ln Σ exp ŷ stands for ln ô where a probability is too small for its dtype."""
    if target.indices is not None:
        chosen = target.pick(tape.o_hat).reshape(-1)[_places(target.indices, tape.z.shape[2])]
        if chosen.size and chosen.min() > np.finfo(chosen.dtype).tiny:
            return -float(np.sum(np.log(chosen), dtype=np.float64))
    scores = target.pick(tape.y_hat)
    shift = scores.max(axis=1, keepdims=True)
    logs = scores - shift - np.log(np.exp(scores - shift).sum(axis=1, keepdims=True))
    if target.indices is not None:
        return -float(np.sum(logs.reshape(-1)[_places(target.indices, tape.z.shape[2])], dtype=np.float64))
    return -float(np.sum(target.distributions * logs, dtype=np.float64))


def _places(indices: IntArray, outputs: int) -> IntArray:
    """Where the classes are in the flattened rows (n · outputs)."""
    places = np.arange(0, len(indices) * outputs, outputs)
    places += indices
    return places


def slope(tape: Tape, target: Targets) -> Array:
    """ε = ∂L/∂z = g_y'(z) ⊙ (ô Σy - y) of the rows that count: (n, outputs), a new array."""
    chosen = target.pick(tape.o_hat)
    error: Array = tape.buffers.empty(chosen.shape, chosen.dtype)
    np.copyto(error, chosen)
    if target.indices is not None:
        error.reshape(-1)[_places(target.indices, error.shape[1])] -= 1
    else:
        assert target.distributions is not None
        error *= target.distributions.sum(axis=1, keepdims=True)
        error -= target.distributions
    if not tape.g_y.linear:
        slopes = np.empty_like(error)
        tape.g_y.slope(target.pick(tape.y_hat), slopes)
        error *= slopes
    return error
