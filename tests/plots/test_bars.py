from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

import limen.plots
from limen._errors import InputError
from limen.results import Doubt


def labels(ax):
    return [label.get_text() for label in ax.get_yticklabels()]


def test_largest_first_from_the_top(make_explanation):
    explanation = make_explanation()
    ax = limen.plots.bars(explanation)
    assert labels(ax) == ["channel", "visit", "Song", "our", "Christmas", "For"]
    assert ax.yaxis_inverted()
    widths = [bar.get_width() for bar in ax.patches]
    np.testing.assert_allclose(widths, explanation.effects.values[explanation.top()])


def test_whiskers_are_the_intervals(make_explanation):
    explanation = make_explanation()
    ax = limen.plots.bars(explanation)
    whiskers = [container.lines[2][0] for container in ax.containers if hasattr(container, "has_xerr")]
    ends = [whisker.get_segments()[0][:, 0] for whisker in whiskers]
    effects, order = explanation.effects, explanation.top()
    np.testing.assert_allclose(ends, np.stack([effects.low[order], effects.high[order]], axis=1))
    low, high = ax.get_xlim()
    assert low < np.min(ends)
    assert high > np.max(ends)


def test_exact_is_said_and_has_no_whiskers(make_explanation):
    ax = limen.plots.bars(make_explanation(standard_errors=0.0))
    assert "exact" in ax.get_xlabel()
    assert not [container for container in ax.containers if hasattr(container, "has_xerr")]
    assert "95 %" in limen.plots.bars(make_explanation()).get_xlabel()


def test_the_axis_names_target_and_scale(make_explanation):
    label = limen.plots.bars(make_explanation(target_name="ham", scale="log-odds")).get_xlabel()
    assert "ham" in label
    assert "log-odds" in label


def test_top_bounds_the_bars_and_the_rest_is_counted(make_explanation):
    explanation = make_explanation(" ".join(f"w{i}" for i in range(300)))
    ax = limen.plots.bars(explanation)
    assert len(labels(ax)) == 12
    assert "288" in ax.get_xlabel()
    assert len(labels(limen.plots.bars(explanation, top=np.int64(3)))) == 3
    assert "not shown" not in limen.plots.bars(make_explanation(), top=100).get_xlabel()


def test_signs_differ_without_colour(make_explanation):
    up, down = limen.plots.bars(make_explanation("a b", effects=[0.5, -0.4])).patches
    assert up.get_linestyle() != down.get_linestyle()
    assert up.get_facecolor()[3] == 1
    assert down.get_facecolor()[3] == 0


def test_doubts_travel_with_the_picture(make_explanation):
    assert "FLAT" in limen.plots.bars(make_explanation(doubts=[Doubt.FLAT])).get_title(loc="left")


@pytest.mark.parametrize("text", ["cost $5 and $x_1$ a_b \\frac", "今天 🎉 שלום مرحبا \x01 \ud800", "hello", "x" * 500])
@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_any_text_is_drawn_without_a_warning(make_explanation, tmp_path, text, kind):
    spans = [match.span() for match in re.finditer(r"\S+", text)]
    explanation = make_explanation(text, spans=spans, target_name=text[:30], doubts=[Doubt.FLAT])
    limen.plots.bars(explanation).figure.savefig(tmp_path / f"bars.{kind}")


def test_dollars_are_no_mathematics(make_explanation):
    ax = limen.plots.bars(make_explanation("$a_1$ b", spans=[(0, 5), (6, 7)], effects=[0.5, 0.1]))
    assert labels(ax)[0] == "$a_1$"
    assert not ax.get_yticklabels()[0].get_parse_math()


def test_given_axes_are_used_and_pyplot_is_left_alone(make_explanation):
    ax = Figure().subplots()
    assert limen.plots.bars(make_explanation(), ax=ax) is ax
    assert not plt.get_fignums()
    assert limen.plots.bars(make_explanation()).figure.number in plt.get_fignums()


@pytest.mark.parametrize("top", [0, -1, 2.0, "3", None, True])
def test_wrong_top(make_explanation, top):
    with pytest.raises(InputError, match=r"top is .*, expected an int of at least 1; leave it out"):
        limen.plots.bars(make_explanation(), top=top)


@pytest.mark.parametrize("draw", [limen.plots.bars, limen.plots.tokens])
def test_wrong_explanation_and_axes(make_explanation, draw):
    with pytest.raises(InputError, match=r"explanation is of type list, expected an Explanation; give"):
        draw([1])
    with pytest.raises(InputError, match=r"ax is of type ndarray, expected a matplotlib Axes or None; plt\.subplots"):
        draw(make_explanation(), ax=Figure().subplots(2))


def test_matplotlib_is_imported_when_a_picture_is_drawn():
    code = "import sys, limen.plots, limen.report; sys.exit('matplotlib' in sys.modules or 'jinja2' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
