"""The way back through time: from what each step hears of the loss to δ_t, and the sums over steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import repeat

import numpy as np

from limen._types import BoolArray, IntArray
from limen.rnn import _products
from limen.rnn._activations import Array
from limen.rnn._passes import Tape

CHUNK = 2**16  # slopes are computed for so many units at a time: they stay in the cache until they are used
WATCH = 8  # steps between two looks at how small the errors have become, and two questions whether the walk may end


@dataclass(frozen=True, eq=False)
class Errors:
    """The errors δ_t of the steps from `first` on: made (T - first, B, hidden); they are 0 before.

    arriving: (B, hidden), the part of δ of the very first step that goes on to the initial state.
    """

    tape: Tape
    first: int
    made: Array
    arriving: Array

    def every_step(self, found: Array) -> Array:
        """Put zeros (first, ...) before what was found for the steps from `first` on."""
        if not self.first:
            return found
        return np.concatenate([np.zeros((self.first, *found.shape[1:]), found.dtype), found])


@dataclass(frozen=True, eq=False)
class Heard:
    """What the states hear of the loss at their own steps, W_hy ε_t.

    error: (n, outputs) ε of the rows t · B + b; rows None: of all. turned: W_hyᵀ. steps: (T) whether a step hears
    anything; None: every step does.
    """

    error: Array
    turned: Array
    rows: IntArray | None
    steps: BoolArray | None

    def write(self, delta: Array, low: int = 0, high: int | None = None) -> None:
        """Write it to the steps low, ..., high - 1 of delta (T, B, hidden), or to all steps that hear anything."""
        if self.steps is None:
            batch, high = delta.shape[1], len(delta) if high is None else high
            _products.rows(self.error[low * batch : high * batch], self.turned, delta[low:high])
        else:
            delta[self.steps] = 0  # for samples that hear nothing at a step at which others do
            delta.reshape(-1, delta.shape[2])[self.rows] = np.dot(self.error, self.turned)


class Sums:
    """The sums over steps x_t δ_tᵀ, h_{t-1} δ_tᵀ and δ_t, made from the last step back as far as they are asked for."""

    def __init__(self, tape: Tape, delta: Array) -> None:
        self.tape, self.delta = tape, delta
        self._done = len(delta)
        self._found: list[Array] = []

    def until(self, step: int) -> list[Array]:
        """∂L/∂W_xh, ∂L/∂W_hh and, with biases, ∂L/∂b_h from the steps T - 1, ..., `step`; δ of these must be made."""
        if step < self._done or not self._found:
            part = slice(step, self._done)
            delta = self.delta[part]
            inputs, states = self.tape.x[part], self.tape.states[:-1][part]
            new = [_products.outer(left, delta, self.tape.buffers) for left in (inputs, states)]
            if "b_h" in self.tape.parameters:
                new.append(_products.total(delta))
            self._found = [a + b for a, b in zip(self._found, new, strict=True)] if self._found else new
            self._done = step
        return self._found


def walk(tape: Tape, delta: Array, heard: Heard, stop: Callable[[int], bool] | None = None) -> Errors:
    """Fill delta (T, B, hidden) with δ_t, from the last step to the first.

    stop: asked now and then, with the earliest step made; True ends the walk there.

    Where the loss is silent δ shrinks, as a rule, down to denormal numbers, which slow matrix products 4 to 7 times.
    So every few steps what is below tiny/eps of the dtype (1e-31 in float32) is set to 0, and once all of it is 0 the
    walk goes on at the next step that is heard.
    """
    make = _maker(tape, delta, heard)
    if heard.steps is None:
        make(len(delta), 0)
        return Errors(tape, 0, delta, delta[0])
    heard.write(delta)
    places = np.flatnonzero(heard.steps)
    high = first = int(places[-1]) + 1 if len(places) else len(delta)
    delta[high:] = 0
    while high and len(places):
        low = first = max(0, high - WATCH)
        make(high, low)
        high = low
        if _flush(delta[low]):
            earlier = places[: np.searchsorted(places, low)]
            high = int(earlier[-1]) + 1 if len(earlier) else 0
            if high:
                delta[high:low] = 0
        elif stop is not None and stop(low):
            break
    return Errors(tape, first, delta[first:], np.zeros_like(delta[0]) if first else delta[0])


def _maker(tape: Tape, delta: Array, heard: Heard) -> Callable[[int, int], None]:
    """Give a function of (high, low) that makes δ of the steps high - 1, ..., low from that of step high."""
    time, batch, hidden = delta.shape
    scratch, nothing = tape.buffers.empty(delta[0].shape, delta.dtype), np.zeros_like(delta[0])
    product, arranged, target = _products.step(tape.parameters["W_hh"].T, scratch, tape.buffers)
    add, multiply = np.add, np.multiply
    size = min(time, max(1, CHUNK // (batch * hidden)))
    buffer = tape.buffers.empty((size, batch, hidden), delta.dtype)

    def make(high: int, low: int) -> None:
        after = delta[high] if high < time else nothing
        for top in range(high, low, -size):
            bottom = max(low, top - size)
            slopes = buffer[: top - bottom]
            tape.g_h.slope(tape.states[bottom + 1 : top + 1], slopes)
            if heard.steps is None:  # some steps at a time: what is written is then still in the cache
                heard.write(delta, bottom, top)
            listens = repeat(True) if heard.steps is None else heard.steps[bottom:top][::-1].tolist()
            for now, slope, listening in zip(delta[bottom:top][::-1], slopes[::-1], listens):  # noqa: B905
                product(after, arranged, target)
                if listening:
                    add(now, scratch, now)
                    multiply(now, slope, now)
                else:
                    multiply(scratch, slope, now)
                after = now

    return make


def _flush(errors: Array) -> bool:
    """Set to 0, in place, what is so small that it soon becomes denormal; True if nothing is left."""
    limits = np.finfo(errors.dtype)
    keep = np.abs(errors) >= limits.tiny / limits.eps
    if keep.all():
        return False
    errors *= keep
    return not keep.any()


def windows(tape: Tape, delta: Array, heard: Heard, most: int) -> Errors:
    """Like `walk`, but the error of each step goes back through at most `most` transitions.

    One window for each step that is heard, all of them moved back together: `most` products of (heard · B, hidden)
    with (hidden, hidden), so about `most` times the cost of `walk` where every step is heard, and thrice its memory.
    """
    heard.write(delta)
    starts: IntArray = np.arange(len(delta)) if heard.steps is None else np.flatnonzero(heard.steps)
    turned = tape.buffers.copy(tape.parameters["W_hh"].T)
    window = delta[starts] * _slopes(tape, starts)
    delta.fill(0)
    delta[starts] = window
    arriving = np.zeros_like(delta[0])
    for back in range(1, most + 1):
        if len(starts) and starts[0] == back - 1:  # this window has come to the first step with a transition to spare
            arriving += window[0]
            window, starts = window[1:], starts[1:]
        moved = np.empty_like(window)
        _products.rows(window, turned, moved)
        moved *= _slopes(tape, starts - back)
        delta[starts - back] += moved
        window = moved
    return Errors(tape, 0, delta, arriving)


def _slopes(tape: Tape, steps: IntArray) -> Array:
    """The slopes g_h'(a_t) (n, B, hidden) of some steps."""
    states = tape.states[steps + 1]
    slopes = np.empty_like(states)
    tape.g_h.slope(states, slopes)
    return slopes
