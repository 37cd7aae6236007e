"""Tables: what cannot be explained is refused, with the argument, what came, what was expected and what to do."""

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from limen._errors import InputError
from limen.domains import Table

FRAME = pd.DataFrame(
    {
        "n": range(24),
        "x": np.linspace(0, 1, 24) ** 2,
        "word": ["a", "b", "c"] * 8,
        "when": pd.date_range("2024-01-01", periods=24),
        "small": np.arange(24, dtype="int8"),
        "truth": [True, False] * 12,
    }
)
ROW = {"n": 1, "x": 0.5, "word": "a", "when": "2024-01-05", "small": 3, "truth": True}


def with_column(values, dtype=None):
    return pd.DataFrame({"fine": range(3), "odd": pd.Series(values, dtype=dtype)})


@pytest.mark.parametrize(
    ("background", "options", "says"),
    [
        (FRAME[:1], {}, "background has 1 rows, expected at least 2"),
        (FRAME[:0], {}, "has 0 rows"),
        (FRAME[[]], {}, "no columns"),
        (pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"]), {}, "several columns called 'a'"),
        (pd.DataFrame([[1, 2], [3, 4]], columns=[1, "1"]), {}, "several columns called '1'"),
        (FRAME.assign(gone=np.nan), {}, "no value in the column 'gone'.*drop the column, or name it in fixed="),
        (pl.DataFrame({"a": [1, 2], "gone": [None, None]}), {}, "no value in the column 'gone'"),
        (pa.table({"a": [1, 2], "gone": pa.nulls(2)}), {}, "no value in the column 'gone'"),
        (FRAME[["truth"]].assign(truth=True), {}, "no column that may change"),
        (FRAME[["n"]], {"fixed": ["n"]}, "no column that may change"),
        (with_column([1.0, np.inf, -np.inf]), {}, "2 numbers in the column 'odd' that are infinite"),
        (with_column([1.0, 1e200, 2]), {}, "infinite or beyond 1e"),
        (with_column([[1], [2], [3]]), {}, r"column 'odd' holds list \[1\], expected single values"),
        (with_column([{1: 2}, None, None]), {}, "holds dict"),
        (with_column([1j, 2j, 3]), {}, "holds complex"),
        (with_column([dt.time(3), dt.time(4), None]), {}, "holds time"),
        (
            with_column([dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 1, tzinfo=dt.UTC), None], object),
            {},
            "with and without",
        ),
        (with_column([bytearray(b"a"), b"b", None]), {}, "holds bytearray"),
        (pl.DataFrame({"a": [[1], [2]]}), {}, r"column 'a' holds List\(Int64\)"),
        (pl.DataFrame({"a": [{"b": 1}, {"b": 2}]}), {}, "holds Struct"),
        (pa.table({"a": [[1], [2]]}), {}, "holds list"),
        (np.ones((3, 2), dtype=complex), {}, "holds complex128"),
        (np.ma.masked_array(np.ones((3, 2))), {}, "masked array"),
        (pl.LazyFrame({"a": [1, 2]}), {}, r"\.collect\(\)"),
        (np.ones(3), {}, "background is ndarray, expected a frame"),
        ([{"a": 1}, {"a": 2}], {}, "background is list, expected a frame"),
        (FRAME, {"categorical": ["m"]}, "in categorical of Table is 'm', expected one of: n, x, word"),
        (FRAME, {"categorical": "word"}, "categorical of Table is 'word', expected a list"),
        (FRAME, {"fixed": "word"}, "fixed of Table is 'word', expected a list"),
        (FRAME, {"fixed": ["N"]}, "in fixed of Table is 'N', expected one of"),
        (FRAME, {"groups": ["n", "x"]}, "expected a dict of lists"),
        (FRAME, {"groups": {"g": "nx"}}, "expected a list of columns"),
        (FRAME, {"groups": {"g": []}}, "at least one column"),
        (FRAME, {"groups": {"g": ["n", "x"], "h": ["x"]}}, "column 'x' in 'g' and in 'h'"),
        (FRAME, {"groups": {"g": ["n", "n"]}}, "column 'n' in 'g' and in 'g'"),
        (FRAME, {"groups": {"word": ["n", "x"]}}, "another column is called"),
        (FRAME, {"groups": {"g": ["n", "x"]}, "fixed": ["n"]}, "fixed.*'n'.*group 'g'"),
    ],
)
def test_backgrounds(background, options, says):
    with pytest.raises(InputError, match=says):
        Table(background, **options)


@pytest.mark.parametrize(
    ("x", "says"),
    [
        ({"n": 1}, "misses 'x', 'word', 'when', 'small', 'truth'"),
        ({**ROW, "more": 1}, "has besides 'more'"),
        (FRAME.rename(columns={"n": "N"}), "misses 'n' and has besides 'N'"),
        (pd.Series(ROW).drop("n"), "misses 'n'"),
        (list(ROW.values())[1:], "x has 5 values, expected the 6 columns"),
        (np.zeros((3, 5)), "5 values"),
        ([ROW, {**ROW, "word": "d"}], r"x\[1\] in the column 'word' is 'd', expected one of: a, b, c"),
        (pd.concat([FRAME, FRAME.assign(word="d")]), r"x\[24\] in the column 'word' is 'd'"),
        ({**ROW, "word": 3}, "'word' is 3, expected one of"),
        ({**ROW, "word": ["a"]}, "holds list"),
        ({**ROW, "n": "many"}, "'many' in the column 'n', expected a number"),
        ({**ROW, "x": "0.5"}, "'0.5' in the column 'x', expected a number"),
        ({**ROW, "x": float("inf")}, "inf in the column 'x', expected a finite number"),
        ({**ROW, "x": dt.date(2024, 1, 1)}, "in the column 'x', expected a number"),
        ({**ROW, "n": 2.5}, "2.5 in the column 'n', expected a whole number"),
        ({**ROW, "n": None}, "no value in the column 'n'.*int64, cannot miss one"),
        ({**ROW, "truth": None}, "no value in the column 'truth'"),
        ({**ROW, "truth": 2}, "'truth' is 2, expected one of: False, True"),
        ({**ROW, "small": 200}, "its type int8 can hold, -128 to 127"),
        ({**ROW, "when": "soon"}, "'soon' in the column 'when', expected a datetime"),
        ({**ROW, "when": 3}, "3 in the column 'when', expected a datetime"),
        ({**ROW, "when": dt.datetime(2024, 1, 1, tzinfo=dt.UTC)}, "expected a time without a time zone"),
        (FRAME[:0], "without rows"),
        ([FRAME[:2]], r"x\[0\] is a frame of 2 rows"),
        ([], "0 values"),
        (3, "x is int 3, expected a dict"),
        ("abc", "x is str 'abc'"),
        ([ROW, None], r"x\[1\] is NoneType"),
    ],
)
def test_rows(x, says):
    with pytest.raises(InputError, match=says):
        Table(FRAME).rows(x)


def test_a_day_has_no_time_and_a_zone_is_not_guessed():
    frame = pl.DataFrame({"day": [dt.date(2024, 1, k) for k in range(1, 9)]})
    with pytest.raises(InputError, match="expected a whole day"):
        Table(frame).rows({"day": dt.datetime(2024, 1, 1, 12)})
    zoned = pd.DataFrame({"when": FRAME["when"].dt.tz_localize("UTC")})
    with pytest.raises(InputError, match="expected a time with a time zone"):
        Table(zoned).rows({"when": dt.datetime(2024, 1, 1)})


def test_a_column_without_values_can_be_fixed():
    for frame in (
        FRAME.assign(gone=np.nan),
        FRAME.assign(gone=None),
        FRAME.assign(gone=pd.Series([pd.NA] * 24, dtype="Int64")),
        pl.DataFrame({"gone": [None] * 4, "n": range(4)}),
        pa.table({"gone": pa.nulls(4), "n": range(4)}),
    ):
        table = Table(frame, fixed=["gone"])
        rows, _ = table.rows(frame)
        found = table.compose(np.stack(rows))
        instance = table.parse(rows[0])
        assert found.equals(frame)
        assert instance.parts[instance.names.index("gone")].kind == "fixed"
        assert "gone = missing" in instance.text


def test_a_missing_truth_or_text_is_a_state():
    frame = pd.DataFrame({"truth": pd.Series([True, None, False] * 8, dtype="boolean"), "word": ["a", None, "b"] * 8})
    table = Table(frame)
    geometry = table.geometry(table.parse({"truth": None, "word": None}))
    assert [len(part.states) for part in geometry.parts] == [3, 3]
    assert not np.isnan(geometry.background).any()  # a missing category has a code of its own
    assert table.parse({"truth": None, "word": None}).text == "truth = missing, word = missing"


def test_options_are_by_keyword():
    with pytest.raises(TypeError):
        Table(FRAME, ["n"])
