"""The width of a ball that is chosen by evidence."""

import numpy as np

import limen


def test_a_width_at_which_the_answers_hardly_vary_is_no_evidence():
    """A step with a slope of next to nothing: any line follows what is flat, and would be preferred for it."""
    data = np.random.default_rng(0).normal(size=(400, 3))

    def step(rows):
        p = 0.2 + 0.6 * (rows[:, 0] > 0.7) + 1e-6 * rows[:, 1]
        return np.stack([1 - p, p], axis=1)

    found = limen.explain(step, np.zeros(3), domain=limen.Table(data), target=1, on_doubt="ignore")
    assert found.path.width > 0.25
    assert limen.results.Doubt.FLAT not in found.doubts
    still = found.path.linear.values[found.path.widths < 0.2]
    assert (still > 0.99).all()  # and would have been the best


def test_a_hill_is_as_curved_from_near_as_from_far():
    """Its answers vary by the square of the width, which is little beside the widest, but not nothing."""
    data = np.random.default_rng(0).normal(size=(400, 2))
    found = limen.explain(
        lambda rows: -(rows**2).sum(axis=1),
        np.zeros(2),
        domain=limen.Table(data),
        scale="raw",
        on_doubt="ignore",
    )
    assert np.isfinite(found.path.quadratic.values).all()
    assert found.fidelity.quadratic.value > 0.99
