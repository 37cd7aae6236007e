"""Records of gradient flow that were damaged on disk are refused, and those that were not are read back."""

from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import pytest

from limen._errors import RecordError
from limen.results import Cause, GradientFlow, MonitorReading, Verdict, from_log, split_of
from limen.results.reading import LayerReading
from limen.rnn.torch.verdict import sentence_of
from tests.flows import CASES, make_flow


@pytest.fixture(scope="module")
def stored() -> str:
    return make_flow(steps=6, samples=3, heat=True, layers=2, exponents=True).to_json()


def put(plain, path, value):
    """Change one entry of nested lists and dicts."""
    for key in path[:-1]:
        plain = plain[key]
    plain[path[-1]] = value


@pytest.mark.parametrize("name", [name for name in CASES if "long" not in name])
def test_an_undamaged_record_is_read_back(name):
    flow = make_flow(**CASES[name])
    assert GradientFlow.from_json(flow.to_json()) == flow


ARRAYS = {
    "lengths": ([6, 6], (3,)),
    "last": ([5, 5, 5, 5], (3,)),
    "gradient_horizons": ([[1.0, 1.0, 1.0]], (3,)),
    "share_horizons": ([], (3,)),
    "log_direct": ([[0.0] * 3] * 5, (6, 3)),
    "log_through": ([[0.0] * 2] * 6, (6, 3)),
    "log_cells": ([0.0] * 6, (6, 3)),
    "log_last": ([[0.0] * 6] * 3, (6, 3)),
    "sample_shares": ([0.0], (6, 3)),
    "shares": ([1.0], (6,)),
    "log_factors": ([0.0] * 7, (6,)),
    "log_saturation": ([[0.0]] * 6, (6,)),
    "log_weights": ([], (6,)),
    "path_shares": ([[0.0] * 4] * 6, (6, 5)),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_of_another_shape_are_refused(stored, name):
    plain = json.loads(stored)
    value, expected = ARRAYS[name]
    plain["layers"][1][name] = value
    with pytest.raises(RecordError) as raised:
        GradientFlow.from_json(json.dumps(plain))
    told = f"layers[1].{name} has the shape {np.shape(value)}, expected {expected} for 6 steps, 3 samples and 5 paths."
    assert str(raised.value) == told


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("layers",), [], "layers is empty"),
        (("layers", 0, "log_norms"), [], r"layers\[0\].log_norms has the shape \(0,\)"),
        (("layers", 0, "log_norms"), [[]], r"layers\[0\].log_norms has the shape \(1, 0\)"),
        (("layers", 0, "lengths", 1), 0, r"layers\[0\].lengths is 0, expected 1 to 6"),
        (("layers", 0, "lengths", 1), 7, r"layers\[0\].lengths is 7, expected 1 to 6"),
        (("layers", 0, "lengths", 1), 2.5, r"layers\[0\].lengths cannot be read .* float64, expected int64"),
        (("layers", 0, "lengths", 1), True, r"layers\[0\].last is 5, expected -1 to 0"),
        (("layers", 0, "lengths", 1), 10**30, r"layers\[0\].lengths cannot be read"),
        (("layers", 0, "lengths"), [True] * 3, r"layers\[0\].lengths cannot be read"),
        (("layers", 0, "log_norms", 1, 1), 10**400, r"layers\[0\].log_norms cannot be read"),
        (("layers", 0, "log_norms", 1, 1), 1e30, r"layers\[0\].log_norms is 1e\+30, expected -1e\+12 to"),
        (("layers", 0, "log_factors", 1), 1e3, r"layers\[0\].log_factors is 1000.0, expected -inf to 709.8"),
        (("layers", 0, "last", 1), -2, r"layers\[0\].last is -2, expected -1 to 5"),
        (("layers", 0, "last", 1), 6, r"layers\[0\].last is 6, expected -1 to 5"),
        (("layers", 0, "hidden"), 0, r"layers\[0\].hidden is 0"),
        (("layers", 0, "layer"), -1, r"layers\[0\].layer is -1"),
        (("layers", 0, "gradient_horizons", 0), -1, r"layers\[0\].gradient_horizons is -1.0"),
        (("layers", 0, "paths"), ["one"], r"layers\[0\].path_shares has the shape \(6, 5\), expected \(6, 1\)"),
        (("layers", 1, "exponents", "low"), [0.1], r"layers\[1\].exponents.low has the shape \(1,\), expected \(3,\)"),
        (("layers", 1, "exponents", "values"), [[0.1]], r"exponents.values has the shape \(1, 1\)"),
        (("worst",), 2, "worst is 2, expected 0 to 1"),
        (("worst",), -1, "worst is -1"),
        (("output", "clip_factor"), -0.1, "output.clip_factor is -0.1, expected 0 to 1"),
        (("output", "denormal_share"), 1.1, "output.denormal_share is 1.1"),
        (("heat", "layer"), 2, "heat.layer is 2, expected 0 to 1"),
        (("heat", "steps"), 3, r"heat.steps .*it is of the type int, expected a list of int64"),
        (("heat", "steps"), [[3]], r"heat.steps has the shape \(1, 1\)"),
        (("heat", "steps"), [], r"heat.steps has the shape \(0,\)"),
        (("heat", "steps", 5), 6, "heat.steps is 6, expected 0 to 5"),
        (("heat", "steps", 1), 0, r"heat.steps is \[0, 0, 2, 3, 4, 5\], expected steps that rise"),
        (("heat", "log_norms"), [[0.0]], r"heat.log_norms has the shape \(1, 1\), expected \(6, 6\)"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(stored, path, value, words):
    plain = json.loads(stored)
    put(plain, path, value)
    with pytest.raises(RecordError, match=words):
        GradientFlow.from_json(json.dumps(plain))


def test_a_layer_without_ways_back_is_refused(stored):
    plain = json.loads(stored)
    plain["layers"][0] |= {"paths": [], "path_shares": [[]] * 6}
    with pytest.raises(RecordError, match=r"layers\[0\].paths is empty"):
        GradientFlow.from_json(json.dumps(plain))


def reading(**changes) -> MonitorReading:
    layer = LayerReading("rnn LSTM, layer 1", 3.0, 2.0, np.inf, 0.5, -1.0, 4)
    found = MonitorReading(7, 0.5, Verdict.VANISHING, "vanishing.", (layer,), 1.0, ("look out",), 4, 0.1, "0.1.0")
    return dataclasses.replace(found, **changes)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("verdict",), None, "verdict is None beside 1 layers"),
        (("layers",), [], "beside 0 layers"),
        (("clip_factor",), 2.0, "clip_factor is 2.0, expected 0 to 1"),
        (("samples",), -1, "samples is -1"),
        (("layers", 0, "step"), -2, r"layers\[0\].step is -2"),
        (("layers", 0, "factor"), -0.5, r"layers\[0\].factor is -0.5"),
        (("layers", 0, "low"), "-inf", r"layers\[0\].low is -inf"),
    ],
)
def test_readings_that_cannot_be_are_refused(path, value, words):
    assert MonitorReading.from_json(reading().to_json()) == reading()
    plain = json.loads(reading().to_json())
    put(plain, path, value)
    with pytest.raises(RecordError, match=words):
        MonitorReading.from_json(json.dumps(plain))


STEERING = "\x1b[31m\x9b2J\u202egnp\x07\x7f\ud800"


def test_names_cannot_steer_a_terminal():
    flow = make_flow(name=STEERING, model=STEERING, sentence=STEERING, causes=(Cause.CLIPPED,), dtype=STEERING)
    layer = dataclasses.replace(flow.layers[0], kind=STEERING, paths=(STEERING, *flow.layers[0].paths[1:]))
    flow = dataclasses.replace(flow, layers=(layer,), device=STEERING)
    alarmed = reading(sentence=STEERING, alarms=(STEERING,))
    for told in (str(flow), repr(flow), layer.title, sentence_of(layer), str(alarmed), repr(alarmed)):
        assert not set(told) & set(STEERING.replace("[31m", "").replace("2J", "").replace("gnp", ""))
        assert told.isprintable() or "\n" in told
    assert "␛[31m\ufffd2J\ufffdgnp␇␡\ufffd" in str(flow)
    assert layer.title.startswith("␛[31m")


def test_a_name_that_is_cut_keeps_its_layer_whatever_is_in_it():
    assert "layer 1" in str(make_flow(name="\r" * 60, cell="RNN"))
    assert "\ufffd\ufffd… RNN, layer 1" in str(make_flow(name="\x9b" * 60, cell="RNN"))


def test_a_heat_map_of_a_loss_with_more_steps_than_its_layer_is_drawn():
    flow = make_flow(steps=6, samples=2, heat=True, layers=2, bidirectional=True)
    short = make_flow(steps=4, samples=2, bidirectional=True).layers
    for number in (0, 1):
        heat = dataclasses.replace(flow.heat, layer=number, log_norms=flow.heat.log_norms[:, :4])
        found = dataclasses.replace(flow, layers=(*short, *flow.layers), heat=heat)
        assert GradientFlow.from_json(found.to_json()) == found
        assert "<svg" in found._repr_html_()


def test_sentences_write_numbers_as_the_tables_do():
    flow = make_flow("exploding", steps=200, samples=1)
    layer = flow.layers[0]
    by_lag = layer.by_lag(layer.log_last)[:, 0]
    assert f"grows {from_log(float(by_lag.max() - by_lag[0]))} times" in sentence_of(layer)
    tall = np.where(np.arange(200) == 100, by_lag[0] + math.log(9.99e7), by_lag[0])[:, None]
    assert "grows 1.0e+08 times" in sentence_of(dataclasses.replace(layer, log_last=tall))
    assert "grows ∞ times" in sentence_of(dataclasses.replace(layer, log_last=np.where(tall > tall[0], np.inf, tall)))


def test_the_split_in_a_sentence_is_that_of_the_tables():
    layer = make_flow().layers[0]
    factors = layer.log_factors.copy()
    factors[5:20] = np.nan
    partly = dataclasses.replace(layer, log_factors=factors)
    whole, weights, saturation = split_of(partly)
    assert whole == pytest.approx(weights * saturation)
    assert f"(weights {weights:.3g} × gates {saturation:.3g})" in sentence_of(partly)
    dead = dataclasses.replace(layer, log_factors=np.where(np.arange(60) < 40, -np.inf, layer.log_factors))
    assert split_of(dead)[0] == 0
    assert "multiplies it by 0;" in sentence_of(dead)
    steep = dataclasses.replace(layer, log_weights=np.full(60, 800.0))
    assert split_of(steep)[1] == math.inf
