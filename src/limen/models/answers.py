"""What a model answered: kept as one array that grows, and read out of whatever the model gives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from limen._types import FloatArray

FIRST_ROWS = 256
"""Rows for which there is room at first; the room doubles when it is full."""


class Answers:
    """Answers (n, k) by item: one array, and the row of each item in it, so that a million items stay cheap."""

    def __init__(self) -> None:
        self._rows: dict[Any, int] = {}
        self._table: FloatArray = np.zeros((0, 0))

    def __contains__(self, item: object) -> bool:
        return item in self._rows

    def __len__(self) -> int:
        return len(self._rows)

    def unknown(self, items: Iterable[Any]) -> list[Any]:
        """Those items, each once and in their order, that have no answer yet."""
        return [item for item in dict.fromkeys(items) if item not in self._rows]

    def add(self, items: Sequence[Any], answers: FloatArray) -> None:
        """Keep the answers (n, k) to items (n) that are all distinct and new."""
        start, stop = len(self._rows), len(self._rows) + len(items)
        if stop > len(self._table):
            grown = np.empty((max(stop, 2 * len(self._table), FIRST_ROWS), answers.shape[1]))
            if start:
                grown[:start] = self._table[:start]
            self._table = grown
        self._table[start:stop] = answers
        self._rows.update(zip(items, range(start, stop), strict=True))

    def take(self, items: Sequence[Any]) -> FloatArray:
        """A copy of the answers (n, k) to items (n), each of which has one."""
        return self._table[np.fromiter(map(self._rows.__getitem__, items), np.int64, len(items))]


def as_numbers(given: Any) -> FloatArray:
    """A copy of a model's answer as float64: models may write over what they gave. Tensors are taken off the graph.

    Raises ValueError for complex numbers, masked entries and texts, which would lose something on the way.
    """
    if hasattr(given, "detach"):  # a tensor, perhaps with a gradient, on a device, or in bfloat16
        given = given.detach().cpu().double().numpy()
    if isinstance(given, np.ma.MaskedArray) and np.ma.is_masked(given):
        raise ValueError("some of its entries are masked")
    found = np.asarray(given)
    if found.dtype.kind not in "buifO":
        raise ValueError(f"its entries are of type {found.dtype}")
    return np.array(found, dtype=np.float64)
