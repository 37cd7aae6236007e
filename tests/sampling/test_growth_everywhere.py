"""Rounds of every law and size: the masks' weights are the whole law's, and no stratum is left without rows."""

import numpy as np
import pytest

from limen._types import Geometry
from limen.sampling import Lime, Shapley, Uniform, grown_masks, stratified_masks


@pytest.mark.parametrize("sampler", [Lime(), Uniform(), Uniform(0.95), Shapley()], ids=repr)
@pytest.mark.parametrize("d", [11, 50])
def test_no_mass_is_lost_however_little_a_round_adds(sampler, d):
    law = sampler.law(Geometry(d))
    for seed in range(30):
        generator = np.random.default_rng(seed)
        rows = int(generator.integers(d + 3, 60 + d))
        design = stratified_masks(law, rows, generator)
        for _ in range(5):
            rows = int(rows * generator.uniform(1.02, 1.8))
            if rows >= 0.9 * law.n_masks():
                break
            design = grown_masks(law, design, rows, generator)
            assert design.weights.sum() == pytest.approx(1, abs=1e-12)
            assert len(design.weights) <= rows
            assert len(np.unique(design.points, axis=0)) == len(design.points)
