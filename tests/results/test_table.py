"""The record of a table row: equal after JSON, readable by people, and a frame again from text alone."""

import datetime as dt
import json

import numpy as np
import pandas as pd
import polars as pl
import polars.testing
import pytest

from limen.domains import Table
from limen.results import TableInstance
from limen.results._table_text import duration_text, number_text, time_text

N = 24
FRAME = pl.DataFrame(
    {
        "income": np.linspace(20_000, 90_000.5, N),
        "status": ["Married", "single", None] * 8,
        "level": pl.Series(["low", "high"] * 12, dtype=pl.Enum(["low", "mid", "high"])),
        "truth": [True, None, False, True] * 6,
        "day": [dt.date(2024, 3, k + 1) for k in range(N)],
        "when": pl.Series([dt.datetime(2024, 3, 1, k) for k in range(N)], dtype=pl.Datetime("us", "UTC")),
        "wait": [dt.timedelta(hours=6 * k) for k in range(N)],
        "age": [None if k == 3 else 20 + k for k in range(N)],
        "job_cook": [k % 3 == 0 for k in range(N)],
        "job_smith": [k % 3 == 1 for k in range(N)],
        "job_clerk": [k % 3 == 2 for k in range(N)],
    }
)


def made(backend):
    if backend == "numpy":
        return FRAME.select("income", pl.col("age").fill_null(float("nan"))).to_numpy()
    return {"polars": FRAME, "pandas": FRAME.to_pandas(), "pyarrow": FRAME.to_arrow()}[backend]


@pytest.mark.parametrize("backend", ["pandas", "polars", "pyarrow", "numpy"])
def test_it_survives_json_and_renders_as_before(backend):
    frame = made(backend)
    table = Table(frame)
    rows, _ = table.rows(frame)
    instance = table.parse(rows[3])
    back = TableInstance.from_dict(json.loads(json.dumps(instance.to_dict())))
    assert back == instance
    assert hash(back) == hash(instance)
    assert back.text == instance.text
    np.testing.assert_array_equal(back.part_scales, instance.part_scales)
    found = back.render(np.stack(rows))
    assert type(found) is type(frame)
    if backend == "polars":
        polars.testing.assert_frame_equal(found, frame)
    elif backend == "pandas":
        pd.testing.assert_frame_equal(found, frame, check_categorical=False)
    elif backend == "numpy":
        np.testing.assert_array_equal(found, frame)
    else:
        assert found.to_pylist() == frame.to_pylist()


def test_a_record_keeps_the_texts_of_its_own_rows_alone():
    names = pd.DataFrame({"age": np.arange(240.0) % 50, "name": [f"person {k % 120}" for k in range(240)]})
    table = Table(names)
    rows = np.stack(table.rows(names)[0])
    instance = table.parse(rows[7])
    kept = instance.keeping(rows[[3, 9]])
    assert sorted(filter(None, kept.columns[1].categories)) == ["person 3", "person 7", "person 9"]
    assert kept.columns[0] == instance.columns[0]
    pd.testing.assert_frame_equal(kept.render(rows[[9, 3, 7]]), instance.render(rows[[9, 3, 7]]))
    few = Table(names.iloc[:60])  # 60 texts are all kept
    assert few.parse(rows[7]).keeping(rows[[3]]) == few.parse(rows[7])


def test_a_changed_record_is_another_one():
    table = Table(FRAME)
    one, two = (table.parse(FRAME[k]) for k in (0, 1))
    assert one != two
    with pytest.raises(ValueError, match="read-only"):
        one.origin[0] = 1.0


def test_texts_for_people():
    table = Table(FRAME)
    instance = table.parse(FRAME[0])
    assert instance.text == (
        "income = 20,000, status = Married, level = low, truth = True, day = 2024-03-01, when = 2024-03-01 00:00, "
        "wait = 0:00:00, age = 20, job = cook"
    )
    moved = instance.origin.copy()
    moved[[0, 1, 7]] = 38_950.4, 2, np.nan
    assert instance.change_text(0, moved) == "income from 20,000 to 38,950"
    assert instance.change_text(1, moved) == "status from Married to missing"
    assert instance.change_text(instance.names.index("age is known"), moved) == "age from known to missing"
    assert instance.value_text(0, 41_200.0) == "41,200"


def test_scales_of_parts_are_the_units_of_one_standard_deviation():
    instance = Table(FRAME).parse(FRAME[0])
    for part, scale in zip(instance.parts, instance.part_scales, strict=True):
        values = FRAME.to_series(part.columns[0]).drop_nulls()
        if values.dtype.is_temporal():
            values = values.to_physical() / {pl.Date: 1}.get(values.dtype, 86_400_000_000)
        assert scale == pytest.approx(values.std(ddof=0) if part.kind == "real" else 1.0)
    assert instance.reals.sum() == 5
    assert not instance.fixed.any()


@pytest.mark.parametrize(
    ("value", "scale", "text"),
    [
        (41_200.0, 9_000, "41,200"),
        (2007.0, 1, "2007"),
        (0.041234, 0.01, "0.0412"),
        (-0.0, 1, "0"),
        (-1e-9, 1, "0"),
        (38.7321, 5, "38.73"),
        (2.5556, 10.4, "2.56"),
        (0.000123, 100, "0.000123"),
        (3e-12, 0.001, "3e-12"),
        (1234567.891, 1, "1,234,567.89"),
        (3e-9, 1e-9, "3e-09"),
        (2e20, 1, "2e+20"),
        (float("inf"), 1, "inf"),
    ],
)
def test_numbers_have_the_digits_that_matter(value, scale, text):
    assert number_text(value, scale) == text


def test_times_have_the_digits_of_their_grid():
    assert time_text(19783.0, 1.0) == "2024-03-01"
    assert time_text(19783.5, 1 / 24) == "2024-03-01 12:00"
    assert time_text(19783 + 1 / 86400, 1 / 86400) == "2024-03-01 00:00:01"
    assert time_text(1e9, 1.0) == "+1,000,000,000 days from 1970"
    assert [duration_text(days, 1.0) for days in (1, 3)] == ["1 day", "3 days"]
    assert duration_text(1.5, 1 / 24) == "1 day, 12:00:00"
