"""One thread for small linear algebra: more cost more than they gain, and change the last digits from run to run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any


class _Limit:
    """How many callers want one thread at present, and what there were before the first of them."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.callers = 0
        self.before: list[int] = []


_LIMIT = _Limit()


@contextmanager
def one_thread() -> Iterator[None]:
    """Run numpy's linear algebra on one thread. The limit is the whole process's, and ends with its last caller."""
    with _LIMIT.lock:
        if not _LIMIT.callers:
            _LIMIT.before = [pool.num_threads for pool in _pools()]
            _set([1] * len(_LIMIT.before))
        _LIMIT.callers += 1
    try:
        yield
    finally:
        with _LIMIT.lock:
            _LIMIT.callers -= 1
            if not _LIMIT.callers:
                _set(_LIMIT.before)


def _set(counts: list[int]) -> None:
    for pool, count in zip(_pools(), counts, strict=True):
        if pool.num_threads != count:
            pool.set_num_threads(count)


@contextmanager
def held(small: bool) -> Iterator[None]:
    """One thread for what is small."""
    if not small:
        yield
        return
    with one_thread():
        yield


def alone() -> bool:
    """Whether numpy's linear algebra runs on one thread at present; False where that cannot be told."""
    return bool(_pools()) and all(pool.num_threads == 1 for pool in _pools())


@cache
def _pools() -> tuple[Any, ...]:
    """The thread pools of numpy's and scipy's linear algebra; to look for them takes a thousand times as long."""
    from threadpoolctl import ThreadpoolController

    return tuple(pool for pool in ThreadpoolController().lib_controllers if pool.user_api == "blas")
