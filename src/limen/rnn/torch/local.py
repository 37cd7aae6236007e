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

Tensor = Any
"""A torch tensor; torch is not imported to name it."""


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

    def before(self) -> Tensor:
        """(T, B, P): the state that each step was given."""
        import torch

        return torch.cat([self.h_0[None], self.h[:-1]])


@dataclass(frozen=True, eq=False)
class Local:
    """The elementwise stage of steps `first` ... `first + len - 1`.

    gates: (T, B, G, H) what a gate's pre-activation hears of v (LSTM: gates i, f, g of u, the last, o, of v_h).
    candidate: (T, B, H) what the candidate's pre-activation hears of v, unlike the half that is reset; GRU only.
    carry: (T, B, H) z or f; None in an RNN. readout: (T, B, H) what u hears of v_h, LSTM only.
    """

    first: int
    gates: Tensor
    candidate: Tensor | None
    carry: Tensor | None
    readout: Tensor | None


def local(run: Run, before: Tensor, first: int, last: int, cells: Cells | None) -> Local:
    """Linearise the steps first ... last - 1. before: (T, B, P)."""
    h = run.h[first:last]
    if run.kind == "tanh":
        return Local(first, (1.0 - h * h)[:, :, None], None, None, None)
    if run.kind == "relu":
        return Local(first, (h > 0).to(h.dtype)[:, :, None], None, None, None)
    if cells is None:
        return _gru(run, before[first:last], first, last)
    gates = cells.gates or lstm_gates(run, before[first:last], first, last)
    return _lstm(gates, cells.c[first : last + 1], first)


def _products(run: Run, before: Tensor, first: int, last: int) -> tuple[Tensor, Tensor]:
    """The two halves of the pre-activations, (T, B, G, H) each: from the input and from the state before."""
    from torch.nn.functional import linear

    shape = (last - first, before.shape[1], run.gates, run.cells)
    return (
        linear(run.x[first:last], run.W_ih, run.b_ih).view(shape),
        linear(before, run.W_hh, run.b_hh).view(shape),
    )


def _gru(run: Run, before: Tensor, first: int, last: int) -> Local:
    import torch

    inputs, states = _products(run, before, first, last)
    both = inputs[:, :, :2].add_(states[:, :, :2]).sigmoid_()
    reset, update = both.unbind(2)
    hears = states[:, :, 2]
    candidate = inputs[:, :, 2].addcmul_(reset, hears).tanh_()
    gates = torch.empty_like(states)
    torch.mul(before - candidate, update, out=gates[:, :, 1])
    rest = 1.0 - update
    gates[:, :, 1] *= rest
    slope = rest.addcmul_(rest, candidate.square_(), value=-1.0)  # (1 - z)(1 - n²)
    torch.mul(slope, reset, out=gates[:, :, 2])
    torch.mul(gates[:, :, 2], hears, out=gates[:, :, 0])
    gates[:, :, 0] *= 1.0 - reset
    return Local(first, gates, slope, update, None)


def _lstm(gates: tuple[Tensor, ...], cells: Tensor, first: int) -> Local:
    """gates: i, f, g, o (t, B, H), which are used up. cells: (t + 1, B, H), the first is that before the first step."""
    import torch

    i, f, g, o = gates
    squashed = torch.tanh(cells[1:])
    found = torch.empty(*i.shape[:2], 4, i.shape[2], dtype=i.dtype, device=i.device)
    torch.mul(i, 1.0 - g * g, out=found[:, :, 2])
    torch.mul(g.mul_(i), 1.0 - i, out=found[:, :, 0])
    torch.mul((1.0 - f).mul_(f), cells[:-1], out=found[:, :, 1])
    torch.mul((1.0 - o).mul_(o), squashed, out=found[:, :, 3])
    return Local(first, found, None, f, squashed.square_().neg_().add_(1.0).mul_(o))


def lstm_gates(run: Run, before: Tensor, first: int, last: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The gates i, f, g, o (T, B, H) of the steps first ... last - 1; before: (T, B, P) of these steps."""
    inputs, states = _products(run, before, first, last)
    total = inputs.add_(states)
    total[:, :, :2].sigmoid_()
    total[:, :, 2].tanh_()
    total[:, :, 3].sigmoid_()
    i, f, g, o = total.unbind(2)
    return i, f, g, o


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells of an LSTM with c_0 in front, (T + 1, B, H), and its gates where all steps were in one window."""

    c: Tensor
    gates: tuple[Tensor, Tensor, Tensor, Tensor] | None


def lstm_cells(run: Run, before: Tensor, window: int) -> Cells:
    """Take the cells from the run, or run the recurrence c = f c + i g again."""
    import torch

    cells = torch.empty(run.steps + 1, *run.h.shape[1:2], run.cells, dtype=run.h.dtype, device=run.h.device)
    cells[0] = run.c_0
    if run.c is not None:
        cells[1:] = run.c
        return Cells(cells, None)
    for first in range(0, run.steps, window):
        last = min(first + window, run.steps)
        gates = lstm_gates(run, before[first:last], first, last)
        added, kept, rows = arrays(gates[0] * gates[2], gates[1], cells[first : last + 1])
        for step in range(last - first):
            rows[step + 1] = kept[step] * rows[step] + added[step]
    return Cells(cells, gates if window >= run.steps else None)


def arrays(*tensors: Tensor | None) -> tuple[Any, ...]:
    """The same memory as numpy arrays where that is possible (a CPU), because small numpy calls cost less."""
    return tuple(tensor.numpy() if tensor is not None and tensor.device.type == "cpu" else tensor for tensor in tensors)
