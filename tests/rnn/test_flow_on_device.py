"""Gradient flow where the model is, in its own precision, beside the same on the CPU with 64 bits."""

import copy

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import limen
from limen.rnn import Monitor, remedies
from limen.rnn.torch import local
from tests.devices import DEVICE, random_states
from tests.rnn import unrolled

T, B, INPUTS, HIDDEN = 12, 4, 3, 6
NAMES = ("log_norms", "log_direct", "log_through", "log_last", "sample_shares")
MODULES = {
    "tanh": lambda **o: nn.RNN(INPUTS, HIDDEN, **o),
    "relu": lambda **o: nn.RNN(INPUTS, HIDDEN, nonlinearity="relu", **o),
    "gru": lambda **o: nn.GRU(INPUTS, HIDDEN, **o),
    "lstm": lambda **o: nn.LSTM(INPUTS, HIDDEN, **o),
    "projected": lambda **o: nn.LSTM(INPUTS, HIDDEN, proj_size=4, **o),
}


class Net(nn.Module):
    """A recurrent module, dropout and a linear head on its last step."""

    def __init__(self, rnn, dropout=0.0):
        super().__init__()
        width = (rnn.proj_size or rnn.hidden_size) * (1 + rnn.bidirectional)
        self.rnn, self.drop, self.head = rnn, nn.Dropout(dropout), nn.Linear(width, 3)

    def forward(self, x, lengths=None):
        packed = x if lengths is None else pack_padded_sequence(x, lengths, enforce_sorted=False)
        output = self.rnn(packed)[0]
        output = output if lengths is None else pad_packed_sequence(output)[0]
        return self.head(self.drop(output[-1] if lengths is None else output.sum(0)))


class Padded(nn.Module):
    """A net with the lengths of its sequences."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        return self.net(x, [T, 5, 1, 8])


class Loop(nn.Module):
    """A cell in a loop of the user's own."""

    def __init__(self, cell):
        super().__init__()
        self.cell, self.head = cell, nn.Linear(HIDDEN, 3)

    def forward(self, x):
        state = None
        for one in x:
            state = self.cell(one, state)
        return self.head(state[0] if isinstance(state, tuple) else state)


@pytest.fixture(autouse=True, params=["followed there", "followed near"])
def all_digits(request, monkeypatch):
    """Without the short products that cuDNN takes by default: what is compared here is ours.

    Small runs are followed on the CPU, or, as large ones are, where they ran.
    """
    if request.param == "followed there":
        monkeypatch.setattr(local, "SMALL_STEP", 0)
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        yield


def loss(output):
    return (output.sin() ** 2).sum()


def both(net, loss=loss, **options):
    """The flow on the device and on the CPU in 64 bits, of a copy."""
    x = torch.randn(T, B, INPUTS)
    flows = [
        limen.gradient_flow(one.to(where, dtype), x.to(where, dtype), loss=loss, **options)
        for one, where, dtype in ((copy.deepcopy(net), DEVICE, torch.float32), (net, "cpu", torch.float64))
    ]
    assert flows[0].device.startswith(DEVICE)
    return flows


def alike(flows, names=NAMES):
    assert flows[0].loss == pytest.approx(flows[1].loss, rel=2e-3)
    for one, other in zip(flows[0].layers, flows[1].layers, strict=True):
        for name in names:
            np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=0.01, atol=0.01, err_msg=name)


@pytest.mark.filterwarnings("ignore:LSTM with projections")
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("kind", MODULES)
def test_every_number_is_that_of_the_cpu(kind, bidirectional, packed):
    torch.manual_seed(1)
    net = Net(MODULES[kind](num_layers=2, bidirectional=bidirectional))
    alike(both(Padded(net) if packed else net))


@pytest.mark.parametrize("cell", [nn.RNNCell, nn.GRUCell, nn.LSTMCell])
def test_cells_in_a_loop(cell):
    torch.manual_seed(2)
    alike(both(Loop(cell(INPUTS, HIDDEN))))


@pytest.mark.parametrize("kind", ["tanh", "gru", "lstm"])
def test_exponents_and_the_factor_of_clipping(kind):
    torch.manual_seed(3)
    net = Net(MODULES[kind]())
    flows = both(net, exponents=3, clip_norm=0.01)
    alike(flows)
    one, other = flows
    np.testing.assert_allclose(one.layers[0].exponents.values, other.layers[0].exponents.values, rtol=0.02, atol=0.02)
    assert one.output.clip_factor == pytest.approx(other.output.clip_factor, rel=0.01)


def test_autograd_on_the_device_says_the_same():
    torch.manual_seed(4)
    net, x = Net(nn.GRU(INPUTS, HIDDEN)).to(DEVICE, torch.float64), torch.randn(T, B, INPUTS).to(DEVICE, torch.float64)
    flow = limen.gradient_flow(net, x, loss=loss)
    output, h, _, layers = unrolled.run(net.rnn, x)
    loss(net.head(output[-1])).backward()
    steps = sorted(layers[0].steps, key=lambda step: step[0])
    whole = [0 * one[2] if one[2].grad is None else one[2].grad for one in steps]
    wanted = torch.stack([one.norm(dim=1) for one in whole]).log().detach().cpu().numpy()
    np.testing.assert_allclose(flow.layers[0].log_norms, wanted, rtol=1e-8, atol=1e-9)
    assert h.device.type == DEVICE


def test_nothing_of_the_model_changes_not_even_what_is_random():
    torch.manual_seed(5)
    net = Net(nn.LSTM(INPUTS, HIDDEN, num_layers=2)).to(DEVICE).train()
    x = torch.randn(T, B, INPUTS, device=DEVICE)
    weights, states = copy.deepcopy(net.state_dict()), random_states()
    limen.gradient_flow(net, x, loss=loss)
    remedies(net, x, loss=loss, starts=1)
    assert all(torch.equal(one, other) for one, other in zip(states, random_states(), strict=True))
    assert all(torch.equal(value, weights[name]) for name, value in net.state_dict().items())
    assert net.training
    assert all(one.grad is None for one in net.parameters())


@pytest.mark.parametrize("kind", ["tanh", "gru", "lstm"])
def test_remedies_are_those_of_the_cpu(kind):
    torch.manual_seed(6)
    net = Net(MODULES[kind]())
    x = torch.randn(T, B, INPUTS)
    found, wanted = (
        remedies(copy.deepcopy(net).to(where), x.to(where), loss=loss, starts=1).rows for where in (DEVICE, "cpu")
    )
    assert [one.name for one in found] == [one.name for one in wanted]
    assert [one.factor for one in found] == pytest.approx([one.factor for one in wanted], rel=0.02, nan_ok=True)
    for one in found:
        scope = {"model": copy.deepcopy(net).to(DEVICE)}
        exec(one.code, scope)  # noqa: S102 - that it runs is what is tested
        assert torch.isfinite(scope["model"](x.to(DEVICE))).all()


class Translator(nn.Module):
    """An encoder whose last state begins a decoder that reads what another layer gives."""

    def __init__(self, kind):
        super().__init__()
        self.encoder, self.below, self.decoder = (getattr(nn, kind)(size, HIDDEN) for size in (INPUTS, INPUTS, HIDDEN))
        self.head = nn.Linear(HIDDEN, 3)

    def forward(self, x):
        state = self.encoder(x)[1]
        return self.head(self.decoder(self.below(x)[0], state)[0])


class NormedStep(nn.Module):
    """A step that no formula of limen's knows."""

    def __init__(self):
        super().__init__()
        self.read, self.keep, self.norm = nn.Linear(INPUTS, HIDDEN), nn.Linear(HIDDEN, HIDDEN), nn.LayerNorm(HIDDEN)

    def forward(self, x, h=None):
        h = x.new_zeros(len(x), HIDDEN) if h is None else h
        return torch.tanh(self.norm(self.read(x) + self.keep(h)))


def each_step(output):
    return (output.sin() ** 2).sum((1, 2))


@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
def test_what_one_module_hands_to_another_and_a_loss_of_every_step(kind):
    torch.manual_seed(8)
    flows = both(Translator(kind), each_step)
    alike(flows)
    one, other = (flow.heat.log_norms for flow in flows)
    np.testing.assert_allclose(one, other, rtol=0.01, atol=0.01)


def test_a_step_of_the_users_own():
    torch.manual_seed(9)
    alike(both(Loop(NormedStep()), cells={"cell": ["keep.weight"]}))


@pytest.mark.parametrize("scale", [1e-4, 1.0, 10.0])
@pytest.mark.parametrize("kind", ["tanh", "gru", "lstm"])
def test_gradients_that_a_number_cannot_hold(kind, scale):
    torch.manual_seed(9)
    net = Net(MODULES[kind]())
    with torch.no_grad():
        net.rnn.weight_hh_l0 *= scale
    alike(both(net), ("log_norms",))


def test_a_monitor_measures_a_training_on_the_device():
    torch.manual_seed(7)
    net = Net(nn.GRU(INPUTS, HIDDEN), dropout=0.5).to(DEVICE).train()
    x, y = torch.randn(T, B, INPUTS, device=DEVICE), torch.randint(3, (B,), device=DEVICE)
    monitor = Monitor(net, loss=nn.functional.cross_entropy, every=1, clip_norm=0.01)
    states = random_states()
    monitor.step(x, y)
    assert all(torch.equal(one, other) for one, other in zip(states, random_states(), strict=True))
    (reading,) = monitor.readings
    net.drop.p = 0.0
    nn.functional.cross_entropy(net(x), y).backward()
    norm = nn.utils.clip_grad_norm_(net.parameters(), 0.01)
    assert reading.clip_factor == pytest.approx(float(0.01 / norm), rel=0.01)
