"""Pictures of gradient flow: what is drawn are the numbers of the record."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text

import limen.plots
from limen._errors import InputError
from limen.results import Cause
from tests.flows import CASES, make_flow
from tests.remedies import make_remedies

FLOW_PICTURES = [limen.plots.gradient_norms, limen.plots.shares, limen.plots.factors, limen.plots.paths]
TEN = np.log(10)


def labelled(ax) -> dict[str, object]:
    return {line.get_label(): line for line in ax.lines}


def ticks(axis) -> list[str]:
    return [label.get_text() for label in axis.get_ticklabels()]


def drawn(ax) -> None:
    """Lay everything out and draw it; a warning is an error."""
    ax.figure.canvas.draw()


@pytest.mark.parametrize("name", CASES)
def test_any_flow_is_drawn_without_a_warning(name):
    flow = make_flow(**CASES[name])
    figure = Figure(figsize=(12, 10), dpi=40, layout="constrained")
    pictures = [*FLOW_PICTURES, *([limen.plots.heat] if flow.heat else [])]
    for place, picture in enumerate(pictures, start=1):
        ax = figure.add_subplot(3, 2, place)
        assert picture(flow, ax=ax) is ax
        assert sum(len(line.get_xdata()) for line in ax.lines) < 2500, "a long sequence is thinned"
    drawn(ax)
    assert not plt.get_fignums()


def test_the_norms_are_the_medians_in_powers_of_ten():
    flow = make_flow()
    ax = limen.plots.gradient_norms(flow)
    line = labelled(ax)["‖∂E_T/∂(h, c)_t‖ (median)"]
    layer = flow.layers[0]
    np.testing.assert_allclose(line.get_ydata(), np.median(layer.by_lag(layer.log_last), axis=1) / TEN)
    assert ticks(ax.yaxis)[0] == "10⁻¹⁵"
    band = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert band.min() == pytest.approx(layer.log_last.min() / TEN)
    assert band.max() == pytest.approx(layer.log_last.max() / TEN)


def test_the_horizon_is_where_it_was_measured():
    flow = make_flow()
    ax = limen.plots.gradient_norms(flow)
    middle = np.median(flow.layers[0].gradient_horizons)
    line = labelled(ax)["horizon 13 (12 … 14)"]
    assert set(line.get_xdata()) == {middle} == {13}
    assert not any("horizon" in label for label in labelled(limen.plots.gradient_norms(make_flow("healthy"))))


def test_the_level_is_three_powers_of_ten_below_the_start():
    lines = labelled(limen.plots.gradient_norms(make_flow()))
    start = lines["‖∂E_T/∂(h, c)_t‖ (median)"].get_ydata()[0]
    assert lines["a thousandth of lag 0"].get_ydata()[0] == pytest.approx(start - 3)


def test_the_floor_is_a_line_only_where_it_is_in_sight():
    ax = limen.plots.gradient_norms(make_flow(steps=300))
    assert labelled(ax)["below it float32 reads 0"].get_ydata()[0] == pytest.approx(-44.85, abs=0.01)
    for other in (make_flow(steps=60), make_flow(steps=300, dtype="float64")):
        assert not any("reads 0" in label for label in labelled(limen.plots.gradient_norms(other)))
    half = limen.plots.gradient_norms(make_flow(steps=60, dtype="torch.float16"))
    assert "below it float16 reads 0" in labelled(half)


def test_what_comes_through_time_is_told_apart_where_there_is_more():
    per_step = labelled(limen.plots.gradient_norms(make_flow(per_step=True)))
    assert {"‖∂L/∂h_t‖ (median)", "its part through time (median)"} <= per_step.keys()
    assert "‖∂L/∂h_t‖ (median)" not in labelled(limen.plots.gradient_norms(make_flow(cell="GRU")))


def test_lags_bound_what_is_shown():
    flow = make_flow(steps=10_000, samples=2)
    shown = limen.plots.gradient_norms(flow)
    assert 40 <= shown.get_xlim()[1] < 400
    assert "of 10,000" in shown.get_xlabel()
    assert limen.plots.gradient_norms(flow, lags=20).get_xlim() == (0, 19)
    assert limen.plots.gradient_norms(flow, lags=10**9).get_xlim() == (0, 9999)
    with pytest.raises(InputError, match=r"lags is 0, expected an int of at least 1; leave it out"):
        limen.plots.gradient_norms(flow, lags=0)
    assert "0 from lag 20 on" in limen.plots.gradient_norms(make_flow(zero_from=20)).get_xlabel()


@pytest.mark.parametrize("name", ["vanishing", "exploding", "lengths", "long", "long and healthy", "layers"])
def test_the_shaded_steps_hold_the_shares_and_there_is_one_scale(name):
    flow = make_flow(**CASES[name])
    for index, layer in enumerate(flow.layers):
        ax = limen.plots.shares(flow, layer=index)
        (span,) = (patch for patch in ax.patches if patch.get_label().startswith("95 % of it"))
        heights = [bar.get_height() for bar in ax.patches if bar is not span]
        assert len(heights) <= 120
        assert sum(heights) == pytest.approx(1, abs=0.06)
        assert ax.figure.axes == [ax]
        first, count = round(span.get_x() + 0.5), round(span.get_width())
        assert layer.shares[first : first + count].sum() == pytest.approx(1, abs=0.05)
        assert (first == 0) if layer.reverse else (first + count == len(layer.shares))
        fewer = layer.shares[first : first + count - 1] if layer.reverse else layer.shares[first + 1 : first + count]
        assert abs(fewer.sum() - 1) > 0.05
        plt.close(ax.figure)


def test_negative_shares_are_hollow():
    ax = limen.plots.shares(make_flow())
    for bar in ax.patches[:-1]:  # the last one is the shade
        assert (bar.get_facecolor()[3] == 1) == (bar.get_height() > 0)
    assert any(bar.get_height() < 0 for bar in ax.patches)


def test_the_two_factors_add_up_to_the_whole():
    ax = limen.plots.factors(make_flow(steps=2000, samples=2))
    whole, weights, saturation = (line.get_ydata() for line in ax.lines[:3])
    np.testing.assert_allclose(whole[1:], (weights + saturation)[1:], atol=1e-9)
    assert "1" in ticks(ax.yaxis), "no change is labelled"
    assert "=" in ax.get_ylabel()
    assert "means of" in ax.get_xlabel()


def test_the_ways_add_up_to_one():
    ax = limen.plots.paths(make_flow())
    total = sum(line.get_ydata() for line in ax.lines[:5])
    np.testing.assert_allclose(total, 1)
    many = make_flow()
    layer = many.layers[0]
    layer = dataclasses.replace(layer, paths=tuple("abcdefgh"), path_shares=np.full((60, 8), 1 / 8))
    assert "2 smaller not shown" in limen.plots.paths(dataclasses.replace(many, layers=(layer,))).get_ylabel()


def test_the_heat_map_shows_what_is_heard():
    flow = make_flow(heat=True)
    ax = limen.plots.heat(flow)
    values = ax.collections[0].get_array()
    np.testing.assert_allclose(values.compressed(), flow.heat.log_norms[np.isfinite(flow.heat.log_norms)] / TEN)
    assert values.mask.sum() == 60 * 59 / 2, "what no loss can hear is blank"
    assert ax.yaxis_inverted()
    (heard,) = (line for line in ax.lines if "thousandth" in line.get_label())
    assert (heard.get_xdata() <= heard.get_ydata()).all()


def test_a_flow_of_one_loss_has_no_heat_map():
    with pytest.raises(InputError, match=r"flow has no heat map, .*give limen\.gradient_flow a loss that"):
        limen.plots.heat(make_flow())


@pytest.mark.parametrize("picture", FLOW_PICTURES)
def test_lines_differ_without_colour(picture):
    ax = picture(make_flow(per_step=True))
    looks = [(str(line._unscaled_dash_pattern), line.get_linewidth()) for line in ax.lines]
    assert len(set(looks)) == len(looks)


@pytest.mark.parametrize("picture", [*FLOW_PICTURES, limen.plots.heat])
def test_dark_figures_have_light_letters(picture):
    with plt.style.context("dark_background"):
        ax = picture(make_flow(heat=True))
        axes = next(one for one in reversed(ax.figure.axes) if one.get_legend())
        letters = axes.get_legend().get_texts()
    assert min(sum(to_rgb(text.get_color())) for text in letters) > 2.5


@pytest.mark.parametrize("picture", FLOW_PICTURES)
def test_the_title_names_layer_verdict_and_causes(picture):
    flow = make_flow(causes=[Cause.CLIPPED], layers=2)
    assert picture(flow).get_title(loc="left") == "encoder.rnn LSTM, layer 1\nvanishing, also clipped"
    assert picture(flow, layer=1).get_title(loc="left") == "encoder.rnn LSTM, layer 2\nalso clipped"


@pytest.mark.parametrize("name", ["$x_1$ and $", "\\frac{1}{2}", "今天 🎉 שלום \x01", "x" * 500])
def test_hostile_names_are_drawn_as_they_are(tmp_path, name):
    flow = make_flow(name=name, heat=True)
    layer = dataclasses.replace(flow.layers[0], paths=(name, *flow.layers[0].paths[1:]))
    flow = dataclasses.replace(flow, layers=(layer,))
    for picture in (limen.plots.gradient_norms, limen.plots.paths):
        ax = picture(flow)
        given = [text for text in ax.findobj(Text) if name[:4] in text.get_text()]
        assert not any(text.get_parse_math() for text in given)
        assert given or "今" in name, "letters that no font has are boxes"
        ax.figure.savefig(tmp_path / "flow.svg")
    named = make_remedies(title=name, names=["as it is", name])
    limen.plots.remedies(named).figure.savefig(tmp_path / "remedies.png")


def test_remedies_are_bars_from_lag_one():
    remedies = make_remedies()
    ax = limen.plots.remedies(remedies)
    drawn(ax)
    assert ticks(ax.yaxis)[:2] == ["as it is", "forget bias 3 (best)"]
    ends = [bar.get_x() + bar.get_width() for bar in ax.patches]
    assert ends[0] == pytest.approx(14)
    assert ends[1] == pytest.approx(200), "a horizon beyond the sequence ends with it"
    assert ends[1:] == sorted(ends[1:], reverse=True)
    assert ax.patches[0].get_facecolor()[3] == 0
    assert ax.get_xscale() == "log"
    words = [text.get_text() for text in ax.texts]
    assert {"horizon", "factor", "never", "14 (12 … 16)"} <= set(words)


@pytest.mark.parametrize("picture", [*FLOW_PICTURES, limen.plots.heat])
def test_wrong_arguments_are_named(picture):
    with pytest.raises(InputError, match=r"flow is of type str, expected a GradientFlow; give what"):
        picture("flow")
    with pytest.raises(InputError, match=r"ax is of type ndarray, expected a matplotlib Axes or None"):
        picture(make_flow(heat=True), ax=Figure().subplots(2))
    if picture is not limen.plots.heat:
        for layer in (1, -1, True, 0.0, "0"):
            with pytest.raises(InputError, match=r"layer is .*, expected an int from 0 to 0"):
                picture(make_flow(), layer=layer)


def test_wrong_remedies_are_named():
    with pytest.raises(InputError, match=r"remedies is of type GradientFlow, expected a Remedies"):
        limen.plots.remedies(make_flow())
    with pytest.raises(InputError, match=r"ax is of type int"):
        limen.plots.remedies(make_remedies(), ax=3)
