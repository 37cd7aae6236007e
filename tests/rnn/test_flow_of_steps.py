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


@pytest.mark.parametrize("steps", [2, T, 30])
@pytest.mark.parametrize(
    "between",
    [lambda h: 0.9 * h, lambda h: h.clone(), lambda h: torch.where(h > 0, h, h.detach()), lambda h: h.mul_(2)],
)
def test_states_changed_between_steps_are_refused_with_a_remedy(between, steps):
    net = Loop(nn.GRUCell(INPUTS, HIDDEN, dtype=torch.float64), between=between)
    with pytest.raises(limen.LimenError, match="changes the states of 'step' between its calls"):
        limen.gradient_flow(net, torch.randn(steps, B, INPUTS, dtype=torch.float64), loss=lambda out: out[-1].sum())


def test_the_output_of_a_step_is_its_state():
    class Chunks(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = nn.GRU(INPUTS, HIDDEN, dtype=torch.float64)

        def forward(self, x, by_output):
            state, output = None, None
            for one in x:
                output, state = self.rnn(one[None], state)
                state = output if by_output else state
            return output

    net, x = Chunks(), data()
    one, other = (limen.gradient_flow(net, (x, by), loss=lambda out: out.sin().sum()).layers[0] for by in (True, False))
    np.testing.assert_allclose(one.log_norms, other.log_norms)
    assert len(one.shares) == T


def test_sequences_that_start_anew_are_layers_of_their_own():
    class Sentences(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = nn.GRU(INPUTS, HIDDEN)

        def forward(self, x):
            return torch.stack([self.rnn(one)[1] for one in x])

    flow = limen.gradient_flow(Sentences(), torch.randn(20, 6, B, INPUTS), loss=lambda out: out.square().sum())
    assert len(flow.layers) == 20
    assert flow.layers[1].title == "rnn GRU, sequence 2 of 20, layer 1"


def test_samples_that_hear_each_other_are_refused():
    class Normed(NormedStep):
        def __init__(self):
            super().__init__()
            self.norm = nn.BatchNorm1d(HIDDEN, dtype=torch.float64)

    net = Loop(Normed(), torch.zeros(B, HIDDEN, dtype=torch.float64))
    with pytest.raises(limen.LimenError, match="hear each other"):
        limen.gradient_flow(net, data(), loss=loss, cells=["step"])
    limen.gradient_flow(net.eval(), data(), loss=loss, cells=["step"])


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


def test_autocast_around_the_call():
    torch.manual_seed(0)
    net, x = Head(), torch.randn(6, 4, 3)
    exact = limen.gradient_flow(net, x, loss=lambda out: out.float().square().sum())
    with torch.autocast("cpu", torch.bfloat16):
        flow = limen.gradient_flow(net, x, loss=lambda out: out.float().square().sum())
    np.testing.assert_allclose(flow.layers[0].log_norms, exact.layers[0].log_norms, atol=0.1)


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
        last = h
        return last.mul_(0.5) if written else last * 0.5


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


def test_one_step_has_no_way_back():
    net = nn.GRU(2, 3)
    flow = limen.gradient_flow(net, (torch.randn(1, B, 2), torch.ones(1, B, 3)), loss=lambda out: out[0].sum())
    (layer,) = flow.layers
    assert layer.shares.tolist() == [1.0]
    assert np.isnan(layer.gradient_horizons).all()
    assert "no way back" in flow.sentence
    assert np.isnan(limen.gradient_flow(net, torch.randn(1, B, 2), loss=lambda out: out[0].sum()).layers[0].shares)


def test_ten_thousand_steps():
    flow = limen.gradient_flow(nn.GRU(2, 3), torch.randn(10_000, 1, 2), loss=lambda out: out[0][-1].sum())
    assert flow.layers[0].log_norms[0, 0] < -1000
    assert flow.verdict.name == "VANISHING"


def test_a_direction_that_reads_the_last_step_first_has_no_way_back():
    net = nn.GRU(2, 3, bidirectional=True)
    forward, backward = limen.gradient_flow(net, torch.randn(30, B, 2), loss=lambda out: out[0][-1].sum()).layers
    assert np.isfinite(forward.gradient_horizons).all()
    assert np.isnan(backward.gradient_horizons).all()


def test_short_samples_do_not_speak_for_long_ones():
    torch.manual_seed(0)
    packed = nn.utils.rnn.pack_sequence([torch.randn(n, 4) for n in (40, 3, 3, 2)])
    flow = limen.gradient_flow(nn.LSTM(4, 8), packed, loss=lambda out: out[1][0].square().sum())
    assert flow.verdict.name == "VANISHING"
    assert "never" not in flow.sentence


def test_factors_below_the_squares_of_float32():
    net = nn.LSTM(2, 3)
    with torch.no_grad():
        net.weight_hh_l0.zero_()
        net.bias_ih_l0[3:6] = -60
    for kind in (torch.float32, torch.float64):
        torch.manual_seed(0)
        x = torch.randn(6, B, 2).to(kind)
        (layer,) = limen.gradient_flow(net.to(kind), x, loss=lambda out: out[0][-1].sum()).layers
        np.testing.assert_allclose(layer.log_factors[1:-1], -60, atol=1.5)
        np.testing.assert_allclose(layer.log_saturation + layer.log_weights, layer.log_factors, rtol=1e-6)
        np.testing.assert_allclose(layer.path_shares[1:-1, 0], 1.0, rtol=1e-5)


def test_a_gradient_that_is_not_finite_is_named():
    net = Head()
    with pytest.raises(limen.LimenError, match="gradient that is not finite for what 'rnn' gives, first at"):
        limen.gradient_flow(net, torch.randn(6, 4, 3), loss=lambda out: (out - out.detach()).abs().sum().sqrt())


def test_threads_leave_the_model_as_it_was():
    from concurrent.futures import ThreadPoolExecutor

    torch.manual_seed(0)
    net, x = Head(), torch.randn(6, 4, 3)
    with ThreadPoolExecutor(4) as pool:
        flows = list(pool.map(lambda _: limen.gradient_flow(net, x, loss=lambda out: out.square().sum()), range(24)))
    assert "forward" not in net.rnn.__dict__
    assert len({flow.layers[0].log_norms.tobytes() for flow in flows}) == 1
    net(x).sum().backward()
    assert net.rnn.weight_hh_l0.grad.abs().sum() > 0


def test_what_a_model_remembers_is_left_as_it_was():
    class Stateful(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn, self.state = nn.GRU(3, 4), None
            self.register_buffer("scale", torch.ones(3))

        def forward(self, x):
            output, self.state = self.rnn(x * self.scale, self.state)
            self.register_buffer("seen", torch.ones(1))
            self.calls = 1
            return output

    net = Stateful()
    pending = (net.scale * torch.ones(3, requires_grad=True)).sum()
    limen.gradient_flow(net, torch.randn(6, 2, 3), loss=lambda out: out[-1].sum())
    assert net.state is None
    assert not hasattr(net, "calls")
    assert list(dict(net.named_buffers())) == ["scale"]
    pending.backward()


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
@pytest.mark.parametrize("size", [1.0, 1e-12])
def test_causes_apart_from_time(shift, target, cause, size):
    torch.manual_seed(3)
    net, x = Head(shift), torch.randn(6, 4, 3)
    wanted = net(x).detach() * 1.0001 if target is None else target
    flow = limen.gradient_flow(net, x, loss=lambda out: size * ((out - wanted) ** 2).mean())
    assert [one.name for one in flow.causes] == ([] if cause is None else [cause])


def test_a_head_of_small_weights_is_not_saturated():
    torch.manual_seed(3)
    net, x = Head(), torch.randn(6, 4, 3)
    with torch.no_grad():
        net.head.weight.mul_(1e-5)
    assert limen.gradient_flow(net, x, loss=lambda out: (out - 1).square().sum() + 1e4).causes == ()
    with torch.no_grad():
        net.head.weight.zero_()
    flow = limen.gradient_flow(net, x, loss=lambda out: (out - 1).square().sum())
    assert (flow.verdict.name, flow.causes) == ("NO_GRADIENT", ())


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
        (lambda net, x: (net, x[:0]), r"x reaches 'rnn' with the shape \(0, 4, 3\): expected at least one step"),
        (lambda net, x: (net, x[..., :2]), r"shape \(6, 4, 2\), expected 2 or 3 axes, the last of size 3"),
        (lambda net, x: (net, x[0, 0]), r"shape \(3,\), expected 2 or 3 axes"),
        (lambda net, x: (net, x.double()), "as torch.float64, but its weights are torch.float32"),
        (lambda net, x: (net, x.numpy()), "as a ndarray, expected a tensor"),
        (lambda net, x: (net.rnn, (x, torch.zeros(3, 4, 8))), r"hx reaches '' as \(3, 4, 8\), expected \(1, 4, 8\)"),
        (lambda _, x: (nn.LSTM(3, 8), (x, torch.zeros(1, 4, 8))), r"expected \(1, 4, 8\), \(1, 4, 8\) \(h and c\)"),
        (lambda net, x: (net, torch.full_like(x, torch.nan)), "inputs of 'rnn' that are not finite, first at step 0"),
        (lambda _, x: (nn.Sequential(nn.Dropout(0.5), nn.GRU(3, 2)).train(), x), "dropout active in '0'"),
        (lambda _, x: (nn.GRU(3, 2, 2, dropout=0.3).train(), x), "dropout active in 'GRU'"),
    ],
)
def test_wrong_models_and_inputs(change, match):
    net, x = change(Head(), torch.randn(6, 4, 3))
    with pytest.raises(limen.LimenError, match=match):
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
        ({"seed": "a"}, "seed is 'a'"),
        ({"clip_norm": True}, "clip_norm is True"),
        ({"cells": None}, "cells is None"),
        ({"loss": lambda out: (out + 0j).sum()}, "loss gave torch.complex64"),
        ({"cells": ["nothing"]}, "cells is 'nothing', expected one of: rnn, head"),
        ({"cells": "rnn"}, "cells is 'rnn'"),
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


def test_a_weight_that_is_computed():
    torch.manual_seed(6)
    net = nn.Sequential()
    net.rnn = torch.nn.utils.parametrizations.orthogonal(nn.RNN(2, 4), "weight_hh_l0")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        flow = limen.gradient_flow(net.rnn, torch.randn(5, 2, 2), loss=lambda out: out[0][-1].sum())
    assert flow.layers[0].kind == "RNN (tanh)"
    np.testing.assert_allclose(flow.layers[0].log_weights[1:], 0.0, atol=1e-5)
    assert "parametrizations" in dict(net.rnn.named_children())
