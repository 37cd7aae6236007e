"""The sheet of all pictures of a flow: one heading, a short title for each picture, and nothing said twice."""

from __future__ import annotations

import matplotlib as mpl
import matplotlib.style
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.text import Text

import limen.plots
from limen._errors import InputError
from tests.flows import CASES, make_flow


def titles(figure):
    return [ax.get_title(loc="left") for ax in figure.axes if ax.get_title(loc="left")]


def heading(figure):
    return "\n".join(text.get_text() for part in figure.subfigs for text in part.texts)


@pytest.mark.parametrize("name", CASES)
def test_any_flow_fits_on_a_sheet(name):
    flow = make_flow(**CASES[name])
    figure = limen.plots.sheet(flow)
    assert isinstance(figure, Figure)
    figure.set_dpi(40)
    figure.canvas.draw()
    assert not plt.get_fignums()
    expected = 3 + (len(flow.layers[flow.worst].paths) > 1) + (flow.heat is not None)
    assert len(titles(figure)) == len(set(titles(figure))) == expected
    assert not any(flow.layers[flow.worst].title in title for title in titles(figure))


def test_the_heading_tells_layer_verdict_and_causes_once():
    flow = make_flow(**CASES["exploding"])
    told = heading(limen.plots.sheet(flow))
    assert told.startswith(f"{flow.model}: {flow.layers[0].title}\n")
    assert told.lower().count("exploding") == 1
    assert all(cause.name.lower().replace("_", " ") in told for cause in flow.causes)
    shown = [text.get_text() for text in limen.plots.sheet(flow).findobj(Text)]
    assert sum(flow.layers[0].title in text for text in shown) == 1


def test_another_layer_is_drawn_without_the_verdict_and_heat_names_its_own():
    flow = make_flow(layers=3, heat=True)
    other = 1
    assert other not in (flow.worst, flow.heat.layer)
    figure = limen.plots.sheet(flow, layer=other)
    assert flow.layers[other].title in heading(figure)
    assert flow.verdict.name.lower() not in heading(figure).lower()
    assert any(flow.layers[flow.heat.layer].title in title for title in titles(figure))


def test_letters_can_be_read_on_dark_and_on_light():
    for style, light in (("default", False), ("dark_background", True)):
        with mpl.style.context(style):
            figure = limen.plots.sheet(make_flow())
        for text in figure.findobj(Text):
            if text.get_text() and text.get_visible():
                assert (sum(mpl.colors.to_rgb(text.get_color())) > 1.5) == light, text.get_text()


def test_what_is_no_flow_is_refused():
    with pytest.raises(InputError, match="flow is of type int, expected a GradientFlow"):
        limen.plots.sheet(3)
    with pytest.raises(InputError, match="layer is 7"):
        limen.plots.sheet(make_flow(), layer=7)
