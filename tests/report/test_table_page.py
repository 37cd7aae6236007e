"""The page of a table row."""

from __future__ import annotations

import base64

import pytest

import limen.report
from limen.results import probe_rows

from ..pages import HOSTILE, Page, harmless
from ..table_records import EDGES, hostile, make_table_explanation


@pytest.mark.parametrize("case", [*EDGES.values(), hostile(HOSTILE), hostile("שלום\x00 {{ 7 * 7 }}")])
def test_every_page_is_whole_and_harmless(case):
    text = limen.report.page(make_table_explanation(**case))
    page = harmless(text)
    assert text.startswith("<!doctype html>")
    assert "49" not in page.named("title")
    assert "What the model was asked: 40 of 300 rows" in page.text


def test_the_probes_are_rows_in_the_columns_that_matter():
    explanation = make_table_explanation(slopes=[0.1, -0.3, 0.05, 0.2])
    page = harmless(limen.report.page(explanation))
    assert "the row itself" in page.text
    names, rows = probe_rows(explanation, [0, 1], 2)
    assert names == ["hours", "job"]
    assert rows[0].cells == ("50", "clerk")
    assert rows[1].answer == explanation.probes.answers[1]
    assert rows[1].surrogate == pytest.approx(rows[1].answer)


def test_a_recorded_surface_is_drawn_for_both_schemes():
    page = harmless(limen.report.page(make_table_explanation(surface=True)))
    (light,), (dark,) = page.named("img"), page.named("source")
    assert light["src"] != dark["srcset"]
    assert base64.b64decode(light["src"].split(",")[1]).startswith(b"\x89PNG")
    assert "age and hours move" in light["alt"]
    assert "img-src data:" in page.named("meta")[-1]["content"]
    without = limen.report.page(make_table_explanation())
    assert "<img" not in without
    assert "img-src" not in without


def test_the_page_tells_what_is_needed_to_make_it_again():
    text = limen.report.page(make_table_explanation(surface=True, path=True, seed=77)).split("To make it again")[1]
    told = " ".join(Page(f"<dl>{text.split('<dl>')[1].split('</dl>')[0]}</dl>").text.split())
    for known in ("ball(width=0.5), whose width was chosen", "quadratic", "1,000 model rows", "seed 77", ">50K"):
        assert known in told
    assert "the 357 rows of the surface were asked beyond it" in told
    assert "coordinates 0" not in told


def test_a_value_of_the_row_itself_is_a_dot():
    explanation = make_table_explanation(slopes=[0, 0, 0, 1])
    kept = next(row for row in range(1, 300) if explanation.probes.points[row, 3] == 1)
    assert probe_rows(explanation, [kept], 1)[1][0].cells == ("·",)
    assert probe_rows(explanation, [kept], 4)[1][0].changed == (explanation.probes.points[kept, :3] != 0).sum()
