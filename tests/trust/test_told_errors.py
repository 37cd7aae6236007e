"""What an audit measures has an error of its own, which is about what it is off by from seed to seed."""

from __future__ import annotations

import numpy as np
import pytest

import limen
from limen.sampling import Ball
from limen.trust._numbers import unsure

COUNTS = {"cost.rows", "width.rows", "sanity.doubts", "instability.noise", "correlated.condition"}
"""What is counted, or is so of these very probes."""
DISTANCES = {"off_manifold.distance", "off_manifold.own", "manipulation.jump"}
"""What is so of these very rows."""


def game(masks):
    """A probability of 14 words, most of which act together with another."""
    weights = np.linspace(-1.5, 1.5, 14)
    odds = masks @ weights + 2.0 * masks[:, 0] * masks[:, 3] - 2.0 * masks[:, 5] * masks[:, 9]
    return 1.0 / (1.0 + np.exp(-odds))


WORDS = [f"w{place:02d}" for place in range(14)]


def model(texts):
    masks = np.array([[word in text for word in WORDS] for text in texts], dtype=float)
    p = game(masks)
    return np.stack([1.0 - p, p], axis=1)


def audited(seed, **options):
    explainer = limen.Explainer(
        model, limen.Text(units="words"), surrogate=limen.Linear(), budget=100, seed=seed, on_doubt="ignore"
    )
    return limen.audit(explainer, " ".join(WORDS), target=1, **options)


@pytest.fixture(scope="module")
def audits():
    return [audited(seed) for seed in range(40)]


@pytest.mark.parametrize("name", ["instability.spread", "cost.needed", "cost.forecast", "curvature.unexplained"])
def test_errors_are_about_what_seeds_differ_by(audits, name):
    values, errors = np.array(
        [(one.measure(name).value.value, one.measure(name).value.standard_error) for one in audits]
    ).T
    assert 0.4 < values.std(ddof=1) / np.sqrt(np.mean(errors**2)) < 2.0


def test_all_that_is_estimated_has_an_error(audits):
    rows = np.random.default_rng(0).normal(size=(200, 4))
    rows[:, 1] = rows[:, 0] + 0.2 * rows[:, 1]
    explainer = limen.Explainer(
        lambda x: np.sin(x[:, 0]) + x[:, 2] * x[:, 3], limen.Table(rows), sampler=Ball(1.0), budget=100, scale="raw"
    )
    for audit in (audits[0], limen.audit(explainer, rows[0], rows=1000)):
        bare = {
            measure.name
            for finding in audit.findings
            for measure in finding.measures
            if not measure.value.standard_error and measure.value.value not in (0.0, 1.0)
        }
        assert bare <= COUNTS | DISTANCES


def test_what_is_known_has_none():
    explainer = limen.Explainer(model, limen.Text(units="words"), budget=2**14, on_doubt="ignore")
    audit = limen.audit(explainer, " ".join(WORDS), target=1)
    for name in ("instability.spread", "instability.sign", "cost.needed", "width.alone"):
        assert audit.measure(name).value.standard_error == 0.0


def test_degrees_are_read_off_intervals():
    from scipy.stats import t

    from limen.results import Estimates

    degrees = np.array([5.0, 20.0, 100.0, np.inf])
    reach = t.ppf(0.975, np.minimum(degrees, 1e9))
    effects = Estimates(np.zeros(4), np.ones(4), -reach, reach)
    assert unsure(effects, np.arange(4)) == pytest.approx(np.sqrt(0.5 / degrees), rel=0.15, abs=1e-4)
    nothing = Estimates(np.ones(1), np.zeros(1), np.ones(1), np.ones(1))
    assert unsure(nothing, np.arange(1)) == pytest.approx([0.0])
