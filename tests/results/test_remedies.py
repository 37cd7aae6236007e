"""Remedies: stored exactly, told in order, the best with its code."""

from __future__ import annotations

import dataclasses
import json
import re

import numpy as np
import pytest

from limen._errors import RecordError
from limen.results._remedies_views import mark_of, order, reach
from limen.results._terminal import width
from limen.results.remedies import Remedies
from tests.pages import HOSTILE, harmless
from tests.remedies import make_remedies


def test_json_gives_an_equal_record_back():
    remedies = make_remedies()
    again = Remedies.from_json(remedies.to_json())
    assert again == remedies
    assert again.rows[2].horizons.shape == (8, 3)
    assert np.isinf(again.rows[2].median)
    assert str(again) == str(remedies)
    assert again._repr_html_() == remedies._repr_html_()
    json.loads(remedies.to_json(), parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))


@pytest.mark.parametrize("field", ["before", "best"])
@pytest.mark.parametrize("index", [-1, 7])
def test_a_row_that_is_not_there_is_refused(field, index):
    plain = json.loads(make_remedies().to_json())
    plain[field] = index
    with pytest.raises(RecordError, match=rf"{field} is {index}, expected the index of one of 7 rows"):
        Remedies.from_json(json.dumps(plain))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda plain: plain.update(steps=1), "steps is 1, expected 2 to inf"),
        (lambda plain: plain["rows"][3].update(factor=-1), r"rows\[3\].factor is -1"),
        (lambda plain: plain["rows"][0].update(median="-inf"), r"rows\[0\].median is -inf"),
        (lambda plain: plain["rows"][0]["horizons"].__setitem__(1, [-3, 1, 1]), r"rows\[0\].horizons is -3"),
        (lambda plain: plain["rows"][6].update(horizons=[1.0, 2.0]), r"rows\[6\].horizons has the shape \(2,\)"),
    ],
)
def test_numbers_that_cannot_be_are_refused(change, words):
    plain = json.loads(make_remedies().to_json())
    change(plain)
    with pytest.raises(RecordError, match=words):
        Remedies.from_json(json.dumps(plain))


@pytest.mark.parametrize("backend", ["pandas", "polars", "pyarrow"])
def test_frames(backend):
    remedies = make_remedies()
    frame = remedies.to_frame(backend)
    columns = frame.column_names if backend == "pyarrow" else list(frame.columns)
    assert columns == ["remedy", "median", "low", "high", "factor", "before", "best", "code"]
    medians = frame["median"].to_pylist() if backend == "pyarrow" else list(frame["median"])
    assert medians == [row.median for row in remedies.rows]


def test_the_model_as_it_is_comes_first_then_the_longest():
    remedies = make_remedies()
    found = order(remedies)
    assert sorted(found) == list(range(7))
    assert found[:2] == [remedies.before, remedies.best]
    rest = [remedies.rows[index].median for index in found[1:]]
    assert rest == sorted(rest, reverse=True)


def test_bars_grow_with_the_horizon_and_end_at_the_sequence():
    remedies = make_remedies(steps=100)
    shares = [reach(value, remedies) for value in (0, 1, 2, 10, 100, 1000, np.inf)]
    assert shares[:2] == [0, 0]
    assert shares == sorted(shares)
    assert shares[3] == pytest.approx(0.5)
    assert shares[4:] == [1, 1, 1]
    assert reach(np.nan, remedies) == 0


def test_the_text_keeps_to_80_columns_and_tells_the_best():
    remedies = make_remedies()
    told = str(remedies)
    assert max(map(width, told.splitlines())) <= 80
    assert "* forget bias 3" in told
    assert "never" in told
    assert "▶" in told
    wide = dataclasses.replace(remedies.rows[0], name="w" * 40, low=1234.0, high=np.inf, median=np.inf)
    wider = str(dataclasses.replace(remedies, rows=(wide, *remedies.rows[1:])))
    assert max(map(width, wider.splitlines())) <= 80
    for line in remedies.rows[remedies.best].code.splitlines():
        assert f"    {line}" in told
    assert "before: 14" in repr(remedies)


def test_the_html_is_harmless_and_tells_the_best():
    remedies = make_remedies()
    page = harmless(remedies._repr_html_())
    assert "forget bias 3" in page.text
    assert "(best)" in page.text
    opened = [found for found in page.named("details") if "open" in found]
    assert len(opened) == 1
    assert len(page.named("svg")) == 7
    assert all(found["role"] == "img" and found["aria-label"] for found in page.named("svg"))


@pytest.mark.parametrize("text", [HOSTILE, "$x_1$", "x" * 5000, "今天 שלום 🎉", "a\nb\x00\x1b[31m", ""])
def test_hostile_names_stay_text(text):
    remedies = make_remedies(title=text, names=["as it is", text])
    rows = tuple(dataclasses.replace(row, code=text) for row in remedies.rows)
    remedies = dataclasses.replace(remedies, rows=rows)
    harmless(remedies._repr_html_())
    assert "\x00" not in remedies._repr_html_()
    assert all(len(line) <= 500 for line in str(remedies).splitlines())
    assert not {"\x00", "\x1b"} & set(str(remedies) + repr(remedies))


def test_a_model_that_needs_no_remedy_is_marked_once():
    remedies = dataclasses.replace(make_remedies(), best=0)
    assert mark_of(remedies, 0) == "best"
    assert re.search(r"as it is</bdi> \(best\)", remedies._repr_html_())
    assert mark_of(remedies, 1) == ""
    renamed = make_remedies(names=["my net", "b", "c"])
    assert mark_of(renamed, 0) == "as it is"
    assert mark_of(renamed, 2) == "best"


def test_one_row_and_unknown_horizons():
    remedies = make_remedies(names=["as it is"])
    row = dataclasses.replace(remedies.rows[0], median=np.nan, low=np.nan, high=np.nan, factor=np.nan)
    remedies = dataclasses.replace(remedies, rows=(row,), best=0)
    assert not re.search(r"\bnan\b", str(remedies) + harmless(remedies._repr_html_()).text)
    assert "nan" not in "".join(re.findall(r'(?:x1|x2|width)="([^"]*)"', remedies._repr_html_()))
