"""Agreement is that of the surrogate of all probes on fresh ones, and its interval holds it."""

import numpy as np
import pytest

from limen.surrogates import agreement, polynomials
from limen.surrogates.features import Basis
from tests.surrogates.test_held_out import drawn

DRAWS = 70


def judged(model, n, d, *, second_order, noise=0.0, seeds=DRAWS):
    """What is told over many draws, and what is true of each of these surrogates on 10,000 fresh points."""
    draw, basis = np.random.default_rng(8), Basis(np.zeros(d), np.ones(d, bool))
    fresh, found, true = draw.standard_normal((10_000, d)), [], []
    side = model(fresh) + noise * draw.standard_normal(10_000) > 0
    for _ in range(seeds):
        design = drawn(n, d, draw)
        margins = model(design.points) + noise * draw.standard_normal(n)
        surrogate = polynomials(margins, design, basis)[int(second_order)]
        found.append(agreement(margins, design, basis, second_order=second_order))
        true.append(np.mean((surrogate.at(fresh) > 0) == side))
    return found, np.array(true)


def line(z):
    return np.tanh(z[:, 0] + z[:, 1])


def curve(z):
    return z[:, 0] ** 2 + z[:, 1] * z[:, 2] - 1.0


@pytest.mark.parametrize(
    ("model", "n", "d", "second_order"),
    [(line, 120, 20, False), (line, 300, 4, False), (curve, 120, 3, True), (curve, 200, 8, True)],
    ids=["20 columns", "4 columns", "all pairs", "picked pairs"],
)
def test_intervals_hold_the_agreement_of_this_very_surrogate(model, n, d, second_order):
    found, true = judged(model, n, d, second_order=second_order, noise=0.3)
    hits = [one.low <= truth <= one.high for one, truth in zip(found, true, strict=True)]
    assert 0.91 <= np.mean(hits) <= 0.995
    assert np.mean([one.value for one in found]) == pytest.approx(np.mean(true), abs=0.01)


def test_pairs_that_were_picked_from_noise_are_not_believed():
    found, true = judged(lambda z: 0.0 * z[:, 0], 240, 12, second_order=True, noise=1.0, seeds=30)
    assert np.mean(true) == pytest.approx(0.5, abs=0.005)
    assert np.mean([one.value for one in found]) == pytest.approx(0.5, abs=0.012)


def test_where_all_agree_the_interval_tells_how_many_were_asked():
    few, many = (judged(lambda z: z[:, 0], n, 2, second_order=False, seeds=1)[0][0] for n in (50, 500))
    for one, n in ((few, 50), (many, 500)):
        assert (one.value, one.high, one.standard_error) == (1.0, 1.0, 0.0)
        assert 1.0 - one.low == pytest.approx(3.84 / (n - 3 + 3.84), rel=0.01)  # Wilson's, less three coefficients


def test_too_few_probes_say_nothing():
    design = drawn(6, 6, np.random.default_rng(0))
    assert agreement(np.arange(6.0) - 2.5, design, Basis(np.zeros(6), np.ones(6, bool)), second_order=False) is None
