"""What a forward pass of the net of the course hands out."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from limen._types import IntArray
from limen.rnn import _passes
from limen.rnn._activations import Array


@dataclass(frozen=True, eq=False)
class Trace:
    """What one forward pass kept: batch-first, read-only views; T steps.

    It holds its own copy of the parameters, so that it stays right when an optimiser moves those of the net.
    Beyond a sample's length x and h are 0, and the rest is what the net makes of zeros: it never reaches a loss.
    """

    tape: _passes.Tape = field(repr=False)

    @property
    def x(self) -> Array:
        """The inputs (batch, time, inputs)."""
        return _batch_first(self.tape.x)

    @property
    def h(self) -> Array:
        """The states (batch, time, hidden): h_t = g_h(a_t)."""
        return _batch_first(self.tape.states[1:])

    @cached_property
    def a(self) -> Array:
        """The pre-activations (batch, time, hidden), computed from x and h on demand: BPTT does without them."""
        tape = self.tape
        a = _passes.affine(tape.x, tape.parameters["W_xh"], tape.parameters.get("b_h"))
        a += _passes.affine(tape.states[:-1], tape.parameters["W_hh"], None)
        return _batch_first(a)

    @property
    def z(self) -> Array:
        """What goes into the output activation (batch, time, outputs): z_t = W_hyᵀ h_t (+ b_y)."""
        return _batch_first(self.tape.z)

    @property
    def y_hat(self) -> Array:
        """The scores (batch, time, outputs): ŷ_t = g_y(z_t)."""
        return _batch_first(self.tape.y_hat)

    @property
    def o_hat(self) -> Array:
        """The probabilities (batch, time, outputs): ô_t = softmax(ŷ_t)."""
        return _batch_first(self.tape.o_hat)

    @property
    def probabilities(self) -> Array:
        """The same as o_hat."""
        return self.o_hat

    @property
    def initial(self) -> Array:
        """The state (batch, hidden) before the first step."""
        return _read_only(self.tape.states[0])

    @property
    def lengths(self) -> IntArray:
        """The number of steps (batch) of each sample."""
        view = self.tape.lengths.view()
        view.setflags(write=False)
        return view


def _batch_first(buffer: Array) -> Array:
    return _read_only(buffer.transpose(1, 0, 2))


def _read_only(array: Array) -> Array:
    view = array.view()
    view.setflags(write=False)
    return view
