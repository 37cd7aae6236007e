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

from dataclasses import dataclass
from typing import Any

Tensor = Any
"""A torch tensor; torch is not imported to name it."""


@dataclass(frozen=True, eq=False)
class Run:
    """One layer and direction as it ran: what it was given and what came out.

    x: (T, B, inputs). h: (T, B, P) states that it left. h_0: (B, P). c_0: (B, H), LSTM. c: (T, B, H), where known.
    lengths: (B) steps of each sample; states beyond them are zeros.
    W_ih: (G·H, inputs), W_hh: (G·H, P), b_ih, b_hh: (G·H) or None, W_hr: (P, H) or None.
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

    def before(self) -> Tensor:
        """(T, B, P): the state that each step was given."""
        import torch

        return torch.cat([self.h_0[None], self.h[:-1]])


@dataclass(frozen=True, eq=False)
class Local:
    """The elementwise stage of steps `first` ... `first + len - 1`.

    gates: (T, B, G, H) what a gate's pre-activation hears of v (LSTM: gates i, f, g of u, the last, o, of v_h).
    inputs: the same for the input's pre-activation, which differs in GRU alone. carry: (T, B, H) z or f; None in an
    RNN.
    readout: (T, B, H) what u hears of v_h, LSTM only.
    """

    first: int
    gates: Tensor
    inputs: Tensor
    carry: Tensor | None
    readout: Tensor | None


def local(run: Run, before: Tensor, first: int, last: int, cells: Tensor | None) -> Local:
    """Linearise the steps first ... last - 1. before: (T, B, P). cells: (T + 1, B, H) c with c_0 in front, LSTM."""
    h = run.h[first:last]
    if run.kind == "tanh":
        slope = (1.0 - h * h)[:, :, None]
        return Local(first, slope, slope, None, None)
    if run.kind == "relu":
        slope = (h > 0).to(h.dtype)[:, :, None]
        return Local(first, slope, slope, None, None)
    if run.kind == "gru":
        return _gru(run, before[first:last], first, last)
    return _lstm(run, before[first:last], first, last, cells)


def deltas(run: Run, window: Local, v: Tensor, gates: Tensor) -> tuple[Tensor, Tensor | None, Tensor]:
    """What reaches the gates' pre-activations (t, B, G, H), what is carried on beside the weights (t, B, H), and ∂L/∂c.

    Where there is no cell the last is v itself.
    """
    import torch

    if run.kind != "lstm":
        return gates * v[:, :, None, :], None if window.carry is None else window.carry * v, v
    size = run.h.shape[2]
    h, c = v[..., :size], v[..., size:]
    if run.W_hr is not None:
        h = h @ run.W_hr
    u = c + window.readout * h
    delta = torch.cat([gates[:, :, :3] * u[:, :, None], gates[:, :, 3:] * h[:, :, None]], 2)
    return delta, window.carry * u, u


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
    reset, update = torch.sigmoid(inputs[:, :, :2] + states[:, :, :2]).unbind(2)
    hears = states[:, :, 2]
    candidate = torch.tanh(inputs[:, :, 2] + reset * hears)
    slope = (1.0 - update) * (1.0 - candidate * candidate)
    gates = torch.empty_like(states)
    torch.mul(slope * hears, reset * (1.0 - reset), out=gates[:, :, 0])
    torch.mul(before - candidate, update * (1.0 - update), out=gates[:, :, 1])
    through = gates.clone()
    through[:, :, 2] = slope
    torch.mul(slope, reset, out=gates[:, :, 2])
    return Local(first, gates, through, update, None)


def _lstm(run: Run, before: Tensor, first: int, last: int, cells: Tensor | None) -> Local:
    import torch

    if cells is None:
        raise ValueError("an LSTM is linearised at its cells")
    i, f, g, o = lstm_gates(run, before, first, last)
    squashed = torch.tanh(cells[first + 1 : last + 1])
    gates = torch.empty(*i.shape[:2], 4, i.shape[2], dtype=i.dtype, device=i.device)
    torch.mul(i * (1.0 - i), g, out=gates[:, :, 0])
    torch.mul(f * (1.0 - f), cells[first:last], out=gates[:, :, 1])
    torch.mul(i, 1.0 - g * g, out=gates[:, :, 2])
    torch.mul(o * (1.0 - o), squashed, out=gates[:, :, 3])
    return Local(first, gates, gates, f, o * (1.0 - squashed * squashed))


def lstm_gates(run: Run, before: Tensor, first: int, last: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The gates i, f, g, o (T, B, H) of the steps first ... last - 1; before: (T, B, P) of these steps."""
    import torch

    inputs, states = _products(run, before, first, last)
    total = inputs.add_(states)
    i, f, o = (torch.sigmoid(total[:, :, gate]) for gate in (0, 1, 3))
    return i, f, torch.tanh(total[:, :, 2]), o


def lstm_cells(run: Run, before: Tensor, window: int) -> Tensor:
    """The cells c with c_0 in front (T + 1, B, H): taken from the run, or the recurrence c = f c + i g run again."""
    import torch

    cells = torch.empty(run.steps + 1, *run.h.shape[1:2], run.cells, dtype=run.h.dtype, device=run.h.device)
    cells[0] = run.c_0
    if run.c is not None:
        cells[1:] = run.c
        return cells
    for first in range(0, run.steps, window):
        last = min(first + window, run.steps)
        i, f, g, _ = lstm_gates(run, before[first:last], first, last)
        added, kept, rows = _arrays(i.mul_(g), f, cells[first : last + 1])
        for step in range(last - first):
            rows[step + 1] = kept[step] * rows[step] + added[step]
    return cells


def _arrays(*tensors: Tensor) -> tuple[Any, ...]:
    """The same memory as numpy arrays where that is possible (a CPU), because small numpy calls cost less."""
    return tuple(tensor.numpy() if tensor.device.type == "cpu" else tensor for tensor in tensors)


def arrays(*tensors: Tensor | None) -> tuple[Any, ...]:
    """As `_arrays`, None for None."""
    return tuple(None if tensor is None else _arrays(tensor)[0] for tensor in tensors)
