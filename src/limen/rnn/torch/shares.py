"""The signed share of each step in the gradient of the recurrent weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from limen.rnn.torch.adjoint import NOTHING, Adjoint
from limen.rnn.torch.local import Run, Tensor, deltas

if TYPE_CHECKING:
    from limen.rnn.torch.measure import Linearised

FORGOTTEN = -60.0
"""Steps whose gradient is e^-60 of the largest are 0 in the shares: as numbers they would be denormal and slow."""


class WeightShares:
    """∂L/∂W_hh of every sample and of all together, and the signed share of each step in them.

    The share of step k is ⟨C_k, G⟩ / ‖G‖² with C_k = δ_k h_{k-1}ᵀ and G = Σ_k C_k: one product for G, one for the
    shares.
    """

    def __init__(self, run: Run, adjoint: Adjoint) -> None:
        import torch

        self._adjoint = adjoint
        self._largest = adjoint.scale.amax(0).clamp_min(NOTHING)
        relative = adjoint.scale - self._largest
        self._weights = torch.where(relative > FORGOTTEN, torch.exp(relative), 0.0).to(run.h.dtype)
        samples, rows = run.h.shape[1], run.W_hh.shape[0]
        self._gradients = torch.zeros(samples, rows, run.h.shape[2], dtype=run.h.dtype, device=run.h.device)
        self._before = run.before()
        self._kept: list[tuple[slice, Tensor]] = []
        self._run = run

    def add(self, part: slice, delta: Tensor) -> None:
        """Take in the δ (t, B, G, H) of a window."""
        scaled = (delta.flatten(2) * self._weights[part][..., None]).transpose(0, 1)
        self._gradients += scaled.transpose(1, 2) @ self._before[part].transpose(0, 1)
        self._kept = [(part, scaled)]

    def shares(self, line: Linearised) -> tuple[Tensor, Tensor]:
        """(T, B) shares in the gradient of all samples, and in each sample's own; they sum to 1, nan where it is 0."""
        import torch

        own = self._gradients.double().square().sum((1, 2))
        between = torch.exp(self._largest - self._largest.amax()).to(self._gradients.dtype)
        whole = (self._gradients * between[:, None, None]).sum(0)
        steps, samples = self._adjoint.scale.shape
        found = torch.empty(2, steps, samples, dtype=torch.float64, device=whole.device)
        for part, scaled in self._windows(line):
            before = self._before[part].transpose(0, 1)
            for place, gradient in enumerate((whole, self._gradients)):
                found[place, part] = ((scaled @ gradient) * before).sum(2).T.double()
        all_together = found[0] * between.double() / whole.double().square().sum()
        return all_together, found[1] / own

    def _windows(self, line: Linearised) -> Iterator[tuple[slice, Tensor]]:
        if self._kept and self._kept[0][1].shape[1] == line.run.steps:
            yield from self._kept
            return
        for window in line.backwards():
            part = slice(window.first, window.first + len(window.gates))
            delta = deltas(self._run, window, self._adjoint.vectors[part], window.gates)[0]
            yield part, (delta.flatten(2) * self._weights[part][..., None]).transpose(0, 1)
