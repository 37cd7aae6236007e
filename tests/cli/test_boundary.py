"""`limen boundary`: the nearest flip, and what stands against finding one."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import limen
from tests.tables import record


def flip(table, *words, **options):
    return record(table, *words, command="boundary", **options)


def test_the_flip_is_told_as_a_sentence_and_a_table(table):
    ended = table("--ignore", "rowid,year", "--budget", "600", command="boundary", model="heavy")
    assert "The model gives light a probability of" in ended.out
    text = " ".join(ended.out.split())
    assert "The answer flips from “light” to “heavy” if body_mass_g rises from 3750 to 4200" in text
    assert "standard deviations away, the nearest flip that" in text
    assert "of unseen probes" in text
    assert "column" in ended.out
    assert "What each value" not in ended.out
    assert "rows of penguins.csv" in ended.err


def test_the_flipped_row_flips_the_model(table):
    found = flip(table, "--row", "4")
    assert found.boundary.found
    assert found.boundary.distance.low <= found.boundary.distance.value <= found.boundary.distance.high
    flipped = found.instance.render(found.boundary.point[None])
    model = limen.models.load("model.skops").adapter.answer.owner
    assert model.predict(flipped)[0] == found.boundary.other != found.target_name


def test_the_known_distance_of_a_plane(table):
    found = flip(table, "--ignore", "rowid", "--budget", "600", model="heavy")
    mass = pd.read_csv("penguins.csv")["body_mass_g"]
    assert found.boundary.distance.value == pytest.approx((4200 - mass[0]) / mass.std(ddof=0), rel=0.02)


def test_against_a_class_by_name_and_number(table):
    assert flip(table, "--against", "Gentoo").boundary.other == "Gentoo"
    assert flip(table, "--against", "2").boundary.other == "Gentoo"
    ended = table("--against", "Emperor", command="boundary")
    assert ended.code == 2
    assert "--against is 'Emperor', expected one of: Chinstrap, Gentoo" in ended.err


def test_a_regression_needs_a_level(table):
    ended = table("--scale", "raw", command="boundary", model="kilos")
    assert (ended.code, ended.out) == (2, "")
    assert "--level is None" in ended.err
    assert "--level 200000" in ended.err
    found = flip(table, "--scale", "raw", "--level", "4", "--budget", "400", model="kilos")
    place = [column.name for column in found.instance.columns].index("body_mass_g")
    assert found.boundary.point[place] == pytest.approx(4000, rel=0.01)
    through = table("--scale", "raw", "--sampler", "boundary:4", "--json", "-", model="kilos")
    assert limen.Explanation.from_json(through.out).boundary.found


def test_what_is_not_found_is_said_and_doubted(table):
    words = ["--scale", "raw", "--level", "99", "--ignore", "rowid", "--json", "found.json"]
    ended = table(*words, command="boundary", model="kilos")
    assert ended.code == 3
    assert "No change of the answer from" in ended.out
    assert "! doubt NOT_FOUND: The search found no row with another answer." in " ".join(ended.out.split())
    piped = table(*words[:-1], "-", command="boundary", model="kilos")
    assert "doubt NOT_FOUND" in piped.err
    found = limen.Explanation.from_json(Path("found.json").read_text())
    assert found.believed
    assert not found.boundary.found


def test_columns_that_must_not_change_do_not(table):
    found = flip(table, "--fixed", "bill_length_mm", "--fixed", "island", "--budget", "400")
    assert not {"bill_length_mm", "island"} & {change.column for change in found.boundary.changes}


def test_the_picture_is_the_slice_of_the_flip(table):
    assert table("--png", "flip.png", "--row", "0", command="boundary").code in (0, 3)
    assert Path("flip.png").read_bytes().startswith(b"\x89PNG")
    ended = table("--png", "kept.png", "--fixed", "bill_length_mm,bill_depth_mm,flipper_length_mm", command="boundary")
    assert ended.code in (0, 3)  # one number is left, so there is no slice, and the bars are drawn alone
    assert Path("kept.png").is_file()


def test_the_example(shell):
    ended = shell("boundary", "--example", "--budget", "400", model=None)
    assert ended.code in (0, 3)
    assert "The answer flips from “grower 2” to “grower" in " ".join(ended.out.split())
