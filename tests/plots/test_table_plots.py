"""Pictures of a table row: bars of each kind, the slice, the widths, the Hessian."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

import limen.plots
from limen._errors import InputError
from limen.plots._slice import lines_of, slice_through
from limen.results import Doubt, Estimates

from ..pages import HOSTILE
from ..table_records import EDGES, hostile, make_table_explanation

FULL = {"boundary": True, "path": True, "surface": True}
NAMES = [HOSTILE, "cost $5 $x_1$ \\frac\nnew line", "今天 🎉 שלום مرحبا \x01 \ud800", "x" * 300]


def labels(ax):
    return [label.get_text() for label in ax.get_yticklabels()]


def keys(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def widths(ax):
    return [bar.get_width() for bar in ax.patches]


def test_bars_show_contributions_with_values_by_default():
    explanation = make_table_explanation(slopes=[0.1, -0.3, 0.05, 0.2])
    ax = limen.plots.bars(explanation)
    assert labels(ax) == ["hours = 50", "job = clerk", "age = 41", "income = 41,200"]
    np.testing.assert_allclose(widths(ax), explanation.contributions.values[[1, 3, 0, 2]])
    assert "contribution to >50K" in ax.get_xlabel()


@pytest.mark.parametrize("kind", ["slope per standard deviation", "slope per unit", "curvature"])
def test_bars_show_one_kind_and_say_what_has_none(kind):
    explanation = make_table_explanation(constant=("country",))
    ax = limen.plots.bars(explanation, kind=kind)
    assert {name.split(" = ")[0] for name in labels(ax)} == {"age", "hours", "income"}
    assert kind.split()[0] in ax.get_xlabel()
    assert f"no {kind.split()[0]}: job" in ax.get_xlabel()
    assert "never changed: country" in ax.get_xlabel()


def test_bars_of_slopes_per_unit_are_those_per_deviation_over_the_deviation():
    explanation = make_table_explanation({"a": (1.0, 4.0, 0.0)}, {}, slopes=[0.8])
    assert widths(limen.plots.bars(explanation, kind="slope per unit")) == pytest.approx([0.2])
    assert widths(limen.plots.bars(explanation, kind="slope per standard deviation")) == pytest.approx([0.8])


def test_bars_of_categories_kept():
    assert labels(limen.plots.bars(make_table_explanation(), kind="kept as it is")) == ["job = clerk"]
    with pytest.raises(InputError, match="no part of this row has one"):
        limen.plots.bars(make_table_explanation(categories={}), kind="kept as it is")


def test_bars_of_a_text_have_effects_alone(make_explanation):
    same = limen.plots.bars(make_explanation(), kind="effect")
    assert same.get_xlabel() == limen.plots.bars(make_explanation()).get_xlabel()
    with pytest.raises(InputError, match="kind is 'contribution'"):
        limen.plots.bars(make_explanation(), kind="contribution")


def test_a_row_has_no_text_to_shade():
    with pytest.raises(InputError, match=r"plots\.bars"):
        limen.plots.tokens(make_table_explanation())


def test_the_recorded_surface_is_drawn_with_its_boundary():
    explanation = make_table_explanation(surface=True, boundary=True, slopes=[0.5, 0.1, 0, 0], linear=True)
    ax = limen.plots.surface(explanation)
    assert keys(ax)[:2] == ["the model's boundary", "the line's boundary"]
    assert "not recorded" not in ax.get_title(loc="left")
    (low, high), surface = ax.get_xlim(), explanation.surfaces[0]
    assert (low, high) == (surface.first[0], surface.first[-1])


def test_the_surface_turns_with_its_features():
    explanation = make_table_explanation(surface=True)
    ax = limen.plots.surface(explanation, features=("hours", "age"))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("hours", "age")
    assert "not recorded" not in ax.get_title(loc="left")
    assert ax.get_xlim() == (explanation.surfaces[0].second[0], explanation.surfaces[0].second[-1])


def test_the_lines_are_drawn_where_the_surrogates_say():
    numbers = {"a": (0.0, 2.0, 0.0), "b": (0.0, 1.0, 0.0)}
    explanation = make_table_explanation(numbers, {}, slopes=[0.2, 0.0], hessian=np.diag([-0.4, 0.0]))
    found = slice_through(explanation, (0, 1))
    points = found.coordinates(np.array([[-1.0, 0.3], [-1.0, -2.0], [1.0, 0.0]]))
    lines = lines_of(found)  # 0.6 + 0.2 z is 0.5 at z = a / 2 = -0.5; the quadratic takes 0.2 z²
    assert lines.level == 0.5
    np.testing.assert_allclose(lines.linear(points), [0.0, 0.0, 0.2], atol=1e-12)
    np.testing.assert_allclose(lines.quadratic(points), [-0.05, -0.05, 0.15], atol=1e-12)
    assert "the line's answer of 0.5" in keys(limen.plots.surface(explanation))


def test_two_parts_are_drawn_from_the_probes():
    ax = limen.plots.surface(make_table_explanation({"a": (0.0, 1.0, 0.0), "b": (0.0, 1.0, 0.0)}, {}))
    assert "from those to the probes" in ax.get_title(loc="left")


def test_more_parts_say_how_to_record_the_surface():
    ax = limen.plots.surface(make_table_explanation(), features=("age", "income"))
    told = " ".join(ax.get_title(loc="left").split())
    assert "not recorded" in told
    assert "explainer.with_surface(explanation, features=('age', 'income'))" in told


def test_probes_far_from_the_slice_are_small():
    explanation = make_table_explanation()
    ax = limen.plots.surface(explanation, features=("age", "hours"))
    dots = [drawn for drawn in ax.collections if not hasattr(drawn, "levels")]
    places = np.concatenate([drawn.get_offsets() for drawn in dots])
    sizes = np.concatenate([drawn.get_sizes() for drawn in dots])
    away = {
        tuple(row[:2]): abs(point[2]) + (point[3] == 0)
        for row, point in zip(explanation.probes.values, explanation.probes.points, strict=True)
    }
    distances = np.array([away[tuple(place)] for place in places])
    assert sizes[distances < 0.2].mean() > 1.3 * sizes[distances > 1.0].mean()


def test_sides_and_the_flip_are_in_the_key():
    ax = limen.plots.surface(make_table_explanation(boundary=True))
    assert {"probes that answer above 0.5", "probes at or below 0.5", "nearest flip", "the row"} <= set(keys(ax))


def test_the_sides_of_a_margin_are_not_told_by_answers():
    explanation = make_table_explanation(boundary=True)
    margin = dataclasses.replace(explanation.boundary.line_margin, slopes=2 * explanation.effects.values + 0.1)
    several = dataclasses.replace(
        explanation, boundary=dataclasses.replace(explanation.boundary, line_margin=margin, threshold=0.0)
    )
    assert "probes" in keys(limen.plots.surface(several))


def test_the_path_marks_the_width_that_was_taken():
    ax = limen.plots.path(make_table_explanation(path=True))
    ticks = [label.get_text() for label in ax.get_xticklabels()]
    assert [tick.endswith("taken") for tick in ticks] == [False, False, True, False]
    assert ticks[2].startswith("0.5\n61 rows")
    assert "within 0.05 of the best" in " ".join(ax.get_title(loc="left").split())
    assert ax.get_ylim()[0] >= -0.6, "R² of -3 is drawn at the edge"
    with pytest.raises(InputError, match="has no path"):
        limen.plots.path(make_table_explanation())


def test_pairs_hold_the_hessian_with_signs_and_frames():
    hessian = np.array([[0.4, -0.3, 0.0], [-0.3, 0.0, 0.01], [0.0, 0.01, 0.0]])
    explanation = make_table_explanation({"a": (0, 1, 0), "b": (0, 1, 0)}, {"c": "xy"}, hessian=hessian, errors=0.05)
    ax = limen.plots.pairs(explanation)
    told = {text.get_position(): text.get_text() for text in ax.texts}
    assert told[(0, 0)] == "+0.400"
    assert told[(1, 0)] == told[(0, 1)] == "−0.300"
    assert told[(2, 2)] == ""
    bold = {text.get_position() for text in ax.texts if text.get_weight() == "bold"}
    assert bold == {(0, 0), (1, 0), (0, 1)}


def test_pairs_show_the_largest_and_count_the_rest():
    ax = limen.plots.pairs(make_table_explanation(**EDGES["128 parts"]), top=4)
    assert len(labels(ax)) == 4
    assert "124" in ax.get_title(loc="left")
    with pytest.raises(InputError, match=r"limen\.Quadratic"):
        limen.plots.pairs(make_table_explanation(linear=True))
    with pytest.raises(InputError, match="top is 0"):
        limen.plots.pairs(make_table_explanation(), top=0)


def test_pairs_of_a_text_have_an_empty_diagonal(make_explanation):
    ax = limen.plots.pairs(make_explanation("a b", pairs={(0, 1): (0.3, 0.02)}))
    assert {text.get_text() for text in ax.texts} == {"", "+0.300"}


@pytest.mark.parametrize(("name", "style"), list(zip(NAMES, ["default", "dark_background"] * 2, strict=True)))
def test_any_name_is_drawn_without_a_warning(tmp_path, name, style):
    explanation = make_table_explanation(**hostile(name), doubts=[Doubt.FLAT])
    with plt.style.context(style):
        for draw in (limen.plots.bars, limen.plots.surface, limen.plots.path, limen.plots.pairs):
            draw(explanation).figure.savefig(tmp_path / "picture.png", dpi=40)


@pytest.mark.parametrize("case", EDGES.values(), ids=EDGES)
def test_rows_at_the_edge_are_drawn_or_refused(tmp_path, case):
    explanation = make_table_explanation(**case)
    for draw in (limen.plots.bars, limen.plots.surface, limen.plots.path, limen.plots.pairs):
        try:
            draw(explanation).figure.savefig(tmp_path / "picture.png", dpi=40)
        except InputError as error:
            assert str(error).startswith("explanation ")  # noqa: PT017 - refusing is as good as drawing


def test_unknown_errors_and_flat_answers_are_drawn(tmp_path):
    explanation = make_table_explanation(slopes=[0, 0, 0, 0], hessian=np.zeros((4, 4)), surface=True)
    for draw in (limen.plots.bars, limen.plots.surface, limen.plots.pairs):
        draw(explanation).figure.savefig(tmp_path / "picture.png", dpi=40)
    unknown = dataclasses.replace(explanation, curvature=Estimates(*[np.full(4, np.nan)] * 4))
    with pytest.raises(InputError, match="no part"):
        limen.plots.bars(unknown, kind="curvature")
    limen.plots.pairs(unknown)


@pytest.mark.parametrize("draw", [limen.plots.surface, limen.plots.path, limen.plots.pairs])
def test_given_axes_are_used(draw):
    ax = Figure().subplots()
    assert draw(make_table_explanation(**FULL), ax=ax) is ax
    with pytest.raises(InputError, match="expected an Explanation"):
        draw([1])
    with pytest.raises(InputError, match="expected a matplotlib Axes"):
        draw(make_table_explanation(**FULL), ax=3)
