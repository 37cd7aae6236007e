"""From the parts that varied back to all parts: what never changed has the effect 0."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

import numpy as np

from limen._types import BoolArray
from limen.results import Estimates, Interactions, Polynomial, PrincipalAxes
from limen.surrogates.select import Outcome

R = TypeVar("R", Estimates, Interactions)


def widened(outcome: Outcome, varied: BoolArray) -> Outcome:
    """The outcome over all d parts from one over those that `varied` (d) names."""
    if varied.all():
        return outcome
    slopes = _wide(outcome.surrogate.slopes, varied, 0.0)
    axes = outcome.axes
    return dataclasses.replace(
        outcome,
        effects=_wide(outcome.effects, varied, 0.0),
        surrogate=dataclasses.replace(outcome.surrogate, slopes=slopes),
        interactions=None if outcome.interactions is None else _wide(outcome.interactions, varied, 0.0),
        curvature=None if outcome.curvature is None else _wide(outcome.curvature, varied, np.nan),
        axes=None if axes is None else PrincipalAxes(axes.curvatures, _spread(axes.directions.T, varied, 0.0).T),
    )


def widened_polynomial(found: Polynomial, varied: BoolArray) -> Polynomial:
    """The polynomial in all d coordinates from one in those that `varied` (d) names."""
    slopes = _spread(found.slopes, varied, 0.0)
    return Polynomial(found.constant, slopes, _spread(_spread(found.hessian, varied, 0.0).T, varied, 0.0).T)


def _wide(record: R, varied: BoolArray, missing: float) -> R:
    """Every array of a record, spread along each axis that counts parts."""
    arrays: dict[str, Any] = {}
    for field in dataclasses.fields(record):
        array = getattr(record, field.name)
        array = _spread(array, varied, missing)
        arrays[field.name] = _spread(array.T, varied, missing).T if array.ndim == 2 else array
    return type(record)(**arrays)


def _spread(array: Any, varied: BoolArray, missing: float) -> Any:
    """Put the rows of an array where `varied` is True, and `missing` elsewhere."""
    wide = np.full((len(varied), *array.shape[1:]), missing if array.dtype.kind == "f" else False, dtype=array.dtype)
    wide[varied] = array
    return wide
