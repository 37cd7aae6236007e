"""A model that answers data by one rule and probes by another (Slack et al. 2020), in miniature."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

import limen
from limen.results import Grade
from limen.sampling import Ball, Lime, Manifold

SENSITIVE, CHANCE = 3, 4


def people(generator, count):
    """Three columns that are nearly one, a sensitive one, and one of chance (count, 5)."""
    factor = generator.normal(size=(count, 1)) * [1.0, -1.0, 1.0] + 0.1 * generator.normal(size=(count, 3))
    return np.column_stack([factor, generator.normal(size=(count, 2))])


class Scaffold:
    """The sensitive column decides what a forest takes for data, the column of chance what it takes for probes."""

    def __init__(self, rows, generator):
        perturbed = np.repeat(rows, 5, axis=0)
        perturbed = perturbed + generator.normal(size=perturbed.shape) * rows.std(axis=0)
        labels = np.repeat([1, 0], [len(rows), len(perturbed)])
        self.forest = RandomForestClassifier(30, class_weight="balanced", min_samples_leaf=2, random_state=0)
        self.forest.fit(np.concatenate([rows, perturbed]), labels)

    def like_data(self, rows):
        return self.forest.predict_proba(rows)[:, 1] > 0.5

    def __call__(self, rows):
        answers = np.where(self.like_data(rows), rows[:, SENSITIVE], rows[:, CHANCE]) > 0
        return np.column_stack([1.0 - answers, answers])


GENERATOR = np.random.default_rng(17)
DATA, UNSEEN = people(GENERATOR, 400), people(GENERATOR, 40)
MODEL = Scaffold(DATA, GENERATOR)
JUDGED = [row for row in UNSEEN if MODEL.like_data(row[None])[0]][:4]


def asked(model, sampler):
    return limen.Explainer(model, limen.Table(DATA), sampler=sampler, budget=400, on_doubt="ignore")


def sizes(sampler):
    """Sizes of the effects (4, 5), a row for each row of JUDGED."""
    return np.array([np.abs(asked(MODEL, sampler)(row, target=1).effects.values) for row in JUDGED])


def test_the_attack_judges_people_by_the_sensitive_column():
    assert len(JUDGED) == 4
    assert MODEL.like_data(UNSEEN).mean() > 0.8


def test_probes_such_as_limes_are_fooled():
    assert (sizes(Lime()).argmax(axis=1) == CHANCE).all()


def test_the_manifold_is_not_fooled():
    found = sizes(Manifold())
    assert (found.argmax(axis=1) != CHANCE).all()
    assert (found[:, SENSITIVE] > 2.0 * found[:, CHANCE]).all()


def audited(model, row):
    return limen.audit(asked(model, Ball(1.0)), row, target=1, rows=800, checks="manipulation")["manipulation"]


def test_the_audit_raises_the_alarm():
    found = audited(MODEL, JUDGED[0])
    assert found.grade is Grade.BAD
    assert "Manifold" in found.remedy


@pytest.mark.parametrize("rule", [lambda rows: rows[:, SENSITIVE] > 0, lambda rows: rows[:, 0] * rows[:, 3] > 0.2])
def test_an_honest_forest_is_not_blamed(rule):
    honest = RandomForestClassifier(30, min_samples_leaf=3, random_state=0).fit(DATA, rule(DATA))
    assert audited(honest.predict_proba, UNSEEN[0]).grade is Grade.GOOD
