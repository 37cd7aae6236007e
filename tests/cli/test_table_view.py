"""A table row on a terminal."""

from __future__ import annotations

import dataclasses
import io
import re

import pytest
from rich.cells import cell_len
from rich.console import Console

from limen.cli._files import picture
from limen.cli._probes import show_probes
from limen.cli._view import show

from ..pages import HOSTILE
from ..table_records import EDGES, hostile, make_table_explanation


def seen(explanation, *, width=100, colours=None, top=20):
    screen = Console(file=io.StringIO(), width=width, color_system=colours, force_terminal=True, highlight=False)
    show(explanation, screen, top=top, model="a model")
    show_probes(explanation, screen)
    return screen.file.getvalue()


CASES = [*EDGES.values(), hostile(HOSTILE + "\n\x1b[31m"), hostile("今天 שלום" * 30)]


@pytest.mark.parametrize(("case", "width"), [*((case, 60) for case in CASES), (CASES[-1], 100)])
def test_everything_fits_and_nothing_steers_the_terminal(case, width):
    text = seen(make_table_explanation(**case), width=width)
    assert "\x1b" not in text
    assert max(cell_len(line) for line in text.splitlines()) <= width


def test_numbers_bars_and_facts_are_there():
    text = seen(make_table_explanation(boundary=True, path=True, slopes=[0.1, -0.3, 0.05, 0.2]))
    for told in ("flips from", "hours = 50", "−0.360", "per unit", "0.5 (taken)", "fidelity", "a model", "surrogate"):
        assert told in text
    assert "█│" in text
    assert "│█" in text


def test_where_there_is_no_room_names_have_lines_of_their_own():
    lines = seen(make_table_explanation(), width=60).splitlines()
    assert " income = 41,200" in lines
    assert " income = 41,200" not in seen(make_table_explanation(), width=100).splitlines()


def probes(explanation, width):
    screen = Console(file=io.StringIO(), width=width, color_system=None, force_terminal=True, highlight=False)
    show_probes(explanation, screen)
    return screen.file.getvalue().splitlines()


def test_names_are_whole_where_bars_can_give_way():
    numbers = {"flipper_length_in_millimetres": (181.0, 14.0, 1.0), "b": (1.0, 1.0, 0.0)}
    text = seen(make_table_explanation(numbers, {}, slopes=[1, 1]), width=80)
    line = next(line for line in text.splitlines() if "flipper_length_in_millimetres = 181" in line)
    assert "…" not in line.split("  ")[0]
    assert "█" in text


def test_probes_say_what_is_left_out_and_end_without_blanks():
    lines = probes(make_table_explanation(**EDGES["128 parts"]), 80)
    told = " ".join(lines)
    assert "of 128 parts that matter most" in told
    assert not [line for line in lines if line != line.rstrip()]
    assert "matter most" not in " ".join(probes(make_table_explanation(), 120))


def test_heads_of_probes_can_be_told_apart():
    numbers = {f"the_length_of_the_{end}_in_mm": (1.0, 1.0, 0.0) for end in ("left_wing", "right_wing", "third_wing")}
    lines = probes(make_table_explanation(numbers, {}, slopes=[1, 1, 1]), 60)
    (head,) = (line for line in lines if "surrogate" in line and "…" in line)
    heads = re.split("  +", head.strip())[3:]
    assert len(set(heads)) == len(heads) == 3


def test_probes_near_the_ends_are_not_rounded_to_them():
    explanation = make_table_explanation()
    answers = explanation.probes.answers.copy()
    answers[:] = 0.99999
    sure = dataclasses.replace(explanation, probes=dataclasses.replace(explanation.probes, answers=answers))
    assert ">0.9999" in "\n".join(probes(sure, 100))


def test_the_answer_of_a_regression_has_no_score():
    text = seen(make_table_explanation(scale="raw", target_name="the output"))
    assert "The model gives an answer of 0.600." in text


def test_top_bounds_the_parts():
    text = seen(make_table_explanation(**EDGES["128 parts"]), top=3)
    assert "125 parts with smaller numbers are not shown." in text


def test_the_picture_of_a_row_has_its_bars():
    figure = picture(make_table_explanation())
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()][-1].count(" = ") == 1
