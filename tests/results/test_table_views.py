"""What is told of a table row: as text, as HTML, as a frame, as JSON."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest

from limen._errors import InputError, RecordError
from limen.results import Change, Explanation, block_lines, table_blocks
from limen.results._faces import face_of, slice_ends, slice_of
from limen.results._table_numbers import cell_text, fitted
from limen.results._table_words import boundary_told, direction_told
from limen.results._terminal import width

from ..pages import HOSTILE, harmless
from ..table_records import EDGES, hostile, make_table_explanation

FULL = {"boundary": True, "path": True, "surface": True, "constant": ("country",)}
NAMES = [HOSTILE, "cost $5 $x_1$ \\frac\nnew line\x1b[31m", "שלום עולם مرحبا", "x" * 300]
CASES = [*EDGES.values(), FULL, *map(hostile, NAMES)]


def titles(explanation):
    return [block.title for block in table_blocks(explanation)]


def block(explanation, word):
    (found,) = (one for one in table_blocks(explanation) if word in one.title)
    return found


@pytest.mark.parametrize("case", CASES)
def test_every_row_is_told_within_80_columns_and_steers_no_terminal(case):
    text = str(make_table_explanation(**case))
    assert max(width(line) for line in text.splitlines()) <= 80
    assert not set(text) & set(map(chr, [*range(10), *range(11, 32), 0x7F, 0x202E]))


@pytest.mark.parametrize("case", CASES)
def test_every_row_is_a_harmless_piece_of_html(case):
    explanation = make_table_explanation(**case)
    page = harmless(explanation._repr_html_())
    for name in explanation.parts[:1]:
        assert " ".join(name[:40].split("\n")[0].split()) in page.text


@pytest.mark.parametrize("case", CASES)
def test_json_gives_an_equal_record_back(case):
    explanation = make_table_explanation(**case)
    assert Explanation.from_json(explanation.to_json()) == explanation


def test_the_boundary_is_a_sentence():
    told = boundary_told(make_table_explanation(boundary=True).boundary)
    assert "flips from “>50K” to “<=50K” if age falls from 41 to 35 and hours falls from 50 to 45:" in told
    assert (
        "0.707 standard deviations away, the nearest flip that 400 rows found; more may find a nearer one. The line is"
        in told
    )
    assert (
        "The line is on the model's side of the decision for 84 ± 3 % of unseen probes, the quadratic for 95 ± 2 %"
        in told
    )


@pytest.mark.parametrize(
    ("change", "clause"),
    [
        (Change("a", "1", "2", 0.4), "a rises from 1 to 2"),
        (Change("a", "x", "y", None), "a changes from x to y"),
        (Change("a", "1", "missing", None), "a (1) goes missing"),
        (Change("a", "1", "1", -1e-9), "a falls by next to nothing from 1"),
    ],
)
def test_each_kind_of_change_has_its_verb(change, clause):
    found = dataclasses.replace(make_table_explanation(boundary=True).boundary, changes=(change,))
    assert clause in boundary_told(found)


def test_many_changes_are_counted_and_none_found_is_said():
    boundary = make_table_explanation(boundary=True).boundary
    many = dataclasses.replace(boundary, changes=boundary.changes * 3)
    assert "and 3 more columns change (below)" in boundary_told(many)
    none = dataclasses.replace(boundary, found=False, reason="Nothing was there.", changes=())
    assert "No change of the answer from “>50K” was found within 3 standard deviations" in boundary_told(none)
    assert boundary_told(none).endswith("Nothing was there.")


def test_slopes_have_both_units_and_their_errors():
    explanation = make_table_explanation(
        {"income": (5.0, 100.0, 0.0)}, {}, slopes=[0.5], hessian=np.eye(1), errors=0.05
    )
    (line,) = block(explanation, "small change").lines
    assert line.cells[0] == "+0.500 ± 0.098"
    assert line.cells[1] == "+0.005 ± 0.00098"
    assert line.cells[2].endswith("± 0.098")


def test_a_line_has_no_curvature_pairs_or_axes():
    explanation = make_table_explanation(linear=True)
    assert "curvature" not in block(explanation, "small change").head
    assert not [title for title in titles(explanation) if "together" in title or "bends" in title]


def test_categories_are_told_apart_from_numbers():
    explanation = make_table_explanation()
    assert [line.name for line in block(explanation, "keeping").lines] == ["job = clerk"]
    assert "job = clerk" not in [line.name for line in block(explanation, "small change").lines]


def test_what_never_changed_is_named():
    assert "country" in block(make_table_explanation(constant=("country",)), "each value").note
    explanation = make_table_explanation()
    points = explanation.probes.points.copy()
    points[:, 1] = 0.0
    still = dataclasses.replace(explanation, probes=dataclasses.replace(explanation.probes, points=points))
    found = block(still, "small change")
    assert "Never changed among the probes: hours." in found.note
    assert "hours = 50" not in [line.name for line in found.lines]


def test_top_bounds_the_lines_and_the_rest_is_counted():
    explanation = make_table_explanation(**EDGES["128 parts"])
    found = table_blocks(explanation, 5)
    assert max(len(one.lines) for one in found if "width" not in one.head) <= 5
    assert "123 parts with smaller numbers are not shown." in block_lines(found[1])
    assert "1 part with a smaller number is not shown." in block_lines(table_blocks(explanation, 127)[1])


def test_narrow_screens_put_names_on_their_own_lines():
    found = block(make_table_explanation(), "small change")
    lines = block_lines(found, 44)
    assert "income = 41,200" in lines
    assert "income = 41,200" not in block_lines(found, 80)
    assert max(map(width, block_lines(found, 60))) <= 60


def test_a_missing_number_is_a_state():
    text = str(make_table_explanation(missing=True))
    assert "income = missing" in text


def test_frames_have_every_face():
    frame = make_table_explanation(constant=("country",)).to_frame("pandas")
    assert frame["part"].tolist() == ["age", "hours", "income", "job", "country"]
    assert frame["value"].tolist() == ["41", "50", "41,200", "clerk", "0"]
    for name in ("contribution", "slope_per_sd", "slope_per_unit", "curvature", "kept"):
        assert {name, f"{name}_standard_error", f"{name}_low", f"{name}_high"} <= set(frame.columns)
    assert frame["slope_per_sd"].isna().tolist() == [False, False, False, True, True]
    assert frame["kept"].isna().tolist() == [True, True, True, False, True]
    np.testing.assert_allclose(frame["slope_per_unit"][0] * 12, frame["slope_per_sd"][0])


def test_only_numbers_get_wide_minus_signs():
    assert cell_text("-0.5 … +1.2e-05") == "−0.5 … +1.2e−05"
    assert cell_text("-1.0 ± 0.2") == "−1.0 ± 0.2"
    assert cell_text("2024-03-01") == "2024-03-01"
    assert cell_text("Self-emp") == "Self-emp"


def test_of_a_pair_both_names_are_seen():
    assert fitted(f"{'a' * 50} × short", 30) == f"{'a' * 21}… × short"
    assert re.fullmatch("a+… × b+…", fitted(f"{'a' * 50} × {'b' * 50}", 30))


def test_directions_name_the_large_components_first():
    assert direction_told(np.array([0.6, -0.8, 0.0]), ["a", "b", "c"]) == "− 0.80 b + 0.60 a"
    assert direction_told(np.full(64, 0.125), ["n"] * 64).endswith("…")


def test_kinds_that_are_not_there_are_refused():
    with pytest.raises(InputError, match=r"kind is 'effect', .*contribution"):
        face_of(make_table_explanation(), "effect")
    with pytest.raises(InputError, match="budget did not pay"):
        face_of(make_table_explanation(contributions=False), "contribution")
    with pytest.raises(InputError, match=r"limen\.Quadratic"):
        face_of(make_table_explanation(linear=True), "curvature")
    assert face_of(make_table_explanation(contributions=False)).kind == "slope per standard deviation"


@pytest.mark.parametrize("features", [("age", "job"), ("age",), ("age", "age"), "age", (0, 99), (0, True), None])
def test_a_slice_needs_two_numbers(features):
    if features is None:
        assert slice_of(make_table_explanation(boundary=True)) == (0, 1)
        assert slice_of(make_table_explanation(), ["income", 0]) == (2, 0)
        return
    with pytest.raises(InputError, match="feature"):
        slice_of(make_table_explanation(), features)


def test_a_slice_shows_row_and_flip_and_no_axis_vanishes():
    explanation = make_table_explanation(boundary=True)
    ends = slice_ends(explanation, (0, 1))
    for row in (explanation.instance.origin, explanation.boundary.point):
        assert (ends[:, 0] < row[:2]).all()
        assert (row[:2] < ends[:, 1]).all()
    lengths = np.ptp(ends, axis=1) / explanation.instance.scales[:2]
    assert lengths.min() > 0.4 * lengths.max()


@pytest.mark.parametrize("wrong", [{"features": (0, 3)}, {"features": (1, 1)}, {"first": np.zeros(3)}])
def test_damaged_surfaces_are_refused(wrong):
    explanation = make_table_explanation(surface=True)
    damaged = dataclasses.replace(explanation, surfaces=(dataclasses.replace(explanation.surfaces[0], **wrong),))
    with pytest.raises(RecordError, match="surfaces"):
        Explanation.from_json(damaged.to_json())
