"""The process over masks, by its definition: kernels, rows left out, the likelihood's gradient."""

import numpy as np
import pytest

from limen.surrogates.diffusion import LEAST_NOISE, Process, _minus_log_likelihood, learnt, numbers
from tests.games import all_masks, random_game

D = 6


def by_hand(one, other, process):
    """The kernel's definition: the variance times exp(-2 Σ rate) over the parts in which two masks differ."""
    differ = one[:, None, :] != other[None, :, :]
    return process.variance * np.exp(-2.0 * (differ * process.rates).sum(axis=2))


def rows(n=24, seed=0):
    generator = np.random.default_rng(seed)
    masks = all_masks(D)[generator.permutation(2**D)[:n]].astype(bool)
    game = random_game(seed, D)
    weights = generator.random(n)
    return (
        masks,
        np.array([game(mask.astype(float)) for mask in masks]),
        0.5 + generator.random(n),
        weights / weights.sum(),
    )


def made(masks, rates, variance, mean, heights):
    """A process with these numbers, of which only its answers are asked."""
    unasked = {"doubts": heights, "rows": np.arange(len(masks)), "noise": heights, "scale": 1.0}
    signs = np.where(masks, 1.0, -1.0)
    return Process(signs, rates, variance, mean, heights, left_out=heights, freedom=0.5, **unasked)


def test_its_answers_are_kernels_times_heights():
    masks, *told = rows()
    process = learnt(masks, *told)
    every = all_masks(D).astype(bool)
    wanted = process.mean + by_hand(every, masks, process) @ process.heights
    assert process.at(every) == pytest.approx(wanted, abs=1e-5 * np.abs(process.heights).max() * process.variance)


@pytest.mark.parametrize("d", [1, 2, 9])
def test_everywhere_is_at_all_masks(d):
    generator = np.random.default_rng(1)
    masks = all_masks(d).astype(bool)
    some = masks[generator.permutation(2**d)[: max(2, 2**d // 3)]]
    heights = generator.normal(size=len(some))
    process = made(some, generator.random(d), 1.7, 0.3, heights)
    assert process.everywhere() == pytest.approx(process.at(masks), abs=1e-4)
    assert numbers(masks).tolist() == list(range(2**d))


def test_left_out_is_the_answer_of_the_process_without_the_row():
    """Same rates, variance, noise and mean: the noise is found from `freedom`, and must fit all rows at once."""
    masks, answers, level, weights = rows()
    process = learnt(masks, answers, level, weights)
    scale = float(np.sqrt(np.average((answers - process.mean) ** 2, weights=1.0 / level)))
    assert process.mean == pytest.approx(np.average(answers, weights=1.0 / level))
    kernel = by_hand(masks, masks, process)
    noisy = _noise_of(process, kernel, level)
    whole = kernel + np.diag(noisy * level + LEAST_NOISE * process.variance)
    heights = np.zeros(len(masks))
    for out in range(len(masks)):
        kept = np.arange(len(masks)) != out
        solved = np.linalg.solve(whole[np.ix_(kept, kept)], (answers[kept] - process.mean) / scale)
        told = process.mean + scale * kernel[out, kept] @ solved
        assert process.left_out[out] == pytest.approx(told, abs=1e-6 * scale)
        heights[kept] += weights[out] * scale * solved
    assert process.heights == pytest.approx(heights, rel=1e-5, abs=1e-6 * np.abs(heights).max())


def _noise_of(process, kernel, level):
    """The noise at which the share of the answers' variation that is followed is `freedom`."""
    low, high = -16.0, 4.0
    for _ in range(80):
        middle = np.exp((low + high) / 2)
        inverse = np.linalg.inv(kernel + np.diag(middle * level + LEAST_NOISE * process.variance))
        follows = 1.0 - middle * float(np.mean(level * np.diag(inverse)))
        low, high = ((low + high) / 2, high) if follows > process.freedom else (low, (low + high) / 2)
    return middle


@pytest.mark.parametrize("seed", range(3))
def test_the_gradient_of_the_likelihood_is_that_of_finite_differences(seed):
    masks, answers, level, _ = rows(seed=seed)
    signs, logs = np.where(masks, 1.0, -1.0), np.random.default_rng(seed).normal(-1.0, 0.5, D + 2)
    gradient = _minus_log_likelihood(signs, answers, level, logs)[1]
    step = 1e-5
    for place, one in enumerate(np.eye(D + 2)):
        above, below = (_minus_log_likelihood(signs, answers, level, logs + way * step * one)[0] for way in (1, -1))
        assert gradient[place] == pytest.approx((above - below) / (2 * step), rel=1e-4, abs=1e-4)


def test_the_likelihood_is_that_of_a_normal_distribution():
    from scipy.stats import multivariate_normal

    masks, answers, level, _ = rows(n=10)
    logs = np.array([-1.0, -0.5, -2.0, -1.2, -0.7, -3.0, 0.4, -1.5])
    process = made(masks, np.exp(logs[:D]), np.exp(logs[D]), 0.0, answers)
    noise = np.exp(logs[-1]) * level + LEAST_NOISE * process.variance
    covariance = by_hand(masks, masks, process) + np.diag(noise)
    wanted = -multivariate_normal(np.zeros(10), covariance).logpdf(answers) - 5.0 * np.log(2 * np.pi)
    assert _minus_log_likelihood(process.signs, answers, level, logs)[0] == pytest.approx(wanted)


def test_parts_that_do_not_matter_get_smaller_rates():
    masks = all_masks(D).astype(bool)[np.random.default_rng(0).permutation(2**D)[:40]]
    answers = masks[:, 0] * 1.0 + masks[:, 0] * masks[:, 1]
    process = learnt(masks, answers, np.ones(40), np.full(40, 1 / 40))
    assert process.rates[:2].min() > process.rates[2:].max()


def test_constant_answers_are_learnt_too():
    masks = all_masks(D).astype(bool)[::3]
    process = learnt(masks, np.full(len(masks), 0.25), np.ones(len(masks)), np.full(len(masks), 1 / len(masks)))
    assert process.at(all_masks(D).astype(bool)) == pytest.approx(np.full(2**D, 0.25))
