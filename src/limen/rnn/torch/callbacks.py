"""A monitor as the callback of other people's training loops; their classes are derived from on use."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from limen._errors import InputError, MissingError

if TYPE_CHECKING:
    from limen.rnn.torch.monitor import Monitor

LIGHTNING = ("lightning.pytorch", "pytorch_lightning")
"""The two names under which the library is published; a Trainer takes callbacks of its own name only."""


def lightning_callback(monitor: Monitor, split: Callable[[Any], tuple[Any, Any]] | None) -> Any:
    """See `Monitor.lightning`."""
    base = _lightning().Callback
    apart = pair if split is None else split

    class MonitorCallback(base):  # type: ignore[misc, valid-type]
        """Measures after the batches that are due."""

        def on_train_batch_end(
            self,
            trainer: Any,
            pl_module: Any,  # noqa: ARG002 - the arguments are Lightning's
            outputs: Any,  # noqa: ARG002
            batch: Any,
            batch_idx: int,  # noqa: ARG002
        ) -> None:
            if trainer.is_global_zero and monitor.is_due(trainer.global_step):
                x, y = apart(batch)
                monitor.measure(x, y, step=trainer.global_step)

    return MonitorCallback()


def _lightning() -> Any:
    """The library that is already in use, or the first that is installed."""
    for name in sorted(LIGHTNING, key=lambda name: name not in sys.modules):
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name not in {"lightning", "lightning.pytorch", "pytorch_lightning"}:
                raise
    raise MissingError("Monitor.lightning() needs Lightning; install it with: pip install lightning")


def pair(batch: Any) -> tuple[Any, Any]:
    """A batch of two as x and y, any other as x alone."""
    return tuple(batch) if isinstance(batch, tuple | list) and len(batch) == 2 else (batch, None)


def trainer_callback(monitor: Monitor) -> Any:
    """See `Monitor.trainer`."""
    try:
        from transformers import TrainerCallback
    except ImportError as error:
        raise MissingError("Monitor.trainer() needs transformers; install it with: pip install transformers") from error
    taken = Taken(monitor)

    class MonitorCallback(TrainerCallback):  # type: ignore[misc]
        """Takes the inputs of the steps that are due, and measures after them."""

        def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002
            if state.is_world_process_zero and monitor.is_due(state.global_step + 1):
                taken.begin()

        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002
            if taken.hook is not None:
                monitor.measure(taken.end(), step=state.global_step)

        def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002
            taken.leave()  # should a step have been left in the middle

    return MonitorCallback()


class Taken:
    """What the monitor's model is first called with, once `begin` was called; it holds on to nothing after `end`."""

    def __init__(self, monitor: Monitor) -> None:
        self.monitor = monitor
        self.inputs: Any = None
        self.hook: Any = None

    def begin(self) -> None:
        """Hook on to the model."""
        self.leave()
        self.hook = self.monitor.model.register_forward_pre_hook(self._take, with_kwargs=True)

    def _take(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:  # noqa: ARG002
        if self.inputs is None:
            self.inputs = _joined(args, kwargs)

    def end(self) -> Any:
        """What was taken. Raises InputError if that is nothing."""
        inputs = self.inputs
        self.leave()
        if inputs is None:
            raise InputError(
                "model of the Monitor was not called in this step of the Trainer; give the Monitor the model, or a "
                "part of it, that the Trainer trains."
            )
        return inputs

    def leave(self) -> None:
        """Take the hook away."""
        if self.hook is not None:
            self.hook.remove()
        self.inputs = self.hook = None


def _joined(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Arguments as a Monitor takes them. Raises InputError where some have names and some have none."""
    if args and kwargs:
        raise InputError(
            f"the Trainer calls the Monitor's model with {len(args)} arguments by place and {', '.join(kwargs)} by "
            "name; give the Monitor a model that is called with either."
        )
    return dict(kwargs) if kwargs else args
