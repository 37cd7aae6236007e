"""Back-propagation through time with safe norms: unit vectors, and the logarithms of their lengths in float64.

A float32 gradient is 0 from about 103 nats below 1; here nothing is lost however far back one goes. The loop runs on
numpy arrays (on a CPU, where a numpy call costs less than a torch call) or on torch tensors (elsewhere).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import repeat
from typing import Any

from limen._threads import threads
from limen.rnn.torch.arithmetic import SAFE, Careful, Numpy, Torch
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

    delta: (T, ..., B, G, H) for the gates' pre-activations. carried: (T, ..., B, H) beside the weights, GRU only.
    cell: (T, ..., B, H) for c, LSTM only.
    """

    delta: Tensor
    carried: Tensor | None
    cell: Tensor | None

    @classmethod
    def empty(cls, kind: str, like: Tensor, shape: tuple[int, ...], gates: int, cells: int) -> Deltas:
        """Room for shape (T, ..., B); what an LSTM carries on is the cell's half of the gradient before."""
        delta = like.new_empty(*shape, gates, cells)
        carried = like.new_empty(*shape, cells) if kind == "gru" else None
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
    """Logarithms (...) in float64 of the norms of vectors (..., n); -inf for 0."""
    import torch

    norms = torch.linalg.vector_norm(vectors, dim=-1).double()
    unsure = ~((norms > SAFE[0]) & (norms < SAFE[1]))
    if bool(unsure.any()):  # their squares may be too small or too large for the type
        norms[unsure] = torch.linalg.vector_norm(vectors[unsure].double(), dim=-1)
    return torch.log(norms)


@dataclass(frozen=True, eq=False)
class Back:
    """One step back: from the gradient v for the state after a step to the gradient u for the state before it.

    All methods take arrays of one step, or of many: v, u (..., B, n); gates (B, G, H), carry and readout (B, H) of the
    step's `Local`; delta (..., B, G, H), carried and cell (..., B, H) of its `Deltas`, to be filled.
    """

    kind: str
    W_hh: Any
    W_hr: Any
    size: int

    def step(self, v: Any, u: Any, local: tuple[Any, ...], into: tuple[Any, ...], on: Any) -> None:
        """Both stages: the gates, then the weights."""
        delta, carried, _ = into
        if self.kind == "lstm":
            self.pass_cell(v, u[..., self.size :], local, into, on)
            on.matmul(delta.reshape(*v.shape[:-1], -1), self.W_hh, out=u[..., : self.size])
            return
        gates, carry, _ = local
        on.multiply(gates, v[..., None, :], out=delta)
        on.matmul(delta.reshape(*v.shape[:-1], -1), self.W_hh, out=u)
        if carry is not None:
            u += on.multiply(carry, v, out=carried)

    def pass_cell(self, v: Any, before: Any, local: tuple[Any, ...], into: tuple[Any, ...], on: Any) -> None:
        """The elementwise stage of an LSTM; before: (..., B, H) is filled with the gradient for the cell before."""
        (gates, carry, readout), (delta, _, cell) = local, into
        h = v[..., : self.size]
        if self.W_hr is not None:
            h = h @ self.W_hr
        on.multiply(readout, h, out=cell)
        cell += v[..., self.size :]
        on.multiply(gates[..., :3, :], cell[..., None, :], out=delta[..., :3, :])
        on.multiply(gates[..., 3, :], h, out=delta[..., 3, :])
        on.multiply(carry, cell, out=before)


def backward(
    windows: Callable[[], Iterable[Local]],
    direct: Direct,
    back: Back,
    like: Tensor,
    shape: tuple[int, ...],
    kept: Deltas | None,
) -> Adjoint:
    """Go back through all steps.

    windows: gives the windows of steps, the last first. like: a tensor of the dtype and on the device. shape: (T, ...,
    B, n). kept: where to leave what passes the gates, for all steps. On a CPU norms are taken the short way first, and
    the careful way if any of them turns out to be so small or so large that its squares may have been lost.
    """
    import torch

    new: dict[str, Any] = {"dtype": like.dtype, "device": like.device}
    vectors, through = torch.empty(shape, **new), torch.zeros((shape[0] + 1, *shape[1:]), **new)
    norms = torch.empty(shape[:-1], **new)
    on_cpu = like.device.type == "cpu"
    small = math.prod(shape[1:]) * back.W_hh.shape[0] < SMALL
    with threads(1 if small else torch.get_num_threads()) if on_cpu else nullcontext():
        for on in (Numpy, Careful) if on_cpu else (Torch,):
            starts = _loop(windows(), direct, back, arrays(vectors, through, norms), kept, on)
            unsure = ~((norms > SAFE[0]) & (norms < SAFE[1]))
            if not bool((vectors[unsure] != 0).any()):
                break
    scale = _scales(norms, direct.steps, [torch.as_tensor(one, device=like.device) for one in starts])
    end = torch.full_like(scale[:1], NOTHING)
    return Adjoint(vectors, scale, through, torch.cat([scale, end]), kept)


def _scales(norms: Tensor, joins: tuple[int, ...], starts: list[Tensor]) -> Tensor:
    """Ln of the length (T, ..., B) of each step's gradient: the norms added up since the last step of `joins`.

    starts: ln of the scale (..., B) at each of these steps, the last step first, before it was made a unit vector.
    """
    import torch

    logs = torch.log(norms.double())
    added = logs.flip(0).cumsum(0).flip(0)
    behind = torch.cat([added[1:], torch.zeros_like(added[:1])])
    found = torch.full_like(logs, NOTHING)
    firsts = [0, *(step + 1 for step in joins[:-1])]
    for first, step, start in zip(firsts[::-1], joins[::-1], starts, strict=True):
        found[first : step + 1] = start + added[first : step + 1] - behind[step]
    return found


def _loop(
    locals_: Iterable[Local], direct: Direct, back: Back, found: tuple[Any, ...], kept: Deltas | None, on: Any
) -> list[Any]:
    """Fill vectors, through and norms; give ln of the scale at each step where there is direct gradient."""
    v_all, u_all, norms = found
    d_all, d_scale = arrays(direct.vectors, direct.scale)
    places = {step: place for place, step in enumerate(direct.steps)}
    u, s, into, known = u_all[-1], None, kept, len(norms)
    starts: list[Any] = []
    for window in locals_:
        local = arrays(window.gates, window.carry, window.readout)
        if into is None:
            into = Deltas.empty(back.kind, window.gates, tuple(v_all.shape[1:-1]), *window.gates.shape[2:])
        part = slice(window.first, window.first + len(window.gates))
        room = arrays(into.delta, into.carried, into.cell)
        rooms = _steps(on, *(None if one is None else one[part] for one in room)) if kept is not None else repeat(room)
        steps = range(part.stop - 1, part.start - 1, -1)
        rows = zip(steps, _steps(on, v_all[part], u_all[part], norms[part]), _steps(on, *local), rooms, strict=False)
        for step, (v, before, norm), here, leave in rows:
            if step in places:
                s = NOTHING + 0 * d_scale[0] if s is None else s + on.log(norms[step + 1 : known]).sum(0)
                u, s = on.join(u, s, d_all[places[step]], d_scale[places[step]])
                starts.append(s)
                known = step + 1
            on.norm(u, out=norm)
            on.divide(u, norm[..., None], out=v)
            back.step(v, before, here, leave, on)
            u = before
    return starts


def _steps(on: Any, *arrays_: Any) -> Iterator[tuple[Any, ...]]:
    """The rows of several arrays (T, ...), the last first; None stays None."""
    return zip(*(repeat(None) if one is None else on.backwards(one) for one in arrays_), strict=False)
