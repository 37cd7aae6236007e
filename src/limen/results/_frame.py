"""Records as data frames of the library that the user names, through narwhals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from limen._errors import MissingError, unknown
from limen._types import FloatArray

if TYPE_CHECKING:
    from limen.results.flow import GradientFlow

BACKENDS = ("pandas", "polars", "pyarrow")


def frame(columns: Mapping[str, Sequence[Any]], backend: str) -> Any:
    """Make a data frame of columns. Raises InputError for an unknown library, MissingError for an absent one."""
    if backend not in BACKENDS:
        raise unknown("backend", backend, BACKENDS)
    import narwhals

    try:
        return narwhals.from_dict(dict(columns), backend=backend).to_native()  # type: ignore[arg-type]
    except ImportError as error:
        raise MissingError(f"to_frame({backend!r}) needs {backend}; install it with: pip install {backend}") from error


def flow_frame(flow: GradientFlow, backend: str) -> Any:
    """A row a layer and step of a GradientFlow."""
    columns: dict[str, list[Any]] = {"layer": [], "step": []}
    for layer in flow.layers:
        steps = len(layer.shares)
        columns["layer"] += [layer.title] * steps
        columns["step"] += list(range(steps))
        numbers = {
            "log_norm": middle(layer.log_norms),
            "log_direct": middle(layer.log_direct),
            "log_through": middle(layer.log_through),
            "log_last": middle(layer.log_last),
            "share": layer.shares,
            "log_factor": layer.log_factors,
            "log_saturation": layer.log_saturation,
            "log_weights": layer.log_weights,
        }
        for name, values in numbers.items():
            columns.setdefault(name, []).extend(values.tolist())
    return frame(columns, backend)


def middle(values: FloatArray) -> FloatArray:
    """The median over samples (T) of (T, B); nan where no sample is left, -inf kept."""
    found = np.full(len(values), np.nan)
    for step, row in enumerate(values):
        known = row[~np.isnan(row)]
        if len(known):
            ordered = np.sort(known)
            low, high = ordered[(len(known) - 1) // 2], ordered[len(known) // 2]
            found[step] = low if low == high else 0.5 * (low + high)
    return found
