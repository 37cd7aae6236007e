"""What an audit measures has an error of its own, which is about what it is off by."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest

import limen
from limen.results import Estimates, Status
from limen.sampling import Ball
from limen.trust import correlated, instability, sanity
from limen.trust._numbers import unsure
from tests.games import as_model

COUNTS = {"cost.rows", "width.rows", "sanity.doubts", "instability.noise", "correlated.condition"}
"""What is counted, or is so of these very probes."""
THESE = {"off_manifold.distance", "off_manifold.own", "manipulation.jump", "segmentation.ranks"}
"""What is so of these very rows, or of two explanations."""
RUNS = {"instability.ranks", "instability.top", "instability.ranks seen", "instability.top seen"}
"""How runs agree, which may be in all."""
WORDS = [f"w{place:02d}" for place in range(14)]
TEXT = " ".join(WORDS)


def game(masks):
    """A probability of 14 words, most of which act together with another."""
    odds = masks @ np.linspace(-1.5, 1.5, 14) + 2.0 * masks[:, 0] * masks[:, 3] - 2.0 * masks[:, 5] * masks[:, 9]
    return 1.0 / (1.0 + np.exp(-odds))


def model(texts):
    p = game(np.array([[word in text for word in WORDS] for text in texts], dtype=float))
    return np.stack([1.0 - p, p], axis=1)


def explainer(seed=0, asked=model, budget=100, **options):
    return limen.Explainer(
        asked,
        limen.Text(units="words"),
        surrogate=limen.Linear(),
        budget=budget,
        seed=seed,
        on_doubt="ignore",
        **options,
    )


@pytest.fixture(scope="module")
def audits():
    return [limen.audit(explainer(seed), TEXT, target=1) for seed in range(40)]


@pytest.fixture(scope="module")
def exact():
    return limen.audit(explainer(budget=2**14), TEXT, target=1)


@pytest.mark.parametrize(
    ("name", "least"),
    [("instability.spread", 0.35), ("curvature.unexplained", 0.5), ("cost.needed", 0.3), ("cost.forecast", 0.3)],
)
def test_errors_are_about_what_seeds_differ_by(audits, name, least):
    """The forecast goes by the largest error of all, whose degrees of freedom are told with care."""
    values, errors = np.array(
        [(one.measure(name).value.value, one.measure(name).value.standard_error) for one in audits]
    ).T
    assert least < values.std(ddof=1) / np.sqrt(np.mean(errors**2)) < 1.6


def test_the_spread_that_there_is_lies_within_what_is_told(audits, exact):
    truth = exact.explanation.effects.values
    off = [np.sum((one.explanation.effects.values - truth) ** 2) for one in audits]
    spread = math.sqrt(np.mean(off) / np.sum(truth**2))
    told = [one.measure("instability.spread").value for one in audits]
    assert np.mean([one.low <= spread <= one.high for one in told]) > 0.85


@pytest.mark.parametrize("parts", [2, 40])
@pytest.mark.parametrize("size", [0.0, 0.7, 1.05, 3.0])
def test_effects_lost_in_their_errors_are_told_without_an_end(parts, size):
    found = stub(np.full(parts, size), np.ones(parts))
    value = instability._spread(found, found.explanation.effects.values, np.ones(parts))
    assert 0.0 < value.low <= value.value <= value.high <= 1000.0
    assert (value.high == 1000.0) == (size < 2.0)
    assert value.standard_error > 0.0


def stub(values, errors, reach=1.959964, status=Status.BUDGET_SPENT):
    """As much of a case as these measures look at; a measure is its number."""
    effects = Estimates(values, errors, values - reach * errors, values + reach * errors)
    return SimpleNamespace(
        parts=np.arange(len(values)),
        covariance=np.diag(errors**2),
        explanation=SimpleNamespace(effects=effects, status=status),
        measure=lambda _, __, value: value,
    )


@pytest.mark.parametrize("theta", [0.5, 1.5, 3.0, 5.0])
def test_the_chance_of_a_wrong_sign_lies_within_what_is_told(theta):
    truth, covered = 0.5 * math.erfc(theta / math.sqrt(2.0)), []
    for ratio in theta + np.random.default_rng(0).normal(size=400):
        values = np.array([ratio])
        told = instability._sign(stub(values, np.ones(1)), values, np.ones(1))
        assert told.high <= 0.5
        covered.append(told.low <= truth <= told.high)
    assert np.mean(covered) > 0.92


@pytest.mark.parametrize("heavy", [False, True])
def test_a_correlation_is_off_by_what_other_backgrounds_say(heavy):
    generator, told = np.random.default_rng(1), []
    for _ in range(80):
        rows = generator.standard_t(2.5, (300, 2)) if heavy else generator.normal(size=(300, 2))
        rows[:, 1] = 0.9 * rows[:, 0] + 0.4 * rows[:, 1]
        columns = (rows - rows.mean(axis=0)) / rows.std(axis=0)
        told.append(correlated._Company(columns, np.full(2, 300.0)).told(0, 1))
    seen = np.std([one.value for one in told])
    assert 0.6 < seen / np.sqrt(np.mean([one.standard_error**2 for one in told])) < 1.6


def test_words_that_came_together_a_few_times_may_come_apart():
    having = np.zeros((1000, 2))
    having[:8] = 1.0
    columns = (having - having.mean(axis=0)) / having.std(axis=0)
    assert correlated._Company(columns, having.sum(axis=0)).told(0, 1).low < 0.7


def test_p_values_of_few_refits_are_told_with_their_ends():
    one = sanity._of_chance(1.0, 20)
    assert (one.low, one.high) == (pytest.approx(0.025 ** (1 / 20)), 1.0)
    least = sanity._of_chance(1 / 21, 20)
    assert (least.low, least.high) == (0.0, pytest.approx(1 - 0.025 ** (1 / 20)))
    assert sanity._of_chance(2 / 21, 20, sides=2).high == pytest.approx(2 * least.high)


@pytest.mark.parametrize("rule", [lambda mask: float(mask.all()), lambda mask: float(mask.sum() % 2)])
def test_rules_without_effects_cost_no_more_rows_than_there_are_masks(rule):
    audit = limen.audit(explainer(asked=as_model(rule, WORDS), scale="raw"), TEXT)
    needed = audit.measure("cost.needed").value
    assert 0.0 < needed.low <= needed.value <= needed.high <= 2**14
    assert limen.Audit.from_json(audit.to_json()) == audit


def test_what_a_word_does_alone_is_off_by_what_its_effect_is():
    def at_x_only(mask):
        return 0.1 + 0.8 * (mask[0] if len(mask) - mask.sum() <= 1 else mask[1])

    found = [
        limen.audit(explainer(seed, as_model(at_x_only, WORDS[:10]), 300), " ".join(WORDS[:10]), target=1)
        for seed in range(12)
    ]
    values = [one.measure("width.alone").value for one in found]
    seen = np.std([one.value for one in values], ddof=1)
    assert 0.25 < seen / np.sqrt(np.mean([one.standard_error**2 for one in values])) < 2.0


def test_all_that_is_estimated_has_an_error(audits):
    rows = np.random.default_rng(0).normal(size=(200, 4))
    rows[:, 1] = rows[:, 0] + 0.2 * rows[:, 1]
    tables = limen.Explainer(
        lambda x: np.sin(x[:, 0]) + x[:, 2] * x[:, 3], limen.Table(rows), sampler=Ball(1.0), budget=100, scale="raw"
    )
    corpus = [" ".join(np.random.default_rng(k).choice(WORDS, 8)) for k in range(60)]
    asked = limen.audit(explainer(), TEXT, target=1, rows=2000, background=corpus)
    for audit in (audits[0], asked, limen.audit(tables, rows[0], rows=1000)):
        bare = {
            measure.name
            for finding in audit.findings
            for measure in finding.measures
            if not measure.value.standard_error and measure.value.value != 0.0
        }
        assert bare <= COUNTS | THESE | RUNS


def test_what_is_known_has_none(exact):
    for name in ("instability.spread", "instability.sign", "cost.needed", "width.alone"):
        assert exact.measure(name).value.standard_error == 0.0
    assert not unsure(stub(np.ones(2), np.ones(2), 2.5, Status.EXACT).explanation, np.arange(2)).any()


@pytest.mark.parametrize("degrees", [1.0, 2.0, 5.0, 20.0, 100.0, np.inf])
def test_degrees_are_read_off_intervals(degrees):
    from scipy.stats import t

    reach = float(t.ppf(0.975, min(degrees, 1e9)))
    found = unsure(stub(np.zeros(1), np.ones(1), reach).explanation, np.arange(1))
    assert found == pytest.approx([math.sqrt(0.5 / degrees)], rel=0.02, abs=1e-4)
