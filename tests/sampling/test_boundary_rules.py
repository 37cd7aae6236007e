"""What a search keeps to: legal rows, the budget, the range of the background, and what is said without a boundary."""

import numpy as np
import pytest

from limen.sampling import Boundary
from tests.crossings import logistic, mixed, plane, reals, run, sides


def test_all_rows_are_legal():
    generator = np.random.default_rng(6)
    n = 400
    background = np.column_stack(
        [
            generator.integers(0, 12, n),
            generator.normal(50, 20, n),
            generator.integers(0, 4, n),
            generator.normal(size=n),
            np.full(n, 7.0),
        ]
    ).astype(float)
    background[generator.random(n) < 0.2, 1] = np.nan
    x = np.array([3.0, 44.5, 2.0, 0.1, 7.0])
    geometry = mixed(x, background, "rrfrx", steps=np.array([1.0, 0, 0, 0, 0]), missing=(1,))

    def margin(v):
        return 3.0 - 0.4 * (v[:, 0] - 3) - 0.05 * np.nan_to_num(v[:, 1], nan=60.0) + 0.8 * (v[:, 2] == 2) - v[:, 3]

    boundary = Boundary()
    found = run(geometry, margin)
    draw = boundary.draw(geometry, 301, np.random.default_rng(1), found)
    assert found.found
    for rows in (found.rows, draw.values):
        assert (rows[:, 0] == np.round(rows[:, 0])).all()
        assert np.isin(rows[:, 2], [0, 1, 2, 3]).all()
        assert np.isfinite(rows[:, [0, 2, 3, 4]]).all()
        assert (rows[:, 4] == 7).all()
        assert np.isnan(rows[:, 1]).any()
        assert len(np.unique(rows[:, 2])) == 4
    known = found.rows[:, 1][~np.isnan(found.rows[:, 1])]
    low, high = np.nanmin(background[:, 1]), np.nanmax(background[:, 1])
    in_range = (known >= low) & (known <= high)
    assert in_range.mean() > 0.8  # only the pairs that place the mirror may stray
    assert draw.weights.sum() == pytest.approx(1)
    assert len(draw.values) == 301
    assert np.bincount(draw.blocks).max() == 2


def test_distance_is_that_of_the_coordinates():
    generator = np.random.default_rng(7)
    background = np.column_stack(
        [generator.normal(0, 3, 300), generator.normal(5, 0.1, 300), generator.integers(0, 3, 300)]
    )
    x = np.array([0.0, 5.0, 1.0])
    geometry = mixed(x, background, "rrf")
    found = run(geometry, lambda v: 2.0 - v[:, 0] / 3 - (v[:, 1] - 5) / 0.1 - 1.3 * (v[:, 2] == 0))
    at = geometry.coordinates(found.outside[None])[0]
    assert found.distance == pytest.approx(np.sqrt(at[0] ** 2 + at[1] ** 2 + (at[2] == 0)))
    # with the category changed .7 is left to go, √(1 + .7² / 2); by numbers alone 2 / √2
    assert found.distance == pytest.approx(min(np.sqrt(1 + 0.7**2 / 2), 2 / np.sqrt(2)), rel=0.02)
    assert found.normal[2] < 0


def test_a_category_is_left_alone_where_numbers_are_nearer():
    generator = np.random.default_rng(8)
    background = np.column_stack([generator.normal(size=(300, 2)), generator.integers(0, 3, 300)])
    found = run(mixed(np.array([0.0, 0, 1]), background, "rrf"), lambda v: 0.8 - v[:, 0] - 2.0 * (v[:, 2] == 0))
    assert found.outside[2] == 1
    assert found.distance == pytest.approx(0.8 / background[:, 0].std(), rel=0.01)


def test_a_rare_category_is_tried_at_the_boundary():
    generator = np.random.default_rng(8)
    background = np.column_stack([generator.normal(size=(300, 2)), generator.integers(0, 3, 300)])
    background[0] = [-3, -3, 5]  # the only row with it, on the wrong side
    geometry = mixed(np.array([0.0, 0, 1]), background, "rrf")
    found = run(geometry, lambda v: 2.5 - v[:, 0] - 1.8 * (v[:, 2] == 5))
    assert found.outside[2] == 5
    assert found.distance == pytest.approx(np.sqrt(1 + (0.7 / background[:, 0].std()) ** 2), rel=0.01)


def test_flips_alone_need_no_more_of_them_than_needed():
    generator = np.random.default_rng(9)
    background = generator.integers(0, 3, (200, 8)).astype(float)
    x = np.zeros(8)
    weights = np.array([1, 1, 1, 1, 1, 1.6, 1.6, 1.0])
    found = run(mixed(x, background, "f" * 8), lambda v: 3.1 - (v != 0) @ weights, budget=300)
    assert found.distance == pytest.approx(np.sqrt(2))
    assert np.flatnonzero(found.outside).tolist() == [5, 6]
    assert np.flatnonzero(found.normal).tolist() == [5, 6]
    assert (found.normal <= 0).all()


# --- laws


@pytest.mark.parametrize("margin", [logistic, sides])
def test_rescaling_and_permuting_columns_changes_nothing(margin):
    generator = np.random.default_rng(10)
    d, x, background = 6, np.full(6, 0.2), generator.standard_normal((600, 6))
    centre, order, factors = np.full(6, 0.3), np.array([3, 0, 5, 1, 4, 2]), 10.0 ** np.arange(-3, 3)

    def score(v):
        return 3 * (1.6 - np.linalg.norm(v - centre, axis=1))

    plain = run(reals(x, background), margin(score))
    scaled = run(reals(x * factors, background * factors), margin(lambda v: score(v / factors)))
    assert scaled.distance == pytest.approx(plain.distance, rel=1e-3)
    permuted = run(reals(x[order], background[:, order]), margin(lambda v: score(v[:, np.argsort(order)])))
    assert permuted.distance == pytest.approx(plain.distance, rel=0.02)
    assert d == len(plain.normal)


def test_the_generator_decides_everything():
    geometry, _, score = plane(5, 0)
    first, again, other = (run(geometry, sides(score), budget=300, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.rows, again.rows)
    assert not np.array_equal(first.rows, other.rows)
    assert first.offsets == again.offsets


@pytest.mark.parametrize("budget", [1, 2, 3, 7, 20, 50, 51, 200])
@pytest.mark.parametrize("share", [0.3, 1.0])
def test_the_budget_is_kept(budget, share):
    geometry, _, score = plane(8, 0)
    for margin in (logistic(score), sides(score)):
        run(geometry, margin, budget=budget, share=share)  # asserts it


def test_fifty_rows_find_a_boundary_in_a_few_columns():
    errors = []
    for seed in range(6):
        geometry, _, score = plane(2, seed)
        errors.append(run(geometry, logistic(score), budget=100, share=0.5, seed=seed).distance / 1.3 - 1)
    assert np.median(errors) < 0.03
    assert max(errors) < 0.5


# --- what is not there


def test_no_boundary_is_said_so():
    geometry, _, _ = plane(4, 0)
    found = run(geometry, lambda v: np.ones(len(v)), budget=300)
    assert not found.found
    assert found.distance == np.inf
    assert found.spent > 150
    assert "300" in found.reason or str(found.spent) in found.reason
    assert found.searched > 3
    np.testing.assert_array_equal(found.outside, geometry.origin)
    assert not found.normal.any()
    draw = Boundary().draw(geometry, 50, np.random.default_rng(0), found)
    pairs = draw.values.reshape(25, 2, 4)
    assert pairs.mean(axis=1) == pytest.approx(np.tile(geometry.origin, (25, 1)))


def test_a_boundary_beyond_the_background_is_not_walked_to():
    background = np.random.default_rng(0).uniform(-1, 1, (300, 3))
    geometry = reals(np.zeros(3), background, np.ones(3))
    assert not run(geometry, lambda v: 1.2 - v[:, 0], budget=300).found
    assert run(geometry, lambda v: 0.9 - v[:, 0], budget=300).distance == pytest.approx(0.9, rel=0.01)


def test_a_flip_beyond_the_background_that_the_pairs_meet_does_not_count():
    background = np.random.default_rng(0).uniform([-1, -1], [1, 0.3], (300, 2))
    geometry = reals(np.zeros(2), background, np.ones(2))
    found = run(geometry, lambda v: np.minimum(0.9 + v[:, 0], 0.35 - v[:, 1]))
    assert (found.margins[found.rows[:, 1] > 0.35] < 0).any()
    assert found.distance == pytest.approx(0.9, rel=0.01)


def test_a_corner_of_the_range_is_reached_along_its_walls():
    background = np.random.default_rng(0).uniform(-1, 1, (300, 3))
    background[0], background[1] = 1, -1  # the range is the cube, as exactly as can be
    geometry = reals(np.zeros(3), background, np.ones(3))
    found = run(geometry, lambda v: 1.4 - 1.2 * v[:, 0] - 0.5 * v[:, 1])  # the plane is met at u0 = 1, u1 = .4
    assert found.distance == pytest.approx(min(1.4 / 1.3, np.sqrt(1 + 0.4**2)), rel=0.02)


def test_a_flat_model_that_falls_far_away_is_found_downhill():
    background = np.random.default_rng(0).standard_normal((300, 25))
    geometry = reals(np.full(25, 1.0), background, np.ones(25))
    bent = np.geomspace(1, 3, 25)  # so that the first way down misses
    inside = logistic(
        lambda v: 0.3 * np.linalg.norm(bent * (v + 0.4), axis=1) - 0.9
    )  # small, and no background row is in it
    assert (inside(background) > 0).all()
    assert run(geometry, inside).found


# --- hostile cases
