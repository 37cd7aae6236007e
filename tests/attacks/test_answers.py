"""Models that are random, or constant but for the input at hand; texts padded with words that mean nothing."""

from __future__ import annotations

import numpy as np
import pytest

import limen
from limen.results import Doubt, Grade
from limen.sampling import Ball, Shapley, Uniform

DATA = np.random.default_rng(3).normal(size=(200, 3))
TEXT = "please visit my new channel today"


def of_chance():
    generator = np.random.default_rng(4)

    def model(inputs):
        found = generator.random(len(inputs))
        return np.column_stack([1.0 - found, found])

    return model


@pytest.mark.parametrize(
    ("x", "domain", "sampler"), [(TEXT, limen.Text(), None), (DATA[0], limen.Table(DATA), Ball(1.0))]
)
def test_a_model_that_answers_at_random_is_found(x, domain, sampler):
    explainer = limen.Explainer(of_chance(), domain, sampler=sampler, budget=60, on_doubt="ignore")
    found = limen.audit(explainer, x, target=1)
    assert Doubt.NOISY_MODEL in found.explanation.doubts
    assert found.grade is Grade.BAD
    assert found["instability"].grade is Grade.BAD


def test_a_text_that_alone_is_answered_otherwise_is_found():
    def model(texts):
        found = np.array([0.9 if text == TEXT else 0.1 for text in texts])
        return np.column_stack([1.0 - found, found])

    found = limen.audit(limen.Explainer(model, limen.Text(), budget=60, on_doubt="ignore"), TEXT, target=1)
    assert found["manipulation"].grade is Grade.BAD
    assert found.grade is Grade.BAD


def test_a_row_that_alone_is_answered_otherwise_is_found():
    def model(rows):
        found = np.where((rows == DATA[0]).all(axis=1), 0.9, 0.1)
        return np.column_stack([1.0 - found, found])

    explainer = limen.Explainer(model, limen.Table(DATA), sampler=Ball(1.0), budget=100, on_doubt="ignore")
    assert explainer(DATA[0], target=1).doubts
    assert limen.audit(explainer, DATA[0], target=1).grade in (Grade.DOUBTFUL, Grade.BAD)


MEANT = {"visit": 1.5, "my": 0.7, "channel": 2.2, "please": -1.0}
ADDED = ("indeed", "however", "perhaps", "somehow", "moreover", "anyway")


def by_words(texts):
    """Logistic in the words of MEANT; all others mean nothing."""
    scores = np.array([sum(MEANT.get(word, 0.0) for word in text.split()) - 1.5 for text in texts])
    found = 1.0 / (1.0 + np.exp(-scores))
    return np.column_stack([1.0 - found, found])


def effects(text, sampler, budget, seed=0):
    found = limen.explain(
        by_words,
        text,
        target=1,
        domain=limen.Text(units="words"),
        sampler=sampler,
        budget=budget,
        seed=seed,
        on_doubt="ignore",
    )
    return dict(
        zip(found.parts, zip(found.effects.values, found.effects.low, found.effects.high, strict=True), strict=True)
    )


def ranked(found):
    return sorted(MEANT, key=lambda word: -abs(found[word][0]))


@pytest.mark.parametrize("sampler", [Shapley(), Uniform(0.5)])
def test_words_added_to_hide_the_others_have_no_effect(sampler):
    plain, padded = "please visit my channel", "indeed please however visit perhaps my somehow channel moreover anyway"
    before = effects(plain, sampler, 40)
    exact = effects(padded, sampler, 2000)
    assert max(abs(exact[word][0]) for word in ADDED) < 1e-9
    assert ranked(exact) == ranked(before)
    inside = []
    for seed in range(5):
        found = effects(padded, sampler, 400, seed)
        inside += [found[word][1] <= 0.0 <= found[word][2] for word in ADDED]
        assert ranked(found) == ranked(before)
    assert sum(inside) >= 26  # of 30, at 95 %
