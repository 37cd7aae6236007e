"""Few rows for many parts: a process is taken where it knows rows left out better; errors are told in proportion."""

import numpy as np
import pytest

import limen
from limen.sampling import Shapley, Uniform
from tests.games import as_model, words_of

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


def truth_of(answer):
    """The effects under Uniform(), from very many masks: right to 1 %."""
    half = np.random.default_rng(1).random((30_000, D)) < 0.5
    masks = np.concatenate([half, ~half]).astype(float)
    return np.linalg.lstsq(np.column_stack([np.ones(len(masks)), masks]), answer(masks), rcond=None)[0][1:]


def studied(budget):
    """Pairs of an explanation and the exact effects: 5 seeds of 4 games."""
    found = []
    for number in range(4):
        answer = logistic(number)
        model, truth = as_model(lambda z, answer=answer: answer(z[None])[0], WORDS), truth_of(answer)
        for seed in range(5):
            domain = limen.Text(units="words")
            found.append((limen.explain(model, TEXT, domain=domain, budget=budget, seed=seed, **SETTINGS), truth))
    return found


def relative(values, truth):
    return float(np.sqrt(np.mean(values**2) / np.mean(truth**2)))


@pytest.mark.parametrize(("budget", "most"), [(45, 1.5), (75, 1.5)])
def test_the_error_is_told_in_proportion_and_covers(budget, most):
    found = studied(budget)
    wrong = np.mean([relative(one.effects.values - truth, truth) for one, truth in found])
    told = np.mean([relative(one.effects.standard_errors, truth) for one, truth in found])
    inside = [(one.effects.low <= truth) & (truth <= one.effects.high) for one, truth in found]
    assert 0.9 * wrong < told < most * wrong  # the residuals of the fit alone told 2.3 and 1.52 times as much
    assert np.mean(inside) >= 0.93


def test_effects_are_nearer_than_those_of_the_best_ridge_line():
    """Lime's surrogate is a ridge of strength 1; this is the best strength of all, on the same rows."""
    ours, lines = [], []
    for one, truth in studied(75):
        masks, answers = one.probes.masks.astype(float), one.probes.answers
        centred, y = masks - masks.mean(axis=0), answers - answers.mean()
        slopes = [
            np.linalg.solve(centred.T @ centred + s * np.eye(D), centred.T @ y) for s in np.geomspace(0.01, 99, 30)
        ]
        lines.append(min(relative(each - truth, truth) for each in slopes))
        ours.append(relative(one.effects.values - truth, truth))
    assert np.mean(ours) < 0.96 * np.mean(lines)  # by the variances of slopes alone it was .973


def test_no_proxy_is_taken_where_pairs_of_complements_leave_no_error():
    """A sum of words and pairs of words: of masks with their complements the line is exact."""
    generator = np.random.default_rng(0)
    slopes, pairs = generator.normal(size=D), np.triu(generator.normal(size=(D, D)), 1)
    scale = np.abs(slopes).sum() + np.abs(pairs).sum()

    def answer(masks):
        return 0.5 + 0.5 * (masks @ slopes + np.einsum("ni,ij,nj->n", masks, pairs, masks)) / scale

    domain = limen.Text(units="words")
    found = limen.explain(as_model(lambda z: answer(z[None])[0], WORDS), TEXT, domain=domain, budget=150, **SETTINGS)
    assert found.proxy.name == "mean"
    assert found.effects.values == pytest.approx(0.5 * (slopes + (pairs + pairs.T).sum(axis=1) / 2) / scale, abs=1e-9)


def test_more_rows_make_no_larger_errors_where_pairs_of_complements_cancel():
    """With many rows the variances decide: a process knew each row better, and the slopes three times worse."""
    generator = np.random.default_rng(4)
    d, live = 30, generator.choice(30, 10, replace=False)
    sets = [generator.choice(live, size, replace=False) for size in (1,) * 10 + (2,) * 30 + (3,) * 15]
    factors = generator.exponential(size=len(sets))
    factors /= factors.sum()
    truth = np.zeros(d)
    for factor, parts in zip(factors, sets, strict=True):
        truth[parts] += factor / len(parts)
    words = words_of(d)
    model = as_model(lambda mask: sum(f * mask[parts].all() for f, parts in zip(factors, sets, strict=True)), words)

    def error(budget):
        found = [
            limen.explain(
                model, " ".join(words), sampler=Shapley(), surrogate=limen.Linear(), target=1, budget=budget,
                seed=seed, on_doubt="ignore",
            ).effects.values
            for seed in range(2)
        ]  # fmt: skip
        return np.sqrt(np.mean((np.array(found) - truth) ** 2))

    assert error(1000) < 0.9 * error(500)
