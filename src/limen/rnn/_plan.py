"""The options of `fit` that steer the loop, checked."""

from __future__ import annotations

from dataclasses import dataclass

from limen._errors import InputError
from limen.rnn._checks import whole
from limen.rnn.optimisers import Optimiser, positive
from limen.rnn.schedules import Schedule

LEAST = {"epochs": 1, "batch_size": 1, "patience": 1, "truncate": 0, "window": 1, "seed": 0}
"""The smallest value of each option that is a whole number."""


@dataclass(frozen=True)
class Plan:
    """The options of `fit` that steer the loop. Raises InputError where one is out of range or of another kind."""

    epochs: int
    batch_size: int
    optimiser: Optimiser
    schedule: Schedule
    clip_norm: float | None
    patience: int | None
    truncate: int | None
    window: int | None
    seed: int

    def __post_init__(self) -> None:
        for name, least in LEAST.items():
            value = getattr(self, name)
            if value is not None or name in ("epochs", "batch_size", "seed"):
                object.__setattr__(self, name, whole(name, value, least))
        if self.clip_norm is not None:
            object.__setattr__(self, "clip_norm", float(positive("clip_norm", self.clip_norm)))
        for name, kind, example in (("optimiser", Optimiser, "Adam(0.01)"), ("schedule", Schedule, "Cosine()")):
            found = getattr(self, name)
            if isinstance(found, type) or not isinstance(found, kind):
                raise InputError(f"{name} is {found!r}, expected one such as {example}.")
