"""The forward pass and the loss of the net of the course: its equations, every option, and what a trace promises."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings

from limen.rnn import RNN

from .course import ACTIVATIONS, FIELDS, assert_close, autograd, cases, example

SHAPES = {"W_xh": (3, 5), "W_hh": (5, 5), "W_hy": (5, 4), "b_h": (5,), "b_y": (4,)}


@settings(max_examples=60, deadline=None)
@given(cases())
def test_a_trace_holds_the_equations_of_the_course(case):
    net, trace = case.net, case.trace()
    batch, time, _ = case.x.shape
    b_h, b_y = (0, 0) if not net.bias else (net.b_h, net.b_y)
    g_h, g_y = (ACTIVATIONS[name] for name in (net.hidden_activation, net.output_activation))
    for sample in range(batch):
        h = trace.initial[sample]
        for t in range(trace.lengths[sample]):
            a = net.W_xh.T @ case.x[sample, t] + net.W_hh.T @ h + b_h
            assert_close(trace.a[sample, t], a)
            h = g_h(torch.tensor(a)).numpy()
            assert_close(trace.h[sample, t], h)
            z = net.W_hy.T @ h + b_y
            assert_close(trace.z[sample, t], z)
            assert_close(trace.y_hat[sample, t], g_y(torch.tensor(z)).numpy())
            assert_close(trace.o_hat[sample, t], torch.softmax(g_y(torch.tensor(z)), 0).numpy())
    assert_close(trace.o_hat.sum(axis=2), np.ones((batch, time)))
    assert trace.probabilities.shape == (batch, time, net.outputs)


@settings(max_examples=60, deadline=None)
@given(cases())
def test_the_loss_is_the_cross_entropy_of_the_steps_that_count(case):
    assert case.loss() == pytest.approx(autograd(case)["loss"], rel=1e-12, abs=1e-12)


def test_what_lies_beyond_a_length_is_not_looked_at():
    net, x = example(bias=True)
    y, lengths = np.ones((2, 6), int), [2, 6]
    garbage, labels = x.copy(), y.copy()
    garbage[0, 2:], labels[0, 2:] = np.nan, -1
    clean, dirty = net.forward(x, lengths=lengths), net.forward(garbage, lengths=lengths)
    for name in FIELDS:
        assert np.array_equal(getattr(clean, name), getattr(dirty, name))
    assert net.loss(clean, y) == net.loss(dirty, labels)
    assert np.array_equal(net.bptt(dirty, labels).W_hh, net.bptt(clean, y).W_hh)
    assert not net.bptt(dirty, labels).delta[0, 2:].any()
    short = net.forward(x[:1, :2])
    assert_close(clean.h[:1, :2], short.h)
    assert_close(
        np.array(net.loss(clean, y)), np.array(net.loss(short, y[:1, :2]) + net.loss(net.forward(x[1:]), y[1:]))
    )


@pytest.mark.parametrize("batch", [1, 2])
def test_a_net_that_would_overflow_in_the_padding_does_not(batch):
    net, x = example(hidden_activation="relu")
    net.W_hh[:] = 1e10
    padded = np.concatenate([np.abs(x), np.zeros((2, 400, 3))], axis=1)[:batch]
    trace = net.forward(padded, lengths=[3, 6][:batch])
    assert np.isfinite(trace.o_hat).all()
    assert trace.h[0, 2].any()
    assert not trace.h[0, 3:].any()


def test_labels_where_the_mask_is_false_are_not_looked_at():
    net, x = example()
    mask = np.ones((2, 6), bool)
    mask[1, 3] = False
    y, ignored = np.zeros((2, 6), int), np.zeros((2, 6), int)
    ignored[1, 3] = -100
    trace = net.forward(x)
    assert net.loss(trace, y, mask=mask) == net.loss(trace, ignored, mask=mask)
    both = net.loss(trace, y, mask=mask) + net.loss(trace, y, mask=~mask)
    assert both == pytest.approx(net.loss(trace, y), rel=1e-12)


def test_the_last_step_alone_is_a_mask_of_last_steps():
    net, x = example()
    trace, y, lengths = net.forward(x, lengths=[4, 6]), np.arange(12).reshape(2, 6) % 4, np.array([4, 6])
    mask = np.arange(6) == lengths[:, None] - 1
    assert net.loss(trace, y, steps="last") == pytest.approx(net.loss(trace, y, mask=mask), rel=1e-12)
    assert net.loss(trace, y, steps="last") == net.loss(trace, y[[0, 1], lengths - 1], steps="last")
    assert_close(net.bptt(trace, y, steps="last").W_hh, net.bptt(trace, y, mask=mask).W_hh)


@pytest.mark.parametrize("kind", ["indices", "integers with three axes", "floats"])
def test_indices_are_distributions_with_one_class(kind):
    net, x = example()
    y = np.arange(12).reshape(2, 6) % 4
    given_as = {"indices": y, "integers with three axes": np.eye(4, dtype=int)[y], "floats": np.eye(4)[y]}[kind]
    trace = net.forward(x)
    assert net.loss(trace, given_as) == pytest.approx(net.loss(trace, y), rel=1e-12)
    assert_close(net.bptt(trace, given_as).W_hh, net.bptt(trace, y).W_hh)


def test_weights_that_do_not_sum_to_one_scale_the_loss_and_its_gradient():
    net, x = example()
    y = np.random.default_rng(3).random((2, 6, 4))
    trace = net.forward(x)
    assert net.loss(trace, 2 * y) == pytest.approx(2 * net.loss(trace, y), rel=1e-12)
    assert_close(net.bptt(trace, 2 * y).W_hh, 2 * net.bptt(trace, y).W_hh)
    assert net.loss(trace, 0 * y) == 0
    assert not net.bptt(trace, 0 * y).W_hh.any()


@pytest.mark.parametrize("scale", [1e3, 1e6])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_softmax_and_loss_do_not_overflow(scale, dtype):
    net, x = example(dtype=dtype)
    net.W_hy[:] *= scale
    trace = net.forward(x)
    y = np.argmin(trace.y_hat, axis=2)
    spread = np.ptp(trace.y_hat.astype(np.float64), axis=2)
    assert np.isfinite(trace.o_hat).all()
    assert net.loss(trace, y) == pytest.approx(spread.sum(), rel=1e-3)
    assert net.loss(trace, np.eye(4)[y]) == pytest.approx(net.loss(trace, y), rel=1e-5)
    assert np.isfinite(net.bptt(trace, y).W_hh).all()


def test_one_step_is_a_feed_forward_net():
    net, x = example()
    trace = net.forward(x[:, :1])
    assert_close(trace.h[:, 0], np.tanh(x[:, 0] @ net.W_xh))
    y = np.array([1, 2])
    assert net.loss(trace, y, steps="last") == pytest.approx(net.loss(trace, y[:, None]), rel=1e-12)
    assert not net.bptt(trace, y, steps="last").W_hh.any()  # the initial state is 0


def test_a_sequence_cut_in_two_is_continued_by_its_last_state():
    net, x = example(bias=True)
    whole, first = net.forward(x), net.forward(x[:, :2])
    second = net.forward(x[:, 2:], initial=first.h[:, -1])
    assert_close(second.h, whole.h[:, 2:])
    assert np.array_equal(net.forward(x, initial=np.ones(5)).h, net.forward(x, initial=np.ones((2, 5))).h)


def test_parameters_are_the_arrays_themselves_in_the_course_layout():
    net = RNN(3, 5, 4, bias=True)
    assert {name: values.shape for name, values in net.parameters().items()} == SHAPES
    for name, values in net.parameters().items():
        assert getattr(net, name) is values
        assert values.flags.writeable
    bare = RNN(3, 5, 4)
    assert bare.b_h is None
    assert bare.b_y is None
    assert list(bare.parameters()) == ["W_xh", "W_hh", "W_hy"]
    net.W_hh = np.eye(5)
    assert net.parameters()["W_hh"] is net.W_hh
    assert (net.inputs, net.hidden, net.outputs, net.bias, net.dtype) == (3, 5, 4, True, np.float64)


def test_initial_weights_are_uniform_and_come_from_the_seed_alone():
    net = RNN(30, 100, 20, bias=True, seed=7)
    np.random.default_rng(0).random()
    again, other = RNN(30, 100, 20, bias=True, seed=7), RNN(30, 100, 20, bias=True, seed=8)
    for name, values in net.parameters().items():
        assert np.array_equal(values, again.parameters()[name])
        assert not np.array_equal(values, other.parameters()[name])
        assert np.abs(values).max() <= 0.1
    assert net.W_hh.std() == pytest.approx(0.1 / 3**0.5, rel=0.03)
    assert np.allclose(RNN(30, 100, 20, bias=True, seed=7, dtype="float32").W_hh, net.W_hh, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", np.float64])
@pytest.mark.parametrize("of_x", ["float64", "float32", "int64", "bool"])
def test_the_dtype_of_the_net_decides(dtype, of_x):
    net, x = example(dtype=dtype)
    trace = net.forward((np.abs(x) * 3).astype(of_x))
    assert {getattr(trace, name).dtype for name in FIELDS[:-1]} == {np.dtype(dtype)}
    gradients = net.bptt(trace, np.ones((2, 6), int))
    assert {values.dtype for values in (*gradients.parameters().values(), gradients.x)} == {np.dtype(dtype)}
    assert isinstance(net.loss(trace, np.ones((2, 6), int)), float)


def test_torch_and_lists_are_read_as_arrays():
    net, x = example()
    y = [[0, 1, 2, 3, 0, 1]] * 2
    expected = net.loss(net.forward(x), np.array(y))
    assert net.loss(net.forward(torch.tensor(x)), torch.tensor(y)) == expected
    assert net.loss(net.forward(x.tolist(), lengths=[6, 6]), y) == expected


def test_the_net_loads_numpy_alone():
    code = (
        "import sys, limen.rnn; net = limen.rnn.RNN(1, 2, 2); t = net.forward([[[1.0]]]); net.bptt(t, [[0]]);"
        "print(sorted({'torch', 'scipy', 'sklearn', 'matplotlib', 'rich', 'jinja2', 'onnxruntime'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
