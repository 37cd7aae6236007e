"""R² where rows are few and no proxy helps: neither far too low for what a line cannot follow, nor told too sure."""

import numpy as np
import pytest

import limen
from limen.models import Twin
from limen.sampling import Lime, Shapley, Uniform
from tests.games import all_masks, as_model, words_of

D = 10
WORDS = words_of(D)
TEXT = " ".join(WORDS)
MASKS = all_masks(D)


def parity(masks):
    return 0.3 + 0.4 * (masks[:, :3].sum(axis=1) % 2)


def step(masks):
    return 0.1 + 0.8 * (masks[:, :5].sum(axis=1) >= 3)


def studied(answer, sampler, budget, seeds=25):
    """For each run without a proxy R² of its line, true (by all masks) and told, with its ends."""
    p, found = answer(MASKS), []
    model = as_model(lambda z: answer(z[None])[0], WORDS)
    for seed in range(seeds):
        settings = {"target": 1, "sampler": sampler, "surrogate": limen.Linear(), "on_doubt": "ignore"}
        domain = limen.Text(units="words")
        one = limen.explain(model, TEXT, domain=domain, budget=budget, seed=seed, **settings)
        law = sampler.law(limen._types.Geometry(D))
        sizes = MASKS.sum(axis=1).astype(int)
        mass = law.masses[sizes] / np.bincount(sizes)[sizes]
        line = one.intercept.value + MASKS @ one.effects.values
        true = 1 - mass @ (p - line) ** 2 / (mass @ (p - mass @ p) ** 2)
        told = one.fidelity.linear
        if one.proxy.name == "mean":
            found.append((true, told.value, told.low, told.high))
    return np.array(found)


@pytest.mark.parametrize(
    ("answer", "sampler"),
    [(parity, Uniform()), (parity, Shapley()), (step, Lime()), (step, Uniform()), (step, Shapley())],
    ids=lambda one: getattr(one, "__name__", repr(one)),
)
def test_it_is_told_neither_far_too_low_nor_far_too_high(answer, sampler):
    found = studied(answer, sampler, 24)
    assert len(found) >= 5
    true, told, low, high = found.T
    assert abs(np.median(told) - np.median(true)) < 0.2  # parity was told -3.4 for 0, a step .24 for .49
    assert np.mean((low <= true) & (true <= high)) >= 0.8


def test_the_mean_of_pairs_of_complements_is_no_mean_of_independent_rows():
    """Parity of three words is odd: complements have the same mean in each pair, and nothing is to be added for it."""
    model = as_model(lambda z: parity(z[None])[0], WORDS)
    settings = {"target": 1, "sampler": Uniform(), "surrogate": limen.Linear(), "on_doubt": "ignore"}
    for seed in range(8):
        domain = limen.Text(units="words")
        found = limen.explain(Twin(model, model, 5), TEXT, domain=domain, budget=60, seed=seed, **settings)
        line = found.intercept.value + MASKS @ found.effects.values
        true = 1 - np.mean((parity(MASKS) - line) ** 2) / parity(MASKS).var()
        assert found.proxy.name == "twin"
        assert found.fidelity.linear.value == pytest.approx(true, abs=5e-3)
