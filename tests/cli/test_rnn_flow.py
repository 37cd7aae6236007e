"""`limen rnn flow` and `limen rnn remedies`."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import pytest

import limen
from limen.cli import _rnn_choice, main
from limen.cli._errors import CommandError
from limen.cli._files import Files
from limen.cli._rnn_choice import Choice
from limen.cli._rnn_example import example
from limen.cli._rnn_remedies import draw as draw_remedies
from limen.cli._rnn_show import hand_out, show
from limen.results import Cause
from tests.flows import make_flow
from tests.remedies import make_remedies

SMALL = ("--time", "40", "--batch", "4", "--hidden", "8", "--inputs", "3")
PNG = b"\x89PNG\r\n\x1a\n"
NETS = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.cells = nn.GRU(3, 5, batch_first=True)

    def forward(self, x):
        print("chatter")
        return self.cells(x)[0]


def good():
    torch.manual_seed(0)
    return Net(), torch.randn(2, 30, 3), lambda output: output[:, -1].square().mean()


def pair():
    return 1, 2


def broken():
    raise ValueError("no [red]net\\nhere")


def wrong_size():
    return Net(), torch.randn(2, 30, 3), lambda output: output.view(7, 7).mean()


def no_net():
    return nn.Linear(3, 1), torch.randn(2, 3), lambda output: output.mean()


def hostile():
    net = nn.ModuleDict({"\\x1b[31m red": nn.GRU(3, 5)})
    net.forward = lambda x: net["\\x1b[31m red"](x)[0]
    return net, torch.randn(9, 2, 3), lambda output: output[-1].sum()
"""


@pytest.fixture(autouse=True)
def _one_thread():
    """Small nets are slower on two threads, above all where others work on the machine."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def nets(shell):
    """A module of nets in the working directory, which `shell` made."""
    assert shell
    Path("nets_for_tests.py").write_text(NETS, encoding="utf-8")
    yield
    sys.modules.pop("nets_for_tests", None)


def flow(shell, *words):
    return shell("rnn", "flow", *words, model=None)


def test_the_example_needs_no_file(shell):
    ended = flow(shell, *SMALL)
    assert ended.code == 3
    assert ended.err == ""
    assert ended.out.startswith("vanishing: in recurrent LSTM, layer 1")
    assert "gradient horizon" in ended.out.lower()
    assert max(map(len, ended.out.splitlines())) <= 80
    assert not list(Path().glob("*.html"))


def test_a_wide_open_forget_gate_is_healthy(shell):
    ended = flow(shell, *SMALL, "--forget-bias", "5")
    assert ended.code == 0
    assert ended.out.startswith("healthy")


def test_the_same_seed_gives_the_same_numbers(shell):
    first, again, other = (flow(shell, *SMALL, "--json", "-", "--seed", seed) for seed in ("1", "1", "2"))
    flows = [dataclasses.replace(limen.GradientFlow.from_json(one.out), seconds=0.0) for one in (first, again, other)]
    assert flows[0] == flows[1] != flows[2]
    assert first.err.startswith("limen: vanishing: ")


@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("signal", ["noise", "sine"])
def test_every_kind_of_net_and_input(shell, kind, signal):
    ended = flow(shell, *SMALL, "--kind", kind, "--input", signal, "--layers", "2", "--bidirectional", "--json", "-")
    found = limen.GradientFlow.from_json(ended.out)
    assert [layer.reverse for layer in found.layers] == [False, True, False, True]
    assert all(layer.kind.upper().startswith(kind.upper()) for layer in found.layers)
    assert found.layers[0].log_norms.shape == (40, 4)


def test_a_loss_at_every_step_has_a_heat_map(shell):
    ended = flow(shell, *SMALL, "--loss", "steps", "--json", "flow.json", "--html", "flow.html", "--png", "flow.png")
    assert ended.err == "limen: wrote flow.json\nlimen: wrote flow.html\nlimen: wrote flow.png\n"
    found = limen.GradientFlow.from_json(Path("flow.json").read_text(encoding="utf-8"))
    assert found.heat is not None
    assert Path("flow.html").read_text(encoding="utf-8") == limen.report.page(found)
    assert Path("flow.png").read_bytes().startswith(PNG)


def test_clipping_and_exponents_are_asked_for(shell):
    ended = flow(shell, *SMALL, "--clip-norm", "1e-9", "--exponents", "2", "--json", "-")
    found = limen.GradientFlow.from_json(ended.out)
    assert Cause.CLIPPED in found.causes
    assert "limen: CLIPPED: " in ended.err
    assert len(found.layers[0].exponents) == 2


@pytest.mark.usefixtures("nets")
def test_the_users_own_net(shell):
    ended = flow(shell, "--model", "nets_for_tests:good")
    assert ended.code == 3
    assert "cells GRU, layer 1" in ended.out
    assert "chatter" not in ended.out


@pytest.mark.usefixtures("nets")
@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("--model", "nets_for_tests"), 2, "expected package.module:function"),
        (("--model", "nets_for_tests:absent"), 1, "cannot be opened: AttributeError"),
        (("--model", "absent:good"), 1, "cannot be opened: ModuleNotFoundError"),
        (("--model", "nets_for_tests:broken"), 1, "cannot be opened: ValueError: no [red]net here"),
        (("--model", "nets_for_tests:pair"), 2, "returned a tuple of 2, expected a tuple (model, x, loss)"),
        (("--model", "nets_for_tests:wrong_size"), 1, "the net failed: RuntimeError"),
        (("--model", "nets_for_tests:no_net"), 2, "recurrent"),
        (("--model", "nets_for_tests:good", "--kind", "gru"), 2, "--kind is for the built-in net"),
        (("--model", "nets_for_tests:good", "--input", "sine"), 2, "--input is for the built-in net"),
        (("--kind", "gru", "--forget-bias", "1"), 2, "--forget-bias is for --kind lstm"),
        (("--time", "0"), 2, "--time"),
        (("--kind", "cnn"), 2, "--kind"),
        (("--clip-norm", "-1"), 2, "clip_norm is -1"),
        (("--html", "absent/flow.html"), 1, "there is no folder 'absent'"),
        (("--png", "-"), 2, "only --json can go to standard output"),
        (("--png", "flow.txt"), 2, "expected a name that ends in .png, .svg, .pdf"),
        (("--png", "flow"), 2, "expected a name that ends in .png, .svg, .pdf"),
    ],
)
def test_what_is_wrong_is_one_line(shell, words, code, told):
    ended = flow(shell, *words)
    assert ended.code == code
    assert ended.out == ""
    assert told in ended.err
    assert [line[:7] for line in ended.err.splitlines() if line != "chatter"] == ["limen: "]


def test_without_torch_the_way_to_get_it_is_told(shell, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    for command in ("flow", "remedies"):
        ended = shell("rnn", command, model=None)
        assert ended.code == 1
        assert ended.err == "limen: gradient flow needs torch; install it with: pip install 'limen[torch]'.\n"


@pytest.mark.usefixtures("nets")
def test_names_cannot_steer_the_terminal(shell):
    ended = flow(shell, "--model", "nets_for_tests:hostile")
    assert "\x1b" not in ended.out + ended.err


@pytest.mark.parametrize("command", ["flow", "remedies"])
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--forget-bias", "1e39"), "--forget-bias is 1e+39, expected -1000 to 1000"),
        (("--forget-bias", "nan"), "--forget-bias is nan"),
        (("--forget-bias=-inf",), "--forget-bias is -inf"),
        (("--hidden", "1000000"), "--hidden 1000000, --layers 1: the weights would have 4,000,040,000,000 numbers"),
        (("--hidden", "300", "--layers", "100", "--bidirectional"), "the weights would have "),
        (("--batch", "1000000", "--time", "1000000", "--inputs", "1000000"), "the input would have 1,000,000,000,000,"),
        (("--time", "200000", "--inputs", "1"), "--hidden 64, --layers 1: the states would have 204,800,000 numbers"),
        (("--layers", "1001", "--hidden", "1", "--batch", "1"), "--layers"),
    ],
)
def test_sizes_beyond_memory_are_refused_before_anything_is_made(shell, monkeypatch, command, words, told):
    import torch

    for name in ("RNN", "GRU", "LSTM"):
        monkeypatch.setattr(torch.nn, name, lambda *_, **__: pytest.fail("a net was made"))
    ended = shell("rnn", command, *words, model=None)
    assert ended.code == 2
    assert ended.out == ""
    assert told in ended.err
    assert len(ended.err.splitlines()) == 1


@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_weights_are_counted_as_torch_has_them(monkeypatch, kind, bidirectional):
    choice = Choice(_rnn_choice.Kind(kind), 3, bidirectional, 5, 2, 4, 6)
    model, x, _ = example(choice, 0)
    both = 1 + bidirectional
    counts = {
        "input": x.numel(),
        "weights": sum(one.numel() for one in model.recurrent.parameters()),
        "states": model.recurrent(x)[0].numel() * 3,
    }
    assert counts["states"] == 2 * 5 * 6 * 3 * both
    for most in sorted({*counts.values(), max(counts.values()) - 1}):
        monkeypatch.setattr(_rnn_choice, "MOST", most)
        first = next((what for what, count in counts.items() if count > most), None)
        if first is None:
            choice.check()
            continue
        with pytest.raises(CommandError, match=f"the {first} would have {counts[first]:,} numbers"):
            choice.check()


def test_the_example_leaves_torch_as_it_was():
    import torch

    before = torch.random.get_rng_state()
    model, x, _ = example(Choice(forget_bias=2.0, time=5, hidden=4), 7)
    assert torch.equal(torch.random.get_rng_state(), before)
    gates = model.recurrent.bias_ih_l0 + model.recurrent.bias_hh_l0
    assert torch.all(gates[4:8] == 2)
    assert not torch.any(gates[:4] == 2)
    assert x.shape == (16, 5, 8)


def test_causes_stand_out_on_a_terminal(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    show(str(make_flow(causes=[Cause.FITTED])))
    assert "\x1b[1;" in capsys.readouterr().out.splitlines()[1]


def test_remedies_are_handed_out(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    remedies = make_remedies()
    hand_out(remedies, Files("r.json", "r.html", "r.png"), draw_remedies, [])
    told = capsys.readouterr()
    assert told.out.rstrip() == str(remedies)
    assert told.err == "limen: wrote r.json\nlimen: wrote r.html\nlimen: wrote r.png\n"
    assert type(remedies).from_json(Path("r.json").read_text(encoding="utf-8")) == remedies
    assert Path("r.html").read_text(encoding="utf-8") == limen.report.page(remedies)
    assert Path("r.png").read_bytes().startswith(PNG)


@pytest.mark.parametrize(("best", "code"), [(False, 3), (True, 0)])
def test_remedies_of_the_example(shell, monkeypatch, best, code):
    asked = []

    def answer(model, x, *, loss, seed, starts):
        asked.append((type(model).__name__, tuple(x.shape), float(loss(model(x))) > 0, seed, starts))
        found = make_remedies()
        return dataclasses.replace(found, before=found.best) if best else found

    monkeypatch.setattr(limen.rnn, "remedies", answer)
    ended = shell("rnn", "remedies", *SMALL, "--seed", "5", "--starts", "2", model=None)
    assert ended.code == code
    assert asked == [("Example", (4, 40, 3), True, 5, 2)]
    assert "forget bias 3" in ended.out


def test_help_tells_of_both(capsys):
    for command in ("flow", "remedies"):
        assert main(["rnn", command, "--help"]) == 0
        told = capsys.readouterr().out
        names = {field.name.replace("_", "-").replace("signal", "input") for field in dataclasses.fields(Choice)}
        assert all(f"--{name}" in told for name in names)
    assert _rnn_choice.LARGEST >= 10_000
