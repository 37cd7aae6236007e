"""What a trace says of the steps that the way back has not come to: looked at once, and only as far as is asked for."""

from __future__ import annotations

import math

import numpy as np

from limen._types import FloatArray
from limen.rnn._activations import Array
from limen.rnn._passes import Tape

TOGETHER = 2**16  # units that are looked at together: what is computed of them stays in the cache
FEWEST, MOST = 8, 128  # steps that are looked at together
SMALLEST = 1e-300  # taken in the place of 0, so that logarithms stay finite
COVER = 1.01  # covers the rounding of a sum of very many squares


class Ahead:
    """The slopes and inputs of the steps 0, ..., end - 1 of a tape, read from the last of them towards the first.

    pace: steps that are best asked for together.
    """

    def __init__(self, tape: Tape, end: int) -> None:
        batch, hidden = tape.states.shape[1:]
        self.tape = tape
        self.pace = min(MOST, max(FEWEST, TOGETHER // (batch * hidden)))
        self._mean, self._largest, self._done = np.empty((end, batch)), np.empty((end, 1)), end

    def log_mean(self, bottom: int, top: int) -> FloatArray:
        """The log (n, B) of the root mean square slope over the units, of the steps from `bottom` until `top`."""
        self._read(bottom)
        return self._mean[bottom:top]

    def log_largest(self, bottom: int, top: int) -> FloatArray:
        """The log (n, 1) of the largest slope of each step in the whole batch; faster than one for each sample."""
        self._read(bottom)
        return self._largest[bottom:top]

    def largest_input(self, bottom: int, top: int) -> float:
        """A bound on ‖x_k‖ over these steps and all samples, from the largest entry."""
        part = self.tape.x[bottom:top]
        return largest_entry(part) * math.sqrt(part.shape[2])

    def any_input(self) -> float:
        """A wide bound on ‖x_k‖ over all steps, for which nothing is read."""
        return float(COVER * self.tape.x_norm)

    def _read(self, bottom: int) -> None:
        while self._done > bottom:
            top, self._done = self._done, max(0, self._done - self.pace)
            states = self.tape.states[self._done + 1 : top + 1]
            slopes = np.empty_like(states)
            self.tape.g_h.slope(states, slopes)
            part = slice(self._done, top)
            largest = slopes.reshape(len(slopes), -1).max(axis=1)
            np.log(np.maximum(largest, SMALLEST, dtype=np.float64), self._largest[part, 0])
            np.multiply(slopes, slopes, slopes)
            squares = np.dot(slopes, np.full(slopes.shape[2], 1 / slopes.shape[2], slopes.dtype))
            np.multiply(np.log(np.maximum(squares, SMALLEST, dtype=np.float64)), 0.5, self._mean[part])


def largest_entry(values: Array) -> float:
    """The largest absolute value."""
    return float(max(values.max(), -values.min()))
