"""Searches at their limits, the draw on both sides, and wrong parameters."""

import numpy as np
import pytest

from limen._errors import InputError
from limen.sampling import Boundary
from tests.crossings import logistic, mixed, plane, reals, run


def test_x_on_the_boundary_is_its_own_nearest_flip():
    geometry, _, _ = plane(3, 0)
    found = run(geometry, lambda v: v[:, 0] - geometry.origin[0])
    assert found.found
    assert found.distance == 0
    assert found.spent == 1
    assert "on the boundary" in found.reason
    assert len(Boundary().draw(geometry, 10, np.random.default_rng(0), found).values) == 10


@pytest.mark.parametrize("rows", [1, 2])
def test_a_tiny_or_repeated_background_is_enough(rows):
    background = np.tile(np.array([[2.0, 1.0]]), (rows, 1))
    found = run(reals(np.zeros(2), background, np.ones(2)), lambda v: 1 - v[:, 0] - 0.2 * v[:, 1], budget=200)
    assert found.distance == pytest.approx(1 / np.sqrt(1.04), rel=0.01)


def test_background_equal_to_x_has_nowhere_to_go():
    geometry = reals(np.zeros(3), np.zeros((10, 3)), np.ones(3))
    found = run(geometry, lambda v: 1 - v[:, 0], budget=200)
    assert not found.found
    assert found.spent == 1


def test_nothing_that_may_change_is_said_so():
    background = np.random.default_rng(0).standard_normal((20, 2))
    found = run(mixed(np.zeros(2), background, "xx"), lambda v: np.ones(len(v)))
    assert not found.found
    assert "fixed or constant" in found.reason


def test_one_integer_column():
    background = np.arange(20.0)[:, None]
    found = run(reals(np.array([4.0]), background, steps=np.ones(1)), lambda v: 9.4 - v[:, 0], budget=60)
    assert found.outside.tolist() == [10.0]
    assert found.inside.tolist() == [9.0]


def test_a_value_that_goes_missing_may_be_the_nearest_flip():
    background = np.random.default_rng(0).standard_normal((200, 2))
    background[:40, 0] = np.nan
    geometry = mixed(np.zeros(2), background, "rr", missing=(0,))
    found = run(geometry, lambda v: np.where(np.isnan(v[:, 0]), -1.0, 1.9 - v[:, 1]))
    assert np.isnan(found.outside[0])
    assert found.outside[1] == 0
    assert found.distance == 1


@pytest.mark.parametrize("hard", [False, True], ids=["margins", "sides"])
@pytest.mark.parametrize("reals", ["", "r"], ids=["codes", "with a number"])
def test_two_switches_that_no_background_row_combines_are_tried_before_giving_up(hard, reals):
    generator = np.random.default_rng(0)
    background = generator.integers(0, 6, size=(300, 5)).astype(float)
    background[(background[:, 1] == 4) & (background[:, 3] == 5), 3] = 0.0
    background = np.column_stack([background, generator.standard_normal((300, len(reals)))])
    geometry = mixed(np.zeros(5 + len(reals)), background, "fffff" + reals)

    def margin(values):
        flipped = (values[:, 1] == 4) & (values[:, 3] == 5)
        return np.where(flipped, -1.0, 1.0 if hard else 1.0 + 0.1 * values[:, 0])

    found = run(geometry, margin, budget=1600)
    assert found.outside.tolist() == [0.0, 4.0, 0.0, 5.0, 0.0] + [0.0] * len(reals)
    assert found.distance == pytest.approx(np.sqrt(2.0))


def test_margins_that_are_no_numbers_are_refused():
    geometry, _, _ = plane(3, 0)
    with pytest.raises(InputError, match=r"1 of them not finite"):
        run(geometry, lambda v: np.where(np.arange(len(v)) == 0, np.nan, 1.0))
    search = Boundary().search(geometry, 100, np.random.default_rng(0))
    next(search)
    with pytest.raises(InputError, match=r"2 margins for 1 rows"):
        search.send(np.ones(2))


# --- the pairs


@pytest.mark.parametrize("d", [2, 10, 30])
@pytest.mark.parametrize("bend", ["plane", "inside", "outside"])
def test_both_decisions_come_up_about_equally(d, bend):
    generator = np.random.default_rng([d, 3])
    x, background = np.zeros(d), generator.standard_normal((600, d))
    x[0] = 1.0
    radius = {"plane": np.inf, "inside": 2.0, "outside": 2.0}[bend]
    centre = np.zeros(d)
    centre[0] = {"plane": 0, "inside": 0, "outside": 4.0}[bend]
    sign = -1 if bend == "outside" else 1

    def score(v):
        return 2 - v[:, 0] if bend == "plane" else sign * (radius - np.linalg.norm(v - centre, axis=1))

    geometry = reals(x, background, np.ones(d))
    shares = []
    for seed in range(3):
        found = run(geometry, logistic(score), seed=seed)
        draw = Boundary().draw(geometry, 600, np.random.default_rng(seed), found)
        shares.append(float(np.mean(score(draw.values) <= 0)))
        apart = np.linalg.norm(draw.values - x, axis=1)
        assert (apart < np.linalg.norm(draw.values - found.outside, axis=1)).mean() > 0.2  # some are around x
    assert np.mean(shares) == pytest.approx(0.5, abs=0.1)
    assert 0.3 < min(shares) <= max(shares) < 0.7


def test_pairs_around_the_point_change_its_categories():
    generator = np.random.default_rng(11)
    background = np.column_stack([generator.normal(size=(300, 2)), generator.integers(0, 3, (300, 2))])
    geometry = mixed(np.array([0.0, 0, 1, 2]), background, "rrff")
    found = run(geometry, lambda v: 1.3 - v[:, 0] - 1.1 * (v[:, 2] == 0))
    assert found.outside[2] == 0
    draw = Boundary().draw(geometry, 800, np.random.default_rng(0), found)
    shares = [(draw.values[:, 2] == state).mean() for state in range(3)]
    assert shares[0] == pytest.approx(0.45, abs=0.08)
    assert shares[1] == pytest.approx(0.45, abs=0.08)
    assert (draw.values[:, 3] == 2).mean() == pytest.approx(0.8, abs=0.05)


# --- parameters


@pytest.mark.parametrize(
    "wrong",
    [
        {"share": 0},
        {"share": 1.5},
        {"share": "half"},
        {"level": np.nan},
        {"level": "high"},
        {"against": 1.5},
        {"against": True},
        {"against": "a", "level": 1.0},
    ],
)
def test_wrong_parameters_are_named(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        Boundary(**wrong)


def test_wrong_budget_and_missing_crossing_are_named():
    geometry, _, _ = plane(2, 0)
    with pytest.raises(InputError, match="budget"):
        Boundary().search(geometry, 0, np.random.default_rng(0))
    with pytest.raises(InputError, match="crossing"):
        Boundary().draw(geometry, 10, np.random.default_rng(0))


def test_parameters_as_text():
    assert Boundary().name == "boundary"
    assert Boundary().parameters == "share=0.5"
    assert Boundary(against="cat").parameters == "against='cat', share=0.5"
    assert Boundary(level=3).parameters == "level=3, share=0.5"
