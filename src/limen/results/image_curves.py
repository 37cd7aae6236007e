"""How the model's answer falls as the parts of an image are hidden, and how it comes back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from limen._types import FloatArray, IntArray
from limen.results._record import Record


@dataclass(frozen=True, eq=False)
class Curves(Record):
    """Deletion and insertion (Petsiuk, Das, Saenko, RISE, BMVC 2018): a test of an order of the parts.

    Parts go by falling effect, those that support most first. An explanation that names the right ones makes the
    answer fall at once in the deletion, and rise at once in the insertion.

    Attributes
    ----------
    order: (d) the parts of the first segmentation, in the order in which they go.
    counts: (s) how many of them are gone or brought back at each point, from 0 to d.
    shares: (s) the share of the picture that these cover, from 0 to 1.
    deletion: (s) the model's answers with these parts hidden, on the explained scale.
    insertion: (s) its answers with these parts alone shown.

    """

    order: IntArray
    counts: IntArray
    shares: FloatArray
    deletion: FloatArray
    insertion: FloatArray

    @property
    def deletion_area(self) -> float:
        """The mean of the answers over the share that is hidden: the smaller, the better the order."""
        return self._area(self.deletion)

    @property
    def insertion_area(self) -> float:
        """The mean of the answers over the share that is shown: the larger, the better the order."""
        return self._area(self.insertion)

    def _area(self, answers: FloatArray) -> float:
        return float((np.diff(self.shares) * (answers[1:] + answers[:-1]) / 2).sum())
