"""Whether the numbers of a record that was read are ones that a measurement can give."""

from __future__ import annotations

from typing import Any

import numpy as np

from limen._errors import RecordError

LARGEST_LOG = float(np.log(np.finfo(np.float64).max))
"""The logarithm of the largest number, 709.8: no factor of one step has a larger one."""
FARTHEST_LOG = 1e12
"""Products over a billion steps have logarithms below this, which can still be told apart."""


def check_range(name: str, values: Any, least: Any, most: Any) -> None:
    """Raise RecordError with the first value that is out of range; nan never is."""
    found, low, high = np.broadcast_arrays(values, least, most)
    wrong = np.flatnonzero((found < low) | (found > high))
    if len(wrong):
        first = wrong[0]
        raise RecordError(f"{name} is {found.flat[first]}, expected {low.flat[first]:.4g} to {high.flat[first]:.4g}.")


def check_logs(name: str, values: Any) -> None:
    """Raise RecordError for a logarithm that no product over a sequence has; infinities and nan have a meaning."""
    found = np.asarray(values, dtype=np.float64)
    check_range(name, found[np.isfinite(found)], -FARTHEST_LOG, FARTHEST_LOG)
