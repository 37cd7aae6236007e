"""What is right is not blamed, what is plainly wrong is not praised, and units do not matter."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import limen
from limen.errors import InputError
from limen.results import Grade, Status
from limen.sampling import Ball, Lime, Shapley, Uniform
from tests.games import as_model, words_of

ROWS = np.random.default_rng(0).normal(size=(300, 5))
SLOPES = np.arange(5.0)


def line(rows):
    return np.asarray(rows, dtype=float) @ SLOPES


def explainer(model, rows=ROWS, **options):
    return limen.Explainer(model, limen.Table(rows), scale="raw", budget=200, on_doubt="ignore", **options)


@pytest.mark.parametrize("unit", [1.0, 1e-12, 1e12])
def test_a_line_is_believed_whatever_is_asked(unit):
    found = limen.audit(explainer(lambda rows: unit * line(rows)), ROWS[0], rows=6000)
    assert found.rows > 400
    assert found.grade is Grade.GOOD, found.verdict


def test_other_seeds_look_through_the_same_window():
    asked = explainer(lambda rows: np.sin(rows @ (0.5 * SLOPES)))  # at 600 rows each draw chooses a width of its own
    asked = dataclasses.replace(asked, budget=600)
    found = [limen.audit(asked, row, rows=1200, checks="instability") for row in ROWS[:6]]
    assert np.median([one.measure("instability.seeds").value.value for one in found]) < 0.6


@pytest.mark.parametrize("sampler", [Lime(), Uniform(), Uniform(0.8)], ids=repr)
@pytest.mark.parametrize("d", [2, 3, 6, 20])
def test_a_sum_in_which_every_word_counts_does_not_jump(d, sampler):
    model = as_model(lambda mask: 0.1 + 0.8 * mask.mean(), words_of(d))
    asked = limen.Explainer(model, sampler=sampler, budget=200, on_doubt="ignore")
    found = limen.audit(asked, " ".join(words_of(d)), target=1)
    assert found.measure("manipulation.jump").value.value < 1e-6
    assert found.grade is Grade.GOOD, found.verdict


@pytest.mark.parametrize("near", [1, 2])
@pytest.mark.parametrize("budget", [500, 1100])
def test_a_rule_that_holds_nearly_at_x_only_is_not_believed(near, budget):
    words = words_of(10)

    def two_rules(mask):
        return 0.1 + 0.8 * (mask[0] if len(mask) - mask.sum() <= near else mask[1])

    asked = limen.Explainer(as_model(two_rules, words), budget=budget, on_doubt="ignore")
    found = limen.audit(asked, " ".join(words), target=1)
    assert (found.explanation.status is Status.EXACT) == (budget > 1024)
    assert found.measure("width.alone").grade is Grade.DOUBTFUL
    assert "w00" in found["width"].reason


def test_a_model_that_is_sure_is_not_taken_for_one_without_knowledge():
    from sklearn.linear_model import LogisticRegression

    labels = (ROWS[:, 0] + 0.1 * np.random.default_rng(1).normal(size=300) > 0).astype(int)
    model = LogisticRegression(C=100.0).fit(ROWS, labels)
    sure = ROWS[int(ROWS[:, 0].argmax())]
    asked = limen.Explainer(model, limen.Table(ROWS), sampler=Ball(0.5), budget=60, on_doubt="ignore")
    found = limen.audit(asked, sure, target=1, training=(ROWS, labels), checks="sanity")
    assert np.abs(found.explanation.effects.values).max() < 0.01
    assert found.measure("sanity.shuffled").grade is Grade.GOOD


@pytest.mark.parametrize("unit", [1.0, 1e-6, 1e6])
@pytest.mark.parametrize(("noise", "grade"), [(1e-3, Grade.GOOD), (4.0, Grade.BAD)])
def test_noise_is_measured_by_the_effects_whatever_the_unit(unit, noise, grade):
    generator = np.random.default_rng(0)
    found = limen.audit(
        explainer(lambda rows: unit * (line(rows) + noise * generator.normal(size=len(rows))), sampler=Ball(1.0)),
        ROWS[0],
        checks="instability",
    )
    assert found.measure("instability.noise").grade is grade


def test_a_model_that_is_flat_has_nothing_unstable():
    found = limen.audit(
        limen.Explainer(lambda texts: [0.3] * len(texts), on_doubt="ignore", budget=60), "a b c d e f g"
    )
    assert found["instability"].grade is Grade.NOT_APPLICABLE
    assert found.grade is not Grade.BAD


@pytest.mark.parametrize("unit", [1.0, 1e-13, 1e13])
def test_two_faces_are_seen_in_any_unit(unit):
    generator = np.random.default_rng(0)
    rows = generator.normal(size=(400, 2)) @ generator.normal(size=(2, 5)) + 0.15 * generator.normal(size=(400, 5))
    plane = np.linalg.svd(rows - rows.mean(0), full_matrices=False)[2][2:]

    def forged(asked):
        far = (((asked - rows.mean(0)) @ plane.T) ** 2).sum(axis=1) > 0.225
        return unit * np.where(far, asked[:, 0], asked[:, 1])

    found = limen.audit(explainer(forged, rows, sampler=Ball(1.0)), rows[0], rows=900, checks="manipulation")
    assert found["manipulation"].grade is Grade.BAD


def test_nothing_is_read_from_ranks_of_few_columns():
    import torch

    net = torch.nn.Linear(2, 1).double()
    found = limen.audit(explainer(net, ROWS[:, :2]), ROWS[0, :2], rows=2000, checks="sanity")
    assert not [one for one in found["sanity"].measures if one.name == "sanity.weights"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"checks": 5}, "checks is 5"),
        ({"limits": {"leak.ignored": "12"}}, "expected two numbers"),
        ({"background": limen.Table(ROWS[:, :3])}, "background has 3 columns"),
    ],
)
def test_what_does_not_fit_is_told(options, told):
    with pytest.raises(InputError, match=told):
        limen.audit(explainer(line), ROWS[0], **options)


def test_numbers_of_numpy_are_numbers():
    assert limen.audit(explainer(line), ROWS[0], rows=np.int64(300), seed=np.int64(3)).allowed == 300


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"model": as_model(lambda mask: 0.9 - 0.5 * mask.mean(), words_of(8))}, "answers x by 0.4"),
        ({"sampler": Uniform()}, "explainer asks by"),
    ],
)
def test_an_explainer_that_did_not_make_the_explanation_is_told(other, told):
    words = words_of(8)
    asked = limen.Explainer(as_model(lambda mask: 0.1 + 0.8 * mask.mean(), words), budget=60, on_doubt="ignore")
    found = limen.audit(asked(" ".join(words), 1), explainer=dataclasses.replace(asked, **other), rows=500)
    assert told in found["instability"].reason


def test_a_ball_that_follows_the_correlations_is_asked_again_as_it_was():
    generator = np.random.default_rng(0)
    rows = generator.normal(size=(400, 4)) @ np.linalg.cholesky(np.full((4, 4), 0.9) + 0.1 * np.eye(4)).T

    def bent(asked):
        u = asked - rows[0]
        return u[:, 0] ** 2 * u[:, 1] - u[:, 1] * u[:, 2] * u[:, 3] + asked @ [0.5, 1, 0.3, 0.2]

    asked = dataclasses.replace(explainer(bent, rows, sampler=Ball(1.0, correlated=True)), budget=2000)
    found = limen.audit(asked, rows[0], rows=6000, checks="instability")
    assert found.measure("instability.seeds").grade is Grade.GOOD


def test_two_words_that_are_nearly_a_sum_are_believed():
    model = as_model(lambda mask: 0.1 + 0.3 * mask[0] + 0.3 * mask[1] + 0.02 * mask[0] * mask[1], words_of(2))
    found = limen.audit(limen.Explainer(model, on_doubt="ignore"), "w00 w01", target=1)
    assert found.grade is Grade.GOOD, found.verdict


def test_pairs_that_are_shown_are_not_missed():
    model = as_model(lambda mask: 0.1 + 0.6 * mask[0] * mask[1] + 0.2 * mask[2], words_of(3))
    asked = limen.Explainer(model, sampler=Shapley(), surrogate=limen.Quadratic(), on_doubt="ignore")
    found = limen.audit(asked, "w00 w01 w02", target=1)
    assert found.measure("width.alone").value.value < 1e-6


def test_other_parts_and_training_that_is_no_pair_are_told():
    model = as_model(lambda mask: 0.1 + 0.8 * mask.mean(), words_of(8))
    text = " ".join(words_of(4)) + ". " + " ".join(words_of(8)[4:]) + "."
    asked = limen.Explainer(model, limen.Text(units="words"), budget=60, on_doubt="ignore")
    other = dataclasses.replace(asked, domain=limen.Text(units="sentences"))
    found = limen.audit(asked(text, 1), explainer=other, rows=1000, checks="instability")
    assert "other parts" in found["instability"].reason
    with pytest.raises(InputError, match="training is of type ndarray, expected a pair"):
        limen.audit(explainer(line), ROWS[0], training=ROWS)
