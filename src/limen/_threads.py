"""One thread for small linear algebra: more cost more than they gain, and change the last digits from run to run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any

_ONE_AT_A_TIME = Lock()


@contextmanager
def threads(most: int) -> Iterator[None]:
    """Run numpy's linear algebra on so many threads; the limit is the whole process's, so one caller at a time."""
    with _ONE_AT_A_TIME, _linear_algebra().limit(limits=most):
        yield


@cache
def _linear_algebra() -> Any:
    """The thread pools of numpy's linear algebra."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
