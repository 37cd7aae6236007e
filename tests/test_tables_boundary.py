"""The nearest change of decision, through `explain`: where it is, what it is called, and what is said without one."""

import numpy as np
import pandas as pd
import pytest

import limen
from limen.sampling import Boundary
from tests.table_laws import background, explained

ROWS = background(300, 3)
MEANS, SDS = ROWS.mean(axis=0), ROWS.std(axis=0)
X = MEANS + SDS * np.array([0.3, -0.2, 0.1])
SCORES = np.array([[1.0, 0.5, 0.0], [-0.6, 0.4, 0.8], [0.1, -1.0, 0.4]])
BIAS = np.array([0.6, 0.0, 0.1])


def standard(rows):
    return (rows - MEANS) / SDS


class Classes:
    """Three classes with straight boundaries."""

    classes_ = np.array(["ape", "bee", "cat"])

    def predict_proba(self, rows):
        scores = np.exp(standard(rows) @ SCORES.T + BIAS)
        return scores / scores.sum(axis=1, keepdims=True)


def plane_distance(first, second):
    gap = standard(X[None])[0] @ (SCORES[first] - SCORES[second]) + BIAS[first] - BIAS[second]
    return abs(gap) / np.linalg.norm(SCORES[first] - SCORES[second])


def boundary(model=None, x=X, rows=ROWS, law=None, **settings):
    settings = {"scale": "probability", "sampler": law or Boundary(), **settings}
    return explained(model or Classes(), x, rows, **settings).boundary


def logistic(rows):
    one = 1 / (1 + np.exp(-(standard(rows) @ [1.0, -2.0, 0.0] - 1.5)))
    return np.column_stack([1 - one, one])


def test_the_distance_to_a_plane():
    found = boundary(logistic)
    truth = abs(standard(X[None])[0] @ [1.0, -2.0, 0.0] - 1.5) / np.sqrt(5)
    assert found.found
    assert found.distance.value == pytest.approx(truth, rel=0.01)
    assert found.distance.low <= truth * 1.001 <= found.distance.high * 1.01
    assert repr(found).startswith("<Boundary: from ")
    assert f"within {found.distance.value:.3g} standard deviations" in repr(found)
    assert len(repr(found)) < 400
    assert found.threshold == 0.5
    assert (found.side, found.other) == ("class 0", "class 1")
    assert logistic(found.point[None])[0, 1] >= 0.5
    assert abs(found.direction @ np.array([1.0, -2.0, 0.0])) / np.sqrt(5) == pytest.approx(1.0, abs=0.02)
    assert [change.column for change in found.changes[:2]] == ["column 1", "column 0"]
    for change in found.changes:
        column = int(change.column[-1])
        assert change.moved == pytest.approx((found.point - X)[column] / SDS[column])
    assert found.line.value > 0.98


@pytest.mark.parametrize("scale", ["probability", "log-odds", "raw"])
def test_several_classes_and_scales(scale):
    nearest = min((1, 2), key=lambda other: plane_distance(0, other))
    found = boundary(scale=scale)
    assert (found.side, found.other) == ("ape", Classes.classes_[nearest])
    assert found.distance.value == pytest.approx(plane_distance(0, nearest), rel=0.01)
    assert found.threshold == 0.0
    for name, number in (("bee", 1), ("cat", 2)):
        named = boundary(law=Boundary(against=name), scale=scale)
        assert named.other == name
        assert named.distance.value == pytest.approx(plane_distance(0, number), rel=0.01)
        assert boundary(law=Boundary(against=number), scale=scale).distance == named.distance


def test_a_target_that_is_not_the_predicted_class():
    found = boundary(target="cat")
    assert found.other == "cat"
    assert found.side == "ape"
    assert Classes().predict_proba(found.point[None])[0].argmax() == 2
    assert found.distance.value >= plane_distance(0, 2) * 0.99


def test_a_tuple_of_classes_is_one_side():
    found = boundary(target=("ape", "cat"))
    assert found.side == "ape + cat"
    assert found.other == "not ape + cat"
    assert found.threshold == 0.5
    assert Classes().predict_proba(found.point[None])[0, 1] == pytest.approx(0.5, abs=0.01)


def test_every_target_has_its_own_boundary():
    several = explained(Classes(), X, ROWS, scale="probability", sampler=Boundary(), target=["ape", "bee"], budget=300)
    for one, name in zip(several, ("ape", "bee"), strict=True):
        alone = boundary(target=name, budget=300)
        assert one.boundary == alone
        assert one.cost.model_rows <= 300


def test_a_level_of_a_regression():
    def price(rows):
        return 200.0 + 50.0 * standard(rows) @ [1.0, 1.0, 0.0]

    found = boundary(price, scale="raw", law=Boundary(level=260.0))
    now = price(X[None])[0]
    assert found.distance.value == pytest.approx((260.0 - now) / (50.0 * np.sqrt(2)), rel=0.01)
    assert "260" in found.side
    assert found.threshold == 260.0
    nowhere = boundary(price, scale="raw", law=Boundary(level=1e4))
    assert not nowhere.found
    with pytest.raises(limen.errors.InputError, match="level of Boundary is None"):
        boundary(price, scale="raw")


def test_a_category_flips():
    draw = np.random.default_rng(0)
    frame = pd.DataFrame({"size": draw.normal(size=120), "kind": draw.choice(["old", "new", "odd"], 120)})

    def model(part):
        return np.where(part["kind"].to_numpy() == "new", 0.9, 0.2) + 0.01 * np.tanh(part["size"].to_numpy())

    found = boundary(model, {"size": 0.1, "kind": "old"}, frame)
    assert found.distance.value == pytest.approx(1.0, abs=1e-6)
    assert [(c.column, c.before, c.after, c.moved) for c in found.changes] == [("kind", "old", "new", None)]
    assert found.side == "not the output"


def test_on_a_circle_the_quadratic_stands_on_the_right_side_more_often():
    def ring(rows):
        return 1.2 - (standard(rows)[:, :2] ** 2).sum(axis=1)

    explanation = explained(ring, X, ROWS, sampler=Boundary(level=0.0), budget=2000)
    found = explanation.boundary
    truth = np.sqrt(1.2) - np.linalg.norm(standard(X[None])[0, :2])
    assert found.distance.value == pytest.approx(truth, rel=0.02)
    assert found.quadratic.value == 1.0
    assert found.quadratic.low < 1.0  # so many probes do not prove it
    assert found.line.value < 0.97
    points, inside = explanation.probes.points[1:], explanation.probes.answers[1:] > 0
    assert 0.25 < inside.mean() < 0.75  # both sides
    # A share on unseen probes is that of the line itself: the folds have the same kinds of probes.
    assert found.line.value == pytest.approx(((found.line_margin.at(points) > 0) == inside).mean(), abs=0.02)


def test_both_folds_lie_around_the_row_and_around_the_boundary():
    probes = explained(lambda rows: standard(rows)[:, 0], X, ROWS, sampler=Boundary(level=1.8), budget=800).probes
    first, second = (probes.points[1:][probes.folds[1:] == fold, 0].mean() for fold in (0, 1))
    assert first == pytest.approx(second, abs=0.25)


def test_without_a_boundary_it_is_said():
    explanation = explained(
        lambda rows: np.full(len(rows), 0.9) + 0.05 * np.tanh(rows[:, 0]),
        X,
        ROWS,
        scale="probability",
        sampler=Boundary(),
    )
    found = explanation.boundary
    assert not found.found
    assert np.isnan(found.distance.value)
    assert found.changes == ()
    assert "changes the decision" in found.reason
    assert found.searched > 2.0
    assert explanation.effects.values[0] > 0  # there is still an explanation
    assert "No change of the answer" in str(explanation)


def test_a_flip_on_steps_is_the_model_s():
    def steps(rows):
        u = standard(rows)
        one = 0.2 + 0.5 * ((u[:, 0] > 1.1) | (u[:, 1] < -1.3)) + 0.1 * (u[:, 2] > 0)
        return np.column_stack([1 - one, one])

    found = boundary(steps)
    assert found.distance.value == pytest.approx(0.8, rel=0.05)
    assert steps(found.point[None])[0, 1] > 0.5


def test_what_is_read_flips_when_it_is_typed_in():
    generator = np.random.default_rng(5)
    rows = generator.normal(size=(200, 3)) * [1.0, 1e4, 1e-5] + [0.0, 3e5, 0.0]
    weights = np.array([1.3, 1.7e-4, 1.1e5])

    def answer(a):
        return 1.0 / (1.0 + np.exp(-(a - rows[:50].mean(axis=0)) @ weights))

    for number in range(6):
        found = explained(answer, rows[number], rows, sampler=Boundary(), scale="probability", target=0).boundary
        typed = rows[number].copy()
        for change in found.changes:
            typed[int(change.column.split()[-1])] = float(change.after.replace(",", ""))
        assert (answer(typed[None]) > 0.5)[0] != (answer(rows[number][None]) > 0.5)[0]
        assert max(len(change.after.replace(",", "").replace("-", "")) for change in found.changes) <= 12
