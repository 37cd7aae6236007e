"""Memory that is used again: a pass over a sequence needs the same few large arrays each time.

A fresh array of a few megabytes costs a page fault for every 4 kB on its first use, which is a fifth of the time of a
forward pass with BPTT at 100 steps of a batch of 32 and 64 units. On pages of 2 MB instead of 4 kB the whole of it is
another 5 % faster, because the processor looks up fewer addresses.
"""

from __future__ import annotations

import math
import mmap
import sys
import threading
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

LARGEST = 2**25  # bytes of a block that is kept; beyond that the first use is little beside the work
MOST = 24  # blocks that are kept
HUGE = 2**21  # bytes of a huge page
SLAB = 2**24  # bytes of the huge pages from which blocks are cut together
SHARED = range(2**17, 2**22)  # bytes of such a block: smaller ones lie in few pages, larger ones numpy sees to itself
APART = 2**12 + 2**6  # blocks begin at multiples of it: on cache lines, and not all at the same place of a page


class Buffers:
    """Blocks of memory, each handed out again once no array that lies in it is left.

    That is known from the block's reference count, because every view of an array refers to the array that owns the
    memory. Safe to use from several threads; a copy or a pickle starts empty.
    """

    def __init__(self) -> None:
        self._blocks: list[NDArray[np.uint8]] = []
        self._slab = np.empty(0, np.uint8)  # what is left of it
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        return Buffers, ()

    def empty(self, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """An array with anything in it, as numpy.empty gives."""
        kind = np.dtype(dtype)
        size = math.prod(shape) * kind.itemsize
        if not 0 < size <= LARGEST:
            return np.empty(shape, kind)
        with self._lock:
            block = _first_free(self._blocks, size)
            if block is None:
                block = self._cut(size)
                self._blocks = [block, *self._blocks[: MOST - 1]]  # what is dropped lives on in its arrays, if in any
            return block[:size].view(kind).reshape(shape)

    def _cut(self, size: int) -> NDArray[np.uint8]:
        """A new block, which is an owner of its own as to reference counts."""
        if size not in SHARED:
            return np.empty(size, np.uint8)
        if self._slab.size < size:
            self._slab = _huge_pages()
        block: NDArray[np.uint8] = np.frombuffer(self._slab[:size].data, np.uint8)
        self._slab = self._slab[-(-size // APART) * APART :]
        return block


def _huge_pages() -> NDArray[np.uint8]:
    """A slab in huge pages where the system has them. It is freed once no block of it is left."""
    if not hasattr(mmap, "MADV_HUGEPAGE"):  # not Linux
        return np.empty(SLAB, np.uint8)
    try:
        memory = mmap.mmap(-1, SLAB + HUGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        memory.madvise(mmap.MADV_HUGEPAGE)
    except OSError:  # a kernel without them
        return np.empty(SLAB, np.uint8)
    whole: NDArray[np.uint8] = np.frombuffer(memory, np.uint8)
    start = -whole.ctypes.data % HUGE
    return whole[start : start + SLAB]


def _first_free(blocks: list[NDArray[np.uint8]], size: int) -> NDArray[np.uint8] | None:
    """The first block of at least `size` bytes, and not much more, that no array lies in."""
    for place, count in enumerate(_references(blocks)):
        if count <= FREE and size <= blocks[place].size <= 2 * size:
            return blocks[place]
    return None


def _references(blocks: list[NDArray[np.uint8]]) -> list[int]:
    """The reference count of each block; without such counts none is ever taken to be free."""
    count = getattr(sys, "getrefcount", None)
    return [count(block) for block in blocks] if count is not None else [sys.maxsize] * len(blocks)


FREE = _references([np.empty(1, np.uint8)])[0]  # of a block that only its list refers to, as counted just there
