"""Explainer.with_surface: what a model answers in a slice through a row."""

from __future__ import annotations

import numpy as np
import pytest

import limen
from limen.errors import InputError
from limen.results import Explanation
from limen.sampling import Ball, Boundary

GENERATOR = np.random.default_rng(5)
BACKGROUND = np.column_stack([GENERATOR.normal(size=(60, 3)), GENERATOR.integers(0, 9, 60)])
TABLE = limen.Table(BACKGROUND)
X = BACKGROUND[0]


def circle(rows):
    inside = 1 / (1 + np.exp(-3 * (1 - rows[:, 0] ** 2 - rows[:, 1] ** 2 + 0.2 * rows[:, 2])))
    return np.column_stack([1 - inside, inside])


def explainer(model=circle, **settings):
    return limen.Explainer(model, TABLE, **{"sampler": Ball(0.5), "budget": 200, "on_doubt": "ignore", **settings})


def test_the_surface_is_what_the_model_answers_with_all_else_as_in_the_row():
    made = explainer()
    explanation = made(X, 1)
    found = made.with_surface(explanation, features=(0, 1), steps=9)
    (surface,) = found.surfaces
    rows = np.repeat(X[None], 81, axis=0)
    rows[:, 0], rows[:, 1] = np.repeat(surface.first, 9), np.tile(surface.second, 9)
    np.testing.assert_allclose(surface.answers.ravel(), circle(rows)[:, 1])
    np.testing.assert_allclose(surface.margins, surface.answers - 0.5)
    assert surface.threshold == 0.5
    assert found.cost.model_rows == explanation.cost.model_rows + 81
    assert explanation.surfaces == ()
    assert Explanation.from_json(found.to_json()) == found


def test_whole_numbers_are_asked_once_each():
    made = explainer()
    (surface,) = made.with_surface(made(X, 1), features=("column 3", "column 0"), steps=41).surfaces
    np.testing.assert_array_equal(surface.first, np.round(surface.first))
    assert len(surface.first) < 41
    assert len(surface.second) == 41


def test_a_new_surface_replaces_that_of_the_same_parts_alone():
    made = explainer()
    found = made.with_surface(made(X, 1), features=(0, 1), steps=5)
    found = made.with_surface(found, features=(0, 2), steps=5)
    found = made.with_surface(found, features=(1, 0), steps=7)
    assert [surface.features for surface in found.surfaces] == [(1, 0), (0, 2)]


def test_the_boundary_lies_where_the_margin_is_zero():
    made = explainer(sampler=Boundary())
    explanation = made(X, 1)
    (surface,) = made.with_surface(explanation, steps=15).surfaces
    assert surface.margins.min() < 0 < surface.margins.max()


def test_several_classes_have_a_margin_and_no_threshold():
    def three(rows):
        raw = np.exp(np.column_stack([rows[:, 0], rows[:, 1], rows[:, 2]]))
        return raw / raw.sum(axis=1, keepdims=True)

    made = explainer(three)
    (surface,) = made.with_surface(made(X, 0), features=(0, 1), steps=5).surfaces
    assert np.isnan(surface.threshold)
    assert np.isfinite(surface.margins).all()


def test_a_number_decides_nothing_without_a_level():
    made = explainer(lambda rows: rows[:, 0] * 2.0, scale="raw")
    assert np.isnan(made.with_surface(made(X), features=(0, 1), steps=5).surfaces[0].margins).all()
    made = explainer(lambda rows: rows[:, 0] * 2.0, scale="raw", sampler=Boundary(level=1.0))
    (surface,) = made.with_surface(made(X), features=(0, 1), steps=5).surfaces
    np.testing.assert_allclose(surface.margins, surface.answers - 1.0)


@pytest.mark.parametrize("steps", [2, 502, 4.0, True])
def test_wrong_steps(steps):
    made = explainer()
    with pytest.raises(InputError, match="steps is"):
        made.with_surface(made(X, 1), steps=steps)


def test_wrong_explanation_and_domain():
    made = explainer()
    with pytest.raises(InputError, match="explanation is of type str"):
        made.with_surface("x")
    with pytest.raises(InputError, match="domain of the Explainer"):
        limen.Explainer(circle).with_surface(made(X, 1))
    text = limen.explain(lambda texts: [[0.5, 0.5] for _ in texts], "a b c", on_doubt="ignore")
    with pytest.raises(InputError, match="of a text"):
        made.with_surface(text)
