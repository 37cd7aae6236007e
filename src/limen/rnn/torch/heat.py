"""How strongly the loss of each step hears each earlier state: ‖∂E_t/∂h_k‖ for many t at once."""

from __future__ import annotations

import numpy as np

from limen.results import HeatMap
from limen.rnn.torch.adjoint import direct_of
from limen.rnn.torch.layers import Layer
from limen.rnn.torch.local import Tensor

MOST_STEPS = 32
"""How many steps' losses are followed, evenly spaced with the last among them: each costs one pass through the head."""
MOST_NUMBERS = 2**25
"""Bound on steps × losses × samples × state size that one pass back holds; more steps are followed in turns."""


def heat_of(value: Tensor, layers: list[Layer]) -> HeatMap | None:
    """The map of the topmost layer that hears the loss; None where the loss is one number."""
    import torch

    if value.dim() == 0 or len(value) < 2:
        return None
    number = max(place for place, layer in enumerate(layers) if layer.direct is not None)
    layer = layers[number]
    steps = np.unique(np.linspace(0, len(value) - 1, min(MOST_STEPS, len(value))).round().astype(np.int64))
    room = max(1, MOST_NUMBERS // (layer.run.steps * layer.run.h.shape[1] * layer.line.size))
    with torch.autocast(layer.run.h.device.type, enabled=False):
        rows = [_rows(value, layer, steps[first : first + room]) for first in range(0, len(steps), room)]
    return HeatMap(number, steps, np.concatenate(rows))


def _rows(value: Tensor, layer: Layer, steps: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> np.ndarray:
    """Ln of the root mean square over samples of ‖∂E_t/∂h_k‖: (S, T)."""
    import torch

    leaves = layer.chain.leaves()
    gradients = []
    for step in steps.tolist():
        found = torch.autograd.grad(value[step], leaves, retain_graph=True, allow_unused=True)
        alone = {id(leaf): one for leaf, one in zip(leaves, found, strict=True) if one is not None}
        parts = layer.chain.with_sources([(alone, 0.0)]).direct(layer.place)
        gradients.append(parts[0][0].to(layer.run.h.device) if parts else torch.zeros_like(layer.run.h))
    width = max(one.shape[2] for one in gradients)
    padded = [torch.nn.functional.pad(one, (0, width - one.shape[2])) for one in gradients]
    adjoint = layer.line.adjoint(direct_of(torch.stack(padded, dim=1)))
    norms = adjoint.scale + adjoint.lengths_of_h[0].log()  # (T, S, B)
    if layer.reverse:
        norms = norms.flip(0)
    mean = 0.5 * (torch.logsumexp(2 * norms, dim=2) - np.log(norms.shape[2]))
    return np.asarray(mean.T.cpu().numpy(), dtype=np.float64)
