"""Remedies for a step of the user's own: other starts of the weights that the user names as recurrent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from limen._errors import InputError
from limen.rnn.torch.calls import Call, flat
from limen.rnn.torch.chains import Chain
from limen.rnn.torch.code import Subject
from limen.rnn.torch.starts import Change, Start


@dataclass(frozen=True, eq=False)
class OwnStep(Subject):
    """A step of the user's own as what the remedies are for. weights: the names of its recurrent weights."""

    weights: tuple[str, ...] = ()

    @property
    def is_cell(self) -> bool:
        """It is one step."""
        return True

    @property
    def kind(self) -> str:
        """Of no kind that limen knows."""
        return "step"

    def is_kept(self, start: Start) -> bool:  # noqa: ARG002 - as Subject has it
        """The module stays, as nothing else does what it does; only its numbers change."""
        return True


def own_starts(subject: OwnStep, name: str) -> list[Start]:
    """The step as it is, at a fresh start where it has one, and with its recurrent weights orthogonal or the identity.

    Raises InputError where no recurrent weight is named, or one is no matrix of square blocks.
    """
    named = dict(subject.module.named_parameters())
    if not subject.weights:
        square = [one for one, weight in named.items() if weight.dim() == 2 and weight.shape[0] == weight.shape[1]]
        raise InputError(
            f"cells names {name!r}, which has the shortest way back, but none of its weights, so that the recurrent "
            f"one, which the remedies change, is unknown; give cells={{{name!r}: [...]}} with "
            f"{f'its name, such as {square[0]!r}' if square else 'its name'}."
        )
    axes = {one: blocks_of(name, one, named[one].shape) for one in subject.weights}
    is_fresh = callable(getattr(subject.module, "reset_parameters", None))
    where = "fresh start" if is_fresh else "other weights your own"
    told = subject.weights[0] if len(subject.weights) == 1 else "recurrent weights"
    drawn = filled(axes, "orthogonal_")
    found = [Start("as it is", "step", is_fresh=False)]
    found += [Start("fresh start", "step")] if is_fresh else []
    found.append(Start(f"orthogonal {told}, {where}", "step", is_fresh=is_fresh, change=drawn, is_drawn=True))
    if all(count == 1 for count, _ in axes.values()):
        found.append(Start(f"identity {told}, {where}", "step", is_fresh=is_fresh, change=filled(axes, "eye_")))
    return found


def blocks_of(name: str, weight: str, shape: tuple[int, ...]) -> tuple[int, int]:
    """How many square blocks a recurrent weight has, one for each gate, and along which axis they lie."""
    if len(shape) != 2 or 0 in shape or max(shape) % min(shape):
        raise InputError(
            f"cells names the weight {weight!r} of {name!r}, of shape {tuple(shape)}, expected a square matrix, or "
            "square blocks side by side, to be made orthogonal; name the weight that the state is multiplied by."
        )
    return max(shape) // min(shape), int(shape[1] > shape[0])


def filled(axes: dict[str, tuple[int, int]], kind: str) -> Change:
    """Fill each block of the weights by one of torch's functions: "orthogonal_" (Saxe et al. 2014) or "eye_"."""

    def apply(name: str, parameter: Any) -> None:
        from torch import nn

        if name in axes:
            count, axis = axes[name]
            for block in parameter.chunk(count, axis):
                getattr(nn.init, kind)(block)

    lines: list[str] = []
    for name, (count, axis) in axes.items():
        lines.append(f"if name == {name!r}:".replace("'", '"'))
        if count == 1:
            lines.append(f"    nn.init.{kind}(parameter)")
        else:
            lines += [f"    for block in parameter.chunk({count}, {axis}):", f"        nn.init.{kind}(block)"]
    return Change(apply, tuple(lines))


def copied(subject: Subject) -> Any:
    """A copy of the step, which may be changed. Raises InputError where it has a part that cannot be copied."""
    from copy import deepcopy

    try:
        return deepcopy(subject.module)
    except (TypeError, RuntimeError, AttributeError, NotImplementedError) as error:
        raise InputError(
            f"model has at {subject.path} a step of your own that copy.deepcopy cannot copy ({error}), so that no "
            "remedy can be tried on it; keep tensors that are no parameters in buffers, or detach them."
        ) from error


def steps_in_place(chain: Chain, module: Any) -> Chain:
    """The chain with another step's states: the same inputs, first state and gradients for what was handed out."""
    import torch

    first = chain.calls[0]
    states = tuple(one.detach() for one in first.given[1:] if one is not None)
    calls: list[Call] = []
    with torch.no_grad():
        for call in chain.calls:
            x, state = call.given[0], states if call.gives_tuple else states[0] if states else None
            assert x is not None
            found = type(module).forward(module, x.detach(), *((state,) if states else ()))
            states = found if isinstance(found, tuple) else (found,)
            h = flat(states)
            calls.append(replace(call, module=module, runs=[replace(call.runs[0], h=h[None])]))
    return Chain(calls, chain.sources)
