"""The gradient's way down: from the loss to the chains, and from chain to chain."""

from __future__ import annotations

import math
from typing import Any

from limen._errors import InputError
from limen.rnn.torch.adjoint import NOTHING
from limen.rnn.torch.arithmetic import SAFE
from limen.rnn.torch.chains import Chain, hand_down, joined
from limen.rnn.torch.layers import Layer, measured_layers, upstream_of
from limen.rnn.torch.local import Tensor


def loss_gradients(total: Tensor, chains: list[Chain], output: Any) -> tuple[float, float]:
    """Give every chain the loss's own gradient; ln of the norms of ∂L/∂output and of what reaches the top chain."""
    found, reached = handed_to(chains, total, [one for one in tensors_of(output) if one.requires_grad])
    return total_log_norm([one for one in found if one is not None]), reached


def handed_to(chains: list[Chain], total: Tensor, beside: list[Tensor]) -> tuple[list[Tensor | None], float]:
    """Give every chain the loss's own gradient. The gradients for what is asked for beside, None where there is none.

    And ln of the norm of what reaches the top chain.
    """
    import torch

    leaves = [leaf for chain in chains for leaf in chain.leaves()]
    wanted = [*leaves, *beside]
    found = torch.autograd.grad(total, wanted, retain_graph=True, allow_unused=True) if total.requires_grad else ()
    if all(gradient is None for gradient in found[: len(leaves)]):
        raise InputError(
            "loss does not depend on a recurrent layer of the model: check that it uses the model's output, and that "
            "nothing is detached or computed under no_grad on the way."
        )
    by_leaf = dict(zip(map(id, leaves), found, strict=False))
    for chain in chains:
        mine = {id(leaf): gradient for leaf in chain.leaves() if (gradient := by_leaf[id(leaf)]) is not None}
        if mine:
            chain.sources.append((mine, 0.0))
    states = [gradient for gradient in found[: len(leaves)] if gradient is not None]
    return list(found[len(leaves) :]), total_log_norm(states)


def total_log_norm(tensors: list[Tensor]) -> float:
    """Ln of the norm of all tensors together; -inf for zeros, nan for none."""
    import torch

    if not tensors:
        return math.nan
    whole = math.hypot(*(float(torch.linalg.vector_norm(tensor, dtype=torch.float64)) for tensor in tensors))
    if SAFE[0] < whole < SAFE[1]:
        return math.log(whole)
    top = max((float(tensor.abs().max()) for tensor in tensors if tensor.numel()), default=0.0)
    if not top > 0:
        return -math.inf
    return math.log(top) + 0.5 * math.log(sum(float((tensor.double() / top).square().sum()) for tensor in tensors))


def tensors_of(output: Any) -> list[Tensor]:
    """The tensors in a model's output: itself, or those of a tuple, list, dict or packed sequence."""
    import torch

    if isinstance(output, torch.Tensor):
        return [output]
    if isinstance(output, dict):
        return [tensor for one in output.values() for tensor in tensors_of(one)]
    return [tensor for one in output for tensor in tensors_of(one)] if isinstance(output, tuple | list) else []


def all_layers(chains: list[Chain]) -> list[Layer]:
    """Measure all chains, from the output down, and give their layers from the input up."""
    found: list[list[Layer]] = []
    for place, chain in enumerate(chains):
        below = chains[place + 1 :]
        inputs = [call.given[0] for call in chain.calls]
        wanted = any(one is not None and one.requires_grad for one in inputs)
        layers = measured_layers(chain, upstream=bool(below) and wanted)
        if below:
            pass_on(chain, layers, below)
        found.append(sorted(layers, key=lambda layer: layer.place))
    return [layer for layers in reversed(found) for layer in layers]


def pass_on(chain: Chain, layers: list[Layer], below: list[Chain]) -> None:
    """Hand the gradient for a chain's inputs and initial states down to the chains below it."""
    import torch

    parts = [part for one in layers if one.place < chain.directions and (part := upstream_of(one)) is not None]
    whole = joined(parts, layers[0].run)
    if whole is not None:
        offset = float(whole.scale.amax())
        gradient = parts[0][0].new_zeros(len(parts[0][0]), *whole.vectors.shape[1:])
        gradient[list(whole.steps)] = whole.vectors * torch.exp(whole.scale - offset)[..., None].to(gradient.dtype)
        pieces = gradient.to(chain.calls[0].leaves[0].device).split([len(call.runs[0].x) for call in chain.calls])
        given = [(call.given[0], call.as_given(piece)) for call, piece in zip(chain.calls, pieces, strict=True)]
        _hand(given, offset, below)
    _hand_starts(chain, layers, below)


def _hand(outputs: list[tuple[Tensor | None, Tensor]], offset: float, below: list[Chain]) -> None:
    wanted = [(one, gradient.to(one.dtype)) for one, gradient in outputs if one is not None and one.requires_grad]
    hand_down([one for one, _ in wanted], [gradient for _, gradient in wanted], offset, below)


def _hand_starts(chain: Chain, layers: list[Layer], below: list[Chain]) -> None:
    """The gradient for the initial states, which an encoder may have made."""
    import torch

    call = chain.calls[0]
    if not any(one is not None and one.requires_grad for one in call.given[1:]):
        return
    vectors, scales = zip(*(_start(layer) for layer in sorted(layers, key=lambda layer: layer.place)), strict=True)
    offset = float(torch.stack(scales).amax())
    states = torch.stack(vectors) * torch.exp(torch.stack(scales) - offset)[..., None].to(vectors[0].dtype)
    given = call.states_as_given(states.to(call.leaves[0].device))
    _hand(list(zip(call.given[1:], given, strict=True)), offset, below)


def _start(layer: Layer) -> tuple[Tensor, Tensor]:
    """The gradient (B, n) for a layer's initial state, and the logarithm (B) of its scale."""
    import torch

    if layer.adjoint is not None:
        start, length = layer.adjoint.through[0], layer.adjoint.lengths[1][0]
        return start, torch.where(length > 0, layer.adjoint.through_scale[0], NOTHING)
    samples = len(layer.run.h_0)
    return layer.run.h_0.new_zeros(samples, layer.line.size), layer.run.h_0.new_full(
        (samples,), NOTHING, dtype=torch.float64
    )
