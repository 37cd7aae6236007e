"""`Monitor`: gradient flow every so many steps of a training, as lines of JSON, with a warning before nan arrives."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from limen._errors import ExplosionWarning, InputError
from limen.results.reading import MonitorReading
from limen.rnn.torch.checks import checked_cells, checked_model, needs_torch
from limen.rnn.torch.lines import append, next_run
from limen.rnn.torch.watched import Watched, checked_samples, without_dropout


class Monitor:
    """Measures every `every` training steps where the gradient of a recurrent model goes.

    model: an nn.Module with recurrent layers, as for `limen.gradient_flow`. loss: a function of the model's output, or
    of the output and the targets that `step` is given; a scalar or one value a step. every: training steps between two
    measurements. file: one line of JSON a measurement is appended to it; "run" in it tells trainings that append to one
    file one after the other apart (1, 2, ...; two at the same time need two files). warn: whether alarms are raised as
    `ExplosionWarning`, beside standing in the reading. samples: how many of each batch are followed, the first ones
    (the longest of a packed batch); None: all, and so where one recurrent module feeds another. clip_norm: the
    training's clipping norm; where something is trained before a recurrent layer (an embedding, say) it costs a plain
    forward and backward pass a measurement, elsewhere next to nothing. cells: as for `gradient_flow`.

    Works in the middle of training: while it measures, modules that drop at random (nn.Dropout and its kin, and the
    dropout between stacked layers) are in evaluation mode, those alone, and afterwards as they were; dropout that the
    model calls as a function stays as it is. Parameters, gradients, buffers, hooks and torch's random state are left as
    they were, so that training goes on as without it, bit for bit.

    It warns where the gradient grows past a thousand times its size on its way back through time, or a rectified state
    past a thousand (and a thousand times its first size), with layer, time step and sample; and, should inf or nan have
    come, where first.

    readings: all that was measured, `limen.results.reading.MonitorReading`.
    Raises InputError for what is no such model, and for options out of range.
    """

    def __init__(
        self,
        model: Any,
        *,
        loss: Callable[..., Any],
        every: int = 100,
        file: str | os.PathLike[str] | None = None,
        warn: bool = True,
        samples: int | None = None,
        clip_norm: float | None = None,
        cells: Mapping[str, Sequence[str]] | Sequence[str] = (),
    ) -> None:
        if not isinstance(every, int) or isinstance(every, bool) or every < 1:
            raise InputError(f"every is {every!r}, expected a number of training steps, an int of at least 1.")
        if not callable(loss):
            raise InputError(f"loss is of type {type(loss).__name__}, expected a function of the model's output.")
        self.every = every
        self.file = None if file is None else Path(file)
        if self.file is not None and not self.file.parent.is_dir():
            raise InputError(f"file is {str(file)!r}, in a folder that does not exist; make the folder first.")
        self.warn = warn
        self._watched = Watched(model, loss, checked_samples(samples), clip_norm, _checked(model, clip_norm, cells))
        self.readings: list[MonitorReading] = []
        self._next, self._run = 0, 0

    def __repr__(self) -> str:
        last = f", last: {self.readings[-1].sentence}" if self.readings else ""
        return (
            f"<Monitor of {type(self.model).__name__}, every {self.every} steps, {len(self.readings)} readings{last}>"
        )

    @property
    def model(self) -> Any:
        """The model that is watched."""
        return self._watched.model

    def is_due(self, step: int) -> bool:
        """Whether a measurement is due at this training step: at each multiple of `every`, once."""
        return step % self.every == 0 and not (self.readings and self.readings[-1].step == step)

    def step(self, x: Any, y: Any = None, *, step: int | None = None) -> MonitorReading | None:
        """Call it in every step of the training; it measures where that is due, and otherwise does nothing.

        x: what the model is called with: a tensor, a PackedSequence, a tuple of arguments or a dict of keyword
        arguments. y: the second argument of `loss`, if it takes one. step: the training step, from 0; None: counted.
        """
        number = self._next if step is None else step
        self._next = number + 1
        return self.measure(x, y, step=number) if self.is_due(number) else None

    def measure(self, x: Any, y: Any = None, *, step: int) -> MonitorReading:
        """Measure now, whether due or not; arguments as for `step`."""
        self._run = self._run or next_run(self.file)
        reading = replace(self._watched.reading(x, y, step), run=self._run)
        self.readings.append(reading)
        if self.file is not None:
            append(self.file, reading.to_json())
        if self.warn:
            for alarm in reading.alarms:
                warnings.warn(f"training step {step}: {alarm}{self._since()}", ExplosionWarning, stacklevel=3)
        return reading

    def _since(self) -> str:
        """When all was still finite, if it is no longer."""
        if self.readings[-1].verdict is not None:
            return ""
        earlier = [reading.step for reading in self.readings if reading.verdict is not None]
        return f" At training step {earlier[-1]} all was still finite." if earlier else ""

    def lightning(self, split: Callable[[Any], tuple[Any, Any]] | None = None) -> Any:
        """Make a callback for the Trainer of Lightning (`lightning` or `pytorch_lightning`, whichever is in use).

        It measures after the batches whose `trainer.global_step` is due. split: how a batch becomes x and y; None: a
        pair is x and y, anything else x. Raises MissingError where neither library is installed.
        """
        from limen.rnn.torch.callbacks import lightning_callback

        return lightning_callback(self, split)

    def trainer(self) -> Any:
        """Make a callback for the Trainer of transformers.

        It measures after the steps that are due, on the inputs of that step's first forward pass; they are taken by a
        hook that is on the model during such steps only. `loss` gets the model's output: `lambda output: output.loss`.
        Raises MissingError where transformers is not installed.
        """
        from limen.rnn.torch.callbacks import trainer_callback

        return trainer_callback(self)


def _checked(
    model: Any, clip_norm: float | None, cells: Mapping[str, Sequence[str]] | Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """The user's own steps, after a look at the model, in which dropout may be active."""
    needs_torch()
    from torch import nn

    if not isinstance(model, nn.Module):
        checked_model(model, clip_norm, 0)
    with without_dropout(model):
        checked_model(model, clip_norm, 0)
    return checked_cells(model, cells)
