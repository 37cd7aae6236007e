"""The net of the course as a torch module, so that one look serves both halves of the recurrent wing."""

from __future__ import annotations

from typing import Any

from limen.rnn.net import RNN
from limen.rnn.torch.checks import needs_torch


def to_torch(net: RNN) -> Any:
    """Give an nn.Module with copies of the net's weights that maps x (batch, time, inputs) to ŷ (batch, time, outputs).

    Hidden activations that nn.RNN has run in it; for the others the module loops over a step of its own, named "step"
    (for `gradient_flow(..., cells=["step"])`, which it is told by itself where it is given the net of the course).
    """
    needs_torch()
    from torch import nn

    known = net.hidden_activation in ("tanh", "relu")
    squash = _activation(net.hidden_activation)

    class Step(nn.Module):  # type: ignore[misc]
        """h_t = g_h(W_xhᵀ x_t + W_hhᵀ h_{t-1} + b_h)."""

        def __init__(self) -> None:
            super().__init__()
            self.weight_ih, self.weight_hh = _parameter(net.W_xh.T), _parameter(net.W_hh.T)
            self.bias = None if net.b_h is None else _parameter(net.b_h)

        def forward(self, x: Any, h: Any) -> Any:
            linear = nn.functional.linear
            return squash(linear(x, self.weight_ih, self.bias) + linear(h, self.weight_hh))

    class Course(nn.Module):  # type: ignore[misc]
        """The net of the course."""

        def __init__(self) -> None:
            super().__init__()
            if known:
                self.rnn = _layer(net)
            else:
                self.step = Step()
            self.W_hy = _parameter(net.W_hy.T)
            self.b_y = None if net.b_y is None else _parameter(net.b_y)

        def forward(self, x: Any) -> Any:
            states = self.rnn(x)[0] if known else _stepped(self.step, x, net.hidden)
            return _activation(net.output_activation)(nn.functional.linear(states, self.W_hy, self.b_y))

    return Course()


def _stepped(step: Any, x: Any, hidden: int) -> Any:
    """The states (batch, time, hidden) of a step run over x, from a state of zeros on."""
    import torch

    found = [x.new_zeros(len(x), hidden)]
    for one in x.unbind(1):
        found.append(step(one, found[-1]))
    return torch.stack(found[1:], dim=1)


def _parameter(values: Any) -> Any:
    import torch

    return torch.nn.Parameter(torch.tensor(values.copy()))


def _layer(net: RNN) -> Any:
    import torch
    from torch import nn

    dtype = getattr(torch, net.dtype.name)
    layer = nn.RNN(
        net.inputs, net.hidden, nonlinearity=net.hidden_activation, bias=net.bias, batch_first=True, dtype=dtype
    )
    with torch.no_grad():
        layer.weight_ih_l0.copy_(torch.tensor(net.W_xh.T.copy()))
        layer.weight_hh_l0.copy_(torch.tensor(net.W_hh.T.copy()))
        if net.b_h is not None:
            layer.bias_ih_l0.copy_(torch.tensor(net.b_h))
            layer.bias_hh_l0.zero_()
    return layer


def _activation(name: str) -> Any:
    import torch

    return {"tanh": torch.tanh, "relu": torch.relu, "sigmoid": torch.sigmoid, "identity": lambda a: a}[name]


def as_module(model: Any, x: Any, cells: Any) -> tuple[Any, Any, Any]:
    """A net of the course as a module, its input as a tensor and its step named; anything else as it is."""
    if not isinstance(model, RNN):
        return model, x, cells
    import torch

    module = to_torch(model)
    named = cells or ({} if hasattr(module, "rnn") else {"step": ("weight_hh",)})
    return module, torch.as_tensor(x, dtype=getattr(torch, model.dtype.name)), named
