"""Rows perturbed as explainers do, and what two kinds of rows tell of one another."""

from __future__ import annotations

import numpy as np
import pytest

import limen
from limen.trust._disagreement import Side, disagreements
from limen.trust._forged import mixed, moved, scattered

GENERATOR = np.random.default_rng(23)
STATES = np.eye(3)[GENERATOR.integers(3, size=300)]
DATA = np.column_stack([GENERATOR.normal(size=300), GENERATOR.integers(0, 9, 300), GENERATOR.random(300) < 0.3, STATES])


@pytest.fixture
def geometry():
    table = limen.Table(DATA)
    return table.geometry(table.parse(DATA[0]))


@pytest.mark.parametrize("forge", [scattered, mixed])
def test_states_are_those_of_the_background(geometry, forge):
    found = forge(geometry, geometry.background.copy(), np.random.default_rng(0))
    for part in (part for part in geometry.parts if part.kind == "flip"):
        known = {tuple(row) for row in geometry.background[:, list(part.columns)]}
        assert {tuple(row) for row in found[:, list(part.columns)]} <= known
    assert (found != geometry.background).any(axis=1).mean() > 0.9


def test_numbers_are_scattered_by_a_standard_deviation_and_mixed_with_values_that_exist(geometry):
    ordered = np.repeat(geometry.background[:1], 4000, axis=0)
    steps = (scattered(geometry, ordered, np.random.default_rng(0)) - ordered)[:, :2] / geometry.scales[:2]
    assert steps.std(axis=0) == pytest.approx(1.0, abs=0.05)
    found = mixed(geometry, geometry.background.copy(), np.random.default_rng(0))
    assert all(np.isin(found[:, column], geometry.background[:, column]).all() for column in range(found.shape[1]))
    assert len(np.unique(found[:, 0])) < len(np.unique(geometry.background[:, 0]))


def test_rows_are_moved_as_the_probes_are_from_x(geometry):
    probe = geometry.origin.copy()
    probe[0] += 2.0
    found = moved(np.tile(probe, (5, 1)), geometry, geometry.background.copy(), np.random.default_rng(0))
    assert np.sort(found[:, 0]) == pytest.approx(np.sort(geometry.background[:, 0] + 2.0))
    assert np.sort(found[:, 1:], axis=0) == pytest.approx(np.sort(geometry.background[:, 1:], axis=0))


def test_few_different_rows_have_as_many_centres():
    table = limen.Table(np.repeat([[0.0, 1.0, 5.0], [1.0, 0.0, 7.0]], 30, axis=0))
    geometry = table.geometry(table.parse([0.0, 1.0, 5.0]))
    assert mixed(geometry, geometry.background.copy(), np.random.default_rng(0)).shape == (60, 3)


def test_one_function_agrees_with_itself_and_two_do_not():
    generator = np.random.default_rng(1)
    first, second = generator.normal(size=(2, 150, 4))
    same = [Side(rows, rows, rows @ [1.0, -1.0, 0.5, 0.0]) for rows in (first, second)]
    other = Side(second, second, second @ [0.0, 0.0, 0.0, 2.0])
    agreed, disagreed = disagreements(same[0], [same[1], other], generator)
    assert agreed.value < 0.01
    assert disagreed.value > 0.6
    assert disagreed.low > 0.3
    flat = [Side(rows, rows, np.ones(150)) for rows in (first, second)]
    assert disagreements(flat[0], flat[1:], generator)[0].value == 0.0
