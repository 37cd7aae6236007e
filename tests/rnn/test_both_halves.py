"""The two halves of the recurrent wing say the same of the net of the course: BPTT by hand, gradient flow in torch."""

import numpy as np
import pytest
import torch

import limen
from limen.rnn import RNN

T, B = 7, 4


@pytest.mark.parametrize("steps", ["all", "last"])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("hidden_activation", ["tanh", "relu", "sigmoid", "identity"])
def test_contributions_by_hand_are_the_shares_in_torch(hidden_activation, bias, steps):
    net = RNN(3, 5, 4, hidden_activation=hidden_activation, output_activation="tanh", bias=bias, seed=3)
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(B, T, 3)), generator.integers(4, size=(B, T))
    by_hand = net.bptt(net.forward(x), y, steps=steps)
    each = by_hand.contributions()
    shares = (each * by_hand.W_hh).sum((1, 2)) / (by_hand.W_hh**2).sum()
    kept = slice(None) if steps == "all" else slice(-1, None)

    def loss(scores):
        return torch.nn.functional.cross_entropy(
            scores[:, kept].flatten(0, 1), torch.as_tensor(y[:, kept]).flatten(), reduction="sum"
        )

    flow = limen.gradient_flow(net, x, loss=loss)
    (layer,) = flow.layers
    assert flow.loss == pytest.approx(net.loss(net.forward(x), y, steps=steps))
    assert layer.shares == pytest.approx(shares, abs=1e-12)
    assert layer.hidden == 5


def test_what_derive_measures_is_what_the_flow_measures():
    net = RNN(3, 5, 4, seed=1)
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(1, T, 3)), generator.integers(4, size=(1, T))
    told = limen.rnn.derive(net, x, y)
    flow = limen.gradient_flow(
        net, x, loss=lambda scores: torch.nn.functional.cross_entropy(scores[:, -1], torch.as_tensor(y[:, -1]))
    )
    (layer,) = flow.layers
    assert layer.shares[::-1] == pytest.approx(told.lags.shares, abs=1e-12)
    assert layer.log_norms[::-1, 0] == pytest.approx(told.lags.log_gradients)
    assert layer.log_saturation[::-1] == pytest.approx(told.lags.log_saturation)
    assert layer.log_weights[::-1] == pytest.approx(told.lags.log_weights)
