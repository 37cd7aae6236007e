"""What a process expects to be off by: the conditional normal by its definition, as large as what it is off by."""

import numpy as np
import pytest

import limen
from limen._types import Design
from limen.sampling import Lime, Shapley, Uniform
from limen.surrogates.diffusion import learnt
from limen.surrogates.features import columns
from limen.surrogates.posterior import Posterior, calibrated
from limen.surrogates.proxies import LOUDEST, hush
from tests.games import all_masks, as_model, random_game, words_of

D = 6


def design_of(masks, weights=None, exact=True):
    weights = np.full(len(masks), 1 / len(masks)) if weights is None else weights
    nothing = np.zeros(len(masks), dtype=np.int64)
    return Design(masks, weights, nothing, np.arange(len(masks)), np.array([0.0]), exact)


def taught(d=D, rows=30, seed=0):
    """A process that learnt `rows` answers of a random game of d parts, and the masks it was told of."""
    generator = np.random.default_rng(seed)
    masks = generator.random((rows, d)) < 0.5
    masks = np.unique(masks, axis=0)
    game = random_game(seed, d)
    answers = np.array([game(mask.astype(float)) for mask in masks])
    return learnt(masks, answers, np.ones(len(masks)), np.full(len(masks), 1 / len(masks))), masks


def conditional(process, masks, rows):
    """The covariance (k, k) of the answers to masks, given those to rows: the textbook's formula, on full matrices."""

    def kernel(one, other):
        return process.variance * np.exp(-2.0 * ((one[:, None] != other[None]) * process.rates).sum(axis=2))

    with_noise = kernel(rows, rows) + np.diag(process.noise)
    cross = kernel(masks, rows)
    return (kernel(masks, masks) - cross @ np.linalg.solve(with_noise, cross.T)) * process.scale**2


@pytest.mark.parametrize("seed", range(3))
def test_variances_are_those_of_the_conditional_normal(seed):
    process, rows = taught(seed=seed)
    generator = np.random.default_rng(seed)
    masks, weights = all_masks(D).astype(bool), generator.random(2**D)
    reference, spread = design_of(masks, weights / weights.sum()), generator.normal(size=(3, 1 + D))
    steepness = generator.random(2**D)
    found = Posterior(process, steepness, 0.7).variances(spread, columns(masks), reference)
    contrasts = spread @ (columns(masks).T * reference.weights * steepness)
    wanted = 0.7 * np.einsum("ij,jk,ik->i", contrasts, conditional(process, masks, rows), contrasts)
    assert found == pytest.approx(wanted, rel=1e-6)


def test_a_mask_that_was_asked_is_known():
    process, _ = taught()
    masks = all_masks(D).astype(bool)
    known = Posterior(process, np.zeros(2**D), 1.0).variances(np.eye(1 + D), columns(masks), design_of(masks))
    assert known == pytest.approx(np.zeros(1 + D), abs=0.0)


def test_some_masks_of_a_drawn_reference_stand_for_all():
    """Beside the double sum over all pairs of different masks, in 18 parts."""
    d = 18
    process, rows = taught(d, rows=60)
    masks = np.random.default_rng(5).random((4000, d)) < 0.5
    reference, spread = design_of(masks, exact=False), np.eye(1 + d)[1:] * 4.0
    found = Posterior(process, np.ones(4000), 1.0).variances(spread, columns(masks) - 0.5, reference)
    contrasts = spread @ ((columns(masks) - 0.5).T / 4000)
    covariance = conditional(process, masks, rows)
    np.fill_diagonal(covariance, 0.0)
    wanted = np.einsum("ij,jk,ik->i", contrasts, covariance, contrasts) * 4000 / 3999
    assert found.mean() == pytest.approx(wanted.mean(), rel=0.1)
    assert found == pytest.approx(wanted, rel=0.35)


def test_variances_are_as_large_as_errors_on_rows_left_out():
    process, _ = taught()
    errors, expected, weights = np.array([1.0, -2.0, 3.0]), np.array([0.5, 0.5, np.nan]), np.array([0.2, 0.3, 0.5])
    scale = calibrated(process, np.ones(2**D), errors, expected, weights).scale
    assert scale == pytest.approx((0.2 * 1 + 0.3 * 4) / (0.2 * 0.5 + 0.3 * 0.5) * 2 / 3)
    assert calibrated(process, np.ones(2**D), errors, 0.0 * expected, weights).scale == 0.0


@pytest.mark.parametrize("sampler", [Lime(), Uniform(), Uniform(0.8), Shapley()], ids=repr)
def test_told_errors_of_smooth_games_are_neither_twice_too_large_nor_too_small(sampler):
    """The mean square of what is off beside that of what is told, over thirty logistic games of ten words."""
    words = words_of(10)
    off, told = [], []
    for seed in range(30):
        weights = np.random.default_rng(seed).normal(size=(2, 10))

        def game(mask, weights=weights):
            return 1.0 / (1.0 + np.exp(-(mask - 0.5) @ weights[0] - 2.0 * mask[0] * mask[1] * weights[1, 0]))

        options = {"domain": limen.Text(units="words"), "target": 1, "sampler": sampler, "on_doubt": "ignore"}
        exact, found = (
            limen.explain(as_model(game, words), " ".join(words), budget=budget, seed=seed, **options).effects
            for budget in (2000, 120)
        )
        off.append(np.mean((found.values - exact.values) ** 2) / np.mean(found.standard_errors**2))
        told.append(np.mean((found.low <= exact.values) & (exact.values <= found.high)))
    assert 0.25 < np.exp(np.mean(np.log(off))) < 1.5
    assert np.mean(told) > 0.88


def test_answers_that_hardly_vary_are_less_sure_the_fewer_they_are():
    masks = all_masks(D).astype(bool)
    answers = 0.02 + 0.001 * masks[:, 0]
    still = [hush(np.tile(answers, times), design_of(np.tile(masks, (times, 1)))) for times in (1, 4, 16)]
    assert 1.0 + LOUDEST > still[0] > still[1] > still[2] > 1.0
    assert hush(answers[:8], design_of(masks[:8])) == pytest.approx(1.0 + LOUDEST, rel=0.01)
    assert hush(masks[:, 0] * 0.9, design_of(masks)) == pytest.approx(1.0, abs=0.01)


def test_answers_on_other_scales_are_not_said_to_hardly_vary():
    """A sum of small numbers is as sure as that of large ones: its intervals are the same, in its own unit."""
    words = words_of(9)
    game = random_game(3, 9)
    options = {"domain": limen.Text(units="words"), "target": 1, "budget": 100, "scale": "raw", "on_doubt": "ignore"}
    large, small = (
        limen.explain(as_model(lambda mask, unit=unit: unit * game(mask), words), " ".join(words), **options).effects
        for unit in (1.0, 1e-3)
    )
    assert small.standard_errors * 1e3 == pytest.approx(large.standard_errors, rel=1e-3)
