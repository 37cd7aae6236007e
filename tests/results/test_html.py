from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import product

import pytest

from limen.results import Doubt

HOSTILE = "<script>alert(1)</script> \"><img src=x onerror=alert(2)> &amp; ' </style></span>"
ATTACKS = {"script", "img", "iframe", "object", "link", "a", "form", "base", "meta"}
VOID = {"line", "rect"}


class Reader(HTMLParser):
    """Collects tags, attributes and text, and checks that every tag is closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[tuple[str, str]] = []
        self.texts: list[tuple[tuple[str, ...], str]] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.open.append((tag, dict(attrs).get("class") or ""))

    def handle_startendtag(self, tag, attrs):
        assert tag in VOID
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        self.texts.append((tuple(kind for _, kind in self.open), data))

    def text_in(self, kind: str) -> str:
        return "".join(text for kinds, text in self.texts if kind in kinds)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def read(explanation) -> Reader:
    return Reader(explanation._repr_html_())


def palettes(text: str) -> tuple[dict[str, str], dict[str, str]]:
    """The light and the dark colours by name, from the style sheet itself."""
    found = []
    for opening in (r"^\.limen \{", r"prefers-color-scheme: dark\) \{"):
        rule = re.search(rf"{opening}(.*)\}}$", text, re.M)
        assert rule
        found.append(dict(re.findall(r"--limen-([\w-]+): (#[0-9a-f]{6})", rule[1])))
    return found[0], found[1]


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_sentence_keeps_its_exact_characters(make_explanation):
    text = "  It\tlooks\n\n very   <b>cute</b> & “nice” $x_1$ 今天 🎉 \n"
    assert read(make_explanation(text)).text_in("limen-text") == text


@pytest.mark.parametrize("where", ["text", "target_name", "units", "scale"])
def test_hostile_input_stays_text(make_explanation, where):
    explanation = make_explanation(**{where: HOSTILE})
    reader = read(explanation)
    assert not ATTACKS & {tag for tag, _ in reader.tags}
    assert not any(name.startswith("on") for _, attributes in reader.tags for name in attributes)
    assert HOSTILE in "".join(text for _, text in reader.texts)


def test_hostile_names_of_parts_stay_text(make_explanation):
    reader = read(make_explanation(HOSTILE, spans=[(0, 25), (26, len(HOSTILE))], pairs={(0, 1): (0.3, 0.01)}))
    assert not ATTACKS & {tag for tag, _ in reader.tags}
    assert not any(name.startswith("on") for _, attributes in reader.tags for name in attributes)


def test_characters_that_no_page_can_hold_are_replaced(make_explanation):
    explanation = make_explanation("a\x00b \x1b[31m c\ud800d \x85")
    text = explanation._repr_html_()
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", text)
    assert read(explanation).text_in("limen-text") == "a␀b ␛[31m c\ufffdd \ufffd"
    text.encode("utf-8")


def test_nothing_is_fetched_and_nothing_runs(make_explanation):
    text = make_explanation(pairs={(3, 5): (0.2, 0.01)}, doubts=list(Doubt))._repr_html_()
    assert not re.search(r"https?:|//|url\(|@import|<script|javascript:|\ssrc=|\shref=", text)
    assert not re.search(r"\son\w+=", text)


def test_every_rule_is_scoped(make_explanation):
    sheet = re.search(r"<style>(.*)</style>", make_explanation()._repr_html_(), re.S)[1]
    flat = re.sub(r"@media[^{]*\{", "", sheet)
    for selectors in re.findall(r"([^{}]+)\{[^{}]*\}", flat):
        assert all(selector.strip().startswith(".limen") for selector in selectors.split(",")), selectors


def test_text_can_be_read_in_both_schemes(make_explanation):
    for scheme in palettes(make_explanation()._repr_html_()):
        shades = [f"{side}-{level}" for side, level in product(("plus", "minus"), range(1, 6))]
        assert {*shades} < {*scheme}
        pairs = [("ink", paper) for paper in ("paper", "alarm", *shades)]
        pairs += [(colour, "paper") for colour in ("muted", "plus", "minus")]
        for one, other in pairs:
            assert contrast(scheme[one], scheme[other]) >= 4.5, (one, other)
        assert contrast(scheme["edge"], scheme["paper"]) >= 3  # what is not text needs 3


def test_the_schemes_differ(make_explanation):
    light, dark = palettes(make_explanation()._repr_html_())
    assert light.keys() == dark.keys()
    assert luminance(light["paper"]) > 0.9
    assert luminance(dark["paper"]) < 0.05


def test_sides_can_be_told_without_colour(make_explanation):
    effects, errors = [0.5, -0.5, 0.01, 0, 0.5], [0.02, 0.02, 0.02, 0, 0]
    explanation = make_explanation("good bad weak zero 7", effects=effects, standard_errors=errors)
    reader = read(explanation)
    good, bad, weak, zero, number = (set(span["class"].split()) for span in reader.named("span")[:5])
    assert {"limen-plus", "limen-mark"} <= good
    assert {"limen-minus", "limen-mark"} <= bad
    assert "limen-unsure" in weak
    assert not {"limen-mark", "limen-plus", "limen-minus"} & weak
    assert zero == {"limen-part"}
    assert "limen-plus" in number
    assert "limen-mark" not in number, "+7 would read as another number"
    sheet = explanation._repr_html_()
    assert re.search(r"\.limen-plus \{ border-bottom: \S+ solid", sheet)
    assert re.search(r"\.limen-minus \{ border-bottom: \S+ dashed", sheet)


def test_titles_tell_effect_and_interval(make_explanation):
    titles = [span["title"] for span in read(make_explanation()).named("span") if "title" in span]
    assert titles[1] == "−0.046, 95 % interval −0.085\N{NO-BREAK SPACE}… −0.007"


def test_larger_effects_have_deeper_shades(make_explanation):
    spans = read(make_explanation("a b c d e", effects=[0.1, 0.2, 0.3, 0.4, 0.5])).named("span")[:5]
    levels = [int(re.search(r"limen-plus-(\d)", span["class"])[1]) for span in spans]
    assert levels == [1, 2, 3, 4, 5]


def test_exact_effects_have_no_whiskers(make_explanation):
    text = make_explanation(standard_errors=0.0)._repr_html_()
    assert 'class="limen-whisker"' not in text
    assert text.count(">exact</td>") == 6
    assert 'class="limen-whisker"' in make_explanation()._repr_html_()


def test_tables_and_bars_are_told_to_screen_readers(make_explanation):
    reader = read(make_explanation(pairs={(3, 5): (0.2, 0.01)}))
    assert all(cell["scope"] in ("row", "col") for cell in reader.named("th"))
    bars = reader.named("svg")
    assert len(bars) == 7
    assert all(bar["role"] == "img" and "interval" in bar["aria-label"] for bar in bars)


def test_bars_stay_inside_their_cell(make_explanation):
    for errors in (0.0, 0.5):
        reader = read(make_explanation(standard_errors=errors))
        for _, attributes in reader.tags:
            ends = [attributes[name] for name in ("x", "x1", "x2") if name in attributes]
            assert all(0 <= float(end.removesuffix("%")) <= 100 for end in ends)


def test_doubts_come_with_their_remedies(make_explanation):
    reader = read(make_explanation(doubts=[Doubt.UNFAITHFUL, Doubt.NOISY_MODEL]))
    told = reader.text_in("limen-doubts")
    assert "2 reasons to doubt" in told
    assert Doubt.UNFAITHFUL.value in told
    assert Doubt.NOISY_MODEL.value in told
    assert "A reason to doubt" in read(make_explanation(doubts=[Doubt.FLAT])).text_in("limen-doubts")


def test_no_doubt_no_alarm(make_explanation):
    reader = read(make_explanation())
    assert reader.text_in("limen-doubts") == ""
    assert "none" in reader.text_in("limen-facts")


def test_pairs_are_shown_where_they_differ_from_zero(make_explanation):
    told = "beyond the sum"
    text = make_explanation(pairs={(3, 5): (0.21, 0.02), (0, 1): (0.01, 0.02)})._repr_html_()
    assert told in text
    assert text.count('<bdi lang="">visit</bdi> × <bdi lang="">channel</bdi>') == 1
    assert '× <bdi lang="">Christmas' not in text
    assert told not in make_explanation(pairs={(0, 1): (0.01, 0.02)})._repr_html_()
    assert told not in make_explanation()._repr_html_()


def test_long_texts_stay_usable(make_explanation):
    explanation = make_explanation(" ".join(f"word{i}" for i in range(300)))
    reader = read(explanation)
    assert len(reader.named("svg")) == 40
    assert len(reader.named("details")) == 1
    assert "260 parts" in reader.text_in("limen-note")
    assert reader.text_in("limen-text") == explanation.instance.text


@pytest.mark.parametrize("effect", [0.5, -0.5, 0.0, 1e-9, 1e6])
def test_one_part(make_explanation, effect):
    reader = read(make_explanation("hello", effects=[effect], standard_errors=0.0, n_probes=2))
    assert reader.text_in("limen-text") == "hello"
    assert len(reader.named("svg")) == 1


def test_right_to_left_texts(make_explanation):
    reader = read(make_explanation("שלום visit 今天", effects=[0.5, 0.4, -0.3]))
    assert reader.named("div")[0]["dir"] == "auto"
    hebrew, latin, _ = (span["class"].split() for span in reader.named("span")[:3])
    assert "limen-rtl" in hebrew
    assert "limen-ltr" in latin


def test_long_names_are_clipped_and_kept_in_the_title(make_explanation):
    text = "x" * 500
    bdi = read(make_explanation(text, effects=[0.3])).named("bdi")
    assert text in [attributes.get("title") for attributes in bdi]


def test_same_record_same_text(make_explanation):
    assert make_explanation()._repr_html_() == make_explanation()._repr_html_()
