"""The loop of `fit`: batches, updates, epochs, and the weights worth keeping."""

from __future__ import annotations

import math
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limen._errors import DivergedError, InputError, ModelError
from limen._version import __version__
from limen.results.history import History, Score
from limen.rnn._plan import Plan
from limen.rnn._samples import Batch, Samples
from limen.rnn.net import RNN, Trace
from limen.rnn.optimisers import Arrays, clip_by_norm, global_norm
from limen.rnn.scoring import going_on, scored


@dataclass
class Tally:
    """What is noted during an epoch."""

    loss: float = 0.0
    counted: int = 0
    rate: float = 0.0
    clipped: int = 0
    norms: list[float] = field(default_factory=list)
    seconds: float = 0.0


class Loop:
    """Training in progress. `advance` is told how many slots are done, and the epoch's mean loss so far."""

    def __init__(
        self, net: RNN, plan: Plan, given: Samples, held_out: Samples | None, advance: Callable[[int, float], None]
    ) -> None:
        self.net, self.plan, self.given, self.held_out, self.advance = net, plan, given, held_out, advance
        self.parameters = net.parameters()
        self.memory = plan.optimiser.start(self.parameters)
        self.generator = np.random.default_rng(plan.seed)
        self.slots = given.slots(plan.batch_size, plan.window)
        self.epochs: list[Tally] = []
        self.scores: list[Score] = []
        self.good, self.best = _copy(self.parameters), _copy(self.parameters)
        self.best_epoch, self.updates = 0, 0
        self.stopped = self.restored = False

    def epoch(self) -> None:
        """Go through all samples once, in a new order, and score the validation samples."""
        began, tally = time.perf_counter(), Tally()
        state: NDArray[Any] | None = None
        for batch in self.given.batches(self._order(), self.plan.batch_size, self.plan.window):
            # Numbers that are not finite are looked for below, and end the training with an error.
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                state = self._learn(batch, state, tally)
            self.advance(len(self.epochs) * self.slots + batch.slot + 1, tally.loss / max(1, tally.counted))
        if self.held_out is not None:
            self._judge(self.held_out)
        tally.loss /= tally.counted
        tally.seconds = time.perf_counter() - began
        self.epochs.append(tally)
        self._compare()

    def _order(self) -> NDArray[np.int64]:
        return self.generator.permutation(len(self.given))

    def _learn(self, batch: Batch, state: NDArray[Any] | None, tally: Tally) -> NDArray[Any]:
        """Make one update, and give the states (b, hidden) in which the batch's samples end."""
        net, plan = self.net, self.plan
        try:
            trace = net.forward(batch.x, lengths=batch.lengths, initial=going_on(batch, state))
        except ModelError as error:
            raise self._diverged(_cause(error), batch.slot, restore=True) from error
        ended = trace.h[:, -1].copy()
        if batch.counted == 0:
            return ended  # a window of which no step counts only moves the state on
        loss, gradients, norm = self._gradient(trace, batch)
        tally.loss += loss
        tally.counted += batch.counted
        tally.norms.append(norm)
        tally.clipped += plan.clip_norm is not None and clip_by_norm(gradients, norm, plan.clip_norm)
        tally.rate = self._rate(batch.slot)
        self._update(gradients, tally.rate, batch.slot)
        return ended

    def _gradient(self, trace: Trace, batch: Batch) -> tuple[float, dict[str, NDArray[Any]], float]:
        """The summed loss of a batch, the gradients of its mean over counted steps, and their norm; all are finite."""
        steps = self.given.steps
        loss = self.net.loss(trace, batch.y, steps=steps, mask=batch.mask)
        if not math.isfinite(loss):
            raise self._diverged(f"The loss is {loss}", batch.slot, restore=True)
        try:
            found = self.net.bptt(trace, batch.y, steps=steps, mask=batch.mask, truncate=self.plan.truncate)
        except ModelError as error:
            raise self._diverged(_cause(error), batch.slot) from error
        gradients = {name: one / batch.counted for name, one in found.parameters().items()}
        norm = global_norm(gradients)
        if not math.isfinite(norm):
            raise self._diverged(f"The norm of the gradient is {norm}", batch.slot)
        return loss, gradients, norm

    def _rate(self, slot: int) -> float:
        plan = self.plan
        factor = plan.schedule.factor(len(self.epochs) * self.slots + slot, self.slots, plan.epochs)
        if not 0 <= factor < math.inf:
            raise InputError(f"schedule gave the factor {factor!r}, expected a number of at least 0: {plan.schedule}.")
        return plan.optimiser.learning_rate * factor

    def _update(self, gradients: Arrays, rate: float, slot: int) -> None:
        for name, parameter in self.parameters.items():
            np.copyto(self.good[name], parameter)
        self.plan.optimiser.step(self.parameters, gradients, self.memory, rate)
        self.updates += 1
        for name, parameter in self.parameters.items():
            if not np.isfinite(parameter).all():
                raise self._diverged(f"{name} is not finite after the update", slot, restore=True)

    def _judge(self, held_out: Samples) -> None:
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                found = scored(self.net, held_out, self.plan.batch_size, self.plan.window)
        except ModelError as error:
            raise self._diverged(f"{_cause(error)} (validation)", self.slots - 1, restore=True) from error
        if not math.isfinite(found.loss):
            raise self._diverged(f"The validation loss is {found.loss}", self.slots - 1, restore=True)
        self.scores.append(found)

    def _compare(self) -> None:
        """Note the best epoch, and whether it is too long ago."""
        losses = [score.loss for score in self.scores] or [tally.loss for tally in self.epochs]
        self.best_epoch = 1 + losses.index(min(losses))
        if self.plan.patience is not None:
            if self.best_epoch == len(losses):
                self.best = _copy(self.parameters)
            self.stopped = len(losses) - self.best_epoch >= self.plan.patience and len(losses) < self.plan.epochs

    def finish(self) -> None:
        """Give the net the best weights back, where early stopping was asked for and they are not the latest."""
        if self.plan.patience is not None and self.best_epoch < len(self.epochs):
            self._restore(self.best)
            self.restored = True

    def _restore(self, weights: Arrays) -> None:
        for name, parameter in self.parameters.items():
            np.copyto(parameter, weights[name])

    def _diverged(self, what: str, slot: int, *, restore: bool = False) -> DivergedError:
        """Say where training went wrong; with `restore` the weights before the last update come back first."""
        plan, rate = self.plan, f"the learning rate ({self.plan.optimiser.learning_rate:g})"
        if not restore:  # clipping a gradient that is not finite comes too late
            advice = f"use truncate, start with a smaller W_hh, or lower {rate}"
        elif self.updates == 0:
            advice = "start with smaller weights"
        else:
            advice = f"lower clip_norm or {rate}" if plan.clip_norm else f"set clip_norm, or lower {rate}"
            self._restore(self.good)
            self.updates -= 1
        error = DivergedError(
            f"{what} in epoch {len(self.epochs) + 1} of {plan.epochs}, batch {slot + 1} of {self.slots}. The net has "
            f"the last weights whose loss was finite; {advice}."
        )
        error.history = self.history() if self.epochs else None
        return error

    def history(self) -> History:
        """The record of the epochs so far."""
        net, plan, epochs = self.net, self.plan, self.epochs
        return History(
            net=f"RNN of {net.inputs} inputs, {net.hidden} {net.hidden_activation} units and {net.outputs} outputs",
            parameters=sum(one.size for one in self.parameters.values()),
            samples=len(self.given),
            counted=self.given.counted,
            train_losses=np.array([tally.loss for tally in epochs]),
            validation=None if self.held_out is None else tuple(self.scores[: len(epochs)]),
            gradient_norms=np.array([np.mean(tally.norms) for tally in epochs]),
            largest_norms=np.array([max(tally.norms) for tally in epochs]),
            clipped_shares=np.array([tally.clipped / len(tally.norms) for tally in epochs]),
            learning_rates=np.array([tally.rate for tally in epochs]),
            seconds=np.array([tally.seconds for tally in epochs]),
            updates=self.updates,
            best_epoch=self.best_epoch,
            stopped_early=self.stopped,
            restored=self.restored,
            steps=self.given.steps,
            epochs=plan.epochs,
            batch_size=plan.batch_size,
            optimiser=str(plan.optimiser),
            schedule=str(plan.schedule),
            clip_norm=plan.clip_norm,
            patience=plan.patience,
            truncate=plan.truncate,
            window=plan.window,
            seed=plan.seed,
            limen_version=__version__,
            python_version=platform.python_version(),
        )


def _copy(arrays: Arrays) -> dict[str, NDArray[Any]]:
    return {name: array.copy() for name, array in arrays.items()}


def _cause(error: ModelError) -> str:
    """What overflowed, and where; the net's advice is replaced by the training's."""
    return str(error).partition(":")[0]
