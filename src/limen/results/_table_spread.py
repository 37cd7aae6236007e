"""How far the probes of a table row reach, in words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from limen.results._table_words import deviations
from limen.results.estimates import TableProbes

if TYPE_CHECKING:
    from limen.results.explanation import Explanation

SMALL = 0.9
"""Standard deviations; changes within fewer are called small."""


def reach_told(explanation: Explanation, parts: Sequence[int]) -> str:
    """The title of what changes of these parts (numbers) do: small ones, or within so many standard deviations."""
    far = _reach(explanation, parts)
    if far < SMALL:
        return "What a small change of a number would do"
    return f"What changing a number adds, within about {deviations(float(f'{far:.2g}'))}"


def _reach(explanation: Explanation, parts: Sequence[int]) -> float:
    """The ball's own width, else the typical distance of the probes from the row in these parts."""
    width = re.match(r"width=([\d.e+-]+)", explanation.law.parameters)
    if width and explanation.law.name == "ball":
        return float(width[1])
    probes = explanation.probes
    assert isinstance(probes, TableProbes)
    away = probes.points[1:, list(parts)] - probes.points[0, list(parts)]
    return float(np.median(np.sqrt(np.mean(away**2, axis=0)))) if len(away) else 0.0
