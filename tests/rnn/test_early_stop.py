"""An early stop leaves out no more than it says, says whether that is proved, and does not stop where it must not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limen.rnn import RNN, early_stop
from limen.rnn.early_stop import spectral_bound, spectral_estimate

from .course import assert_close

ROUNDING = {"float32": 3e-6, "float64": 1e-13}


@pytest.fixture
def free_looks(monkeypatch):
    """As if a look ahead cost nothing: otherwise what underflows soon goes all the way."""
    monkeypatch.setattr(early_stop, "LOOK", 0)
    monkeypatch.setattr(early_stop, "READ", 0)


def stopped_and_full(net, x, y, tolerance=1e-7, **options):
    trace = net.forward(x, **options)
    return net.bptt(trace, y, steps="last", tolerance=tolerance), net.bptt(trace, y, steps="last")


def error(stopped, full):
    """The largest error of W_hh, W_xh and b_h, relative to its norm, beyond what rounding does to a sum over steps."""
    size, largest = np.linalg.norm(full.delta, axis=2).sum(), 0.0
    for name, of_each in (("W_hh", 1.0), ("W_xh", 4.0), ("b_h", 1.0)):
        found, exact = getattr(stopped, name), getattr(full, name)
        if exact is not None and exact.any():
            rounding = ROUNDING[exact.dtype.name] * size * of_each * exact.size**0.5
            difference = np.linalg.norm((found - exact).astype(np.float64))
            largest = max(largest, (difference - rounding) / np.linalg.norm(exact))
    return largest


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(
        [("sigmoid", 1.0), ("sigmoid", 3.0), ("tanh", 1.0), ("tanh", 0.7), ("relu", 1.0), ("identity", 0.8)]
    ),
    st.integers(0, 10_000),
    st.sampled_from([2, 5, 20]),
    st.sampled_from([1e-3, 1e-7, 1e-10]),
    st.booleans(),
)
def test_what_is_left_out_is_below_the_bound(kind, seed, hidden, tolerance, bias):
    generator, (activation, scale) = np.random.default_rng(seed), kind
    net = RNN(2, hidden, 3, hidden_activation=activation, bias=bias, seed=seed)
    net.W_hh[:] *= scale
    x, y = generator.standard_normal((2, 200, 2)), generator.integers(0, 3, 2)
    stopped, full = stopped_and_full(net, x, y, tolerance)
    assert error(stopped, full) <= stopped.bound <= tolerance
    assert stopped.stopped is not None or (stopped.bound, stopped.certified) == (0.0, True)


@pytest.mark.usefixtures("free_looks")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("bias", [False, True])
def test_it_stops_and_says_what_it_did_not_reach(dtype, bias):
    net, generator = RNN(3, 30, 4, dtype=dtype, bias=bias, seed=1), np.random.default_rng(1)
    stopped, full = stopped_and_full(net, generator.standard_normal((4, 300, 3)), generator.integers(0, 4, 4))
    assert 200 < stopped.stopped < 300
    assert error(stopped, full) <= stopped.bound
    assert 0 < stopped.bound <= 1e-7
    assert_close(stopped.W_hy, full.W_hy)
    for name in ("delta", "x"):
        found, expected = getattr(stopped, name), getattr(full, name)
        assert found.shape == expected.shape
        assert not found[:, : stopped.stopped].any()
        assert expected[:, stopped.stopped - 1].any()
        assert_close(found[:, stopped.stopped :], expected[:, stopped.stopped :], ROUNDING[dtype])
    assert not stopped.initial.any()
    assert not stopped.contribution(stopped.stopped - 1).any()
    assert_close(stopped.contributions().sum(axis=0), stopped.W_hh, ROUNDING[dtype])


@pytest.mark.parametrize(
    ("activation", "scale", "certified"), [("sigmoid", 1.0, True), ("tanh", 0.7, True), ("tanh", 1.0, False)]
)
def test_it_is_certified_where_the_norms_of_the_factors_shrink(activation, scale, certified):
    """‖W_hh‖₂ is about 1.15 at the start: sigmoid makes factors of .29 of it, tanh none below 1 unless it is scaled."""
    net, generator = RNN(3, 40, 4, hidden_activation=activation, seed=2), np.random.default_rng(2)
    net.W_hh[:] *= scale
    stopped, _ = stopped_and_full(net, generator.standard_normal((2, 400, 3)), [0, 1])
    assert stopped.stopped is not None
    assert stopped.certified is certified


@pytest.mark.usefixtures("free_looks")
def test_a_proof_uses_the_slopes_of_the_trace():
    """‖W_hh‖₂ is above 1, but every unit is saturated at every step: that is known in advance, and proves the bound."""
    net, generator = RNN(1, 10, 3, seed=3), np.random.default_rng(3)
    net.W_hh[:] *= 2 / np.linalg.norm(net.W_hh, 2)
    net.W_xh[:] = generator.choice([-1.0, 1.0], (1, 10))
    stopped, full = stopped_and_full(net, np.full((2, 300, 1), 4.0), [0, 1])
    assert stopped.stopped > 200
    assert stopped.certified
    assert error(stopped, full) <= stopped.bound


def test_it_does_not_stop_before_a_stretch_in_which_the_gradient_grows_again():
    """One sigmoid unit, W_hh = 10: the factor is 10 · g'(3) = .45 a step for 60 steps, and 10 · g'(0) = 2.5 before."""
    net = RNN(1, 1, 2, hidden_activation="sigmoid", seed=0)
    net.W_xh[:], net.W_hh[:] = 1, 10
    h, x = 0.5, np.empty((1, 160, 1))
    for t in range(160):
        x[0, t] = (0 if t < 100 else 3) - 10 * h
        h = 1 / (1 + np.exp(-(x[0, t, 0] + 10 * h)))
    stopped, full = stopped_and_full(net, x, [0], initial=np.full(1, 0.5))
    assert np.abs(full.delta[0, 100]) < 1e-10 * np.abs(full.delta[0, -1])
    assert np.abs(full.delta[0, 0]) > 1e10 * np.abs(full.delta[0, -1])
    assert stopped.stopped is None
    assert error(stopped, full) <= 0


@pytest.mark.parametrize("scale", [1.0, 1.01])
def test_a_gradient_that_does_not_vanish_is_not_cut(scale):
    net, generator = RNN(2, 6, 3, hidden_activation="identity", seed=4), np.random.default_rng(4)
    net.W_hh[:] = scale * np.linalg.qr(generator.standard_normal((6, 6)))[0]
    stopped, full = stopped_and_full(net, generator.standard_normal((2, 200, 2)), [0, 1])
    assert stopped.stopped is None
    assert (stopped.bound, stopped.certified) == (0.0, True)
    assert np.array_equal(stopped.W_hh, full.W_hh)
    assert np.array_equal(stopped.initial, full.initial)


@pytest.mark.parametrize("lengths", [[300, 40, 170], [300, 1, 300]])
def test_samples_that_end_earlier_are_heard(lengths):
    net, generator = RNN(3, 20, 4, seed=5), np.random.default_rng(5)
    x, y = generator.standard_normal((3, 300, 3)), generator.integers(0, 4, 3)
    stopped, full = stopped_and_full(net, x, y, lengths=lengths)
    assert error(stopped, full) <= stopped.bound
    assert stopped.stopped is None or stopped.stopped < min(lengths)


@pytest.mark.parametrize("time", [1, 2, 17])
def test_short_sequences_go_all_the_way(time):
    net, generator = RNN(2, 4, 3, seed=6), np.random.default_rng(6)
    stopped, full = stopped_and_full(net, generator.standard_normal((2, time, 2)), [0, 1])
    assert stopped.stopped is None
    for name in ("W_hh", "W_xh", "x", "initial"):
        assert np.array_equal(getattr(stopped, name), getattr(full, name))


@pytest.mark.parametrize(("dtype", "stops"), [("float64", True), ("float32", False)])
def test_where_all_underflows_before_a_look_would_pay_it_goes_all_the_way(dtype, stops):
    """A small net in float32 has about 80 cheap steps left when the rest is small enough, in float64 800."""
    net, generator = RNN(3, 64, 4, dtype=dtype, seed=8), np.random.default_rng(8)
    stopped, full = stopped_and_full(net, generator.standard_normal((1, 1000, 3)), [0])
    assert (stopped.stopped is not None) is stops
    if not stops:
        assert np.array_equal(stopped.delta, full.delta)
        assert (stopped.bound, stopped.certified) == (0.0, True)


@pytest.mark.parametrize("large", [slice(240, 270), slice(0, 5)])
def test_inputs_that_were_large_long_ago_are_reckoned_with(large):
    """δ has shrunk by 10²⁵ where it meets 10³⁵ in a feature that the states do not hear, so that it is most of W_xh."""
    net, generator = RNN(3, 20, 4, hidden_activation="sigmoid", seed=9), np.random.default_rng(9)
    net.W_xh[2] = 0
    x = generator.standard_normal((2, 300, 3))
    x[:, large, 2] = 1e35
    stopped, full = stopped_and_full(net, x, [0, 1])
    assert stopped.stopped is not None
    assert error(stopped, full) <= stopped.bound <= 1e-7
    assert np.abs(full.W_xh[2]).max() > 1e3 or large.stop < 240


@pytest.mark.parametrize("what", ["x", "W_hh", "W_hy"])
def test_zeros_do_not_trip_it(what):
    net, x = RNN(2, 4, 3, bias=True, seed=7), np.random.default_rng(7).standard_normal((2, 300, 2))
    {"x": x, "W_hh": net.W_hh, "W_hy": net.W_hy}[what][:] = 0
    stopped, full = stopped_and_full(net, x, [0, 1])
    for name in ("W_hh", "W_xh", "b_h"):
        assert_close(getattr(stopped, name), getattr(full, name), 1e-7)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 30), st.sampled_from([1e-30, 1.0, 1e30]))
def test_the_bound_on_the_spectral_norm_is_one_and_is_close(seed, size, scale):
    weights = scale * np.random.default_rng(seed).standard_normal((size, size))
    truth = np.linalg.norm(weights, 2)
    assert truth <= spectral_bound(weights) <= 1.12 * truth
    assert spectral_bound(np.zeros((size, size))) == 0


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 30), st.sampled_from([1e-30, 1.0, 1e30]))
def test_the_estimate_of_the_spectral_norm_is_never_above_it(seed, size, scale):
    weights = scale * np.random.default_rng(seed).standard_normal((size, size))
    truth = np.linalg.norm(weights, 2)
    assert 0.5 * truth <= spectral_estimate(weights) <= (1 + 1e-12) * truth
    assert spectral_estimate(np.zeros((size, size))) == 0
