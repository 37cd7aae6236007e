"""Laws: masses, closed-form moments, and the errors of wrong parameters."""

import itertools
import math

import numpy as np
import pytest

from limen._errors import InputError
from limen._types import Geometry
from limen.sampling import Lime, Shapley, SizeLaw, Sizes, Uniform
from tests.games import all_masks, lime_mass

SAMPLERS = [Lime(), Lime(0.6), Uniform(), Uniform(0.9), Shapley(), Sizes(lambda d: 1 + np.arange(d + 1.0))]


@pytest.mark.parametrize("sampler", SAMPLERS, ids=repr)
@pytest.mark.parametrize("d", [2, 3, 7])
def test_moments_equal_sums_over_all_masks(sampler, d):
    law = sampler.law(Geometry(d))
    masks = all_masks(d)
    mass = np.array([law.masses[int(m.sum())] / math.comb(d, int(m.sum())) for m in masks])
    assert mass.sum() == pytest.approx(1)
    for order in range(d + 1):
        chosen = list(range(order))
        assert law.moment(order) == pytest.approx(float(mass @ masks[:, chosen].prod(axis=1)), abs=1e-14)
    assert law.moment(d + 1) == 0


@pytest.mark.parametrize("d", [2, 5, 30])
def test_lime_is_what_lime_draws_and_weighs(d):
    law, mass = Lime().law(Geometry(d)), lime_mass(d)
    expected = np.array([mass(s) * math.comb(d, s) for s in range(d + 1)])
    assert law.masses == pytest.approx(expected / expected.sum(), rel=1e-9)


@pytest.mark.parametrize("d", [1, 2, 500])
def test_masses_sum_to_one_for_few_and_for_many_parts(d):
    for sampler in SAMPLERS:
        law = sampler.law(Geometry(d))
        assert law.masses.sum() == pytest.approx(1)
        assert (law.masses >= 0).all()


def test_support_counts_the_masks():
    law = Sizes([0, 1, 0, 2, 0]).law(Geometry(4))
    assert law.support() == [1, 3]
    assert law.n_masks() == 8
    assert isinstance(law, SizeLaw)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Lime(0), "width of Lime is 0"),
        (lambda: Lime(math.nan), "width of Lime is nan"),
        (lambda: Uniform(1.0), "strictly between 0 and 1"),
        (lambda: Uniform(-0.1), "strictly between 0 and 1"),
        (lambda: Sizes([1, 2]).law(Geometry(3)), r"shape \(2,\), expected \(4,\)"),
        (lambda: Sizes([1, -1, 1]).law(Geometry(2)), "at least 0"),
        (lambda: Sizes([0, 0, 0]).law(Geometry(2)), "not all 0"),
        (lambda: Sizes([0, 1, 0]).law(Geometry(2)), "at least two numbers of kept parts"),
        (lambda: Sizes(["a", "b", "c"]).law(Geometry(2)), "expected 3 numbers"),
    ],
)
def test_wrong_parameters_are_named(make, words):
    with pytest.raises(InputError, match=words):
        make()


def test_shapley_masses_are_the_kernels():
    d = 6
    law = Shapley().law(Geometry(d))
    kernel = {s: (d - 1) / (math.comb(d, s) * s * (d - s)) for s in range(1, d)}
    ratios = [law.masses[s] / math.comb(d, s) / kernel[s] for s in range(1, d)]
    assert max(ratios) == pytest.approx(min(ratios))
    assert law.masses[0] == law.masses[d] == 0
    assert law.ends_fixed
    assert len(list(itertools.chain(law.support()))) == d - 1
