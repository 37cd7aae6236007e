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
    with _ONE_AT_A_TIME:
        if most == 1 and alone():  # a limit costs 20 µs, the question 1
            yield
            return
        with _linear_algebra().limit(limits=most):
            yield


@contextmanager
def held(small: bool) -> Iterator[None]:
    """One thread for what is small; nobody waits where there is only one already."""
    if not small or alone():
        yield
        return
    with threads(1):
        yield


def alone() -> bool:
    """Whether numpy's linear algebra runs on one thread at present; False where that cannot be told."""
    pools = [pool for pool in _linear_algebra().lib_controllers if pool.user_api == "blas"]
    return bool(pools) and all(pool.num_threads == 1 for pool in pools)


@cache
def _linear_algebra() -> Any:
    """The thread pools of numpy's linear algebra."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
