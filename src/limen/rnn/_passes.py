"""The forward pass over time-major arrays: one step of a batch is one block of memory."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limen._errors import ModelError
from limen._types import IntArray
from limen.rnn import _products
from limen.rnn._activations import Activation, Array
from limen.rnn._buffers import Buffers

MANY_CLASSES = 64  # from here on sums over classes are not repeated by a product
SAFE = 40.0  # exp of scores up to this size neither overflows nor underflows float32, so no shift is needed


@dataclass(frozen=True, eq=False)
class Tape:
    """What a forward pass kept, time-major: T steps, B samples.

    x: (T, B, inputs), of the Frobenius norm x_norm. states: (T + 1, B, hidden), of which the first is the initial one.
    z, y_hat, o_hat: (T, B, outputs). lengths: (B). ragged: they differ from T. parameters: copies by name. g_h, g_y:
    the activations. buffers: where memory for the way back comes from.
    """

    x: Array
    x_norm: float
    states: Array
    z: Array
    y_hat: Array
    o_hat: Array
    lengths: IntArray
    ragged: bool
    parameters: dict[str, Array]
    g_h: Activation
    g_y: Activation
    buffers: Buffers


def time_major(x: NDArray[Any], lengths: IntArray | None, dtype: np.dtype[Any], buffers: Buffers) -> Array:
    """Copy x (B, T, inputs) to (T, B, inputs), with zeros beyond each sample's length."""
    batch, time, width = x.shape
    inputs: Array = buffers.empty((time, batch, width), dtype)
    with np.errstate(over="ignore", invalid="ignore"):  # told by the check for finite numbers
        np.copyto(inputs, x.transpose(1, 0, 2), casting="unsafe")
    if lengths is not None:
        inputs[np.arange(len(inputs))[:, None] >= lengths] = 0
    return inputs


def affine(left: Array, weights: Array, bias: Array | None, out: Array | None = None) -> Array:
    """Give left (..., n) @ weights (n, m) (+ bias) as one matrix product over all steps."""
    if out is None:
        out = np.empty((*left.shape[:-1], weights.shape[1]), left.dtype)
    _products.rows(left, weights, out)
    if bias is not None:
        out += bias
    return out


def forward(
    x: Array,
    x_norm: float,
    initial: Array,
    lengths: IntArray,
    parameters: dict[str, Array],
    g_h: Activation,
    g_y: Activation,
    buffers: Buffers,
) -> Tape:
    """Run the net; x (T, B, inputs), of the Frobenius norm x_norm, becomes part of the tape."""
    time, batch, _ = x.shape
    kept = {name: buffers.copy(values) for name, values in parameters.items()}
    ragged = bool(lengths.min() < time)
    states: Array = buffers.empty((time + 1, batch, initial.shape[1]), x.dtype)
    states[0] = initial
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        if batch == 1 and not ragged and x.shape[2] <= states.shape[2]:
            _recur_alone(states[:, 0], x[:, 0], kept, g_h, buffers)
        else:
            affine(x, kept["W_xh"], kept.get("b_h"), states[1:])
            _recur(states, kept["W_hh"], g_h, lengths if ragged else None, buffers)
        z = affine(
            states[1:], kept["W_hy"], kept.get("b_y"), buffers.empty((time, batch, kept["W_hy"].shape[1]), x.dtype)
        )
        _finite(states[1:], z)
        y_hat = z
        if not g_y.linear:
            y_hat = buffers.empty(z.shape, z.dtype)
            g_y.apply(z, y_hat)
        o_hat = softmax(y_hat, buffers.empty(z.shape, z.dtype))
    return Tape(x, x_norm, states, z, y_hat, o_hat, lengths, ragged, kept, g_h, g_y, buffers)


def _recur(states: Array, weights: Array, g_h: Activation, lengths: IntArray | None, buffers: Buffers) -> None:
    """In place: states[1:] hold the input products and become the states; states[0] is the initial one.

    With lengths, the states of samples that have ended are set to 0, so that they can neither overflow nor be read.
    """
    scratch = buffers.empty(states[0].shape, states.dtype)
    product, arranged, target = _products.step(weights, scratch, buffers)
    apply, add = g_h.apply, np.add
    first_end = len(states) if lengths is None else int(lengths.min()) + 1
    for before, now in pairwise(states[:first_end]):
        product(before, arranged, target)
        add(now, scratch, now)
        apply(now, now)
    if lengths is not None:
        for step in range(first_end, len(states)):
            now = states[step]
            product(states[step - 1], arranged, target)
            add(now, scratch, now)
            apply(now, now)
            now[lengths < step] = 0


def _recur_alone(states: Array, x: Array, kept: dict[str, Array], g_h: Activation, buffers: Buffers) -> None:
    """The states (T + 1, hidden) of one sample x (T, inputs), whose steps are so small that the calls are the cost.

    So each step is one product, of (h_{t-1}, x_t, 1) with all weights below each other, and one activation.
    """
    hidden, inputs = states.shape[1], x.shape[1]
    bias = kept.get("b_h")
    weights = buffers.copy(np.concatenate([kept["W_hh"], kept["W_xh"], *([] if bias is None else [bias[None]])]))
    joined: Array = buffers.empty((len(states), len(weights)), x.dtype)
    joined[:, hidden + inputs :] = 1
    joined[0, :hidden] = states[0]
    joined[:-1, hidden : hidden + inputs] = x
    a, product, apply = np.empty(hidden, x.dtype), _products.DOT, g_h.apply
    for row, state in zip(joined[:-1], joined[1:, :hidden], strict=True):
        product(row, weights, a)
        apply(a, state)
    states[1:] = joined[1:, :hidden]


def softmax(scores: Array, out: Array) -> Array:
    """Write exp ŷ / Σ exp ŷ over the last axis to `out`; shifted by the largest score where exp could overflow."""
    width = scores.shape[-1]
    flat, found = scores.reshape(-1, width), out.reshape(-1, width)
    if max(flat.max(), -flat.min()) <= SAFE:
        np.exp(flat, found)
    else:
        np.subtract(flat, flat.max(axis=1, keepdims=True), found)
        np.exp(found, found)
    columns = width if width <= MANY_CLASSES else 1  # a product with ones sums short rows, and repeats the sum, fast
    found /= np.dot(found, np.ones((width, columns), out.dtype))
    return out


def _finite(states: Array, z: Array) -> None:
    """Raise ModelError with the first step (of T, B, n) that overflowed; a state that did makes z not finite either."""
    flat = z.reshape(-1)
    if np.isfinite(np.vdot(flat, flat)):
        return
    for what, values, advice in (
        ("state", states, "Scale W_hh down, use tanh or sigmoid, or shorten x."),
        ("score", z, "Scale W_hy down."),
    ):
        wrong = np.flatnonzero(~np.isfinite(values).all(axis=(1, 2)))
        if len(wrong):
            raise ModelError(f"The {what} of the net overflows {values.dtype} at step {wrong[0]}. {advice}")
