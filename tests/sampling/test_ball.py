"""Ball: moments, pairs, grids, local frequencies of states, invariance, and intervals that cover."""

import math

import numpy as np
import pytest

from limen._errors import InputError
from limen.sampling import Ball
from limen.sampling._states import NEAREST, changes, drawn, local_shares
from tests.geometries import cluster_errors, geometry_of

N = 40_000
ENOUGH = 5
"""Standard errors of a sampled moment."""


def background(n=400, seed=0):
    """Three numbers (two correlated, one with gaps), an integer of wide spread, a category and a block of two."""
    generator = np.random.default_rng(seed)
    numbers = generator.normal(size=(n, 3)) @ np.array([[1.0, 0.8, 0], [0, 0.6, 0], [0, 0, 30.0]])
    numbers[generator.random(n) < 0.15, 2] = np.nan
    counts, category = np.round(10 * generator.normal(size=n)), np.where(numbers[:, 0] > 0, 1.0, 0.0)
    block = np.eye(3)[generator.integers(0, 3, n)][:, :2]
    return np.column_stack([numbers, counts, category, block, np.full(n, 7.0)])


KINDS = ["real", "real", "known", "real", "flip", ("flip", (5, 6)), ("fixed", (7,))]


def mixed(n=400):
    rows = background(n)
    origin = rows[0].copy()
    origin[2:4] = 1.0, 3.0
    return geometry_of(rows, origin, KINDS, steps=[0, 0, 0, 1, 0, 0, 0, 0])


def of(geometry, sampler, n=N, seed=0):
    draw = sampler.draw(geometry, n, np.random.default_rng(seed))
    return draw, sampler.coordinates(draw.values, geometry)


@pytest.mark.parametrize("width", [0.25, 1.0])
def test_reals_are_gaussian_with_the_width_as_standard_deviation(width):
    geometry = mixed()
    _, points = of(geometry, Ball(width))
    moved = points[:, [0, 1]]
    assert moved.mean(axis=0) == pytest.approx(0, abs=1e-12)  # pairs
    assert moved.std(axis=0) == pytest.approx(width, rel=ENOUGH / math.sqrt(N / 2))
    assert (moved**4).mean(axis=0) == pytest.approx(3 * width**4, rel=ENOUGH * math.sqrt(96 / 9 / (N / 2)))
    assert np.corrcoef(moved.T)[0, 1] == pytest.approx(0, abs=ENOUGH / math.sqrt(N / 2))


def test_correlated_reals_move_like_the_background():
    geometry = mixed()
    _, points = of(geometry, Ball(0.5, correlated=True))
    expected = np.corrcoef(geometry.background[:, :2].T)[0, 1]
    assert abs(expected) > 0.7
    assert np.corrcoef(points[:, :2].T)[0, 1] == pytest.approx(expected, abs=ENOUGH / math.sqrt(N / 2))
    assert points[:, :2].std(axis=0) == pytest.approx(0.5, rel=ENOUGH / math.sqrt(N / 2))


@pytest.mark.parametrize("n", [1, 2, 7, 100])
def test_rows_come_in_antithetic_pairs_that_never_change_a_state_twice(n):
    geometry = mixed()
    draw, points = of(geometry, Ball(1.0), n)
    assert draw.weights == pytest.approx(1 / n)
    assert draw.blocks.tolist() == [row // 2 for row in range(n)]
    even, odd = points[: n // 2 * 2 : 2], points[1::2]
    assert even[:, [0, 1, 3]] == pytest.approx(-odd[:, [0, 1, 3]])
    assert (even[:, 4:] + odd[:, 4:] >= 1).all()


def test_states_change_as_often_as_the_width_says_and_values_go_missing_within_bounds():
    geometry = mixed()
    for width, chance in ((0.25, 0.125), (0.8, 0.4), (5.0, 0.5)):
        _, points = of(geometry, Ball(width), seed=3)
        assert 1 - points[:, [4, 5]].mean(axis=0) == pytest.approx(chance, abs=ENOUGH / math.sqrt(N))
        share = local_shares(geometry).missing[7]
        assert 0.05 < share < 0.25
        assert 1 - points[:, 7].mean() == pytest.approx(share, abs=ENOUGH / math.sqrt(N))
    rows = background()
    rows[1:, 2] = np.nan
    _, points = of(geometry_of(rows, rows[0], KINDS), Ball(0.5))
    assert 1 - points[:, 7].mean() == pytest.approx(0.25, abs=ENOUGH / math.sqrt(N))


def test_blocks_of_columns_keep_legal_states_and_fixed_columns_stay():
    geometry = mixed()
    draw, _ = of(geometry, Ball(2.0), 2000)
    assert {tuple(row) for row in draw.values[:, 5:7]} == {(0.0, 0.0), (0.0, 1.0), (1.0, 0.0)}
    assert (draw.values[:, 7] == 7).all()


def test_integers_stay_on_their_grid_and_always_move():
    geometry = mixed()
    draw, _ = of(geometry, Ball(0.5), 2000)
    assert (draw.values[:, 3] == np.round(draw.values[:, 3])).all()
    assert not (draw.values[:, 0] == np.round(draw.values[:, 0])).any()
    narrow = geometry_of(np.array([[0.0], [1.0], [0.0], [1.0]]), [0.0], ["real"], steps=[1])
    assert Ball(0.01).spreads(narrow).tolist() == [0.5]
    moved = Ball(0.01).draw(narrow, N, np.random.default_rng(0)).values[:, 0]
    two_sided = math.erfc(1 / math.sqrt(2))  # beyond one standard deviation
    assert (moved != 0).mean() == pytest.approx(two_sided, abs=ENOUGH / math.sqrt(N))
    wide = geometry_of(10 * np.arange(5.0)[:, None], [20.0], ["real"], steps=[1])
    assert Ball(0.5).spreads(wide) == pytest.approx(0.5 * wide.scales)


def test_states_come_with_their_frequency_near_the_row_in_other_columns():
    """State 1 fills the right half: a row there meets state 1 with .9 and a tenth of its whole share."""
    left, right = np.linspace(-2, -1, 300), np.linspace(1, 2, 100)
    rows = np.column_stack([np.concatenate([left, right]), np.repeat([0.0, 1.0], [300, 100])])
    rows[:100, 1] = 2.0
    geometry = geometry_of(rows, [1.5, 0.0], ["real", "flip"])
    shares = local_shares(geometry).states[1]
    assert shares == pytest.approx([0.1 * 0.5, 0.9 + 0.1 * 0.25, 0.1 * 0.25])
    assert changes(shares) == pytest.approx([0, 0.925 / 0.95, 0.025 / 0.95])
    draw, points = of(geometry, Ball(1.0))
    states = draw.values[points[:, 1] == 0, 1]
    assert (states == 1).mean() == pytest.approx(0.925 / 0.95, abs=ENOUGH * 0.5 / math.sqrt(len(states)))
    assert set(states) == {1.0, 2.0}


def test_values_go_missing_with_their_frequency_near_the_row_in_other_columns():
    """The column itself does not say what is near: rows where it is missing are near by their other columns alone."""
    rows = np.column_stack([np.linspace(-2, 2, 400), np.linspace(-2, 2, 400) ** 2])
    rows[330:380:2, 1] = rows[:50, 1] = np.nan
    geometry = geometry_of(rows, [rows[355, 0], -30.0], ["real", "known"])
    assert local_shares(geometry).missing == pytest.approx([0, 0, 0.9 * 0.5 + 0.1 * 75 / 400], abs=0.02)


def test_local_shares_count_all_ties_and_look_at_large_backgrounds_by_a_stride():
    rows = np.column_stack([np.repeat([0.0, 1.0], 5000), np.tile([0.0, 1.0, 1.0, 1.0], 2500)])
    geometry = geometry_of(rows, [0.0, 0.0], ["flip", "flip"])
    assert NEAREST < 2500
    assert local_shares(geometry).states[1] == pytest.approx([0.25, 0.75], abs=0.05)
    assert local_shares(geometry).states[0] == pytest.approx([0.5, 0.5], abs=0.05)


def test_drawn_states_have_mass():
    assert drawn(np.array([0, 0.5, 0, 0.5, 0]), np.array([0.0, 0.49, 0.5, 1 - 1e-17])).tolist() == [1, 1, 3, 3]


def test_a_flip_with_one_state_stays_and_more_rows_than_states_are_no_trouble():
    geometry = geometry_of(np.tile([0.0, 1.0], (5, 1)), [0.0, 1.0], ["flip", "flip"])
    draw, _ = of(geometry, Ball(1.0), 1000)
    assert (draw.values == [0, 1]).all()


def test_a_number_that_is_missing_in_the_row_is_a_state():
    rows = np.column_stack([np.arange(60.0) % 3, np.arange(60.0)])
    geometry = geometry_of(rows, [np.nan, 3.0], ["flip", "real"])
    draw, points = of(geometry, Ball(1.0), 2000)
    assert set(draw.values[points[:, 0] == 0, 0]) == {0.0, 1.0, 2.0}
    assert np.isnan(draw.values[points[:, 0] == 1, 0]).all()


def test_the_generator_alone_decides():
    geometry = mixed()
    first, second, other = (of(geometry, Ball(0.5, correlated=True), 50, seed)[0].values for seed in (1, 1, 2))
    assert np.array_equal(first, second, equal_nan=True)
    assert not np.array_equal(first, other, equal_nan=True)


def test_rescaled_columns_and_renamed_states_are_drawn_alike():
    geometry = mixed()
    factor, shift = np.array([1e3, 1e-3, 1, 1, 5, 1, 1, 1]), np.array([5.0, 0, 0, 0, 2, 0, 0, 0])
    rows, origin = geometry.background * factor + shift, geometry.origin * factor + shift
    other = geometry_of(rows, origin, KINDS, steps=geometry.steps)
    for sampler in (Ball(0.5), Ball(0.5, correlated=True)):
        assert of(other, sampler, 500)[1] == pytest.approx(of(geometry, sampler, 500)[1], abs=1e-9)


def test_permuted_columns_have_the_same_law():
    geometry = mixed()
    order = [7, 5, 6, 4, 3, 2, 1, 0]
    kinds = [("fixed", (0,)), ("flip", (1, 2)), *((KINDS[place], (7 - place,)) for place in (4, 3, 2, 1, 0))]
    rows, origin = geometry.background[:, order], geometry.origin[order]
    other = geometry_of(rows, origin, kinds, steps=geometry.steps[order])
    places = [6, 5, 4, 3, 2, 1, 0, 7]  # of the parts
    mine, theirs = local_shares(geometry), local_shares(other)
    assert theirs.missing[places] == pytest.approx(mine.missing, abs=1e-12)
    for place, ours in zip(places, mine.states, strict=True):
        assert theirs.states[place] == pytest.approx(ours, abs=1e-12)
    for sampler in (Ball(0.5), Ball(0.5, correlated=True)):
        spread, others = np.cov(of(geometry, sampler)[1].T), np.cov(of(other, sampler)[1][:, places].T)
        assert others == pytest.approx(spread, abs=ENOUGH * 0.5 / math.sqrt(N))


def test_intervals_from_the_pairs_cover():
    """Slopes of a curved function with categories and missing values; 95 % of 95 % intervals, give or take."""
    geometry = mixed()

    def model(rows):
        return np.tanh(
            rows[:, 0] * rows[:, 1] + rows[:, 3] / 5 + rows[:, 4] * rows[:, 0] + np.nan_to_num(rows[:, 2]) / 30
        )

    draw, points = of(geometry, Ball(0.5), 400_000, 9)
    vary = [0, 1, 2, 3, 4, 5, 7]
    truth, _ = cluster_errors(points[:, vary], model(draw.values), draw.blocks)
    inside = []
    for seed in range(200):
        draw, points = of(geometry, Ball(0.5), 400, seed)
        found, errors = cluster_errors(points[:, vary], model(draw.values), draw.blocks)
        inside.append(np.abs(found - truth) < 1.97 * errors)
    assert 0.93 < np.mean(inside) < 0.97


def test_the_width_comes_by_evidence_or_by_name():
    assert Ball().at(0.25) == Ball(0.25)
    assert Ball(correlated=True).at(1.0) == Ball(1.0, correlated=True)
    assert Ball().parameters == "width by evidence"
    assert Ball(0.5, correlated=True).parameters == "width=0.5, correlated"
    assert Ball(0.5).describe(mixed()) == "width=0.5"
    assert Ball(0.5).name == "ball"
    assert Ball(0.5).reals(mixed()).tolist() == [True] * 4 + [False] * 4


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Ball(0), "width of Ball is 0, expected"),
        (lambda: Ball(math.inf), "width of Ball is inf"),
        (lambda: Ball(True), "width of Ball is True"),
        (lambda: Ball(101), r"\(0, 100\]"),
        (lambda: Ball("wide"), "'wide'"),
        (lambda: Ball(1, correlated=1), "correlated of Ball is 1, expected True or False"),
        (lambda: Ball().draw(mixed(), 4, np.random.default_rng(0)), r"Ball\(\).at\(width\)"),
    ],
)
def test_wrong_parameters_are_named(make, words):
    with pytest.raises(InputError, match=words):
        make()
