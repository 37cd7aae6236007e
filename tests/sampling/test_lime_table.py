"""lime's law for tables: its formulas, written out here as lime has them, with weights, give the same effects."""

import math

import numpy as np
import pytest
from scipy.stats import truncnorm

from limen._errors import InputError
from limen.sampling import Lime
from tests.geometries import cluster_errors, geometry_of

N = 200_000
KINDS = ["real", "real", "real", "flip", "flip"]


def table(n=400):
    generator = np.random.default_rng(0)
    whole = generator.integers(0, 9, n) + 5 * generator.integers(0, 2, n)
    numbers = [generator.normal(size=n), generator.gamma(1.5, size=n), whole]
    categories = [generator.integers(0, 3, n), generator.choice(4, n, p=[0.7, 0.1, 0.1, 0.1])]
    return np.column_stack([*numbers, *categories]).astype(float)


def model(rows):
    return np.tanh(rows[:, 0] * rows[:, 1] + rows[:, 2] / 3 - 1 + (rows[:, 3] == 1) * rows[:, 0] + (rows[:, 4] == 0))


def as_lime_draws(rows, x, width):
    """Its discretiser, __data_inverse, undiscretize and kernel: binary (n, d), rows (n, d), weights (n)."""
    generator = np.random.default_rng(1)
    binary, values = np.zeros((N, rows.shape[1])), np.zeros((N, rows.shape[1]))
    for column, kind in enumerate(KINDS):
        data, edges = rows[:, column], np.zeros(0)
        if kind == "real":
            edges = np.unique(np.percentile(data, [25, 50, 75]))
        bins = np.searchsorted(edges, data) if kind == "real" else data.astype(int)
        own = np.searchsorted(edges, x[column]) if kind == "real" else x[column]
        states, counts = np.unique(bins, return_counts=True)
        drawn = generator.choice(states, N, p=counts / len(rows))
        binary[:, column] = drawn == own
        values[:, column] = drawn
        for state in states if kind == "real" else ():
            inside, where = data[bins == state], drawn == state
            low, high = [data.min(), *edges][state], [*edges, data.max()][state]
            mean, spread = inside.mean(), inside.std()
            limits = (low - mean) / spread, (high - mean) / spread
            values[where, column] = truncnorm.rvs(*limits, mean, spread, where.sum(), random_state=generator)
    distances = np.sqrt((1 - binary).sum(axis=1))
    return binary, values, np.sqrt(np.exp(-(distances**2) / width**2))


def weighted(binary, answers, weights):
    """Slopes by weighted least squares and their standard errors."""
    features = np.column_stack([np.ones(len(binary)), binary])
    inverse = np.linalg.inv(features.T @ (weights[:, None] * features))
    slopes = inverse @ (features.T @ (weights * answers))
    scores = features * (weights * (answers - features @ slopes))[:, None]
    return slopes[1:], np.sqrt(np.diag(inverse @ scores.T @ scores @ inverse))[1:]


def ours(geometry, sampler, n=N, seed=2):
    draw = sampler.draw(geometry, n, np.random.default_rng(seed))
    return draw, sampler.coordinates(draw.values, geometry)


@pytest.mark.parametrize("width", [None, 0.6])
@pytest.mark.parametrize("place", [3, 100])
def test_effects_are_those_of_lime(place, width):
    rows = table()
    geometry = geometry_of(rows, rows[place], KINDS)
    draw, points = ours(geometry, Lime(width))
    found, error = cluster_errors(points, model(draw.values), draw.blocks)
    binary, values, weights = as_lime_draws(rows, rows[place], width or 0.75 * math.sqrt(5))
    expected, its_error = weighted(binary, model(values), weights)
    assert np.abs(found - expected).max() > 0
    assert (np.abs(found - expected) < 4.5 * np.hypot(error, its_error)).all()
    assert error.max() < 0.02


def test_effects_are_those_of_the_lime_package():
    from lime import lime_tabular as tabular
    from sklearn.linear_model import Ridge

    rows = table()
    explainer = tabular.LimeTabularExplainer(
        rows, mode="regression", categorical_features=[3, 4], random_state=1, feature_selection="none"
    )
    told = explainer.explain_instance(rows[3], model, num_samples=N, model_regressor=Ridge(alpha=1e-6))
    expected = np.array([dict(told.local_exp[1])[part] for part in range(5)])
    draw, points = ours(geometry_of(rows, rows[3], KINDS), Lime())
    found, error = cluster_errors(points, model(draw.values), draw.blocks)
    assert (np.abs(found - expected) < 4.5 * 1.6 * error).all()  # lime's weights cost it some of its rows


def test_the_kernel_is_folded_into_the_shares():
    """A part stays with x by p / (p + (1 - p) ρ), independently of the others."""
    rows = table()
    geometry = geometry_of(rows, rows[3], KINDS)
    _, points = ours(geometry, Lime(0.8))
    binary = np.array([(np.searchsorted(np.quantile(rows[:, c], [0.25, 0.5, 0.75]), rows[:, c])) for c in range(3)]).T
    p = np.array([*(binary == binary[3]).mean(axis=0), *(rows[:, 3:] == rows[3, 3:]).mean(axis=0)])
    stays = p / (p + (1 - p) * math.exp(-1 / (2 * 0.8**2)))
    assert points.mean(axis=0) == pytest.approx(stays, abs=5 * 0.5 / math.sqrt(N))
    assert np.corrcoef(points.T) == pytest.approx(np.eye(5), abs=5 / math.sqrt(N))


def test_integers_stay_on_their_grid_in_the_bin_that_was_drawn():
    rows = table()
    free, whole = (ours(geometry_of(rows, rows[3], KINDS, [0, 0, step, 0, 0]), Lime(), 20_000) for step in (0, 1))
    assert (whole[0].values[:, 2] == np.round(whole[0].values[:, 2])).all()
    assert not (free[0].values[:, 2] == np.round(free[0].values[:, 2])).all()
    assert np.array_equal(whole[1], free[1])
    assert rows[:, 2].min() <= whole[0].values[:, 2].min()
    assert whole[0].values[:, 2].max() <= rows[:, 2].max()


def test_bins_of_one_value_values_beyond_the_background_and_states_that_it_lacks():
    rows = np.column_stack([np.repeat([5.0, 6.0], [80, 20]), np.arange(100.0), np.tile([0.0, 1.0], 50)])
    geometry = geometry_of(rows, [5.0, 1000.0, 7.0], ["real", "real", "flip"], steps=[1, 0, 0])
    draw, points = ours(geometry, Lime(), 20_000)
    assert set(draw.values[:, 0]) == {5.0, 6.0}
    assert np.isfinite(draw.values).all()
    rho = math.exp(-1 / (2 * 0.75**2 * 3))
    assert points[:, 2].mean() == pytest.approx(0.01 / (0.01 + rho), abs=0.005)  # as if one row had it
    assert set(draw.values[:, 2]) == {0.0, 1.0, 7.0}
    rows[60:, 0] = 6.0  # now the upper quartile is the largest value, and the bin above it is empty
    beyond = geometry_of(rows, [9.0, 5.0, 0.0], ["real", "real", "flip"])
    draw, points = ours(beyond, Lime(), 20_000)
    assert set(draw.values[points[:, 0] == 1, 0]) == {9.0}
    assert points[:, 0].mean() == pytest.approx(0.01 / (0.01 + rho), abs=0.005)


def test_missing_values_and_fixed_columns():
    rows = table()
    rows[:100, 0] = np.nan
    geometry = geometry_of(rows, rows[200], ["known", "real", "fixed", "flip", "flip"])
    draw, points = ours(geometry, Lime())
    rho = math.exp(-1 / (2 * 0.75**2 * 5))
    assert 1 - points[:, 5].mean() == pytest.approx(0.25 * rho / (0.75 + 0.25 * rho), abs=0.006)
    assert (np.isnan(draw.values[:, 0]) == (points[:, 5] == 0)).all()
    assert (points[points[:, 5] == 0, 0] == 1).all()
    assert (draw.values[:, 2] == rows[200, 2]).all()
    assert (points[:, 2] == 1).all()


def test_the_generator_alone_decides_and_scales_do_not_matter():
    rows = table()
    factor = np.array([1000.0, 0.01, 1, 1, 3])
    first, second = (ours(geometry_of(rows, rows[3], KINDS), Lime(), 500, 1)[1] for _ in range(2))
    scaled = ours(geometry_of(rows * factor, rows[3] * factor, KINDS), Lime(), 500, 1)[1]
    other = ours(geometry_of(rows, rows[3], KINDS), Lime(), 500, 2)[1]
    assert np.array_equal(first, second)
    assert np.array_equal(first, scaled)
    assert not np.array_equal(first, other)


def test_every_coordinate_is_a_state_and_the_record_has_the_width():
    rows = table()
    geometry = geometry_of(rows, rows[3], KINDS)
    draw, points = ours(geometry, Lime(), 100)
    assert not Lime().reals(geometry).any()
    assert set(points.ravel()) == {0.0, 1.0}
    assert draw.blocks.tolist() == list(range(100))
    assert Lime().describe(geometry) == f"width={0.75 * math.sqrt(5):g}"
    assert Lime(2).describe(geometry) == "width=2"
    assert Lime().parameters == "width=0.25"
    with pytest.raises(InputError, match="width of Lime is -1"):
        Lime(-1)
