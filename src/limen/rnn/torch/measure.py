"""From a run and the gradient that reaches it, to the numbers of a LayerFlow."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from limen.rnn.torch.adjoint import Adjoint, Direct, log_norm, norm
from limen.rnn.torch.back import Deltas
from limen.rnn.torch.local import Local, Run, Tensor
from limen.rnn.torch.shares import WeightShares

if TYPE_CHECKING:
    from limen.rnn.torch.linearised import Linearised

SMALLEST_ENTRY = 25.0
"""Entries of a unit vector are hardly ever smaller than e^-25, so that above this no step can hold denormal numbers."""
PATH_SAMPLES = 16
"""Samples whose ways back are told apart, which takes one more matrix product; the record has their mean."""
LOST_SAMPLES = 8
"""Samples whose entries are looked at one by one for denormal numbers."""
PATHS = {
    "tanh": ("weights",),
    "relu": ("weights",),
    "gru": ("carry", "reset gate", "update gate", "candidate"),
    "lstm": ("cell", "input gate", "forget gate", "candidate", "output gate"),
    "step": ("step",),
}


@dataclass(frozen=True, eq=False)
class Measured:
    """What one adjoint tells, all in the order in which the layer reads: float64 tensors (T, B) unless said otherwise.

    norms, states: ln of the norms of the gradient for h, and for the full state. paths: (T, B, K). shares: (T, B) in
    the gradient of all samples. upstream: gradient (T, B, inputs) for the layer's input, to be multiplied by e to
    `upstream_scale` (T, B). denormal: share of the entries of ∂L/∂a that the number type cannot hold. is_split: whether
    saturation, paths and shares were looked at; they are nan otherwise.
    """

    norms: Tensor
    states: Tensor
    cells: Tensor | None
    through: Tensor
    direct: Tensor
    factors: Tensor
    saturation: Tensor
    paths: Tensor
    shares: Tensor
    sample_shares: Tensor
    upstream: Tensor | None
    upstream_scale: Tensor
    denormal: float
    is_split: bool = True


def measure(line: Linearised, direct: Direct, adjoint: Adjoint, *, upstream: bool) -> Measured:
    """Read all numbers off an adjoint of one loss (B samples, no further axes)."""
    import torch

    run, size = line.run, line.run.h.shape[2]
    steps, samples = adjoint.scale.shape
    new: dict[str, Any] = {"dtype": torch.float64, "device": run.h.device}
    saturation, cells = torch.empty(steps, samples, **new), torch.empty(steps, samples, **new)
    paths = torch.full((steps, samples, len(PATHS[run.kind])), torch.nan, **new)
    back = torch.empty(steps, samples, run.x.shape[2], dtype=run.h.dtype, device=run.h.device) if upstream else None
    total = WeightShares(line, adjoint)
    lost = 0
    for window in line.backwards():
        part, passed = window.part, line.deltas(window, adjoint)
        if passed.cell is not None:
            cells[part] = adjoint.scale[part] + log_norm(passed.cell)
        saturation[part] = _norm_of_both(passed, adjoint, part)
        paths[part, :PATH_SAMPLES] = _paths(run, passed, adjoint.through[part], safe=adjoint.is_safe)
        total.add(part, passed.delta)
        lost += _lost(passed.delta, adjoint.scale[part], adjoint.log_norms[part], run.tiny)
        if back is not None:
            torch.matmul(for_inputs(window, passed, adjoint).flatten(2), run.W_ih, out=back[part])
    shares, sample_shares = total.shares()
    told = direct.told(size, steps)
    (length, through), (length_of_h, through_of_h) = adjoint.lengths, adjoint.lengths_of_h
    return Measured(
        norms=adjoint.scale + length_of_h.log(),
        cells=cells if run.kind == "lstm" else None,
        states=adjoint.log_norms,
        through=adjoint.through_scale[1:] + through_of_h[1:].log(),
        direct=told,
        factors=through[:-1].log() - length.log(),
        saturation=saturation.log_() - length.log(),
        paths=paths,
        shares=shares,
        sample_shares=sample_shares,
        upstream=back,
        upstream_scale=adjoint.scale,
        denormal=lost / max(1, steps * samples * run.gates * run.cells),
    )


def _norm_of_both(passed: Deltas, adjoint: Adjoint, part: slice) -> Tensor:
    """The norm (t, B) of all that leaves the elementwise stage: δ, and what is carried beside it."""
    import torch

    found = norm(passed.delta.flatten(2))
    if passed.carried is None:
        return found
    cells = adjoint.lengths_of_cells  # of the cell before, all of it carried
    return torch.hypot(found, norm(passed.carried) if cells is None else cells[1][:-1][part])


def for_inputs(window: Local, passed: Deltas, adjoint: Adjoint) -> Tensor:
    """The δ (t, B, G, H) of the input's half of the pre-activations: in a GRU the candidate's is not reset."""
    if window.candidate is None:
        return passed.delta
    raw = passed.delta.clone()
    raw[:, :, 2] = window.candidate * adjoint.gradient(window.part)
    return raw


def _paths(run: Run, passed: Deltas, u: Tensor, *, safe: bool) -> Tensor:
    """Signed shares (t, few, K) of the ways back in the vector u (t, B, n) that they add up to; nan where it is 0."""
    import torch

    size, few = run.h.shape[2], slice(PATH_SAMPLES)
    u, delta = u[:, few], passed.delta[:, few]
    if len(PATHS[run.kind]) == 1:
        return torch.where(torch.linalg.vector_norm(u, dim=2) > 0, 1.0, torch.nan).double()[..., None]
    top: Any = 1.0
    if not safe:  # squares would be lost where a step multiplies by next to nothing
        top = u.abs().amax(2, keepdim=True).clamp_min(torch.finfo(u.dtype).tiny)
        u = u / top
    along = (u[..., :size] @ run.W_hh.T).view(delta.shape).mul_(delta).sum(3)
    if passed.carried is not None:
        beside = torch.linalg.vecdot(passed.carried[:, few], u[..., size:] if run.kind == "lstm" else u)
        along = torch.cat([beside[..., None], along], 2)
    return along.double() / (torch.linalg.vecdot(u, u)[..., None].double() * top)


def _lost(delta: Tensor, scale: Tensor, log_norms: Tensor, tiny: float) -> int:
    """How many entries of e^scale · delta are below `tiny`, though not 0. log_norms: of the gradients of the states."""
    import torch

    least = math.log(tiny)
    near = torch.nonzero(((log_norms < least + SMALLEST_ENTRY) & (log_norms > -math.inf)).any(1)).flatten()
    if not len(near):
        return 0
    few = slice(LOST_SAMPLES)
    size = delta[near, few].abs()
    limit = torch.exp((least - scale[near, few]).clamp_max(700.0)).to(delta.dtype)
    counted = int(torch.count_nonzero((size < limit[..., None, None]) & (size > 0)))
    return counted * int(delta.shape[1]) // int(size.shape[1])
