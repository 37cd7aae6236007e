"""Tables: which parts a row has, which columns belong together, and what the geometry says of them."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from limen.domains import Table

from ..people import N, one_row, people


def kinds(table, x):
    instance = table.parse(table.rows(x)[0][0])
    return {name: part.kind for name, part in zip(instance.names, instance.parts, strict=True)}


def test_parts_of_each_kind_of_column():
    frame = people()
    table = Table(frame, fixed=["age"])
    expected = {"income": "real", "age": "fixed", "status": "flip", "gap": "real", "gap is known": "known"}
    assert kinds(table, one_row(frame)) == {**expected, "since": "real", "land": "fixed"}
    missing = kinds(table, one_row(frame, gap=None))
    assert missing["gap"] == "flip"
    assert "gap is known" not in missing
    instance = table.parse(table.rows(one_row(frame))[0][0])
    assert instance.constant == ("land",)  # and not the one that was asked for
    assert "land" in instance.notes[0]


def test_the_geometry_measures_the_background():
    frame = people()
    table = Table(frame)
    geometry = table.geometry(table.parse(table.rows(one_row(frame, gap=None))[0][0]))
    order = list(frame)
    np.testing.assert_allclose(geometry.scales[order.index("income")], frame["income"].std(ddof=0))
    np.testing.assert_allclose(geometry.scales[order.index("gap")], frame["gap"].std(ddof=0))
    days = (frame["since"] - pd.Timestamp("1970-01-01")).dt.days
    np.testing.assert_allclose(geometry.background[:, order.index("since")], days)
    assert geometry.numeric.tolist() == [True, True, False, True, True, False]
    assert geometry.steps.tolist() == [0, 1, 0, 0, 1, 0]
    gap = geometry.parts[order.index("gap")]
    assert np.isnan(gap.states[0, 0])
    assert gap.shares[0] == frame["gap"].isna().mean()
    for part in geometry.parts:
        if part.kind == "flip":
            columns = list(part.columns)
            np.testing.assert_array_equal(part.states[part.background_states], geometry.background[:, columns])
            np.testing.assert_array_equal(part.states[0], geometry.origin[columns])
            counts = np.bincount(part.background_states, minlength=len(part.states))
            np.testing.assert_allclose(part.shares, counts / N)
            assert len(np.unique(part.states, axis=0)) == len(part.states)


def test_a_state_that_the_background_lacks_comes_first_with_no_share():
    frame = pd.DataFrame({"a": ["x", "y"] * 10, "b": ["u", "u", "v", "v"] * 5, "c": range(20)})
    table = Table(frame, groups={"both": ["a", "b"]})
    rare = Table(frame[(frame["a"] == "x") | (frame["b"] == "u")], groups={"both": ["a", "b"]})
    for one, share in ((table, 0.25), (rare, 0.0)):
        both = one.geometry(one.parse({"a": "y", "b": "v", "c": 3})).parts[0]
        assert both.columns == (0, 1)
        assert both.shares[0] == share
        assert len(both.states) == 4
        assert (both.background_states == 0).sum() == share * 20
        np.testing.assert_allclose(both.shares.sum(), 1.0)


def test_coordinates_of_the_row_and_of_its_changes():
    frame = people()
    table = Table(frame)
    row = table.rows(one_row(frame))[0][0]
    instance, geometry = table.parse(row), table.geometry(table.parse(row))
    own = instance.coordinates(row[None])[0]
    assert own.tolist() == [0.0 if real else 1.0 for real in instance.reals]
    moved = row.copy()
    moved[0] += 2 * geometry.scales[0]
    moved[2] = 1 - moved[2]
    moved[3] = np.nan
    changed = dict(zip(instance.names, instance.coordinates(moved[None])[0], strict=True))
    assert changed["status"] == changed["gap is known"] == 0.0
    np.testing.assert_allclose(changed["income"], 2.0)
    np.testing.assert_array_equal(instance.coordinates(moved[None]), geometry.coordinates(moved[None]))


def test_one_hot_blocks_are_found_whole_and_are_one_category():
    frame = people()
    dummies = pd.get_dummies(frame[["status"]].assign(job=[["cook", "smith", "night_guard"][k % 3] for k in range(N)]))
    coded = pd.concat(
        [frame[["age"]], dummies.astype(float), (frame[["age"]] > 40).rename(columns={"age": "job"})], axis=1
    )
    table = Table(coded)
    instance = table.parse(coded.iloc[0])
    assert instance.names == ("age", "status", "job (columns)", "job")
    assert [part.one_hot for part in instance.parts] == [False, True, True, False]
    assert instance.part_text(2) == "job (columns) = cook"
    moved = table.rows(coded.iloc[[2]])[0][0]
    assert instance.change_text(2, moved) == "job (columns) from cook to night_guard"
    plain = Table(frame[["age", "status"]])
    block = table.geometry(instance).parts[1]
    category = plain.geometry(plain.parse(frame[["age", "status"]].iloc[0])).parts[1]
    np.testing.assert_allclose(block.shares, category.shares)  # as one categorical column does
    np.testing.assert_array_equal(block.background_states, category.background_states)


@pytest.mark.parametrize(
    "columns",
    [
        {"sex_a": [1, 0, 0, 1] * 6, "sex_b": [0, 1, 0, 0] * 6},  # not all rows have one
        {"sex_a": [1, 0, 0, 1] * 6, "sex_b": [1, 1, 1, 0] * 6},  # a row has two
        {"sex_a": [1, 0] * 12, "age_b": [0, 1] * 12},  # no common beginning
        {"sex_a": [2, 0] * 12, "sex_b": [-1, 1] * 12},
        {"sex_a": [1.0, None] * 12, "sex_b": [0, 1] * 12},
    ],
)
def test_what_is_no_one_hot_block(columns):
    table = Table(pd.DataFrame({**columns, "other": range(24)}))
    assert table.parse(table.background.iloc[0]).names[0] == "sex_a"


def test_a_block_has_the_states_that_never_occur_and_is_none_without_change():
    watch = {"job_night_guard": [1, 0] * 12, "job_night_watch": [0, 1] * 12, "job_cook": [0] * 24}
    table = Table(pd.DataFrame(watch))
    instance = table.parse(table.background.iloc[0])
    assert instance.parts[0].columns == (0, 1, 2)
    assert instance.constant == ()
    still = Table(pd.DataFrame({"sex_a": [1] * 24, "sex_b": [0] * 24, "n": range(24)}))
    assert still.parse(still.background.iloc[0]).constant == ("sex_a", "sex_b")
    assert still.parse(still.background.iloc[0]).names == ("sex_a", "sex_b", "n")


def test_blocks_of_an_array_are_adjacent_and_need_rows():
    draw = np.random.default_rng(0)
    array = np.column_stack(
        [draw.normal(size=40), np.eye(3)[draw.integers(0, 3, 40)], np.eye(2)[draw.integers(0, 2, 40)]]
    )
    names = ("column 0", "columns 1 to 3", "columns 4 to 5")
    assert Table(array).parse(array[0]).names == names
    assert len(Table(array[:12]).parse(array[0]).names) == 6
    assert len(Table(array[:, [1, 0, 2, 3]]).parse(array[0, [1, 0, 2, 3]]).names) == 4  # apart


def test_groups_override_blocks_and_change_together():
    frame = pd.DataFrame({"sex_a": [1, 0] * 12, "sex_b": [0, 1] * 12, "lat": np.arange(24.0) / 7, "lon": range(24)})
    table = Table(frame, groups={"place": ["lat", "lon"], "mine": ["sex_a"]})
    instance = table.parse(frame.iloc[1])
    assert instance.names == ("mine", "sex_b", "place")
    assert instance.part_text(2) == "place = lat 0.143, lon 1"
    assert len(table.geometry(instance).parts[2].states) == 24
    assert kinds(Table(frame, fixed=["lat"]), frame.iloc[1])["lat"] == "fixed"
    assert kinds(Table(frame, groups={"place": ["lat", "lon"]}, fixed=["place"]), frame.iloc[1])["place"] == "fixed"


def test_numbers_can_be_codes():
    frame = pd.DataFrame({"code": [3, 7, 3, 9] * 6, "other": range(24)})
    assert kinds(Table(frame), frame.iloc[0])["code"] == "real"
    table = Table(frame, categorical=["code"])
    instance = table.parse(frame.iloc[1])
    assert instance.parts[0].kind == "flip"
    assert instance.part_text(0) == "code = 7"
    assert instance.columns[0].categories == ("3", "7", "9")


def test_between_two_values_there_is_nothing():
    frame = pd.DataFrame({"flag": [0, 1, 1] * 8, "year": [2007.0, 2008, 2009] * 8, "part": [1.5, 2.0, 3.0] * 8})
    instance = Table(frame).parse(frame.iloc[1])
    assert [part.kind for part in instance.parts] == ["flip", "real", "real"]
    assert [column.step for column in instance.columns] == [1.0, 1.0, 0.0]  # whole floats are integers
    few = Table(frame[:6])
    assert [part.kind for part in few.parse(frame.iloc[1]).parts] == ["real", "real", "real"]


def test_names_order_and_units_of_columns_change_nothing_but_themselves():
    frame = people()
    first = Table(frame)
    other = frame[list(frame)[::-1]].rename(columns={"income": "pay"}).assign(pay=frame["income"] * 100)
    second = Table(other)
    x = one_row(frame)
    y = {**x, "pay": x["income"] * 100}
    del y["income"]
    one, two = (table.geometry(table.parse(row)) for table, row in ((first, x), (second, y)))
    swapped = one.scales[::-1] * np.where(np.array(list(other)) == "pay", 100, 1)
    np.testing.assert_allclose(two.scales, swapped)
    shift = np.zeros(len(x))
    shift[0] = one.scales[0]
    moved = two.coordinates((two.origin + 100 * shift[::-1])[None])
    base = one.coordinates((one.origin + shift)[None])
    by_name = dict(zip(second.parse(y).names, moved[0], strict=True))
    assert by_name["pay"] == pytest.approx(dict(zip(first.parse(x).names, base[0], strict=True))["income"])


def test_times_keep_their_grid():
    frame = pd.DataFrame({"when": [dt.datetime(2024, 3, 1, k, 15 * (k % 4)) for k in range(24)], "n": range(24)})
    table = Table(frame)
    instance = table.parse(frame.iloc[5])
    assert instance.columns[0].step == pytest.approx(1 / 1440)
    assert instance.part_text(0) == "when = 2024-03-01 05:15"
    geometry = table.geometry(instance)
    moved = geometry.on_grid(geometry.origin[None] + [[0.3333, 0.0]])
    assert table.compose(moved)["when"][0] == pd.Timestamp("2024-03-01 13:15")


def test_the_repr_tells_how_each_column_is_read():
    told = repr(Table(people(), fixed=["age"]))
    assert told.splitlines()[0] == "<Table: 60 rows of pandas, 6 columns"
    for line in ("number: income, gap", "fixed: age", "category: status", "datetime: since", "constant: land"):
        assert line in told
    wide = repr(Table(np.random.default_rng(0).normal(size=(30, 400))))
    assert len(wide) < 300
    assert "and 392 more" in wide
