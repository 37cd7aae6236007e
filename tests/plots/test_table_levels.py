"""At which level the lines of a slice are drawn, and where the numbers of bars stand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import limen.plots
from limen.plots._slice import lines_of, slice_through

from ..table_records import make_table_explanation


def keys(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def several(explanation, answers):
    """The surface of a model with several classes: no one answer tells where it decides."""
    surface = dataclasses.replace(explanation.surfaces[0], answers=answers, margins=answers - 0.4, threshold=np.nan)
    return dataclasses.replace(explanation, surfaces=(surface,), prediction=0.99965)


def test_all_lines_are_those_of_one_level():
    explanation = make_table_explanation(surface=True, slopes=[0.5, 0.1, 0, 0], linear=True)
    sure = several(explanation, explanation.surfaces[0].answers)
    found = slice_through(sure, (0, 1))
    lines = lines_of(found)
    assert (lines.level, lines.decided) == (0.5, False)
    ax = limen.plots.surface(sure)
    assert keys(ax)[:2] == ["the model's answer of 0.5", "the line's answer of 0.5"]
    model = next(drawn for drawn in ax.collections if getattr(drawn, "levels", [1])[0] == 0 and len(drawn.levels) == 1)
    corners = np.concatenate([path.vertices for path in model.get_paths()])
    answers = 0.6 + (corners - found.origin) / found.instance.scales[:2] @ [0.5, 0.1]
    np.testing.assert_allclose(answers, 0.5, atol=0.01)


def test_what_nowhere_reaches_the_level_is_said():
    explanation = make_table_explanation(surface=True, slopes=[0.5, 0.1, 0, 0], linear=True)
    high = several(explanation, np.full_like(explanation.surfaces[0].answers, 0.999))
    assert keys(limen.plots.surface(high))[:2] == [
        "the model's answer of 0.5: nowhere here",
        "the line's answer of 0.5",
    ]
    flat = make_table_explanation(surface=True, slopes=[0, 0, 0, 0], linear=True)
    told = keys(limen.plots.surface(several(flat, explanation.surfaces[0].answers)))
    assert told[1] == "the line's answer of 0.5: nowhere here"
    assert not [key for key in told if key.endswith(" 1")]


@pytest.mark.parametrize("letters", [3, 30])
@pytest.mark.parametrize("lowest", [-1.0, -0.02])
def test_the_numbers_of_bars_do_not_touch_the_names(letters, lowest):
    numbers = {f"{'n' * letters}{k}": (1.0, 1.0, 0.0) for k in range(4)}
    slopes = [0.9, lowest, lowest, lowest]
    ax = limen.plots.bars(make_table_explanation(numbers, {}, slopes=slopes, errors=0.001))
    ax.figure.draw_without_rendering()
    edge = ax.get_window_extent().x0
    assert all(text.get_window_extent().x0 > edge + 2 for text in ax.texts)
