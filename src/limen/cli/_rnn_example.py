"""What `limen rnn flow` and `limen rnn remedies` look at: a net made from the seed, or the user's own."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

import limen
from limen.cli._errors import CommandError, Exit
from limen.cli._rnn_choice import Choice, Heard, Kind, Signal
from limen.cli._work import quiet

Answer = TypeVar("Answer")


def looked_at(reference: str | None, choice: Choice, seed: int) -> tuple[Any, Any, Callable[[Any], Any]]:
    """Model, input and loss: the user's, or the example. Raises CommandError where there are none."""
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise CommandError(
            "gradient flow needs torch; install it with: pip install 'limen[torch]'.", Exit.ERROR
        ) from error
    if reference is None:
        return example(choice, seed)
    for field in fields(choice):
        if getattr(choice, field.name) is not None:
            option = "input" if field.name == "signal" else field.name.replace("_", "-")
            raise CommandError(f"--{option} is for the built-in net; leave it out, or leave out --model.")
    return opened(reference)


def opened(reference: str) -> tuple[Any, Any, Callable[[Any], Any]]:
    """Call package.module:function, also from the working directory. Raises CommandError where it fails."""
    module, colon, function = reference.partition(":")
    if not (colon and all(part.isidentifier() for part in module.split(".")) and function.isidentifier()):
        raise CommandError(f"--model is {reference!r}, expected package.module:function.")
    added = "" not in sys.path and str(Path.cwd()) not in sys.path
    if added:
        sys.path.insert(0, str(Path.cwd()))
    try:
        with quiet():
            found = getattr(importlib.import_module(module), function)()
    except Exception as error:  # the user's own code may raise anything
        reason = f"{type(error).__name__}: {error}"
        raise CommandError(f"--model is {reference!r}, which cannot be opened: {reason}", Exit.ERROR) from error
    finally:
        if added:
            sys.path.remove(str(Path.cwd()))
    if not isinstance(found, tuple) or len(found) != 3:
        came = f"a tuple of {len(found)}" if isinstance(found, tuple) else f"a {type(found).__name__}"
        raise CommandError(f"--model is {reference!r}, which returned {came}, expected a tuple (model, x, loss).")
    return found


def _waiting() -> contextlib.AbstractContextManager[Any]:
    """A sign of life on a terminal; long sequences take a while."""
    if not sys.stderr.isatty():
        return contextlib.nullcontext()
    from rich.console import Console

    return Console(stderr=True).status("following the gradient back through time")


def followed(ask: Callable[[], Answer]) -> Answer:
    """Ask the library, quietly. Raises CommandError where the code of the net or of its loss fails."""
    try:
        with _waiting(), quiet():
            return ask()
    except limen.LimenError:
        raise
    except Exception as error:  # as above
        raise CommandError(f"the net failed: {type(error).__name__}: {error}", Exit.ERROR) from error


def example(choice: Choice, seed: int) -> tuple[Any, Any, Callable[[Any], Any]]:
    """A recurrent net with a linear readout and torch's own first weights, what it reads, and its squared error.

    The error is that against noise. Torch's random state is left as it was.
    """
    import torch

    choice.check()
    loss, signal = choice.loss or Heard.LAST, choice.signal or Signal.NOISE
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = _net(choice)
        x = _read(choice, signal)
        target = torch.randn(*x.shape[:2], 1)
    if loss is Heard.LAST:
        return model, x, lambda output: (output[:, -1] - target[:, -1]).square().mean()
    return model, x, lambda output: (output - target).square().mean(dim=(0, 2))


def _net(choice: Choice) -> Any:
    from torch import nn

    class Example(nn.Module):  # type: ignore[misc]
        """A recurrent layer, and a linear map of each of its states."""

        def __init__(self) -> None:
            super().__init__()
            sizes, both = choice.sizes, bool(choice.bidirectional)
            inputs, hidden, layers = sizes["inputs"], sizes["hidden"], sizes["layers"]
            layer = {Kind.RNN: nn.RNN, Kind.GRU: nn.GRU, Kind.LSTM: nn.LSTM}[choice.cell]
            self.recurrent = layer(inputs, hidden, layers, batch_first=True, bidirectional=both)
            self.readout = nn.Linear(hidden * (1 + both), 1)

        def forward(self, x: Any) -> Any:
            return self.readout(self.recurrent(x)[0])

    model = Example()
    if choice.forget_bias is not None:
        _set_forget_bias(model.recurrent, choice.forget_bias)
    return model


def _set_forget_bias(layer: Any, bias: float) -> None:
    """An LSTM has two biases for each gate, which add up; the forget gate's are the second quarter."""
    import torch

    with torch.no_grad():
        for name, values in layer.named_parameters():
            if "bias" in name:
                gate = values[layer.hidden_size : 2 * layer.hidden_size]
                gate.fill_(bias if "bias_ih" in name else 0.0)


def _read(choice: Choice, signal: Signal) -> Any:
    """(batch, time, inputs): white noise, or sines of several periods, each with its own phase."""
    import torch

    batch, time, inputs = (choice.sizes[name] for name in ("batch", "time", "inputs"))
    if signal is Signal.NOISE:
        return torch.randn(batch, time, inputs)
    period = 5.0 * 2 ** torch.arange(inputs).remainder(5)
    turns = torch.arange(time)[:, None] / period + torch.rand(batch, 1, inputs)
    return torch.sin(2 * torch.pi * turns)
