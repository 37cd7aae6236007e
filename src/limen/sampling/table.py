"""Laws of the neighbourhood of a table row: they draw encoded rows."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from limen._geometry import Draw, TableGeometry
from limen._types import BoolArray, FloatArray
from limen.sampling.base import Sampler


class TableSampler(Sampler):
    """Where to look around a table row. Subclasses are frozen nouns."""

    @abstractmethod
    def draw(self, geometry: TableGeometry, n: int, generator: np.random.Generator) -> Draw:
        """Draw n encoded rows around `geometry.origin`; fixed parts stay as they are in it, repeats are allowed."""

    def coordinates(self, values: FloatArray, geometry: TableGeometry) -> FloatArray:
        """What a surrogate is fitted on: coordinates (n, d) of encoded rows (n, m), by default the geometry's own."""
        return geometry.coordinates(values)

    def reals(self, geometry: TableGeometry) -> BoolArray:
        """(d) True for the parts whose coordinate moves on a scale, False where it is 1 or 0."""
        return geometry.reals

    def describe(self, geometry: TableGeometry) -> str:  # noqa: ARG002 - for laws whose parameters depend on the row
        """The parameters as text, for the record, those that depend on the row filled in."""
        return self.parameters


def paired(first: FloatArray, second: FloatArray, n: int) -> FloatArray:
    """The n rows first[0], second[0], first[1], second[1], ... of two arrays of ceil(n / 2) rows or more."""
    both = np.stack([first, second], axis=1)
    return both.reshape(2 * len(first), *first.shape[1:])[:n]
