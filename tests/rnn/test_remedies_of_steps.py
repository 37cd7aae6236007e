"""Remedies for a step of the user's own: what a row tells is what gradient_flow finds once its code has run."""

import copy
import threading

import numpy as np
import pytest
import torch
from torch import nn

import limen

T, B, INPUTS, HIDDEN = 60, 3, 4, 5
F64 = {"dtype": torch.float64}


class Step(nn.Module):
    """A minimal gated unit: two recurrent matrices, side by side in one parameter; its state is a pair."""

    def __init__(self):
        super().__init__()
        self.read = nn.Linear(INPUTS, 2 * HIDDEN, **F64)
        self.inner = nn.ModuleList([nn.Module()])
        self.inner[0].U = nn.Parameter(0.3 * torch.randn(HIDDEN, 2 * HIDDEN, **F64))

    def forward(self, x, state):
        h, count = state
        a = self.read(x) + h @ self.inner[0].U
        gate = torch.sigmoid(a[:, :HIDDEN])
        return gate * h + (1 - gate) * torch.tanh(a[:, HIDDEN:]), count + 1


class Plain(nn.Module):
    """A plain step that makes its own first state, and knows how to start afresh."""

    def __init__(self):
        super().__init__()
        self.W_x, self.W_h = nn.Parameter(torch.empty(INPUTS, HIDDEN, **F64)), nn.Parameter(torch.empty(5, 5, **F64))
        self.reset_parameters()

    def reset_parameters(self):
        nn.init.normal_(self.W_x)
        nn.init.normal_(self.W_h, std=0.1)

    def forward(self, x, h=None):
        a = x @ self.W_x
        return torch.tanh(a if h is None else a + h @ self.W_h)


class Loop(nn.Module):
    def __init__(self, step):
        super().__init__()
        self.layers = nn.ModuleList([step])
        self.head = nn.Linear(HIDDEN, 2, **F64)

    def forward(self, x):
        zeros = x.new_zeros(B, HIDDEN)
        state = (zeros, zeros.clone()) if isinstance(self.layers[0], Step) else None
        for one in x:
            state = self.layers[0](one, state) if state is not None else self.layers[0](one)
        return self.head(state[0] if isinstance(state, tuple) else state)


def loss(output):
    return (output * torch.tensor([1.0, -0.5], **F64)).sum()


def data():
    return torch.randn(T, B, INPUTS, **F64, generator=torch.Generator().manual_seed(5))


@pytest.mark.parametrize(
    ("step", "cells", "names"),
    [
        (Step, {"layers.0": ["inner.0.U"]}, ["as it is", "orthogonal inner.0.U, other weights your own"]),
        (
            Plain,
            {"layers.0": ["W_h"]},
            ["as it is", "fresh start", "orthogonal W_h, fresh start", "identity W_h, fresh start"],
        ),
    ],
)
def test_the_code_of_every_remedy_does_what_its_row_tells(step, cells, names):
    torch.manual_seed(0)
    model, x = Loop(step()), data()
    kept, state = copy.deepcopy(model.state_dict()), torch.get_rng_state()
    found = limen.rnn.remedies(model, x, loss=loss, cells=cells, seed=7, starts=2)
    torch.testing.assert_close(model.state_dict(), kept, rtol=0, atol=0)
    assert torch.equal(torch.get_rng_state(), state)
    assert [row.name for row in found.rows] == names
    for row in found.rows:
        changed = copy.deepcopy(model)
        torch.manual_seed(7)
        exec(row.code, {"model": changed})  # noqa: S102 - that it runs is what is tested
        flow = limen.gradient_flow(changed, x, loss=loss, cells=cells)
        np.testing.assert_array_equal(row.horizons[:, 0], flow.layers[0].gradient_horizons, err_msg=row.name)
        assert row.horizons.shape[1] == (1 if row.name == "as it is" else 2)
    assert found.rows[0].code == ""
    assert len({row.factor for row in found.rows}) == len(names)
    if "fresh start" in names:
        assert found.rows[found.best].name == "identity W_h, fresh start"


def test_a_layer_of_torchs_own_beside_a_step_is_treated_as_ever():
    class Both(nn.Module):
        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            self.rnn, self.loop = nn.RNN(INPUTS, INPUTS, **F64), Loop(Plain())
            nn.init.eye_(self.loop.layers[0].W_h)

        def forward(self, x):
            return self.loop(0.01 * self.rnn(x)[0])

    found = limen.rnn.remedies(Both(), data(), loss=loss, cells={"loop.layers.0": ["W_h"]}, starts=1)
    assert found.title.startswith("rnn RNN")
    assert any("GRU" in row.name for row in found.rows)


def test_a_step_that_cannot_be_tried_is_refused_with_the_way_out():
    model, x = Loop(Plain()), data()
    with pytest.raises(limen.LimenError, match=r"give cells=\{'layers\.0': \[\.\.\.\]\} with its name, such as 'W_h'"):
        limen.rnn.remedies(model, x, loss=loss, cells=["layers.0"])
    with pytest.raises(limen.LimenError, match=r"weight 'W_x' of 'layers\.0', of shape \(4, 5\), expected a square"):
        limen.rnn.remedies(model, x, loss=loss, cells={"layers.0": ["W_x"]})
    with pytest.raises(limen.LimenError, match="cells names the weight 'U'"):
        limen.rnn.remedies(model, x, loss=loss, cells={"layers.0": ["U"]})
    model.layers[0].lock = threading.Lock()
    with pytest.raises(limen.LimenError, match=r"model\.layers\[0\] a step of your own that copy\.deepcopy cannot"):
        limen.rnn.remedies(model, x, loss=loss, cells={"layers.0": ["W_h"]})
