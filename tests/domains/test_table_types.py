"""Tables: what goes to the model is exactly what came, type by type, whatever library holds it."""

import datetime as dt
import pickle
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import polars.testing
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limen.domains import Table

N = 24
WHEN = [dt.datetime(2024, 3, 1, 13, 45, 7, 123456) + dt.timedelta(hours=31 * k) for k in range(N)]
DAYS = [moment.date() for moment in WHEN]
WORDS = [["Married", "single", "ü", ""][k % 4] for k in range(N)]
WHOLE = [(-1) ** k * k * 1001 for k in range(N)]
REALS = [k / 7 - 1.3 for k in range(N)]
TRUTHS = [k % 3 == 0 for k in range(N)]


def gaps(values):
    return [None if k % 5 == 2 else value for k, value in enumerate(values)]


def composed(frame, **options):
    table = Table(frame, **options)
    rows, several = table.rows(frame)
    assert several
    return table.compose(np.stack(rows))


PANDAS = {
    "float64": pd.Series(REALS),
    "float64 with gaps": pd.Series(gaps(REALS), dtype="float64"),
    "float32": pd.Series(REALS, dtype="float32"),
    "float16": pd.Series(REALS, dtype="float16"),
    "int64": pd.Series(WHOLE),
    "int8": pd.Series(range(-12, 12), dtype="int8"),
    "uint64": pd.Series(range(N), dtype="uint64"),
    "int64 beyond float64": pd.Series([2**60 + k % 7 for k in range(N)]),
    "Int64 beyond float64": pd.Series(gaps([2**60 + k % 7 for k in range(N)]), dtype="Int64"),
    "Int16": pd.Series(gaps(WHOLE), dtype="Int16"),
    "Float32": pd.Series(gaps(REALS), dtype="Float32"),
    "bool": pd.Series(TRUTHS),
    "boolean": pd.Series(gaps(TRUTHS), dtype="boolean"),
    "str": pd.Series(gaps(WORDS), dtype="str"),
    "string": pd.Series(gaps(WORDS), dtype="string"),
    "object of texts, None": pd.Series(gaps(WORDS), dtype=object),
    "object of texts, NaN": pd.Series([np.nan if word is None else word for word in gaps(WORDS)], dtype=object),
    "object of numbers": pd.Series(gaps(WHOLE), dtype=object),
    "object of truths": pd.Series(gaps(TRUTHS), dtype=object),
    "object of days": pd.Series(gaps(DAYS), dtype=object),
    "object of anything": pd.Series([(1, 2), "a", True, 1] * 6, dtype=object),
    "category": pd.Series(pd.Categorical(gaps(WORDS), categories=["ü", "Married", "", "single", "unused"])),
    "ordered category": pd.Series(pd.Categorical(WORDS, ordered=True)),
    "category of numbers": pd.Series(pd.Categorical([k % 3 for k in range(N)])),
    "category of intervals": pd.Series(pd.cut(REALS, 4)),
    "datetime ns": pd.Series(WHEN).astype("datetime64[ns]"),
    "datetime s": pd.Series(gaps(WHEN)).astype("datetime64[s]"),
    "datetime with zone": pd.Series(WHEN).dt.tz_localize("UTC").dt.tz_convert("Europe/Berlin"),
    "timedelta": pd.Series([dt.timedelta(hours=k) for k in range(N)]),
    "period": pd.Series(pd.period_range("2024-01", periods=N, freq="M")),
    "sparse": pd.Series(pd.arrays.SparseArray([0.0, 1.5] * 12)),
    "arrow int": pd.Series(gaps(WHOLE), dtype=pd.ArrowDtype(pa.int32())),
    "arrow string": pd.Series(gaps(WORDS), dtype=pd.ArrowDtype(pa.string())),
    "arrow timestamp": pd.Series(gaps(WHEN), dtype=pd.ArrowDtype(pa.timestamp("us", "UTC"))),
    "arrow bool": pd.Series(gaps(TRUTHS), dtype=pd.ArrowDtype(pa.bool_())),
}


@pytest.mark.parametrize("name", PANDAS)
def test_pandas_types(name):
    frame = pd.DataFrame({"column": PANDAS[name], "other": REALS}).set_axis(range(100, 100 + N))
    found = composed(frame)
    pd.testing.assert_frame_equal(found, frame.reset_index(drop=True))
    assert [type(one) for one in found["column"]] == [type(one) for one in frame["column"]]


POLARS = {
    "Float64": pl.Series(REALS),
    "Float32, null": pl.Series(gaps(REALS), dtype=pl.Float32),
    "Float64, NaN": pl.Series([float("nan") if k % 5 == 2 else value for k, value in enumerate(REALS)]),
    "Int8": pl.Series(gaps(range(N)), dtype=pl.Int8),
    "UInt64": pl.Series([2**63 + k % 7 for k in range(N)], dtype=pl.UInt64),
    "UInt32": pl.Series(range(N), dtype=pl.UInt32),
    "Boolean": pl.Series(gaps(TRUTHS)),
    "String": pl.Series(gaps(WORDS)),
    "Categorical": pl.Series(gaps(WORDS), dtype=pl.Categorical),
    "Enum": pl.Series(gaps(WORDS), dtype=pl.Enum(["ü", "Married", "", "single", "unused"])),
    "Date": pl.Series(gaps(DAYS)),
    "Datetime": pl.Series(gaps(WHEN), dtype=pl.Datetime("us")),
    "Datetime with zone": pl.Series(gaps(WHEN), dtype=pl.Datetime("ms", "Asia/Tokyo")),
    "Duration": pl.Series([dt.timedelta(minutes=7 * k) for k in range(N)], dtype=pl.Duration("ns")),
    "Decimal": pl.Series([Decimal(k) / 4 for k in range(N)], dtype=pl.Decimal(20, 2)),
}


@pytest.mark.parametrize("name", POLARS)
def test_polars_types(name):
    frame = pl.DataFrame({"column": POLARS[name], "other": REALS})
    polars.testing.assert_frame_equal(composed(frame), frame)


ARROW = {
    "double": pa.array(REALS),
    "double, null": pa.array(gaps(REALS)),
    "double, NaN": pa.array([float("nan") if k % 5 == 2 else value for k, value in enumerate(REALS)]),
    "halffloat": pa.array(np.array(REALS, dtype="float16")),
    "int8": pa.array(gaps(range(N)), type=pa.int8()),
    "uint64": pa.array([2**63 + k % 7 for k in range(N)], type=pa.uint64()),
    "bool": pa.array(gaps(TRUTHS)),
    "string": pa.array(gaps(WORDS)),
    "large_string": pa.array(gaps(WORDS), type=pa.large_string()),
    "string_view": pa.array(gaps(WORDS), type=pa.string_view()),
    "dictionary": pa.array(gaps(WORDS)).dictionary_encode(),
    "dictionary int8": pa.array(WORDS).cast(pa.dictionary(pa.int8(), pa.large_string())),
    "date32": pa.array(gaps(DAYS)),
    "date64": pa.array(gaps(DAYS), type=pa.date64()),
    "timestamp": pa.array(gaps(WHEN), type=pa.timestamp("ns")),
    "timestamp with zone": pa.array(gaps(WHEN), type=pa.timestamp("us", "Europe/Berlin")),
    "duration": pa.array([dt.timedelta(seconds=k) for k in range(N)], type=pa.duration("s")),
    "decimal": pa.array([Decimal(k) / 4 for k in range(N)], type=pa.decimal128(12, 2)),
}


@pytest.mark.parametrize("name", ARROW)
def test_arrow_types(name):
    whole = pa.table({"column": ARROW[name], "other": REALS}).replace_schema_metadata({"by": "us"})
    frame = pa.concat_tables([whole.slice(0, 5), whole.slice(5)])  # several chunks
    found = composed(frame)
    assert found.schema.equals(frame.schema, check_metadata=True)
    if name == "double, NaN":
        assert [str(v) for v in found["column"].to_pylist()] == [str(v) for v in frame["column"].to_pylist()]
    else:
        assert found["column"].to_pylist() == frame["column"].to_pylist()


@pytest.mark.parametrize(
    "array",
    [
        np.array([REALS, REALS[::-1]]).T,
        np.array([REALS, REALS[::-1]], dtype="float32").T,
        np.array([WHOLE, range(N)]).T,
        np.array([range(N), range(N)], dtype="uint8").T,
        np.array([TRUTHS, TRUTHS[::-1]]).T,
        np.array([WORDS, WORDS[::-1]]).T,
        np.array([gaps(WORDS), gaps(WHOLE), REALS, TRUTHS, gaps(DAYS)], dtype=object).T,
        np.array([WHEN, WHEN[::-1]], dtype="datetime64[s]").T,
        np.where(np.eye(N, 3) == 1, np.nan, np.ones((N, 3)).cumsum(axis=0)),
    ],
    ids=lambda array: str(array.dtype),
)
def test_arrays(array):
    found = composed(array)
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)
    if array.dtype == object:
        assert [[type(one) for one in row] for row in found] == [[type(one) for one in row] for row in array]


cell = {
    "real": st.one_of(st.none(), st.floats(-1e90, 1e90)),
    "whole": st.one_of(st.none(), st.integers(-(2**53), 2**53)),
    "word": st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]), max_size=4)),
    "truth": st.one_of(st.none(), st.booleans()),
    "when": st.one_of(st.none(), st.datetimes(dt.datetime(1800, 1, 1), dt.datetime(2140, 1, 1))),
}
SCHEMA = {"real": pl.Float64, "whole": pl.Int64, "word": pl.String, "truth": pl.Boolean, "when": pl.Datetime("us")}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.fixed_dictionaries(cell), min_size=2, max_size=30))
def test_any_frame_comes_back_as_it_was(rows):
    rows = [*rows, dict.fromkeys(cell), {"real": 0.5, "whole": 3, "word": "a", "truth": True, "when": WHEN[0]}]
    frame = pl.DataFrame(rows, schema=SCHEMA)
    polars.testing.assert_frame_equal(composed(frame), frame, check_exact=True)
    arrow = frame.to_arrow()
    assert composed(arrow).equals(arrow)
    pandas = frame.to_pandas(use_pyarrow_extension_array=True)
    pd.testing.assert_frame_equal(composed(pandas), pandas)
    plain = frame.to_pandas()
    pd.testing.assert_frame_equal(composed(plain), plain, check_exact=True)


def test_moved_numbers_take_their_type():
    frame = pd.DataFrame(
        {"small": np.arange(N, dtype="int8"), "part": REALS, "odd": pd.Series(gaps(WHOLE), dtype="Int64")}
    )
    table = Table(frame)
    moved = table.compose(np.array([[300.4, 2.5, 7.6], [-1.6, np.nan, np.nan]]))
    assert moved.dtypes.equals(frame.dtypes)
    assert moved["small"].tolist() == [127, -2]
    assert moved["odd"].tolist() == [8, pd.NA]
    assert np.isnan(moved["part"][1])


def test_labels_of_any_kind_are_kept():
    columns = pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)], names=["letter", "number"])
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(9, 3)), columns=columns)
    pd.testing.assert_frame_equal(composed(frame), frame)
    assert Table(frame).parse(frame.iloc[0]).names == ("a / 1", "a / 2", "b / 1")
    numbered = pd.DataFrame(np.random.default_rng(0).normal(size=(9, 3)))
    pd.testing.assert_frame_equal(composed(numbered, fixed=[0]), numbered)


@pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow", "numpy"])
def test_a_table_can_be_pickled_and_leaves_its_background_alone(kind):
    frame = pl.DataFrame({"word": gaps(WORDS), "real": REALS})
    made = {"pandas": frame.to_pandas(), "polars": frame, "pyarrow": frame.to_arrow(), "numpy": frame.to_numpy()}[kind]
    before = pickle.dumps(made)
    table = pickle.loads(pickle.dumps(Table(made)))  # noqa: S301 - our own bytes
    rows, _ = table.rows(made)
    items = [row.tobytes() for row in rows]
    found = table.compose_items(items)
    assert type(found) is type(made)
    np.testing.assert_array_equal(np.asarray(found, dtype=object)[:2], np.asarray(made, dtype=object)[:2])
    assert pickle.dumps(made) == before
    assert table.describe_item(items[2]) in ("word = missing, real = -1.014", "column 0 = missing, column 1 = -1.014")


def test_far_times_lie_on_their_grid():
    far = np.array([["9999-12-31T23:59:59"], ["0002-03-04T05:06:07"], ["2024-01-01T00:00:01"]], dtype="datetime64[s]")
    np.testing.assert_array_equal(composed(far), far)
