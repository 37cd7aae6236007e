"""`gradient_flow`: where the gradient of a recurrent net goes, in the user's own model, as it is."""

from __future__ import annotations

import math
import platform
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from limen._errors import InputError
from limen._version import __version__
from limen.results import GradientFlow, OutputGradient
from limen.rnn.torch.adjoint import NOTHING
from limen.rnn.torch.capture import Capture
from limen.rnn.torch.chains import Chain, chains_of, hand_down, in_order, joined
from limen.rnn.torch.checks import checked_cells, checked_loss, checked_model, first_bad, inputs_of, needs_torch
from limen.rnn.torch.course import as_module
from limen.rnn.torch.heat import heat_of
from limen.rnn.torch.layers import Layer, measured_layers, recorded, upstream_of
from limen.rnn.torch.local import Tensor
from limen.rnn.torch.lyapunov import exponents_of
from limen.rnn.torch.verdict import causes_of, sentence_of, verdict_of, worst_of


def gradient_flow(
    model: Any,
    x: Any,
    *,
    loss: Callable[[Any], Any],
    clip_norm: float | None = None,
    cells: Mapping[str, Sequence[str]] | Sequence[str] = (),
    exponents: int = 0,
    seed: int = 0,
) -> GradientFlow:
    """Follow the gradient of a loss back through time, in every recurrent layer of a PyTorch model.

    model: an nn.Module with nn.RNN, nn.GRU, nn.LSTM or their cells anywhere inside, or the net of the course.
    x: what it is called with: a tensor, a PackedSequence, or a tuple of arguments.
    loss: a function of the model's output that gives a scalar, or one value a step (T), of which the sum is followed
    and each is shown in `heat`.
    clip_norm: the training's clipping norm, if any.
    cells: names of modules that are one step of your own, called as cell(x, state) and giving back the new state, a
    tensor or a tuple of tensors (B, ...); as a mapping, with the names of their recurrent weights for the shares.
    exponents: how many finite-time Lyapunov exponents a layer (0: none), with intervals from `seed`.

    The model is left as it was: parameters, gradients, mode, buffers, hooks and torch's random state. Norms are kept as
    logarithms in float64, far below what the model's number type can hold; only what passes from one recurrent module
    to another goes through torch's own backward pass and has its range, of 38 orders of magnitude in float32.

    Raises InputError: no recurrent layer, active dropout, empty sequences, numbers that are not finite (where first), a
    loss of the wrong shape or that no recurrent layer has a part in.
    Source: Hochreiter, Schmidhuber (1997); Pascanu, Mikolov, Bengio (ICML 2013), section 2.
    """
    start = time.perf_counter()
    needs_torch()
    model, x, cells = as_module(model, x, cells)
    import torch

    checked_model(model, clip_norm, exponents)
    capture = Capture(model, checked_cells(model, cells))
    with left_alone(model), torch.enable_grad():
        with capture.open():
            output = model(*inputs_of(x))
        first_bad(capture.calls)
        value = checked_loss(loss, output, capture.calls)
        total = float(value.detach().sum())
        chains = in_order(chains_of(capture.calls))
        reached = loss_gradients(value.sum(), chains, output)
        layers = _all_layers(chains)
        heat = heat_of(value, layers)
        factor = 1.0 if clip_norm is None else _clip_factor(model, x, loss, clip_norm)
    flows = [recorded(layer, exponents_of(layer.line, exponents, seed)) for layer in layers]
    worst = worst_of(flows)
    told = OutputGradient(*reached, factor, _denormal(layers))
    return GradientFlow(
        model=type(model).__name__,
        loss=total,
        layers=tuple(flows),
        worst=worst,
        verdict=verdict_of(flows[worst]),
        sentence=sentence_of(flows[worst]),
        causes=causes_of(told, total, value.numel(), _elasticity(value, output, reached[0])),
        output=told,
        heat=heat,
        dtype=str(layers[0].chain.calls[0].leaves[0].dtype).removeprefix("torch."),
        device=str(layers[0].run.h.device),
        seconds=time.perf_counter() - start,
        limen_version=__version__,
        python_version=platform.python_version(),
    )


@contextmanager
def left_alone(model: Any) -> Iterator[None]:
    """Keep torch's random state and the model's buffers, which a forward pass may change (batch normalisation)."""
    import torch

    devices = sorted({one.device.index or 0 for one in model.parameters() if one.device.type == "cuda"})
    kept = {name: buffer.detach().clone() for name, buffer in model.named_buffers()}
    with torch.random.fork_rng(devices=devices):
        try:
            yield
        finally:
            with torch.no_grad():
                for name, buffer in model.named_buffers():
                    buffer.copy_(kept[name])


def loss_gradients(total: Tensor, chains: list[Chain], output: Any) -> tuple[float, float]:
    """Give every chain the loss's own gradient; ln of the norms of ∂L/∂output and of what reaches the top chain."""
    import torch

    leaves = [leaf for chain in chains for leaf in chain.leaves()]
    shown = [one for one in _tensors(output) if one.requires_grad]
    wanted = [*leaves, *shown]
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
    return total_log_norm([one for one in found[len(leaves) :] if one is not None]), total_log_norm(states)


def total_log_norm(tensors: list[Tensor]) -> float:
    """Ln of the norm of all tensors together; -inf for zeros, nan for none."""
    total = sum(float(tensor.double().square().sum()) for tensor in tensors)
    return 0.5 * math.log(total) if total > 0 else (math.nan if not tensors else -math.inf)


def _clip_factor(model: Any, x: Any, loss: Callable[[Any], Any], clip_norm: float) -> float:
    """By how much clipping scales the gradient of all parameters down: one plain forward and backward pass."""
    import torch

    wanted = [parameter for parameter in model.parameters() if parameter.requires_grad]
    with torch.backends.cudnn.flags(enabled=False):  # cuDNN goes back in training mode alone
        found = torch.autograd.grad(loss(model(*inputs_of(x))).sum(), wanted, allow_unused=True)
    log_norm = total_log_norm([one for one in found if one is not None])
    return min(1.0, math.exp(math.log(clip_norm) - log_norm)) if math.isfinite(log_norm) else 1.0


def _denormal(layers: list[Layer]) -> float:
    """The share of denormal or lost entries over all layers that get any gradient."""
    shares = [layer.measured.denormal for layer in layers if layer.measured is not None]
    return max(shares, default=0.0)


def _elasticity(value: Tensor, output: Any, log_gradient: float) -> float:
    """Ln of ‖∂L/∂y‖ ‖y‖ / |L|: by how many per cent the loss changes for one per cent of the output."""
    sizes, total = total_log_norm([one.detach() for one in _tensors(output)]), abs(float(value.detach().sum()))
    return log_gradient + sizes - math.log(total) if total > 0 else math.inf


def _tensors(output: Any) -> list[Tensor]:
    """The tensors in a model's output: itself, or those of a tuple, list, dict or packed sequence."""
    import torch

    if isinstance(output, torch.Tensor):
        return [output]
    if isinstance(output, dict):
        return [tensor for one in output.values() for tensor in _tensors(one)]
    return [tensor for one in output for tensor in _tensors(one)] if isinstance(output, tuple | list) else []


def _all_layers(chains: list[Chain]) -> list[Layer]:
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
    whole = joined(parts)
    if whole is not None:
        offset = float(whole.scale.amax())
        gradient = parts[0][0].new_zeros(len(parts[0][0]), *whole.vectors.shape[1:])
        gradient[list(whole.steps)] = whole.vectors * torch.exp(whole.scale - offset)[..., None].to(gradient.dtype)
        pieces = gradient.split([len(call.runs[0].x) for call in chain.calls])
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
    _hand(list(zip(call.given[1:], call.states_as_given(states), strict=True)), offset, below)


def _start(layer: Layer) -> tuple[Tensor, Tensor]:
    """The gradient (B, n) for a layer's initial state, and the logarithm (B) of its scale."""
    import torch

    if layer.adjoint is not None:
        return layer.adjoint.through[0], layer.adjoint.through_scale[0]
    samples = len(layer.run.h_0)
    return layer.run.h_0.new_zeros(samples, layer.line.size), layer.run.h_0.new_full(
        (samples,), NOTHING, dtype=torch.float64
    )
