"""What is shown of a GradientFlow's many numbers, whatever the flow."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from limen.results import GradientFlow, _ticks
from limen.results._flow_heat import cells, map_of, reach
from limen.results._flow_lags import (
    FALL,
    MOST,
    curve,
    first_zero,
    lag_shares,
    lags_shown,
    last_norms,
    means,
    medians,
    shares_over_time,
)
from limen.results._flow_words import from_log, signed_percent, steps_told
from tests.flows import CASES, make_flow


@pytest.fixture(params=CASES)
def flow(request) -> GradientFlow:
    return make_flow(**CASES[request.param])


@pytest.mark.parametrize("rows", [1, 2, MOST, MOST + 1, 10_000])
def test_a_thinned_curve_hides_no_extreme(rows):
    values = np.random.default_rng(rows).normal(size=(rows, 5))
    values[rows // 3, 2], values[rows // 2, 1] = 50, -50
    found = curve(values)
    assert len(found.places) == min(rows, MOST)
    assert found.places[0] == 0
    assert found.places[-1] == rows - 1
    assert found.low.min() == values.min()
    assert found.high.max() == values.max()
    assert np.array_equal(found.middle, np.median(values[found.places], axis=1))
    assert (found.low <= found.middle).all()
    assert (found.middle <= found.high).all()


def test_medians_leave_out_nan_and_keep_zeros():
    inf, nan = np.inf, np.nan
    rows = np.array([[1, 2, 9], [nan, 2, 4], [nan, nan, nan], [-inf, -inf, 3], [nan, -inf, -inf], [nan, -inf, 1]])
    assert np.array_equal(medians(rows), [2, 3, nan, -inf, -inf, -inf], equal_nan=True)


def test_zeros_begin_where_nothing_comes_after():
    inf, nan = np.inf, np.nan
    assert first_zero(np.array([1.0, -inf, 2, -inf, -inf])) == 3
    assert first_zero(np.array([1.0, -inf, -inf, nan])) == 1
    assert first_zero(np.array([1.0, -inf, 2.0])) is None
    assert first_zero(np.array([1.0, nan, nan])) is None
    assert first_zero(np.array([-inf, -inf])) == 0


def test_shares_sum_to_one_however_they_are_told(flow):
    for layer in flow.layers:
        if np.isnan(layer.shares).any():
            assert np.isnan(lag_shares(layer)).all()
            continue
        assert lag_shares(layer).sum() == pytest.approx(1)
        found = shares_over_time(layer, 120)
        assert len(found.sums) <= 120
        assert found.sums.sum() == pytest.approx(1, abs=0.05), "what is left out is next to nothing"
        first, last = found.most
        assert layer.shares[first : last + 1].sum() == pytest.approx(1, abs=0.05)
        assert found.first <= first <= last <= found.last


def test_lags_that_are_left_out_hold_no_gradient(flow):
    for layer in flow.layers:
        norms, shown = last_norms(layer), lags_shown(layer)
        assert 1 <= shown <= len(norms)
        with np.errstate(invalid="ignore"):
            left_out = norms[shown:] - norms[0]
        assert not (left_out[np.isfinite(left_out)] > FALL).any()


def test_means_of_stretches_leave_out_what_is_not_known():
    values = np.arange(1000.0)
    values[::2] = np.nan
    places, found = means(values[:, None], 100)
    assert len(places) == 100
    assert found[:, 0] == pytest.approx(places + 0.5)
    assert np.isnan(means(np.full((9, 1), -np.inf))[1]).all()


@pytest.mark.parametrize("log", [-3000.0, -700.5, -103.3, -7.0, -6.8, -1e-9, 0.0, 1.0, 6.9, 9.2, 88.0, 2999.0])
def test_numbers_are_read_back_from_their_logarithms(log):
    mantissa, _, exponent = from_log(log).partition("e")
    found = np.log(float(mantissa)) + float(exponent or 0) * np.log(10)
    assert found == pytest.approx(log, abs=0.06)
    assert len(from_log(log)) <= 9


def test_a_mantissa_is_never_ten():
    assert from_log(float(np.log(9.99e-5))) == "1.0e-04"


def test_shares_of_lags_are_means_over_the_samples_own():
    layer = make_flow(steps=3, samples=3, lengths=(1, 3, 2)).layers[0]
    shares = np.array([[1.0, 0.2, np.nan], [np.nan, 0.3, np.nan], [np.nan, 0.5, np.nan]])
    found = lag_shares(dataclasses.replace(layer, sample_shares=shares))
    assert found == pytest.approx([0.75, 0.15, 0.1]), "a sample without a gradient has no say"


def test_what_has_no_number_has_a_word():
    assert from_log(-np.inf) == "0"
    assert from_log(np.nan) == steps_told(np.nan) == "–"
    assert steps_told(np.inf, 14.0, np.inf) == "never (14 … never)"
    assert steps_told(12.5) == "12.5"
    told = [signed_percent(share).replace("\xa0", " ") for share in (0.5, -0.5, -1e-9, 1e-9)]
    assert told == ["+50.0 %", "−50.0 %", "0.0 %", "0.0 %"]


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0, 7), (3, 9999), (0, 99), (9960, 9999)])
def test_ticks_are_round_and_within(low, high):
    ticks = _ticks.whole(low, high)
    assert 1 <= len(ticks) <= 8
    assert all(low <= place <= high and float(text.replace(",", "")) == place for place, text in ticks)
    logs = _ticks.factors(np.log(0.5 + low), np.log(1 + high))
    assert len(logs) >= 1
    shares = _ticks.percents(-0.001 * high, 0.01 * high)
    assert all(float(text.rstrip(" %").replace("−", "-")) == pytest.approx(100 * place) for place, text in shares)
    assert any(place == 0 for place, _ in shares)


@pytest.mark.parametrize(("low", "high"), [(0.3, 1.2), (0.9, 1.05), (0.01, 40), (1e-9, 3), (0.99, 1.0)])
def test_a_factor_of_one_is_always_labelled(low, high):
    ticks = _ticks.factors(np.log(low), np.log(high))
    assert any(abs(place) < 1e-9 for place, _ in ticks)
    assert len(ticks) >= 2 or high - low < 0.05


def test_the_heat_map_is_thinned_by_its_largest():
    heat = make_flow("healthy", heat=True, steps=300).heat
    found = cells(map_of(heat, reverse=False), 40)
    assert found.values.shape == (40, 40)
    assert found.values.max() == pytest.approx(heat.log_norms.max() / np.log(10))
    for edges in (found.down, found.across):
        assert (np.diff(edges) > 0).all()
        assert (edges[0], edges[-1]) == (-0.5, 299.5)


@pytest.mark.parametrize("reverse", [False, True])
def test_a_thin_diagonal_is_drawn_by_lag(reverse):
    heat = make_flow(heat=True, steps=1000).heat
    if reverse:
        heat = dataclasses.replace(heat, log_norms=heat.log_norms[::-1, ::-1])
    chosen = np.array([5, 400, 994])
    some = dataclasses.replace(heat, steps=chosen, log_norms=heat.log_norms[chosen])
    found = map_of(some, reverse)
    assert found.by_lag
    for row, step in enumerate(chosen):
        own = heat.log_norms[step, step:] if reverse else heat.log_norms[step, step::-1]
        shown = found.values[row, : len(own)]
        assert np.array_equal(shown, own[: len(shown)])
        assert np.isneginf(found.values[row, len(own) :]).all(), "there is no state before the first"
    assert (found.heard <= 13).all()
    assert cells(found, 40).down == pytest.approx([4.5, 202.5, 697, 994.5])


def test_the_reach_is_where_a_thousandth_is_left():
    heat = make_flow(heat=True, steps=100).heat
    rate = np.log(0.58)
    expected = np.floor(FALL / rate)
    assert np.array_equal(reach(heat, reverse=False), np.maximum(np.arange(100) - expected, 0))
    turned = dataclasses.replace(heat, log_norms=heat.log_norms[::-1, ::-1])
    assert np.array_equal(reach(turned, reverse=True), np.minimum(np.arange(100) + expected, 99))
