"""What people stumbled over: numbers that are cut off or say too much, words that promise too much."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from limen.results import Change, Estimate, block_lines, summary, table_blocks, told_apart
from limen.results._table_numbers import columns_for, fidelity, middle
from limen.results._table_text import answer_text, short_answer
from limen.results._table_words import boundary_told, deviations
from limen.results._terminal import width
from limen.results.neighbourhood import WidthPath

from ..pages import harmless
from ..table_parts import column_of
from ..table_records import make_table_explanation

LONG = {"flipper_length_mm": (181.0, 14.0, 1.0), "body_mass_in_grams_of_it": (3750.0, 800.0, 0.0)}


def block(explanation, word):
    (found,) = (one for one in table_blocks(explanation) if word in one.title)
    return found


def far(explanation, low, value, high, **changes):
    found = dataclasses.replace(explanation.boundary, distance=Estimate(value, 0.0, low, high), **changes)
    return boundary_told(found)


@pytest.mark.parametrize(
    ("value", "scale", "told"),
    [
        (0.99965, "probability", "0.99965"),
        (3e-5, "probability", "3e-05"),
        (1 - 4e-9, "probability", "0.999999996"),
        (0.985, "probability", "0.985"),
        (0.5, "probability", "0.500"),
        (1.0, "probability", "1"),
        (0.0, "probability", "0"),
        (4.3333, "raw", "4.333"),
        (-2.5, "log-odds", "-2.500"),
        (1e-5, "raw", "1e-05"),
    ],
)
def test_answers_near_the_ends_have_digits_enough(value, scale, told):
    assert answer_text(value, scale) == told


@pytest.mark.parametrize(
    ("value", "scale", "told"),
    [
        (0.99999, "probability", ">0.9999"),
        (1e-5, "probability", "<0.0001"),
        (1.0, "probability", "1.0000"),
        (1e-5, "raw", "1e-05"),
    ],
)
def test_one_of_many_answers_is_never_rounded_to_an_end(value, scale, told):
    assert short_answer(value, scale) == told


def test_the_headline_has_the_digits():
    sure = dataclasses.replace(make_table_explanation(), prediction=0.99965)
    assert str(sure).startswith(">50K: 0.99965 (probability)")
    assert "0.99965" in harmless(sure._repr_html_()).text


def test_names_come_before_bars():
    lines = block_lines(block(make_table_explanation(LONG, {"job": ("clerk", "nurse")}), "each value"))
    for name in ("flipper_length_mm = 181", "body_mass_in_grams_of_it = 3750"):
        (line,) = (line for line in lines if name in line)
        assert "exact" in line or "…" not in line.split("  ")[0]
    assert any("█" in line or "░" in line for line in lines)
    assert max(map(width, lines)) <= 80


def test_columns_are_shared_between_names_and_bars():
    assert columns_for(["x" * 20], 60, (8, 18)) == (20, 18)
    assert columns_for(["x" * 30], 44, (8, 18)) == (30, 14)
    assert columns_for(["x" * 30], 34, (8, 18)) == (30, 0)
    assert columns_for(["x" * 20, "y" * 200], 60, (8, 18)) == (20, 18)
    assert columns_for(["x" * 20, "y" * 36], 40, (8, 18)) == (36, 0), "bars give way to names of a usual length"


def test_a_name_that_is_longer_than_the_room_has_its_own_line():
    numbers = {"n" * 70: (1.0, 1.0, 0.0), "b": (2.0, 1.0, 0.0)}
    lines = block_lines(block(make_table_explanation(numbers, {}), "each value"))
    assert "n" * 70 + " = 1" in lines


def test_cut_names_can_be_told_apart():
    assert middle("bill_length_mm", 9) == "bill…h_mm"
    assert told_apart(["bill_length_mm", "bill_lxngth_mm", "sex"], 9) == ["bil…_mm 1", "bil…_mm 2", "sex"]
    assert max(map(width, told_apart(["今天" * 9, "今天" * 8], 9))) <= 9


@pytest.mark.parametrize(
    ("low", "value", "high", "told"),
    [
        (0.40, 0.51, 0.62, "0.51 ± 0.11"),
        (-86.3, 0.51, 0.99, "0.51 (not known)"),
        (-0.9, 0.51, 1.2, "0.51 (not known)"),
        (-1.1, -0.5, 0.1, "-0.50 (not known)"),
    ],
)
def test_an_r2_without_a_meaning_is_not_known(low, value, high, told):
    assert fidelity(Estimate(value, 0.1, low, high)) == told


def test_the_fidelity_is_not_known_either():
    explanation = make_table_explanation()
    vague = dataclasses.replace(explanation.fidelity, quadratic=Estimate(0.882, 9.0, -224.815, 1.0))
    told = dict(summary(dataclasses.replace(explanation, fidelity=vague)))["fidelity"]
    assert "0.882 (not known) for the quadratic" in told
    assert "224" not in told


def test_the_bracket_of_a_distance_is_of_one_line_and_told_if_it_is_wide():
    explanation = make_table_explanation(boundary=True)
    assert "between" not in far(explanation, 1.99, 2.0, 2.0)
    assert "2 standard deviations away, the nearest" in far(explanation, 1.99, 2.0, 2.0)
    assert "On the line to it the answer changes between 1.73 and 2." in far(explanation, 1.73, 2.0, 2.0)
    changes = (Change("job", "clerk", "nurse", None),)
    assert "1 standard deviation away (a changed category counts as 1)" in far(
        explanation, 1.0, 1.0, 1.0, changes=changes
    )
    assert deviations(0.5) == "0.5 standard deviations"


@pytest.mark.parametrize(("rows", "word"), [(1001, None), (967, "34 of these were asked already")])
def test_rows_that_were_shared_are_told(rows, word):
    explanation = make_table_explanation()
    cost = dataclasses.replace(explanation.cost, model_rows=rows, distinct_rows=1000)
    told = dict(summary(dataclasses.replace(explanation, cost=cost)))["cost"]
    assert (word or "1,001 model rows") in told
    assert ("asked already" in told) == (word is not None)


def test_rows_of_a_surface_are_beyond_the_budget():
    assert "357 for the surface, beyond the budget of 1,000" in str(make_table_explanation(surface=True)).replace(
        "\n          ", " "
    )


def test_days_are_named_only_where_there_are_times():
    explanation = make_table_explanation()
    assert "day" not in block(explanation, "small change").text
    instance = explanation.instance
    columns = (column_of("age", "date", scale=12.0, step=1.0), *instance.columns[1:])
    dated = dataclasses.replace(explanation, instance=dataclasses.replace(instance, columns=columns))
    assert "of a time: a day" in block(dated, "small change").text


@pytest.mark.parametrize(
    ("law", "parameters", "title"),
    [
        ("ball", "width=0.5", "What a small change of a number would do"),
        ("ball", "width=1", "What changing a number adds, within about 1 standard deviation"),
        ("ball", "width=2, correlated", "What changing a number adds, within about 2 standard deviations"),
        ("manifold", "k=50", "What a small change of a number would do"),
    ],
)
def test_what_is_small_depends_on_the_width(law, parameters, title):
    explanation = make_table_explanation()
    wide = dataclasses.replace(explanation.law, name=law, parameters=parameters)
    assert title in [one.title for one in table_blocks(dataclasses.replace(explanation, law=wide))]


def test_the_key_of_the_widths_has_what_is_drawn():
    explanation = make_table_explanation(path=True)
    nothing = dataclasses.replace(
        explanation.path.quadratic, **dict.fromkeys(("values", "low", "high"), np.full(4, np.nan))
    )
    lone = dataclasses.replace(explanation, path=dataclasses.replace(explanation.path, quadratic=nothing))
    assert isinstance(lone.path, WidthPath)
    assert ">R² of the quadratic<" in explanation._repr_html_().replace("</svg>", ">")
    assert ">R² of the quadratic<" not in lone._repr_html_().replace("</svg>", ">")
    assert "its 95 % interval" not in lone._repr_html_()


def test_rows_of_the_background_are_whole():
    assert [line.cells[-1] for line in block(make_table_explanation(path=True), "wide").lines] == [
        "812",
        "240",
        "61",
        "4",
    ]


def test_an_answer_is_no_score():
    output = make_table_explanation(scale="raw", target_name="the output")
    assert "The model gives an answer of 0.600" in harmless(output._repr_html_()).text.replace("  ", " ")
    assert "score" not in output._repr_html_()


def test_a_boundary_that_was_not_found_is_a_reason_to_doubt():
    explanation = make_table_explanation(boundary=True)
    boundary = dataclasses.replace(explanation.boundary, found=False, reason="All rows are spent.", changes=())
    lost = dataclasses.replace(explanation, boundary=boundary)
    doubts = [text for heading, text in summary(lost) if heading.startswith("doubt")]
    assert doubts == ["NOT_FOUND: The search found no row with another answer. All rows are spent."]
    assert "A reason to doubt" in lost._repr_html_()
    assert [text for heading, text in summary(explanation) if heading.startswith("doubt")] == ["none"]
