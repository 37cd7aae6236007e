"""Dropout that a model calls as a function: no module shows it, so it is watched for while the model runs."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import cache
from types import FrameType
from typing import Any

from limen._errors import InputError

NAMES = ("dropout", "alpha_dropout", "feature_dropout", "feature_alpha_dropout")
MOST_FRAMES = 100
"""Callers that are asked for the module whose forward drops."""


@cache
def _watched() -> dict[Any, tuple[str, tuple[str, ...]]]:
    """Torch's functions that drop: how each is called, and the names of its arguments in order."""
    import torch
    from torch.nn import functional

    found: dict[Any, tuple[str, tuple[str, ...]]] = {}
    for name in NAMES:
        for kind in (name, f"{name}_"):
            found[getattr(torch, kind)] = f"torch.{kind}", ("input", "p", "train")
    found[torch.native_dropout] = "torch.native_dropout", ("input", "p", "train")
    attention = ("query", "key", "value", "attn_mask", "dropout_p")
    found[functional.scaled_dot_product_attention] = "torch.nn.functional.scaled_dot_product_attention", attention
    public = [name for name in dir(functional) if name.endswith("dropout") or name[:-2].endswith("dropout")]
    for name in (*public, "multi_head_attention_forward"):
        function = getattr(functional, name)
        if inspect.isfunction(function):
            found[function] = f"torch.nn.functional.{name}", tuple(inspect.signature(function).parameters)
    return found


def _dropped(names: tuple[str, ...], given: tuple[Any, ...], named: Mapping[str, Any]) -> float:
    """The probability with which a call drops; 0 where it does not."""
    arguments = {**dict(zip(names, given, strict=False)), **named}
    chance = arguments.get("p", arguments.get("dropout_p", 0.5 if "p" in names else 0.0))
    training = arguments.get("train", arguments.get("training", True))
    return float(chance) if training or training is None else 0.0


def _caller(model: Any, frame: FrameType | None) -> str:
    """The innermost module of the model whose method is running, in quotes; else the model's class."""
    names = {id(module): name for name, module in model.named_modules()}
    for _ in range(MOST_FRAMES):
        if frame is None:
            break
        name = names.get(id(frame.f_locals.get("self")))
        if name is not None:
            return repr(name or type(model).__name__)
        frame = frame.f_back
    return repr(type(model).__name__)


def without_called_dropout(model: Any) -> AbstractContextManager[Any]:
    """While it is open, InputError is raised at the first function called by this thread that drops at random."""
    from torch.overrides import TorchFunctionMode

    watched = _watched()

    class Watching(TorchFunctionMode):  # type: ignore[misc]
        def __torch_function__(
            self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
        ) -> Any:
            named = kwargs or {}
            if func in watched:
                name, names = watched[func]
                chance = _dropped(names, args, named)
                if chance > 0:
                    where = _caller(model, sys._getframe(1))
                    raise InputError(
                        f"model has dropout active in {where}, which calls {name} with p = {chance:g}, so that its "
                        "gradient is another at every call; call model.eval() first, and model.train() afterwards, and "
                        "see that the call is given training=self.training, or p = 0 in evaluation."
                    )
            return func(*args, **named)

    return Watching()
