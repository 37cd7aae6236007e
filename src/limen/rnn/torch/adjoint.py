"""Back-propagation through time with safe norms: unit vectors, and the logarithms of their lengths in float64.

A float32 gradient is 0 from about 103 nats below 1; here nothing is lost however far back one goes. The loop runs on
numpy arrays (on a CPU, where a numpy call costs less than a torch call) or on torch tensors (elsewhere).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from limen._threads import threads
from limen.rnn.torch.arithmetic import Numpy, Torch
from limen.rnn.torch.local import Local, Tensor, arrays

SMALL = 2**26
"""Matrix products of fewer multiplications than this a step are done on one thread."""
NOTHING = -1e300
"""The logarithm of the scale of a vector that is still 0: below all others, and still a number to reckon with."""


@dataclass(frozen=True, eq=False)
class Direct:
    """Gradient that reaches the states from outside time: from outputs, or from the layer above.

    steps: the k steps at which there is any, rising. vectors: (k, ..., B, n), largest entry 1 (or 0).
    scale: (k, ..., B) float64 logarithm of what the vectors are to be multiplied by.
    """

    steps: tuple[int, ...]
    vectors: Tensor
    scale: Tensor

    def log_norms(self) -> Tensor:
        """(k, ..., B) logarithms of the norms; -inf for 0."""
        return self.scale + log_norm(self.vectors)


@dataclass(frozen=True, eq=False)
class Deltas:
    """What a step's gradient is on its way through the gates, as the loop found it.

    delta: (T, ..., B, G, H) for the gates' pre-activations. carried: (T, ..., B, H) beside the weights, None in an RNN.
    cell: (T, ..., B, H) for c, LSTM only.
    """

    delta: Tensor
    carried: Tensor | None
    cell: Tensor | None

    @classmethod
    def empty(cls, kind: str, like: Tensor, shape: tuple[int, ...], gates: int, cells: int) -> Deltas:
        """Room for shape (T, ..., B)."""
        delta = like.new_empty(*shape, gates, cells)
        carried = None if kind in ("tanh", "relu") else like.new_empty(*shape, cells)
        return cls(delta, carried, like.new_empty(*shape, cells) if kind == "lstm" else None)


@dataclass(frozen=True, eq=False)
class Adjoint:
    """The gradient of the loss for the state after each step, n = size of the state (h, or h and c).

    vectors: (T, ..., B, n) of length 1 (0 where there is none), scale: (T, ..., B) float64 logarithms of their lengths.
    through, through_scale: (T + 1, ...) the part that came through time; row t + 1 is the state after step t, row 0
    the initial state, the last row is 0. kept: what passed the gates, where there was room for all steps.
    """

    vectors: Tensor
    scale: Tensor
    through: Tensor
    through_scale: Tensor
    kept: Deltas | None = None


def direct_of(gradient: Tensor, scale: Tensor | None = None) -> Direct:
    """Take apart a gradient (T, ..., B, n), multiplied by e to `scale` (T, ..., B) if that is given."""
    import torch

    largest = gradient.abs().amax(-1)
    steps = torch.nonzero(largest.reshape(len(largest), -1).amax(1) > 0).flatten()
    picked, top = gradient[steps], largest[steps].double()
    vectors = (picked.double() / torch.where(top > 0, top, 1.0)[..., None]).to(gradient.dtype)
    log_top = torch.where(top > 0, torch.log(top), NOTHING)
    total = log_top if scale is None else log_top + scale[steps]
    return Direct(tuple(steps.tolist()), vectors, torch.clamp_min(total, NOTHING))


def log_norm(vectors: Tensor) -> Tensor:
    """Logarithms (...) in float64 of the norms of vectors (..., n) whose entries are neither tiny nor huge."""
    import torch

    return torch.log(torch.linalg.vector_norm(vectors, dim=-1).double())


@dataclass(frozen=True, eq=False)
class Back:
    """One step back: the gradient v for the state after a step, to that for the state before it."""

    kind: str
    W_hh: Any
    W_hr: Any
    size: int

    def __call__(self, v: Any, local: Sequence[Any], into: Sequence[Any], found: Any, on: Any) -> None:
        """From v (..., B, n) to `found` (..., B, n); see `pass_gates` for the rest."""
        delta, carried, _ = into
        self.pass_gates(v, local, into, on)
        rows = delta.reshape(*v.shape[:-1], -1)
        if self.kind == "lstm":
            on.matmul(rows, self.W_hh, out=found[..., : self.size])
            found[..., self.size :] = carried
            return
        on.matmul(rows, self.W_hh, out=found)
        if carried is not None:
            found += carried

    def pass_gates(self, v: Any, local: Sequence[Any], into: Sequence[Any], on: Any) -> None:
        """The elementwise stage of one step, or of many.

        v: (..., B, n). local: gates (B, G, H), carry and readout (B, H) of the step. into: arrays for δ (..., B, G, H),
        for what is carried and for the cell's gradient (..., B, H).
        """
        (gates, carry, readout), (delta, carried, cell) = local, into
        if self.kind != "lstm":
            on.multiply(gates, v[..., None, :], out=delta)
            if carry is not None:
                on.multiply(carry, v, out=carried)
            return
        h, c = v[..., : self.size], v[..., self.size :]
        if self.W_hr is not None:
            h = h @ self.W_hr
        on.multiply(readout, h, out=cell)
        cell += c
        on.multiply(gates[..., :3, :], cell[..., None, :], out=delta[..., :3, :])
        on.multiply(gates[..., 3, :], h, out=delta[..., 3, :])
        on.multiply(carry, cell, out=carried)


def backward(
    locals_: Iterable[Local], direct: Direct, back: Back, like: Tensor, shape: tuple[int, ...], kept: Deltas | None
) -> Adjoint:
    """Go back through all steps.

    locals_: windows of steps, the last first. like: a tensor of the dtype and on the device. shape: (T, ..., B, n).
    kept: where to leave what passes the gates, for all steps.
    """
    import torch

    steps = shape[0]
    vectors = torch.empty(shape, dtype=like.dtype, device=like.device)
    through = torch.zeros((steps + 1, *shape[1:]), dtype=like.dtype, device=like.device)
    scales = torch.full((2, steps + 1, *shape[1:-1]), NOTHING, dtype=torch.float64, device=like.device)
    on_cpu = like.device.type == "cpu"
    small = math.prod(shape[1:]) * back.W_hh.shape[0] < SMALL
    with threads(1 if small else torch.get_num_threads()) if on_cpu else nullcontext():
        _loop(locals_, direct, back, arrays(vectors, through, scales), kept, Numpy if on_cpu else Torch)
    return Adjoint(vectors, scales[0, :steps], through, scales[1], kept)


def _loop(
    locals_: Iterable[Local], direct: Direct, back: Back, found: tuple[Any, ...], kept: Deltas | None, on: Any
) -> None:
    v_all, u_all, s_all = found
    d_all, d_scale = arrays(direct.vectors, direct.scale)
    places = {step: place for place, step in enumerate(direct.steps)}
    u, s = u_all[-1], s_all[1, -1]
    into = kept
    for window in locals_:
        gates, carry, readout = arrays(window.gates, window.carry, window.readout)
        if into is None:
            into = Deltas.empty(back.kind, window.gates, (1, *v_all.shape[1:-1]), *window.gates.shape[2:])
        delta, carried, cell = arrays(into.delta, into.carried, into.cell)
        for place in range(len(gates) - 1, -1, -1):
            step = window.first + place
            left = step if kept is not None else 0
            if step in places:
                u, s = on.join(u, s, d_all[places[step]], d_scale[places[step]])
            norm = on.norm(u)
            s = s + on.log(norm)
            v = on.divide(u, norm[..., None], out=v_all[step])
            u = u_all[step]
            back(v, _at(place, gates, carry, readout), _at(left, delta, carried, cell), u, on)
            s_all[:, step] = s


def _at(place: int, *arrays_: Any) -> tuple[Any, ...]:
    return tuple([None if one is None else one[place] for one in arrays_])
