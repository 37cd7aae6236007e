"""The recurrent net of the course in numpy: the forward pass, which keeps what back-propagation through time needs.

Elman (1990), "Finding structure in time", in the course's column vectors: a_t = W_xhᵀ x_t + W_hhᵀ h_{t-1} (+ b_h),
h_t = g_h(a_t), z_t = W_hyᵀ h_t (+ b_y), ŷ_t = g_y(z_t), ô_t = softmax(ŷ_t). In arrays a sample is a row, so that
W_xhᵀ x_t is written x_t @ W_xh. Inside, arrays are time-major: one step of a batch is one block of memory.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from limen._errors import InputError, unknown
from limen._threads import held
from limen.rnn import _checks, _loss, _passes, bptt
from limen.rnn._activations import Array, activation
from limen.rnn._buffers import Buffers
from limen.rnn.trace import Trace

__all__ = ["RNN", "Steps", "Trace"]

SMALL = 2**20
"""Multiplications of a step's product up to which one thread is as fast as two on quiet cores, and twice as fast where
other work holds one (`benchmarks/how_fast_is_bptt_beside_torch.py`)."""
Steps = Literal["all", "last"]
"""Which steps of a sequence the loss hears: every one, or the last of each sample."""


class RNN:
    """A recurrent layer with an output layer, as the course writes them.

    inputs, hidden, outputs: sizes. hidden_activation: g_h, output_activation: g_y, among "tanh", "relu", "sigmoid" and
    "identity". bias: with b_h and b_y. dtype: "float64" or "float32", of all arrays.
    W_xh (inputs, hidden), W_hh (hidden, hidden), W_hy (hidden, outputs), b_h (hidden), b_y (outputs; both None without
    bias) are writable. They start uniform in ±1/√hidden, as torch's do, drawn from `seed` alone.
    Raises InputError for a size below 1 or beyond memory, an unknown activation or another dtype.
    """

    def __init__(
        self,
        inputs: int,
        hidden: int,
        outputs: int,
        *,
        hidden_activation: str = "tanh",
        output_activation: str = "identity",
        bias: bool = False,
        dtype: DTypeLike = "float64",
        seed: int = 0,
    ) -> None:
        self.inputs = _checks.whole("inputs", inputs, 1)
        self.hidden = _checks.whole("hidden", hidden, 1)
        self.outputs = _checks.whole("outputs", outputs, 1)
        self._g_h = activation("hidden_activation", hidden_activation)
        self._g_y = activation("output_activation", output_activation)
        self.dtype = _real(dtype)
        if not isinstance(bias, bool):
            raise InputError(f"bias is {bias!r}, expected True or False.")
        self.bias = bias
        generator = np.random.default_rng(_checks.whole("seed", seed, 0))
        drawn = self._drawn(generator)
        self.W_xh, self.W_hh, self.W_hy = drawn["W_xh"], drawn["W_hh"], drawn["W_hy"]
        self.b_h, self.b_y = drawn.get("b_h"), drawn.get("b_y")
        self._buffers = Buffers()

    @property
    def hidden_activation(self) -> str:
        """The name of g_h."""
        return self._g_h.name

    @property
    def output_activation(self) -> str:
        """The name of g_y."""
        return self._g_y.name

    def __repr__(self) -> str:
        sizes = f"{self.inputs}, {self.hidden}, {self.outputs}"
        activations = f"hidden_activation={self.hidden_activation!r}, output_activation={self.output_activation!r}"
        return f"RNN({sizes}, {activations}, bias={self.bias}, dtype={self.dtype.name!r})"

    def parameters(self) -> dict[str, Array]:
        """The arrays themselves by name, not copies: writing into them changes the net."""
        found = {"W_xh": self.W_xh, "W_hh": self.W_hh, "W_hy": self.W_hy, "b_h": self.b_h, "b_y": self.b_y}
        return {name: values for name, values in found.items() if values is not None}

    def forward(self, x: ArrayLike, *, lengths: ArrayLike | None = None, initial: ArrayLike | None = None) -> Trace:
        """Run the net over x (batch, time, inputs) and keep what `bptt` needs.

        lengths: (batch) steps of each sample, 1 to time; the rest of its row is not looked at. initial: the state
        (batch, hidden), or (hidden,) for all samples, before the first step; zeros for None.
        Raises InputError for wrong shapes and for numbers that are not finite (with the first place), and ModelError
        where a state or a score overflows (with the step).
        """
        _checks.parameters(self.parameters(), self._shapes(), self.dtype)
        found = _checks.sequences(x, self.inputs)
        batch, time, _ = found.shape
        steps = _checks.lengths(lengths, batch, time)
        start = _checks.initial(initial, batch, self.hidden, self.dtype)
        inputs = _passes.time_major(found, None if lengths is None else steps, self.dtype, self._buffers)
        norm = _checks.finite("x", inputs.transpose(1, 0, 2), ("sample", "step", "feature"))
        with held(batch * self.hidden**2 <= SMALL):
            tape = _passes.forward(inputs, norm, start, steps, self.parameters(), self._g_h, self._g_y, self._buffers)
        return Trace(tape)

    def loss(self, trace: Trace, y: ArrayLike, *, steps: Steps = "all", mask: ArrayLike | None = None) -> float:
        """The cross-entropy -Σ y_t · ln ô_t in nats, summed over steps and batch (equation 4 of the course).

        y: class indices (batch, time), or distributions (batch, time, outputs); with steps="last", which hears only
        the last step of each sample, also (batch,) and (batch, outputs). Integers are indices unless they have three
        axes. A distribution need not sum to 1: it is a weight on each class, and ∂E_t/∂ŷ_t = ô_t Σy_t - y_t holds for
        any weights that are not negative. mask: (batch, time) booleans, True where a step counts. Steps beyond a
        sample's length never count, and labels of steps that do not count are not looked at.
        """
        tape = self._tape(trace)
        return _loss.value(tape, _loss.targets(tape, y, steps, mask))

    def bptt(
        self,
        trace: Trace,
        y: ArrayLike,
        *,
        steps: Steps = "all",
        mask: ArrayLike | None = None,
        truncate: int | None = None,
        tolerance: float | None = None,
    ) -> bptt.Gradients:
        """The gradient of `loss` with the same y, steps and mask, by back-propagation through time.

        truncate: k; the loss of each step s is sent back through at most k transitions h_{t-1} -> h_t, so that it
        reaches a_s, ..., a_{s-k} and nothing before, and the initial state only if s < k (steps count from 0). With
        steps="all" each step has a window of its own, which costs about k times what the full gradient does. None:
        through all transitions, at the cost of one.
        tolerance: stop going back once what is left is below this share of the gradients of W_hh, W_xh and b_h
        (steps="last" only; 1e-7 is a good value; see `limen.rnn.early_stop`). The gradients of x before the stop and
        of the initial state are then 0. Where all underflows before a stop would pay, as in small nets in float32,
        there is none. None: go all the way.
        Raises ModelError where the gradient overflows, with the step.
        """
        tape = self._tape(trace)
        targets = _loss.targets(tape, y, steps, mask)
        with held(tape.z.shape[1] * self.hidden**2 <= SMALL):
            return bptt.gradients(tape, targets, truncate, tolerance)

    def _tape(self, trace: Trace) -> _passes.Tape:
        """The inside of a trace, if a net of this make made it."""
        if not isinstance(trace, Trace):
            raise InputError(f"trace is a {type(trace).__name__}, expected what forward(x) returned.")
        tape = trace.tape
        shapes = {name: values.shape for name, values in tape.parameters.items() if values is not None}
        if shapes != self._shapes() or (tape.g_h, tape.g_y) != (self._g_h, self._g_y) or tape.x.dtype != self.dtype:
            raise InputError("trace comes from a net of other sizes, activations or dtype; expected one of this net's.")
        return tape

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        shapes: dict[str, tuple[int, ...]] = {
            "W_xh": (self.inputs, self.hidden),
            "W_hh": (self.hidden, self.hidden),
            "W_hy": (self.hidden, self.outputs),
        }
        return shapes | ({"b_h": (self.hidden,), "b_y": (self.outputs,)} if self.bias else {})

    def _drawn(self, generator: np.random.Generator) -> dict[str, Array]:
        """First weights by name. Raises InputError where there is no room for them."""
        try:
            reach = self.hidden**-0.5
            return {
                name: generator.uniform(-reach, reach, shape).astype(self.dtype)
                for name, shape in self._shapes().items()
            }
        except (MemoryError, ValueError, OverflowError) as error:  # the latter two where no array can be so large
            size = sum(math.prod(shape) for shape in self._shapes().values()) * self.dtype.itemsize
            raise InputError(
                f"inputs, hidden and outputs are {self.inputs}, {self.hidden} and {self.outputs}: the weights would "
                f"take {size // 10**9:,} GB, more than there is memory for; expected a smaller net."
            ) from error


def _real(dtype: DTypeLike) -> np.dtype[Any]:
    try:
        found = np.dtype(dtype)
    except TypeError:
        raise unknown("dtype", dtype, ("float32", "float64")) from None
    if found not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise unknown("dtype", found.name, ("float32", "float64"))
    return found
