"""Scores with their errors, texts as symbols, and the history as a record."""

from __future__ import annotations

import copy
import dataclasses
import json
import math
import pickle

import numpy as np
import pytest

from limen._errors import RecordError
from limen.results.curves import sparkline, thinned
from limen.results.history import History
from limen.rnn.net import RNN
from limen.rnn.optimisers import Adam, clip_by_norm, global_norm
from limen.rnn.scoring import score
from limen.rnn.tasks import remember
from limen.rnn.text import OTHER, Alphabet, one_hot, streams, write
from limen.rnn.train import fit


def data(samples=12, time=6, seed=0):
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(samples, time, 3))
    return x, generator.integers(4, size=(samples, time)), generator.integers(1, time + 1, size=samples)


def net_of(inputs=3, hidden=5, outputs=4, **options):
    return RNN(inputs, hidden, outputs, bias=True, **options)


@pytest.mark.parametrize("scale", [1e-200, 1e-30, 1.0, 1e30, 1e200])
def test_clipping_gives_exactly_the_norm_and_keeps_the_direction(scale):
    generator = np.random.default_rng(1)
    plain = {"W": generator.normal(size=(4, 5)), "b": generator.normal(size=3)}
    whole = math.sqrt(sum((one**2).sum() for one in plain.values()))
    gradients = {name: scale * one for name, one in plain.items()}
    norm = global_norm(gradients)
    assert norm == pytest.approx(scale * whole, rel=1e-14)
    assert clip_by_norm(gradients, norm, 0.3 * norm)
    assert global_norm(gradients) == pytest.approx(0.3 * norm, rel=1e-14)
    for name, one in plain.items():
        np.testing.assert_allclose(gradients[name], 0.3 * scale * one, rtol=1e-14)
    kept = {name: one.copy() for name, one in gradients.items()}
    assert not clip_by_norm(gradients, norm, norm)
    assert all((gradients[name] == one).all() for name, one in kept.items())


def test_norms_of_odd_gradients():
    assert global_norm({"W": np.zeros(3)}) == 0.0
    assert math.isnan(global_norm({"W": np.array([1.0, np.nan]), "b": np.ones(2)}))
    assert math.isnan(global_norm({"W": np.ones(2), "b": np.array([1.0, np.nan])}))
    assert global_norm({"W": np.array([1.0, -np.inf])}) == math.inf
    assert global_norm({"W": np.full(4, 3e38, dtype=np.float32)}) == pytest.approx(6e38, rel=1e-6)


@pytest.mark.parametrize("steps", ["all", "last"])
@pytest.mark.parametrize("window", [None, 2, 4, 6, 99])
def test_a_score_is_the_nets_own_loss_whatever_the_batches_and_windows(steps, window):
    x, y, lengths = data()
    if steps == "last" and window:
        return
    net = net_of()
    trace = net.forward(x, lengths=lengths)
    counts = np.arange(6) < lengths[:, None] if steps == "all" else np.arange(6) == lengths[:, None] - 1
    for batch_size in (1, 5, 99):
        found = score(net, x, y, steps=steps, lengths=lengths, batch_size=batch_size, window=window)
        assert found.counted == counts.sum()
        assert found.samples == 12
        assert found.loss == pytest.approx(net.loss(trace, y, steps=steps) / counts.sum(), rel=1e-12)
        assert found.accuracy == pytest.approx((trace.o_hat.argmax(axis=2) == y)[counts].mean(), rel=1e-12)
        assert found.bits == pytest.approx(found.loss / math.log(2))


def test_distributions_and_masks_score_alike():
    x, y, lengths = data()
    mask = np.random.default_rng(2).random(y.shape) < 0.5
    one = score(net_of(), x, np.where(mask, y, -7), lengths=lengths, mask=mask)
    two = score(net_of(), x, np.eye(4)[y], lengths=lengths, mask=mask)
    assert one.loss == pytest.approx(two.loss, rel=1e-12)
    assert one.loss_error == pytest.approx(two.loss_error, rel=1e-12)
    assert one.accuracy == two.accuracy
    assert one.samples == (mask & (np.arange(6) < lengths[:, None])).any(axis=1).sum()


def test_errors_of_one_loss_a_sample_are_those_of_a_mean():
    x, y, _ = data(samples=50)
    net = net_of()
    found = score(net, x, y[:, -1], steps="last")
    losses = -np.log(net.forward(x).o_hat[np.arange(50), -1, y[:, -1]])
    assert found.loss_error == pytest.approx(losses.std(ddof=1) / math.sqrt(50), rel=1e-9)
    assert found.accuracy_error == pytest.approx(math.sqrt(found.accuracy * (1 - found.accuracy) / 49), rel=1e-9)


def test_errors_cover_the_truth_although_steps_of_a_sample_depend_on_each_other():
    """The mean over 40 samples against that over 4,000; a formula for independent steps would cover about half."""
    generator, net = np.random.default_rng(3), net_of(inputs=2, outputs=2)
    x = np.repeat(generator.normal(size=(4000, 1, 2)), 12, axis=1)
    y = np.repeat(generator.integers(2, size=(4000, 1)), 12, axis=1)
    truth = score(net, x, y).loss
    parts = [score(net, x[start : start + 40], y[start : start + 40]) for start in range(0, 4000, 40)]
    covered = np.mean([abs(part.loss - truth) < 1.96 * part.loss_error for part in parts])
    assert 0.87 <= covered <= 1.0


def test_samples_of_other_lengths_are_no_error_where_every_step_costs_the_same():
    x, y, lengths = data()
    net = net_of()
    for parameter in net.parameters().values():
        parameter[:] = 0
    found = score(net, x, y, lengths=lengths)
    assert found.loss == pytest.approx(math.log(4), rel=1e-12)
    assert found.loss_error < 1e-12


def test_one_sample_has_no_error():
    x, y, _ = data(samples=1)
    assert math.isnan(score(net_of(), x, y).loss_error)


def test_a_cue_is_remembered_over_a_short_delay():
    x, y = remember(512, 4, seed=1)
    assert (x[:, 0] == y).all()
    assert x[:, 1:].min() == 4
    assert x.max() == 7
    net = RNN(8, 16, 4, bias=True)
    fit(net, x, y, steps="last", epochs=10, optimiser=Adam(0.01))
    assert score(net, *remember(200, 4, seed=2), steps="last").accuracy > 0.99


def test_a_periodic_text_is_learned_and_written_on():
    text = "limen is a threshold. " * 60
    alphabet = Alphabet.of(text)
    x, y = streams(alphabet.encode(text), 4)
    net = RNN(len(alphabet), 32, len(alphabet), bias=True)
    history = fit(net, x, y, epochs=10, window=20, optimiser=Adam(0.02), clip_norm=1.0)
    assert history.updates == 10 * math.ceil(x.shape[1] / 20)
    assert score(net, x, y, window=50).bits < 0.1
    written = write(net, alphabet, start=text[:30], length=44, temperature=0.1, seed=1)
    assert written == text[30:74]
    assert written == write(net, alphabet, start=text[:30], length=44, temperature=0.1, seed=1)


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.0])
def test_what_a_net_writes_follows_its_probabilities(temperature):
    net, alphabet = RNN(3, 4, 3, seed=5), Alphabet("abc")
    p = net.forward(one_hot(alphabet.encode("ab"), 3)[None]).o_hat[0, -1] ** (1 / temperature)
    p /= p.sum()
    drawn = [write(net, alphabet, start="ab", length=1, temperature=temperature, seed=seed) for seed in range(900)]
    for letter, share in zip("abc", p, strict=True):
        assert abs(drawn.count(letter) / 900 - share) < 4 * math.sqrt(share * (1 - share) / 900)


def test_streams_are_the_text_and_what_comes_next():
    x, y = streams(np.arange(11), 3)
    assert x.tolist() == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    assert (y == x + 1).all()


@pytest.mark.parametrize("text", ["abcabc", "𝒳 emoji 😍 é\n\0", "\ud800x"])
def test_texts_survive_the_alphabet(text):
    alphabet = Alphabet.of(text)
    assert alphabet.decode(alphabet.encode(text)) == text


def test_rare_characters_share_a_symbol():
    text = "aaabbbccd" + "".join(map(chr, range(0x400, 0x500)))
    alphabet = Alphabet.of(text, most=4)
    assert alphabet.characters == "abc" + OTHER
    assert alphabet.decode(alphabet.encode(text)) == "aaabbbcc" + 257 * OTHER


def history(validation=True, **options):
    x, y, lengths = data()
    held_out = (x, y, lengths) if validation else None
    return fit(net_of(), x, y, lengths=lengths, validation=held_out, **({"epochs": 3} | options))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"validation": False},
        {"epochs": 70, "clip_norm": 0.1},
        {"patience": 1, "epochs": np.int64(2), "clip_norm": np.float64(1), "seed": np.uint8(1)},
    ],
)
def test_a_history_survives_json_copies_and_frames(options):
    found = history(**options)
    text = found.to_json()
    json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
    for again in (History.from_json(text), pickle.loads(pickle.dumps(found)), copy.deepcopy(found)):  # noqa: S301
        assert again == found
        assert again.to_json() == text
    for backend in ("pandas", "polars", "pyarrow"):
        frame = found.to_frame(backend)
        assert len(frame) == len(found)
        assert list(frame["train_loss"] if backend != "pyarrow" else frame["train_loss"].to_pylist()) == list(
            found.train_losses
        )
    with pytest.raises(ValueError, match="read-only"):
        found.train_losses[0] = 0.0


@pytest.mark.parametrize("options", [{}, {"validation": False}, {"epochs": 70, "clip_norm": 0.1}])
def test_a_history_reads_well_in_80_columns(options):
    found = history(**options)
    lines = str(found).splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert len(lines) < 30
    assert any(line.split()[:1] == [f"*{found.best_epoch}"] for line in lines)
    assert lines[-1].endswith(" s.")
    assert "best loss" in repr(found)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda plain: plain.update(best_epoch=9), "best_epoch is 9, expected one of 1 to 3"),
        (lambda plain: plain["seconds"].pop(), r"seconds has the shape \(2,\), expected \(3,\)"),
        (lambda plain: plain["validation"].pop(), r"validation has the shape \(2,\), expected \(3,\)"),
        (lambda plain: plain.update(seconds=3.0), r"seconds .*of the type float, expected a list"),
        (lambda plain: plain.update(seconds=[[1.0]] * 3), r"seconds has the shape \(3, 1\)"),
        (lambda plain: plain.update(train_losses=[[1.0]] * 3), r"train_losses has the shape \(3, 1\)"),
        (lambda plain: plain.update(train_losses=1.0), r"train_losses .*of the type float, expected a list"),
        (lambda plain: plain.pop("seed"), "has the fields"),
        (lambda plain: plain.update(schema_version=99), "schema_version is 99"),
        (lambda plain: plain["train_losses"].append("much"), "cannot be read"),
    ],
)
def test_damaged_histories_are_refused(change, words):
    plain = json.loads(history().to_json())
    change(plain)
    with pytest.raises(RecordError, match=words):
        History.from_json(json.dumps(plain))


def test_the_words_of_a_history_cannot_steer_a_terminal():
    found = dataclasses.replace(history(), net="\x1b[31mnet", schedule="\x9b2J")
    for told in (str(found), repr(found)):
        assert "␛[31mnet" in told
        assert not {"\x1b", "\x9b"} & set(told)


def test_sparklines():
    assert sparkline([0.0, 1.0, 2.0, 7.0]) == "▁▂▃█"
    assert sparkline([3.0, 3.0]) == "▁▁"
    assert sparkline([1.0, math.nan, 2.0]) == "▁?█"
    assert sparkline([math.nan]) == "?"
    assert len(sparkline(range(1000), 30)) == 30
    assert thinned(1000, 5) == [0, 250, 500, 749, 999]
