"""`limen rnn fit`: the answer on the screen, the files, what it says about the gradient, and what it refuses."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest

import limen
from limen.cli._rnn_fit_tasks import Delay, _arriving
from limen.cli._rnn_fit_view import sentence
from limen.results.history import History, Score
from limen.rnn.net import RNN
from limen.rnn.scoring import score
from limen.rnn.tasks import remember
from limen.rnn.text import Alphabet, streams

SMALL = ("rnn", "fit", "--delay", "4", "--hidden", "12", "--epochs", "2")
TEXT = ("rnn", "fit", "--text", "poem.txt", "--hidden", "8", "--epochs", "2", "--batch", "8", "--sample", "40")


@pytest.fixture
def poem():
    def write(text="limen: the threshold of a door, and of a mind.\n" * 60):
        Path("poem.txt").write_text(text, encoding="utf-8")
        return text

    return write


def fails(ended, code, *words):
    assert ended.code == code, (ended.out, ended.err)
    assert ended.out == ""
    assert ended.err.startswith("limen: ")
    assert ended.err.count("\n") == 1
    for word in words:
        assert word in ended.err


def saved(path):
    """The net in a file of --save, read without pickle."""
    with np.load(path, allow_pickle=False) as found:
        arrays = dict(found)
    net = RNN(*arrays["W_xh"].shape, arrays["W_hy"].shape[1], bias=True, dtype="float32")
    for name, parameter in net.parameters().items():
        parameter[:] = arrays[name]
    return net, arrays


def test_every_shorter_delay_is_tried_beside(shell):
    ended = shell(*SMALL, model=None)
    assert ended.code == 0
    assert ended.err == ""
    assert "\x1b" not in ended.out
    rows = [line.split() for line in ended.out.splitlines() if line.strip()[:1].isdigit() and "±" in line]
    assert [row[0] for row in rows] == ["1", "2", "4"]
    assert all(len(line) <= 100 and line == line.rstrip() for line in ended.out.splitlines())


def test_history_and_weights_are_those_of_the_longest_delay(shell):
    ended = shell(*SMALL, "--json", "h.json", "--html", "h.html", "--save", "w.npz", model=None)
    assert ended.err == "limen: wrote h.json\nlimen: wrote h.html\nlimen: wrote w.npz\n"
    history = History.from_json(Path("h.json").read_text(encoding="utf-8"))
    assert Path("h.html").read_text(encoding="utf-8") == limen.report.page(history)
    assert len(history) == 2
    net, arrays = saved("w.npz")
    assert arrays["hidden_activation"] == "tanh"
    found = score(net, *remember(1000, 4, seed=1), steps="last")
    assert found.loss == pytest.approx(history.validation[-1].loss, rel=1e-6)
    assert f"{found.accuracy:.1%}" in ended.out


def test_json_on_standard_output_is_all_that_is_there_and_the_seed_settles_it(shell):
    found = []
    for seed in ("3", "3", "4"):
        ended = shell(*SMALL, "--json", "-", "--seed", seed, model=None)
        assert ended.err == ""
        history = History.from_json(ended.out)
        found.append(dataclasses.replace(history, seconds=0 * history.seconds, seed=0))
    assert found[0] == found[1]
    assert found[0] != found[2]


def test_a_text_is_learned_scored_and_written_on(shell, poem):
    text = poem()
    ended = shell(*TEXT, "--json", "h.json", "--save", "w.npz", model=None)
    assert ended.code == 0
    history = History.from_json(Path("h.json").read_text(encoding="utf-8"))
    net, arrays = saved("w.npz")
    alphabet = Alphabet("".join(map(chr, arrays["alphabet"])))
    symbols = alphabet.encode(text.removesuffix("\n"))
    cut = round(0.9 * len(symbols))
    found = score(net, *streams(symbols[cut:], 8), window=64)
    assert found.loss == pytest.approx(history.validation[-1].loss, rel=1e-5)
    assert f"{found.bits:.3f} ± {found.bits_error:.3f} bits" in " ".join(ended.out.split())
    assert history.window == 64
    assert "of a mind" in ended.out or "a door" in ended.out or "the thre" in ended.out


def test_options_reach_the_training(shell, poem):
    poem()
    ended = shell(
        *TEXT, "--window", "9", "--clip", "0", "--optimiser", "momentum", "--learning-rate", "0.02", "--schedule",
        "cosine", "--patience", "5", "--seed", "2", "--activation", "relu", "--json", "-", model=None,
    )  # fmt: skip
    history = History.from_json(ended.out)
    assert (history.window, history.clip_norm, history.patience, history.seed) == (9, None, 5, 2)
    assert history.optimiser == "Momentum(learning_rate=0.02, momentum=0.9, nesterov=False)"
    assert history.schedule == "Cosine(floor=0.0)"
    assert "8 relu units" in history.net


@pytest.mark.parametrize("text", ["a" * 2000, "\x1b[31mred\u202e 😍 [bold]\0" * 200])
def test_odd_texts_do_not_steer_the_terminal(shell, poem, text):
    poem(text)
    ended = shell(*TEXT, model=None)
    assert ended.code == 0, ended.err
    assert "\x1b" not in ended.out
    assert "\u202e" not in ended.out


def test_the_gradient_is_measured_far_below_what_float32_holds():
    nets = [RNN(8, 32, 4, bias=True, dtype=dtype, seed=0) for dtype in ("float32", "float64")]
    found = [_arriving(net, *remember(20, 300, seed=1)) for net in nets]
    assert found[0] == pytest.approx(found[1], rel=1e-4)
    assert -300 < found[0] < math.log(1e-45)
    assert _arriving(nets[0], *remember(2, 2000, seed=1)) == -math.inf


def delay(steps, accuracy, before):
    return Delay(steps, Score(0.5, 0.01, accuracy, 0.014, 1000, 1000), math.log(before), 0.0)


@pytest.mark.parametrize(
    ("delays", "words"),
    [
        ([delay(1, 1.0, 0.5), delay(5, 0.97, 0.1)], ["every delay", "up to 5", "longer --delay"]),
        (
            [delay(1, 1.0, 0.5), delay(40, 0.26, 1e-12)],
            ["through 1 step of noise", "through 40 it guesses", "1.0e-12", "0.50"],
        ),
        ([dataclasses.replace(delay(9, 0.25, 1.0), before=-math.inf)], ["died: < 1e-300 of it arrived", "vanished"]),
        ([delay(1, 1.0, 0.5), delay(40, 0.6, 1e-12)], ["through 40 it is right too rarely", "vanished"]),
        ([delay(1, 0.25, 0.5)], ["does not learn", "0.5 of it", "more --epochs"]),
    ],
)
def test_the_gradient_is_blamed_only_where_it_vanished(delays, words):
    told = sentence(tuple(delays))
    for word in words:
        assert word in told
    assert ("vanished" in told) == (delays[-1].before < math.log(1e-3))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--delay", "0"], ["--delay"]),
        (["--delay", "5", "--text", "poem.txt"], ["--delay and --text"]),
        (["--window", "5"], ["--window is for texts"]),
        (["--sample", "5"], ["--sample is for texts"]),
        (["--temperature", "1"], ["--temperature is for texts"]),
        (["--text", "poem.txt", "--sample", "0", "--temperature", "1"], ["writes nothing"]),
        (["--text", "poem.txt", "--temperature", "0"], ["--temperature is 0.0", "above 0"]),
        (["--text", "absent.txt"], ["absent.txt", "No such file"]),
        (["--text", "short.txt"], ["5 characters", "1,000"]),
        (["--text", "latin.txt"], ["--text 'latin.txt'", "UTF-8"]),
        (["--text", "poem.txt", "--batch", "500"], ["--batch is 500", "too many streams"]),
        (["--learning-rate", "-1"], ["--learning-rate is -1.0", "above 0"]),
        (["--learning-rate", "nan"], ["--learning-rate is nan"]),
        (["--optimiser", "adagrad"], ["'adagrad'", "momentum"]),
        (["--epochs", "0"], ["--epochs"]),
        (["--clip", "-1"], ["--clip"]),
        (["--save", "w.pickle"], ["w.pickle", ".npz"]),
        (["--save", "a.npz", "--json", "a.npz"], ["one file"]),
        (["--json", ""], ["--json is ''"]),
        (["--html", "-"], ["--html is '-'", "only --json"]),
        (["--html", "a.json", "--json", "a.json"], ["one file"]),
        (["--nonsense"], ["--nonsense", "limen rnn fit --help"]),
        (["poem.txt"], ["unexpected"]),
    ],
)
def test_wrong_usage(shell, poem, words, told):
    poem()
    Path("short.txt").write_text("short", encoding="utf-8")
    Path("latin.txt").write_bytes("très".encode("latin-1") * 500)
    fails(shell("rnn", "fit", *words, model=None), 2, *told)


@pytest.mark.parametrize(("option", "name"), [("--json", "absent/h.json"), ("--save", "absent/w.npz"), ("--json", ".")])
def test_places_that_cannot_be_written_are_told_first(shell, option, name):
    fails(shell("rnn", "fit", "--delay", "2000", option, name, model=None), 1, option, "cannot be written")


def test_training_that_diverges_is_one_line(shell):
    wild = ("--activation", "relu", "--optimiser", "sgd", "--learning-rate", "1e30", "--clip", "0")
    ended = shell(*SMALL, *wild, model=None)
    fails(ended, 1, "epoch 1 of 2", "set --clip", "learning rate")
