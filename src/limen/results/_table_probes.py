"""The rows that the model was asked about, in the columns that matter most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from limen.results._faces import face_of
from limen.results.estimates import TableProbes
from limen.results.table import TableInstance

if TYPE_CHECKING:
    from limen.results.explanation import Explanation

SAME = "·"
"""Stands for a value that is that of the row itself."""


@dataclass(frozen=True, eq=False)
class ProbeRow:
    """One probe.

    row: its number. cells: the values of the parts that are shown. changed: how many parts differ from the row itself.
    answer, surrogate: what the model and the surrogate say. weight: in the fit.
    """

    row: int
    cells: tuple[str, ...]
    changed: int
    answer: float
    surrogate: float
    weight: float


def probe_rows(explanation: Explanation, rows: Sequence[int], most: int) -> tuple[list[str], list[ProbeRow]]:
    """The names of at most `most` parts, those that matter most, and the probes of these numbers; the row itself is 0.

    A value that is that of the row itself is a dot, but in the row itself.
    """
    instance, probes = explanation.instance, explanation.probes
    assert isinstance(instance, TableInstance)
    assert isinstance(probes, TableProbes)
    parts = sorted(face_of(explanation).parts[:most])
    values, points = probes.values[list(rows)], probes.points[list(rows)]
    guesses, own = explanation.predict(points), probes.points[0]
    found = []
    for place, row in enumerate(rows):
        moved = points[place] != own
        cells = tuple(instance.state_text(part, values[place]) if moved[part] or row == 0 else SAME for part in parts)
        numbers = float(probes.answers[row]), float(guesses[place]), float(probes.weights[row])
        found.append(ProbeRow(int(row), cells, int(np.sum(moved)), *numbers))
    return [explanation.parts[part] for part in parts], found
