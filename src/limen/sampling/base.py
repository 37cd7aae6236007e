"""What all samplers share."""

from __future__ import annotations

import math
import numbers
from abc import ABC


class Sampler(ABC):  # noqa: B024 - its two kinds, SizeSampler and TableSampler, say what must be given
    """Where to look around an instance. Subclasses are frozen nouns."""

    @property
    def name(self) -> str:
        """What the record and the command line call it."""
        return type(self).__name__.lower()

    @property
    def parameters(self) -> str:
        """The parameters as text, for the record."""
        return ""


def is_number(value: object) -> bool:
    """Whether a parameter is one finite real number; True and False are none."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(value)
