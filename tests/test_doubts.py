"""Each doubt on either side of its limit."""

import numpy as np
import pytest

import limen
from limen.sampling import Uniform


def doubts(answer, text="a b c d", **options):
    found = limen.explain(answer, text, on_doubt="ignore", **{"sampler": Uniform(), **options})
    return {doubt.name for doubt in found.doubts}, found


def blend(share):
    """A line and a parity, which no line explains, in a mixture: its R² falls as `share` grows."""

    def model(texts):
        kept = [text.split() for text in texts]
        line = np.array([("a" in words) - 0.5 for words in kept])
        parity = np.array([0.5 * (-1) ** len(words) for words in kept])
        return (0.5 + 0.5 * ((1 - share) * line + share * parity))[:, None]

    return model


@pytest.mark.parametrize(("share", "doubted"), [(0.47, False), (0.53, True)])
def test_unfaithful_at_half_of_the_variance(share, doubted):
    names, found = doubts(blend(share), surrogate=limen.Linear())
    assert found.fidelity.linear.value == pytest.approx((1 - share) ** 2 / ((1 - share) ** 2 + share**2))
    assert ("UNFAITHFUL" in names) is doubted


@pytest.mark.parametrize(("size", "doubted"), [(3e-4, False), (1e-4, True)])
def test_flat_by_the_spread_of_the_answers(size, doubted):
    names, _ = doubts(lambda texts: np.array([[0.5 + size * ("a" in text)] for text in texts]))
    assert ("FLAT" in names) is doubted  # the standard deviation is half of the effect


@pytest.mark.parametrize(("apart", "doubted"), [(2e-3, False), (5e-4, True)])
def test_tied_by_the_distance_of_two_probabilities(apart, doubted):
    def model(texts):
        p = np.array([0.5 + apart / 2 - 0.3 * ("a" not in text) for text in texts])
        return np.stack([p, 1 - p], axis=1)

    assert ("TIED" in doubts(model)[0]) is doubted
    assert "TIED" not in doubts(model, target=0)[0]


def test_raw_outputs_tie_only_when_equal():
    names, _ = doubts(lambda t: np.array([[1e-4, 9e-4 + len(one)] for one in t]) / 1e3, scale="raw")
    assert "TIED" not in names


@pytest.mark.parametrize(("change", "doubted"), [(5e-6, False), (1e-4, True)])
def test_noise_beyond_rounding(change, doubted):
    calls = iter(range(10**6))

    def model(texts):
        return np.array([[0.3 + 0.4 * ("a" in text) + change * (next(calls) > 0)] for text in texts])

    assert ("NOISY_MODEL" in doubts(model)[0]) is doubted


def test_unstable_allows_for_the_number_of_parts():
    text = " ".join(f"w{k}" for k in range(40))
    doubted = 0
    for seed in range(20):
        generator = np.random.default_rng(seed)
        names, _ = doubts(
            lambda t, g=generator: g.uniform(size=(len(t), 1)), text, budget=300, surrogate=limen.Linear()
        )
        doubted += "UNSTABLE" in names
    assert doubted >= 15  # with the plain 95 % it would be 3 of 20


def test_a_line_that_explains_little_is_told_beside_a_quadratic_that_explains_enough():
    """A product of two parts, of which no line knows much."""

    def model(texts):
        p = np.array([0.1 + 0.8 * (("a" in t.split()) != ("b" in t.split())) for t in texts])
        return np.stack([1 - p, p], axis=1)

    found = limen.explain(model, "a b c d", target=1, sampler=limen.sampling.Uniform(), on_doubt="ignore")
    assert found.fidelity.quadratic.value > 0.99
    assert "CURVED" in [doubt.name for doubt in found.doubts]
    assert "UNFAITHFUL" not in [doubt.name for doubt in found.doubts]
