"""`limen table`: models of every kind, what is asked, and what comes back."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import limen
from tests.tables import record


@pytest.mark.parametrize("model", ["model.skops", "model.onnx"])
def test_models_in_files_say_what_the_pipeline_says(table, model):
    found = record(table, "--row", "5", model=model)
    fitted = limen.models.load("model.skops").adapter.answer.owner
    row = pd.read_csv("penguins.csv").iloc[[5]][list(fitted.feature_names_in_)]
    assert found.prediction == pytest.approx(fitted.predict_proba(row).max(), abs=1e-5)
    assert found.target_name == fitted.predict(row)[0]
    assert set(found.parts) == set(fitted.feature_names_in_)


def test_says_the_same_as_the_library(table):
    frame = pd.read_csv("penguins.csv")
    domain = limen.Table(frame[list(limen.models.load("model.skops").columns)])
    there = limen.explain(
        limen.models.load("model.skops"), frame.iloc[[7]][domain.background.columns], domain=domain, budget=200, seed=3
    )
    here = record(table, "--row", "7", "--seed", "3")
    assert np.array_equal(here.effects.values, there.effects.values)


def test_prints_the_answer_and_says_what_it_left_out(table):
    ended = table("--row", "3")
    assert "The model gives Adelie a probability of" in ended.out
    assert "bill_length_mm = 36.7" in ended.out
    assert "\n model " in ended.out
    assert "rowid, species, year" in ended.err
    assert "the 333 rows of penguins.csv serve as it" in ended.err
    assert all(line.startswith("limen: ") for line in ended.err.splitlines())


def test_columns_come_in_the_order_of_the_model(table):
    pd.read_csv("penguins.csv").iloc[:, ::-1].to_csv("turned.csv", index=False)
    assert record(table, rows="turned.csv").parts == record(table).parts


def test_several_rows_are_printed_and_written_one_after_the_other(table):
    ended = table("--row", "0,2-3", "--html", "why.html", "--json", "why.json", "--target", "Gentoo")
    places = [ended.out.index(f"Row {number} of penguins.csv") for number in (0, 2, 3)]
    assert places == sorted(places)
    for number in (0, 2, 3):
        assert Path(f"why-{number}.html").read_text().startswith("<!doctype html")
        found = limen.Explanation.from_json(Path(f"why-{number}.json").read_text())
        assert found.target_name == "Gentoo"
        assert found.instance.text.startswith(record(table, "--row", str(number)).instance.text)
    lines = table("--row", "0,2-3", "--json", "-").out.splitlines()
    assert len([limen.Explanation.from_json(line) for line in lines]) == 3


def test_options_reach_the_question(table):
    assert record(table, "--target", "1").target_name == "Chinstrap"
    assert record(table, "--scale", "log-odds").scale == "log-odds"
    assert record(table).scale == "probability"
    assert record(table, "--scale", "raw", model="kilos").scale == "raw"
    assert record(table, "--surrogate", "linear").surrogate.kind == "linear"
    assert record(table, "--surrogate", "quadratic").surrogate.kind == "quadratic"
    fixed = record(table, "--fixed", "sex,island", "--group", "bill=bill_length_mm,bill_depth_mm")
    kinds = {part.name: part.kind for part in fixed.instance.parts}
    assert kinds == {
        "bill": "flip",
        "flipper_length_mm": "real",
        "body_mass_g": "real",
        "island": "fixed",
        "sex": "fixed",
    }
    codes = record(table, "--categorical", "year", "--categorical", "rowid", "--fixed", "rowid", model="same")
    assert {part.name: part.kind for part in codes.instance.parts}["year"] == "flip"


@pytest.mark.parametrize(
    ("typed", "law"),
    [
        ("ball:0.5", "ball(width=0.5)"),
        ("Ball", "ball(width="),
        ("manifold", "manifold(k=50"),
        ("manifold:30", "manifold(k=30"),
        ("boundary", "boundary(share=0.5)"),
        ("lime", "lime(width="),
        ("lime:2", "lime(width=2)"),
    ],
)
def test_samplers(table, typed, law):
    assert str(record(table, "--sampler", typed).law).startswith(law)


def test_pickles_only_for_those_who_trust_them(table):
    refused = table(model="model.joblib")
    assert refused.code == 2
    assert refused.out == ""
    assert "can run any code" in refused.err
    assert "--trust-pickle" in refused.err
    opened = record(table, "--trust-pickle", model="model.joblib")
    assert np.array_equal(opened.effects.values, record(table).effects.values)


def test_pictures(table):
    table("--png", "bars.svg", "--bars", "slope")
    assert "slope per standard deviation of Adelie" in Path("bars.svg").read_text()
    table("--png", "both.svg", "--surface", "bill_length_mm, bill_depth_mm", "--json", "both.json")
    assert "contribution to Adelie" in Path("both.svg").read_text()
    assert "<!-- bill_depth_mm -->" in Path("both.svg").read_text()
    found = limen.Explanation.from_json(Path("both.json").read_text())
    assert [found.parts[part] for part in found.surfaces[0].features] == ["bill_length_mm", "bill_depth_mm"]


def test_probes_are_listed(table):
    ended = table("--probes", "--sampler", "ball:0.5")
    assert "surrogate" in ended.out.split("doubt")[-1]


def test_standard_input(shell, table):
    text = Path("penguins.csv").read_bytes()
    ended = shell("table", "-", "--model", "model.skops", "--budget", "200", "--json", "-", stdin=text, model=None)
    assert np.array_equal(limen.Explanation.from_json(ended.out).effects.values, record(table).effects.values)


def test_the_example_needs_no_file(shell):
    ended = shell("table", "--example", "--budget", "300", model=None)
    assert ended.code in (0, 3)
    assert "The model gives grower 2 a probability of" in ended.out
    assert "scikit-learn" in ended.out
    assert ended.err == ""


def test_heavy_libraries_are_read_on_use_only():
    program = (
        "import sys; from limen.cli import main; main(['table', '--help']); main(['text', '--help']);"
        "print(sorted({'pandas', 'pyarrow', 'sklearn', 'matplotlib', 'skops'} & set(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("columns", ["80", "120"])
def test_help_fits_and_names_every_option(shell, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    for command, own in (("table", ["--bars", "--sampler"]), ("boundary", ["--against", "--level"])):
        ended = shell(command, "--help", model=None)
        assert ended.code == 0
        for option in ("--row", "--background", "--trust-pickle", "--missing", "--surface", "--example", *own):
            assert f" {option} " in ended.out
        assert max(map(len, ended.out.splitlines())) <= int(columns)
