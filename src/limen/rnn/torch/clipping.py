"""The norm of the gradient of all parameters, by which clipping goes: from layers that were followed, or anew."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

from limen.rnn.torch.adjoint import norm
from limen.rnn.torch.descent import total_log_norm
from limen.rnn.torch.kernels import names_of
from limen.rnn.torch.layers import Layer
from limen.rnn.torch.linearised import Linearised
from limen.rnn.torch.local import Tensor
from limen.rnn.torch.measure import for_inputs
from limen.rnn.torch.shares import FORGOTTEN


def factor_of(log_norm: float, clip_norm: float) -> float:
    """By how much a gradient of this norm is scaled down; 1 where it is not, or where the norm is unknown."""
    return min(1.0, math.exp(math.log(clip_norm) - log_norm)) if math.isfinite(log_norm) else 1.0


def log_norm_anew(loss: Callable[[], Tensor], model: Any) -> float:
    """Ln of the norm of the gradient for all parameters, by a forward and a backward pass; nan if none is trained."""
    import torch

    wanted = [parameter for parameter in model.parameters() if parameter.requires_grad]
    if not wanted:
        return math.nan
    with torch.backends.cudnn.flags(enabled=False):  # cuDNN goes back in training mode alone
        found = torch.autograd.grad(loss().sum(), wanted, allow_unused=True)
    return total_log_norm([one for one in found if one is not None])


def log_norm_of(trained: list[Tensor], found: list[Tensor | None], layers: list[Layer]) -> float | None:
    """The same without a pass of its own: layers as they were followed, with all samples; None where that cannot tell.

    It can where all that is trained lies in recurrent layers and behind them, and each layer has its weights to itself.
    trained: all parameters that are. found: their gradients behind the leaves that a `Capture` handed out, or None.
    """
    names = [_names(layer) for layer in layers]
    chains = {id(layer.chain): layer.chain for layer in layers}
    modules = Counter(id(chain.calls[0].module) for chain in chains.values())
    if None in names or max(modules.values()) > 1 or any(chain.given() for chain in chains.values()):
        return None
    owned = list(zip(layers, names, strict=True))
    inside = [layer.chain.calls[0].module._parameters[name] for layer, own in owned for name in own or ()]
    known = {id(one) for one in inside}
    if len(known) < len(inside) or any(one.dtype != layers[0].run.h.dtype for one in trained):
        return None
    reached = [(one, gradient) for one, gradient in zip(trained, found, strict=True) if gradient is not None]
    if any(id(one) in known for one, _ in reached):
        return None
    parts = [_log_norm_inside(layer, own or []) for layer, own in owned if layer.adjoint is not None]
    outside = total_log_norm([gradient for _, gradient in reached])
    return _together([*parts, outside])


def _names(layer: Layer) -> list[str] | None:
    """The names of a layer's weights in its module; None where these are no parameters, or are not all seen here."""
    from torch import nn

    module = layer.chain.calls[0].module
    if not isinstance(layer.line, Linearised) or layer.run.W_hr is not None:
        return None
    names = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]
    if isinstance(module, nn.RNNBase):
        names = list(names_of(*divmod(layer.place, layer.chain.directions)).values())
    held = [name for name in names if getattr(module, name, None) is not None]
    return held if all(name in module._parameters for name in held) else None


def _log_norm_inside(layer: Layer, names: list[str]) -> float:
    """Ln of the norm of the gradient for a layer's own weights of these names, of those that are trained."""
    import torch

    line, adjoint, module = layer.line, layer.adjoint, layer.chain.calls[0].module
    assert isinstance(line, Linearised)
    assert adjoint is not None
    run = line.run
    read = torch.cat([run.x, line.before, torch.ones_like(run.x[..., :1])], 2)  # the last column is for the biases
    sizes = norm(read)
    logs = adjoint.log_norms + sizes.log()
    largest = float(logs.amax())
    weights = torch.where(logs > largest + FORGOTTEN, adjoint.scale + sizes.log() - largest, -torch.inf).exp()
    sums: dict[str, Any] = {"ih": 0.0, "hh": 0.0}
    for window in line.backwards():
        part, passed = window.part, line.deltas(window, adjoint)
        taken = read[part] / sizes[part, :, None].to(read.dtype) * weights[part, :, None].to(read.dtype)
        for which, delta in {"ih": for_inputs(window, passed, adjoint), "hh": passed.delta}.items():
            sums[which] += delta.flatten(2).flatten(0, 1).T @ taken.flatten(0, 1)
            if run.kind != "gru":
                break  # both halves hear the same
    own = {"ih": sums["ih"], "hh": sums["hh"] if run.kind == "gru" else sums["ih"]}
    columns = {"weight_ih": slice(run.x.shape[2]), "weight_hh": slice(run.x.shape[2], -1)}
    trained = [
        own[name.split("_")[1]][:, columns.get("_".join(name.split("_")[:2]), -1)]
        for name in names
        if module._parameters[name].requires_grad
    ]
    return largest + total_log_norm(trained) if trained else -math.inf


def _together(logs: list[float]) -> float:
    """Ln of the norm of parts, of ln of the norms of each; nan stands for no part."""
    known = [one for one in logs if not math.isnan(one)]
    top = max(known, default=math.nan)
    return top + 0.5 * math.log(sum(math.exp(2 * (one - top)) for one in known)) if math.isfinite(top) else top
