"""What an audit measured of one explanation, and how wrong that explanation is: pairs that limits are set by.

How wrong is known without the audit: by enumeration, in closed form, or because the fault was put in on purpose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import limen

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Pair:
    """The figure that an audit gave, and the harm that is done."""

    figure: float
    harm: float


@dataclass(frozen=True)
class Question:
    """One limit. harm: what the second number of its pairs is; from `faulty` on it is a fault, from `severe` on bad.

    pairs: from a seed to pairs, of which there may be none. games: seeds that a full run takes.
    """

    limit: str
    harm: str
    faulty: float
    severe: float
    pairs: Callable[[int], Iterator[Pair]]
    games: int = 300


def figures(audit: limen.Audit, name: str) -> list[float]:
    """The values of that name in an audit: one, or none where it was not measured."""
    return [one.value.value for finding in audit.findings for one in finding.measures if one.name == name]


def apart(found: Numbers, truth: Numbers) -> float:
    """The length of the difference, relative to that of the truth."""
    return float(np.linalg.norm(found - truth) / max(float(np.linalg.norm(truth)), 1e-12))


def against(found: Numbers, truth: Numbers) -> float:
    """One less the cosine between two vectors, or two maps; 1 where one of them is 0."""
    lengths = float(np.linalg.norm(found) * np.linalg.norm(truth))
    return 1.0 - float(np.sum(found * truth)) / lengths if lengths else 1.0
