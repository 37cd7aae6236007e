"""Torch's own recurrent kernels, one layer at a time, on the weights of a module that has several."""

from __future__ import annotations

from functools import cache
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
    from torch.func import functional_call
    from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

    clone = _clone(module, x.shape[2])
    weights = {
        name: getattr(module, original).detach()
        for direction in range(1 + module.bidirectional)
        for name, original in names_of(layer, direction).items()
        if hasattr(module, original)
    }
    lstm = module.mode == "LSTM"
    state = tuple(one.contiguous() for one in starts) if lstm else starts[0].contiguous()
    given = PackedSequence(layout.packed(x), layout.batch_sizes) if layout.is_packed else x
    output, final = functional_call(clone, weights, (given, state))
    if layout.is_packed:
        output = pad_packed_sequence(output, total_length=len(x))[0]
    return [output, *final] if lstm else [output, final]


@cache
def _uninitialised(base: type) -> Any:
    """A kind of module that leaves its weights as they are, for it will be given others."""
    return type(base.__name__, (base,), {"reset_parameters": lambda _: None})


def _clone(module: Any, inputs: int) -> Any:
    """A module of one layer without any weights of its own, in the mode that lets kernels be differentiated or not."""
    options: dict[str, Any] = {"bias": module.bias, "bidirectional": module.bidirectional, "device": "meta"}
    base = next(kind for kind in LAYERS() if isinstance(module, kind))
    if module.mode == "LSTM":
        options["proj_size"] = module.proj_size
    elif module.mode.startswith("RNN"):
        options["nonlinearity"] = module.nonlinearity
    return _uninitialised(base)(inputs, module.hidden_size, dtype=module.weight_hh_l0.dtype, **options).train(
        module.training
    )
