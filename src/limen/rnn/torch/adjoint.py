"""Back-propagation through time with safe norms: unit vectors, and the logarithms of their lengths in float64.

A float32 gradient is 0 from about 103 nats below 1; here nothing is lost however far back one goes. The loop (`sweep`)
runs on numpy arrays (on a CPU, where a numpy call costs less than a torch call) or on torch tensors (elsewhere).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from limen._threads import held
from limen.rnn.torch.arithmetic import SAFE, Careful, CarefulTorch, Numpy, Torch
from limen.rnn.torch.back import Back, Deltas
from limen.rnn.torch.local import Local, Tensor, arrays
from limen.rnn.torch.sweep import Starts, starts_of, sweep

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

    def told(self, size: int, steps: int) -> Tensor:
        """(T, ..., B) logarithms of the norms of the first `size` entries, in each of `steps` steps."""
        import torch

        found = self.scale.new_full((steps, *self.scale.shape[1:]), -torch.inf)
        found[list(self.steps)] = self.scale + log_norm(self.vectors[..., :size])
        return found


@dataclass(frozen=True, eq=False)
class Adjoint:
    """The gradient of the loss for the state after each step, n = size of the state (h, or h and c).

    through, through_scale: (T + 1, ..., B, n) the part that came through time, to be multiplied by e to the scale
    (T + 1, ..., B), float64; row t + 1 is of the state after step t, row 0 of the initial state, the last row is 0.
    starts, vectors: at these k steps the gradient is (k, ..., B, n), a unit vector or 0; between them it is `through`.
    None: all steps. scale: (T, ..., B) what the gradient is to be multiplied by e to; that of what came of it, through.
    kept: what passed the gates, where there was room for all steps. h: the size of h where the state is more than that.
    """

    vectors: Tensor
    scale: Tensor
    through: Tensor
    through_scale: Tensor
    starts: tuple[int, ...] | None = None
    kept: Deltas | None = None
    h: int | None = None

    @property
    def size(self) -> int:
        """Of h, which the state begins with."""
        return int(self.through.shape[-1] if self.h is None else self.h)

    def gradient(self, part: slice = slice(None)) -> Tensor:
        """The gradient (t, ..., B, n) for the states after some steps."""
        if self.starts is None:
            return self.vectors[part]
        steps = range(len(self.scale))[part]
        mine = [place for place, step in enumerate(self.starts) if step in steps]
        found = self.through[1:][part].clone()
        found[[self.starts[place] - steps.start for place in mine]] = self.vectors[mine]
        return found

    @cached_property
    def lengths(self) -> tuple[Tensor, Tensor]:
        """The norms, before scaling, of the gradient (T, ..., B) and of what came through time (T + 1, ..., B)."""
        import torch

        of_h, of_cells = self.lengths_of_h, self.lengths_of_cells
        if of_cells is None:
            return of_h
        return torch.hypot(of_h[0], of_cells[0]), torch.hypot(of_h[1], of_cells[1])

    @cached_property
    def lengths_of_h(self) -> tuple[Tensor, Tensor]:
        """The same for h alone."""
        return self._lengths(slice(self.size))

    @cached_property
    def lengths_of_cells(self) -> tuple[Tensor, Tensor] | None:
        """The same for c alone; None where the state is h."""
        return None if self.size == self.through.shape[-1] else self._lengths(slice(self.size, None))

    def _lengths(self, columns: slice) -> tuple[Tensor, Tensor]:
        import torch

        vectors, through = norm(self.vectors[..., columns]), norm(self.through[:-1, ..., columns])
        through = torch.cat([through, torch.zeros_like(through[:1])])
        if self.starts is None:
            return vectors, through
        found = through[1:].clone()
        found[list(self.starts)] = vectors
        return found, through

    @cached_property
    def is_safe(self) -> bool:
        """Whether h and c each kept their digits in every step: a length far from both ends of the type's range.

        0 is what it is where all that it comes from is 0.
        """
        halves = [half[1][:-1] for half in (self.lengths_of_h, self.lengths_of_cells) if half is not None]
        if all(map(_all_safe, halves)):
            return True
        nothing = self.lengths[0] == 0
        return all(bool(((half > SAFE[0]) & (half < SAFE[1]) | nothing).all()) for half in halves)

    @cached_property
    def log_norms(self) -> Tensor:
        """Ln of the norms (T, ..., B) of the gradient for the full state."""
        return self.scale + self.lengths[0].log()


def direct_of(gradient: Tensor, scale: Tensor | None = None) -> Direct:
    """Take apart a gradient (T, ..., B, n), multiplied by e to `scale` (T, ..., B) if that is given."""
    import torch

    steps = torch.nonzero(gradient.abs().reshape(len(gradient), -1).amax(1) > 0).flatten()
    picked = gradient[steps]
    top = picked.abs().amax(-1).double()
    vectors = (picked.double() / torch.where(top > 0, top, 1.0)[..., None]).to(gradient.dtype)
    log_top = torch.where(top > 0, torch.log(top), NOTHING)
    total = log_top if scale is None else log_top + scale[steps]
    return Direct(tuple(steps.tolist()), vectors, torch.clamp_min(total, NOTHING))


def norm(vectors: Tensor) -> Tensor:
    """Norms (...) in float64 of vectors (..., n)."""
    import torch

    norms = torch.linalg.vector_norm(vectors, dim=-1).double()
    if norms.numel() and not _all_safe(norms):  # their squares may be too small or too large for the type
        sure = (norms > SAFE[0]) & (norms < SAFE[1])
        norms[~sure] = torch.linalg.vector_norm(vectors[~sure], dim=-1, dtype=torch.float64)
    return norms


def _all_safe(norms: Tensor) -> bool:
    """Whether all norms were found without squares that are too small or too large."""
    least, most = norms.aminmax()
    return float(least) > SAFE[0] and float(most) < SAFE[1]


def log_norm(vectors: Tensor) -> Tensor:
    """Logarithms (...) in float64 of the norms of vectors (..., n); -inf for 0."""
    return norm(vectors).log()


def backward(
    windows: Callable[[], Iterable[Local]], direct: Direct, back: Back, like: Tensor, shape: tuple[int, ...], keep: bool
) -> Adjoint:
    """Go back through all steps.

    windows: gives the windows of steps, the last first. like: a tensor of the dtype and on the device. shape: (T, ...,
    B, n). keep: whether what passes the gates is kept, for all steps. There are first only so many unit vectors as
    `Numpy.every` says, and one in every step if anything turns out to be so small or so large that it may
    have lost digits.
    """
    import torch

    on_cpu = like.device.type == "cpu"
    rows = like.new_empty(shape[0] + 1, *shape[1:-1], back.columns if keep else shape[-1])
    rows[direct.steps[-1] + 1 :] = 0.0
    small = math.prod(shape[1:]) * back.W_hh.shape[0] < SMALL
    with held(on_cpu and (small or torch.get_num_threads() == 1)):
        for on in (Numpy, Careful) if on_cpu else (Torch, CarefulTorch):
            found = _swept(windows, direct, back, rows, shape[-1], on, keep=keep)
            if on.every == 1 or found.is_safe:
                break
    return found


def _swept(
    windows: Callable[[], Iterable[Local]], direct: Direct, back: Back, rows: Tensor, width: int, on: Any, *, keep: bool
) -> Adjoint:
    """Fill the rows (T + 1, ..., B, columns) up to the last step at which anything enters. width: of the state."""
    steps, axes = starts_of(direct.steps, on.every), rows.shape[1:-1]
    vectors, norms = rows.new_empty(len(steps), *axes, width), rows.new_empty(len(steps), *axes)
    room = None if keep else rows.new_empty(*axes, back.columns)
    entering = dict(zip(direct.steps, zip(*arrays(direct.vectors, direct.scale), strict=True), strict=True))
    found, lengths = arrays(vectors, norms)
    starts = Starts(entering, steps, found, lengths, on)
    taken = ((window.first, *arrays(window.factors)) for window in windows())
    with np.errstate(over="ignore", invalid="ignore"):
        sweep(taken, starts, back, *arrays(rows, room))
    scale = _whole(*starts.all_scales(), len(rows) - 1)
    kept = Deltas.of(back, rows[:-1]) if keep else None
    return Adjoint(vectors, scale[:-1], rows[..., :width], scale, steps, kept, back.size)


def _whole(scales: list[Any], counts: list[int], steps: int) -> Tensor:
    """Ln of the scale (T + 1, ..., B) of what came through time: of each of the first steps, as often as it counts."""
    import torch

    if isinstance(scales[0], np.ndarray):
        known = torch.as_tensor(np.repeat(np.stack(scales), counts, axis=0))
    else:
        known = torch.stack([scale for scale, count in zip(scales, counts, strict=True) for _ in range(count)])
    found = known.new_full((steps + 1, *known.shape[1:]), NOTHING)
    found[: len(known)] = known
    return found
