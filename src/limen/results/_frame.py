"""Records as data frames of the library that the user names, through narwhals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from limen._errors import MissingError, unknown
from limen._types import FloatArray
from limen.results.estimates import Estimates
from limen.results.table import TableInstance

if TYPE_CHECKING:
    from limen.results.explanation import Explanation
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


def explanation_columns(explanation: Explanation) -> dict[str, list[Any]]:
    """The columns of an Explanation's frame: see `Explanation.to_frame`."""
    instance, effects = explanation.instance, explanation.effects
    columns: dict[str, list[Any]] = {"part": list(explanation.parts)}
    if not isinstance(instance, TableInstance):
        return columns | _numbers("effect", effects, "")
    columns["value"] = [instance.state_text(part) for part in range(len(effects))]
    columns["kind"] = [part.kind for part in instance.parts]
    columns |= _numbers("contribution", explanation.contributions or _nothing(len(effects)))
    columns |= _numbers("slope_per_sd", explanation.slopes_per_sd)
    columns |= _numbers("slope_per_unit", explanation.slopes_per_unit)
    columns |= _numbers("curvature", explanation.curvature or _nothing(len(effects)))
    kept = np.where(instance.reals | instance.fixed, np.nan, 1.0)
    every = (effects.values, effects.standard_errors, effects.low, effects.high)
    return columns | _numbers("kept", Estimates(*(numbers * kept for numbers in every)))


def _numbers(name: str, found: Estimates, before: str | None = None) -> dict[str, list[Any]]:
    """Values, errors and ends; `before`: what stands before their names, by default the name."""
    start = f"{name}_" if before is None else before
    parts = {"standard_error": found.standard_errors, "low": found.low, "high": found.high}
    return {name: found.values.tolist(), **{start + part: values.tolist() for part, values in parts.items()}}


def _nothing(d: int) -> Estimates:
    return Estimates(*[np.full(d, np.nan)] * 4)


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
