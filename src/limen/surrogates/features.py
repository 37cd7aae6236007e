"""Points as the columns of a regression: the constant, the parts, and products of two parts.

A term is a pair (i, j) of part numbers: i < j is the product of two parts, (i, i) the square of one that moves on a
scale. Where every part is kept or hidden there are no squares, because z² = z.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from limen._types import BoolArray, FloatArray, IntArray


def _no_pairs() -> IntArray:
    return np.zeros((0, 2), dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Basis:
    """What the surrogates know of the parts.

    instance: (d) coordinates of x, 1 for parts that are kept or hidden, 0 for those that move on a scale. reals: (d)
    which ones do. never: (m, 2) pairs i < j whose product says nothing new, such as a number and whether it is known.
    alike: the law treats all parts alike, as laws of masks do.
    """

    instance: FloatArray
    reals: BoolArray
    never: IntArray = field(default_factory=_no_pairs)
    alike: bool = False

    @classmethod
    def of_masks(cls, d: int) -> Basis:
        """The basis of d parts that are all kept or hidden."""
        return cls(np.ones(d), np.zeros(d, dtype=np.bool_), alike=True)

    def terms(self, points: FloatArray | BoolArray) -> IntArray:
        """All terms (m, 2) of second order that these points (n, d) can tell from lower ones: pairs first."""
        d = len(self.instance)
        pairs = np.stack(np.triu_indices(d, 1), axis=1)
        if not self.reals.any():
            return pairs
        if len(self.never):
            pairs = pairs[~(pairs[:, None] == self.never).all(axis=2).any(axis=1)]
        squares = [i for i in np.flatnonzero(self.reals) if _several(points[:, i])]
        return np.concatenate([pairs, np.repeat(np.array(squares, dtype=np.int64), 2).reshape(-1, 2)])

    def at_instance(self, terms: IntArray | None) -> FloatArray:
        """The columns (1 + d + m) at x itself."""
        row: FloatArray = columns(self.instance[None], terms)[0]
        return row


def _several(column: FloatArray | BoolArray) -> bool:
    """Whether a coordinate takes three values or more: with two of them its square is a line."""
    low, high = column.min(), column.max()
    return bool(((column > low) & (column < high)).any())


def columns(points: BoolArray | FloatArray, terms: IntArray | None = None) -> FloatArray:
    """Features (n, 1 + d + m): 1, the coordinates, and their products for the given terms (none by default)."""
    z = points.astype(np.float64)
    parts = [np.ones((len(z), 1)), z]
    if terms is not None:
        parts.append(z[:, terms[:, 0]] * z[:, terms[:, 1]])
    return np.concatenate(parts, axis=1)
