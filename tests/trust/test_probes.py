"""The recorded answers, fitted again: their errors are those of the draw."""

from __future__ import annotations

import math

import numpy as np
import pytest

import limen
from limen.sampling import Ball, Lime, Manifold, Shapley, Uniform
from limen.trust._numbers import estimate, flips, rank_correlations, relative_change, true_size
from limen.trust._probes import answered
from tests.games import as_model, random_game, words_of

D = 8
TEXT = " ".join(words_of(D))
WORDS = limen.Text(units="words")


def explained(budget, seed, sampler):
    model = as_model(random_game(5, D, order=4), words_of(D))
    settings = {"sampler": sampler, "surrogate": limen.Linear(), "budget": budget, "seed": seed, "on_doubt": "ignore"}
    return limen.explain(model, TEXT, domain=WORDS, target=1, **settings)


@pytest.mark.parametrize("sampler", [Lime(), Uniform(), Shapley()])
def test_a_fit_of_all_masks_is_the_record(sampler):
    explanation = explained(1000, 0, sampler)
    line = answered(explanation).line()
    np.testing.assert_allclose(line.slopes, explanation.effects.values, atol=1e-6)
    assert not line.errors.any()


@pytest.mark.parametrize("sampler", [Lime(), Uniform()])
def test_errors_know_that_most_masks_were_asked(sampler):
    runs = [answered(explained(180, seed, sampler)).line() for seed in range(24)]
    spread = np.std([line.slopes for line in runs], axis=0)
    foretold = np.sqrt(np.mean([line.errors**2 for line in runs], axis=0))
    assert 0.8 < np.median(foretold / spread) < 1.45


def test_pairs_of_rows_know_that_squares_cancel():
    background = np.random.default_rng(0).normal(size=(100, 3))

    def square(rows):
        return (rows**2).sum(axis=1) + rows[:, 0] * rows[:, 1]

    for sampler, exact in ((Ball(0.5), True), (Manifold(50), False)):
        explainer = limen.Explainer(
            square, limen.Table(background), sampler=sampler, budget=200, scale="raw", on_doubt="ignore"
        )
        errors = answered(explainer(background[0])).line().errors
        assert (errors.max() < 1e-9) == exact


def test_another_law_is_the_same_law_where_it_is():
    data = answered(explained(150, 1, Lime()))
    masses = limen.sampling.Lime().law(limen._types.Geometry(D)).masses
    weights, covered = data.under(masses)
    assert covered == pytest.approx(1.0)
    np.testing.assert_allclose(data.line(weights).slopes, data.line().slopes, atol=0.02)


def test_a_size_is_freed_of_what_errors_add():
    generator = np.random.default_rng(2)
    truth, errors = np.array([0.3, -0.2, 0.1]), np.array([0.2, 0.3, 0.1])
    seen = truth + errors * generator.normal(size=(4000, 3))
    squares = [float((one**2).sum() - (errors**2).sum()) for one in seen]
    assert np.mean(squares) == pytest.approx((truth**2).sum(), rel=0.1)
    assert true_size(np.array([0.1]), np.array([0.2])) == 0
    assert true_size(np.array([0.5]), np.array([0.3])) == pytest.approx(0.4)


def test_changes_beside_the_whole():
    change, whole = np.array([3.0, 4.0]), np.array([0.0, 10.0])
    value = relative_change(change, np.zeros((0, 2)), whole, np.zeros(2))
    assert (value.value, value.standard_error) == (0.5, 0.0)
    noisy = np.diag([3.0, 4.0])
    assert relative_change(change, noisy, whole, np.zeros(2)).value == 0.0
    assert relative_change(change, noisy, whole, np.zeros(2), freed=False).value == 0.5


def test_signs_turn_only_beyond_their_errors():
    first, second = np.array([1.0, 1.0, 1.0, 1.0]), np.array([-1.0, -1.0, 1.0, -1e-12])
    errors = np.array([0.1, 0.6, 0.1, 0.0])
    assert flips(first, errors, second, errors).tolist() == [0]


def test_ranks_and_intervals():
    assert rank_correlations(np.array([[1.0, 2.0, 3.0]]), np.array([[10.0, 30.0, 20.0]]))[0] == pytest.approx(0.5)
    assert rank_correlations(np.ones((2, 1)), np.ones((2, 1))).tolist() == [1.0, 1.0]
    value = estimate(0.1, 0.1, 0.0, 1.0)
    assert (value.low, value.high) == (0.0, pytest.approx(0.1 + 0.1959964))


def test_the_chance_of_a_wrong_sign_is_that_of_its_error():
    explanation = explained(30, 3, Lime())
    found = limen.audit(explanation, checks="instability")
    effects, errors = explanation.effects.values, explanation.effects.standard_errors
    top = int(np.abs(effects).argmax())
    chance = 0.5 * math.erfc(abs(effects[top]) / errors[top] / math.sqrt(2.0))
    assert found.measure("instability.sign").value.value == pytest.approx(chance, rel=1e-6, abs=0.0)
    assert chance > 0
    expected = np.sqrt((errors**2).sum() / ((effects**2).sum() - (errors**2).sum()))
    assert found.measure("instability.spread").value.value == pytest.approx(expected)
