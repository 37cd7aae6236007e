"""The page of any record: whole, harmless, in the style of the house."""

from __future__ import annotations

import re

import pytest

import limen.report
from limen._errors import InputError
from limen.results import Cause, Estimate
from tests.flows import make_flow
from tests.pages import HOSTILE, harmless
from tests.remedies import make_remedies

RECORDS = {
    "flow": lambda: make_flow(heat=True, layers=2, causes=[Cause.CLIPPED]),
    "healthy": lambda: make_flow("healthy"),
    "remedies": make_remedies,
}


@pytest.mark.parametrize("name", RECORDS)
def test_a_page_is_a_whole_document(name):
    record = RECORDS[name]()
    text = limen.report.page(record)
    assert text.startswith("<!doctype html>")
    assert text.rstrip().endswith("</html>")
    assert record._repr_html_() in text
    assert text == limen.report.page(RECORDS[name]())
    assert text.count("prefers-color-scheme: dark") == 2
    assert "default-src 'none'" in text
    harmless(text.replace("<!doctype html>", ""))


def test_each_page_asks_its_question():
    assert "<title>Classifier: where does the gradient go?</title>" in limen.report.page(make_flow())
    assert "<title>encoder.rnn LSTM of Classifier: what would help?</title>" in limen.report.page(make_remedies())


def test_the_page_tells_what_made_it():
    text = limen.report.page(make_flow())
    assert "How it was made" in text
    assert "limen 0.1.0, Python 3.11.8" in text
    assert "0.012 s" in text
    assert "perturbed texts" not in text


def test_hostile_names_stay_text():
    for record in (make_flow(name=HOSTILE, model=HOSTILE, sentence=HOSTILE), make_remedies(HOSTILE, names=[HOSTILE])):
        page = harmless(limen.report.page(record).replace("<!doctype html>", ""))
        assert "{{ 7 * 7 }}" in page.text, "a name is no template"
        assert not re.search(r"\b49\b", page.texts[0])


def test_save_writes_the_page(tmp_path):
    limen.report.save(make_flow(), tmp_path / "flow.html")
    assert (tmp_path / "flow.html").read_text(encoding="utf-8") == limen.report.page(make_flow())


@pytest.mark.parametrize("record", [None, "flow", Estimate(0.0, 0.0, 0.0, 0.0), object()])
def test_what_has_no_picture_is_refused(record):
    with pytest.raises(
        InputError, match=rf"record is of type {type(record).__name__}, expected an Explanation, a Grad"
    ):
        limen.report.page(record)
