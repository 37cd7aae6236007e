"""Drawn rows of a table as the design that the surrogates are fitted on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from limen._geometry import Draw, TableGeometry
from limen._types import BoolArray, Design, FloatArray, IntArray
from limen.surrogates import Basis, folds_of


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """The parts that vary among drawn rows, as a design and a basis.

    varied: (d) True for the parts that do; design and basis are of those alone.
    """

    design: Design
    basis: Basis
    varied: BoolArray

    @cached_property
    def folds(self) -> IntArray:
        """(n) The half of the probes that each is in."""
        return folds_of(self.design)

    @property
    def n_varied(self) -> int:
        """How many parts vary."""
        return int(self.varied.sum())

    @classmethod
    def of(
        cls, draw: Draw, points: FloatArray, geometry: TableGeometry, reals: BoolArray | None = None
    ) -> Neighbourhood:
        """From a draw and the coordinates (n, d) of its rows; `reals` (d) where they are not those of the geometry."""
        moving = geometry.reals if reals is None else reals
        varied = np.ptp(points, axis=0) > 0 if len(points) else np.zeros(len(moving), dtype=np.bool_)
        n = len(points)
        design = Design(
            points[:, varied], draw.weights, np.zeros(n, dtype=np.int64), draw.blocks, np.zeros(1), exact=False
        )
        instance = np.where(moving, 0.0, 1.0)
        return cls(design, Basis(instance[varied], moving[varied], _never(geometry, moving, varied)), varied)


def _never(geometry: TableGeometry, moving: BoolArray, varied: BoolArray) -> IntArray:
    """Pairs (i, j) of varied parts that are one column: its number, and whether it is known."""
    if not moving.any() or all(part.kind != "known" for part in geometry.parts):
        return np.zeros((0, 2), dtype=np.int64)
    numbers = np.cumsum(varied) - 1
    of_column: dict[int, list[int]] = {}
    for place, part in enumerate(geometry.parts):
        if varied[place] and part.kind in ("real", "known"):
            of_column.setdefault(part.columns[0], []).append(int(numbers[place]))
    pairs = [sorted(places) for places in of_column.values() if len(places) == 2]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)
