"""--tolerance and --decide: they stop early, tell each round on a terminal only, and mistakes are one line."""

import io
import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest

import limen
from limen.cli._work import Waiting
from tests.games import words_of
from tests.test_explain import bag_of_words

TEXT = " ".join([*words_of(20), "visit", "channel!"])


def test_a_tolerance_stops_early_and_is_told(shell):
    ended = shell("text", TEXT, "--tolerance", "0.5", "--budget", "4000", "--json", "record.json")
    assert ended.code in (0, 3)
    told = " ".join(ended.out.split())
    assert "CONVERGED: Every 95 % interval is narrower than 0.5 times the largest effect, as was asked." in told
    record = json.loads(Path("record.json").read_text(encoding="utf-8"))
    assert record["cost"]["model_rows"] < 4000
    assert record["rounds"][-1]["tolerance"] == 0.5
    assert "rows:" not in ended.err  # piped: nothing extra


def test_an_order_that_is_decided_stops_early(shell):
    ended = shell("text", TEXT, "--decide", "1", "--budget", "4000")
    assert "CONVERGED: It is decided (95 %) which part is the first, as was asked." in " ".join(ended.out.split())


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--tolerance", ".2", "--decide", "2"), "--tolerance and --decide both say when to stop; give one of them."),
        (("--tolerance", "-1"), "--tolerance is -1.0, expected a number above 0, such as .2."),
        (("--tolerance", "nan"), "--tolerance is nan, expected a number above 0"),
        (("--decide", "0"), "--decide is 0, expected a number of parts of at least 1."),
        (("--decide", "two"), "--decide"),
    ],
)
def test_mistakes_are_one_line(shell, options, told):
    ended = shell("text", TEXT, *options)
    assert ended.code == 2
    assert told in ended.err
    assert ended.err.count("\n") == 1


TABLE = ("table", "--example", "--sampler", "ball:.25", "--budget", "4000")


def test_rows_of_tables_have_a_tolerance_too(shell):
    ended = shell(*TABLE, "--tolerance", "0.3", "--json", "record.json", model=None)
    assert ended.code in (0, 3)
    told = " ".join(ended.out.split())
    assert "CONVERGED: Every 95 % interval of a slope per standard deviation" in told
    assert re.search(r"rounds \d+, then \d+ rows: narrow enough", told)
    record = json.loads(Path("record.json").read_text(encoding="utf-8"))
    assert record["cost"]["model_rows"] < 1000
    assert record["rounds"][-1]["tolerance"] == 0.3
    assert "rows:" not in ended.err


def test_several_rows_of_a_table_each_stop_by_themselves(shell):
    ended = shell(*TABLE, "--row", "0,3", "--decide", "1", "--json", "-", model=None)
    assert ended.code in (0, 3)
    records = [json.loads(line) for line in ended.out.splitlines()]
    assert [one["rounds"][-1]["top"] for one in records] == [1, 1]
    assert {one["status"] for one in records} == {"CONVERGED"}


def test_the_boundary_of_a_table_has_no_tolerance(shell):
    ended = shell("table", "--example", "--sampler", "boundary", "--tolerance", ".2", model=None)
    assert ended.code == 2
    assert "tolerance is 0.2, and sampler is Boundary(" in ended.err
    assert ended.err.count("\n") == 1
    assert shell("boundary", "--example", "--tolerance", ".2", model=None).code == 2


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("tolerance", [0.3, None])
@pytest.mark.parametrize("of_table", [False, True])
def test_a_terminal_shows_a_line_for_each_round(monkeypatch, tolerance, of_table):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr("limen.cli._work.PATIENCE", 60.0)  # no bar, however busy the machine is
    asked = (bag_of_words, None, TEXT, 1)
    if of_table:
        rows = np.random.default_rng(0).normal(size=(60, 3))
        asked = (lambda numbers: np.tanh(numbers[:, 0]), limen.Table(rows), rows[:1], None)
    model, domain, x, target = asked
    explainer = limen.Explainer(model, domain, scale="raw", budget=900, tolerance=tolerance, on_doubt="ignore")
    with Waiting(900, pace=True) as waiting:
        found = waiting.explained(explainer, x, target)
    assert terminal.getvalue().splitlines() == [str(one) for one in found.rounds]
    assert bool(found.rounds) is (tolerance is not None)
