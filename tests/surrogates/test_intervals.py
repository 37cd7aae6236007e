"""Sampled estimates: they converge to the enumerated answer, and their intervals cover it as often as they say.

A small version with fixed seeds of `benchmarks/do_the_intervals_cover.py`.
"""

import numpy as np
import pytest

import limen
from limen.sampling import Lime, Shapley, Uniform
from tests.games import all_masks, as_model, random_game, words_of

D = 10
WORDS = words_of(D)


def logistic_model(seed):
    """A logistic regression on words and pairs of words, answered from a table: (model, text)."""
    generator = np.random.default_rng(seed)
    slopes = generator.normal(size=D) * 1.5
    pairs = np.triu(generator.normal(size=(D, D)) * (generator.random((D, D)) < 0.1), 1) * 1.5
    masks = all_masks(D)
    table = 1 / (1 + np.exp(-((masks - 0.5) @ slopes + np.einsum("ni,ij,nj->n", masks, pairs, masks))))
    bit = {word: 1 << (D - 1 - k) for k, word in enumerate(WORDS)}

    def model(texts):
        p = table[[sum(bit[word] for word in text.split()) for text in texts]]
        return np.stack([1 - p, p], axis=1)

    return model, " ".join(WORDS)


def study(sampler, budget, repeats, **options):
    """Coverage of the effects, their errors, and the enumerated explanations' effects: over four models."""
    covered, errors, sizes = [], [], []
    for number in range(4):
        model, text = logistic_model(number)
        ask = limen.models.predictor(model)
        settings = {"target": 1, "sampler": sampler, "on_doubt": "ignore", **options}
        truth = limen.explain(ask, text, budget=5000, **settings)
        assert truth.status.name == "EXACT"
        for seed in range(repeats):
            found = limen.explain(ask, text, budget=budget, seed=seed, **settings)
            assert found.status.name == "BUDGET_SPENT"
            effects, exact = found.effects, truth.effects.values
            covered.append((effects.low <= exact) & (exact <= effects.high))
            errors.append(effects.values - exact)
            sizes.append(effects.standard_errors)
    return np.mean(covered), np.sqrt(np.mean(np.square(errors))), np.sqrt(np.mean(np.square(sizes)))


@pytest.mark.parametrize("sampler", [Lime(), Uniform(), Uniform(0.8), Shapley()], ids=repr)
def test_intervals_cover(sampler):
    coverage, error, told = study(sampler, 200, 50)
    assert 0.93 <= coverage <= 0.985
    assert 0.8 * error < told < 1.15 * error


@pytest.mark.parametrize("sampler", [Lime(), Uniform(), Shapley()], ids=repr)
def test_errors_fall_at_least_as_fast_as_one_over_the_root(sampler):
    few, many = (study(sampler, budget, 25)[1] for budget in (60, 480))
    assert many < 1.15 * few / np.sqrt(480 / 60)


def test_intervals_of_pairs_cover():
    """Of a rough game: a smooth one is known to the last digit that is told."""
    text = " ".join(WORDS)
    ask = limen.models.predictor(as_model(random_game(1, D, order=5, terms=40), WORDS))
    settings = {"target": 1, "surrogate": limen.Quadratic(), "on_doubt": "ignore"}
    truth = limen.explain(ask, text, budget=5000, **settings).interactions.values
    upper = np.triu_indices(D, 1)
    covered = []
    for seed in range(40):
        found = limen.explain(ask, text, budget=600, seed=seed, **settings).interactions
        covered.append((found.low <= truth)[upper] & (truth <= found.high)[upper])
    assert 0.92 <= np.mean(covered) <= 0.985


def test_held_out_fidelity_is_that_of_the_fitted_surrogate_under_the_law():
    model, text = logistic_model(2)
    ask = limen.models.predictor(model)
    settings = {"target": 1, "surrogate": limen.Linear(), "on_doubt": "ignore"}
    whole = limen.explain(ask, text, budget=5000, **settings).probes
    mass, y = whole.weights, whole.answers
    told, true, inside = [], [], []
    for seed in range(80):
        found = limen.explain(ask, text, budget=120, seed=seed, **settings)
        lost = mass @ (y - found.predict(whole.masks)) ** 2
        true.append(1 - lost / (mass @ (y - mass @ y) ** 2))
        told.append(found.fidelity.linear.value)
        inside.append(found.fidelity.linear.low <= true[-1] <= found.fidelity.linear.high)
    assert np.mean(told) == pytest.approx(np.mean(true), abs=0.015)
    assert np.mean(inside) > 0.9


def test_error_told_of_a_quadratic_is_that_under_the_law():
    """And not smaller by what the quadratic took from the very rows that it is judged by."""
    ask = limen.models.predictor(as_model(random_game(1, D, order=5, terms=40), WORDS))
    settings = {"target": 1, "sampler": Shapley(), "surrogate": limen.Quadratic(), "on_doubt": "ignore"}
    whole = limen.explain(ask, " ".join(WORDS), budget=5000, **settings).probes
    mass, y = whole.weights, whole.answers
    total = mass @ (y - mass @ y) ** 2
    ratios, inside = [], []
    for seed in range(30):
        found = limen.explain(ask, " ".join(WORDS), budget=150, seed=seed, **settings)
        lost = float(mass @ (y - found.predict(whole.masks)) ** 2 / total)
        ratios.append((1.0 - found.fidelity.quadratic.value) / lost)
        inside.append(found.fidelity.quadratic.low <= 1.0 - lost <= found.fidelity.quadratic.high)
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.08)
    assert np.mean(inside) >= 0.9
