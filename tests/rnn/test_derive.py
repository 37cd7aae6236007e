"""The derivation: every factor against its definition, the sum against three other gradients, the answer by regime."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limen.results.derivation import FACTORS, PARTS
from limen.rnn import _derive_check, _derive_products
from limen.rnn.derive import derive
from limen.rnn.net import RNN

ACTIVATIONS = ("tanh", "relu", "sigmoid", "identity")
FUNCTIONS = {
    "tanh": np.tanh,
    "relu": lambda a: np.maximum(a, 0),
    "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
    "identity": lambda a: a,
}
DERIVATIVES = {
    "tanh": lambda a: 1 / np.cosh(a) ** 2,
    "relu": lambda a: (a > 0).astype(float),
    "sigmoid": lambda a: np.exp(-a) / (1 + np.exp(-a)) ** 2,
    "identity": np.ones_like,
}


def rotation(size, seed=0):
    return np.linalg.qr(np.random.default_rng(seed).standard_normal((size, size)))[0]


def make(seed=0, steps=7, batch=2, hidden=5, outputs=4, **options):
    """A net, its input and a last-step label for each sample."""
    generator = np.random.default_rng(seed)
    net = RNN(3, hidden, outputs, seed=seed, **options)
    net.W_hh *= 1.7  # so that no factor is close to 1
    return net, generator.standard_normal((batch, steps, 3)), generator.integers(outputs, size=batch)


def by_definition(net, x, label):
    """The factors as arrays, by the course's formulas and nothing else: dict of arrays by name, and J_1 .. J_T."""
    states, total, before = [np.zeros(net.hidden)], np.zeros((net.hidden,) * 3), None
    jacobians, direct = [], None
    for step in x:
        a = net.W_xh.T @ step + net.W_hh.T @ states[-1] + (0 if net.b_h is None else net.b_h)
        slopes = DERIVATIVES[net.hidden_activation](a)
        jacobians.append(np.diag(slopes) @ net.W_hh.T)
        direct = np.einsum("iq,p->ipq", np.diag(slopes), states[-1])
        before, total = total, direct + np.einsum("ij,jpq->ipq", jacobians[-1], total)
        states.append(FUNCTIONS[net.hidden_activation](a))
    z = net.W_hy.T @ states[-1] + (0 if net.b_y is None else net.b_y)
    y_hat = FUNCTIONS[net.output_activation](z)
    o = np.exp(y_hat - y_hat.max()) / np.exp(y_hat - y_hat.max()).sum()
    arrays = {
        "∂E_T/∂ô_T": -(label / np.maximum(o, 1e-300))[None],
        "∂ô_T/∂ŷ_T": np.diag(o) - np.outer(o, o),
        "∂ŷ_T/∂z_T": np.diag(DERIVATIVES[net.output_activation](z)),
        "∂z_T/∂h_T": net.W_hy.T,
        "∂h_T/∂W_hh": total,
        "∂⁺h_T/∂W_hh": direct,
        "∂h_T/∂h_{T-1}": jacobians[-1],
        "∂h_{T-1}/∂W_hh": before,
    }
    return arrays, jacobians, states


def norm_of(array):
    return np.linalg.norm(array, 2) if array.ndim == 2 else np.linalg.norm(array)


def close(logs, norms):
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(logs, np.log(norms), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("hidden", "output"), list(zip(ACTIVATIONS, ACTIVATIONS[::-1], strict=True)))
def test_every_factor_is_what_the_course_says_it_is(hidden, output):
    net, x, y = make(hidden_activation=hidden, output_activation=output, bias=True)
    found = derive(net, x, y, sample=1)
    label = np.eye(4)[y[1]]
    arrays, jacobians, states = by_definition(net, x[1], label)
    assert tuple(factor.name for factor in found.factors) == FACTORS == tuple(arrays)
    for factor in found.factors:
        assert factor.shape == arrays[factor.name].shape
        close(factor.log_norm, norm_of(arrays[factor.name]))

    product = np.eye(net.hidden)
    for lag in range(len(jacobians)):
        close(found.lags.log_products[lag], np.linalg.norm(product, 2))
        close(found.lags.log_states[lag], np.linalg.norm(states[-2 - lag]))
        product = product @ jacobians[-1 - lag]

    row = np.linalg.multi_dot([arrays[name] for name in FACTORS[:4]])
    gradient = np.einsum("i,ipq->pq", row[0], arrays["∂h_T/∂W_hh"])
    trace = net.forward(x[1:])
    np.testing.assert_allclose(gradient, net.bptt(trace, y[1:], steps="last").W_hh, atol=1e-12)
    close(found.log_gradient, np.linalg.norm(gradient))


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    hidden=st.sampled_from(ACTIVATIONS),
    output=st.sampled_from(ACTIVATIONS),
    bias=st.booleans(),
    steps=st.integers(1, 8),
)
def test_contributions_are_those_of_bptt_and_shares_sum_to_one(seed, hidden, output, bias, steps):
    net, x, y = make(seed, steps, hidden_activation=hidden, output_activation=output, bias=bias)
    start = np.random.default_rng(seed).standard_normal(5)
    found = derive(net, x, y, initial=start)
    gradients = net.bptt(net.forward(x[:1], initial=start), y[:1], steps="last")
    total, parts = gradients.W_hh, gradients.contributions()[::-1]
    close(found.lags.log_contributions, [np.linalg.norm(part) for part in parts])
    close(found.lags.log_deltas, np.linalg.norm(gradients.delta[0, ::-1], axis=1))
    if total.any():
        np.testing.assert_allclose(found.lags.shares, [np.vdot(part, total) / np.vdot(total, total) for part in parts])
        assert found.lags.shares.sum() == pytest.approx(1, abs=1e-9)
        assert found.check.numeric < max(1e-6, 10 * found.check.numeric_error)
    assert found.check.bptt < 1e-12


def test_the_split_of_a_step_is_exact():
    net, x, y = make(steps=20)
    found = derive(net, x, y).lags
    steps = found.log_saturation + found.log_weights
    np.testing.assert_allclose(steps[:-1], np.diff(found.log_gradients), rtol=1e-10)
    np.testing.assert_allclose(found.log_gradients + found.log_saturation, found.log_deltas, rtol=1e-10)


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_norms_keep_their_digits_at_any_lag(factor):
    net, steps = RNN(1, 6, 2, hidden_activation="identity"), 1200
    net.W_hh[:] = factor * rotation(6)
    net.W_xh[:] = 1
    found = derive(net, np.full((1, steps, 1), factor < 1.0), [0])
    exact = np.arange(steps) * math.log(factor)
    np.testing.assert_allclose(found.lags.log_products, exact, rtol=1e-12)
    np.testing.assert_allclose(found.lags.log_gradients - found.lags.log_gradients[0], exact, rtol=1e-11)
    assert found.rate == pytest.approx(factor, rel=1e-12)
    assert abs(exact[-1]) > 745  # beyond the range of float64


@pytest.mark.parametrize("factor", [0.7, 1.3])
def test_the_derivative_of_a_long_sequence_goes_through_in_blocks_and_rows(monkeypatch, factor):
    net, x, y = make(steps=70, hidden_activation="identity")
    net.W_hh[:] = factor * rotation(5)
    arrays, _, _ = by_definition(net, x[0], np.ones(4))
    for numbers in (2**22, 2 * net.hidden**2):
        monkeypatch.setattr(_derive_products, "MOST_NUMBERS", numbers)
        found = {factor.name: factor.log_norm for factor in derive(net, x, y).factors}
        for name in ("∂h_T/∂W_hh", "∂h_{T-1}/∂W_hh"):
            close(found[name], norm_of(arrays[name]))


@given(st.lists(st.floats(1e-12, 1e12), min_size=2, max_size=6))
@settings(deadline=None)
def test_the_norm_of_the_softmax_by_the_secular_equation(weights):
    o = np.array(weights) / sum(weights)
    rest = np.array([np.delete(o, i).sum() for i in range(len(o))])
    matrix = np.diag(o * rest) - np.outer(o, o) * ~np.eye(len(o), dtype=bool)  # no cancellation on the diagonal
    assert _derive_products.softmax_norm(o) == pytest.approx(np.linalg.norm(matrix, 2), rel=1e-6)


def test_a_saturated_softmax_keeps_its_digits():
    assert _derive_products.softmax_norm(np.array([1e-30, 1.0])) == pytest.approx(2e-30, rel=1e-12)
    assert _derive_products.softmax_norm(np.array([0.0, 1.0])) == 0


@pytest.mark.parametrize("mistake", [lambda found: found * 1.01, lambda found: found.T])
def test_a_wrong_gradient_does_not_pass_the_check(monkeypatch, mistake):
    net, x, y = make()
    right = derive(net, x, y).check
    assert right.numeric < 1e-9
    assert right.numeric_error < 1e-8
    assert (right.along, right.count) == ("entries", 25)
    original = _derive_products.contributions

    def wrong(before, way):
        found = original(before, way)
        return type(found)(mistake(found.scaled), found.log_scale, found.log_size, found.log_terms, found.shares)

    monkeypatch.setattr(_derive_products, "contributions", wrong)
    found = derive(net, x, y).check
    assert found.numeric > 5e-3
    assert found.bptt > 5e-3
    monkeypatch.setattr(_derive_check, "MOST_ENTRIES", 4)
    found = derive(net, x, y).check
    assert found.along == "directions"
    assert found.numeric > 1e-3


@pytest.mark.parametrize("power", [1.0, 1e6])
def test_differences_know_their_own_error(power):
    value, error = _derive_check.slope(lambda t: math.sin(power * t + 1), power)
    exact = power * math.cos(1)
    assert abs(value - exact) <= 10 * error < 1e-5 * exact
    assert math.isnan(_derive_check.slope(lambda t: math.sin(1e40 * t), 1e40)[0])


def test_one_sample_of_a_ragged_batch_is_what_it_is_alone():
    net, x, y = make(batch=3, steps=9, bias=True)
    start = np.random.default_rng(5).standard_normal((3, 5))
    every_step = np.tile(y[:, None], (1, 9))
    every_step[1, 4:] = (y[1] + 1) % 4  # labels beyond the end are not looked at
    whole = derive(net, x, every_step, sample=1, lengths=[9, 4, 6], initial=start)
    alone = derive(net, x[1:2, :4], y[1:2], initial=start[1])
    assert whole.steps == 4
    assert whole.to_dict() == {**alone.to_dict(), "sample": 1}


def test_labels_may_be_distributions_of_any_weight():
    net, x, y = make()
    assert derive(net, x, np.eye(4)[y]).to_dict() == derive(net, x, y).to_dict()
    weights = np.array([[0.5, 0.2, 0.0, 2.0]] * 2)
    found = derive(net, x, weights)
    arrays, _, _ = by_definition(net, x[0], weights[0])
    close(found.factors[0].log_norm, norm_of(arrays["∂E_T/∂ô_T"]))
    assert found.check.numeric < 1e-9
    nothing = derive(net, x, np.zeros((2, 4)))
    assert nothing.log_gradient == -math.inf
    assert "no gradient reaches h_T" in nothing.answer


def test_a_float32_net_is_measured_in_float64():
    net, x, y = make(dtype="float32")
    found = derive(net, x, y)
    assert found.architecture.dtype == "float32"
    assert found.check.numeric < 1e-9
    assert 1e-9 < found.check.bptt < 1e-5


def test_nothing_is_written_to_and_the_same_call_gives_the_same_record():
    net, x, y = make(bias=True)
    kept = {name: values.copy() for name, values in net.parameters().items()}
    x.setflags(write=False)
    first = derive(net, x, y)
    assert derive(net, x, y) == first
    assert all((kept[name] == values).all() for name, values in net.parameters().items())


def test_parts_add_nothing_of_their_own():
    net, x, y = make()
    found = derive(net, x, y)
    parts = {part.name: part for part in found.parts}
    assert tuple(parts) == PARTS
    assert parts["∂E_T/∂W_hh"].log_norm == found.log_gradient
    assert parts["δ_T"].log_norm == found.lags.log_deltas[0]
    assert parts["∂E_T/∂h_T"].log_norm == pytest.approx(found.lags.log_gradients[0])
    close(parts["W_hhᵀ"].log_norm, np.linalg.norm(net.W_hh, 2))
