"""Contributions hold what they say, over columns, curves and places of steps, and say it closely of smooth curves."""

import numpy as np
import pytest

from limen._between import ENOUGH_FOR_A_CUBIC, Bent, between
from limen._contributions import Reference, Swaps, swaps_of
from tests.geometries import geometry_of
from tests.table_laws import covers

SMOOTH = {
    "line": lambda v: v,
    "parabola": lambda v: (v - 0.4) ** 2,
    "exponential": lambda v: np.exp(v),
    "logistic": lambda v: 1 / (1 + np.exp(-2 * v)),
    "wave": lambda v: np.sin(2 * v),
}
STEPPED = {
    "step": lambda v: (v > 0.3) * 1.0,
    "stairs": lambda v: np.floor(2.3 * v),
    "hidden stairs": lambda v: np.floor(6 * v),
    "forest": lambda v: (v[..., None] > np.linspace(-2, 2, 30)) @ np.sin(7.0 * np.arange(30)),
}
COLUMNS = {
    "normal": lambda v: v,
    "skewed": lambda v: np.exp(0.7 * v),
    "whole numbers": lambda v: np.round(8 * v) / 8,
}
NORMAL = np.random.default_rng(7).normal(size=400)
HOSTILE = {
    "long tail": lambda draw: np.exp(draw.normal(size=400)),
    "longer tail": lambda draw: np.exp(2.0 * draw.normal(size=400)),
    "two crowds": lambda draw: draw.normal(size=400) + 100.0 * (draw.random(400) < 0.5),
    "an outlier": lambda draw: np.append(1e9, draw.normal(size=399)),
    "a heap": lambda draw: np.round(draw.exponential(size=400) * (draw.random(400) < 0.5), 1),
}


def found(curve, column, budget, draw):
    """Contributions of a column (N) that were asked for at a random place of the curve; and the truth."""
    values, shift = column(draw.normal(size=250)), draw.normal(scale=0.5)
    geometry = geometry_of(values[:, None], [0.2], ["real"])
    swaps = swaps_of(geometry, budget, draw, Reference())
    assert len(swaps.values) <= budget // 4
    got = swaps.contributions(curve(swaps.values[:, 0] + shift), float(curve(np.array(0.2 + shift))), 1)
    return got, curve(np.array(0.2 + shift)) - curve(values + shift).mean(), np.std(curve(values + shift))


@pytest.mark.parametrize("curve", STEPPED.values(), ids=STEPPED)
@pytest.mark.parametrize("column", COLUMNS.values(), ids=COLUMNS)
@pytest.mark.parametrize("budget", [30, 64])
def test_intervals_hold_steps_wherever_they_are(curve, column, budget):
    draw = np.random.default_rng(4)
    hits = [covers(*found(curve, column, budget, draw)[:2])[0] for _ in range(60)]
    assert np.mean(hits) >= 0.90


def test_intervals_of_steps_are_no_wider_than_they_must_be():
    draw = np.random.default_rng(5)
    every = [(curve, column) for curve in STEPPED.values() for column in COLUMNS.values()] * 20
    hits = [covers(*found(curve, column, 64, draw)[:2])[0] for curve, column in every]
    assert 0.93 <= np.mean(hits) <= 0.99


@pytest.mark.parametrize("curve", SMOOTH.values(), ids=SMOOTH)
@pytest.mark.parametrize("column", [COLUMNS["normal"], COLUMNS["whole numbers"]], ids=["normal", "whole numbers"])
def test_intervals_of_smooth_curves_are_narrow_and_hold(curve, column):
    draw, hits, widths = np.random.default_rng(6), [], []
    for _ in range(40):
        got, truth, spread = found(curve, column, 64, draw)
        hits.append(covers(got, truth)[0])
        widths.append((got.high[0] - got.low[0]) / 2 / spread)
    assert np.mean(hits) >= 0.93
    assert np.median(widths) <= 0.06  # a step anywhere would ask for .15 to .4


@pytest.mark.parametrize("column", [*COLUMNS.values(), *HOSTILE.values()], ids=[*COLUMNS, *HOSTILE])
@pytest.mark.parametrize("budget", [17, 33, 65])
def test_a_lone_step_may_be_anywhere_between_two_numbers(column, budget):
    values = column(np.random.default_rng(7)) if column in HOSTILE.values() else column(NORMAL)
    swaps = swaps_of(geometry_of(values[:, None], [values[9]], ["real"]), budget, np.random.default_rng(0), Reference())
    assert np.any(swaps.gaps[1] > 0)
    for place in np.unique(values):
        got = swaps.contributions((swaps.values[:, 0] > place) * 1.0, float(values[9] > place), 1)
        assert covers(got, (values[9] > place) - np.mean(values > place))[0], place


@pytest.mark.parametrize("k", [8, 16])
def test_a_value_lies_within_its_interval(k):
    """Though half of each gap is more than the curve gives, because its numbers crowd just behind the node before."""
    numbers = (np.arange(k)[:, None] + np.append(0.0, np.linspace(1e-3, 1e-2, 20))).ravel()
    nodes = np.append(np.arange(k - 1.0), numbers[-1])
    weights, gaps = between(nodes, numbers, np.ones(len(numbers), dtype=np.int64))
    swaps = Swaps(nodes[:, None], np.zeros(k, dtype=np.int64), weights, gaps, np.zeros(k, dtype=np.bool_))
    answers = np.cumsum(np.where(np.arange(k) % 2, 1.0, 3.0))
    got = swaps.contributions(answers, 0.0, 1)
    assert got.low[0] <= got.values[0] <= got.high[0]
    shift = Bent.of(answers, gaps).shifts.sum()
    assert got.standard_errors[0] >= shift > (got.high[0] - got.low[0]) / 3


def test_where_no_answer_could_tell_a_step_from_a_line_it_is_allowed_for():
    values = HOSTILE["an outlier"](np.random.default_rng(7))
    swaps = swaps_of(geometry_of(values[:, None], [0.2], ["real"]), 33, np.random.default_rng(0), Reference())
    line = swaps.contributions(swaps.values[:, 0], 0.2, 1)
    beyond = np.mean((values > swaps.values[-2, 0]) & (values < 1e9))
    assert line.values[0] == pytest.approx(0.2 - values.mean())
    assert line.low[0] <= 0.2 - 1e9 * (beyond + 1 / 400)


@pytest.mark.parametrize("size", [1e-320, 1e-160, 1e99])
@pytest.mark.parametrize("unit", [1e-200, 1.0, 1e150])
def test_units_of_columns_and_answers_do_not_matter(size, unit):
    """Squares and products of slopes would leave floating point."""
    got = []
    for numbers, answer in ((1.0, 1.0), (size, unit)):
        values = np.arange(-150.0, 150.0)[:, None] * numbers
        swaps = swaps_of(geometry_of(values, values[70], ["real"]), 64, np.random.default_rng(0), Reference())
        told = swaps.contributions(answer * np.sin(swaps.values[:, 0] / numbers / 50.0), answer, 1)
        got.append(np.concatenate([told.values, told.standard_errors, told.low, told.high]) / answer)
    assert got[1] == pytest.approx(got[0], rel=1e-6)


def test_a_curve_that_was_asked_everywhere_is_exact():
    values = np.repeat(np.arange(6.0), 20)
    swaps = swaps_of(geometry_of(values[:, None], [2.0], ["real"]), 64, np.random.default_rng(0), Reference())
    got = swaps.contributions(np.sin(swaps.values[:, 0]), np.sin(2.0), 1)
    assert got.standard_errors[0] == 0.0
    assert got.values[0] == pytest.approx(np.sin(2.0) - np.sin(values).mean())


def nodes_of(k, seed=0):
    """Numbers, of which some were asked, and what is known of those."""
    numbers = np.sort(np.random.default_rng(seed).normal(size=200))
    nodes = numbers[np.linspace(0, 199, k).astype(int)]
    return numbers, nodes, *between(nodes, numbers, np.ones(200, dtype=np.int64))


@pytest.mark.parametrize(("power", "k"), [(1, 4), (1, ENOUGH_FOR_A_CUBIC), (2, ENOUGH_FOR_A_CUBIC)])
def test_polynomials_have_their_mean_and_surprise_nobody(power, k):
    numbers, nodes, weights, gaps = nodes_of(k)
    bent = Bent.of((nodes + 4.0) ** power, gaps)
    assert weights @ (nodes + 4.0) ** power + bent.lifted.sum() == pytest.approx(np.mean((numbers + 4.0) ** power))
    change = np.diff((nodes + 4.0) ** power, append=0.0)
    stairs = np.hypot(change * gaps[1], change * gaps[2] - bent.lifted) / k  # that nobody sees
    assert bent.steps[:-1] == pytest.approx(stairs[:-1])
    assert bent.shifts == pytest.approx(0.0)


def test_a_lone_step_is_seen_in_its_gap_alone():
    _, nodes, _, gaps = nodes_of(10)
    bent = Bent.of((nodes > nodes[4] + 1e-9) * 1.0, gaps)
    assert bent.steps[4] == pytest.approx(gaps[1, 4])
    assert bent.lifted[4] + bent.shifts[4] == pytest.approx(gaps[2, 4])  # half the share of the column there
    assert np.delete(bent.steps, 4) == pytest.approx(0.0)
    assert np.delete(bent.shifts, 4) == pytest.approx(0.0)


def test_a_step_is_allowed_wherever_rows_are_though_most_numbers_lie_at_the_middle():
    counts = np.array([1, 50, *[1] * 30, 50, 1, 1, 1])
    numbers = np.arange(len(counts)) / 10.0
    _, gaps = between(numbers[[0, -3, -2, -1]], numbers, counts)
    assert gaps[1, 0] >= 130 / counts.sum() / np.sqrt(12.0)


def test_numbers_that_are_next_to_nothing_beside_the_largest():
    numbers = np.append(np.arange(20) * 1e-300, 1e100)
    weights, gaps = between(numbers[[0, 3, 6, 12, 20]], numbers, np.ones(21, dtype=np.int64))
    assert np.isfinite(gaps).all()
    assert weights.sum() == pytest.approx(1.0)


def test_columns_know_nothing_of_one_another():
    one, other = (nodes_of(k, seed)[1::2] for k, seed in ((10, 1), (7, 2)))
    alone = [Bent.of(np.sin(2 * nodes), gaps) for nodes, gaps in (one, other)]
    both = Bent.of(np.sin(2 * np.concatenate([one[0], other[0]])), np.concatenate([one[1], other[1]], axis=1))
    for name in ("lifted", "shifts", "unsure", "steps"):
        assert getattr(both, name) == pytest.approx(np.concatenate([getattr(single, name) for single in alone]))


def test_contributions_of_many_states():
    draw = np.random.default_rng(5)
    rows = np.floor(draw.exponential(12.0, size=(400, 1)))
    geometry, sizes = geometry_of(rows, rows[0], ["flip"]), draw.normal(size=200)
    truth = sizes[int(rows[0, 0])] - sizes[rows[:, 0].astype(int)].mean()
    hits = []
    for seed in range(150):
        swaps = swaps_of(geometry, 100, np.random.default_rng(seed), Reference())
        assert swaps.weights.sum() == pytest.approx(1.0)
        answers = sizes[swaps.values[:, 0].astype(int)]
        hits.append(covers(swaps.contributions(answers, sizes[int(rows[0, 0])], 1), truth)[0])
    assert np.mean(hits) >= 0.92
