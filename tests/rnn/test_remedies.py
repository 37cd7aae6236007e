"""What a remedy's row tells is what gradient_flow finds once its code has run on a copy of the model."""

import copy

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import limen
from limen.results.remedies import Remedies, Remedy
from limen.rnn.torch.code import Subject, path_of
from limen.rnn.torch.remedies import best_of
from limen.rnn.torch.starts import starts_for
from limen.rnn.torch.trials import apply, stand_in

T, B, INPUTS, HIDDEN = 30, 3, 4, 6


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


class Net(nn.Module):
    """A recurrent module deep in a model, with a linear head, whose gradient does not depend on the states."""

    def __init__(self, rnn, reads="last"):
        super().__init__()
        self.encoder = nn.ModuleDict({"first-rnn": nn.ModuleList([rnn])})
        width = (getattr(rnn, "proj_size", 0) or rnn.hidden_size) * (1 + rnn.bidirectional)
        self.head = nn.Linear(width, 2, dtype=next(rnn.parameters()).dtype)
        self.reads = reads

    def forward(self, x):
        rnn = self.encoder["first-rnn"][0]
        output, final = rnn(x)
        if isinstance(x, nn.utils.rnn.PackedSequence):
            output = pad_packed_sequence(output)[0]
        if self.reads == "final":
            return self.head(final[-1])
        if self.reads == "pair":
            return self.head(final[0][-1])
        return self.head(output[:, -1] if rnn.batch_first else output[-1])


class Loop(nn.Module):
    """A cell in a loop of the user's own."""

    def __init__(self, cell):
        super().__init__()
        self.cell = cell
        self.head = nn.Linear(HIDDEN, 2, dtype=torch.float64)

    def forward(self, x):
        zeros = x.new_zeros(x.shape[1], HIDDEN)
        state = (zeros, zeros) if "LSTM" in type(self.cell).__name__ else zeros
        for step in x:
            state = self.cell(step, state)
        return self.head(state[0] if isinstance(state, tuple) else state)


def loss(output):
    return (output * torch.tensor([1.0, -0.5], dtype=output.dtype)).sum()


def series(*, batch_first=False):
    x = torch.randn(T, B, INPUTS, dtype=torch.float64, generator=torch.Generator().manual_seed(5))
    return x.transpose(0, 1).contiguous() if batch_first else x


def after(model, row, x, seed):
    """What gradient_flow finds once a row's code has run on a copy of the model."""
    scope = {"model": copy.deepcopy(model), "__name__": "applied"}
    torch.manual_seed(seed)
    exec(row.code, scope)  # noqa: S102 - that it runs is what is tested
    changed = scope["model"]
    cells = [name for name, module in changed.named_modules() if hasattr(module, "is_pair")]  # with layer normalisation
    return limen.gradient_flow(changed, x, loss=loss, cells=cells)


def check(model, x, *, layer=0, count=None):
    """Every row's first start is what its code leads to, to the step."""
    torch.manual_seed(99)
    found = limen.rnn.remedies(model, x, loss=loss, seed=7, starts=2)
    for row in found.rows:
        flow = after(model, row, x, 7)
        np.testing.assert_array_equal(row.horizons[:, 0], flow.layers[layer].gradient_horizons, err_msg=row.name)
    assert count is None or len(found.rows) == count
    return found


OWN = {
    "tanh": lambda **o: nn.RNN(INPUTS, HIDDEN, dtype=torch.float64, **o),
    "relu": lambda **o: nn.RNN(INPUTS, HIDDEN, nonlinearity="relu", dtype=torch.float64, **o),
    "gru": lambda **o: nn.GRU(INPUTS, HIDDEN, dtype=torch.float64, **o),
    "lstm": lambda **o: nn.LSTM(INPUTS, HIDDEN, dtype=torch.float64, **o),
}


@pytest.mark.parametrize(("kind", "count"), [("tanh", 10), ("relu", 9), ("gru", 9), ("lstm", 9)])
def test_the_code_of_every_remedy_does_what_its_row_tells(kind, count):
    torch.manual_seed(0)
    found = check(Net(OWN[kind](batch_first=True)), series(batch_first=True), count=count)
    assert found.rows[0].code == ""
    assert (found.rows[1].horizons[:, 0] != found.rows[1].horizons[:, 1]).any()
    assert [row.horizons.shape[1] for row in found.rows[1:]] == [1 if "own" in r.name else 2 for r in found.rows[1:]]


@pytest.mark.parametrize("kind", OWN)
def test_code_and_simulation_make_the_same_numbers(kind):
    torch.manual_seed(0)
    subject = Subject(OWN[kind](num_layers=2, bidirectional=True), "model", uses_state=False)
    for start in starts_for(subject.kind, subject.nonlinearity, HIDDEN, T, has_bias=True)[1:-1]:
        scope = {"model": copy.deepcopy(subject.module)}
        made = stand_in(subject, start)
        torch.manual_seed(5)
        exec(subject.code(start), scope)  # noqa: S102
        torch.manual_seed(5)
        apply(start, made)
        torch.testing.assert_close(scope["model"].state_dict(), made.state_dict(), rtol=0, atol=0, msg=start.name)


def test_an_lstm_in_place_of_an_rnn_gives_the_state_that_the_model_reads():
    torch.manual_seed(0)
    found = check(Net(OWN["tanh"](), reads="final"), series())
    assert sum("HiddenAlone" in row.code for row in found.rows) == 2


@pytest.mark.parametrize(
    "options",
    [{"num_layers": 2}, {"bidirectional": True, "batch_first": True}, {"bias": False}, {"proj_size": 3}],
    ids=str,
)
def test_every_form_of_an_lstm(options):
    torch.manual_seed(1)
    x = series(batch_first=options.get("batch_first", False))
    model = Net(OWN["lstm"](**options), reads="last")
    flow = limen.gradient_flow(model, x, loss=loss)
    found = check(model, x, layer=flow.worst)
    assert found.title.startswith(flow.layers[flow.worst].title)
    assert any("bias" in row.name for row in found.rows) == options.get("bias", True)


@pytest.mark.parametrize("cell", [nn.RNNCell, nn.GRUCell, nn.LSTMCell])
def test_cells_in_a_loop(cell):
    torch.manual_seed(2)
    check(Loop(cell(INPUTS, HIDDEN, dtype=torch.float64)), series())


def test_packed_sequences_of_several_lengths():
    torch.manual_seed(3)
    x = pack_padded_sequence(series(), [9, T, 12], enforce_sorted=False)
    found = check(Net(OWN["gru"](), reads="final"), x)
    assert found.rows[0].horizons.shape == (3, 1)
    assert found.steps == T


def test_weights_that_are_computed_are_replaced_by_a_fresh_module():
    torch.manual_seed(4)
    model = Net(nn.utils.parametrizations.weight_norm(OWN["gru"](), "weight_hh_l0"))
    fresh = check(model, series()).rows[1]
    assert "nn.GRU(4, 6, dtype=torch.float64)" in fresh.code


def test_the_facts_of_default_starts():
    torch.manual_seed(0)
    model, x = Net(nn.LSTM(8, 32)), torch.randn(120, 2, 8, generator=torch.Generator().manual_seed(0))
    rows = {row.name: row for row in limen.rnn.remedies(model, x, loss=loss, starts=2).rows}
    assert 10 <= rows["fresh start"].median <= 15
    assert 25 <= rows["forget bias 1, fresh start"].median <= 38
    assert rows["forget bias 3, fresh start"].low == np.inf
    assert rows["chrono start"].median == np.inf


def test_the_best_is_the_longest_that_does_not_explode():
    torch.manual_seed(0)
    model = Net(OWN["relu"]())
    with torch.no_grad():
        rnn = model.encoder["first-rnn"][0]
        rnn.weight_hh_l0.copy_(1.5 * torch.eye(HIDDEN))
        rnn.weight_ih_l0.abs_()
        rnn.bias_ih_l0.zero_()
        rnn.bias_hh_l0.zero_()
    found = limen.rnn.remedies(model, series().abs(), loss=loss, starts=1)
    exploding = found.rows[found.before]
    assert exploding.name == "as it is (explodes)"
    assert exploding.low == np.inf
    assert exploding.factor == pytest.approx(1.5)
    calm = [row for row in found.rows if "explodes" not in row.name]
    assert found.rows[found.best] in calm
    assert found.rows[found.best].median == max(row.median for row in calm)


def test_of_equal_horizons_the_least_change_is_the_best():
    def row(median, low, name="", code="long code"):
        return Remedy(name, np.array([[low, median]]), median, low, median, 0.9, code)

    rows = [(row(14, 12), False), (row(np.inf, np.inf, "own weights"), True), (row(np.inf, 90), False)]
    rows += [
        (row(np.inf, np.inf), False),
        (row(np.inf, np.inf, code="code"), False),
        (row(np.nan, np.nan), True),
    ]
    assert best_of(rows) == 4
    assert best_of([*rows, (row(np.inf, np.inf, "forget bias 3, own weights"), False)]) == 6
    assert best_of(rows[:2]) == 0
    assert best_of(rows[1:2]) == 0


def test_the_same_seed_gives_the_same_and_nothing_is_left_behind():
    torch.manual_seed(0)
    model = Net(OWN["tanh"]()).train()
    x = series()
    loss(model(x)).backward()
    kept = copy.deepcopy(model.state_dict()), [p.grad.clone() for p in model.parameters()], torch.get_rng_state()
    one = limen.rnn.remedies(model, x, loss=loss, seed=3, starts=2)
    torch.testing.assert_close(model.state_dict(), kept[0], rtol=0, atol=0)
    assert all(torch.equal(p.grad, grad) for p, grad in zip(model.parameters(), kept[1], strict=True))
    assert torch.equal(torch.get_rng_state(), kept[2])
    assert model.training
    assert all("forward" not in module.__dict__ and not module._forward_hooks for module in model.modules())
    torch.rand(5)
    other = limen.rnn.remedies(model, x, loss=loss, seed=3, starts=2)
    assert one.rows == other.rows
    assert one.rows != limen.rnn.remedies(model, x, loss=loss, seed=4, starts=2).rows
    assert Remedies.from_json(one.to_json()) == one


def test_paths_as_code():
    nested = nn.Sequential(nn.ModuleDict({"a-b": nn.ModuleList([nn.Linear(1, 1)])}))
    assert path_of(nested, "0.a-b.0") == 'model[0]["a-b"][0]'
    assert path_of(nested, "") == "model"


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"starts": 0}, "starts is 0"),
        ({"starts": True}, "starts is True"),
        ({"seed": -1}, "seed is -1"),
        ({"model": nn.Linear(INPUTS, 2)}, "without a recurrent layer"),
        ({"x": torch.zeros(1, B, INPUTS, dtype=torch.float64)}, "1 step"),
        ({"loss": lambda output: (output * torch.nan).sum()}, "loss is nan"),
        ({"loss": lambda output: 0 * output.detach().sum()}, "does not depend"),
    ],
)
def test_wrong_arguments_are_named(change, match):
    given = {"model": Net(OWN["tanh"]()), "x": series(), "loss": loss, "seed": 0, "starts": 1} | change
    with pytest.raises(limen.LimenError, match=match):
        limen.rnn.remedies(given.pop("model"), given.pop("x"), **given)
