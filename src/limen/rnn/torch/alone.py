"""Leaving a model as it was, whatever a forward pass changes in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from limen.rnn.torch.capture import ONE_AT_A_TIME


@contextmanager
def left_alone(model: Any) -> Iterator[None]:
    """Keep torch's random state, and the model's buffers and attributes, which a forward pass may change."""
    with ONE_AT_A_TIME:
        yield from _left_alone(model)


def _left_alone(model: Any) -> Iterator[None]:
    import torch

    devices = sorted({one.device.index or 0 for one in model.parameters() if one.is_cuda})
    modules = list(model.modules())
    attributes = [_plain(module) for module in modules]
    buffers = [dict(module._buffers) if isinstance(module._buffers, dict) else None for module in modules]  # scripted
    values = {id(one): (one, one.detach().clone()) for one in model.buffers()}
    with torch.random.fork_rng(devices=devices):
        try:
            yield
        finally:
            for module, plain, named in zip(modules, attributes, buffers, strict=True):
                if named is not None:
                    module._buffers.clear()
                    module._buffers.update(named)
                for name in set(_plain(module)) - set(plain):
                    module.__dict__.pop(name)
                module.__dict__.update(plain)
            with torch.no_grad():
                for buffer, value in values.values():
                    if buffer.shape != value.shape or not torch.equal(buffer, value):
                        buffer.resize_(value.shape).copy_(value)


def _plain(module: Any) -> dict[str, Any]:
    """A module's attributes that are neither parameters, buffers, hooks nor modules, such as a state it remembers."""
    return {name: one for name, one in module.__dict__.items() if not (name.startswith("_") and isinstance(one, dict))}
