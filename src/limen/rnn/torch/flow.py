"""`gradient_flow`: where the gradient of a recurrent net goes, in the user's own model, as it is."""

from __future__ import annotations

import math
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from limen._version import __version__
from limen.results import GradientFlow, HeatMap, LayerFlow, OutputGradient
from limen.rnn.torch.alone import left_alone
from limen.rnn.torch.capture import Capture
from limen.rnn.torch.chains import Chain, chains_of, in_order
from limen.rnn.torch.checks import checked_model, first_bad_gradient, inputs_of, loss_of, needs_torch
from limen.rnn.torch.clipping import factor_of, log_norm_anew
from limen.rnn.torch.course import as_module
from limen.rnn.torch.descent import all_layers, loss_gradients
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
    and each is shown in `heat`. One value a sample is refused: sum it. Where there are as many samples as steps, the
    two are told apart by what a value depends on: its step of all samples, and steps before it, or its sample alone.
    Where that does not tell (a head that looks ahead, a norm over the batch) InputError names both readings.
    clip_norm: the training's clipping norm, if any.
    cells: names of modules that are one step of your own, called as cell(x, state) and giving back the new state, a
    tensor or a tuple of tensors (B, ...); as a mapping, with the names of their recurrent weights for the shares.
    exponents: how many finite-time Lyapunov exponents a layer (0: none), with intervals from `seed`.

    The model is left as it was: parameters, gradients, mode, buffers, attributes, hooks and torch's random state.
    Active dropout is refused, a module's and what is called as a function (torch.nn.functional.dropout and its kin, in
    attention too); a mask that the model draws in another way cannot be seen, and makes this one draw of many.
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
    with left_alone(model), torch.inference_mode(False), torch.enable_grad():
        capture, output, value = loss_of(model, x, loss, cells)
        layers, told = _followed(value, output, loss, capture)
        heat = heat_of(value, layers)
        factor = 1.0
        if clip_norm is not None:
            factor = factor_of(log_norm_anew(lambda: loss(model(*inputs_of(x))), model), clip_norm)
    flows = [recorded(one, exponents_of(one.line, exponents, seed), _which(one.chain, layers)) for one in layers]
    told = replace(told, clip_factor=factor)
    return _record(type(model).__name__, float(value.detach().sum()), flows, told, heat, _where(capture), start)


def _where(capture: Capture) -> tuple[str, str]:
    """The number type and the device of the states, as the model has them."""
    states = capture.calls[0].leaves[0]
    return str(states.dtype).removeprefix("torch."), str(states.device)


def _record(
    name: str,
    loss: float,
    flows: list[LayerFlow],
    told: OutputGradient,
    heat: HeatMap | None,
    where: tuple[str, str],
    start: float,
) -> GradientFlow:
    """Put the record together."""
    worst = worst_of(flows)
    verdict = verdict_of(flows[worst])
    return GradientFlow(
        model=name,
        loss=loss,
        layers=tuple(flows),
        worst=worst,
        verdict=verdict,
        sentence=sentence_of(flows[worst], verdict),
        causes=causes_of(told),
        output=told,
        heat=heat,
        dtype=where[0],
        device=where[1],
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
    for chain in () if math.isfinite(reached[1]) else chains:
        first_bad_gradient(chain)
    with torch.autocast(capture.calls[0].leaves[0].device.type, enabled=False):
        layers = all_layers(chains)
    fitted = beside_other_answers(loss, output, float(value.detach().sum()))
    return layers, OutputGradient(*reached, saturated_share(value), *fitted, 1.0, _denormal(layers))


def _which(chain: Chain, layers: list[Layer]) -> str:
    """Which of several sequences of one module a chain is, the first call first; nothing where there is one."""
    order = sorted({one.chain.calls[0].number for one in layers if one.chain.name == chain.name})
    return f", sequence {order.index(chain.calls[0].number) + 1} of {len(order)}" if len(order) > 1 else ""


def _denormal(layers: list[Layer]) -> float:
    """The share of denormal or lost entries over all layers that get any gradient."""
    shares = [layer.measured.denormal for layer in layers if layer.measured is not None]
    return max(shares, default=0.0)
