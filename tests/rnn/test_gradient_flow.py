"""What gradient flow finds is what autograd says of the same layers unrolled step by step (tests/rnn/unrolled.py)."""

import numpy as np
import pytest
import torch
from torch import nn

import limen
from tests.rnn import unrolled

T, B, INPUTS, HIDDEN = 9, 3, 4, 5


class Net(nn.Module):
    """A recurrent module with a linear head on the last step, on all steps, or on the final states."""

    def __init__(self, rnn, reads="last"):
        super().__init__()
        self.rnn, self.reads = rnn, reads
        width = (getattr(rnn, "proj_size", 0) or rnn.hidden_size) * (1 + rnn.bidirectional)
        self.head = nn.Linear(width, 3).to(rnn.weight_hh_l0.dtype)
        self.mixing = torch.linspace(-1, 1, 7, dtype=rnn.weight_hh_l0.dtype)

    def read(self, output, h, c):
        """The model's output from the module's, time first."""
        if self.reads == "last":
            return self.head(output[-1])
        if self.reads == "all":
            return self.head(output)
        finals = [h] if c is None else [h, c]
        return sum((one.flatten(2).sum(0) ** 2).sum(1) * k for k, one in enumerate(finals, 1))

    def forward(self, x, *states):
        output, final = self.rnn(x, *states)
        h, c = final if isinstance(final, tuple) else (final, None)
        return self.read(output.transpose(0, 1) if self.rnn.batch_first else output, h, c)


def loss(output):
    return (output.sin() ** 2).sum()


def norms(gradients):
    with np.errstate(divide="ignore"):
        return np.log(np.array([np.zeros(B) if g is None else g.detach().norm(dim=1).numpy() for g in gradients]))


MODULES = {
    "tanh": lambda **o: nn.RNN(INPUTS, HIDDEN, dtype=torch.float64, **o),
    "relu": lambda **o: nn.RNN(INPUTS, HIDDEN, nonlinearity="relu", dtype=torch.float64, **o),
    "gru": lambda **o: nn.GRU(INPUTS, HIDDEN, dtype=torch.float64, **o),
    "lstm": lambda **o: nn.LSTM(INPUTS, HIDDEN, dtype=torch.float64, **o),
    "projected": lambda **o: nn.LSTM(INPUTS, HIDDEN, proj_size=3, dtype=torch.float64, **o),
}


def check(flow, layers):
    """Every number of every layer against the gradients that autograd left in the unrolled layers."""
    assert len(flow.layers) == len(layers)
    for found, layer in zip(flow.layers, layers, strict=True):
        ends = layer.steps[-1][0]  # what reads the final state is no later step
        steps = sorted(layer.steps, key=lambda step: step[0])
        grads = [[0 * one if one.grad is None else one.grad for one in step[2:5]] for step in steps]
        close(found.log_norms, norms([total for total, _, _ in grads]))
        close(found.log_direct, norms([o + r if t == ends else o for t, (_, o, r) in enumerate(grads)]))
        close(found.log_through, norms([0 * r if t == ends else r for t, (_, _, r) in enumerate(grads)]))
        if found.log_cells is not None:
            close(found.log_cells, norms([step[5].grad for step in steps]))
        each = torch.stack([torch.zeros_like(w) if w.grad is None else w.grad for _, w, *_ in steps])
        whole = each.sum(0)
        if whole.norm() > 0:
            shares = (each * whole).sum((1, 2)) / whole.square().sum()
            assert found.shares == pytest.approx(shares.numpy(), abs=1e-9)
            assert found.shares.sum() == pytest.approx(1)


def close(found, wanted):
    """Equal logarithms; below e^-60 of the largest both count as nothing."""
    top = max(wanted.max(), -1e3)
    wanted = np.where(wanted < top - 60, -np.inf, wanted)
    found = np.where(found < top - 60, -np.inf, found)
    np.testing.assert_allclose(np.exp(found - top), np.exp(wanted - top), rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("reads", ["last", "all", "final"])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("kind", MODULES)
def test_every_number_is_that_of_autograd(kind, layers, bidirectional, reads):
    torch.manual_seed(layers + 7 * bidirectional)
    net = Net(MODULES[kind](num_layers=layers, bidirectional=bidirectional, bias=layers > 1), reads)
    x = torch.randn(T, B, INPUTS, dtype=torch.float64)
    flow = limen.gradient_flow(net, x, loss=loss)
    output, h, c, unrolled_layers = unrolled.run(net.rnn, x)
    c = torch.stack(c) if c[0] is not None else None
    value = loss(net.read(output, h, c))
    value.backward()
    assert flow.loss == pytest.approx(float(value.detach()))
    check(flow, unrolled_layers)


def same(one, other, names=("log_norms", "log_direct", "log_through", "log_last", "sample_shares"), rtol=1e-8):
    """Two layers tell the same, sample by sample."""
    for name in names:
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=rtol, atol=1e-9, err_msg=name)


@pytest.mark.parametrize("kind", MODULES)
def test_layouts_do_not_matter(kind):
    torch.manual_seed(0)
    first = MODULES[kind](num_layers=2, bidirectional=True)
    second = MODULES[kind](num_layers=2, bidirectional=True, batch_first=True)
    second.load_state_dict(first.state_dict())
    net, other = Net(first, "all"), Net(second, "all")
    other.head = net.head
    x = torch.randn(T, B, INPUTS, dtype=torch.float64)
    flows = [limen.gradient_flow(n, one, loss=loss) for n, one in ((net, x), (other, x.transpose(0, 1).contiguous()))]
    for layers in zip(*(flow.layers for flow in flows), strict=True):
        same(*layers)


class Packed(nn.Module):
    """Sums a squared output over all valid steps, by way of a packed sequence or of one sample alone."""

    def __init__(self, rnn):
        super().__init__()
        self.rnn = rnn
        self.weights = torch.linspace(0.5, 1.5, 40, dtype=torch.float64)

    def forward(self, x):
        if isinstance(x, nn.utils.rnn.PackedSequence):
            output, final = self.rnn(x)
            padded, _ = nn.utils.rnn.pad_packed_sequence(output)
        else:
            padded, final = self.rnn(x)
        h = final[0] if isinstance(final, tuple) else final
        return (padded**2).sum(-1).sum() + (h.sin() ** 2).sum()


@pytest.mark.parametrize("enforce_sorted", [True, False])
@pytest.mark.parametrize("kind", MODULES)
def test_a_packed_batch_is_its_samples(kind, enforce_sorted):
    torch.manual_seed(3)
    net = Packed(MODULES[kind](num_layers=2, bidirectional=True))
    lengths = [9, 6, 2] if enforce_sorted else [2, 9, 6]
    samples = [torch.randn(n, 1, INPUTS, dtype=torch.float64) for n in lengths]
    padded = nn.utils.rnn.pad_sequence([one[:, 0] for one in samples])
    packed = nn.utils.rnn.pack_padded_sequence(padded, lengths, enforce_sorted=enforce_sorted)
    flow = limen.gradient_flow(net, packed, loss=lambda value: value)
    for number, sample in enumerate(samples):
        alone = limen.gradient_flow(net, sample, loss=lambda value: value)
        for layer, single in zip(flow.layers, alone.layers, strict=True):
            n = lengths[number]
            for name in ("log_norms", "log_direct", "log_through", "log_last", "sample_shares"):
                found = getattr(layer, name)[:, number]
                np.testing.assert_allclose(found[:n], getattr(single, name)[:, 0], rtol=1e-7, atol=1e-9, err_msg=name)
                assert np.isnan(found[n:]).all()
            told = layer.gradient_horizons[number]
            assert told == single.gradient_horizons[0] or (np.isnan(told) and not single.gradient_horizons[0] < np.inf)
            np.testing.assert_equal(layer.share_horizons[number], single.share_horizons[0])
    shares = [layer.shares for layer in flow.layers]
    assert [one.sum() for one in shares] == pytest.approx([1.0] * len(shares))


class Steps(nn.Module):
    """The same layer as a loop over a cell, or over calls of a module that go on from each other."""

    def __init__(self, module):
        super().__init__()
        self.module = module

    def forward(self, x):
        state, outputs = None, []
        for step in x:
            if isinstance(self.module, nn.RNNCellBase):
                state = self.module(step) if state is None else self.module(step, state)
                outputs.append(state[0] if isinstance(state, tuple) else state)
            else:
                output, state = self.module(step[None], state)
                outputs.append(output[0])
        return torch.stack(outputs)


class Whole(nn.Module):
    def __init__(self, module):
        super().__init__()
        self.module = module

    def forward(self, x):
        return self.module(x)[0]


@pytest.mark.parametrize("reads", ["last", "all"])
@pytest.mark.parametrize("kind", ["tanh", "relu", "gru", "lstm"])
def test_cells_and_chunks_are_the_layer(kind, reads):
    torch.manual_seed(2)
    layer = MODULES[kind]()
    cells = {"tanh": nn.RNNCell, "relu": nn.RNNCell, "gru": nn.GRUCell, "lstm": nn.LSTMCell}
    options = {"nonlinearity": kind} if kind in ("tanh", "relu") else {}
    cell = cells[kind](INPUTS, HIDDEN, dtype=torch.float64, **options)
    cell.load_state_dict({name.removesuffix("_l0"): value for name, value in layer.state_dict().items()})
    x = torch.randn(T, B, INPUTS, dtype=torch.float64)
    ask = (lambda out: loss(out[-1])) if reads == "last" else loss
    whole, *others = (limen.gradient_flow(net, x, loss=ask).layers for net in (Whole(layer), Steps(cell), Steps(layer)))
    for (found,) in others:
        same(whole[0], found)
        np.testing.assert_allclose(found.log_factors, whole[0].log_factors, rtol=1e-8)


class Translator(nn.Module):
    """An encoder whose final states start a decoder, a norm between two modules, and a stack of cells in one loop."""

    def __init__(self):
        super().__init__()
        kind = {"dtype": torch.float64}
        self.encoder = nn.LSTM(INPUTS, HIDDEN, bidirectional=True, **kind)
        self.bridge = nn.Linear(2 * HIDDEN, HIDDEN, **kind)
        self.decoder = nn.LSTM(2 * HIDDEN, HIDDEN, **kind)
        self.norm = nn.LayerNorm(HIDDEN, **kind)
        self.low, self.high = nn.GRUCell(HIDDEN, 4, **kind), nn.RNNCell(4, 3, **kind)

    def forward(self, x, run=None):
        run = run or (lambda module, *given: module(*given))
        states, (h, _) = run(self.encoder, x)
        start = torch.tanh(self.bridge(torch.cat([h[0], h[1]], 1)))[None]
        output, _ = run(self.decoder, states, (start, start * 0.5))
        low, high, found = None, None, []
        for step in self.norm(output):
            low = self.low(step, low)
            high = self.high(torch.relu(low), high)
            found.append(high)
        return torch.stack(found)


def test_the_gradient_passes_from_module_to_module():
    torch.manual_seed(3)
    net = Translator()
    x = torch.randn(T, B, INPUTS, dtype=torch.float64)
    flow = limen.gradient_flow(net, x, loss=lambda out: loss(out[-1]))
    titles = ["encoder", "encoder", "decoder", "low", "high"]
    assert [layer.name for layer in flow.layers] == titles
    kept = []

    def unroll(module, x, states=None):
        h, c = states or (None, None)
        output, h, c, layers = unrolled.run(module, x, h, c)
        kept.append(layers)
        return output, (h, c)

    loss(net(x, unroll)[-1]).backward()
    for found, (layer,) in zip(flow.layers[:3], [[one] for layers in kept for one in layers], strict=True):
        check(type("Flow", (), {"layers": [found]}), [layer])


def test_logarithms_go_far_below_float32():
    torch.manual_seed(4)
    net = Net(nn.LSTM(INPUTS, HIDDEN, num_layers=2))
    x = torch.randn(400, B, INPUTS)
    single = limen.gradient_flow(net, x, loss=loss)
    exact = limen.gradient_flow(net.double(), x.double(), loss=loss)
    assert single.dtype == "float32"
    for found, wanted in zip(single.layers, exact.layers, strict=True):
        assert found.log_norms.min() < -120  # float32 ends at e^-103
        np.testing.assert_allclose(found.log_norms, wanted.log_norms, rtol=1e-3)
    assert single.output.denormal_share > 0.3


def test_windows_do_not_matter(monkeypatch):
    torch.manual_seed(5)
    net = Net(nn.LSTM(INPUTS, HIDDEN, num_layers=2, bidirectional=True, dtype=torch.float64), "all")
    x = torch.randn(T, B, INPUTS, dtype=torch.float64)
    whole = limen.gradient_flow(net, x, loss=loss, exponents=2)
    monkeypatch.setattr("limen.rnn.torch.linearised.WINDOW_BYTES", 3 * B * 4 * HIDDEN * 8 * 4)
    pieces = limen.gradient_flow(net, x, loss=loss, exponents=2)
    for one, other in zip(whole.layers, pieces.layers, strict=True):
        same(one, other)
        np.testing.assert_allclose(one.exponents.values, other.exponents.values, rtol=1e-9)
        np.testing.assert_allclose(one.path_shares, other.path_shares, rtol=1e-7)


def test_factors_split_exactly_and_paths_add_up():
    torch.manual_seed(6)
    for kind in MODULES:
        (layer,) = limen.gradient_flow(
            Net(MODULES[kind]()), torch.randn(T, B, INPUTS, dtype=torch.float64), loss=loss
        ).layers
        np.testing.assert_allclose(layer.log_saturation + layer.log_weights, layer.log_factors, rtol=1e-9)
        np.testing.assert_allclose(layer.path_shares.sum(1), 1.0, rtol=1e-9)
        course = np.diff(layer.log_last.mean(1))
        np.testing.assert_allclose(-course, layer.log_factors[1:], rtol=1e-9)


@pytest.mark.parametrize("step", [0, 3, T - 1])
def test_lags_count_from_the_last_step_that_the_loss_heeds(step):
    torch.manual_seed(7)
    net = nn.RNN(INPUTS, HIDDEN, bidirectional=True, dtype=torch.float64)
    x = torch.randn(T, B, INPUTS, dtype=torch.float64)
    forward, backward = limen.gradient_flow(net, x, loss=lambda out: out[0][step].square().sum()).layers
    for layer, steps in ((forward, range(step, -1, -1)), (backward, range(step, T))):
        assert layer.last.tolist() == [step] * B
        by_lag = layer.by_lag(layer.log_last)
        np.testing.assert_array_equal(by_lag[: len(steps)], layer.log_last[list(steps)])
        assert np.isfinite(by_lag[0]).all()
        assert np.isnan(by_lag[len(steps) :]).all()


@pytest.mark.parametrize("careful", [False, True])
@pytest.mark.parametrize("reads", ["last", "all"])
@pytest.mark.parametrize("kind", MODULES)
def test_the_loop_on_torch_tensors_is_the_loop_on_arrays(kind, reads, careful, monkeypatch):
    torch.manual_seed(8)
    net = Net(MODULES[kind](num_layers=2, bidirectional=True), reads)
    x = torch.randn(T, B, INPUTS, dtype=torch.float64)
    arrays = limen.gradient_flow(net, x, loss=loss)
    from limen.rnn.torch import adjoint, linearised, local

    for module in (adjoint, local):
        monkeypatch.setattr(module, "arrays", lambda *tensors: tensors)
    monkeypatch.setattr(adjoint, "Numpy", adjoint.CarefulTorch if careful else adjoint.Torch)
    monkeypatch.setattr(adjoint, "Careful", adjoint.CarefulTorch)
    monkeypatch.setattr(linearised, "_weights", lambda run: (run.W_hh, run.W_hr))
    tensors = limen.gradient_flow(net, x, loss=loss)
    for one, other in zip(arrays.layers, tensors.layers, strict=True):
        same(one, other)
