"""A model and a cheaper one of the same task, which is asked often so that the model need be asked only seldom."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from limen._errors import InputError
from limen.models.base import Predictor


@dataclass(frozen=True)
class Twin:
    """Goes where a model goes: the explanation is the model's, and its errors are smaller by what the twin knows.

    Parameters
    ----------
    model: what is explained. cheap: a quantised, distilled or smaller model of the same task, with the same outputs in
    the same order; anything that goes where a model goes. ratio: inputs that it is asked for each one that the model is
    asked, at least 1. The budget counts the model's rows; `explanation.proxy` tells what the twin was asked and took,
    and what it gained. A poor twin costs its own calls and nothing else.

    For texts and images. Raises InputError for a ratio below 1.

    """

    model: Any
    cheap: Any
    ratio: float = 10.0

    def __post_init__(self) -> None:
        number = isinstance(self.ratio, int | float) and not isinstance(self.ratio, bool)
        if not number or not 1.0 <= self.ratio < float("inf"):
            raise InputError(f"ratio of Twin is {self.ratio!r}, expected a number of at least 1.")
        both = (self.model, self.cheap)
        if any(isinstance(one, Twin) or (isinstance(one, Predictor) and one.twin is not None) for one in both):
            raise InputError("model or cheap of Twin is itself a Twin; give two models.")

    def predictors(self, raw: bool) -> Any:
        """The model's Predictor with that of the cheap one at its side; one that is given keeps what it knows."""
        from limen.models.adapt import predictor

        found = copy.copy(predictor(self.model, raw=raw))
        found.twin, found.twin_ratio = predictor(self.cheap, raw=raw), float(self.ratio)
        return found
