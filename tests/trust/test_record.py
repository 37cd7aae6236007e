"""The audit as a record: what it says, how it is written, what it costs, and which arguments it takes."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest

import limen
from limen.errors import InputError, RecordError
from limen.results import Estimate, Finding, Grade, Limit, Measure
from limen.sampling import Ball
from limen.trust._limits import LIMITS
from limen.trust.conduct import CHECKS
from tests.games import as_model, random_game, words_of

TEXT = " ".join(words_of(6))
MODEL = as_model(random_game(3, 6), words_of(6))
NAMES = [
    "instability",
    "width",
    "off_manifold",
    "correlated",
    "curvature",
    "segmentation",
    "cost",
    "leak",
    "manipulation",
    "sanity",
]


@pytest.fixture(scope="module")
def explanation():
    return limen.explain(MODEL, TEXT, target=1, on_doubt="ignore")


@pytest.fixture(scope="module")
def found(explanation):
    return limen.audit(explanation)


def finding(grade, name="cost", value=0.5):
    limit = Limit(0.4, 0.6, higher_is_worse=True, source="here")
    measures = (
        ()
        if grade in (Grade.NOT_ASKED, Grade.NOT_APPLICABLE)
        else (Measure(f"{name}.x", "a number", Estimate(value, 0.0, value, value), limit),)
    )
    return Finding(name, name.title(), "A claim.", measures, "A reason.", grade, "A remedy.", 0, 0)


def test_one_finding_for_each_weakness_in_their_order(found):
    assert [one.name for one in found.findings] == NAMES == [check.name for check in CHECKS]
    assert all(one.claim and one.reason and one.title for one in found.findings)


def test_the_record_survives_json_to_the_last_digit(found):
    again = limen.Audit.from_json(found.to_json())
    assert again == found
    assert again.to_json() == found.to_json()


def test_a_grade_that_its_numbers_do_not_bear_out_is_refused(found):
    wrong = dataclasses.replace(found, findings=(finding(Grade.GOOD),))
    with pytest.raises(RecordError, match=r"findings\[0\].grade is GOOD, expected DOUBTFUL"):
        limen.Audit.from_json(wrong.to_json())


@pytest.mark.parametrize(
    ("grades", "verdict"),
    [
        ((Grade.NOT_APPLICABLE, Grade.GOOD, Grade.NOT_ASKED), Grade.GOOD),
        ((Grade.GOOD, Grade.DOUBTFUL), Grade.DOUBTFUL),
        ((Grade.DOUBTFUL, Grade.BAD, Grade.GOOD), Grade.BAD),
        ((Grade.NOT_ASKED, Grade.NOT_APPLICABLE), Grade.NOT_ASKED),
    ],
)
def test_the_verdict_is_the_worst_of_what_was_asked(found, grades, verdict):
    names = dict(zip(grades, NAMES, strict=False))
    audit = dataclasses.replace(found, findings=tuple(finding(grade, names[grade]) for grade in grades))
    assert audit.grade is verdict
    assert audit.believed == (verdict is Grade.GOOD)
    assert "\n" not in audit.verdict
    if verdict in (Grade.DOUBTFUL, Grade.BAD):
        assert audit.verdict.endswith(f": {names[verdict].replace('_', ' ')}.")


@pytest.mark.parametrize(
    ("value", "higher", "lower"),
    [
        (0.1, Grade.GOOD, Grade.BAD),
        (0.4, Grade.DOUBTFUL, Grade.BAD),
        (0.5, Grade.DOUBTFUL, Grade.DOUBTFUL),
        (0.6, Grade.BAD, Grade.DOUBTFUL),
        (0.7, Grade.BAD, Grade.GOOD),
        (float("nan"), Grade.DOUBTFUL, Grade.DOUBTFUL),
    ],
)
def test_limits_count_as_reached(value, higher, lower):
    assert Limit(0.4, 0.6, True, "").grade(value) is higher
    assert Limit(0.6, 0.4, False, "").grade(value) is lower


def test_lights_are_told_apart_without_colour(found):
    assert len({grade.sign for grade in Grade}) == len(Grade)
    audit = dataclasses.replace(found, findings=tuple(finding(grade) for grade in Grade))
    text, html = str(audit), re.sub(r"<style>.*?</style>", "", audit._repr_html_(), flags=re.S)
    for grade in Grade:
        assert re.search(rf"^{re.escape(grade.sign)} .*{grade.value}$", text, flags=re.M)
        assert f"{grade.sign} {grade.value}</span>" in html


def test_the_text_fits_80_columns_and_names_what_it_would_cost(found):
    text = str(found)
    assert max(map(len, text.splitlines())) <= 80
    assert found.verdict.split(":")[0] in text
    assert "checks=['segmentation']" in text


def test_the_page_needs_nothing_beside_itself_and_escapes(tmp_path):
    def model(texts):
        return np.array([[0.5, 0.5 + 0.01 * ("<b>" in text) + 0.02 * ("two" in text)] for text in texts])

    audit = limen.audit(limen.Explainer(model, scale="raw", on_doubt="ignore"), "<b> two three <script>", target=1)
    limen.report.save(audit, tmp_path / "audit.html")
    page = (tmp_path / "audit.html").read_text("utf-8")
    assert "may the explanation be believed?" in page
    assert "<script" not in page
    assert "&lt;b&gt;" in page
    assert not re.search(r"(?:src|href)=", page)


def test_the_frame_has_a_row_for_each_measure(found):
    frame = found.to_frame("pandas")
    assert set(frame["check"]) == set(NAMES)
    row = frame[frame["measure"] == "instability.spread"].iloc[0]
    assert (row["grade"], row["value"]) == ("good", 0.0)


def test_findings_and_measures_are_found_by_name(found):
    assert found["cost"].name == "cost"
    assert found.measure("cost.rows").value.value == found.explanation.cost.model_rows
    with pytest.raises(InputError, match="a finding is 'price', expected one of: instability"):
        found["price"]
    with pytest.raises(InputError, match="a measure is 'x'"):
        found.measure("x")


def test_an_explanation_alone_costs_no_row_and_tells_what_more_would(found):
    assert found.rows == 0
    assert all(one.rows == 0 for one in found.findings)
    assert found["segmentation"].offer == 2**3 + 1  # all masks of three pairs of words, and x again
    assert found["segmentation"].grade is Grade.NOT_ASKED


def test_a_saved_explanation_is_asked_again_through_its_explainer():
    background = np.random.default_rng(2).normal(size=(80, 3))
    explainer = limen.Explainer(
        lambda rows: rows @ [1.0, 2.0, 0.0], limen.Table(background), sampler=Ball(0.5), budget=80, scale="raw"
    )
    explanation = limen.Explanation.from_json(explainer(background[0]).to_json())
    audit = limen.audit(explanation, explainer=explainer, rows=5000)
    assert audit.explanation == explanation
    assert audit["manipulation"].grade is Grade.GOOD
    assert audit.measure("width.half").value.value < 1e-6
    assert audit.rows > 0


def test_the_same_call_gives_the_same_numbers():
    explainer = limen.Explainer(MODEL, budget=40, on_doubt="ignore")
    first, second = (limen.audit(explainer, TEXT, target=1, rows=300) for _ in range(2))
    assert first.findings[0] == second.findings[0]
    assert [one.measures for one in first.findings if one.name != "cost"] == [
        one.measures for one in second.findings if one.name != "cost"
    ]


def test_checks_and_limits_are_chosen(explanation):
    audit = limen.audit(explanation, checks=["leak", "cost"], limits={"cost.forecast": (0.1, 0.5)})
    assert [one.name for one in audit.findings] == ["cost", "leak"]
    assert audit["cost"].grade is Grade.BAD
    assert audit.measure("cost.forecast").limit.source == "set by the caller"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"checks": ["price"]}, "a name in checks is 'price', expected one of: instability"),
        ({"checks": []}, "checks is empty"),
        ({"limits": {"x": (1, 2)}}, "a key of limits is 'x'"),
        ({"limits": {"cost.forecast": (2, 1)}}, "expected two numbers .doubtful, bad., rising"),
        ({"limits": {"segmentation.pixels": (0.1, 0.4)}}, "expected two numbers .doubtful, bad., falling"),
        ({"limits": {"cost.forecast": 3}}, "expected two numbers"),
        ({"limits": [1]}, "limits is"),
        ({"rows": -1}, "rows is -1, expected a whole number"),
        ({"rows": True}, "rows is True"),
        ({"rows": 5}, "rows is 5, and an Explanation alone cannot ask"),
        ({"seed": 0.5}, "seed is 0.5"),
        ({"x": "a"}, "x and target are in the Explanation already"),
        ({"explainer": 3}, "explainer is 3"),
        ({"background": "text"}, "background is 'text', expected a list of texts"),
        ({"background": [3]}, "background holds 3"),
        ({"training": ([0], [1])}, "the model cannot be refitted"),
    ],
)
def test_wrong_arguments(explanation, arguments, message):
    with pytest.raises(InputError, match=message):
        limen.audit(explanation, **arguments)


def test_wrong_explained_or_x(explanation):
    explainer = limen.Explainer(MODEL)
    with pytest.raises(InputError, match="explained is of type str"):
        limen.audit("text")
    with pytest.raises(InputError, match="x is None"):
        limen.audit(explainer)
    with pytest.raises(InputError, match="explainer is given twice"):
        limen.audit(explainer, TEXT, explainer=explainer)
    with pytest.raises(InputError, match="target is a list"):
        limen.audit(explainer, TEXT, target=[0, 1])
    with pytest.raises(InputError, match="x holds 2 inputs"):
        limen.audit(explainer, [TEXT, TEXT], target=1)
    with pytest.raises(InputError, match="scale of explainer is 'raw'"):
        limen.audit(explanation, explainer=limen.Explainer(MODEL, scale="raw"))


@pytest.mark.parametrize("name", sorted(LIMITS))
def test_each_limit_names_the_benchmark_that_set_it(name):
    folder = Path(__file__).parents[2] / "benchmarks"
    named = re.findall(r"benchmarks/(\w+\.py)", LIMITS[name].source)
    assert named
    assert all((folder / one).is_file() for one in named)
    if "where_do_the_limits_lie.py" in named:  # asked there by its name
        assert any(f'"{name}"' in one.read_text(encoding="utf-8") for one in folder.glob("limits_of_*.py"))
