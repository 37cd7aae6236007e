"""Regression-adjusted estimates: exact for lines, right whatever the proxy, meeting the ends, linked only if sound."""

import numpy as np
import pytest

import limen
from limen._types import Geometry
from limen.models import Versus
from limen.sampling import Lime, Shapley, Uniform
from limen.surrogates import diffusion, proxies, ridge
from tests.games import all_masks, as_model, brute_force, lime_mass, random_game, words_of
from tests.test_explain import plain

D = 9
WORDS = words_of(D)
TEXT = " ".join(WORDS)


def explained(game, **options):
    options = {"target": 1, "budget": 90, "on_doubt": "ignore"} | options
    return limen.explain(as_model(game, WORDS), TEXT, domain=limen.Text(units="words"), **options)


def spoilt(monkeypatch, mixed):
    """Make of each process's answers (log-odds or as they are) something else; left out rows are spoilt alike."""
    real = proxies._process

    def process(asked, told, design, reference, bounded):
        found, values, left_out, posterior = real(asked, told, design, reference, bounded)
        of_reference, of_rows = mixed(reference.points), mixed(design.points)
        unknown = proxies.places_of(asked[0], reference.points, missing=True) < 0
        return found, np.where(unknown, of_reference, values), of_rows + 0.0 * left_out, posterior

    monkeypatch.setattr(proxies, "_process", process)
    monkeypatch.setattr(proxies, "errors_left_out", lambda *_: (1.0, 0.0))  # and have it taken


@pytest.mark.parametrize("sampler", [Lime(), Uniform(), Shapley()], ids=repr)
def test_a_line_is_found_exactly_and_needs_no_proxy(sampler):
    slopes = np.linspace(-0.05, 0.08, D)
    found = explained(lambda mask: 0.3 + mask @ slopes, sampler=sampler)
    assert found.effects.values == pytest.approx(slopes, abs=1e-9)
    assert found.proxy.name == "mean"
    assert found.proxy.gain == 1.0


@pytest.mark.parametrize("sampler", [Lime(), Uniform(), Shapley()], ids=repr)
def test_a_game_of_few_products_is_learnt_and_the_gain_is_told(sampler):
    pairs = [(0, 1), (2, 3), (0, 4)]

    def game(mask):
        return 1.0 / (1.0 + np.exp(-(-2.0 + mask[:4].sum() + sum(1.5 * mask[i] * mask[j] for i, j in pairs))))

    found = explained(game, sampler=sampler)
    exact = explained(game, sampler=sampler, budget=1000)
    assert found.proxy.name == "process"
    assert found.proxy.gain > 3
    assert exact.proxy is None
    assert found.effects.values == pytest.approx(exact.effects.values, abs=0.02)


@pytest.mark.parametrize("sampler", [Lime(), Uniform(), Shapley()], ids=repr)
@pytest.mark.parametrize("bad", ["noise", "wrong line"])
def test_a_bad_proxy_leaves_the_mean_of_estimates_the_truth(monkeypatch, sampler, bad):
    """Without shrinkage, which trades a bias for variance where rows are few."""
    game = random_game(7, D)
    mixed = {
        "noise": lambda masks: np.sin(91.0 * masks @ np.arange(1, D + 1)),
        "wrong line": lambda masks: masks @ np.linspace(-2.0, 2.0, D),
    }
    options = {"sampler": sampler, "scale": "raw", "surrogate": limen.Linear()}
    exact = explained(game, budget=1000, **options).effects.values
    spoilt(monkeypatch, mixed[bad])
    monkeypatch.setattr(ridge, "RIDGES", np.zeros(1))
    drawn = np.stack([explained(game, seed=seed, budget=150, **options).effects.values for seed in range(16)])
    error = drawn.std(axis=0, ddof=1) / np.sqrt(len(drawn))
    assert (np.abs(drawn.mean(axis=0) - exact) < 5.5 * error + 1e-9).all()


def test_with_shrinkage_a_bad_proxy_is_overruled_the_more_rows_there_are(monkeypatch):
    game = random_game(7, D)
    exact = explained(game, budget=1000, scale="raw").effects.values
    spoilt(monkeypatch, lambda masks: masks @ np.linspace(-2.0, 2.0, D))
    errors = []
    for budget in (60, 200, 450):
        drawn = [explained(game, seed=seed, budget=budget, scale="raw").effects.values for seed in range(4)]
        errors.append(np.abs(np.stack(drawn) - exact).mean())
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 0.05  # its slopes are off by up to 2


def test_a_proxy_that_knows_the_answers_knows_the_fidelity_too(monkeypatch):
    weights = np.linspace(-2.0, 2.0, D)

    def game(mask):
        return 1.0 / (1.0 + np.exp(-(mask @ weights + 2.0 * mask[0] * mask[4])))

    helped = explained(game).fidelity.linear
    monkeypatch.setattr(proxies, "errors_left_out", lambda *_: (0.0, 1.0))  # no proxy is taken
    assert helped.standard_error < 0.2 * explained(game).fidelity.linear.standard_error


@pytest.mark.parametrize("surrogate", [limen.Linear(), limen.Quadratic()], ids=repr)
def test_under_shapley_effects_and_interactions_meet_the_ends(surrogate):
    game = random_game(5, D)
    found = explained(game, sampler=Shapley(), surrogate=surrogate, scale="raw", budget=200)
    assert found.proxy.name == "process"
    ends = found.predict(np.array([np.ones(D), np.zeros(D)]))
    assert ends == pytest.approx([game(np.ones(D)), game(np.zeros(D))], abs=1e-9)
    assert found.effects.values.sum() == pytest.approx(ends[0] - ends[1], abs=1e-9)


def test_effects_under_lime_are_near_those_by_definition():
    game = random_game(11, D)
    exact = brute_force(game, lime_mass(D), D)[1:]
    found = explained(game, scale="raw", budget=300)
    assert np.abs(found.effects.values - exact).max() < 6 * found.effects.standard_errors.max() + 1e-9


@pytest.mark.parametrize("answers", [np.array([0.2, 0.9, -0.3]), np.array([0.2, 0.9, 1.3])])
def test_answers_outside_of_0_and_1_have_no_link(answers):
    learnt, noise, linked = proxies.on_log_odds(answers, True)
    assert not linked
    assert learnt is answers
    assert (noise == 1).all()


def test_probabilities_have_one_and_its_inverse_gives_them_back():
    answers = np.array([0.2, 0.9, 0.5])
    learnt, noise, linked = proxies.on_log_odds(answers, True)
    assert linked
    assert proxies.chance(learnt) == pytest.approx(answers)
    assert noise[1] > noise[0] > noise[2]
    assert not proxies.on_log_odds(answers, False)[2]
    assert np.isfinite(proxies.on_log_odds(np.array([0.0, 1.0, 0.5, 1.0 + 1e-7]), True)[0]).all()


def test_differences_of_classes_are_explained_without_a_link(monkeypatch):
    links = []
    real = proxies.on_log_odds

    def told(answers, bounded):
        found = real(answers, bounded)
        links.append(found[2])
        return found

    monkeypatch.setattr(proxies, "on_log_odds", told)
    game = random_game(2, D)

    def sound(mask):
        return 1.0 / (1.0 + np.exp(-3.0 * game(mask) - 1.0))

    explained(sound)
    assert links == [True]
    links.clear()
    found = explained(sound, target=Versus(0, 1))
    assert links == [False]
    one = explained(sound, scale="raw")
    assert np.isfinite(found.effects.values).all()
    assert found.effects.values == pytest.approx(-2 * one.effects.values, abs=1e-3)


def test_the_reference_of_few_parts_lists_all_masks_and_is_the_law():
    law = Lime().law(Geometry(D))
    reference = limen.sampling.reference_masks(law)
    assert reference.exact
    assert len(reference.points) == law.n_masks()
    assert set(map(bytes, reference.points.astype(np.uint8))) <= set(map(bytes, all_masks(D).astype(np.uint8)))


def test_the_same_call_gives_the_same_answer_with_a_proxy():
    game = random_game(5, D)
    assert plain(explained(game)) == plain(explained(game))


def test_what_is_learnt_from_some_of_very_many_pairs_is_no_half_of_the_cube():
    d, errors = 12, {}
    words, weights = words_of(d), np.linspace(-1.5, 2.0, d)

    def game(z):
        return 1.0 / (1.0 + np.exp(-(z @ weights - 1.0 + 2.0 * z[0] * z[5] - 2.0 * z[3] * z[8] * z[1])))

    options = {"target": 1, "sampler": Shapley(), "surrogate": limen.Linear(), "on_doubt": "ignore"}
    for budget in (1000, 2000, 5000):
        errors[budget] = limen.explain(as_model(game, words), " ".join(words), budget=budget, **options).effects.values
    truth = errors.pop(5000)
    assert np.abs(errors[2000] - truth).max() < 1.5 * np.abs(errors[1000] - truth).max()


@pytest.mark.parametrize(("n", "most"), [(2000, 1000), (400, 200), (7, 7), (1001, 1000)])
def test_rows_are_chosen_evenly_without_a_beat(n, most):
    rows = diffusion._evenly(n, most)
    assert len(rows) == most == len(np.unique(rows))
    assert rows[-1] < n
    if n == 2 * most:
        assert 0.3 < np.mean(rows % 2) < 0.7
