"""Whether what a record says of a table row fits together: parts, columns, and the codes of their values."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import numpy as np

from limen._errors import RecordError
from limen._geometry import KINDS
from limen._types import FloatArray
from limen.results.table import NUMERIC, TableColumn, TableInstance

if TYPE_CHECKING:
    from limen.results.explanation import Explanation

COLUMN_KINDS = (*NUMERIC, "boolean", "category", "string")
CATEGORY_KINDS = ("text", "integer", "number", "boolean", "other")
BACKENDS = ("pandas", "polars", "pyarrow", "numpy")


def check_table(explanation: Explanation, values: FloatArray) -> None:
    """Raise RecordError where parts name no columns, kinds are none, or rows (n, m) have codes without a value."""
    instance, axes, boundary = explanation.instance, explanation.axes, explanation.boundary
    assert isinstance(instance, TableInstance)
    _legal("instance.backend", instance.backend, BACKENDS)
    for place, column in enumerate(instance.columns):
        _check_column(f"instance.columns[{place}]", column)
    _check_parts(instance)
    if axes is not None and not (np.isfinite(axes.curvatures.values).all() and np.isfinite(axes.directions).all()):
        raise RecordError("axes has curvatures or directions that are not finite, expected numbers.")
    beyond = [boundary.point[None]] if boundary is not None and boundary.found else []
    _check_codes(instance, np.concatenate([instance.origin[None], values, *beyond]))


def _check_parts(instance: TableInstance) -> None:
    m = len(instance.columns)
    if len(instance.names) != len(instance.parts):
        raise RecordError(f"instance.names has {len(instance.names)} entries, expected {len(instance.parts)}.")
    for place, part in enumerate(instance.parts):
        name, alone = f"instance.parts[{place}]", part.kind in ("real", "known")
        _legal(f"{name}.kind", part.kind, KINDS)
        if not part.columns or (alone and len(part.columns) > 1) or not all(0 <= one < m for one in part.columns):
            wanted = "one number" if alone else "numbers"
            raise RecordError(f"{name}.columns is {part.columns}, expected {wanted} below {m}.")
        if alone and not instance.columns[part.columns[0]].numeric:
            raise RecordError(f"{name} is of the kind {part.kind!r}, and its column is no number.")


def _check_codes(instance: TableInstance, rows: FloatArray) -> None:
    """Encoded rows (n, m): codes are whole and have a value, the missing one and the row's own included."""
    for place, column in enumerate(instance.columns):
        codes, last = rows[:, place], len(column.categories) + 1
        if np.isinf(codes).any():
            raise RecordError(f"probes.values or instance.origin has infinite values of {column.name!r}.")
        if not column.numeric and not ((codes >= 0) & (codes <= last) & (codes == np.round(codes))).all():
            raise RecordError(f"probes.values or instance.origin has codes of {column.name!r} beyond 0 to {last}.")


def _check_column(name: str, column: TableColumn) -> None:
    _legal(f"{name}.kind", column.kind, COLUMN_KINDS)
    _legal(f"{name}.category_kind", column.category_kind, CATEGORY_KINDS)
    if not (math.isfinite(column.scale) and column.scale > 0 and math.isfinite(column.step) and column.step >= 0):
        raise RecordError(f"{name} has scale {column.scale} and step {column.step}, expected finite ones from 0 on.")
    if column.category_kind in ("integer", "number"):
        for text in column.categories:
            _check_number(name, text, column.category_kind)
    try:
        json.loads(column.label)
    except ValueError as error:
        raise RecordError(f"{name}.label is {column.label!r}, expected JSON text: {error}.") from error


def _check_number(name: str, text: str, kind: str) -> None:
    try:
        int(text) if kind == "integer" else float(text)
    except ValueError as error:
        raise RecordError(f"{name}.categories has {text!r}, expected texts of {kind}s.") from error


def _legal(name: str, came: str, legal: tuple[str, ...]) -> None:
    if came not in legal:
        raise RecordError(f"{name} is {came!r}, expected one of {', '.join(legal)}.")
