"""A monitor measures when it is due, leaves the training as it was, and says where it is about to break."""

import importlib.util
import json
import math
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

import limen
from limen.results import Verdict
from limen.results.reading import MonitorReading
from limen.rnn import ExplosionWarning, Monitor

T, B, INPUTS, HIDDEN = 25, 4, 3, 5
cross_entropy = nn.functional.cross_entropy


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


class Net(nn.Module):
    """Everything that a measurement could disturb: dropout in and after the layers, batch normalisation."""

    def __init__(self, kind=nn.GRU):
        super().__init__()
        self.rnn = kind(INPUTS, HIDDEN, num_layers=2, dropout=0.3)
        self.drop, self.norm, self.head = nn.Dropout(0.5), nn.BatchNorm1d(HIDDEN), nn.Linear(HIDDEN, 2)
        self.seen = []

    def forward(self, x):
        self.seen.append([module.training for module in self.modules()])
        return self.head(self.drop(self.norm(self.rnn(x)[0][-1])))


class Linear(nn.Module):
    """A rectified RNN of positive numbers: h_t = factor · h_{t-1} + x_t, whose gradient is multiplied by factor."""

    def __init__(self, factor, **options):
        super().__init__()
        self.rnn = nn.RNN(1, 1, nonlinearity="relu", bias=False, **options)
        with torch.no_grad():
            for name, weight in self.rnn.named_parameters():
                weight.fill_(factor if "weight_hh" in name else 1.0)

    def forward(self, x):
        return self.rnn(x)[0]


def batches(count):
    generator = torch.Generator().manual_seed(1)
    for _ in range(count):
        yield torch.randn(T, B, INPUTS, generator=generator), torch.randint(2, (B,), generator=generator)


def trained(monitored, **options):
    """A short training, with or without a monitor in it; the weights, buffers and random state after it."""
    torch.manual_seed(0)
    model = Net().train()
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
    monitor = Monitor(model, loss=cross_entropy, **options) if monitored else None
    for x, y in batches(7):
        optimiser.zero_grad()
        cross_entropy(model(x), y).backward()
        if monitor is not None:
            monitor.step(x, y)
        optimiser.step()
    return model, monitor, torch.get_rng_state()


def test_training_goes_on_bit_for_bit_as_without_it(tmp_path):
    file = tmp_path / "flow.jsonl"
    model, monitor, state = trained(True, every=2, file=file, clip_norm=0.1)
    plain, _, plain_state = trained(False)
    torch.testing.assert_close(model.state_dict(), plain.state_dict(), rtol=0, atol=0)
    assert torch.equal(state, plain_state)
    assert [reading.step for reading in monitor.readings] == [0, 2, 4, 6]
    lines = file.read_text(encoding="utf-8").splitlines()
    assert [MonitorReading.from_json(line) for line in lines] == monitor.readings
    first = json.loads(lines[0])
    assert first["step"] == 0
    assert first["verdict"] == monitor.readings[0].verdict.name
    assert all(math.isfinite(layer["factor"]) for layer in first["layers"])
    assert 0 < first["clip_factor"] < 1


def test_runs_that_append_to_one_file_are_told_apart(tmp_path):
    file = tmp_path / "flow.jsonl"
    for _ in range(2):
        trained(True, every=4, file=file)
    with file.open("ab") as lines:
        lines.write(b'{"schema": "limen.monitor_reading", "run": 7, "st')  # a run that was killed
    _, monitor, _ = trained(True, every=4, file=file)
    assert [reading.run for reading in monitor.readings] == [3, 3]
    lines = file.read_text(encoding="utf-8").splitlines()
    whole = [MonitorReading.from_json(line) for line in (*lines[:4], *lines[5:])]
    assert [(reading.run, reading.step) for reading in whole] == [(run, step) for run in (1, 2, 3) for step in (0, 4)]
    assert trained(True, every=4)[1].readings[0].run == 1


def test_modes_and_hooks_are_put_back_and_only_dropout_is_turned_off():
    torch.manual_seed(0)
    model = Net().train()
    model.norm.eval()  # a mixture of modes
    before = [module.training for module in model.modules()]
    x, y = next(batches(1))
    Monitor(model, loss=cross_entropy, every=1).step(x, y)
    assert [module.training for module in model.modules()] == before
    during = dict(zip([name for name, _ in model.named_modules()], model.seen[-1], strict=True))
    assert during == {"": True, "rnn": False, "drop": False, "norm": False, "head": True}
    assert all("forward" not in module.__dict__ and not module._forward_pre_hooks for module in model.modules())
    with pytest.raises(limen.LimenError, match="loss gave a str"):
        Monitor(model, loss=str).step(x)
    assert [module.training for module in model.modules()] == before


def test_it_tells_what_gradient_flow_tells():
    torch.manual_seed(0)
    model = Net(nn.LSTM).eval()
    x, y = next(batches(1))
    reading = Monitor(model, loss=cross_entropy, clip_norm=1e-3).measure(x, y, step=40)
    flow = limen.gradient_flow(model, x, loss=lambda output: cross_entropy(output, y), clip_norm=1e-3)
    assert reading.loss == pytest.approx(flow.loss)
    assert reading.verdict is flow.verdict
    assert flow.sentence.startswith(reading.sentence.split(";")[0])
    assert reading.clip_factor == pytest.approx(flow.output.clip_factor)
    for found, layer in zip(reading.layers, flow.layers, strict=True):
        horizons = layer.gradient_horizons
        assert (found.title, found.low, found.high) == (layer.title, horizons.min(), horizons.max())
        assert found.median == np.median(horizons)
        assert found.factor == pytest.approx(layer.factor, rel=1e-4)
        assert found.log_largest == pytest.approx(layer.log_norms.max(), rel=1e-4)
        assert found.step == layer.log_norms.max(axis=1).argmax()


def test_the_clipping_factor_costs_no_backward_pass_of_its_own(monkeypatch):
    model, (x, y), calls, grad = Net(nn.LSTM), next(batches(1)), [], torch.autograd.grad
    monkeypatch.setattr(torch.autograd, "grad", lambda *given, **named: calls.append(1) or grad(*given, **named))
    for options in ({}, {"clip_norm": 1e-3}):
        calls.clear()
        factor = Monitor(model, loss=cross_entropy, **options).measure(x, y, step=0).clip_factor
        assert (len(calls), factor < 1) == (1, bool(options))


@pytest.mark.parametrize("count", [1, 3])
def test_a_few_samples_are_the_first_of_the_batch(count):
    torch.manual_seed(0)
    model, (x, y) = Net(nn.GRU).eval(), next(batches(1))
    flow = limen.gradient_flow(model, x, loss=lambda output: cross_entropy(output, y))
    reading = Monitor(model, loss=cross_entropy, samples=count).measure(x, y, step=0)
    assert reading.samples == count
    for found, layer in zip(reading.layers, flow.layers, strict=True):
        assert found.low == layer.gradient_horizons[:count].min()
        assert found.high == layer.gradient_horizons[:count].max()


def test_a_few_samples_of_a_packed_batch_are_the_longest():
    torch.manual_seed(0)
    rnn = nn.LSTM(INPUTS, HIDDEN)
    x = pack_padded_sequence(next(batches(1))[0], [5, 25, 9, 21], enforce_sorted=False)
    flow = limen.gradient_flow(rnn, x, loss=lambda output: output[1][0].sum())
    reading = Monitor(rnn, loss=lambda output: output[1][0].sum(), samples=2).measure(x, step=0)
    longest = flow.layers[0].gradient_horizons[[1, 3]]
    assert (reading.layers[0].low, reading.layers[0].high) == (longest.min(), longest.max())


@pytest.mark.parametrize("heeded", [59, 25])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_it_warns_of_growth_with_the_time_step_before_nan_comes(bidirectional, heeded):
    model, x = Linear(1.5, bidirectional=bidirectional), torch.ones(60, 2, 1)
    lags = math.ceil(math.log(1000) / math.log(1.5))  # 18
    monitor = Monitor(model, loss=lambda output: output[heeded].sum(), warn=False)
    reading = monitor.measure(x, step=300)
    assert reading.verdict is Verdict.EXPLODING
    gradients = [alarm for alarm in reading.alarms if "the gradient grows" in alarm]
    places = [heeded - lags, heeded + lags][: 1 + bidirectional]
    told = [f"at step {place} of 60, {lags} steps back" for place in places if place < 60]
    assert [words in alarm for words, alarm in zip(told, gradients, strict=True)] == [True] * len(told)
    assert all("by 1.5 a step" in alarm for alarm in gradients)
    states = [alarm for alarm in reading.alarms if "the state grows" in alarm]
    first = next(t for t in range(60) if sum(1.5**k for k in range(t + 1)) > 1000)
    told = [f"at step {place} of 60" for place in [first, 59 - first][: 1 + bidirectional]]
    assert [words in alarm for words, alarm in zip(told, states, strict=True)] == [True] * len(told)


def test_a_warning_names_the_training_step_and_calm_models_give_none():
    monitor = Monitor(Linear(1.5), loss=torch.sum)
    with pytest.warns(ExplosionWarning, match=r"training step 300: rnn RNN \(relu\), layer 1") as caught:
        monitor.step(torch.ones(40, 2, 1), step=300)
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Monitor(Linear(0.9), loss=torch.sum).step(torch.ones(40, 2, 1))


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda weight, _: weight.fill_(math.nan), "W_hh of 'rnn'"),
        (lambda _, x: x[17, 1].fill_(math.inf), "first at step 17 of sample 1"),
        (lambda _, x: x[9, 1].fill_(3e38), "first at step 10 of sample 1"),
    ],
)
def test_what_is_no_longer_finite_is_found_where_it_is_first(spoil, told):
    model, x = Linear(1.5), torch.ones(40, 2, 1)
    monitor = Monitor(model, loss=lambda output: output[-1].sum(), warn=False)
    monitor.step(x, step=0)
    spoil(model.rnn.weight_hh_l0.data, x)
    monitor.warn = True
    with pytest.warns(ExplosionWarning, match="At training step 0 all was still finite"):
        reading = monitor.step(x, step=100)
    assert told in reading.sentence
    assert reading.verdict is None
    assert MonitorReading.from_json(reading.to_json()) == reading


def test_a_loss_or_a_gradient_that_is_not_finite_is_put_to_the_head():
    model, x = Linear(0.9), torch.ones(10, 2, 1)
    reading = Monitor(model, loss=lambda output: (output * math.inf).sum(), warn=False).measure(x, step=0)
    assert "the loss is inf, though all states are finite" in reading.sentence
    reading = Monitor(model, loss=lambda output: (output - output.detach()).sqrt().sum(), warn=False).measure(x, step=0)
    assert "the gradient of the loss for the states of 'rnn' is not finite" in reading.sentence


def test_it_is_due_at_every_nth_step_and_once():
    model, x = Linear(0.9), torch.ones(10, 2, 1)
    monitor = Monitor(model, loss=torch.sum, every=3)
    given = [reading is not None for reading in (monitor.step(x) for _ in range(8))]
    assert given == [True, False, False, True, False, False, True, False]
    monitor = Monitor(model, loss=torch.sum, every=100)
    steps = (99, 100, 100, 101, 200)  # several batches at one step, as with accumulated gradients
    assert [monitor.step(x, step=step) is not None for step in steps] == [False, True, False, False, True]


def test_named_arguments_of_the_model():
    class Named(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = Linear(0.9)

        def forward(self, *, values, scale):
            return {"out": scale * self.rnn(values)}

    monitor = Monitor(Named(), loss=lambda output: output["out"].sum())
    assert monitor.step({"values": torch.ones(10, 2, 1), "scale": 2.0}).layers[0].factor == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"every": 0}, "every is 0"),
        ({"every": 1.5}, r"every is 1\.5"),
        ({"samples": 0}, "samples is 0"),
        ({"clip_norm": -1}, "clip_norm is -1"),
        ({"file": "nowhere/at/all.jsonl"}, "folder that does not exist"),
        ({"loss": 3}, "loss is of type int"),
        ({"model": 3}, "model is of type int"),
        ({"cells": ["nothing"]}, "cells is 'nothing'"),
    ],
)
def test_wrong_options_are_named(options, match):
    given = {"model": Linear(0.9), "loss": torch.sum} | options
    with pytest.raises(limen.LimenError, match=match):
        Monitor(given.pop("model"), **given)


def test_the_callback_of_transformers_watches_due_steps_only():
    """The protocol of the Trainer, called as it calls it; with the Trainer itself in the next test."""
    model = Linear(0.9)
    monitor = Monitor(model, loss=torch.sum, every=2)
    callback, watched = monitor.trainer(), []
    for step in range(1, 5):
        state = SimpleNamespace(global_step=step - 1, is_world_process_zero=True)
        callback.on_step_begin(None, state, None, model=model)
        watched.append(len(model._forward_pre_hooks))
        model(torch.ones(10, 2, 1))
        state.global_step = step
        callback.on_step_end(None, state, None, model=model)
        assert not model._forward_pre_hooks
    assert watched == [0, 1, 0, 1]
    assert [reading.step for reading in monitor.readings] == [2, 4]
    callback.on_step_begin(None, SimpleNamespace(global_step=5, is_world_process_zero=True), None)
    with pytest.raises(limen.LimenError, match="was not called in this step"):
        callback.on_step_end(None, SimpleNamespace(global_step=6, is_world_process_zero=True), None)


needs_accelerate = pytest.mark.skipif(
    importlib.util.find_spec("accelerate") is None, reason="the Trainer of transformers needs accelerate"
)


@needs_accelerate
@pytest.mark.filterwarnings("ignore")  # those of the libraries
def test_in_the_trainer_of_transformers(tmp_path):
    from transformers import Trainer, TrainingArguments

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = Net()

        def forward(self, values, labels):
            logits = self.net(values.transpose(0, 1))
            return {"loss": cross_entropy(logits, labels), "logits": logits}

    torch.manual_seed(0)
    model = Model()
    rows = [{"values": torch.randn(T, INPUTS), "labels": k % 2} for k in range(16)]
    monitor = Monitor(model, loss=lambda output: output["loss"], every=2, file=tmp_path / "flow.jsonl")
    arguments = TrainingArguments(
        output_dir=str(tmp_path), max_steps=4, per_device_train_batch_size=4, use_cpu=True, report_to=[],
        save_strategy="no", disable_tqdm=True, remove_unused_columns=False,
    )  # fmt: skip
    Trainer(model=model, args=arguments, train_dataset=rows, callbacks=[monitor.trainer()]).train()
    assert [reading.step for reading in monitor.readings] == [2, 4]
    assert all(reading.verdict is not None and reading.samples == 4 for reading in monitor.readings)
    assert not model._forward_pre_hooks


@pytest.mark.skipif(
    all(importlib.util.find_spec(name) is None for name in ("lightning", "pytorch_lightning")),
    reason="Lightning is not installed",
)
@pytest.mark.filterwarnings("ignore")  # those of the libraries
def test_in_the_trainer_of_lightning(tmp_path):
    from limen.rnn.torch.callbacks import _lightning

    lightning = _lightning()

    class Module(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.net = Net()

        def training_step(self, batch, batch_idx):  # noqa: ARG002
            x, y = batch
            return cross_entropy(self.net(x[0]), y[0])

        def configure_optimizers(self):
            return torch.optim.Adam(self.parameters())

    torch.manual_seed(0)
    module = Module()
    monitor = Monitor(module.net, loss=cross_entropy, every=2, file=tmp_path / "flow.jsonl")
    trainer = lightning.Trainer(
        max_epochs=1, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, default_root_dir=tmp_path,
        callbacks=[monitor.lightning(split=lambda batch: (batch[0][0], batch[1][0]))],
    )  # fmt: skip
    trainer.fit(module, torch.utils.data.DataLoader(list(batches(5)), batch_size=1))
    assert [reading.step for reading in monitor.readings] == [2, 4]
    assert all(reading.samples == B for reading in monitor.readings)
    assert monitor.model.drop.training


def test_without_the_libraries_the_remedy_is_named(monkeypatch):
    monitor = Monitor(Linear(0.9), loss=torch.sum)
    for name in ("lightning", "lightning.pytorch", "pytorch_lightning", "transformers"):
        monkeypatch.setitem(__import__("sys").modules, name, None)
    with pytest.raises(limen.errors.MissingError, match="pip install lightning"):
        monitor.lightning()
    with pytest.raises(limen.errors.MissingError, match="pip install transformers"):
        monitor.trainer()
