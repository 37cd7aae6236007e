"""Designs that grow: every old mask and block is kept, nothing repeats, the rows are exact, estimates are unbiased."""

import math

import numpy as np
import pytest

from limen._errors import InputError
from limen._types import Geometry
from limen.sampling import Lime, Shapley, Sizes, Top, Uniform, enumerate_masks, grown_masks, stratified_masks
from tests.games import random_game

SAMPLERS = [Lime(), Uniform(), Uniform(0.9), Shapley(), Sizes(lambda d: np.ones(d + 1))]


def rounds(sampler, d, each, seed=0):
    """The law, and the designs of growing numbers of rows."""
    law = sampler.law(Geometry(d))
    generator = np.random.default_rng(seed)
    designs = [stratified_masks(law, each[0], generator)]
    for n in each[1:]:
        designs.append(grown_masks(law, designs[-1], n, generator))
    return law, designs


def keys(design):
    return [mask.astype(bool).tobytes() for mask in design.points]


@pytest.mark.parametrize("sampler", SAMPLERS, ids=repr)
@pytest.mark.parametrize(("d", "each"), [(8, (20, 40, 100, 180)), (20, (60, 131, 229, 447)), (40, (50, 150, 450))])
def test_designs_keep_what_they_had_and_have_the_rows_they_were_asked_for(sampler, d, each):
    for seed in range(5):
        law, designs = rounds(sampler, d, each, seed)
        for n, before, after in zip(each[1:], designs, designs[1:], strict=False):
            assert n - 1 <= len(after.points) <= n  # where masks come in pairs an odd row is left
            assert len(set(keys(after))) == len(after.points)
            assert set(keys(before)) <= set(keys(after))
            assert after.weights.sum() == pytest.approx(1)
            assert (law.masses[after.points.sum(axis=1).astype(int)] > 0).all()


@pytest.mark.parametrize("sampler", SAMPLERS, ids=repr)
def test_old_blocks_stay_together_and_new_masks_do_not_join_them(sampler):
    _, (before, after) = rounds(sampler, 20, (60, 300))
    block_of = dict(zip(keys(after), after.blocks, strict=True))
    stratum_of = dict(zip(keys(after), after.strata, strict=True))
    old = keys(before)
    for block in np.unique(before.blocks):
        members = [key for key, one in zip(old, before.blocks, strict=True) if one == block]
        for stratum in {stratum_of[key] for key in members}:
            inside = {block_of[key] for key in members if stratum_of[key] == stratum}
            assert len(inside) == 1
            assert {key for key, one in block_of.items() if one in inside} <= set(members)
    for block in np.unique(after.blocks):
        assert len(np.unique(after.strata[after.blocks == block])) == 1


@pytest.mark.parametrize("sampler", [Lime(), Uniform(0.9)], ids=repr)  # masks in pairs have strata of their own
def test_the_shares_of_strata_are_those_of_the_law(sampler):
    law, designs = rounds(sampler, 12, (50, 150, 400))
    design = designs[-1]
    sizes = design.points.sum(axis=1).astype(int)
    for stratum in np.unique(design.strata):
        own = design.strata == stratum
        held = np.unique(sizes[own])
        pool = [size for size in held if law.masses[size] > 0]
        assert design.weights[own].sum() >= law.masses[pool].sum() - 1e-12
        assert np.ptp(design.weights[own]) == pytest.approx(0)
        total = own.sum() / design.sampled_shares[stratum]
        assert total >= sum(math.comb(12, int(size)) for size in pool) - 1e-6


@pytest.mark.parametrize("sampler", [Lime(), Uniform(), Shapley(), Sizes(lambda d: np.ones(d + 1))], ids=repr)
@pytest.mark.parametrize(("d", "each"), [(9, (40, 80, 160)), (6, (14, 24, 40))], ids=["open", "crowded"])
def test_means_over_grown_designs_are_those_of_the_law(sampler, d, each):
    """Each part's weighted mean of the answers is linear in them: its mean over seeds is the law's own."""
    game = random_game(3, d)
    law = sampler.law(Geometry(d))
    everything = enumerate_masks(law)

    def moments(design):
        answers = np.array([game(mask) for mask in design.points.astype(float)])
        return np.concatenate([[design.weights @ answers], (design.weights * answers) @ design.points])

    truth = moments(everything)
    drawn = np.stack([moments(rounds(sampler, d, each, seed)[1][-1]) for seed in range(80)])
    error = drawn.std(axis=0, ddof=1) / np.sqrt(len(drawn))
    assert (np.abs(drawn.mean(axis=0) - truth) < 4.5 * error + 1e-3 * np.abs(truth).max()).all()


def test_a_size_whose_masks_are_all_taken_is_not_drawn_again():
    """The empty mask is one of a pooled stratum: it is there once, and the search for another one ends."""
    for seed in range(30):
        _, designs = rounds(Sizes(lambda d: np.ones(d + 1)), 40, (20, 30, 45), seed)
        assert len(set(keys(designs[-1]))) == len(designs[-1].points) >= 44


@pytest.mark.parametrize("count", [0, -1, 1.5, True, "2", None])
def test_wrong_counts_of_top(count):
    with pytest.raises(InputError, match="count of Top is"):
        Top(count)
