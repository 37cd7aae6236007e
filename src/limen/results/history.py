"""The record that `limen.rnn.fit` hands out: how a net learned, epoch by epoch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from limen._errors import RecordError
from limen._types import FloatArray
from limen.results import _frame
from limen.results._document import Document
from limen.results._record import Record
from limen.results._terminal import visible


@dataclass(frozen=True, eq=False)
class Score(Record):
    """How well a net does on some samples.

    loss: cross-entropy in nats, mean over counted steps. accuracy: share of the counted steps at which the most
    probable output is the label (the largest entry, where labels are distributions). The standard errors take samples
    as independent, and the steps of one sample as dependent as they are (Cochran 1977, Sampling Techniques, equation
    6.9, for a ratio); nan for a single sample. counted: steps. samples: how many had a step that counts.
    """

    loss: float
    loss_error: float
    accuracy: float
    accuracy_error: float
    counted: int
    samples: int

    @property
    def bits(self) -> float:
        """The loss in bits: bits per character, where the steps are the characters of a text."""
        return self.loss / math.log(2)

    @property
    def bits_error(self) -> float:
        """The standard error of `bits`."""
        return self.loss_error / math.log(2)


@dataclass(frozen=True, eq=False)
class History(Document):
    """How a net learned. Arrays have one entry an epoch (E in all); epochs are counted from 1 in words.

    net: the net in words. parameters: how many numbers were learned. samples, counted: training samples, and their
    steps that count in the loss.
    train_losses: (E) cross-entropy in nats, mean over the counted steps of the epoch, each batch before its update.
    validation: (E) scores on the validation samples after the epoch; None without such samples.
    gradient_norms, largest_norms: (E) mean and maximum over updates of the norm of the whole gradient of the mean loss,
    before clipping. clipped_shares: (E) share of the updates whose gradient was clipped.
    learning_rates: (E) rate of the epoch's last update. seconds: (E) wall time, validation included.
    updates: how often the weights were changed. best_epoch: from 1; lowest validation loss, or lowest training loss
    without validation. stopped_early: fewer epochs than asked for, because validation got no better for `patience`
    epochs. restored: the net was given the weights of the best epoch back.
    The rest is what was asked for: steps, epochs, batch_size, optimiser, schedule, clip_norm, patience, truncate,
    window and seed, as `limen.rnn.fit` takes them.
    """

    SCHEMA = "limen.history"

    net: str
    parameters: int
    samples: int
    counted: int
    train_losses: FloatArray
    validation: tuple[Score, ...] | None
    gradient_norms: FloatArray
    largest_norms: FloatArray
    clipped_shares: FloatArray
    learning_rates: FloatArray
    seconds: FloatArray
    updates: int
    best_epoch: int
    stopped_early: bool
    restored: bool
    steps: str
    epochs: int
    batch_size: int
    optimiser: str
    schedule: str
    clip_norm: float | None
    patience: int | None
    truncate: int | None
    window: int | None
    seed: int
    limen_version: str
    python_version: str

    def __len__(self) -> int:
        return len(self.train_losses)

    @property
    def validation_losses(self) -> FloatArray | None:
        """(E) mean cross-entropy on the validation samples after each epoch; None without such samples."""
        return None if self.validation is None else np.array([score.loss for score in self.validation])

    @property
    def best_loss(self) -> float:
        """The loss at the best epoch: on the validation samples, or the training loss without them."""
        losses = self.train_losses if self.validation_losses is None else self.validation_losses
        return float(losses[self.best_epoch - 1])

    def _check(self) -> None:
        _check(self)

    def to_frame(self, backend: Literal["pandas", "polars", "pyarrow"]) -> Any:
        """Give a data frame, a row an epoch.

        Columns: epoch (from 1), train_loss, validation_loss, validation_error, accuracy, accuracy_error (nan without
        validation), gradient_norm, largest_norm, clipped_share, learning_rate, seconds.
        """
        nothing = [math.nan] * len(self)
        scores = self.validation
        columns: dict[str, Sequence[Any]] = {
            "epoch": list(range(1, len(self) + 1)),
            "train_loss": self.train_losses.tolist(),
            "validation_loss": nothing if scores is None else [score.loss for score in scores],
            "validation_error": nothing if scores is None else [score.loss_error for score in scores],
            "accuracy": nothing if scores is None else [score.accuracy for score in scores],
            "accuracy_error": nothing if scores is None else [score.accuracy_error for score in scores],
            "gradient_norm": self.gradient_norms.tolist(),
            "largest_norm": self.largest_norms.tolist(),
            "clipped_share": self.clipped_shares.tolist(),
            "learning_rate": self.learning_rates.tolist(),
            "seconds": self.seconds.tolist(),
        }
        return _frame.frame(columns, backend)

    def __str__(self) -> str:
        from limen.results.curves import history_table

        return history_table(self)

    def __repr__(self) -> str:
        ended = f"stopped early after {len(self)}" if self.stopped_early else f"{len(self)}"
        return visible(f"<History of {self.net}: {ended} of {self.epochs} epochs, best loss {self.best_loss:.4g}>")

    def _repr_html_(self) -> str:
        from limen.results._history_html import history_fragment

        return history_fragment(self)


def _check(history: History) -> None:
    """Raise RecordError where the arrays are not of one length, or the best epoch is not among them."""
    if history.train_losses.ndim != 1:
        raise RecordError(f"train_losses has the shape {history.train_losses.shape}, expected (E), one an epoch.")
    epochs = len(history)
    for name in ("gradient_norms", "largest_norms", "clipped_shares", "learning_rates", "seconds", "validation"):
        found = getattr(history, name)
        shape = (epochs,) if found is None else np.shape(found) if isinstance(found, np.ndarray) else (len(found),)
        if shape != (epochs,):
            raise RecordError(f"{name} has the shape {shape}, expected ({epochs},), one for each of train_losses.")
    if not 1 <= history.best_epoch <= epochs:
        raise RecordError(f"best_epoch is {history.best_epoch}, expected one of 1 to {epochs}.")
