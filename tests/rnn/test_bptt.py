"""Hand-written gradients = autograd = finite differences, for every option; and the laws that contributions obey."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limen._errors import ModelError
from limen.rnn import RNN

from .course import NAMES, Case, assert_close, autograd, cases

SMOOTH = ("tanh", "sigmoid", "identity")


def random_case(generator, *, batch=3, time=8, hidden=5, steps="all", **options) -> Case:
    net = RNN(2, hidden, 3, seed=int(generator.integers(1000)), **options)
    x = generator.standard_normal((batch, time, 2)).astype(net.dtype)
    return Case(net, x, generator.integers(0, 3, (batch, time)), steps, None, None, None)


@settings(max_examples=150, deadline=None)
@given(cases())
def test_gradients_equal_autograd(case):
    gradients, expected = case.bptt(), autograd(case)
    assert case.loss() == pytest.approx(expected["loss"], rel=1e-12, abs=1e-12)
    for name in (*case.net.parameters(), "x", "initial"):
        assert_close(getattr(gradients, name), expected[name], name=name)
    assert (gradients.b_h is None) == (gradients.b_y is None) == (not case.net.bias)
    assert (gradients.stopped, gradients.bound, gradients.certified) == (None, 0.0, True)
    assert list(gradients.parameters()) == list(case.net.parameters())


@settings(max_examples=60, deadline=None)
@given(cases(), st.integers(0, 8))
def test_truncation_equals_a_loss_that_forgets(case, truncate):
    gradients, expected = case.bptt(truncate=truncate), autograd(case, truncate)
    for name in (*case.net.parameters(), "x", "initial"):
        assert_close(getattr(gradients, name), expected[name], name=name)


@settings(max_examples=60, deadline=None)
@given(cases(activations=SMOOTH), st.integers(0, 2**32 - 1))
def test_gradients_equal_finite_differences(case, seed):
    """Along a random direction of everything that can move, to the error of a central difference."""
    gradients, generator = case.bptt(), np.random.default_rng(seed)
    if case.initial is None:
        case.initial = np.zeros((len(case.x), case.net.hidden))
    moved = {**case.net.parameters(), "x": case.x, "initial": case.initial}
    directions = {name: generator.standard_normal(values.shape) for name, values in moved.items()}
    slope = sum(float(np.sum(getattr(gradients, name) * directions[name])) for name in moved)
    ends = []
    for step in (1e-5, -2e-5):
        for name, values in moved.items():
            values += step * directions[name]
        ends.append(case.loss())
    assert slope == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-5, abs=1e-5)


@settings(max_examples=40, deadline=None)
@given(cases(), st.one_of(st.none(), st.integers(0, 8)))
def test_contributions_sum_to_the_gradient_and_each_is_its_product(case, truncate):
    trace = case.trace()
    gradients = case.net.bptt(trace, case.y, steps=case.steps, mask=case.mask, truncate=truncate)
    every = gradients.contributions()
    assert_close(every.sum(axis=0), gradients.W_hh)
    before = np.concatenate([trace.initial[:, None], trace.h[:, :-1]], axis=1)
    for k in range(case.x.shape[1]):
        product = sum(np.outer(before[b, k], gradients.delta[b, k]) for b in range(len(case.x)))
        assert_close(gradients.contribution(k), product)
        assert_close(every[k], product)


def test_delta_is_the_gradient_of_the_pre_activations():
    """b_h moves every a_t alike, so that its gradient is the sum of δ; each δ_t follows the recursion of the course."""
    case = random_case(np.random.default_rng(1), bias=True)
    trace, gradients = case.trace(), case.bptt()
    assert_close(gradients.delta.sum(axis=(0, 1)), gradients.b_h)
    error = trace.o_hat - np.eye(3)[case.y]
    through = np.concatenate([gradients.delta[:, 1:] @ case.net.W_hh.T, np.zeros((3, 1, 5))], axis=1)
    assert_close(gradients.delta, (1 - trace.h**2) * (error @ case.net.W_hy.T + through))


@settings(max_examples=30, deadline=None)
@given(cases())
def test_a_batch_is_the_sum_of_its_samples(case):
    whole, parts = case.bptt(), []
    for b in range(len(case.x)):
        one = slice(b, b + 1)
        if case.counted(b):
            picked = (values if values is None else values[one] for values in (case.lengths, case.initial, case.mask))
            parts.append(Case(case.net, case.x[one], case.y[one], case.steps, *picked).bptt())
    for name in case.net.parameters():
        assert_close(sum(getattr(part, name) for part in parts), getattr(whole, name), name=name)


def test_permuting_the_samples_permutes_the_gradients():
    case = random_case(np.random.default_rng(2), batch=4)
    order = np.array([2, 0, 3, 1])
    other = Case(case.net, case.x[order], case.y[order], "all", None, None, None)
    assert_close(other.bptt().x, case.bptt().x[order])
    assert_close(other.bptt().W_hh, case.bptt().W_hh)


@pytest.mark.parametrize("truncate", [7, 8, 100])
def test_truncation_beyond_the_sequence_is_the_full_gradient(truncate):
    case = random_case(np.random.default_rng(3))
    for name in ("W_hh", "W_xh", "x"):
        assert_close(getattr(case.bptt(truncate=truncate), name), getattr(case.bptt(), name))


def test_without_transitions_each_step_hears_only_its_own_loss():
    case = random_case(np.random.default_rng(4))
    trace = case.trace()
    own = (1 - trace.h**2) * ((trace.o_hat - np.eye(3)[case.y]) @ case.net.W_hy.T)
    assert_close(case.bptt(truncate=0).delta, own)
    assert not case.bptt(truncate=0).initial.any()


@pytest.mark.parametrize("shape", [(1, 300), (32, 40), (3, 700)])
@pytest.mark.parametrize("sizes", [(3, 65, 4), (40, 128, 10)])
def test_products_in_pieces_are_the_same_products(shape, sizes):
    """Large enough for every way in which products are cut up, with and without a remainder."""
    generator, (inputs, hidden, outputs) = np.random.default_rng(5), sizes
    net = RNN(inputs, hidden, outputs, bias=True, seed=5)
    x, y = generator.standard_normal((*shape, inputs)), generator.integers(0, outputs, shape)
    trace = net.forward(x)
    gradients = net.bptt(trace, y)
    h = np.zeros((shape[0], hidden))
    for t in range(shape[1]):
        h = np.tanh(x[:, t] @ net.W_xh + h @ net.W_hh + net.b_h)
        assert_close(trace.h[:, t], h)
    delta = gradients.delta
    before = np.concatenate([np.zeros((shape[0], 1, hidden)), trace.h[:, :-1]], axis=1)
    assert_close(gradients.W_hh, np.einsum("bti,btj->ij", before, delta))
    assert_close(gradients.W_xh, np.einsum("bti,btj->ij", x, delta))
    assert_close(gradients.W_hy, np.einsum("bti,btj->ij", trace.h, trace.o_hat - np.eye(outputs)[y]))
    assert_close(gradients.x, delta @ net.W_xh.T)
    step = 1 - trace.h[:, :-1] ** 2
    own = (trace.o_hat - np.eye(outputs)[y])[:, :-1] @ net.W_hy.T
    assert_close(delta[:, :-1], step * (own + delta[:, 1:] @ net.W_hh.T))


@pytest.mark.parametrize("options", [{}, {"truncate": 3}])
def test_float32_is_float64_to_its_rounding(options):
    double = random_case(np.random.default_rng(6), bias=True)
    single = random_case(np.random.default_rng(6), bias=True, dtype="float32")
    for name in NAMES:
        found = getattr(single.bptt(**options), name)
        assert found.dtype == np.float32
        assert_close(found, getattr(double.bptt(**options), name), 2e-6)


@pytest.mark.parametrize("silent", ["last", "mask", "weights"])
def test_what_has_vanished_is_zero_and_not_denormal(silent):
    """Where only the last step is heard next to no denormal number is left, and the gradient is that of float64."""
    single = random_case(np.random.default_rng(7), time=400, hidden=32, dtype="float32")
    double = random_case(np.random.default_rng(7), time=400, hidden=32)
    last = np.zeros((3, 400), bool)
    last[:, -1] = True
    for case in (single, double):
        case.steps = "last" if silent == "last" else "all"
        case.mask = last if silent == "mask" else None
        case.y = np.eye(3)[case.y] * last[:, :, None] if silent == "weights" else case.y
    delta = single.bptt().delta
    denormal = (delta != 0) & (np.abs(delta) < np.finfo(np.float32).tiny)
    assert denormal.mean() < 1e-3
    assert not delta[:, :100].any()
    assert delta[:, -1].all()
    assert_close(single.bptt().W_hh, double.bptt().W_hh, 1e-5)


def test_a_silent_stretch_does_not_cut_off_what_is_heard_before_it():
    """The error of the last step dies out in a long silence; that of an early step must still be found."""
    case = random_case(np.random.default_rng(8), time=300, hidden=4, dtype="float32")
    case.net.W_hh[:] *= 0.3
    case.mask = np.zeros((3, 300), bool)
    case.mask[:, [20, 299]] = True
    early = Case(case.net, case.x[:, :21], case.y[:, :21], "last", None, None, None).bptt()
    assert_close(case.bptt().delta[:, :21], early.delta, 1e-6)
    assert not case.bptt().delta[:, 21:150].any()


def test_a_sample_that_has_vanished_does_not_end_the_others():
    """The first sample is saturated at once; in the second, with W_hh orthogonal and small states, δ hardly shrinks."""
    case = random_case(np.random.default_rng(10), batch=2, time=100, hidden=4, steps="last", dtype="float32")
    case.net.W_hh[:] = np.linalg.qr(case.net.W_hh)[0]
    case.x[0], case.x[1] = 100, 0
    both = case.bptt().delta
    for b in range(2):
        alone = Case(case.net, case.x[b : b + 1], case.y[b : b + 1], "last", None, None, None).bptt().delta
        assert_close(both[b], alone[0], 1e-6)
    assert not both[0, :90].any()
    assert both[1].any(axis=1).all()


def test_ten_thousand_steps_of_memory():
    """Memory grows with the states and their errors, and with nothing else."""
    import tracemalloc

    net, generator = RNN(2, 8, 3, seed=9), np.random.default_rng(9)
    x, y = generator.standard_normal((1, 10_000, 2)), generator.integers(0, 3, (1, 10_000))
    tracemalloc.start()
    try:
        gradients = net.bptt(net.forward(x), y)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert np.isfinite(gradients.W_hh).all()
    assert peak < 6 * 10_000 * 8 * 8


def test_an_exploding_gradient_is_told_with_its_step():
    """The state stays at 0 in an unstable net without input, so that only the gradient grows."""
    net = RNN(1, 2, 2, hidden_activation="identity", dtype="float32", seed=0)
    net.W_hh[:] = 4 * np.eye(2)
    trace = net.forward(np.zeros((1, 200, 1)))
    with pytest.raises(ModelError, match=r"gradient overflows float32 at step 1\d\d on its way back"):
        net.bptt(trace, np.zeros((1, 200), int), steps="last")


@pytest.mark.parametrize(("activation", "dtype"), [("sigmoid", "float32"), ("sigmoid", "float64"), ("tanh", "float32")])
def test_errors_that_vanish_become_zeros_before_they_are_denormal(activation, dtype):
    """Denormal numbers make products several times slower."""
    net, generator = RNN(3, 40, 4, hidden_activation=activation, dtype=dtype, seed=7), np.random.default_rng(7)
    x = generator.standard_normal((4, 600, 3))
    sizes = np.abs(net.bptt(net.forward(x), generator.integers(0, 4, 4), steps="last").delta)
    assert (sizes[:, 0] == 0).all()
    assert ((sizes > 0) & (sizes < np.finfo(dtype).tiny)).mean() < 1e-3
