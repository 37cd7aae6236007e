"""Memory is used again, and never while any array still lies in it."""

from __future__ import annotations

import copy
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from limen.rnn import RNN
from limen.rnn import _buffers as module
from limen.rnn._buffers import Buffers

VIEWS = {
    "itself": lambda array: array,
    "view": lambda array: array.view(),
    "row": lambda array: array[3],
    "one number": lambda array: array[:1, :1],
    "turned": lambda array: array.T[::-1],
    "reshaped twice": lambda array: array.reshape(-1)[4:].reshape(2, -1),
    "other dtype": lambda array: array.view(np.uint8),
    "torch": torch.from_numpy,
    "memoryview": memoryview,
}


@pytest.mark.parametrize("name", VIEWS)
def test_memory_is_not_used_again_while_anything_lies_in_it(name):
    buffers = Buffers()
    array = buffers.empty((10, 4), "float32")
    array[:] = 1
    kept = VIEWS[name](array)
    del array
    for _ in range(3):
        buffers.empty((10, 4), "float32")[:] = 2
    assert (np.asarray(kept).view(np.float32) == 1).all()


def test_memory_is_used_again_once_it_is_free():
    buffers = Buffers()
    places = {buffers.empty((10, 4), "float32").ctypes.data for _ in range(20)}
    assert len(places) == 1
    assert buffers.empty((20, 2), "float64").shape == (20, 2)
    both = [buffers.empty((5, 5), "float64") for _ in range(2)]
    assert not np.shares_memory(*both)


@pytest.mark.parametrize("huge", [True, False])
def test_arrays_begin_on_cache_lines(huge, monkeypatch):
    if not huge:
        monkeypatch.delattr(module.mmap, "MADV_HUGEPAGE", raising=False)
    buffers, sizes = Buffers(), (1, 100, module.SHARED.start, module.SHARED.stop, module.LARGEST + 8)
    alive = [buffers.empty((size + 3 * number,), "uint8") for size in sizes for number in range(3)]
    assert {array.ctypes.data % module.LINE for array in alive} == {0}


def test_a_copy_is_in_the_order_of_rows():
    values = np.arange(12.0).reshape(3, 4).T
    found = Buffers().copy(values)
    assert np.array_equal(found, values)
    assert found.flags.c_contiguous


def test_a_smaller_array_may_lie_in_a_larger_block():
    buffers = Buffers()
    place = buffers.empty((100,), "uint8").ctypes.data
    assert buffers.empty((50,), "uint8").ctypes.data == place
    assert buffers.empty((49,), "uint8").ctypes.data != place


@pytest.mark.parametrize("shape", [(0,), (3, 0, 2), (1,), (7, 3)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_shapes_and_dtypes(shape, dtype):
    array = Buffers().empty(shape, dtype)
    assert (array.shape, array.dtype) == (shape, np.dtype(dtype))
    assert array.flags.c_contiguous
    assert array.flags.writeable


def test_the_number_of_blocks_and_their_size_are_bounded():
    buffers = Buffers()
    alive = [buffers.empty((1000,), "float64") for _ in range(3 * module.MOST)]
    assert len(buffers.blocks()) == module.MOST
    assert len({array.ctypes.data for array in alive}) == len(alive)
    buffers.empty((module.LARGEST + 1,), "uint8")
    assert max(block.size for block in buffers.blocks()) <= module.LARGEST


@pytest.mark.parametrize("huge", [True, False])
def test_blocks_of_one_slab_do_not_overlap_and_are_used_again(huge, monkeypatch):
    if not huge:
        monkeypatch.delattr(module.mmap, "MADV_HUGEPAGE", raising=False)
    buffers, sizes = Buffers(), [module.SHARED.start + 24 * number for number in range(10)] * 2
    alive = [buffers.empty((size,), "uint8") for size in sizes]
    for number, array in enumerate(alive):
        array[:] = number
    assert all((array == number).all() for number, array in enumerate(alive))
    place = alive[0].ctypes.data
    del alive[0], array
    assert buffers.empty((sizes[0],), "uint8").ctypes.data == place


def test_a_slab_that_is_full_is_followed_by_another():
    buffers, size = Buffers(), module.SHARED.stop - 1
    alive = [buffers.empty((size,), "uint8") for _ in range(6)]
    for number, array in enumerate(alive):
        array[:] = number
    assert all((array == number).all() for number, array in enumerate(alive))


def test_small_blocks_take_no_slab():
    buffers = Buffers()
    buffers.empty((module.SHARED.start - 1,), "uint8")
    assert buffers._slab.size == 0


def test_without_reference_counts_nothing_is_used_again(monkeypatch):
    monkeypatch.delattr(module.sys, "getrefcount")
    buffers = Buffers()
    first = buffers.empty((10,), "float64")
    del first
    buffers.empty((10,), "float64")
    assert len(buffers.blocks()) == 2


def test_copies_and_pickles_share_no_memory():
    net = RNN(2, 3, 2)
    net.forward(np.ones((1, 4, 2)))
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):  # noqa: S301
        assert twin._buffers.blocks() == []


def test_one_net_can_be_used_from_several_threads():
    net, generator = RNN(4, 30, 3, seed=1), np.random.default_rng(1)
    work = [(generator.standard_normal((5, 40, 4)), generator.integers(0, 3, (5, 40))) for _ in range(8)]

    def gradient(item):
        x, y = work[item % len(work)]
        return net.bptt(net.forward(x), y).W_hh

    expected, interval = [gradient(item) for item in range(len(work))], sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # a thread is interrupted wherever it can be
    try:
        with ThreadPoolExecutor(8) as threads:
            for item, found in enumerate(threads.map(gradient, range(200))):
                assert np.array_equal(found, expected[item % len(work)])
    finally:
        sys.setswitchinterval(interval)
