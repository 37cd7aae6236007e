"""Copies of a torch module with weights drawn anew, as they were before training."""

from __future__ import annotations

import copy
from typing import Any


def is_module(model: Any) -> bool:
    """Whether a model is a torch module, or a pair of one and what prepares its inputs; torch is never imported."""
    return _module_of(model) is not None


def _module_of(model: Any) -> Any:
    first = model[0] if isinstance(model, tuple) and len(model) == 2 else model
    kinds = {f"{kind.__module__}.{kind.__name__}" for kind in type(first).__mro__}
    return first if "torch.nn.modules.module.Module" in kinds else None


def randomised(model: Any, seed: int) -> Any:
    """A copy whose layers are all initialised anew; parameters that no layer can start anew are drawn as N(0, 0.02²).

    The generator of torch is left as it was.
    """
    import torch

    module = copy.deepcopy(_module_of(model))
    devices = sorted({parameter.device.index for parameter in module.parameters() if parameter.device.type == "cuda"})
    with torch.random.fork_rng(devices=devices), torch.no_grad():
        torch.manual_seed(seed)
        touched: set[int] = set()
        for layer in module.modules():
            if callable(getattr(layer, "reset_parameters", None)):
                layer.reset_parameters()
                touched |= {id(parameter) for parameter in layer.parameters(recurse=False)}
        for parameter in module.parameters():
            if id(parameter) not in touched:
                parameter.normal_(0.0, 0.02)
    return (module, *model[1:]) if isinstance(model, tuple) else module
