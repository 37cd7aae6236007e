"""Unequal arms: mirrored with the answers, equal where scores are, and only where probes are independent draws."""

import numpy as np
import pytest

from limen._types import Design, Geometry
from limen.sampling import Uniform, stratified_masks
from limen.surrogates.features import Basis
from limen.surrogates.quadratic import fit_quadratic, folds_of
from limen.surrogates.skewness import sides


def drawn(n=400, d=3, seed=0):
    half = np.random.default_rng(seed).standard_normal((n // 2, d))
    points = np.stack([half, -half], axis=1).reshape(n, d)
    zeros = np.zeros(n, dtype=np.int64)
    return Design(points, np.full(n, 1 / n), zeros, np.arange(n) // 2, np.zeros(1), exact=False)


def arms(answers, design, basis):
    curve = fit_quadratic(answers[:, None], design, basis, None, folds_of(design))[0]
    return sides(curve, np.eye(len(curve.fit.coefficients)))


def test_the_mirrored_answers_have_mirrored_arms():
    design = drawn()
    basis, answers = Basis(np.zeros(3), np.ones(3, bool)), np.exp(design.points[:, 0])
    below, above = arms(answers, design, basis)
    other_below, other_above = arms(-answers, design, basis)
    assert other_below == pytest.approx(above)
    assert other_above == pytest.approx(below)
    square = 1 + 3 + 3  # after the constant, the slopes and the pairs
    assert above[square] > 1.2 * below[square]  # the rare far probes say that it bends more


def test_arms_are_those_of_student_where_scores_have_no_skewness():
    design = drawn(4000)
    noise = np.random.default_rng(1).standard_normal(4000)
    below, above = arms(noise, design, Basis(np.zeros(3), np.ones(3, bool)))
    assert below == pytest.approx(1.96, rel=0.08)
    assert above == pytest.approx(1.96, rel=0.08)


def test_units_of_the_answers_change_nothing():
    design = drawn()
    basis, answers = Basis(np.zeros(3), np.ones(3, bool)), np.sin(2 * design.points[:, 0]) + design.points[:, 1] ** 4
    for one, other in zip(arms(answers, design, basis), arms(1e6 * answers + 5.0, design, basis), strict=True):
        assert one == pytest.approx(other)


def test_masks_in_strata_keep_equal_arms():
    design = stratified_masks(Uniform(0.5).law(Geometry(9)), 300, np.random.default_rng(0))
    answers = design.points[:, 0] * design.points[:, 1] * 1.0
    assert arms(answers, design, Basis.of_masks(9)) is None
