"""Tables with wrong, odd or hostile input: a clear error, or an honest answer; and never more rows than the budget."""

import re

import numpy as np
import pandas as pd
import pytest

import limen
from limen.errors import BudgetError, InputError, ModelError
from limen.sampling import Ball, Boundary, Lime, Manifold, Uniform
from tests.table_laws import background, explained

ROWS = background(100, 3)
X = ROWS[0]
DRAW = np.random.default_rng(1)
FRAME = pd.DataFrame(
    {"age": DRAW.normal(40.0, 9.0, 80), "job": DRAW.choice(["cook", "nurse"], 80), "children": DRAW.integers(0, 9, 80)}
)
FIRST = FRAME.iloc[0].to_dict()


def smooth(rows):
    return 1 / (1 + np.exp(-(rows[:, 0] - (rows[:, 1] - 100.0) ** 2 / 300)))


def of_frame(frame):
    return frame["age"].to_numpy() * (frame["job"] == "cook").to_numpy()


@pytest.mark.parametrize(
    "law", [None, Ball(0.5), Manifold(), Boundary(level=0.3), Boundary(level=0.3, share=1.0), Lime()], ids=repr
)
def test_the_budget_is_kept_or_the_smallest_one_is_named(law):
    for budget in [*range(3, 45), 90, 333]:
        try:
            found = explained(smooth, X, ROWS, sampler=law, budget=budget)
        except BudgetError as error:
            enough = int(re.search(r"(\d+) model rows can", str(error)).group(1))
            assert budget < enough <= 16
            assert explained(smooth, X, ROWS, sampler=law, budget=enough).cost.model_rows <= enough
        else:
            assert found.cost.model_rows <= budget
            assert found.cost.distinct_rows <= found.cost.model_rows


@pytest.mark.parametrize("columns", [2, 8, 30])
def test_a_quadratic_that_the_probes_cannot_carry_names_how_many_can(columns):
    rows = DRAW.normal(size=(100, columns))
    with pytest.raises(BudgetError, match="probes can") as caught:
        explained(lambda a: a[:, 0] * a[:, 1], rows[0], rows, surrogate=limen.Quadratic(), budget=2 * columns + 7)
    enough = int(re.search(r"about (\d+) probes", str(caught.value)).group(1))
    found = explained(lambda a: a[:, 0] * a[:, 1], rows[0], rows, surrogate=limen.Quadratic(), budget=2 * enough + 10)
    assert found.surrogate.kind == "quadratic"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"age": 3.0, "job": "cook"}, "misses 'children'"),
        ({**FIRST, "height": 2.0}, "has besides 'height'"),
        ({**FIRST, "job": "pilot"}, "the column 'job' is 'pilot', expected one of: cook, nurse"),
        ({**FIRST, "age": "old"}, "'old' in the column 'age', expected a number"),
        ({**FIRST, "age": np.inf}, "column 'age', expected a finite number"),
        ({**FIRST, "children": 2.5}, "expected a whole number"),
        ({**FIRST, "children": None}, "cannot miss one"),
        (FRAME.iloc[:0], "without rows"),
        ([], "0 values, expected the 3 columns"),
        ([FIRST, {**FIRST, "job": "pilot"}], r"x\[1\] in the column 'job'"),
    ],
)
def test_rows_that_do_not_belong_to_the_background(row, words):
    with pytest.raises(InputError, match=words):
        explained(of_frame, row, FRAME)


@pytest.mark.parametrize(
    ("background", "words"),
    [
        (FRAME.iloc[:1], "1 rows, expected at least 2"),
        (FRAME.assign(nothing=np.nan), "'nothing': all 80 rows miss it"),
        (FRAME.iloc[[0] * 50], "no column that may change"),
        (pd.DataFrame({"a": [1.0] * 30}), "all are constant"),
        ([[1.0, 2.0]], "background is list"),
    ],
)
def test_backgrounds_that_say_too_little(background, words):
    with pytest.raises(InputError, match=words):
        limen.Table(background)


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"sampler": Uniform()}, InputError, "Ball.width., Manifold.k., Boundary"),
        ({"target": 4}, InputError, "target is 4"),
        ({"target": "eggs"}, InputError, "no class names"),
        ({"domain": limen.Text()}, InputError, "expected a str"),
        ({"domain": FRAME}, InputError, "domain is "),
        ({"scale": "probability"}, ModelError, "no probability"),
    ],
)
def test_settings_that_do_not_fit(settings, error, words):
    with pytest.raises(error, match=words) as caught:
        explained(of_frame, FIRST, FRAME, **settings)
    assert len(str(caught.value)) < 600


def test_a_row_without_a_domain():
    with pytest.raises(InputError, match=r"limen.Table\(background\)"):
        limen.explain(of_frame, FIRST)


def broken(frame):
    if (frame["age"] != FIRST["age"]).any():
        raise ValueError("out of range")
    return of_frame(frame)


def gappy(frame):
    return np.where(frame["age"].to_numpy() > FIRST["age"] + 5, np.nan, of_frame(frame))


def labels(frame):
    return np.where(frame["age"] > 40, "old", "young")


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (broken, r"ValueError: out of range. Input: age = [\d.]+, job = \w+, children = \d+"),
        (gappy, r"answered \[nan\], expected finite numbers. Input: age = "),
        (labels, "not of labels"),
        (lambda _: np.zeros(3), "shape"),
        (lambda frame: 1e200 * of_frame(frame), "sizes below"),
    ],
)
def test_models_that_fail_name_the_row(model, words):
    with pytest.raises(ModelError, match=words) as caught:
        explained(model, FIRST, FRAME)
    assert caught.value.predictor.rows >= 1


def test_scikit_learn_needs_no_scale_and_names_its_targets():
    from sklearn import linear_model as linear

    numbers = FRAME[["age", "children"]]
    one = linear.LinearRegression().fit(numbers, numbers["age"] * 2)
    found = limen.explain(one, numbers.iloc[0], domain=limen.Table(numbers), on_doubt="ignore")
    assert found.scale == "raw"
    assert found.slopes_per_unit.values == pytest.approx([2.0, 0.0], abs=1e-9)
    two = linear.LinearRegression().fit(numbers, numbers.to_numpy())
    with pytest.raises(InputError, match="several questions at once; name one of: output 0, output 1"):
        limen.explain(two, numbers.iloc[0], domain=limen.Table(numbers))
    assert explained(two, numbers.iloc[0], numbers, target="output 1").slopes_per_unit.values[1] == pytest.approx(1.0)
    classes = linear.LogisticRegression().fit(numbers, np.where(numbers["age"] > 40, "old", "young"))
    with pytest.raises(InputError, match="expected one of: old, young"):
        explained(classes, numbers.iloc[0], numbers, target="middle", scale="auto")
    with pytest.raises(InputError, match="against of Boundary is 'middle'"):
        explained(classes, numbers.iloc[0], numbers, scale="auto", sampler=Boundary(against="middle"))


def test_classes_that_are_numbers_have_names_and_places():
    from sklearn import linear_model as linear

    numbers = FRAME[["age", "children"]]
    classes = linear.LogisticRegression().fit(numbers, np.where(numbers["age"] > 40, 7, 3))
    told = [explained(classes, numbers.iloc[0], numbers, target=one, scale="auto").target_name for one in ("7", 1, 0)]
    assert told == ["7", "7", "3"]
    with pytest.raises(InputError, match=r"from 0 to 1\. A number is the place of a class.*give '7'"):
        explained(classes, numbers.iloc[0], numbers, target=7, scale="auto")


def test_columns_that_change_only_together_are_named():
    frame = FRAME.assign(months=12 * FRAME["age"])
    with pytest.raises(InputError, match="columns 'age', 'months' change only together"):
        explained(of_frame, {**FIRST, "months": 12 * FIRST["age"]}, frame, sampler=Manifold())


@pytest.mark.parametrize("value", [0.0, 0.3, -7e5])
def test_a_constant_model_is_flat(value):
    found = explained(lambda rows: np.full(len(rows), value), X, ROWS)
    assert "FLAT" in [doubt.name for doubt in found.doubts]
    assert (found.effects.values == 0).all()
    assert (found.contributions.values == 0).all()
    assert found.fidelity.linear is None


def test_columns_of_very_different_sizes():
    rows = DRAW.normal(size=(150, 3)) * [1e6, 1e-9, 1.0] + [1e7, 3e-9, 0.0]
    found = explained(lambda a: a[:, 0] / 1e6 + a[:, 1] * 1e9, rows[0], rows)
    assert found.slopes_per_unit.values == pytest.approx([1e-6, 1e9, 0.0], rel=1e-6, abs=1e-9)
    assert not found.doubts


def test_two_hundred_columns():
    rows = DRAW.normal(size=(150, 200))
    found = explained(lambda a: 2 * a[:, 0] - a[:, 7], rows[0], rows)
    assert found.effects.values[[0, 7, 9]] / rows.std(axis=0)[[0, 7, 9]] == pytest.approx([2.0, -1.0, 0.0], abs=1e-9)
    assert found.contributions is None  # 1,000 rows do not pay for four values of each column
    assert "four values of each of 200 parts are too large a share" in " ".join(str(found).split())
    assert found.cost.model_rows <= 1000


def test_a_row_far_off_the_data_is_explained_and_doubted():
    far = {**FIRST, "age": 400.0}
    assert "OFF_DATA" in [doubt.name for doubt in explained(of_frame, far, FRAME).doubts]
    assert "OFF_DATA" not in [doubt.name for doubt in explained(of_frame, FIRST, FRAME).doubts]


def test_a_background_of_repeated_rows():
    frame = FRAME.iloc[[0, 1, 2, 3] * 20]
    found = explained(of_frame, FIRST, frame, sampler=Ball(0.5), budget=300)
    age = frame["age"].iloc[:4]
    expected = of_frame(pd.DataFrame([FIRST]))[0] - (age.mean() if FIRST["job"] == "cook" else 0.0)
    assert found.contributions.values[0] == pytest.approx(expected)
    assert found.contributions.standard_errors[0] == 0.0
