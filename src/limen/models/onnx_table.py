"""Models of tables in ONNX files, such as skl2onnx makes them, run by onnxruntime."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from limen._errors import InputError
from limen.models.base import Adapter
from limen.models.columns import Column, as_matrix, columns_of
from limen.models.onnx import opened
from limen.models.onnx_labels import class_labels

TYPES = {
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    "tensor(float16)": "float16",
    "tensor(int64)": "int64",
    "tensor(int32)": "int32",
    "tensor(bool)": "bool",
    "tensor(string)": "string",
}
"""The types of inputs that are served."""
REGRESSOR = "variable"
"""The name that skl2onnx gives to the output of a regressor."""


def from_onnx_table(path: Path) -> Adapter:
    """Open an ONNX model that takes the columns of a table, and gives scores (n, k) or a quantity (n, 1).

    Inputs: one tensor of all columns (n, m), or one for each column, found by its name (letters and digits count), or
    blocks of columns in their order where no name fits. Missing texts go in as "". Output: the probabilities beside a
    label, as a tensor or as ZipMap's dictionaries; else the only one. It is taken as it is. Class names: a JSON list in
    the metadata `classes`, else those that an operator carries. Raises InputError for a file of another kind.
    """
    path = path.resolve()
    changed = path.stat().st_mtime_ns
    session = opened(path, changed)
    wrong = [f"{entry.name}: {entry.type}" for entry in session.get_inputs() if entry.type not in TYPES]
    if wrong:
        raise InputError(f"model {path.name!r} has the inputs {wrong}, expected types among: {', '.join(TYPES)}.")
    answer = _answer(session.get_outputs(), path)
    quantity = answer.name == REGRESSOR and len(session.get_outputs()) == 1
    names = None if quantity else _names(session, path)
    if names and isinstance(answer.shape, list) and len(answer.shape) == 2 and isinstance(answer.shape[1], int):
        names = names if len(names) == answer.shape[1] else None
    model = OnnxTable(path, answer.name, names, changed)
    kind = "regression" if quantity else None
    return Adapter(model, names, kind=kind, columns=_column_names(session.get_inputs()))


@dataclass(frozen=True)
class OnnxTable:
    """A model in a file: a callable from a table of n rows to (n, k). Picklable: the file is opened where it is used.

    output: which output answers. classes: the order of ZipMap's entries. changed: when the file last was, in ns.
    """

    path: Path
    output: str
    classes: tuple[str, ...] | None
    changed: int

    def __call__(self, table: Any) -> Any:
        """The answers (n, k) to n rows."""
        session = opened(self.path, self.changed)
        (found,) = session.run([self.output], _feeds(session.get_inputs(), columns_of(table)))
        if not isinstance(found, list):
            return found
        keys = {str(key): key for key in found[0]} if found else {}
        order = [keys[name] for name in self.classes or keys]
        return np.array([[row[key] for key in order] for row in found])


def _answer(outputs: list[Any], path: Path) -> Any:
    """The output that answers: scores, and not labels."""
    scores = [entry for entry in outputs if "float" in entry.type or "double" in entry.type]
    if not scores:
        told = [f"{entry.name}: {entry.type}" for entry in outputs]
        raise InputError(f"model {path.name!r} has the outputs {told}, expected numbers, such as probabilities.")
    return next((entry for entry in scores if "prob" in entry.name.lower()), scores[0])


def _names(session: Any, path: Path) -> tuple[str, ...] | None:
    told = session.get_modelmeta().custom_metadata_map.get("classes")
    if told is None:
        return class_labels(path)
    try:
        found = json.loads(told)
    except ValueError as error:
        raise InputError(f"model {path.name!r} has the metadata classes {told!r}, expected a JSON list.") from error
    return tuple(map(str, found)) if isinstance(found, list) and found else None


def _feeds(entries: list[Any], columns: list[Column]) -> dict[str, Any]:
    """What each input gets."""
    feeds = {}
    for entry, chosen in zip(entries, _chosen(entries, columns), strict=True):
        array = _array(TYPES[entry.type], chosen)
        feeds[entry.name] = array[:, 0] if len(entry.shape) == 1 else array
    return feeds


def _chosen(entries: list[Any], columns: list[Column]) -> list[list[Column]]:
    """The columns of each input."""
    widths = [_width(entry) for entry in entries]
    if len(entries) == 1 and widths[0] in (None, len(columns)):
        return [columns]
    by_name = {_letters(column.name): column for column in columns}
    absent = [entry.name for entry in entries if _letters(entry.name) not in by_name]
    if not absent and all(width in (None, 1) for width in widths):
        return [[by_name[_letters(entry.name)]] for entry in entries]
    if len(absent) == len(entries) and sum(width or len(columns) for width in widths) == len(columns):
        ends = np.cumsum([0, *(width or len(columns) for width in widths)])
        return [columns[start:stop] for start, stop in pairwise(ends)]
    told = [
        f"{entry.name} ({'any number' if width is None else width})"
        for entry, width in zip(entries, widths, strict=True)
    ]
    raise InputError(
        f"model takes the inputs (with so many columns) {told}, and the background has the columns "
        f"{[column.name for column in columns]}; missing: {absent}. Give the background the columns of the training."
    )


def _column_names(entries: list[Any]) -> tuple[str, ...] | None:
    """The names of the inputs where each takes one column; a single one may be called anything."""
    each = len(entries) > 1 and all(_width(entry) == 1 for entry in entries)
    return tuple(entry.name for entry in entries) if each else None


def _width(entry: Any) -> int | None:
    """How many columns an input takes; None: any number."""
    if len(entry.shape) != 2:
        return 1
    return entry.shape[1] if isinstance(entry.shape[1], int) else None


def _letters(name: str) -> str:
    """A column's name as it may stand in a file: what is no letter or digit is often replaced there."""
    return re.sub(r"\W", "_", name)


def _array(kind: str, columns: list[Column]) -> Any:
    if kind == "string":
        return np.column_stack([column.texts() for column in columns])
    numbers = as_matrix(columns)
    if kind.startswith("float"):
        return numbers.astype(kind)
    with np.errstate(invalid="ignore"):
        whole = numbers.astype(kind)
    wrong = (whole != numbers).any(axis=0)
    if wrong.any():
        name, value = columns[int(wrong.argmax())].name, numbers[whole != numbers][0]
        raise InputError(f"column {name!r} has {value!s}, and the model takes {kind} there; give it whole numbers.")
    return whole
