"""A table row on a terminal."""

from __future__ import annotations

import io

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


def test_top_bounds_the_parts():
    text = seen(make_table_explanation(**EDGES["128 parts"]), top=3)
    assert "125 parts with smaller numbers are not shown." in text


def test_the_picture_of_a_row_has_its_bars():
    figure = picture(make_table_explanation())
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()][-1].count(" = ") == 1
