"""Torch's own recurrent kernels, one layer at a time, on the weights of a module that has several."""

from __future__ import annotations

import warnings
from contextlib import nullcontext
from typing import Any

from limen.rnn.torch.local import Tensor
from limen.rnn.torch.sequence import Layout


def LAYERS() -> tuple[type, ...]:  # noqa: N802 - a constant, but torch is imported on use
    """The modules that run whole sequences."""
    from torch import nn

    return nn.RNN, nn.GRU, nn.LSTM


def CELLS() -> tuple[type, ...]:  # noqa: N802
    """The modules that run one step."""
    from torch import nn

    return nn.RNNCell, nn.GRUCell, nn.LSTMCell


def kind_of(module: Any) -> str:
    """`Run.kind` of a recurrent module."""
    from torch import nn

    if isinstance(module, nn.GRU | nn.GRUCell):
        return "gru"
    if isinstance(module, nn.LSTM | nn.LSTMCell):
        return "lstm"
    return str(module.nonlinearity)


def names_of(layer: int, direction: int) -> dict[str, str]:
    """The names of a layer's weights in a module, by the names they have in a module of one layer."""
    suffix = "_reverse" if direction else ""
    parts = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")
    return {f"{part}_l0{suffix}": f"{part}_l{layer}{suffix}" for part in parts}


def weights_of(module: Any, layer: int, direction: int) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """W_ih, W_hh, b_ih, b_hh, W_hr of a layer and direction, or of a cell; None where it has none."""
    from torch import nn

    names: tuple[str, ...] = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")
    if isinstance(module, nn.RNNBase):
        names = tuple(names_of(layer, direction).values())
    found = [getattr(module, name, None) for name in names]
    W_ih, W_hh, b_ih, b_hh, W_hr = (None if weight is None else weight.detach() for weight in found)  # noqa: N806
    return W_ih, W_hh, b_ih, b_hh, W_hr


def kernel(module: Any, layer: int, x: Tensor, layout: Layout, starts: list[Tensor]) -> list[Tensor]:
    """Run one layer, all its directions, on x (T, B, inputs): output (T, B, D·P) and the final states (D, B, ·)."""
    import torch

    weights = [
        weight
        for direction in range(1 + module.bidirectional)
        for weight in weights_of(module, layer, direction)
        if weight is not None
    ]
    lstm = module.mode == "LSTM"
    state: Any = [one.contiguous() for one in starts] if lstm else starts[0].contiguous()
    given = (layout.packed(x), layout.batch_sizes) if layout.is_packed else (x,)
    options = (module.bias, 1, 0.0, module.training, module.bidirectional)  # one layer, no dropout
    run = getattr(torch, module.mode.lower())  # what the modules themselves call
    with nullcontext() if x.device.type == "cpu" else warnings.catch_warnings():
        if x.device.type != "cpu":  # cuDNN warns of weights of one of several layers, which are copied here once
            warnings.filterwarnings("ignore", message="RNN module weights are not part of single contiguous chunk")
        output, *final = run(*given, state, weights, *options, *(() if layout.is_packed else (False,)))
    return [layout.padded(output) if layout.is_packed else output, *final]
