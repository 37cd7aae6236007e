"""What gradient flow asks of the model, its input and its loss; every error names what came and what to do."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from limen._errors import InputError, MissingError, unknown
from limen.rnn.torch.calls import Call
from limen.rnn.torch.capture import Capture
from limen.rnn.torch.chains import Chain
from limen.rnn.torch.dropping import without_called_dropout
from limen.rnn.torch.local import Tensor
from limen.rnn.torch.one_value_each import one_a_step


def needs_torch() -> None:
    """Raise MissingError where torch is not installed."""
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise MissingError(
            "this part of the recurrent wing needs torch; install it with: pip install 'limen[torch]'"
        ) from error


def checked_model(model: Any, clip_norm: float | None, exponents: int, seed: int = 0) -> None:
    """Raise InputError for what is no module, for active dropout, and for options out of range."""
    from torch import nn

    if not isinstance(model, nn.Module):
        raise InputError(f"model is of type {type(model).__name__}, expected a torch.nn.Module; give the model itself.")
    for name, module in model.named_modules():
        stacked = isinstance(module, nn.RNNBase) and module.dropout > 0 and module.num_layers > 1
        dropping = isinstance(module, nn.modules.dropout._DropoutNd) and module.p > 0
        if module.training and (stacked or dropping):
            raise InputError(
                f"model has dropout active in {name or type(module).__name__!r}, so that its gradient is another at "
                "every call; call model.eval() first, and model.train() afterwards."
            )
    real = isinstance(clip_norm, int | float) and not isinstance(clip_norm, bool)
    if clip_norm is not None and not (real and 0 < clip_norm < float("inf")):
        raise InputError(f"clip_norm is {clip_norm!r}, expected a positive number, or None if nothing is clipped.")
    for name, value in (("exponents", exponents), ("seed", seed)):
        try:
            count = operator.index(value)
        except TypeError:
            count = -1
        if count < 0 or isinstance(value, bool):
            raise InputError(f"{name} is {value!r}, expected an int of at least 0.")


def checked_cells(model: Any, cells: Mapping[str, Sequence[str]] | Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The user's own steps as a dict of weight names by module name. Raises InputError for an unknown module."""
    if isinstance(cells, str) or not isinstance(cells, Mapping | Sequence):
        raise InputError(f"cells is {cells!r}, expected a list of names, or a mapping of names to names of weights.")
    found = {name: tuple(cells[name]) if isinstance(cells, Mapping) else () for name in cells}
    modules = [name for name, _ in model.named_modules() if name]
    for name in found:
        if name not in modules:
            raise unknown("cells", name, modules, "Give names as model.named_modules() has them.")
    return found


def inputs_of(x: Any) -> tuple[Any, ...]:
    """The arguments of the model: x is one, or a tuple of them (a PackedSequence is one)."""
    return x if type(x) is tuple else (x,)


def loss_of(
    model: Any, x: Any, loss: Callable[[Any], Any], cells: Mapping[str, Sequence[str]] | Sequence[str]
) -> tuple[Capture, Any, Tensor]:
    """Run a model through a capture: that, the model's output, and the loss; all checked, dropout included."""
    capture = Capture(model, checked_cells(model, cells))
    with capture.open(), without_called_dropout(model):
        output = model(*inputs_of(x))
    first_bad(capture.calls)
    return capture, output, checked_loss(loss, output, capture.calls)


def checked_loss(loss: Callable[[Any], Any], output: Any, calls: list[Call]) -> Tensor:
    """The loss as a scalar or one value a step (T). Raises InputError for anything else."""
    import torch

    if not calls:
        raise InputError("model did not call any of its recurrent layers on x; give an x for which it does.")
    if not callable(loss):
        raise InputError(f"loss is of type {type(loss).__name__}, expected a function of the model's output.")
    value = loss(output)
    if not isinstance(value, torch.Tensor):
        raise InputError(f"loss gave a {type(value).__name__}, expected a tensor: a scalar, or one value a step.")
    if not value.is_floating_point():
        raise InputError(f"loss gave {value.dtype}, expected real numbers that can be differentiated.")
    steps = sorted(_steps_of(calls))
    if value.dim() > 1 or (value.dim() == 1 and len(value) not in {1, *steps}):
        raise InputError(
            f"loss gave a tensor of shape {tuple(value.shape)}, expected a scalar or one value a step "
            f"({', '.join(map(str, steps))},); sum or average over the samples."
        )
    if not bool(torch.isfinite(value).all()):
        place = int(torch.nonzero(~torch.isfinite(value.flatten()))[0])
        raise InputError(f"loss is {float(value.detach().flatten()[place])} at step {place}, expected finite numbers.")
    if value.dim() == 1:
        one_a_step(value, calls)
    return value


def _steps_of(calls: list[Call]) -> set[int]:
    """How many steps a call has, and all calls of a module together."""
    totals: dict[str, int] = {}
    for call in calls:
        totals[call.name] = totals.get(call.name, 0) + len(call.runs[0].h)
    return {len(call.runs[0].h) for call in calls if len(call.runs[0].h) > 1} | set(totals.values())


def first_bad(calls: list[Call]) -> None:
    """Raise InputError for the first number that is not finite in the weights, inputs or states, and for no steps."""
    import torch

    for call in calls:
        where = call.name or "the model"
        for run in call.runs:
            if 0 in run.h.shape[:2]:
                raise InputError(
                    f"x gives {where!r} {run.h.shape[0]} steps of {run.h.shape[1]} samples; expected at least one "
                    "of each."
                )
            for name in ("W_ih", "W_hh", "b_ih", "b_hh", "W_hr"):
                weight = getattr(run, name)
                if weight is not None and not bool(torch.isfinite(weight).all()):
                    place = tuple(torch.nonzero(~torch.isfinite(weight))[0].tolist())
                    raise InputError(
                        f"model has a number in {name} of {where!r} that is not finite, first at {place}; go back to "
                        "an earlier checkpoint."
                    )
            for what, tensor in (("input", run.x), ("state", run.h)):
                if tensor.is_floating_point() and not bool(torch.isfinite(tensor.sum())):
                    if bool(torch.isfinite(tensor).all()):
                        continue  # only their sum is not
                    step, sample = torch.nonzero(~torch.isfinite(tensor))[0, :2].tolist()
                    raise InputError(
                        f"x leads to {what}s of {where!r} that are not finite, first at step {step} of sample "
                        f"{sample}; look at the data there."
                    )


def first_bad_gradient(chain: Chain) -> None:
    """Raise InputError for the first gradient of the loss that is not finite, for what a chain handed out."""
    import torch

    for gradients, _ in chain.sources:
        for leaf in chain.leaves():
            gradient = gradients.get(id(leaf))
            if gradient is not None and not bool(torch.isfinite(gradient).all()):
                place = tuple(torch.nonzero(~torch.isfinite(gradient))[0].tolist())
                raise InputError(
                    f"loss has a gradient that is not finite for what {chain.name or 'the model'!r} gives, first at "
                    f"{place} of its {tuple(gradient.shape)}; look for a root, a logarithm or a division of 0 in it."
                )
