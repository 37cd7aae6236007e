"""What `limen rnn flow` and `limen rnn remedies` share: the options about the net and the files, each written once."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from limen.cli import _rnn_choice as options
from limen.cli._arguments import Html, Json, Png
from limen.cli._files import Files
from limen.cli._rnn_choice import Choice
from limen.cli._rnn_example import looked_at


@dataclass(frozen=True)
class Asked:
    """What a command about a net is told. model: the user's own; None: the example, made as `choice` says."""

    model: str | None
    choice: Choice
    seed: int
    files: Files

    def net(self) -> tuple[Any, Any, Callable[[Any], Any]]:
        """Model, input and loss. Raises CommandError where there are none."""
        return looked_at(self.model, self.choice, self.seed)


def asked(
    model: options.Model = None,
    seed: options.Seed = 0,
    kind: options.KindOf = None,
    layers: options.Layers = None,
    bidirectional: options.Bidirectional = None,
    time: options.Time = None,
    batch: options.Batch = None,
    inputs: options.Inputs = None,
    hidden: options.Hidden = None,
    forget_bias: options.ForgetBias = None,
    loss: options.Loss = None,
    signal: options.Input = None,
    json: Json = None,
    html: Html = None,
    png: Png = None,
) -> Asked:
    """Put the shared options together. Raises CommandError for a file that cannot be written."""
    files = Files(json, html, png)
    files.check()
    choice = Choice(kind, layers, bidirectional, time, batch, inputs, hidden, forget_bias, loss, signal)
    return Asked(model, choice, seed, files)


def about_a_net(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command the shared options beside its own, which stand after `model` in its help.

    command: a function of an Asked and its own options. typer reads the signature that is put together here.
    """
    shared = inspect.signature(asked, eval_str=True).parameters
    own = dict(list(inspect.signature(command, eval_str=True).parameters.items())[1:])
    first, *rest = shared.values()

    @wraps(command)
    def asking(**given: Any) -> int:
        about = asked(**{name: given[name] for name in shared})
        return command(about, **{name: given[name] for name in own})

    asking.__signature__ = inspect.Signature([first, *own.values(), *rest])  # type: ignore[attr-defined]
    return asking
