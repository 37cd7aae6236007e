"""Gradient flow through a step of the user's own, and through whatever a model may do around its recurrent layers."""

import copy
import warnings

import numpy as np
import pytest
import torch
from torch import nn

import limen

T, B, INPUTS, HIDDEN = 8, 3, 4, 5


class NormedStep(nn.Module):
    """A recurrent step with layer normalisation inside: no formula of limen's knows it."""

    def __init__(self):
        super().__init__()
        self.read = nn.Linear(INPUTS, HIDDEN, dtype=torch.float64)
        self.keep = nn.Linear(HIDDEN, HIDDEN, dtype=torch.float64)
        self.norm = nn.LayerNorm(HIDDEN, dtype=torch.float64)

    def forward(self, x, h):
        return torch.tanh(self.norm(self.read(x) + self.keep(h)))


class Loop(nn.Module):
    """A loop over a step, with a linear head on all its states; `between` is done to the state before each step."""

    def __init__(self, step, start=None, between=None):
        super().__init__()
        self.step, self.start, self.between = step, start, between
        self.head = nn.Linear(HIDDEN, 2, dtype=torch.float64)

    def states(self, x):
        state = self.start
        found = []
        for one in x:
            if self.between is not None and found:
                state = self.between(state)
            state = self.step(one, state)
            found.append(state[0] if isinstance(state, tuple) else state)
        return found

    def forward(self, x):
        return self.head(torch.stack(self.states(x)))


def loss(output):
    return (output[-3:].sin() ** 2).sum()


def data():
    torch.manual_seed(0)
    return torch.randn(T, B, INPUTS, dtype=torch.float64)


def test_a_step_of_ones_own_is_taken_through_time():
    x = data()
    net = Loop(NormedStep(), torch.zeros(B, HIDDEN, dtype=torch.float64))
    (layer,) = limen.gradient_flow(net, x, loss=loss, cells={"step": ["keep.weight"]}).layers
    weights = [net.step.keep.weight.detach().clone().requires_grad_() for _ in range(T)]
    state, found = net.start, []
    for one, weight in zip(x, weights, strict=True):
        a = net.step.read(one) + nn.functional.linear(state, weight, net.step.keep.bias)
        state = torch.tanh(net.step.norm(a))
        state.retain_grad()
        found.append(state)
    loss(net.head(torch.stack(found))).backward()
    np.testing.assert_allclose(layer.log_norms, [h.grad.norm(dim=1).log() for h in found], rtol=1e-8)
    each = torch.stack([w.grad for w in weights])
    shares = (each * each.sum(0)).sum((1, 2)) / each.sum(0).square().sum()
    assert layer.shares == pytest.approx(shares.numpy())
    assert layer.kind == "NormedStep"
    assert np.isnan(layer.log_saturation).all()


@pytest.mark.parametrize("kind", ["lstm", "gru", "tanh"])
def test_a_cell_named_as_a_step_tells_the_same_as_by_its_formula(kind):
    x = data()
    cells = {"lstm": nn.LSTMCell, "gru": nn.GRUCell, "tanh": nn.RNNCell}
    zeros = torch.zeros(B, HIDDEN, dtype=torch.float64)
    net = Loop(cells[kind](INPUTS, HIDDEN, dtype=torch.float64), (zeros, zeros) if kind == "lstm" else zeros)
    options = {"loss": loss, "exponents": 3}
    (known,) = limen.gradient_flow(net, x, **options).layers
    (own,) = limen.gradient_flow(net, x, cells={"step": ["weight_hh"]}, **options).layers
    for name in ("shares", "log_last", "log_factors", "sample_shares", "gradient_horizons", "share_horizons"):
        np.testing.assert_allclose(getattr(own, name), getattr(known, name), rtol=1e-7, atol=1e-12, err_msg=name)
    np.testing.assert_allclose(own.exponents.values, known.exponents.values, rtol=1e-7)


def test_a_step_that_makes_its_own_first_state_has_no_first_factor():
    net = Loop(nn.GRUCell(INPUTS, HIDDEN, dtype=torch.float64))
    (layer,) = limen.gradient_flow(net, data(), loss=loss, cells=["step"], exponents=2).layers
    assert np.isnan(layer.log_factors[0])
    assert np.isfinite(layer.log_factors[1:]).all()
    assert np.isfinite(layer.exponents.values).all()


def test_states_changed_between_steps_are_still_followed_or_refused_with_a_remedy():
    x = data()
    net = Loop(nn.GRUCell(INPUTS, HIDDEN, dtype=torch.float64), between=lambda h: 0.9 * h)
    flow = limen.gradient_flow(net, x, loss=loss)  # one layer a step, each handing down to the one before
    states = net.states(x)
    for state in states:
        state.retain_grad()
    loss(net.head(torch.stack(states))).backward()
    found = [layer.log_norms[0] for layer in flow.layers]
    np.testing.assert_allclose(found, [h.grad.norm(dim=1).log() for h in states], rtol=1e-8)
    with pytest.raises(limen.LimenError, match="changed between its steps"):
        limen.gradient_flow(net, torch.cat([x, x, x]), loss=loss)


def test_a_net_that_reads_its_own_answer_is_refused():
    class Speaker(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell = nn.GRUCell(HIDDEN, HIDDEN)

        def forward(self, x):
            h = x
            for _ in range(3):
                h = self.cell(h * 2, h)
            return h

    with pytest.raises(limen.LimenError, match="back into its own input"):
        limen.gradient_flow(Speaker(), torch.randn(B, HIDDEN), loss=lambda h: h.sum())


class Everything(nn.Module):
    """An embedding, batch normalisation, a shared stack and an unbatched call."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(7, INPUTS)
        self.norm = nn.BatchNorm1d(INPUTS)
        self.rnn = nn.LSTM(INPUTS, HIDDEN, num_layers=2, batch_first=True)

    def forward(self, x):
        return self.rnn(self.norm(self.embed(x).transpose(1, 2)).transpose(1, 2))[0] + torch.rand(()) * 0


@pytest.mark.parametrize("training", [False, True])
def test_the_model_is_left_as_it_was(training):
    torch.manual_seed(0)
    net = Everything().train(training)
    before = copy.deepcopy(net.state_dict())
    x = torch.randint(7, (B, T))
    next(net.parameters()).grad = torch.ones(7, INPUTS)
    state = torch.get_rng_state()
    handle = net.rnn.register_forward_hook(lambda *_: None)
    limen.gradient_flow(net, x, loss=lambda out: out[:, -1].square().sum(), clip_norm=1.0)
    with pytest.raises(ZeroDivisionError):
        limen.gradient_flow(net, x, loss=lambda _: 1 / 0)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert [p.grad is not None for p in net.parameters()] == [True] + [False] * (len(list(net.parameters())) - 1)
    assert net.training is training
    assert net.rnn.training is training
    assert "forward" not in net.rnn.__dict__
    assert list(net.rnn._forward_hooks) == [handle.id]
    assert all(p.requires_grad for p in net.parameters())


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("kind", [nn.GRU, nn.LSTM, nn.RNN])
def test_half_precision_is_followed_in_float32(kind, dtype):
    torch.manual_seed(0)
    net = nn.Sequential()
    net.rnn = kind(INPUTS, HIDDEN, num_layers=2).to(dtype)
    x = torch.randn(T, B, INPUTS).to(dtype)
    flow = limen.gradient_flow(net.rnn, x, loss=lambda out: out[0][-1].float().square().sum())
    exact = limen.gradient_flow(net.rnn.float(), x.float(), loss=lambda out: out[0][-1].square().sum())
    assert flow.dtype == str(dtype).removeprefix("torch.")
    for one, other in zip(flow.layers, exact.layers, strict=True):
        np.testing.assert_allclose(one.log_norms, other.log_norms, atol=0.2)


class InPlace(nn.Module):
    """Writes into what its recurrent layers gave, as a model may."""

    def __init__(self, cell):
        super().__init__()
        self.rnn, self.cell = nn.GRU(INPUTS, HIDDEN, batch_first=True), cell

    def forward(self, x, written=True):
        output, _ = self.rnn(x)
        if written:
            output[:, 0] = 0
            output.mul_(2)
        else:
            output = torch.cat([output[:, :1] * 0, output[:, 1:]], 1) * 2
        h = None
        for step in output.unbind(1):
            h = self.cell(step, h)
            if written:
                h.mul_(0.5)
            else:
                h = h * 0.5
        return h


def test_what_is_handed_out_may_be_written_to():
    torch.manual_seed(0)
    net, x = InPlace(nn.RNNCell(HIDDEN, 3)), torch.randn(B, T, INPUTS)
    before = net(x).detach().clone()
    flow = limen.gradient_flow(net, x, loss=lambda h: h.square().sum())
    torch.testing.assert_close(net(x), before)
    other = limen.gradient_flow(net, (x, False), loss=lambda h: h.square().sum())
    for one, two in zip(flow.layers, other.layers, strict=True):
        np.testing.assert_allclose(one.log_norms, two.log_norms, rtol=1e-5)


def test_one_value_a_step_gives_the_map_and_its_last_row_is_the_last_loss():
    x = data()
    net = Loop(nn.LSTMCell(INPUTS, HIDDEN, dtype=torch.float64))
    flow = limen.gradient_flow(net, x, loss=lambda out: out.square().sum((1, 2)))
    states = net.states(x)
    for state in states:
        state.retain_grad()
    values = net.head(torch.stack(states)).square().sum((1, 2))
    assert flow.heat.steps.tolist() == list(range(T))
    for step, row in zip(flow.heat.steps, flow.heat.log_norms, strict=True):
        grads = torch.autograd.grad(values[step], states, retain_graph=True, allow_unused=True)
        wanted = [0.0 if g is None else float(g.square().sum(1).mean().sqrt()) for g in grads]
        np.testing.assert_allclose(np.exp(row), wanted, rtol=1e-8)
    (layer,) = flow.layers
    assert flow.loss == pytest.approx(float(values.sum().detach()))
    summed = limen.gradient_flow(net, x, loss=lambda out: out.square().sum()).layers[0]
    np.testing.assert_allclose(layer.log_norms, summed.log_norms)
    assert flow.layers[0].last.tolist() == [T - 1] * B


def test_one_step_and_many():
    net = nn.GRU(2, 3)
    (layer,) = limen.gradient_flow(net, torch.randn(1, B, 2), loss=lambda out: out[0].sum()).layers
    assert layer.shares.tolist() == [1.0] or np.isnan(layer.shares).all()  # h_0 = 0, so ∂L/∂W_hh is 0
    assert np.isinf(layer.gradient_horizons).all()
    flow = limen.gradient_flow(net, torch.randn(10_000, 1, 2), loss=lambda out: out[0][-1].sum())
    assert flow.layers[0].log_norms[0, 0] < -1000
    assert flow.verdict.name == "VANISHING"


def test_a_linear_net_has_the_exponents_of_its_matrix():
    torch.manual_seed(1)
    net = nn.RNN(2, 4, nonlinearity="relu", dtype=torch.float64)
    with torch.no_grad():
        net.weight_hh_l0.copy_(torch.diag(torch.tensor([0.9, 0.7, 0.5, 0.2])))
        net.weight_ih_l0.fill_(0.1)
        net.bias_ih_l0.fill_(1.0)
    x = torch.rand(300, 2, 2, dtype=torch.float64)
    (layer,) = limen.gradient_flow(net, x, loss=lambda out: out[0][-1].sum(), exponents=4).layers
    np.testing.assert_allclose(layer.exponents.values, np.log([0.9, 0.7, 0.5, 0.2]), atol=0.03)
    assert layer.factor == pytest.approx(0.9, abs=0.01)


def test_exponents_of_an_lstm_are_those_of_its_full_state():
    torch.manual_seed(2)
    cell = nn.LSTMCell(2, 3, dtype=torch.float64)
    net = Loop(cell)
    net.head = nn.Linear(3, 2, dtype=torch.float64)
    x = torch.randn(40, 1, 2, dtype=torch.float64)
    (layer,) = limen.gradient_flow(net, x, loss=loss, exponents=6).layers
    product = torch.eye(6, dtype=torch.float64)
    log_volume, state = 0.0, torch.zeros(6, dtype=torch.float64)
    for one in x:

        def move(s, one=one):
            return torch.cat(cell(one, (s[None, :3], s[None, 3:])), 1)[0]

        product = torch.autograd.functional.jacobian(move, state)
        log_volume += float(torch.linalg.slogdet(product)[1])
        state = move(state).detach()
    assert layer.exponents.values.sum() * len(x) == pytest.approx(log_volume)
    assert (np.diff(layer.exponents.values) < 0).all()
    assert (layer.exponents.low <= layer.exponents.values).all()
    assert (layer.exponents.values <= layer.exponents.high).all()


class Head(nn.Module):
    """A GRU with a head that may be saturated."""

    def __init__(self, shift=0.0):
        super().__init__()
        self.rnn, self.head, self.shift = nn.GRU(3, 8), nn.Linear(8, 2), shift

    def forward(self, x):
        return torch.tanh(self.head(self.rnn(x)[0][-1]) + self.shift)


@pytest.mark.parametrize(
    ("shift", "target", "cause"),
    [(0.0, 0.5, None), (5.0, 2.0, "SATURATED_OUTPUT"), (0.0, None, "FITTED")],
)
def test_causes_apart_from_time(shift, target, cause):
    torch.manual_seed(3)
    net, x = Head(shift), torch.randn(6, 4, 3)
    wanted = net(x).detach() * 1.0001 if target is None else target
    flow = limen.gradient_flow(net, x, loss=lambda out: ((out - wanted) ** 2).mean())
    assert [one.name for one in flow.causes] == ([] if cause is None else [cause])


def test_clipping_is_told():
    torch.manual_seed(4)
    net, x = Head(), torch.randn(6, 4, 3)
    total = net(x).square().sum() * 100
    norm = torch.nn.utils.get_total_norm(torch.autograd.grad(total, list(net.parameters())))
    flow = limen.gradient_flow(net, x, loss=lambda out: out.square().sum() * 100, clip_norm=1.0)
    assert flow.output.clip_factor == pytest.approx(1 / float(norm), rel=1e-5)
    assert "CLIPPED" in [cause.name for cause in flow.causes]


@pytest.mark.parametrize(("gain", "verdict"), [(0.3, "VANISHING"), (1.0, "HEALTHY"), (3.0, "EXPLODING")])
def test_verdicts_of_scaled_orthogonal_nets(gain, verdict):
    torch.manual_seed(5)
    net = nn.RNN(2, 6, nonlinearity="relu", dtype=torch.float64)
    with torch.no_grad():
        net.weight_hh_l0.copy_(gain * torch.eye(6))
        net.weight_ih_l0.abs_()
        net.bias_ih_l0.fill_(0.2)
    flow = limen.gradient_flow(net, torch.rand(20, 4, 2, dtype=torch.float64), loss=lambda out: out[0][-1].sum())
    assert flow.verdict.name == verdict
    assert flow.layers[0].factor == pytest.approx(gain)
    assert flow.layers[0].log_weights[1:] == pytest.approx([np.log(gain)] * 19)
    if gain == 0.3:
        assert set(flow.layers[0].gradient_horizons) == {6.0}  # .3^5 = 2.4e-3, .3^6 = 7e-4


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda _, x: (nn.Linear(3, 2), x), "without a recurrent layer; it holds"),
        (lambda _, x: ("net", x), "model is of type str, expected a torch.nn.Module"),
        (lambda net, x: (net, x[:0]), r"0 steps of 4 samples|Expected sequence length"),
        (lambda net, x: (net, torch.full_like(x, torch.nan)), "inputs of 'rnn' that are not finite, first at step 0"),
        (lambda _, x: (nn.Sequential(nn.Dropout(0.5), nn.GRU(3, 2)).train(), x), "dropout active in '0'"),
        (lambda _, x: (nn.GRU(3, 2, 2, dropout=0.3).train(), x), "dropout active in 'GRU'"),
    ],
)
def test_wrong_models_and_inputs(change, match):
    net, x = change(Head(), torch.randn(6, 4, 3))
    with pytest.raises((limen.LimenError, RuntimeError), match=match):
        limen.gradient_flow(net, x, loss=lambda out: (out[0] if isinstance(out, tuple) else out).sum())


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"loss": lambda out: out}, r"shape \(4, 2\), expected a scalar or one value a step \(6,\)"),
        ({"loss": lambda _: torch.zeros((), requires_grad=True)}, "does not depend on a recurrent layer"),
        ({"loss": lambda out: out.detach().sum()}, "does not depend on a recurrent layer"),
        ({"loss": lambda _: 1.0}, "gave a float, expected a tensor"),
        ({"loss": lambda out: out.sum() / 0}, "loss is -?inf|loss is nan"),
        ({"loss": 3}, "loss is of type int, expected a function"),
        ({"clip_norm": -1}, "clip_norm is -1"),
        ({"exponents": -1}, "exponents is -1"),
        ({"cells": ["nothing"]}, "cells is 'nothing', expected one of: rnn, head"),
        ({"cells": "rnn"}, "cells is the string"),
    ],
)
def test_wrong_options(options, match):
    with pytest.raises(limen.LimenError, match=match):
        limen.gradient_flow(Head(), torch.randn(6, 4, 3), **{"loss": lambda out: out.sum(), **options})


def test_a_weight_that_is_not_finite_is_named():
    net = Head()
    with torch.no_grad():
        net.rnn.weight_hh_l0[3, 2] = torch.inf
    with pytest.raises(limen.LimenError, match=r"W_hh of 'rnn' that is not finite, first at \(3, 2\)"):
        limen.gradient_flow(net, torch.randn(6, 4, 3), loss=lambda out: out.sum())


def test_parametrised_and_compiled_neighbours():
    torch.manual_seed(6)
    net = nn.Sequential()
    net.rnn = torch.nn.utils.parametrizations.orthogonal(nn.RNN(2, 4), "weight_hh_l0")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        flow = limen.gradient_flow(net.rnn, torch.randn(5, 2, 2), loss=lambda out: out[0][-1].sum())
    assert flow.layers[0].kind == "RNN (tanh)"
    np.testing.assert_allclose(flow.layers[0].log_weights[1:], 0.0, atol=1e-5)
    assert "parametrizations" in dict(net.rnn.named_children())
