"""What a recurrent module must be called with; every error names the argument, what came and what was expected."""

from __future__ import annotations

from typing import Any

from limen._errors import InputError


def call_arguments(name: str, given: tuple[Any, ...], named: dict[str, Any], *, own: bool) -> tuple[Any, Any]:
    """The input and the state of a call, by place or by name. Raises InputError for more than these two."""
    values = [*given, *named.values()]
    if not values or len(values) > 2 or (own and set(named) - {"input", "x", "hx", "state", "h"}):
        raise InputError(
            f"model calls {name!r} with {len(values)} arguments ({', '.join(named) or 'by place'}), expected its input "
            "and its state: cell(x, state)."
        )
    state_first = bool(named) and not given and next(iter(named)) in ("hx", "state", "h")
    x, state = (values[1], values[0]) if state_first else (values[0], values[1] if len(values) > 1 else None)
    return x, state


def checked_call(name: str, module: Any, given: Any, hx: Any) -> None:
    """Raise InputError where torch would refuse the input or the initial state of one of its own modules."""
    import torch
    from torch import nn
    from torch.nn.utils.rnn import PackedSequence

    packed = isinstance(given, PackedSequence)
    x = given.data if packed else given
    if not isinstance(x, torch.Tensor):
        raise InputError(f"x reaches {name!r} as a {type(x).__name__}, expected a tensor; use torch.as_tensor.")
    step = isinstance(module, nn.RNNCellBase)
    dims = (2,) if packed else ((1, 2) if step else (2, 3))
    weight = module.weight_ih if step else module.weight_ih_l0
    if x.dim() not in dims or x.shape[-1] != module.input_size:
        raise InputError(
            f"x reaches {name!r} with the shape {tuple(x.shape)}, expected {' or '.join(map(str, dims))} axes, the "
            f"last of size {module.input_size}."
        )
    if x.dtype != weight.dtype and not torch.is_autocast_enabled(x.device.type):
        raise InputError(f"x reaches {name!r} as {x.dtype}, but its weights are {weight.dtype}; convert one of them.")
    if 0 in x.shape[:-1]:
        raise InputError(f"x reaches {name!r} with the shape {tuple(x.shape)}: expected at least one step and sample.")
    if hx is not None:
        _checked_states(name, module, given, hx, step=step)


def _checked_states(name: str, module: Any, given: Any, hx: Any, *, step: bool) -> None:
    """Raise InputError unless the initial states are tensors of the shapes that the module has."""
    import torch

    lstm = "LSTM" in type(module).__name__
    states = tuple(hx) if isinstance(hx, tuple | list) else (hx,)
    wanted = _shapes(module, given, step=step)[: 2 if lstm else 1]
    came = [tuple(one.shape) if isinstance(one, torch.Tensor) else type(one).__name__ for one in states]
    if came != wanted or isinstance(hx, torch.Tensor) is lstm:
        raise InputError(
            f"hx reaches {name!r} as {', '.join(map(str, came))}, expected {', '.join(map(str, wanted))}"
            f"{' (h and c)' if lstm else ''}."
        )


def _shapes(module: Any, given: Any, *, step: bool) -> list[tuple[int, ...]]:
    """The shapes of h and c."""
    from torch.nn.utils.rnn import PackedSequence

    if step:
        return [(*given.shape[:-1], module.hidden_size)] * 2
    rows = module.num_layers * (1 + module.bidirectional)
    if isinstance(given, PackedSequence):
        batch: tuple[int, ...] = (int(given.batch_sizes[0]),)
    else:
        batch = () if given.dim() == 2 else (given.shape[0 if module.batch_first else 1],)
    return [(rows, *batch, module.proj_size or module.hidden_size), (rows, *batch, module.hidden_size)]
