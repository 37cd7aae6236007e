"""Tables, rows, columns and models that cannot be: one line each, which says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest


def fails(ended, code, *words):
    assert (ended.code, ended.out) == (code, ""), (ended.out, ended.err)
    assert ended.err.startswith("limen: ")
    assert ended.err.count("\n") == 1
    for word in words:
        assert word in ended.err, ended.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--row", "-1"], ["'-1'", "from 0 to 332", "not from the end"]),
        (["--row", "333"], ["333 rows", "from 0 to 332"]),
        (["--row", "330-400"], ["--row has 400"]),
        (["--row", "7-3"], ["rises", "3-7"]),
        (["--row", "first"], ["'first'"]),
        (["--row", ""], ["''"]),
        (["--target", "Emperor"], ["'Emperor'", "Adelie, Chinstrap, Gentoo"]),
        (["--target", "7"], ["from 0 to 2"]),
        (["--ignore", "colour"], ["--ignore", "'colour'", "rowid, species"]),
        (["--ignore", "sex"], ["no column 'sex'", "which the model takes"]),
        (["--fixed", "body_mass"], ["--fixed", "the nearest is 'body_mass_g'"]),
        (["--categorical", "colour"], ["--categorical", "colour"]),
        (["--group", "bill"], ["--group", "location=latitude,longitude"]),
        (["--group", "bill=beak"], ["--group", "'beak'"]),
        (["--group", "a=sex", "--group", "a=island"], ["'a' twice"]),
        (["--sampler", "gauss"], ["'gauss'", "ball, manifold, boundary or lime"]),
        (["--sampler", "ball:wide"], ["ball:wide", "a number behind the colon"]),
        (["--sampler", "ball:-1"], ["ball:-1", "width"]),
        (["--sampler", "ball:"], ["'ball:'"]),
        (["--sampler", "manifold:2.5"], ["a whole number"]),
        (["--sampler", "uniform"], ["'uniform'"]),
        (["--scale", "odds"], ["'odds'", "log-odds"]),
        (["--bars", "slopes"], ["'slopes'", "slope-per-unit"]),
        (["--bars", "slope"], ["--bars", "--png"]),
        (["--surface", "sex,island", "--json", "x.json"], ["--surface has 'sex'", "bill_length_mm"]),
        (["--surface", "body_mass_g", "--json", "x.json"], ["two columns"]),
        (["--surface", "body_mass_g,bill_depth_mm"], ["--png"]),
        (["--json", "-", "--probes"], ["--probes", "--json -"]),
        (["--png", "x.txt"], [".png, .svg, .pdf"]),
        (["--budget", "5"], ["budget is 5", "--group"]),
        (["--names", "a,b"], ["--names has 2 names", "9 columns"]),
        (["--background", "absent.csv"], ["--background is 'absent.csv'", "No such file"]),
        (["--example"], ["--example", "leave out"]),
        (["--nonsense"], ["limen table --help"]),
    ],
)
def test_wrong_usage(table, words, told):
    fails(table(*words), 2, *told)


def test_nothing_is_given(shell):
    fails(shell("table", model=None), 2, "ROWS is missing", "--example")
    fails(shell("table", "rows.csv", model=None), 2, "--model is missing", "FILE.skops")
    fails(shell("boundary", model=None), 2, "ROWS is missing")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", ["is empty"]),
        (b" \n\n", ["is empty"]),
        (b"body_mass_g,sex\n", ["2 columns and no rows"]),
        (b"body_mass_g,sex\n4000,male\n", ["one row", "--background"]),
        (b"body_mass_g,sex\n1,a\n2,b,c\n", ["line 3", "quote"]),
        (b"body_mass_g,sex\n1,a,x\n2,b,c\n", ["more cells than its first line"]),
        (b"sex,sex\n1,a\n2,b\n", ["'sex' twice"]),
        (b"39,male\n40,female\n", ["'39' in its first line", "--names"]),
        (b"PK\x03\x04\0\0", ["spreadsheet"]),
        (b"\x7fELF\0\0\0", ["no text"]),
        (b"PAR1 and no more", ["no whole Parquet file"]),
        (b"body_mass_g,sex\n4000,\n4100,\n", ["no value in the column 'sex'", "--fixed"]),
        (b"body_mass_g\n4000\n4000\n", ["no column that may change"]),
    ],
)
def test_files_that_are_no_tables(table, content, told):
    Path("bad.csv").write_bytes(content)
    fails(table(rows="bad.csv", model="heavy"), 2, *told)


def test_files_that_are_not_there(table):
    fails(table(rows="absent.csv"), 2, "ROWS is 'absent.csv'", "No such file")
    fails(table(rows="."), 2, "ROWS is '.'", "directory")


def test_rows_that_do_not_fit_the_background(table):
    behind = ["--background", "behind.csv"]
    Path("behind.csv").write_text("body_mass_g,sex\n" + "4000,male\n4100,female\n4200,male\n" * 10)
    Path("new.csv").write_text("body_mass_g,sex\n4000,male\n4100,unknown\nmany,male\n,male\n")
    fails(table("--row", "1", *behind, rows="new.csv", model="heavy"), 2, "row 1 in the column 'sex'", "female, male")
    fails(table("--row", "0,1", *behind, rows="new.csv", model="heavy"), 2, "row 1 in the column 'sex'")
    fails(table("--row", "2", *behind, rows="new.csv", model="heavy"), 2, "row 2 of new.csv has 'many'", "number")
    fails(table("--row", "3", *behind, rows="new.csv", model="heavy"), 2, "row 3 has no value", "body_mass_g")
    fails(table(*behind, model="heavy"), 2, "differ in their columns", "--ignore 'bill_depth_mm'")


@pytest.mark.parametrize(
    ("model", "code", "told"),
    [
        ("absent.skops", 2, ["absent.skops", "no such file"]),
        ("some-hub-name", 2, ["'some-hub-name'", "package.module:function"]),
        ("no_such_module:f", 2, ["no_such_module", "cannot be imported"]),
        ("model.joblib", 2, ["can run any code", "--trust-pickle"]),
        ("kilos", 1, ["no probability", "--scale raw"]),
        ("kinds", 1, ["RuntimeError", "bill_length_mm: float64"]),
        ("fails", 1, ["no [red]females here", "Input: rowid = ", "sex = female"]),
    ],
)
def test_models_that_are_not_there_or_fail(table, model, code, told):
    fails(table(model=model), code, *told)


def test_without_pandas_it_is_said_what_to_install(table, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    fails(table(model="heavy"), 1, "pandas", "pip install 'limen[table]'")
