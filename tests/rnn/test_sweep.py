"""The way back with a unit vector now and then tells what the way with one in every step tells, and when it cannot."""

import numpy as np
import pytest
import torch
from torch import nn

import limen
from limen.rnn import Monitor
from limen.rnn.torch import adjoint, clipping, watched
from limen.rnn.torch.sweep import starts_of

T, B, INPUTS, HIDDEN = 60, 4, 3, 8
MODULES = {
    "tanh": nn.RNN,
    "relu": lambda *sizes, **options: nn.RNN(*sizes, nonlinearity="relu", **options),
    "gru": nn.GRU,
    "lstm": nn.LSTM,
}
ARRAYS = ("log_norms", "log_direct", "log_through", "log_cells", "log_last", "log_factors", "log_saturation")


class Net(nn.Module):
    """A recurrent module behind an embedding or not, and a head."""

    def __init__(self, rnn, embedded=False):
        super().__init__()
        self.embedding = nn.Linear(INPUTS, INPUTS) if embedded else nn.Identity()
        self.rnn, self.head = rnn, nn.Linear(HIDDEN * (1 + rnn.bidirectional), 2)

    def forward(self, x):
        return self.head(self.rnn(self.embedding(x))[0][-1])


def last(output):
    return output[0][-1].square().sum()


def all_steps(output):
    return output[0].square().sum()


def made(kind, gain, dtype, **options):
    """A module whose recurrent weights are multiplied."""
    torch.manual_seed(5)
    module = MODULES[kind](INPUTS, HIDDEN, dtype=torch.float64, **options)
    with torch.no_grad():
        for name, weight in module.named_parameters():
            weight *= gain if "weight_hh" in name else 1.0
    return module.to(dtype)


def sequences(dtype=torch.float64):
    return torch.randn(T, B, INPUTS, generator=torch.Generator().manual_seed(6), dtype=torch.float64).to(dtype)


def test_starts_are_where_something_enters_and_every_so_many_steps_between():
    assert starts_of((9,), 4) == (1, 5, 9)
    assert starts_of((2, 3, 9), 4) == (2, 3, 5, 9)
    assert starts_of((9,), 1) == tuple(range(10))


@pytest.mark.parametrize("loss", [last, all_steps])
@pytest.mark.parametrize("kind", MODULES)
def test_few_unit_vectors_tell_what_one_in_every_step_tells(kind, loss, monkeypatch):
    module = made(kind, 1.5, torch.float64, num_layers=2)
    few = limen.gradient_flow(module, sequences(), loss=loss)
    monkeypatch.setattr(adjoint, "Numpy", adjoint.Careful)
    every = limen.gradient_flow(module, sequences(), loss=loss)
    for one, other in zip(few.layers, every.layers, strict=True):
        for name in (*ARRAYS, "shares", "sample_shares", "path_shares"):
            if getattr(one, name) is not None:
                np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-8, atol=1e-11)


# The states of a rectified net with large weights grow beyond float32 as well, so that it is not among these.
@pytest.mark.parametrize(
    ("kind", "gain"),
    [*((kind, 1e-5) for kind in ("tanh", "relu", "gru", "lstm")), ("tanh", 1e3), ("gru", 1e3), ("lstm", 1e3)],
)
def test_steps_that_leave_the_range_of_the_type_are_told_as_exactly(kind, gain):
    """A few such steps in a row are below or beyond what float32 holds; float64 holds a dozen of them."""
    rough, exact = (
        limen.gradient_flow(made(kind, gain, dtype), sequences(dtype), loss=last).layers[0]
        for dtype in (torch.float32, torch.float64)
    )
    if gain < 1 and kind == "tanh":
        assert exact.log_norms[0].max() < -600
    if gain < 1:
        for name in ARRAYS[:-2]:
            if getattr(exact, name) is not None:
                np.testing.assert_allclose(getattr(rough, name), getattr(exact, name), rtol=1e-4, atol=1e-3)
    else:
        assert np.isfinite(rough.log_norms[-1]).all()
        assert not np.isnan(rough.log_norms).any()


def own_pass(*_):
    raise AssertionError("a pass of its own")


@pytest.mark.parametrize("kind", MODULES)
@pytest.mark.parametrize("options", [{}, {"bidirectional": True, "num_layers": 2}, {"bias": False}])
def test_the_clipping_factor_needs_no_pass_of_its_own(kind, options, monkeypatch):
    torch.manual_seed(7)
    model = Net(MODULES[kind](INPUTS, HIDDEN, **options))
    model.rnn.weight_ih_l0.requires_grad_(False)
    x, y = torch.randn(T, B, INPUTS), torch.randint(2, (B,))
    nn.functional.cross_entropy(model(x), y).backward()
    norm = torch.stack([one.grad.norm() for one in model.parameters() if one.grad is not None]).norm()
    monkeypatch.setattr(watched, "log_norm_anew", own_pass)
    reading = Monitor(model, loss=nn.functional.cross_entropy, clip_norm=1e-3).measure(x, y, step=0)
    assert reading.clip_factor == pytest.approx(1e-3 / float(norm), rel=1e-4)


@pytest.mark.filterwarnings("ignore:LSTM with projections")
@pytest.mark.parametrize(
    "model",
    [
        lambda: Net(nn.RNN(INPUTS, HIDDEN), embedded=True),
        lambda: nn.Sequential(Net(nn.LSTM(INPUTS, HIDDEN, proj_size=3)).rnn),
        lambda: nn.utils.parametrizations.weight_norm(nn.RNN(INPUTS, HIDDEN), "weight_hh_l0"),
    ],
    ids=["embedded", "projected", "parametrised"],
)
def test_where_it_does_it_is_the_same(model, monkeypatch):
    torch.manual_seed(8)
    model, x, passes = model(), torch.randn(T, B, INPUTS), []

    def loss(output):
        return (output if isinstance(output, torch.Tensor) else output[0]).square().sum()

    def counted(*given):
        passes.append(given)
        return clipping.log_norm_anew(*given)

    monkeypatch.setattr(watched, "log_norm_anew", counted)
    loss(model(x)).backward()
    norm = torch.stack([one.grad.norm() for one in model.parameters()]).norm()
    reading = Monitor(model, loss=loss, clip_norm=1e-3).measure(x, step=0)
    assert len(passes) == 1
    assert reading.clip_factor == pytest.approx(1e-3 / float(norm), rel=1e-4)


def test_a_weight_that_is_used_twice_takes_a_pass_of_its_own(monkeypatch):
    torch.manual_seed(9)
    net = nn.RNN(HIDDEN, HIDDEN)
    x, passes = torch.randn(T, B, HIDDEN), []
    monkeypatch.setattr(watched, "log_norm_anew", lambda *given: passes.append(given) or clipping.log_norm_anew(*given))

    def loss(output):
        return (output[0][-1] @ net.weight_hh_l0).square().sum()

    loss(net(x)).backward()
    norm = torch.stack([one.grad.norm() for one in net.parameters()]).norm()
    reading = Monitor(net, loss=loss, clip_norm=1e-3).measure(x, step=0)
    assert len(passes) == 1
    assert reading.clip_factor == pytest.approx(1e-3 / float(norm), rel=1e-4)
