"""What is asked of a model's outputs: which classes, and on which scale."""

from __future__ import annotations

import operator
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from limen._errors import InputError, ModelError, unknown
from limen._types import FloatArray
from limen.domains import Domain
from limen.models import Predictor, Versus, group
from limen.results import Explanation
from limen.sampling import Sampler, Top
from limen.surrogates import Linear, Quadratic

AUTO = "auto"
SCALES = ("probability", "log-odds", "raw")
SLACK = 1e-4
"""How far a probability may lie outside [0, 1], or a row's sum from 1, by rounding in half precision."""
CUT = 1e-9
"""Probabilities are kept this far from 0 and 1 to get finite log-odds (20.7)."""

LARGEST = 1e100
"""Raw answers beyond this overflow when they are squared."""

Target = int | str | tuple[int | str, ...] | range | Versus | None
"""A class, several together, one side against another, or None: the predicted one."""


@dataclass(frozen=True)
class Sides:
    """Two sides of class numbers whose difference is explained, and what each is called."""

    one: tuple[int, ...]
    other: tuple[int, ...]
    names: tuple[str, str] = ("", "")


Chosen = tuple[int, ...] | Sides
"""The outputs that are explained: those that are summed, or two sides of such."""


def chosen_of(explanation: Explanation) -> Chosen:
    """The outputs that a record explains."""
    return Sides(explanation.target, explanation.against) if explanation.against else explanation.target


class Question(Protocol):
    """What the conductor reads of an Explainer; its scale is no longer "auto"."""

    @property
    def scale(self) -> str:
        """One of SCALES."""

    @property
    def domain(self) -> Domain | None:
        """What may be changed in x."""

    @property
    def surrogate(self) -> Linear | Quadratic | str:
        """Which readable model is wanted."""

    @property
    def sampler(self) -> Sampler | None:
        """Where to look."""

    @property
    def budget(self) -> int:
        """The most model rows."""

    @property
    def tolerance(self) -> float | Top | None:
        """When enough was asked."""

    @property
    def seed(self) -> int:
        """Where chance starts."""


def resolve(target: Target, classes: tuple[str, ...] | None, outputs: FloatArray) -> tuple[Chosen, str]:
    """Find the class numbers that a target means, and its name; `outputs` (k) are the model's for x.

    For the classes of ImageNet a name such as "dog" means a group of them (`limen.models.group`).

    Raises InputError for a class that the model does not have (the legal ones are listed), and for two sides that have
    a class in common.
    """
    if not isinstance(target, Versus):
        return _summed(target, classes, outputs)
    (one, first), (other, second) = (
        _side(name, side, classes, outputs) for name, side in (("one", target.one), ("other", target.other))
    )
    common = [classes[k] if classes else f"class {k}" for k in one if k in other]
    if common:
        more = f" and {len(common) - 3} more" if len(common) > 3 else ""
        whose = ", which is the predicted class" if target.one is None else ""
        raise InputError(
            f"target is {target!r:.200}, whose sides have {', '.join(common[:3])}{more} in common{whose}; expected two "
            "sides without a common class."
        )
    return Sides(one, other, (first, second)), f"{first} against {second}"


def _side(name: str, side: Target, classes: tuple[str, ...] | None, outputs: FloatArray) -> tuple[tuple[int, ...], str]:
    """One side of a Versus, by its name there in errors."""
    try:
        return _summed(side, classes, outputs)
    except InputError as error:
        raise InputError(re.sub(r"^target\b", f"{name} of Versus", str(error))) from error


def was_named(target: Target) -> bool:
    """Whether a target says which class is meant; None means the predicted one, which may be a matter of chance."""
    return (target.one if isinstance(target, Versus) else target) is not None


def _summed(target: Target, classes: tuple[str, ...] | None, outputs: FloatArray) -> tuple[tuple[int, ...], str]:
    """The classes that are summed, and what they are called together."""
    n_outputs = len(outputs)
    if isinstance(target, str) and (found := _group(target, classes)):
        return found, target
    if target is None:
        indices: tuple[int, ...] = (int(np.argmax(outputs)),)
    elif isinstance(target, tuple | range):
        if not len(target):
            raise InputError(f"target is {target!r}, expected at least one class.")
        members = [_group(one, classes) or (_index(one, classes, n_outputs),) for one in target]
        indices = tuple(dict.fromkeys(number for several in members for number in several))
    else:
        indices = (_index(target, classes, n_outputs),)
    unnamed = "the output" if n_outputs == 1 else "class {}"
    names = [classes[k] if classes else unnamed.format(k) for k in indices]
    name = " + ".join(names[:3]) + (f" + {len(names) - 3} more" if len(names) > 3 else "")
    return indices, name


def _group(target: object, classes: tuple[str, ...] | None) -> tuple[int, ...] | None:
    """The members of a named group of classes, where no class has that name itself."""
    return group(target, classes) if isinstance(target, str) and target not in (classes or ()) else None


def _index(target: Any, classes: tuple[str, ...] | None, n_outputs: int) -> int:
    if isinstance(target, str):
        if classes and classes.count(target) == 1:
            return classes.index(target)
        if classes and target not in classes and classes.count(target.replace(" ", "_")) == 1:
            return classes.index(target.replace(" ", "_"))
        if classes and target in classes:
            raise InputError(f"target is {target!r}, which names {classes.count(target)} classes; give its number.")
        if re.fullmatch(r"-?[0-9]{1,9}", target):
            target = int(target)
        elif classes:
            raise unknown("target", target, classes)
        else:
            raise InputError(
                f"target is {target!r}, and the model has no class names; expected a number from 0 to {n_outputs - 1}, "
                "or give the model a `classes` attribute."
            )
    try:
        index = operator.index(target)
    except TypeError as error:
        raise InputError(
            f"target is {target!r}, expected a class number or name, a tuple or range of them (their probabilities are "
            "summed), a list of targets (one explanation each), or None (the predicted class)."
        ) from error
    if isinstance(target, bool) or not 0 <= index < n_outputs:
        named = not isinstance(target, bool) and classes is not None and str(index) in classes
        advice = f" A number is the place of a class, counted from 0; give '{index}' for the one of that name." * named
        raise InputError(f"target is {target!r}, expected a whole class number from 0 to {n_outputs - 1}.{advice}")
    return index


def on_scale(outputs: FloatArray, chosen: Chosen, scale: str) -> tuple[FloatArray, bool]:
    """Give what is explained (n) from the model's outputs (n, k), and whether any log-odds had to be cut off.

    Raises ModelError where the scale needs probabilities and the outputs are none.
    """
    if not isinstance(chosen, Sides):
        summed = _sum_of(outputs, chosen, scale)
        return _log_odds(outputs, chosen, summed) if scale == "log-odds" else (summed, False)
    one, other = (_sum_of(outputs, side, scale) for side in (chosen.one, chosen.other))
    if scale == "log-odds":
        return _log_ratio(one, other)
    return one - other, False


def _sum_of(outputs: FloatArray, indices: Sequence[int], scale: str) -> FloatArray:
    """The sum (n) of some outputs, which the scale can take."""
    summed: FloatArray = outputs[:, list(indices)].sum(axis=1)
    if scale == "raw":
        if (np.abs(summed) > LARGEST).any():
            raise ModelError(
                f"The model answered {summed[np.abs(summed).argmax()]:g}, expected sizes below {LARGEST:g}."
            )
        return summed
    outside = (summed < -SLACK) | (summed > 1 + SLACK)
    if outside.any():
        raise ModelError(
            f"The model answered {float(summed[outside][0]):.6g} for the target, which is no probability, and scale is "
            f"{scale!r}; put a softmax or sigmoid behind the model, or explain its outputs as they are: scale='raw'."
        )
    return summed


def _log_odds(outputs: FloatArray, indices: Sequence[int], summed: FloatArray) -> tuple[FloatArray, bool]:
    """Log p - log(1 - p); where rows sum to 1, 1 - p is the sum of the others, which keeps its digits near p = 1."""
    others = np.delete(outputs, list(indices), axis=1).sum(axis=1)
    complete = outputs.shape[1] > len(indices) and bool((np.abs(summed + others - 1.0) < SLACK).all())
    return _log_ratio(summed, others if complete else 1.0 - summed)


def _log_ratio(one: FloatArray, other: FloatArray) -> tuple[FloatArray, bool]:
    """Log one - log other (n), both kept from 0, and whether any had to be."""
    cut = bool((one < CUT).any() or (other < CUT).any())
    odds: FloatArray = np.log(np.maximum(one, CUT)) - np.log(np.maximum(other, CUT))
    return odds, cut


def scale_of(scale: str, black_box: Predictor) -> str:
    """What "auto" means for this model: probabilities, unless it is known to give something else."""
    if scale != AUTO:
        return scale
    return "raw" if black_box.adapter.kind in ("regression", "margin") else "probability"
