"""How tables are read: dialects, types, missing values, and rows against a background."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from limen.results import TableInstance
from tests.shared import needed
from tests.tables import record


def told(table, text, **options):
    """What a model that shows its columns was given of a file with this text."""
    Path("rows.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return table(*options.pop("words", ()), rows="rows.csv", model="kinds", **options)


def test_parquet_says_what_csv_says(table):
    from_csv, from_parquet = record(table), record(table, rows="penguins.parquet")
    assert np.array_equal(from_csv.effects.values, from_parquet.effects.values)


def test_rows_that_another_file_holds(table):
    frame = pd.read_csv("penguins.csv")
    frame.iloc[[10]].drop(columns="species").to_csv("one.csv", index=False)
    found = record(table, "--background", "penguins.csv", rows="one.csv")
    assert np.array_equal(found.effects.values, record(table, "--row", "10").effects.values)


def test_a_bad_cell_elsewhere_in_the_rows_does_no_harm(table):
    Path("new.csv").write_text("id,body_mass_g,island\n01,heavy,Dream\n02,4100,Dream\n")
    behind = ["--background", "behind.csv", "--ignore", "id"]
    Path("behind.csv").write_text("id,body_mass_g,island\n" + "".join(f"{k},{3000 + 7 * k},Dream\n" for k in range(99)))
    assert record(table, "--row", "1", *behind, rows="new.csv", model="heavy").instance.origin[0] == 4100
    ended = table("--row", "0", *behind, rows="new.csv", model="heavy")
    assert ended.code == 2
    assert "row 0 of new.csv has 'heavy' in the column 'body_mass_g'" in ended.err


def test_texts_that_look_like_numbers_stay_texts_where_the_background_has_texts(table):
    Path("behind.csv").write_text(
        "zone,body_mass_g\n" + "".join(f"{k % 3:02d}x,{3000 + k}\n07,{k}\n" for k in range(30))
    )
    Path("new.csv").write_text("zone,body_mass_g\n07,3010\n")
    found = record(table, "--background", "behind.csv", rows="new.csv", model="heavy")
    assert "zone = 07" in found.instance.text


def test_rows_in_csv_against_a_background_with_types(table):
    days = pd.date_range("2024-01-01", periods=40)
    zones = pd.Categorical([f"0{k % 3}" for k in range(40)])
    flags = pd.Series([None if k % 5 == 0 else k % 2 == 0 for k in range(40)], dtype=object)
    frame = pd.DataFrame({"body_mass_g": np.arange(40) * 50.0 + 3000, "day": days, "zone": zones, "flag": flags})
    frame.to_parquet("behind.parquet")
    Path("new.csv").write_text("zone,flag,day,body_mass_g\n01,True,2024-01-07,4000\n02,,soon,4000\n")
    found = record(table, "--background", "behind.parquet", rows="new.csv", model="heavy")
    assert found.instance.text == "body_mass_g = 4000, day = 2024-01-07, zone = 01, flag = True"
    ended = table("--background", "behind.parquet", "--row", "1", rows="new.csv", model="heavy")
    assert "row 1 of new.csv has 'soon' in the column 'day', expected a date" in ended.err


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_are_found(table, separator):
    pd.read_csv("penguins.csv").to_csv("other.csv", index=False, sep=separator)
    assert np.array_equal(record(table, rows="other.csv").effects.values, record(table).effects.values)


def test_decimal_commas_are_found_and_told(table):
    pd.read_csv("penguins.csv").to_csv("comma.csv", index=False, sep=";", decimal=",")
    assert np.array_equal(record(table, rows="comma.csv").effects.values, record(table).effects.values)
    assert "comma.csv was read with semicolons between cells and decimal commas" in table(rows="comma.csv").err


def test_encodings(table):
    text = "body_mass_g,name\n" + "".join(f"{3000 + 50 * k},{'thé' if k % 2 else 'café'}\n" for k in range(30))
    for encoding, note in (("utf-8", ""), ("utf-8-sig", ""), ("latin-1", "Latin-1"), ("utf-16", "UTF-16")):
        Path("rows.csv").write_bytes(text.encode(encoding))
        found = record(table, rows="rows.csv", model="heavy")
        assert found.instance.text == "body_mass_g = 3000, name = café", encoding
        assert note in table(rows="rows.csv", model="heavy").err
    Path("rows.csv").write_bytes(text.replace("\n", "\r").encode())
    assert len(record(table, "--row", "29", rows="rows.csv", model="heavy").parts) == 2


def test_what_stands_for_missing(table):
    text = "body_mass_g,name\n" + "".join(f"{'?' if k == 3 else 3000 + k},{'' if k == 5 else 'a'}\n" for k in range(9))
    assert "body_mass_g: float64" in told(table, text + "NA,b\n").err
    assert "body_mass_g: str" in told(table, text + "none,b\n").err
    assert "body_mass_g: float64" in told(table, text + "none,b\n", words=["--missing", "?,none"]).err
    assert "body_mass_g: str" in told(table, text, words=["--missing", ""]).err
    Path("rows.csv").write_text(text + "none,b\n")
    assert "holds numbers and texts such as 'none'" in table(rows="rows.csv", model="same").err


def test_types_are_those_that_pandas_reads(table):
    text = "a,b,c,d\n" + "".join(f"{k},{k / 2},{k % 2 == 0},x{k % 3}\n" for k in range(9))
    frame = pd.read_csv(pd.io.common.StringIO(text))
    assert ", ".join(f"{name}: {kind}" for name, kind in frame.dtypes.items()) in told(table, text).err


def test_adult_as_it_is_distributed(table):
    lines = needed("data/tabular/adult.data").read_text().splitlines()[:400]
    Path("adult.csv").write_text("\n".join(lines))
    ended = table(rows="adult.csv", model="incomes")
    assert ended.code == 2
    assert "--names" in ended.err
    names = (
        "age,workclass,weight,education,education_num,marital,occupation,relationship,race,sex,gain,loss,hours,country"
    )
    words = ["--names", f"{names},income", "--ignore", "income,weight", "--budget", "500", "--fixed", "country"]
    found = record(table, *words, "--row", "27", rows="adult.csv", model="incomes")
    assert isinstance(found.instance, TableInstance)
    assert "workclass = missing" in found.instance.text
    assert found.parts[found.instance.names.index("sex")] == "sex"
    strongest = {found.parts[part] for part in np.argsort(-np.abs(found.contributions.values))[:3].tolist()}
    assert strongest == {"education_num", "hours", "sex"}
