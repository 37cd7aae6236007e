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
        before = [pool.num_threads for pool in _pools()]
        if all(count == most for count in before):
            yield
            return
        try:
            for pool in _pools():
                pool.set_num_threads(most)
            yield
        finally:
            for pool, count in zip(_pools(), before, strict=True):
                pool.set_num_threads(count)


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
    return bool(_pools()) and all(pool.num_threads == 1 for pool in _pools())


@cache
def _pools() -> tuple[Any, ...]:
    """The thread pools of numpy's and scipy's linear algebra; to look for them takes a thousand times as long."""
    from threadpoolctl import ThreadpoolController

    return tuple(pool for pool in ThreadpoolController().lib_controllers if pool.user_api == "blas")
