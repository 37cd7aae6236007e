"""`gradient_flow`: where the gradient of a recurrent net goes, in the user's own model, as it is."""

from __future__ import annotations

import math
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from limen._version import __version__
from limen.results import GradientFlow, OutputGradient
from limen.rnn.torch.alone import left_alone
from limen.rnn.torch.capture import Capture
from limen.rnn.torch.chains import Chain, chains_of, in_order
from limen.rnn.torch.checks import (
    checked_cells,
    checked_loss,
    checked_model,
    first_bad,
    first_bad_gradient,
    inputs_of,
    needs_torch,
)
from limen.rnn.torch.course import as_module
from limen.rnn.torch.descent import all_layers, loss_gradients, total_log_norm
from limen.rnn.torch.fitted import beside_other_answers
from limen.rnn.torch.heat import heat_of
from limen.rnn.torch.layers import Layer, recorded
from limen.rnn.torch.local import Tensor
from limen.rnn.torch.lyapunov import exponents_of
from limen.rnn.torch.saturation import saturated_share
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
    and each is shown in `heat` (a loss a sample looks the same where there are as many samples as steps: sum it).
    clip_norm: the training's clipping norm, if any.
    cells: names of modules that are one step of your own, called as cell(x, state) and giving back the new state, a
    tensor or a tuple of tensors (B, ...); as a mapping, with the names of their recurrent weights for the shares.
    exponents: how many finite-time Lyapunov exponents a layer (0: none), with intervals from `seed`.

    The model is left as it was: parameters, gradients, mode, buffers, attributes, hooks and torch's random state.
    Active dropout modules are refused; dropout called as a function cannot be seen, and makes this one draw of many.
    Norms are kept as logarithms in float64, far below what the model's number type can hold; only what passes from one
    recurrent module to another goes through torch's own backward pass and has its range, of 38 orders of magnitude in
    float32. One flow is followed at a time in a process; other threads may use the model meanwhile.

    Raises InputError: no recurrent layer, active dropout, empty sequences, numbers that are not finite (where first), a
    loss of the wrong shape or that no recurrent layer has a part in.
    Source: Hochreiter, Schmidhuber (1997); Pascanu, Mikolov, Bengio (ICML 2013), section 2.
    """
    start = time.perf_counter()
    needs_torch()
    model, x, cells = as_module(model, x, cells)
    import torch

    checked_model(model, clip_norm, exponents, seed)
    capture = Capture(model, checked_cells(model, cells))
    with left_alone(model), torch.inference_mode(False), torch.enable_grad():
        with capture.open():
            output = model(*inputs_of(x))
        first_bad(capture.calls)
        value = checked_loss(loss, output, capture.calls)
        layers, told = _followed(value, output, loss, capture)
        heat = heat_of(value, layers)
        factor = 1.0 if clip_norm is None else _clip_factor(model, x, loss, clip_norm)
    flows = [recorded(one, exponents_of(one.line, exponents, seed), _which(one.chain, layers)) for one in layers]
    worst, told = worst_of(flows), replace(told, clip_factor=factor)
    return GradientFlow(
        model=type(model).__name__,
        loss=float(value.detach().sum()),
        layers=tuple(flows),
        worst=worst,
        verdict=verdict_of(flows[worst]),
        sentence=sentence_of(flows[worst]),
        causes=causes_of(told),
        output=told,
        heat=heat,
        dtype=str(capture.calls[0].leaves[0].dtype).removeprefix("torch."),
        device=str(layers[0].run.h.device),
        seconds=time.perf_counter() - start,
        limen_version=__version__,
        python_version=platform.python_version(),
    )


def _followed(
    value: Tensor, output: Any, loss: Callable[[Any], Any], capture: Capture
) -> tuple[list[Layer], OutputGradient]:
    """All layers measured, from the input to the output, and the measures of the output, without those of clipping."""
    import torch

    chains = in_order(chains_of(capture.calls))
    reached = loss_gradients(value.sum(), chains, output)
    for chain in chains:
        first_bad_gradient(chain)
    with torch.autocast(capture.calls[0].leaves[0].device.type, enabled=False):
        layers = all_layers(chains)
    fitted = beside_other_answers(loss, output, float(value.detach().sum()))
    return layers, OutputGradient(*reached, saturated_share(value), *fitted, 1.0, _denormal(layers))


def _which(chain: Chain, layers: list[Layer]) -> str:
    """Which of several sequences of one module a chain is, the first call first; nothing where there is one."""
    order = sorted({one.chain.calls[0].number for one in layers if one.chain.name == chain.name})
    return f", sequence {order.index(chain.calls[0].number) + 1} of {len(order)}" if len(order) > 1 else ""


def _clip_factor(model: Any, x: Any, loss: Callable[[Any], Any], clip_norm: float) -> float:
    """By how much clipping scales the gradient of all parameters down: one plain forward and backward pass."""
    import torch

    wanted = [parameter for parameter in model.parameters() if parameter.requires_grad]
    if not wanted:
        return 1.0
    with torch.backends.cudnn.flags(enabled=False):  # cuDNN goes back in training mode alone
        found = torch.autograd.grad(loss(model(*inputs_of(x))).sum(), wanted, allow_unused=True)
    log_norm = total_log_norm([one for one in found if one is not None])
    return min(1.0, math.exp(math.log(clip_norm) - log_norm)) if math.isfinite(log_norm) else 1.0


def _denormal(layers: list[Layer]) -> float:
    """The share of denormal or lost entries over all layers that get any gradient."""
    shares = [layer.measured.denormal for layer in layers if layer.measured is not None]
    return max(shares, default=0.0)
