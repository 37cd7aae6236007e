"""The errors of limen.

::

    LimenError
    ├── InputError (ValueError)      an argument is wrong: it is named, with what came and what was expected
    │   └── BudgetError              the budget cannot pay for what was asked; the smallest that can is named
    ├── ModelError (RuntimeError)    the model failed or answered badly; `.predictor` keeps every row already answered
    │   └── DivergedError            training left the finite numbers; `.history` has the epochs that were finished
    ├── DoubtError (RuntimeError)    `on_doubt="raise"` and there is doubt; `.explanation` is attached
    ├── MissingError (ImportError)   an optional library is needed; the command that installs it is named
    └── RecordError (ValueError)     a stored record cannot be read
    DoubtWarning (UserWarning)       `on_doubt="warn"` and there is doubt
    ExplosionWarning (UserWarning)   a monitored training is about to meet inf or nan, or has met it
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class LimenError(Exception):
    """Every error that limen raises on purpose.

    `predictor`, where it is not None, holds every row that the model answered before the failure: hand it to `explain`
    in the model's place and those rows are not paid for again.
    """

    predictor: Any = None


class InputError(LimenError, ValueError):
    """An argument is wrong; the message names it, what came, what was expected and what to do."""


class BudgetError(InputError):
    """The budget is below what the question needs; the message names the smallest that is enough."""


class ModelError(LimenError, RuntimeError):
    """The model raised, or answered with a wrong shape or with numbers that are not finite; see `predictor`."""


class DivergedError(ModelError):
    """Training left the finite numbers. `history` holds the epochs that were finished, None if there were none."""

    history: Any = None


class DoubtError(LimenError, RuntimeError):
    """The explanation should not be believed, and `on_doubt="raise"` was asked for; it is attached as `explanation`."""

    def __init__(self, message: str, explanation: Any = None) -> None:
        super().__init__(message)
        self.explanation = explanation


class MissingError(LimenError, ImportError):
    """A library that only some models or outputs need is not installed; the message says how to get it."""


class RecordError(LimenError, ValueError):
    """A stored record is of another schema version, or is damaged."""


class DoubtWarning(UserWarning):
    """An explanation was made, and there are reasons not to believe it."""


class ExplosionWarning(UserWarning):
    """A gradient or a state grows along the sequence so that training is about to meet inf or nan, or has met it."""


def unknown(argument: str, came: object, legal: Iterable[object], advice: str = "") -> InputError:
    """Build the one error for a value that is not among the legal ones, which are listed (the first 20)."""
    names = [str(value) for value in legal]
    shown = ", ".join(names[:20]) + (f", ... ({len(names)} in all)" if len(names) > 20 else "")
    return InputError(f"{argument} is {came!r}, expected one of: {shown}.{' ' + advice if advice else ''}")
