"""What the derivation answers in each regime, and what it refuses."""

from __future__ import annotations

import math

import numpy as np
import pytest

from limen.errors import InputError
from limen.rnn.derive import derive
from limen.rnn.net import RNN


def rotation(size):
    return np.linalg.qr(np.random.default_rng(0).standard_normal((size, size)))[0]


def make(**options):
    generator = np.random.default_rng(0)
    return RNN(3, 5, 4, **options), generator.standard_normal((2, 7, 3)), generator.integers(4, size=2)


def answer_of(factor, activation="identity", steps=40, **options):
    net = RNN(1, 4, 3, hidden_activation=activation, **options)
    net.W_hh[:] = factor * rotation(4)
    x = np.random.default_rng(1).standard_normal((1, steps, 1))
    return derive(net, x, [0])


def test_what_shrinks_grows_or_keeps_its_size_is_said():
    found = answer_of(0.5)
    assert "shrinks by a factor of 0.500 a step: its norm is 1 at lag 0 and 1.8e-12 at lag 39" in found.answer
    assert "only factor whose size changes exponentially with the lag" in found.answer
    assert "saturation g_h' accounts for a factor 1.00 of it, the weights W_hh for 0.500" in found.answer
    assert "below a thousandth of ‖∂E_T/∂h_T‖ from lag 10 on" in found.answer
    assert found.horizon == 10
    grown = answer_of(1.2)
    assert "grows by a factor of 1.20 a step" in grown.answer
    assert "changes exponentially with the lag as well, ‖h_{k-1}‖ by a factor of 0.8" in grown.answer
    assert grown.horizon == math.inf
    kept = answer_of(1.0)
    assert "keeps its size (a factor of 1.00 a step)" in kept.answer
    assert "No factor changes exponentially" in kept.answer


@pytest.mark.parametrize(
    ("factor", "steps", "question"),
    [
        (0.5, 40, "1b. Which term makes the gradient vanish?"),
        (1.2, 40, "1b. Which term makes the gradient explode?"),
        (1.0, 40, "1b. Does any term make the gradient vanish or explode?"),
        (0.5, 1, "1b. Does any term make the gradient vanish?"),
    ],
)
def test_the_question_follows_the_measurement_in_every_view(factor, steps, question):
    found = answer_of(factor, steps=steps)
    for view in (found.to_text(), found.to_html(), found.to_latex(), found.to_latex(document=True)):
        assert view.count("1b. ") == 1
        assert question in view


def test_saturation_is_told_from_the_weights():
    net = RNN(1, 4, 3, bias=True)
    net.W_hh[:], net.b_h[:] = rotation(4), 1.5
    found = derive(net, np.zeros((1, 30, 1)), [0])
    assert found.weights == pytest.approx(1, rel=1e-12)
    assert found.saturation < 0.7
    assert found.rate < 0.8


def test_one_step_has_no_product():
    found = answer_of(0.5, steps=1)
    assert found.answer.startswith("T = 1: there is no product of Jacobians")
    assert math.isnan(found.rate)
    assert np.isnan(found.lags.shares).all()  # h_0 is 0, so is the gradient
    assert "one step" not in answer_of(0.5, steps=2).answer


def test_a_dead_net_is_exactly_zero():
    net = RNN(1, 4, 3, hidden_activation="relu", bias=True)
    net.b_h[:], net.W_xh[:] = -1, 0
    net.W_hh[:] = 0
    found = derive(net, np.zeros((1, 10, 1)), [0], initial=np.ones(4))
    assert (found.lags.log_products[1:] == -np.inf).all()
    assert "exactly 0 from lag 1 on" in found.answer
    assert found.check.numeric == 0


def test_causes_apart_from_time_are_told():
    net, x, y = make(output_activation="sigmoid")
    assert "Apart from time" not in derive(net, x, y).answer
    net.W_hy *= 300
    assert "g_y (sigmoid) is saturated" in derive(net, x, y).answer
    net, x, y = make(bias=True)
    net.b_y[y[0]] = 12
    assert "fitted already" in derive(net, x, y).answer


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"net": "net"}, "net is a str, expected a limen.rnn.RNN"),
        ({"x": np.zeros((7, 3))}, r"x has the shape \(7, 3\)"),
        ({"x": np.zeros((2, 0, 3))}, "no time step"),
        ({"x": np.full((2, 7, 3), np.nan)}, "x holds nan at sample 0, step 0"),
        ({"y": [0, 9]}, "y is 9 at sample 1"),
        ({"y": [0]}, "y has the shape"),
        ({"sample": 2}, "sample is 2, expected less than 2"),
        ({"sample": -1}, "sample is -1"),
        ({"sample": 0.5}, "sample is 0.5"),
        ({"sample": True}, "sample is True"),
        ({"lengths": [8, 1]}, "lengths is 8"),
        ({"initial": np.zeros(3)}, "initial has the shape"),
    ],
)
def test_bad_input_is_named(change, match):
    net, x, y = make()
    with pytest.raises(InputError, match=match):
        derive(**({"net": net, "x": x, "y": y} | change))


def test_damaged_weights_are_named():
    net, x, y = make()
    net.W_hh[1, 2] = np.inf
    with pytest.raises(InputError, match="W_hh holds inf at row 1, column 2"):
        derive(net, x, y)
