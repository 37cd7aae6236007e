"""Designs: no repeats, the budget spent, strata in proportion, balance inside them, unbiased weights."""

import math

import numpy as np
import pytest

from limen._types import Geometry
from limen.sampling import Lime, Shapley, Sizes, Uniform, enumerate_masks, stratified_masks
from tests.games import all_masks

SAMPLERS = [Lime(), Uniform(), Uniform(0.9), Shapley(), Sizes(lambda d: np.ones(d + 1))]


def draw(sampler, d, n, seed=0):
    law = sampler.law(Geometry(d))
    return law, stratified_masks(law, n, np.random.default_rng(seed))


@pytest.mark.parametrize("sampler", SAMPLERS, ids=repr)
def test_enumeration_lists_every_mask_with_its_mass(sampler):
    law = sampler.law(Geometry(5))
    design = enumerate_masks(law)
    assert len(np.unique(design.points, axis=0)) == len(design.points) == law.n_masks()
    assert design.weights.sum() == pytest.approx(1)
    for mask, weight in zip(design.points, design.weights, strict=True):
        assert weight == pytest.approx(law.masses[mask.sum()] / math.comb(5, mask.sum()))


@pytest.mark.parametrize("sampler", SAMPLERS, ids=repr)
@pytest.mark.parametrize(("d", "n"), [(8, 20), (8, 150), (12, 500), (30, 50), (30, 1000), (200, 300)])
def test_drawn_designs_keep_their_promises(sampler, d, n):
    law, design = draw(sampler, d, n)
    sizes = design.points.sum(axis=1)
    assert len(design.points) == n
    assert len(np.unique(design.points, axis=0)) == n
    assert design.weights.sum() == pytest.approx(1)
    assert set(sizes) <= set(law.support())
    for stratum in range(len(design.sampled_shares)):
        rows = design.strata == stratum
        mass = law.masses[np.unique(sizes[rows])].sum()
        assert rows.sum() >= 2 or design.sampled_shares[stratum] == 1
        if len(np.unique(sizes[rows])) == 1 and stratum not in (0, len(design.sampled_shares) - 1):
            assert design.weights[rows] == pytest.approx(np.full(rows.sum(), mass / rows.sum()), rel=1e-6)
    assert (np.diff(design.blocks) >= 0).all()
    assert len(np.unique(design.points, axis=0)) == n


def test_within_a_block_no_part_is_hidden_twice():
    _, design = draw(Lime(), 30, 1000)
    hidden = ~design.points
    few_hidden = hidden.sum(axis=1) <= 15
    for block in np.unique(design.blocks[few_hidden]):
        rows = (design.blocks == block) & few_hidden
        assert hidden[rows].sum(axis=0).max() == 1


def test_parts_are_hidden_equally_often():
    """Balanced draws spread the counts far less than independent ones would."""
    _, design = draw(Uniform(), 20, 1000)
    sizes = design.points.sum(axis=1)
    rows = sizes == 10
    counts = design.points[rows].sum(axis=0)
    independent = math.sqrt(rows.sum() * 0.25)
    assert counts.std() < 0.5 * independent


@pytest.mark.parametrize("sampler", SAMPLERS, ids=repr)
def test_weighted_means_are_unbiased(sampler):
    d, draws = 7, 400
    table = dict(zip(map(tuple, all_masks(d).astype(bool)), np.random.default_rng(5).normal(size=2**d), strict=True))
    law = sampler.law(Geometry(d))
    truth = sum(law.masses[sum(mask)] / math.comb(d, sum(mask)) * value for mask, value in table.items())
    means = []
    for seed in range(draws):
        _, design = draw(sampler, d, 40, seed)
        means.append(design.weights @ np.array([table[tuple(mask)] for mask in design.points]))
    assert abs(np.mean(means) - truth) < 4 * np.std(means) / math.sqrt(draws)


def test_the_draw_comes_from_the_generator_alone():
    first, second, other = (draw(Lime(), 25, 300, seed)[1].points for seed in (1, 1, 2))
    np.random.default_rng().random(10)
    assert (first == second).all()
    assert (first != other).any()


def test_a_subset_of_a_design_shares_its_weights_out_again():
    _, design = draw(Lime(), 12, 400)
    half = design.take(np.flatnonzero(design.blocks % 2 == 0))
    assert half.weights.sum() == pytest.approx(1)
    assert (np.diff(half.blocks) >= 0).all()
