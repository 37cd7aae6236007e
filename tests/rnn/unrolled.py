"""Recurrent layers unrolled step by step in torch, with every state and every step's weights a tensor of its own.

Autograd then tells what `gradient_flow` must find: ∂L/∂h_t and its parts from the gradients of copies of each state,
and C_k from the gradient of the k-th step's own copy of weight_hh. Nothing is shared with limen.
"""

from __future__ import annotations

import torch
from torch import nn


class Layer:
    """One layer and direction, unrolled over a batch of equal lengths: x (T, B, inputs)."""

    def __init__(self, module, layer, direction, x, h, c):
        suffix = f"_l{layer}" + ("_reverse" if direction else "") if isinstance(module, nn.RNNBase) else ""
        self.w = {
            name: getattr(module, f"{name}{suffix}").detach()
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")
            if getattr(module, f"{name}{suffix}", None) is not None
        }
        self.module, self.steps = module, []
        order = range(len(x) - 1, -1, -1) if direction else range(len(x))
        outputs = [None] * len(x)
        for step in order:
            weights = self.w["weight_hh"].clone().requires_grad_()
            total, c_total = self.step(x[step], h, c, weights)
            out, rec = total * 1, total * 1
            for one in (total, out, rec, c_total):
                if one is not None:
                    one.retain_grad()
            self.steps.append((step, weights, total, out, rec, c_total))
            outputs[step] = out
            h, c = rec, c_total
        self.outputs, self.h, self.c = torch.stack(outputs), h, c

    def step(self, x, h, c, weight_hh):
        a = nn.functional.linear(x, self.w["weight_ih"], self.w.get("bias_ih"))
        b = nn.functional.linear(h, weight_hh, self.w.get("bias_hh"))
        if isinstance(self.module, nn.GRU | nn.GRUCell):
            (ar, az, an), (br, bz, bn) = a.chunk(3, 1), b.chunk(3, 1)
            z = torch.sigmoid(az + bz)
            return (1 - z) * torch.tanh(an + torch.sigmoid(ar + br) * bn) + z * h, None
        if isinstance(self.module, nn.LSTM | nn.LSTMCell):
            i, f, g, o = (a + b).chunk(4, 1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
            return (nn.functional.linear(h, self.w["weight_hr"]) if "weight_hr" in self.w else h), c
        return getattr(torch, self.module.nonlinearity)(a + b), None


def run(module, x, h_0=None, c_0=None):
    """All layers of an nn.RNN, GRU or LSTM on x (T, B, inputs): output, final states (L·D, B, ·), and the layers."""
    layers, finals = [], []
    directions = 1 + module.bidirectional
    size = getattr(module, "proj_size", 0) or module.hidden_size
    for layer in range(module.num_layers):
        made = []
        for direction in range(directions):
            place = layer * directions + direction
            h = x.new_zeros(x.shape[1], size) if h_0 is None else h_0[place]
            c = x.new_zeros(x.shape[1], module.hidden_size) if c_0 is None else c_0[place]
            made.append(Layer(module, layer, direction, x, h, c))
        layers += made
        finals += [(one.h, one.c) for one in made]
        x = torch.cat([one.outputs for one in made], 2)
    return x, torch.stack([h for h, _ in finals]), [c for _, c in finals], layers
