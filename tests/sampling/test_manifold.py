"""Manifold: rows between x and its neighbours, combinations that exist, and a line that can be told."""

import numpy as np
import pytest

from limen._errors import InputError
from limen.sampling import Manifold, manifold
from tests.geometries import cluster_errors, geometry_of

KINDS = ["real", "real", "known", "flip", "flip", "fixed"]


def background(n=400, seed=0):
    """Two numbers along a curve, an integer with gaps, two categories that allow 4 of 9 combinations, a constant."""
    generator = np.random.default_rng(seed)
    along = generator.uniform(-2, 2, n)
    whole = np.round(5 * generator.normal(size=n))
    whole[generator.random(n) < 0.1] = np.nan
    legal = np.array([[0, 0], [0, 1], [1, 1], [2, 2]])[generator.integers(0, 4, n)]
    return np.column_stack([along, along**2 + 0.05 * generator.normal(size=n), whole, legal, np.full(n, 3.0)])


def curved(**changes):
    rows = background()
    origin = rows[np.flatnonzero(~np.isnan(rows[:, 2]))[0]].copy()
    for place, value in changes.items():
        origin[int(place[1:])] = value
    return geometry_of(rows, origin, KINDS, steps=[0, 0, 1, 0, 0, 0])


def drawn(geometry, sampler, n=2000, seed=0):
    return sampler.draw(geometry, n, np.random.default_rng(seed))


def test_numbers_lie_between_x_and_a_neighbour():
    geometry, sampler = curved(), Manifold(20)
    values = drawn(geometry, sampler).values[:, :2]
    towards = geometry.background[sampler.neighbours(geometry)][:, :2] - geometry.origin[:2]
    moved = values - geometry.origin[:2]
    crossed = np.abs(moved[:, None, 0] * towards[:, 1] - moved[:, None, 1] * towards[:, 0])
    share = (moved @ towards.T) / (towards**2).sum(axis=1)
    assert ((crossed < 1e-9) & (share >= 0) & (share <= 1)).any(axis=1).all()


def test_correlation_stays():
    """Near x the background lies along a curve; so do the rows, far closer than its columns' own spread."""
    geometry = curved(_0=1.0, _1=1.0)
    values = drawn(geometry, Manifold(30)).values
    assert np.corrcoef(values[:, :2].T)[0, 1] > 0.8


def test_only_combinations_come_that_exist():
    geometry = curved(_3=0.0, _4=1.0)
    values = drawn(geometry, Manifold()).values
    found = {tuple(row) for row in values[:, 3:5]}
    assert {(0, 1), (0, 0), (1, 1)} <= found <= {(0, 0), (0, 1), (1, 1), (2, 2)}
    assert (values[:, 5] == 3).all()
    whole = values[:, 2]
    assert np.isnan(whole).any()
    assert (np.isnan(whole) | (whole == np.round(whole))).all()


def test_pairs_go_to_one_neighbour_and_one_of_them_takes_its_states():
    geometry = curved()
    for n in (1, 2, 9, 200):
        draw = drawn(geometry, Manifold(20), n)
        assert draw.weights == pytest.approx(1 / n)
        assert draw.blocks.tolist() == [row // 2 for row in range(n)]
    moved = draw.values[:, :2] - geometry.origin[:2]
    there = geometry.background[Manifold(20).neighbours(geometry)][:, :2] - geometry.origin[:2]
    assert np.abs((moved[::2] + moved[1::2])[:, None] - there).sum(axis=2).min(axis=1) == pytest.approx(0, abs=1e-9)
    kept = geometry.coordinates(draw.values)[:, 3:5]
    assert (kept[::2] + kept[1::2] >= 1).all()


@pytest.mark.parametrize("k", [None, 8, 30])
def test_a_line_through_all_parts_is_identifiable(k):
    geometry = curved()
    points = geometry.coordinates(drawn(geometry, Manifold(k), 1000).values)
    centred = points[:, ~geometry.fixed] - points[:, ~geometry.fixed].mean(axis=0)
    assert np.linalg.matrix_rank(centred) == 6


def test_every_part_changes_even_where_no_near_row_has_another_state():
    generator = np.random.default_rng(0)
    rows = np.column_stack([generator.normal(size=300), np.repeat([0.0, 1.0], 150)])
    rows[150:, 0] += 100
    geometry = geometry_of(rows, [0.0, 0.0], ["real", "flip"])
    changed = rows[Manifold(20).neighbours(geometry), 1]
    assert changed.tolist() == [0.0] * 20 + [1.0] * 5


def test_a_farther_row_is_added_where_the_near_ones_change_columns_only_together():
    generator = np.random.default_rng(0)
    along = generator.normal(size=(100, 1))
    rows = np.concatenate([np.repeat(along, 2, axis=1), [[50.0, -50.0], [60.0, -60.0]]])
    kinds, origin = ["real", "real"], np.zeros(2)
    assert Manifold(20).neighbours(geometry_of(rows, origin, kinds)).tolist()[20:] == [100]
    signs = np.concatenate([np.repeat(np.sign(along), 2, axis=1), [[1, -1], [1, -1]]])
    rows = np.column_stack([np.append(along, [50.0, 60.0]), signs])
    origin, kinds = np.array([0.0, 1.0, 1.0]), ["real", "flip", "flip"]
    found = Manifold(20).neighbours(geometry_of(rows, origin, kinds))
    assert found[-1] == 100


@pytest.mark.parametrize("draws", [1, 50])
def test_the_one_neighbour_that_tells_two_columns_apart_is_drawn(draws, monkeypatch):
    """By drawing anew or, where that does not help, by drawing each neighbour once."""
    monkeypatch.setattr(manifold, "DRAWS", draws)
    generator = np.random.default_rng(0)
    signs = generator.choice([-1.0, 1.0], 100)
    rows = np.column_stack([generator.normal(size=101), np.append(signs, 1.0), np.append(signs, -1.0)])
    geometry = geometry_of(rows, [0.0, 1.0, 1.0], ["real", "flip", "flip"])
    assert 100 in Manifold(20).neighbours(geometry)
    for seed in range(40):  # by chance alone it would be left out in a quarter of them
        points = geometry.coordinates(drawn(geometry, Manifold(20), 60, seed).values)
        assert np.linalg.matrix_rank(points - points.mean(axis=0)) == 3


def test_neighbours_are_the_nearest_and_never_x_itself():
    rows = np.arange(100.0)[:, None]
    geometry = geometry_of(rows, [50.0], ["real"])
    assert set(Manifold(4).neighbours(geometry)) == {48, 49, 51, 52} | {47}  # a fifth, so that 5 change the part


def test_rescaled_columns_and_renamed_states_are_drawn_alike():
    geometry = curved()
    factor, shift = np.array([1e3, 1e-3, 1, 7, 1, 1]), np.array([5.0, 0, 0, 1, 0, 0])
    rows, origin = geometry.background * factor + shift, geometry.origin * factor + shift
    other = geometry_of(rows, origin, KINDS, steps=geometry.steps)
    mine, theirs = drawn(geometry, Manifold()).values, drawn(other, Manifold()).values
    assert other.coordinates(theirs) == pytest.approx(geometry.coordinates(mine), abs=1e-9)


def test_permuted_columns_have_the_same_neighbours():
    geometry = curved()
    order = [4, 1, 0, 3, 2, 5]
    kinds = [KINDS[place] for place in order]
    other = geometry_of(geometry.background[:, order], geometry.origin[order], kinds, steps=geometry.steps[order])
    assert set(Manifold().neighbours(other)) == set(Manifold().neighbours(geometry))


def test_the_generator_alone_decides():
    first, second, other = (drawn(curved(), Manifold(), 50, seed).values for seed in (1, 1, 2))
    assert np.array_equal(first, second, equal_nan=True)
    assert not np.array_equal(first, other, equal_nan=True)


def test_intervals_from_the_pairs_cover():
    geometry = curved()

    def model(rows):
        return np.tanh(rows[:, 0] ** 2 - rows[:, 1] + np.nan_to_num(rows[:, 2]) / 5 + (rows[:, 3] == 1) * rows[:, 0])

    vary = ~geometry.fixed
    draw = drawn(geometry, Manifold(), 400_000, 99)
    truth, _ = cluster_errors(geometry.coordinates(draw.values)[:, vary], model(draw.values), draw.blocks)
    inside = []
    for seed in range(200):
        draw = drawn(geometry, Manifold(), 400, seed)
        found, errors = cluster_errors(geometry.coordinates(draw.values)[:, vary], model(draw.values), draw.blocks)
        inside.append(np.abs(found - truth) < 1.97 * errors)
    assert 0.93 < np.mean(inside) < 0.97


def test_a_row_whose_columns_are_all_fixed_stays():
    geometry = geometry_of(background(), background()[0], ["fixed"] * 6)
    assert np.array_equal(drawn(geometry, Manifold(), 3).values, np.tile(geometry.origin, (3, 1)))


def test_the_record_says_how_many():
    assert Manifold().parameters == ""
    assert Manifold(9).parameters == "k=9"
    assert Manifold().name == "manifold"
    assert Manifold(30).describe(curved()).startswith("k=30, ")


@pytest.mark.parametrize("k", [0, 1, -3, 2.5, True, "many"])
def test_wrong_k_is_named(k):
    with pytest.raises(InputError, match="k of Manifold is"):
        Manifold(k)


def test_too_few_neighbours_are_named():
    with pytest.raises(InputError, match="k of Manifold is 5, expected at least 8"):
        drawn(curved(), Manifold(5))
    few = geometry_of(background()[:4], background()[0], ["real", "real", "fixed", "flip", "flip", "fixed"])
    with pytest.raises(InputError, match="the background has 3 rows that differ from x, expected at least 6"):
        drawn(few, Manifold())


def test_columns_that_change_only_together_are_named():
    rows = background()
    rows[:, 1] = 2 * rows[:, 0] + 1
    with pytest.raises(InputError, match="columns 0, 1 "):
        drawn(geometry_of(rows, rows[0], ["real", "real", "fixed", "flip", "flip", "fixed"]), Manifold())
    rows[:, 4] = rows[:, 3] + 4
    with pytest.raises(InputError, match="columns 3, 4 "):
        drawn(geometry_of(rows, rows[0], ["real", "fixed", "fixed", "flip", "flip", "fixed"]), Manifold())
