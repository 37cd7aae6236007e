"""Few rows for many parts: a process is taken where it knows rows left out better; errors are told in proportion."""

import numpy as np
import pytest

import limen
from limen.sampling import Uniform
from tests.games import words_of

D = 30
WORDS = words_of(D)
TEXT = " ".join(WORDS)
SETTINGS = {"target": 1, "sampler": Uniform(), "surrogate": limen.Linear(), "on_doubt": "ignore"}


def logistic(seed):
    """Probabilities by 30 words, a dozen of which matter, and some pairs: a function of masks (n, 30) to (n)."""
    generator = np.random.default_rng(seed)
    slopes = 2 * generator.normal(size=D) * (generator.random(D) < 0.4)
    pairs = 2 * np.triu(generator.normal(size=(D, D)) * (generator.random((D, D)) < 0.02), 1)

    def answer(masks):
        return 1 / (1 + np.exp(-(masks - 0.5) @ slopes - np.einsum("ni,ij,nj->n", masks, pairs, masks)))

    return answer


def as_texts(answer):
    def model(texts):
        masks = np.array([[word in kept for word in WORDS] for kept in map(str.split, texts)], dtype=float)
        p = answer(masks)
        return np.stack([1 - p, p], axis=1)

    return model


def truth_of(answer):
    """The effects under Uniform(), from very many masks: right to 1 %."""
    half = np.random.default_rng(1).random((30_000, D)) < 0.5
    masks = np.concatenate([half, ~half]).astype(float)
    return np.linalg.lstsq(np.column_stack([np.ones(len(masks)), masks]), answer(masks), rcond=None)[0][1:]


@pytest.fixture(scope="module", params=[45, 75])
def studied(request):
    found = []
    for number in range(4):
        answer = logistic(number)
        truth = truth_of(answer)
        for seed in range(5):
            domain = limen.Text(units="words")
            one = limen.explain(as_texts(answer), TEXT, domain=domain, budget=request.param, seed=seed, **SETTINGS)
            found.append((one, truth))
    return found


def relative(values, truth):
    return float(np.sqrt(np.mean(values**2) / np.mean(truth**2)))


def test_the_error_is_told_in_proportion_and_covers(studied):
    wrong = np.mean([relative(one.effects.values - truth, truth) for one, truth in studied])
    told = np.mean([relative(one.effects.standard_errors, truth) for one, truth in studied])
    inside = [(one.effects.low <= truth) & (truth <= one.effects.high) for one, truth in studied]
    assert 0.9 * wrong < told < 1.7 * wrong  # of 45 rows the residuals of the fit alone told 2.3 times as much
    assert np.mean(inside) >= 0.93


def test_effects_are_nearer_than_those_of_the_best_ridge_line(studied):
    """Lime's surrogate is a ridge of strength 1; this is the best strength of all, on the same rows."""
    ours, lines = [], []
    for one, truth in studied:
        masks, answers = one.probes.masks.astype(float), one.probes.answers
        centred, y = masks - masks.mean(axis=0), answers - answers.mean()
        slopes = [
            np.linalg.solve(centred.T @ centred + s * np.eye(D), centred.T @ y) for s in np.geomspace(0.01, 99, 30)
        ]
        lines.append(min(relative(each - truth, truth) for each in slopes))
        ours.append(relative(one.effects.values - truth, truth))
    budget = studied[0][0].budget
    assert np.mean(ours) < (0.96 if budget == 75 else 1.3) * np.mean(lines)


def test_no_proxy_is_taken_where_pairs_of_complements_leave_no_error():
    """A sum of words and pairs of words: of masks with their complements the line is exact."""
    generator = np.random.default_rng(0)
    slopes, pairs = generator.normal(size=D), np.triu(generator.normal(size=(D, D)), 1)
    scale = np.abs(slopes).sum() + np.abs(pairs).sum()

    def answer(masks):
        return 0.5 + 0.5 * (masks @ slopes + np.einsum("ni,ij,nj->n", masks, pairs, masks)) / scale

    domain = limen.Text(units="words")
    found = limen.explain(as_texts(answer), TEXT, domain=domain, budget=150, **SETTINGS)
    assert found.proxy.name == "mean"
    assert found.effects.values == pytest.approx(0.5 * (slopes + (pairs + pairs.T).sum(axis=1) / 2) / scale, abs=1e-9)
