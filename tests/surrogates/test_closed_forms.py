"""Enumerated answers are what their definitions and closed forms say (DESIGN section 4)."""

import itertools
import math

import numpy as np
import pytest

import limen
from limen.sampling import Lime, Shapley, Sizes, Uniform
from tests.games import (
    all_masks,
    as_model,
    brute_force,
    faith_shap,
    lime_mass,
    random_game,
    shapley_values,
    words_of,
)


def explained(game, d, sampler, surrogate="auto", **settings):
    words = words_of(d)
    return limen.explain(
        as_model(game, words),
        " ".join(words),
        target=1,
        sampler=sampler,
        surrogate=surrogate,
        **{"budget": 5000, "on_doubt": "ignore", **settings},
    )


MASSES = {
    "lime": (Lime(), lime_mass),
    "lime narrow": (Lime(0.2), lambda d: lime_mass(d, 0.2)),
    "uniform": (Uniform(0.7), lambda d: lambda s: 0.7**s * 0.3 ** (d - s)),
    "own": (Sizes(lambda d: [1.0 + s for s in range(d + 1)]), lambda d: lambda s: (1.0 + s) / math.comb(d, s)),
}


@pytest.mark.parametrize("name", MASSES)
@pytest.mark.parametrize("d", [2, 3, 6, 9])
def test_effects_equal_the_definition(name, d):
    sampler, mass = MASSES[name]
    game = random_game(d, d)
    explanation = explained(game, d, sampler)
    expected = brute_force(game, mass(d), d)
    assert explanation.status.name == "EXACT"
    assert explanation.effects.values == pytest.approx(expected[1:], abs=1e-10)
    assert explanation.intercept.value == pytest.approx(expected[0], abs=1e-10)
    assert not explanation.effects.standard_errors.any()


@pytest.mark.parametrize("name", MASSES)
@pytest.mark.parametrize("d", [3, 5, 8])
def test_interactions_equal_the_definition_and_effects_stay_those_of_the_line(name, d):
    sampler, mass = MASSES[name]
    game = random_game(10 + d, d)
    explanation = explained(game, d, sampler, limen.Quadratic())
    expected = brute_force(game, mass(d), d, order=2)
    for k, (i, j) in enumerate(itertools.combinations(range(d), 2)):
        assert explanation.interactions.values[i, j] == pytest.approx(expected[1 + d + k], abs=1e-9)
    assert explanation.surrogate.slopes.values == pytest.approx(expected[1 : d + 1], abs=1e-9)
    assert explanation.effects.values == pytest.approx(brute_force(game, mass(d), d)[1:], abs=1e-10)
    assert (explanation.interactions.values == explanation.interactions.values.T).all()
    assert not np.diag(explanation.interactions.values).any()


@pytest.mark.parametrize("d", [2, 3, 6, 10])
def test_text_law_closed_form(d):
    """Mardaoui, Garreau, AISTATS 2021, proposition 2, for a game of random answers."""
    nu = 0.25
    rng = np.random.default_rng(d)
    table = {tuple(mask): rng.uniform() for mask in all_masks(d)}

    def psi(t):
        return math.exp(-((1 - math.sqrt(1 - t)) ** 2) / (2 * nu**2))

    def alpha(p):
        return sum(math.prod((d - s - k) / (d - k) for k in range(p)) * psi(s / d) for s in range(1, d + 1)) / d

    a0, a1, a2 = alpha(0), alpha(1), alpha(2)
    big = d * a1**2 - a0 * a1 - (d - 1) * a0 * a2
    s1, s3 = a1 / big, (a0 * a2 - a1**2) / (big * (a1 - a2))
    s2 = (-a0 * a1 - (d - 2) * a0 * a2 + (d - 1) * a1**2) / (big * (a1 - a2))
    masks = [mask for mask in all_masks(d) if mask.sum() < d]
    chance = {s: 1 / (d * math.comb(d, s)) for s in range(d)}
    weighted = [(mask, chance[int(mask.sum())] * psi(1 - mask.sum() / d) * table[tuple(mask)]) for mask in masks]
    plain = sum(value for _, value in weighted)
    per_part = np.array([sum(value for mask, value in weighted if mask[j]) for j in range(d)])
    expected = s1 * plain + s2 * per_part + s3 * (per_part.sum() - per_part)
    explanation = explained(lambda z: table[tuple(z)], d, Lime())
    assert explanation.effects.values == pytest.approx(expected, abs=1e-9)


def test_shapley_and_uniform_of_the_designs_example():
    def game(z):
        return (2 * z[0] + 3 * z[1] * z[2] - z[2] * z[3] * z[4]) / 10 + 0.2

    third = 1 / 3
    shapley = explained(game, 5, Shapley())
    uniform = explained(game, 5, Uniform())
    assert 10 * shapley.effects.values == pytest.approx([2, 1.5, 1.5 - third, -third, -third], abs=1e-9)
    assert 10 * uniform.effects.values == pytest.approx([2, 1.5, 1.25, -0.25, -0.25], abs=1e-9)


def test_the_leak_of_limes_law_is_the_one_told():
    explanation = explained(lambda z: z[0] * z[1], 6, Lime())
    assert explanation.effects.values[2:] == pytest.approx([-0.028] * 4, abs=5e-4)


@pytest.mark.parametrize("sampler", [Shapley(), Uniform(0.3)])
def test_an_ignored_word_gets_zero(sampler):
    explanation = explained(lambda z: 0.1 + 0.5 * z[0] * z[1] + 0.2 * z[2], 7, sampler)
    assert explanation.effects.values[3:] == pytest.approx(np.zeros(4), abs=1e-12)


@pytest.mark.parametrize("d", [1, 2, 3, 5, 8])
def test_shapley_values_equal_their_definition_and_are_efficient(d):
    game = random_game(20 + d, d)
    explanation = explained(game, d, Shapley())
    assert explanation.effects.values == pytest.approx(shapley_values(game, d), abs=1e-10)
    assert explanation.effects.values.sum() == pytest.approx(game(np.ones(d)) - game(np.zeros(d)), abs=1e-12)
    assert explanation.intercept.value == pytest.approx(game(np.zeros(d)), abs=1e-12)


@pytest.mark.parametrize("d", [3, 4, 6])
def test_order_two_is_faith_shap(d):
    game = random_game(30 + d, d, order=d)
    explanation = explained(game, d, Shapley(), limen.Quadratic())
    for (i, j), value in faith_shap(game, d).items():
        assert explanation.interactions.values[i, j] == pytest.approx(value, abs=1e-9)
    assert explanation.predict(np.ones((1, d)))[0] == pytest.approx(game(np.ones(d)), abs=1e-10)
    assert explanation.predict(np.zeros((1, d)))[0] == pytest.approx(game(np.zeros(d)), abs=1e-10)


def test_one_part_is_the_whole_difference():
    for sampler in (Lime(), Uniform(0.2), Shapley()):
        explanation = explained(lambda z: 0.2 + 0.6 * z[0], 1, sampler)
        assert explanation.effects.values[0] == pytest.approx(0.6, abs=1e-12)
        assert [doubt.name for doubt in explanation.doubts] == ["SINGLE_PART"]


def test_population_fidelity_of_an_enumerated_law():
    d, mass = 6, lime_mass(6)
    game = random_game(3, d, order=4)
    explanation = explained(game, d, Lime(), limen.Quadratic())
    masks = all_masks(d)
    p = np.array([mass(int(mask.sum())) for mask in masks])
    y = np.array([game(mask) for mask in masks])
    p /= p.sum()
    for order, found in ((1, explanation.fidelity.linear), (2, explanation.fidelity.quadratic)):
        beta = brute_force(game, mass, d, order)
        columns = [np.ones(len(masks)), *masks.T]
        if order == 2:
            columns += [masks[:, i] * masks[:, j] for i, j in itertools.combinations(range(d), 2)]
        lost = p @ (y - np.stack(columns, axis=1) @ beta) ** 2
        assert found.value == pytest.approx(1 - lost / (p @ (y - p @ y) ** 2), abs=1e-9)
        assert found.standard_error == 0
