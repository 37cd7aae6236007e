"""The error of held-out R² is what it is over many draws, also where a fit follows its rows by chance."""

import dataclasses

import numpy as np
import pytest

from limen._types import Design, Geometry
from limen.sampling import Uniform, stratified_masks
from limen.surrogates.features import Basis
from limen.surrogates.held_out import drawn_freely, error_of_ratio
from limen.surrogates.linear import fit_linear


def drawn(n, d, draw):
    """Independent points in pairs, as a table's probes are."""
    half = draw.standard_normal((n // 2, d))
    points = np.stack([half, -half], axis=1).reshape(n, d)
    zeros = np.zeros(n, dtype=np.int64)
    return Design(points, np.full(n, 1 / n), zeros, np.arange(n) // 2, np.zeros(1), exact=False)


def told(design, answers):
    """The line's fit, the log of 1 - R², its standard error and its reach."""
    fit = fit_linear(answers[:, None], design, Basis(np.zeros(design.points.shape[1]), np.ones(0, bool)), None)[0]
    squares = (answers - answers.mean()) ** 2
    ratio = np.log(fit.losses.mean() / (squares.mean() * len(squares) / (len(squares) - 1)))
    return fit, ratio, *error_of_ratio(fit, squares, design)


@pytest.mark.parametrize("slope", [0.0, 1.0])
@pytest.mark.parametrize(("n", "d"), [(80, 12), (300, 4)])
def test_errors_are_those_over_many_draws(slope, n, d):
    draw, misses, errors, hits = np.random.default_rng(1), [], [], []
    for _ in range(300):
        design = drawn(n, d, draw)
        noise = draw.standard_normal(n)
        fit, ratio, error, reached = told(design, slope * design.points[:, 0] + noise)
        missed = fit.coefficients - np.eye(d + 1)[1] * slope
        miss = ratio - np.log((1.0 + missed @ missed) / (slope**2 + 1.0))  # of this very fit, under the whole law
        misses.append(miss)
        errors.append(error)
        hits.append(abs(miss) <= reached)
    assert 0.8 <= np.mean(np.square(errors)) / np.mean(np.square(misses)) <= 1.6
    assert 0.93 <= np.mean(hits) <= 0.99


def test_units_change_nothing():
    design = drawn(200, 5, np.random.default_rng(2))
    answers = np.exp(design.points[:, 0])
    assert told(design, 1e5 * answers)[1:] == pytest.approx(told(design, answers)[1:])


def test_one_block_that_holds_all_of_the_error_says_that_nothing_is_known():
    design = drawn(200, 2, np.random.default_rng(3))
    fit = told(design, np.sin(design.points[:, 0]))[0]
    losses = np.zeros(200)
    losses[7] = 1.0
    error, reached = error_of_ratio(dataclasses.replace(fit, losses=losses), np.ones(200), design)
    assert np.isfinite(reached)
    assert error > 10.0


def test_masks_in_strata_are_no_independent_draws():
    masks = stratified_masks(Uniform(0.5).law(Geometry(9)), 300, np.random.default_rng(0))
    assert not drawn_freely(masks)
    assert drawn_freely(drawn(20, 2, np.random.default_rng(0)))
