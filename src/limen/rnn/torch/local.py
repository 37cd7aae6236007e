"""What one step of a recurrent layer does to small changes: its Jacobian, as gates and weights. Torch tensors.

For every cell in use the Jacobian of a step falls into an elementwise stage and a linear one. With v the gradient of
the loss for the state that a step leaves behind:

* RNN: δ = g'(a) ⊙ v, and W_hhᵀ δ is the gradient for the state before.
* GRU: the same with δ for three gates, and z ⊙ v beside it.
* LSTM: state (h, c). u = v_c + o(1 - tanh²c) ⊙ v_h reaches the cell; δ of the gates i, f, g comes from u, that of o
  from v_h; W_hhᵀ δ is the gradient for h before, f ⊙ u that for c before. (With projections v_h comes through W_hr.)

Axes: T steps in the order in which the layer reads them, B samples, G gates, H cells, P size of h (H without
projection). Weights are laid out as torch does, (G·H, P).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

Tensor = Any
"""A torch tensor; torch is not imported to name it."""
SMALL_STEP = 2**17
"""Products a step below which a run leaves a GPU: on an H100 both took equally long at three times that."""
PIECE = 2**17
"""An LSTM's steps are linearised in pieces of so many gates, whose dozen passes find their numbers in the cache."""


@dataclass(frozen=True, eq=False)
class Run:
    """One layer and direction as it ran: what it was given and what came out.

    x: (T, B, inputs). h: (T, B, P) states that it left. h_0: (B, P). c_0: (B, H), LSTM. c: (T, B, H), where known.
    lengths: (B) steps of each sample; states beyond them are zeros.
    W_ih: (G·H, inputs), W_hh: (G·H, P), b_ih, b_hh: (G·H) or None, W_hr: (P, H) or None.
    tiny: the smallest normal number of the type that the model computes in; here half precision becomes float32.
    kind: "tanh", "relu", "gru" or "lstm"; "step" for one of the user's own, whose state is all in h, and which has no
    weights here.
    """

    kind: str
    x: Tensor
    h: Tensor
    h_0: Tensor
    c_0: Tensor | None
    c: Tensor | None
    lengths: Tensor
    W_ih: Tensor = None
    W_hh: Tensor = None
    b_ih: Tensor | None = None
    b_hh: Tensor | None = None
    W_hr: Tensor | None = None
    tiny: float = 0.0

    @property
    def steps(self) -> int:
        """T."""
        return int(self.h.shape[0])

    @property
    def gates(self) -> int:
        """G: how many blocks of rows W_hh has."""
        return {"tanh": 1, "relu": 1, "gru": 3, "lstm": 4}[self.kind]

    @property
    def cells(self) -> int:
        """H."""
        return int(self.W_hh.shape[0]) // self.gates

    def widened(self) -> Run:
        """The same in float32 where the model computes in less."""
        import torch

        info = torch.finfo(self.h.dtype)
        if info.bits >= 32:
            return replace(self, tiny=info.tiny)
        names = ("x", "h", "h_0", "c_0", "c", "W_ih", "W_hh", "b_ih", "b_hh", "W_hr")
        found = {name: getattr(self, name) for name in names}
        wide = {name: one if one is None or not one.is_floating_point() else one.float() for name, one in found.items()}
        return replace(self, tiny=info.tiny, **wide)

    def near(self) -> Run:
        """The same where it is followed fastest: on the CPU if its steps are small, else where it is."""
        if self.h.device.type == "cpu" or self.h.shape[1] * max(self.W_hh.numel(), self.W_ih.numel()) >= SMALL_STEP:
            return self
        names = ("x", "h", "h_0", "c_0", "c", "lengths", "W_ih", "W_hh", "b_ih", "b_hh", "W_hr")
        found = {name: getattr(self, name) for name in names}
        moved: dict[str, Any] = {name: None if one is None else one.cpu() for name, one in found.items()}
        return replace(self, **moved)

    def before(self) -> Tensor:
        """(T, B, P): the state that each step was given."""
        import torch

        return torch.cat([self.h_0[None], self.h[:-1]])


@dataclass(frozen=True, eq=False)
class Local:
    """The elementwise stage of steps `first` ... `first + len - 1`.

    factors: (T, B, blocks, H), side by side as the loop takes them: what each gate's pre-activation hears of v (LSTM:
    gates i, f, g of u, the last, o, of v_h), and beside these in a GRU z (last), in an LSTM f (first) and what u hears
    of v_h (last). candidate: (T, B, H) what the candidate's pre-activation hears of v, unlike the half that is reset;
    GRU only.
    """

    first: int
    factors: Tensor
    candidate: Tensor | None = None

    @property
    def steps(self) -> int:
        """How many."""
        return len(self.factors)

    @property
    def part(self) -> slice:
        """Which."""
        return slice(self.first, self.first + len(self.factors))

    @property
    def gates(self) -> Tensor:
        """(T, B, G, H) the gates' factors alone."""
        return self.factors[:, :, {1: slice(1), 4: slice(3), 6: slice(1, 5)}[self.factors.shape[2]]]

    @property
    def carry(self) -> Tensor | None:
        """(T, B, H) z or f; None in an RNN."""
        blocks = self.factors.shape[2]
        return None if blocks == 1 else self.factors[:, :, 3 if blocks == 4 else 0]

    @property
    def readout(self) -> Tensor | None:
        """(T, B, H) what u hears of v_h, LSTM only."""
        return self.factors[:, :, 5] if self.factors.shape[2] == 6 else None


def local(run: Run, before: Tensor, first: int, last: int, cells: Tensor | None) -> Local:
    """Linearise the steps first ... last - 1. before: (T, B, P). cells: (T + 1, B, H), c_0 in front, LSTM only."""
    h = run.h[first:last]
    if run.kind == "tanh":
        return Local(first, (1.0 - h * h)[:, :, None])
    if run.kind == "relu":
        return Local(first, (h > 0).to(h.dtype)[:, :, None])
    if cells is None:
        return _gru(run, before[first:last], first, last)
    factors = before.new_empty(last - first, before.shape[1], 6, run.cells)
    _lstm(lstm_gates(run, before[first:last], first, last), cells[first : last + 1], factors)
    return Local(first, factors)


def _gates(run: Run, before: Tensor, first: int, last: int, count: int) -> Tensor:
    """The pre-activations (T, B, count, H) of the first gates, which are sums of a half each from input and state."""
    from torch.nn.functional import linear

    rows = count * run.cells
    biases = [bias[:rows] for bias in (run.b_ih, run.b_hh) if bias is not None]
    total: Tensor = linear(run.x[first:last], run.W_ih[:rows], sum(biases) if biases else None)
    total.view(-1, rows).addmm_(before.reshape(-1, before.shape[2]), run.W_hh[:rows].T)
    return total.view(last - first, -1, count, run.cells)


def _gru(run: Run, before: Tensor, first: int, last: int) -> Local:
    import torch
    from torch.nn.functional import linear

    both = _gates(run, before, first, last, 2).sigmoid_()
    reset, update = both.unbind(2)
    rows = 2 * run.cells
    inputs = linear(run.x[first:last], run.W_ih[rows:], None if run.b_ih is None else run.b_ih[rows:])
    hears = linear(before, run.W_hh[rows:], None if run.b_hh is None else run.b_hh[rows:])
    candidate = inputs.addcmul_(reset, hears).tanh_()
    factors = both.new_empty(*both.shape[:2], 4, run.cells)
    factors[:, :, 3] = update
    rest = 1.0 - update
    torch.sub(before, candidate, out=factors[:, :, 1]).mul_(update).mul_(rest)
    slope = rest.addcmul_(rest, candidate.square_(), value=-1.0)  # (1 - z)(1 - n²)
    torch.mul(slope, reset, out=factors[:, :, 2])
    torch.mul(factors[:, :, 2], hears, out=factors[:, :, 0]).mul_(reset.neg_().add_(1.0))
    return Local(first, factors, slope)


def _lstm(gates: Tensor, cells: Tensor, factors: Tensor) -> None:
    """Fill factors (t, B, 6, H). gates: (t, B, 4, H). cells: (t + 1, B, H), the first is that before the first step."""
    import torch

    length = max(4, PIECE // gates[0].numel())
    one = gates.new_ones(())
    for part in (slice(first, first + length) for first in range(0, len(gates), length)):
        filled, known = factors[part], gates[part]
        i, f, g, o = known.unbind(2)
        filled[:, :, 0] = f
        torch.sub(one, known, out=filled[:, :, 1:5])
        filled[:, :, 1].mul_(i).mul_(g)
        filled[:, :, 2].mul_(f).mul_(cells[:-1][part])
        torch.addcmul(one, g, g, value=-1.0, out=filled[:, :, 3]).mul_(i)
        squashed = torch.tanh(cells[1:][part])
        filled[:, :, 4].mul_(o).mul_(squashed)
        torch.addcmul(one, squashed, squashed, value=-1.0, out=filled[:, :, 5]).mul_(o)


def lstm_gates(run: Run, before: Tensor, first: int, last: int) -> Tensor:
    """The gates i, f, g, o (T, B, 4, H) of the steps first ... last - 1; before: (T, B, P) of these steps."""
    total = _gates(run, before, first, last, 4)
    total[:, :, :2].sigmoid_()
    total[:, :, 2].tanh_()
    total[:, :, 3].sigmoid_()
    return total


def lstm_cells(run: Run, before: Tensor, window: int, factors: Tensor | None) -> Tensor:
    """The cells with c_0 in front, (T + 1, B, H): from the run, or from its recurrence c = f c + i g once more.

    factors: (T, B, 6, H) where these are to be filled on the way. window: steps that are dealt with at once.
    """
    import torch

    cells: Tensor = torch.empty(run.steps + 1, *run.h.shape[1:2], run.cells, dtype=run.h.dtype, device=run.h.device)
    cells[0] = run.c_0
    if run.c is not None:
        cells[1:] = run.c
        if factors is None:
            return cells
    for first in range(0, run.steps, window):
        last = min(first + window, run.steps)
        gates = lstm_gates(run, before[first:last], first, last)
        if run.c is None:
            _recur(gates, cells[first : last + 1])
        if factors is not None:
            _lstm(gates, cells[first : last + 1], factors[first:last])
    return cells


def _recur(gates: Tensor, cells: Tensor) -> None:
    """Fill all but the first of cells (t + 1, B, H)."""
    import torch

    torch.mul(gates[:, :, 0], gates[:, :, 2], out=cells[1:])
    kept, old, new, part = arrays(gates[:, :, 1], cells[:-1], cells[1:], torch.empty_like(cells[0]))
    multiply = np.multiply if isinstance(part, np.ndarray) else torch.mul
    for keep, before, now in zip(kept, old, new, strict=True):
        multiply(keep, before, out=part)
        now += part


def arrays(*tensors: Tensor | None) -> tuple[Any, ...]:
    """The same memory as numpy arrays where that is possible (a CPU), because small numpy calls cost less."""
    return tuple(tensor.numpy() if tensor is not None and tensor.device.type == "cpu" else tensor for tensor in tensors)
