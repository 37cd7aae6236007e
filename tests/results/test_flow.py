"""A GradientFlow as text and as HTML: what is drawn is what is there, whatever the flow."""

from __future__ import annotations

import dataclasses
import re
import time

import numpy as np
import pytest

from limen.results import Cause, GradientFlow, Verdict
from limen.results._style import DARK, LIGHT
from limen.results._terminal import width
from tests.flows import CASES, make_flow
from tests.pages import HOSTILE, harmless


@pytest.fixture(params=CASES)
def flow(request) -> GradientFlow:
    return make_flow(**CASES[request.param])


# As text


def test_the_text_keeps_to_80_columns(flow):
    lines = str(flow).splitlines()
    assert max(map(width, lines)) <= 80
    assert all(line == line.rstrip() for line in lines)
    assert len(lines) < 110


def test_the_verdict_comes_first():
    assert str(make_flow()).startswith("Vanishing: below a thousandth after 13 steps")
    assert str(make_flow(sentence="a line without its word.")).startswith("VANISHING: a line without its word.")


def test_causes_are_told_with_their_remedies():
    told = " ".join(str(make_flow(causes=tuple(Cause))).split())
    for cause in Cause:
        assert f"! {cause.name.replace('_', ' ')}: {cause.value}" in told
    assert "!" not in str(make_flow())


def test_every_layer_has_its_row():
    flow = make_flow(layers=2, bidirectional=True)
    told = str(flow)
    assert all(layer.title in told for layer in flow.layers)
    assert "13 (12 … 14)" in told
    assert "never" in str(make_flow("healthy"))


def test_the_chart_falls_with_the_gradient():
    def rows(flow) -> list[int]:
        lines = [line[11:] for line in str(flow).splitlines() if line[10:11] in "┤│" and line[10:]]
        return [min(row for row, line in enumerate(lines) if line[place : place + 1] == "●") for place in range(66)]

    falling, rising = rows(make_flow()), rows(make_flow("exploding"))
    assert falling[0] == 0
    assert falling[-1] >= 11
    assert sum(np.diff(falling)) >= 11
    assert rising[0] > rising[-1]


def test_the_horizon_is_marked_where_it_is():
    told = str(make_flow(samples=1))
    pointer = next(line for line in told.splitlines() if "▲" in line)
    flow = make_flow(samples=1)
    horizon = float(flow.layers[0].gradient_horizons[0])
    assert pointer.index("▲") - 11 == round(horizon * 65 / 59)
    assert f"horizon {horizon:g}" in pointer
    assert "▲" not in str(make_flow("healthy"))


def test_the_floor_of_the_number_type_is_told_where_it_is_near():
    assert "float32 reads 0" in str(make_flow(steps=300))
    assert "float32 reads 0" not in str(make_flow(steps=60))
    assert "reads 0" not in str(make_flow(steps=300, dtype="float64"))


def test_an_exact_zero_is_told():
    assert "exactly 0 from lag 20 on" in str(make_flow(zero_from=20))
    assert "exactly 0" not in str(make_flow())


def test_long_layer_names_keep_what_tells_them_apart():
    told = str(make_flow(name="a" * 300, bidirectional=True))
    assert "… LSTM, layer 1, backward" in told
    assert max(map(width, told.splitlines())) <= 80 or "aaaa" in told


# As HTML


def test_the_html_is_well_formed_and_harmless(flow):
    for path in harmless(flow._repr_html_()).named("path"):
        assert re.fullmatch(r"(?:[MLHVhZ][\d. -]*)*", path["d"] or ""), "no nan, no infinity"


def test_every_picture_is_told_in_words(flow):
    pictures = [one for one in harmless(flow._repr_html_()).named("svg") if one.get("class") == "limen-chart"]
    assert all(one["role"] == "img" and one["aria-label"] for one in pictures)
    no_curve = flow.verdict is Verdict.NO_GRADIENT or len(flow.layers[0].shares) == 1
    assert no_curve or len(pictures) >= 3


def test_colours_are_those_of_the_pages():
    text = make_flow(heat=True)._repr_html_()
    used = set(re.findall(r"var\(--limen-([\w-]+)\)", text)) - {"thick"}
    for scheme in (LIGHT, DARK):
        assert used <= scheme.keys()
        assert all(f"--limen-{name}: {colour}" in text for name, colour in scheme.items())


def test_curves_differ_without_colour():
    rules = make_flow()._repr_html_()
    looks = []
    for kind in range(6):
        rule = re.search(rf"\.limen-curve-{kind} {{ stroke: [^;]+;(.*) }}", rules)
        assert rule
        looks.append(rule[1])
    assert len(set(looks)) == 6


@pytest.mark.parametrize("name", [name for name in CASES if "long" not in name])
def test_a_record_that_was_stored_looks_the_same(name):
    flow = make_flow(**CASES[name])
    assert flow._repr_html_() == GradientFlow.from_json(flow.to_json())._repr_html_()
    assert str(flow) == str(GradientFlow.from_json(flow.to_json()))


@pytest.mark.parametrize("text", [HOSTILE, "$x_1$ \\frac{a}{b} %s {0}", "x" * 5000, "今天 שלום 🎉", "a\nb\tc", ""])
def test_hostile_names_stay_text(text):
    flow = make_flow(name=text, model=text, sentence=text, heat=True, layers=2)
    layer = dataclasses.replace(flow.layers[0], kind=f"{text[:100]}LSTM", paths=(text, *flow.layers[0].paths[1:]))
    flow = dataclasses.replace(flow, layers=(layer, *flow.layers[1:]), device=text[:100], dtype=text[:100])
    harmless(flow._repr_html_())
    assert len(str(flow)) < 40_000
    assert len(flow._repr_html_()) < 250_000


@pytest.mark.parametrize("kind", ["vanishing", "healthy"])
def test_ten_thousand_steps_are_drawn_small_and_fast(kind):
    flow = make_flow(kind, steps=10_000, samples=8)
    start = time.perf_counter()
    told, page = str(flow), flow._repr_html_()
    assert time.perf_counter() - start < 2.0
    assert len(told) < 6_000
    assert len(page) < 80_000


def test_many_layers_are_bounded_and_counted():
    page = make_flow(layers=30, steps=300)._repr_html_()
    assert page.count("<figure") <= 8 * 4
    assert "22 more layers are left out" in page
    assert page.count('scope="row"') >= 30


def test_infinite_and_unknown_numbers_are_never_written():
    for name in CASES:
        flow = make_flow(**{**CASES[name], "sentence": "a sentence."})
        for told in (str(flow), harmless(flow._repr_html_()).text):
            assert not re.search(r"\b(nan|inf)\b", told), name
