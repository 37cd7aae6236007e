"""A quadratic model has no secrets: whatever the width and the law, all its numbers are found."""

import numpy as np
import pytest

import limen
from limen.sampling import Ball, Boundary, Manifold
from tests.table_laws import background, explained

ROWS = background()
SDS = ROWS.std(axis=0)
X = ROWS[7] + 0.3 * SDS
BENT = np.array([[0.8, -0.01, 0.5, 0.0], [-0.01, 0.002, 0.03, 0.0], [0.5, 0.03, -1.5, 0.0], [0.0, 0.0, 0.0, 0.0]])
TILT = np.array([0.5, -0.03, 1.0, 0.0])


def quadratic(rows):
    return 3.0 + rows @ TILT + 0.5 * np.einsum("ni,ij,nj->n", rows, BENT, rows)


GRADIENT = TILT + BENT @ X
LAWS = [Ball(0.05), Ball(0.5), Ball(3.0), Ball(0.5, correlated=True), Manifold(), Boundary(level=0.0), None]


@pytest.fixture(params=LAWS, ids=repr, scope="module")
def explanation(request):
    return explained(quadratic, X, ROWS, sampler=request.param, surrogate=limen.Quadratic())


def test_the_hessian_is_the_model_s_own(explanation):
    per_unit, errors = explanation.hessian(per_unit=True)
    per_sd, _ = explanation.hessian()
    assert per_unit * np.outer(SDS, SDS) == pytest.approx(BENT * np.outer(SDS, SDS), abs=1e-7)
    assert per_sd == pytest.approx(BENT * np.outer(SDS, SDS), abs=1e-7)
    assert (errors * np.outer(SDS, SDS)).max() < 1e-7
    assert explanation.curvature.values == pytest.approx(np.diag(BENT) * SDS**2, abs=1e-7)
    assert (per_sd == per_sd.T).all()


def test_the_surrogate_s_own_slopes_are_the_gradient_at_the_row(explanation):
    assert explanation.surrogate.kind == "quadratic"
    assert explanation.surrogate.slopes.values == pytest.approx(GRADIENT * SDS, abs=1e-7)
    assert explanation.surrogate.intercept.value == pytest.approx(quadratic(X[None])[0], abs=1e-7)
    assert explanation.prediction == quadratic(X[None])[0]


def test_its_answers_are_the_model_s_everywhere(explanation):
    far = ROWS + 2.0 * SDS
    assert explanation.predict(explanation.instance.coordinates(far)) == pytest.approx(quadratic(far), abs=1e-5)
    assert explanation.predict(explanation.probes.points) == pytest.approx(explanation.probes.answers, abs=1e-6)
    assert explanation.fidelity.gap.value < 1e-8
    assert explanation.fidelity.quadratic.value == pytest.approx(1.0)


def test_an_unused_column_gets_nothing(explanation):
    assert abs(explanation.surrogate.slopes.values[3]) < 1e-8
    assert np.abs(explanation.hessian()[0][3]).max() < 1e-8
    assert abs(explanation.contributions.values[3]) < 1e-12


def test_its_axes_are_those_of_the_hessian(explanation):
    values, vectors = np.linalg.eigh(BENT * np.outer(SDS, SDS))
    order = np.argsort(-np.abs(values))
    assert explanation.axes.curvatures.values == pytest.approx(values[order], abs=1e-7)
    alike = np.abs((explanation.axes.directions * vectors[:, order].T).sum(axis=1))
    assert alike == pytest.approx(np.ones(4), abs=1e-6)


def test_slopes_per_unit_and_per_standard_deviation_are_one_number(explanation):
    per_unit, per_sd = explanation.slopes_per_unit, explanation.slopes_per_sd
    for name in ("values", "standard_errors", "low", "high"):
        assert getattr(per_unit, name) * SDS == pytest.approx(getattr(per_sd, name), rel=1e-12)
    assert (per_sd.values == explanation.effects.values).all()


@pytest.mark.parametrize("width", [0.05, 0.5, 3.0])
def test_under_a_ball_the_line_has_the_gradient_too(width):
    found = explained(quadratic, X, ROWS, sampler=Ball(width), surrogate=limen.Linear())
    assert found.effects.values == pytest.approx(GRADIENT * SDS, abs=1e-8)  # pairs u and -u: what bends cancels
    assert found.interactions is None
    with pytest.raises(limen.errors.InputError, match="no Hessian"):
        found.hessian()


def test_the_conic_of_the_boundary_is_the_model_s():
    found = explained(quadratic, X, ROWS, sampler=Boundary(level=2.0)).boundary
    assert found.found
    around = ROWS[:50]
    points = (around - X) / SDS
    assert found.quadratic_margin.at(points) == pytest.approx(quadratic(around) - 2.0, abs=1e-6)
    assert quadratic(found.point[None])[0] == pytest.approx(2.0, abs=0.02)
    assert found.quadratic.value == pytest.approx(1.0)


def test_auto_takes_the_line_for_a_line_and_the_quadratic_for_a_bend():
    line = explained(lambda rows: rows @ TILT, X, ROWS)
    assert line.surrogate.kind == "linear"
    assert line.effects.values == pytest.approx(TILT * SDS, abs=1e-8)
    bent = explained(quadratic, X, ROWS, sampler=Ball(1.0))
    assert bent.surrogate.kind == "quadratic"
    assert bent.fidelity.quadratic.value > bent.fidelity.linear.value + 0.02


def test_whole_numbers_have_their_slopes_per_unit():
    draw = np.random.default_rng(0)
    rows = np.column_stack([draw.integers(0, 60, 200), draw.integers(0, 9, 200)]).astype(float)
    found = explained(
        lambda a: 2 * a[:, 0] - a[:, 1] ** 2, rows[0], rows, sampler=Ball(0.5), surrogate=limen.Quadratic()
    )
    assert (found.probes.values == np.round(found.probes.values)).all()
    assert found.surrogate.slopes.values / rows.std(axis=0) == pytest.approx([2.0, -2 * rows[0, 1]], abs=1e-8)
    assert found.hessian(per_unit=True)[0] == pytest.approx(np.array([[0.0, 0.0], [0.0, -2.0]]), abs=1e-8)
