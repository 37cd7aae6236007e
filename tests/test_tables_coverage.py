"""A 95 % interval holds the truth 95 times in a hundred: over many seeds, on models whose truth is known."""

import numpy as np
import pytest

import limen
from limen.sampling import Ball
from tests.table_laws import Truth, background, covers, explained

ROWS = background()
MEANS, SDS = ROWS.mean(axis=0), ROWS.std(axis=0)
X = ROWS[7] + 0.3 * SDS
TABLE = limen.Table(ROWS)
WIDE = np.random.default_rng(1).normal(size=(200, 20))
SEEDS = 120


def standard(model):
    return lambda rows: model(*((rows - MEANS) / SDS)[:, :3].T)


MODELS = {
    "wave": standard(lambda a, b, c: np.sin(2 * a) + np.cos(2 * b + c)),
    "logistic": standard(lambda a, b, c: 1 / (1 + np.exp(-4 * (a + 0.5 * b * c)))),
    "tanh": standard(lambda a, b, c: np.tanh(2 * a - b) + 0.3 * np.tanh(3 * c)),
}


def found(model, width, x=X, rows=ROWS, table=TABLE, seeds=SEEDS, **settings):
    settings = {"sampler": Ball(width), "surrogate": limen.Quadratic(), "budget": 500, **settings}
    return [explained(model, x, rows, domain=table, seed=seed, **settings) for seed in range(seeds)]


@pytest.fixture(params=MODELS, scope="module")
def many(request):
    model = MODELS[request.param]
    return found(model, 1.0), Truth(model, X, ROWS, 1.0, active=(0, 1, 2))


def test_slopes(many):
    explanations, truth = many
    hits = np.array([covers(one.effects, truth.slopes) for one in explanations])
    assert 0.92 <= hits[:, :3].mean() <= 0.98
    assert hits.mean(axis=0).min() >= 0.90


def test_unused_columns_are_0_within_their_intervals(many):
    hits = [covers(one.effects, np.zeros(4))[3] for one in many[0]]
    assert 0.89 <= np.mean(hits) <= 0.99
    assert many[0][0].effects.standard_errors[3] > 0


def test_curvature_and_pairs(many):
    explanations, truth = many
    bends = np.array([covers(one.curvature, np.diag(truth.hessian)) for one in explanations])
    pairs = np.triu_indices(4, 1)
    together = np.array([covers(one.interactions, truth.hessian)[pairs] for one in explanations])
    assert 0.92 <= bends.mean() <= 0.98
    assert 0.92 <= together.mean() <= 0.98


def test_held_out_fidelity_is_that_of_the_surrogate_under_the_whole_law(many):
    explanations, truth = many
    true = [truth.r_squared(one) for one in explanations]
    held_out = [one.fidelity.quadratic for one in explanations]
    assert 0.92 <= np.mean([one.low <= r <= one.high for one, r in zip(held_out, true, strict=True)]) <= 0.995
    assert np.mean([one.value for one in held_out]) == pytest.approx(np.mean(true), abs=0.01)
    in_sample = [
        1 - np.var((p := one.probes).answers[1:] - one.predict(p.points[1:])) / np.var(p.answers[1:])
        for one in explanations
    ]
    assert np.mean(in_sample) > np.mean(true)  # which is why it is not shown


def test_held_out_fidelity_where_few_probes_carry_the_variance():
    """Tails as long as a lognormal's: short of 95 %, and by the delta method, blind to chance, it was .66."""
    model = standard(lambda a, b, _: np.exp(a + 0.6 * b))
    truth = Truth(model, X, ROWS, 1.0, active=(0, 1))
    lines = found(model, 1.0, surrogate=limen.Linear(), budget=200)
    assert np.mean([covers(one.fidelity.linear, truth.r_squared(one)) for one in lines]) >= 0.79


def test_curvature_of_a_smooth_model_in_a_narrow_ball():
    """It leaves residuals of fourth order, whose scores are skewed: intervals of equal arms cover .8 here."""
    model = standard(lambda a, b, _: 1 / (1 + np.exp(b - a)))
    truth = Truth(model, X, ROWS, 0.5, active=(0, 1))
    hits = [covers(one.curvature, np.diag(truth.hessian))[:2] for one in found(model, 0.5, seeds=80)]
    assert 0.90 <= np.mean(hits) <= 0.99


def test_pairs_that_were_picked_and_pairs_that_were_not():
    def model(rows):
        return np.sin(2 * rows[:, 0]) * rows[:, 1] + rows[:, 2] ** 2

    truth = Truth(model, WIDE[3], WIDE, 1.0, active=(0, 1, 2))
    explanations = found(model, 1.0, WIDE[3], WIDE, limen.Table(WIDE), seeds=80)
    picked = np.array([one.interactions.selected[0, 1] for one in explanations])
    assert np.mean(picked) > 0.5
    assert not any(one.interactions.selected.all() for one in explanations)
    hits = np.array([covers(one.interactions, truth.hessian) for one in explanations])
    assert hits[picked, 0, 1].mean() >= 0.88
    assert hits[:, 0, 1].mean() >= 0.82  # also where it was not picked
    assert hits[:, 0, 2].mean() >= 0.90  # no such pair is in the model
    assert np.mean([covers(one.effects, truth.slopes) for one in explanations]) >= 0.92
