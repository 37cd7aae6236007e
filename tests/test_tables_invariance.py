"""What must not matter: units, names, order, the library of the frame, company, and interruptions."""

import dataclasses
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import limen
from limen.sampling import Ball, Boundary, Lime, Manifold
from tests.table_laws import background, explained

ROWS = background(120)
X = ROWS[5]
LAWS = [None, Ball(0.5), Manifold(), Boundary(level=0.5), Lime()]
FIELDS = ("effects", "curvature", "interactions", "contributions", "fidelity", "axes")


def bent(rows):
    u = (rows - ROWS.mean(axis=0)) / ROWS.std(axis=0)
    return np.tanh(u[:, 0] - u[:, 1] * u[:, 2]) + 0.5


def apart_from_cost(explanation):
    nothing = limen.results.Cost(0, 0, 0.0, 0.0)
    return dataclasses.replace(explanation, cost=nothing).to_json()


@pytest.mark.parametrize("law", LAWS, ids=repr)
def test_other_units_change_nothing_but_the_units(law):
    factors = np.array([1024.0, 0.125, 2.0**-30, 4.0])
    plain = explained(bent, X, ROWS, sampler=law, budget=300)
    scaled = explained(lambda rows: bent(rows / factors), X * factors, ROWS * factors, sampler=law, budget=300)
    for name in FIELDS:
        assert getattr(plain, name) == getattr(scaled, name), name
    if not isinstance(law, Lime):
        per_unit = scaled.slopes_per_unit.values * factors
        assert per_unit == pytest.approx(plain.slopes_per_unit.values, rel=1e-12)
    if plain.boundary is not None:
        # the row is told in few digits, which are others in other units
        assert scaled.boundary.distance.value == pytest.approx(plain.boundary.distance.value, rel=0.01)
        assert scaled.boundary.direction == pytest.approx(plain.boundary.direction, rel=1e-12)


def test_other_names_change_nothing_but_the_names():
    first, second = (pd.DataFrame(ROWS, columns=list(names)) for names in ("abcd", "wxyz"))
    one = explained(lambda frame: bent(frame.to_numpy()), first.iloc[5], first, budget=300)
    other = explained(lambda frame: bent(frame.to_numpy()), second.iloc[5], second, budget=300)
    assert one.parts == ("a", "b", "c", "d")
    assert other.parts == ("w", "x", "y", "z")
    assert one.effects == other.effects
    assert one.contributions == other.contributions


def test_another_order_of_the_columns_changes_nothing_but_chance():
    order = [2, 0, 3, 1]
    plain = explained(bent, X, ROWS, sampler=Ball(0.5), budget=2000)
    moved = explained(
        lambda rows: bent(rows[:, np.argsort(order)]), X[order], ROWS[:, order], sampler=Ball(0.5), budget=2000
    )
    apart = np.abs(moved.effects.values - plain.effects.values[order])
    assert (apart <= 4 * np.hypot(moved.effects.standard_errors, plain.effects.standard_errors[order])).all()
    assert moved.contributions.values == pytest.approx(plain.contributions.values[order], abs=1e-12)
    assert moved.prediction == plain.prediction


@pytest.mark.parametrize("law", [Ball(0.7), Manifold(), Boundary(level=1.2)], ids=repr)
def test_a_one_hot_block_is_one_category(law):
    draw = np.random.default_rng(2)
    size, colour = draw.normal(size=150), draw.choice(["blue", "green", "red"], 150)
    columns = pd.unique(colour)[::-1]  # the order in which one seed gives both the same rows
    worth = {"blue": 0.3, "green": 1.0, "red": -0.4}
    plain = pd.DataFrame({"size": size, "colour": colour})
    block = pd.DataFrame({"size": size, **{f"colour_{c}": (colour == c) * 1.0 for c in columns}})

    def of_plain(frame):
        return frame["size"].to_numpy() ** 2 + frame["colour"].map(worth).to_numpy() * np.sign(frame["size"].to_numpy())

    def of_block(frame):
        assert (frame.iloc[:, 1:].sum(axis=1) == 1).all()
        return of_plain(pd.DataFrame({"size": frame["size"], "colour": frame.iloc[:, 1:].idxmax(axis=1).str[7:]}))

    one = explained(of_plain, plain.iloc[3], plain, sampler=law, budget=300)
    other = explained(of_block, block.iloc[3], block, sampler=law, budget=300)
    assert one.parts == other.parts == ("size", "colour")
    for name in FIELDS:
        assert getattr(one, name) == getattr(other, name), name


@pytest.mark.parametrize("law", [Ball(0.5), Manifold(), None], ids=repr)
def test_every_library_gives_the_same(law):
    draw = np.random.default_rng(3)
    data = {"a": draw.normal(size=90), "n": draw.integers(0, 50, 90), "k": draw.choice(["u", "v", "w"], 90)}

    def model(frame):
        columns = {name: np.asarray(frame[name]) for name in data}
        return columns["a"].astype(float) * columns["n"].astype(float) / 25 + (columns["k"].astype(str) == "v")

    found = []
    for make in (pd.DataFrame, pl.DataFrame, pa.table):
        frame = make(data)
        row = {name: values[4] for name, values in data.items()}
        explanation = explained(model, row, frame, sampler=law, budget=300)
        assert type(explanation.inputs()) is type(frame)
        found.append(explanation)
    for name in FIELDS:
        assert getattr(found[0], name) == getattr(found[1], name) == getattr(found[2], name), name


def test_an_array_gives_the_same_as_a_frame():
    frame = pd.DataFrame(ROWS, columns=list("abcd"))
    one = explained(lambda part: bent(part.to_numpy()), frame.iloc[5], frame, budget=300)
    assert one.effects == explained(bent, X, ROWS, budget=300).effects


@pytest.mark.parametrize("law", LAWS, ids=repr)
def test_rows_in_company_are_explained_as_alone(law):
    together = explained(bent, ROWS[[5, 6, 5]], ROWS, sampler=law, budget=120)
    assert isinstance(together, list)
    for found, row in zip(together, ROWS[[5, 6, 5]], strict=True):
        alone = explained(bent, row, ROWS, sampler=law, budget=120)
        assert apart_from_cost(found) == apart_from_cost(alone)
    assert together[2].cost.model_rows <= 1  # the repeat of x


def test_several_targets_share_their_rows():
    def two(rows):
        return np.column_stack([bent(rows), rows[:, 3]])

    both = explained(two, X, ROWS, sampler=Ball(0.5), target=[0, 1], budget=120)
    for number in (0, 1):
        alone = explained(two, X, ROWS, sampler=Ball(0.5), target=number, budget=120)
        for name in ("values", "standard_errors", "low", "high"):
            together = getattr(both[number].effects, name)
            assert together == pytest.approx(getattr(alone.effects, name), abs=1e-12)
    assert (both[0].probes.values == both[1].probes.values).all()


@pytest.mark.parametrize("law", LAWS, ids=repr)
def test_an_interrupted_run_goes_on_where_it_was(law):
    calls, table = [], limen.Table(ROWS)

    def failing(rows):
        calls.append(len(rows))
        if len(calls) > 2 and not failing.mended:
            raise RuntimeError("out of order")
        return bent(rows)

    failing.mended = False
    whole = explained(bent, X, ROWS, domain=table, sampler=law, budget=150)
    with pytest.raises(limen.errors.ModelError, match="column 0 = ") as caught:
        explained(failing, X, ROWS, domain=table, sampler=law, budget=150)
    failing.mended = True
    rest = explained(caught.value.predictor, X, ROWS, domain=table, sampler=law, budget=150)
    assert apart_from_cost(rest) == apart_from_cost(whole)
    assert rest.cost.model_rows == whole.cost.model_rows - sum(calls[:2])


@pytest.mark.parametrize("law", LAWS, ids=repr)
def test_records_come_back_equal_and_seeds_decide(law):
    one = explained(bent, X, ROWS, sampler=law, budget=150)
    assert limen.Explanation.from_json(one.to_json()) == one
    assert apart_from_cost(one) == apart_from_cost(explained(bent, X, ROWS, sampler=law, budget=150))
    other = explained(bent, X, ROWS, sampler=law, budget=150, seed=1)
    assert not np.array_equal(other.probes.values, one.probes.values)


def test_an_explainer_can_be_pickled():
    explainer = limen.Explainer(bent, limen.Table(ROWS), sampler=Ball(0.5), scale="raw", budget=120, on_doubt="ignore")
    again = pickle.loads(pickle.dumps(explainer))  # noqa: S301 - our own bytes
    assert apart_from_cost(again(X)) == apart_from_cost(explainer(X))


def test_nothing_that_was_given_is_written_to():
    rows, row = ROWS.copy(), X.copy()
    for law in LAWS:
        explained(bent, row, rows, sampler=law, budget=120)
    assert (rows == ROWS).all()
    assert (row == X).all()
