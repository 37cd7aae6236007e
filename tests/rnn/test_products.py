"""Products are the same however they are cut up, on one thread and on several."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

import limen
from limen._threads import alone, one_thread
from limen.rnn import RNN, _passes, _products
from limen.rnn._buffers import LINE, Buffers


def matrices(*shapes):
    generator = np.random.default_rng(6)
    return [generator.standard_normal(shape) for shape in shapes]


@pytest.mark.parametrize("count", [99, 100, 6400, 13_050])
@pytest.mark.parametrize("columns", [(3, 5), (5, 3)])
def test_sums_over_very_many_rows_in_pieces(count, columns):
    left, right = matrices(*((count, width) for width in columns))
    np.testing.assert_allclose(_products.outer(left, right, Buffers()), left.T @ right, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("one", [True, False])
@pytest.mark.parametrize("count", [399, 400, 3200, 6401])
@pytest.mark.parametrize("columns", [(96, 128), (128, 64), (90, 128), (96, 130), (192, 192)])
def test_wide_sums_over_very_many_rows_on_one_thread_and_on_several(columns, count, one, monkeypatch):
    monkeypatch.setattr(_products, "alone", lambda: one)
    left, right = matrices(*((count, width) for width in columns))
    np.testing.assert_allclose(_products.outer(left, right, Buffers()), left.T @ right, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("one", [True, False])
@pytest.mark.parametrize("sizes", [(10, 40), (40, 50), (200, 90)])
def test_tall_products_on_one_thread_and_on_several(sizes, one, monkeypatch):
    monkeypatch.setattr(_products, "alone", lambda: one)
    left, weights = matrices((7, 15, sizes[0]), sizes)
    found = np.empty((7, 15, sizes[1]))
    _products.rows(left, weights, found)
    np.testing.assert_allclose(found, left @ weights, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("turned", [True, False])
@pytest.mark.parametrize("size", [5, 64, 128, 256])
def test_weights_that_meet_every_step_begin_on_a_cache_line(size, turned):
    before, weights = matrices((32, size), (size, size))
    buffers = Buffers()
    weights = buffers.copy(weights).T if turned else buffers.copy(weights)
    scratch = buffers.empty((32, size), "float64")
    product, arranged, target = _products.step(weights, scratch, buffers)
    assert arranged.ctypes.data % LINE == 0
    product(before, arranged, target)
    np.testing.assert_allclose(scratch, before @ weights, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("most", [1, 2])
def test_whether_one_thread_is_at_work_is_known(most):
    with threadpool_limits(most):
        assert alone() == (most == 1)
        with one_thread():
            assert alone()
        assert alone() == (most == 1)


def test_small_nets_run_on_one_thread_and_leave_the_limit_as_it_was(monkeypatch):
    seen = []
    forward = _passes.forward
    monkeypatch.setattr(_passes, "forward", lambda *all_: seen.append(alone()) or forward(*all_))
    with threadpool_limits(2, user_api="blas"):
        for hidden in (64, 300):
            RNN(3, hidden, 2).forward(np.zeros((12, 4, 3)))
            assert not alone()
    assert seen == [True, False]


def test_limits_nest_and_end_with_the_last_caller():
    with threadpool_limits(2, user_api="blas"):
        with one_thread(), one_thread():
            assert alone()
        assert not alone()
        with pytest.raises(ZeroDivisionError), one_thread():
            raise ZeroDivisionError
        assert not alone()


def test_one_may_explain_while_a_net_learns():
    from limen.rnn import fit

    seen = []
    with threadpool_limits(2, user_api="blas"):
        fit(
            RNN(2, 8, 2),
            np.zeros((4, 3, 2)),
            np.zeros((4, 3), dtype=int),
            epochs=2,
            on_epoch=lambda _: seen.append(
                limen.explain(lambda t: np.full((len(t), 2), 0.5), "a b c", target=0, on_doubt="ignore")
            ),
        )
        assert not alone()
    assert len(seen) == 2
