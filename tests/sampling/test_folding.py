"""Masks in pairs of complements: what cancels, cancels; strata, weights and shares are those of the law."""

import math

import numpy as np
import pytest

from limen._types import Geometry
from limen.sampling import Lime, Shapley, Sizes, Uniform, enumerate_masks, grown_masks, stratified_masks
from limen.sampling.designs import allocation
from limen.sampling.folding import folded, folds, half_of, in_pairs, paired
from limen.surrogates import Basis
from limen.surrogates.linear import fit_linear
from tests.games import random_game, shapley_values

SYMMETRIC = [Shapley(), Uniform(0.5)]
LOPSIDED = [Lime(), Uniform(0.7), Sizes(lambda d: np.arange(1.0, d + 2))]
symmetric = pytest.mark.parametrize("sampler", SYMMETRIC, ids=repr)


def drawn(sampler, d, n, seed=0):
    law = sampler.law(Geometry(d))
    return law, stratified_masks(law, n, np.random.default_rng(seed))


def grown(sampler, d, each, seed=0):
    law, design = drawn(sampler, d, each[0], seed)
    generator = np.random.default_rng([seed, 1])
    for n in each[1:]:
        design = grown_masks(law, design, n, generator)
    return law, design


def pairs_are_sound(design):
    points = design.points.astype(bool)
    assert (points[::2] == ~points[1::2]).all()
    assert points[::2, 0].all()
    assert (design.weights[::2] == design.weights[1::2]).all()
    assert (design.blocks[::2] == design.blocks[1::2]).all()
    assert (design.strata[::2] == design.strata[1::2]).all()
    assert (np.diff(design.blocks) >= 0).all()
    assert len(np.unique(points, axis=0)) == len(points)
    assert design.weights.sum() == pytest.approx(1)
    assert paired(design)


@symmetric
@pytest.mark.parametrize(("d", "n"), [(5, 18), (5, 29), (7, 24), (8, 201), (12, 501), (30, 1000), (200, 700)])
def test_each_mask_comes_with_its_complement_and_none_twice(sampler, d, n):
    law, design = drawn(sampler, d, n)
    pairs_are_sound(design)
    assert len(design.points) == n // 2 * 2
    assert set(design.points.sum(axis=1)) <= set(law.support())


@symmetric
def test_grown_designs_keep_their_pairs_and_leave_an_odd_row(sampler):
    before = drawn(sampler, 12, 50)[1]
    for each in ((50, 131, 300), (51, 120, 901)):
        _, after = grown(sampler, 12, each)
        pairs_are_sound(after)
        assert len(after.points) == each[-1] // 2 * 2
        assert {mask.tobytes() for mask in before.points} <= {mask.tobytes() for mask in after.points.astype(bool)}


@symmetric
@pytest.mark.parametrize("how", ["drawn", "grown"])
def test_the_masses_of_sizes_are_on_average_those_of_the_law(sampler, how):
    d, masses = 11, []
    for seed in range(48):
        law, design = drawn(sampler, d, 90, seed) if how == "drawn" else grown(sampler, d, (50, 90), seed)
        masses.append(np.bincount(design.points.sum(axis=1), design.weights, d + 1))
    error = np.std(masses, axis=0, ddof=1) / math.sqrt(len(masses))
    assert (np.abs(np.mean(masses, axis=0) - law.masses) < 4.5 * error + 2e-3).all()


@symmetric
def test_means_are_unbiased_though_the_first_part_leads_each_pair(sampler):
    d = 9
    game = random_game(8, d)
    everything = enumerate_masks(sampler.law(Geometry(d)))

    def moments(design):
        answers = np.array([game(mask) for mask in design.points.astype(float)])
        return np.concatenate([[design.weights @ answers], (design.weights * answers) @ design.points])

    found = np.stack([moments(drawn(sampler, d, 64, seed)[1]) for seed in range(48)])
    error = found.std(axis=0, ddof=1) / math.sqrt(len(found))
    assert (np.abs(found.mean(axis=0) - moments(everything)) < 4.5 * error + 1e-12).all()


@symmetric
@pytest.mark.parametrize(("d", "n"), [(8, 100), (10, 301), (12, 300)])
def test_sampled_shares_are_the_pairs_drawn_of_those_there_are(sampler, d, n):
    law, design = drawn(sampler, d, n)
    groups = allocation(folded(law), n // 2)[0]  # numbers of parts kept beside the first
    leading = design.points[::2].sum(axis=1) - 1
    assert len(design.sampled_shares) == len(groups)
    for stratum, group in enumerate(groups):
        own = design.strata[::2] == stratum
        assert set(leading[own]) <= set(group)
        assert design.sampled_shares[stratum] == pytest.approx(own.sum() / sum(math.comb(d - 1, t) for t in group))
        mass = sum(law.masses[t + 1] * math.comb(d - 1, t) / math.comb(d, t + 1) for t in group)
        assert design.weights[::2][own].sum() == pytest.approx(mass)  # of the half that keeps the first part


@symmetric
@pytest.mark.parametrize("d", [8, 12])
def test_strata_that_are_drawn_whole_have_all_their_masks_with_their_own_mass(sampler, d):
    n = 2 ** (d - 1)
    law, design = drawn(sampler, d, n)
    whole = design.sampled_shares[design.strata] == 1
    assert 0 < whole.sum() < n
    sizes = design.points.sum(axis=1)
    own = law.masses / np.array([math.comb(d, size) for size in range(d + 1)])
    assert design.weights[whole] == pytest.approx(own[sizes[whole]])
    edge = law.support()[0]
    assert (sizes == edge).sum() == (sizes == d - edge).sum() == math.comb(d, edge)
    assert not design.exact


@symmetric
def test_folding_and_taking_the_half_undo_each_other(sampler):
    law, design = drawn(sampler, 9, 80)
    again = in_pairs(law, lambda _: half_of(design))
    for name in ("points", "weights", "strata", "blocks", "sampled_shares"):
        assert np.array_equal(getattr(again, name), getattr(design, name))
    half = folded(law)
    assert half.n_parts == 8
    assert half.masses.sum() == pytest.approx(1)
    both = np.zeros(10)
    for size, mass in enumerate(half.masses):  # each pair: the leading mask keeps size + 1, its complement the rest
        both[size + 1] += mass / 2
        both[9 - size - 1] += mass / 2
    assert both == pytest.approx(law.masses)


def test_laws_that_are_lopsided_few_rows_and_two_parts_are_not_folded():
    for sampler in LOPSIDED:
        law, design = drawn(sampler, 10, 101)
        assert not folds(law, 101)
        assert len(design.points) == 101
    law = Shapley().law(Geometry(10))
    assert not folds(law, 32)
    assert folds(law, 33)
    assert len(stratified_masks(law, 32, np.random.default_rng(0)).points) == 32
    assert not folds(Uniform().law(Geometry(2)), 1000)
    single = stratified_masks(law, 31, np.random.default_rng(0))
    assert not paired(single)
    more = grown_masks(law, single, 101, np.random.default_rng(1))
    assert len(more.points) == 101
    assert {mask.tobytes() for mask in single.points} <= {mask.tobytes() for mask in more.points.astype(bool)}


def products(d, seed=3):
    """Main effects and products of two, as large as each other."""
    generator = np.random.default_rng(seed)
    slopes, pairs = generator.normal(size=d), np.triu(generator.normal(size=(d, d)), 1)
    return lambda mask: 0.3 + mask @ slopes + mask @ pairs @ mask, slopes, pairs


def slopes_of(design, game, d, ends_fixed):
    answers = np.array([game(mask) for mask in design.points.astype(float)])[:, None]
    ends = np.array([[game(np.zeros(d))], [game(np.ones(d))]]) if ends_fixed else None
    return fit_linear(answers, design, Basis.of_masks(d), ends)[0]


@symmetric
@pytest.mark.parametrize("d", [6, 9, 20])
@pytest.mark.parametrize("how", ["drawn", "grown"])
def test_products_of_two_parts_cancel_so_effects_are_exact(sampler, d, how):
    """Shapley values and Banzhaf values of such a game are both a_i + Σ_j a_ij / 2."""
    game, slopes, pairs = products(d)
    closed = slopes + (pairs + pairs.T).sum(axis=1) / 2
    first = 3 * (d + 1)
    law, design = drawn(sampler, d, first) if how == "drawn" else grown(sampler, d, (first, 2 * first), 1)
    found = slopes_of(design, game, d, law.ends_fixed)
    assert found.coefficients[1:] == pytest.approx(closed, abs=1e-6)
    assert np.diag(found.covariance)[1:] == pytest.approx(np.zeros(d), abs=1e-12)  # and it knows
    if d == 6 and law.ends_fixed:
        assert shapley_values(game, d) == pytest.approx(closed, abs=1e-9)


def test_without_pairs_they_are_not():
    d = 20
    game, slopes, pairs = products(d)
    closed = slopes + (pairs + pairs.T).sum(axis=1) / 2
    law, design = drawn(Shapley(), d, 3 * (d + 1) - 1)
    assert np.abs(slopes_of(design, game, d, law.ends_fixed).coefficients[1:] - closed).max() > 0.1


@symmetric
def test_products_of_three_do_not_cancel_and_the_errors_tell(sampler):
    d = 9
    game = random_game(4, d, order=3)
    law = sampler.law(Geometry(d))
    truth = slopes_of(enumerate_masks(law), game, d, law.ends_fixed).coefficients[1:]
    scores = []
    for seed in range(25):
        found = slopes_of(drawn(sampler, d, 100, seed)[1], game, d, law.ends_fixed)
        scores.append((found.coefficients[1:] - truth) / np.sqrt(np.diag(found.covariance)[1:]))
    assert 0.6 < np.sqrt(np.mean(np.square(scores))) < 1.5
