"""The signed share of each step in the gradient of the recurrent weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limen.rnn.torch.adjoint import NOTHING, Adjoint
from limen.rnn.torch.local import Tensor

if TYPE_CHECKING:
    from limen.rnn.torch.linearised import Linearised

FORGOTTEN = -37.0
"""Steps whose gradient is below 1e-16 of the largest, float64's rounding, count as 0 in the shares."""


class WeightShares:
    """∂L/∂W_hh of every sample and of all together, and the signed share of each step in them.

    The share of step k is ⟨C_k, G⟩ / ‖G‖² with C_k = δ_k h_{k-1}ᵀ and G = Σ_k C_k. For all samples together: one
    product for G, one for the shares. For each sample the same, of which the sum is then the G of all; or, where the
    sequence is short beside the weights, by ⟨C_k, C_j⟩ = (δ_k·δ_j)(h_{k-1}·h_{j-1}), which never makes a sample's G.
    """

    def __init__(self, line: Linearised, adjoint: Adjoint) -> None:
        import torch

        self._line, self._adjoint = line, adjoint
        self._largest = adjoint.log_norms.amax(0).clamp_min(NOTHING)
        relative = adjoint.log_norms - self._largest
        weights = torch.exp(torch.where(relative > FORGOTTEN, adjoint.scale - self._largest, -torch.inf))
        self._weights = weights.to(line.run.h.dtype)
        heard = torch.nonzero((self._weights > 0).any(1)).flatten()
        self._heard = slice(int(heard[0]), int(heard[-1]) + 1)
        self._between = torch.exp(self._largest - self._largest.amax()).to(line.run.h.dtype)
        (rows, size), samples = line.run.W_hh.shape[:1] + line.run.h.shape[2:], line.run.h.shape[1]
        steps = self._heard.stop - self._heard.start
        self._by_pairs = line.window >= line.run.steps and steps * (rows + size) < rows * size
        self._whole = line.run.h.new_zeros(rows, size)
        self._each = None if self._by_pairs else line.run.h.new_zeros(samples, rows, size)
        self._kept: tuple[slice, Tensor] | None = None

    def add(self, part: slice, delta: Tensor) -> None:
        """Take in the δ (t, B, G, H) of a window."""
        inside, scaled = self._scaled(part, delta)
        if scaled is None:
            return
        before = self._line.before[inside]
        if self._each is None:
            self._whole.addmm_(scaled.flatten(0, 1).T, (before * self._between[:, None]).flatten(0, 1))
        else:
            self._each.baddbmm_(scaled.permute(1, 2, 0), before.transpose(0, 1))
        self._kept = (inside, scaled)

    def _scaled(self, part: slice, delta: Tensor) -> tuple[slice, Tensor | None]:
        """Of a window's δ what is heard, scaled (t, B, G·H), and the steps that it is of."""
        first, last = max(part.start, self._heard.start), min(part.stop, self._heard.stop)
        inside = slice(first, last)
        if first >= last:
            return inside, None
        mine = delta[first - part.start : last - part.start].flatten(2)
        return inside, mine * self._weights[inside][..., None]

    def shares(self) -> tuple[Tensor, Tensor]:
        """(T, B) shares in the gradient of all samples, and in each sample's own; they sum to 1, nan where it is 0."""
        import torch

        steps, samples = self._adjoint.scale.shape
        if self._each is not None:
            self._whole = torch.tensordot(self._between, self._each, 1)
        found = torch.zeros(2, steps, samples, dtype=torch.float64, device=self._whole.device)
        for inside, scaled in self._windows():
            before = self._line.before[inside]
            found[0, inside] = torch.linalg.vecdot(scaled @ self._whole, before).double()
            if self._each is None:
                found[1, inside] = _pairs(scaled, before)
            else:
                mine = scaled.transpose(0, 1) @ self._each
                found[1, inside] = torch.linalg.vecdot(mine, before.transpose(0, 1)).T.double()
        found[0] *= self._between.double()
        totals = found.sum(1), found[0].sum()  # ⟨G, G⟩, the sum of all ⟨C_k, G⟩
        return found[0] / totals[1], found[1] / totals[0][1]

    def _windows(self) -> list[tuple[slice, Tensor]]:
        """All that is heard, by windows: as it was kept, if one window holds it, or found again."""
        if self._line.window >= self._line.run.steps:
            return [] if self._kept is None else [self._kept]
        found = []
        for window in self._line.backwards():
            inside, scaled = self._scaled(window.part, self._line.deltas(window, self._adjoint).delta)
            if scaled is not None:
                found.append((inside, scaled))
        return found


def _pairs(scaled: Tensor, before: Tensor) -> Tensor:
    """Σ_j ⟨C_k, C_j⟩ (t, B) of δ (t, B, G·H) and the states before (t, B, P)."""
    delta, state = scaled.transpose(0, 1), before.transpose(0, 1)
    products: Tensor = (delta @ delta.transpose(1, 2)) * (state @ state.transpose(1, 2))
    return products.sum(2).T.double()
