"""How the learning rate changes while a net learns: frozen nouns that give the factor of each update.

A user's own schedule is any object with a method `factor` as `Schedule` names it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from limen._errors import InputError


@runtime_checkable
class Schedule(Protocol):
    """What `fit` asks of a schedule."""

    def factor(self, update: int, per_epoch: int, epochs: int) -> float:
        """What the learning rate is multiplied by.

        update: from 0, counted through all epochs. per_epoch: updates in an epoch. epochs: how many were asked for.
        """


@dataclass(frozen=True)
class Constant:
    """The learning rate stays as it is."""

    def factor(self, update: int, per_epoch: int, epochs: int) -> float:
        """1, always."""
        del update, per_epoch, epochs
        return 1.0


@dataclass(frozen=True)
class Cosine:
    """Half a cosine from 1 down to `floor` over all updates (Loshchilov, Hutter 2017, equation 5, without restarts)."""

    floor: float = 0.0

    def __post_init__(self) -> None:
        _between("floor of Cosine", self.floor)

    def factor(self, update: int, per_epoch: int, epochs: int) -> float:
        """1 at the first update; `floor` would come just after the last."""
        return self.floor + (1 - self.floor) * 0.5 * (1 + math.cos(math.pi * update / (per_epoch * epochs)))


@dataclass(frozen=True)
class StepDecay:
    """The rate is multiplied by `by` after every `every` epochs."""

    every: int
    by: float = 0.1

    def __post_init__(self) -> None:
        if isinstance(self.every, bool) or not isinstance(self.every, int) or self.every < 1:
            raise InputError(f"every of StepDecay is {self.every!r}, expected a number of epochs of at least 1.")
        _between("by of StepDecay", self.by)

    def factor(self, update: int, per_epoch: int, epochs: int) -> float:
        """`by` to the number of whole periods that are over."""
        del epochs
        decay: float = self.by ** (update // per_epoch // self.every)
        return decay


@dataclass(frozen=True)
class Warmup:
    """A straight line up to 1 over the first `epochs` epochs (a fraction, if need be), times the factor of `then`."""

    epochs: float = 1.0
    then: Schedule = field(default_factory=Constant)

    def __post_init__(self) -> None:
        if isinstance(self.epochs, bool) or not isinstance(self.epochs, (int, float)) or not 0 < self.epochs < math.inf:
            raise InputError(f"epochs of Warmup is {self.epochs!r}, expected a number above 0.")
        if isinstance(self.then, type) or not isinstance(self.then, Schedule):
            raise InputError(f"then of Warmup is {self.then!r}, expected a schedule such as Cosine().")

    def factor(self, update: int, per_epoch: int, epochs: int) -> float:
        """Above 0 at the first update already: an update at rate 0 is wasted."""
        rise = min(1.0, (update + 1) / (self.epochs * per_epoch))
        return rise * self.then.factor(update, per_epoch, epochs)


def _between(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise InputError(f"{name} is {value!r}, expected a number from 0 to 1.")
