from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

import limen.report
from limen._errors import InputError
from limen.report.page import PROBES, telling

HOSTILE = '<script>alert(1)</script> "><img src=x onerror=alert(2)> {{ 7 * 7 }} {% raw %}'


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data)


def test_a_page_is_a_whole_document(make_explanation):
    text = limen.report.page(make_explanation())
    assert text.startswith("<!doctype html>")
    tags = Tags(text).found
    assert ("html", {"lang": "en"}) in tags
    assert ("meta", {"charset": "utf-8"}) in tags
    assert any(tag == "meta" and attributes.get("name") == "viewport" for tag, attributes in tags)
    assert "<title>spam: why this answer?</title>" in text
    assert make_explanation()._repr_html_() in text
    assert text.rstrip().endswith("</html>")


@pytest.mark.parametrize("where", ["text", "target_name", "units", "scale", "mask_token"])
def test_hostile_input_stays_text(make_explanation, where):
    text = limen.report.page(make_explanation(**{where: HOSTILE}))
    tags = Tags(text)
    assert not {"script", "img", "iframe", "link", "a", "form", "base"} & {tag for tag, _ in tags.found}
    assert not any(name.startswith("on") for _, attributes in tags.found for name in attributes)
    assert "{{ 7 * 7 }}" in "".join(tags.texts), "the text is no template"


def test_nothing_is_fetched_and_nothing_runs(make_explanation):
    text = limen.report.page(make_explanation())
    assert not re.search(r"https?:|//|url\(|@import|<script|javascript:|\ssrc=|\shref=", text)
    assert "default-src 'none'" in text


def test_both_schemes_and_paper(make_explanation):
    text = limen.report.page(make_explanation())
    assert text.count("prefers-color-scheme: dark") == 2
    assert '<meta name="color-scheme" content="light dark">' in text
    assert "@media print" in text


def test_the_page_tells_how_it_was_made(make_explanation):
    text = limen.report.page(make_explanation(seed=12345))
    for told in ("12345", "1000 model rows", "limen 0.1.0", "Python 3.11.8"):
        assert told in text


@pytest.mark.parametrize("n", [1, 2, PROBES, 500])
def test_the_probes_are_bounded_and_led_by_the_input(make_explanation, n):
    explanation = make_explanation(n_probes=n)
    rows = telling(explanation, PROBES)
    assert rows[0] == 0
    assert len(rows) == len({*rows}) == min(n, PROBES)
    text = limen.report.page(explanation)
    assert text.count('data-label="answer"') == min(n, PROBES)
    assert f"{min(n, PROBES)} of {n} texts" in text


def test_the_most_telling_probes_come_first(make_explanation):
    explanation = make_explanation(n_probes=200)
    probes, rows = explanation.probes, telling(explanation, 20)
    scores = probes.weights * abs(probes.answers - probes.answers[0])
    assert [*scores[rows[1:]]] == sorted(scores, reverse=True)[:19]


def test_an_empty_text_is_told(make_explanation):
    assert "an empty text" in limen.report.page(make_explanation("a b", n_probes=64))


def test_the_noise_is_told_only_where_it_was_measured(make_explanation):
    assert "not asked again" in limen.report.page(make_explanation(noise=None))
    assert "0.25" in limen.report.page(make_explanation(noise=0.25))


def test_same_record_same_page(make_explanation):
    assert limen.report.page(make_explanation()) == limen.report.page(make_explanation())


def test_save_writes_the_page(make_explanation, tmp_path):
    explanation = make_explanation("שלום 今天 🎉 \ud800")
    for path in (tmp_path / "one.html", str(tmp_path / "two.html")):
        limen.report.save(explanation, path)
    assert (tmp_path / "one.html").read_bytes().decode("utf-8") == limen.report.page(explanation)
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()


def test_wrong_arguments_are_named(make_explanation, tmp_path):
    with pytest.raises(InputError, match=r"record is of type str, expected an Explanation"):
        limen.report.page("hello")
    with pytest.raises(InputError, match=r"path is 3"):
        limen.report.save(make_explanation(), 3)
    with pytest.raises(InputError, match=r"path is the folder"):
        limen.report.save(make_explanation(), tmp_path)
    with pytest.raises(InputError, match=r"is no folder; make it first"):
        limen.report.save(make_explanation(), tmp_path / "missing" / "report.html")
