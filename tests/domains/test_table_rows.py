"""Tables: every form of a row is read, models answer composed frames as their own, and odd rows are known."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from limen.domains import Table

from ..people import one_row, people
from ..shared import needed


def test_every_form_of_a_row_is_the_same_row():
    frame = people().drop(columns="gap")
    table = Table(frame)
    expected = table.rows(frame)[0][3]
    row = frame.iloc[3]
    polars = pl.from_pandas(frame)
    forms = [
        row,
        row.to_dict(),
        frame.iloc[[3]],
        row.to_numpy(),
        list(row),
        tuple(row),
        polars[3],
        polars.row(3, named=True),
    ]
    forms += [polars.row(3), pa.Table.from_pandas(frame[3:4], preserve_index=False), row[::-1], frame.iloc[[3], ::-1]]
    forms += [
        next(frame[3:].itertuples()),
        {**row, "since": "2024-03-01", "land": "here"} | {"since": row["since"].isoformat()},
    ]
    for form in forms:
        rows, several = table.rows(form)
        assert not several
        assert rows[0].tobytes() == expected.tobytes()
    for form in (
        [row],
        [row.to_dict(), frame.iloc[[3]]],
        frame.iloc[[3, 3]],
        [tuple(row)],
        pl.concat([polars[3], polars[3]]),
    ):
        rows, several = table.rows(form)
        assert several
        assert all(one.tobytes() == expected.tobytes() for one in rows)
    array = np.arange(12.0).reshape(4, 3) ** 1.5
    assert [rows.tolist() for rows in Table(array).rows(array[1:])[0]] == array[1:].tolist()
    assert Table(array).rows(array[1])[1] is Table(array).rows(array[1:2])[1] is False


def test_values_that_the_background_lacks_are_taken_where_they_cannot_matter():
    frame = pd.DataFrame({"name": [f"person {k}" for k in range(30)], "kind": ["a", "b"] * 15, "n": range(30)})
    table = Table(frame, fixed=["kind"])
    rows, _ = table.rows([{"name": "somebody", "kind": "c", "n": 1}, {"name": "person 3", "kind": "a", "n": 2}])
    again, _ = table.rows({"name": "somebody", "kind": "d", "n": 1})
    found = table.compose(np.stack([*rows, *again]))
    assert found["name"].tolist() == ["somebody", "person 3", "somebody"]
    assert found["kind"].tolist() == ["c", "a", "d"]
    assert found.dtypes.equals(frame.dtypes)
    instance = table.parse(rows[0])
    assert instance.text == "name = somebody, kind = c, n = 1"
    assert "identifiers" in " ".join(instance.notes)
    assert instance.render(rows[0][None]).iloc[0].to_dict() == {"name": "somebody", "kind": "c", "n": 1}


def test_rows_say_the_same_in_several_ways():
    frame = pd.DataFrame({"when": pd.date_range("2024-01-01", periods=24), "truth": [True, False] * 12, "n": range(24)})
    table = Table(frame)
    rows, _ = table.rows([{**frame.iloc[4], "when": "2024-01-05"}, frame.iloc[4], {**frame.iloc[4], "truth": 1.0}])
    assert len({row.tobytes() for row in rows}) == 1
    assert table.compose(rows[0][None])["truth"].tolist() == [True]


def test_a_longer_text_is_not_cut_off():
    table = Table(np.array([["a", "u"], ["b", "v"]]), fixed=[1])
    assert table.compose(np.stack(table.rows([["a", "a longer one"]])[0])).tolist() == [["a", "a longer one"]]


def test_new_combinations_are_off_the_data_and_usual_distances_are_not():
    letters = np.array(list("abcdefgh"))
    twice = pd.DataFrame({"one": np.repeat(letters, 5), "two": np.repeat(letters, 5)})
    table = Table(twice)
    assert table.off_data(table.rows({"one": "a", "two": "b"})[0][0])
    assert not table.off_data(table.rows({"one": "a", "two": "a"})[0][0])
    draw = np.random.default_rng(0)
    scattered = Table(pd.DataFrame({name: draw.choice(letters, 200) for name in "uvwxyz"}))
    fresh = scattered.rows(pd.DataFrame({name: draw.choice(letters, 50) for name in "uvwxyz"}))[0]
    assert not any(scattered.off_data(row) for row in fresh)


def test_rows_off_the_data_are_known():
    frame = people(400)
    table = Table(frame)
    rows, _ = table.rows(frame)
    assert np.mean([table.off_data(row) for row in rows]) < 0.02
    usual = one_row(frame, income=40_000.0)
    assert not table.off_data(table.rows(usual)[0][0])
    far = table.rows({**usual, "income": 400_000.0})[0][0]
    assert table.off_data(far)
    assert table.off_amount(far) > 30
    assert table.off_data_text(far).startswith("income = 400,000 lies beyond the background's")
    draw = np.random.default_rng(0).normal(size=(500, 1))
    line = np.column_stack([draw, draw + 0.01, 2 * draw])
    apart = Table(line).rows(np.array([1.5, -1.5, -3.0]))[0][0]  # inside each range, and near no row
    assert Table(line).off_data(apart)
    assert "no background row is near it" in Table(line).off_data_text(apart)
    assert Table(line).off_data_text(line[0]) == ""


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_pipeline_answers_composed_frames_as_its_own(library):
    frame = pd.read_csv(needed("data/tabular/penguins.csv")).drop(columns="rowid")
    species = frame.pop("species")
    if library == "polars":
        frame = pl.from_pandas(frame)
    words, numbers = ["island", "sex"], [name for name in frame.columns if name not in ("island", "sex")]
    encoder = OneHotEncoder(handle_unknown="error")
    scaler = make_pipeline(SimpleImputer(), StandardScaler())
    model = make_pipeline(make_column_transformer((encoder, words), (scaler, numbers)), LogisticRegression())
    model.fit(frame, species)
    table = Table(frame)
    rows, _ = table.rows(frame)
    np.testing.assert_array_equal(model.predict_proba(table.compose(np.stack(rows))), model.predict_proba(frame))
    instance = table.parse(rows[0])
    assert [part.kind for part in instance.parts][:3] == ["flip", "real", "known"]
    np.testing.assert_array_equal(model.predict_proba(instance.render(np.stack(rows))), model.predict_proba(frame))


def test_a_booster_of_categories_answers_composed_frames_as_its_own():
    names = ["age", "work", "weight", "education", "years", "marital", "job", "relation", "race", "sex"]
    names += ["gain", "loss", "hours", "land", "income"]
    path = needed("data/tabular/adult.data")
    frame = pd.read_csv(path, header=None, names=names, na_values="?", skipinitialspace=True, nrows=3000)
    income = frame.pop("income")
    words = frame.select_dtypes(exclude="number").columns
    frame = frame.astype(dict.fromkeys(words, "category"))
    model = HistGradientBoostingClassifier(categorical_features="from_dtype", max_iter=5).fit(frame, income)
    table = Table(frame)
    rows, _ = table.rows(frame)
    found = table.compose(np.stack(rows))
    pd.testing.assert_frame_equal(found, frame)
    np.testing.assert_array_equal(model.predict_proba(found), model.predict_proba(frame))
