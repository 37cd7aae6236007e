"""Texts: where words begin and end in any script, and how a text reads with parts hidden."""

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limen import Text
from limen._errors import InputError


def parts(text, **options):
    return list(Text(**options).parse(text, 10_000).names)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("For Christmas Song visit our channel!", ["For", "Christmas", "Song", "visit", "our", "channel!"]),
        ("don't l’été naïve Zürich", ["don't", "l’été", "naïve", "Zürich"]),
        ("e\u0301te\u0301 cafe\u0301", ["e\u0301te\u0301", "cafe\u0301"]),
        ("你好,世界!", ["你", "好,", "世", "界!"]),
        ("東京タワーへ行く。", ["東", "京", "タワー", "へ", "行", "く。"]),
        ("«Bonjour», dit-il", ["«Bonjour»,", "dit-il"]),
        ("안녕하세요 여러분!", ["안녕하세요", "여러분!"]),
        ("so cute😍😍!", ["so", "cute", "😍", "😍!"]),
        ("👍🏽 ok 👨‍👩‍👧 🇩🇪🇫🇷", ["👍🏽", "ok", "👨‍👩‍👧", "🇩🇪", "🇫🇷"]),
        ("see http://a.b/c?d=1, now", ["see", "http://a.b/c?d=1,", "now"]),
        ("a - b", ["a", "-", "b"]),
        ("(你好)", ["(你", "好)"]),
        ("#1 100% ok\u00a0go", ["#1", "100%", "ok", "go"]),
        ("مرحبا بالعالم", ["مرحبا", "بالعالم"]),
        ("!!!", ["!!!"]),
    ],
)
def test_words_of_many_scripts(text, expected):
    assert parts(text) == expected


def test_punctuation_can_be_a_part():
    assert parts("Visit our channel!! Don't, 3.5", punctuation="separate") == [
        "Visit", "our", "channel", "!", "!", "Don't", ",", "3.5",
    ]  # fmt: skip
    assert Text(punctuation="separate").parse("our channel!", 9).render(np.array([[1, 0, 1]], bool)) == ["our !"]


def test_sentences():
    text = "It is cute. Is it? Yes!! (Really.) No end\nNew line 3.5 e.g. so"
    assert parts(text, units="sentences") == [
        "It is cute.", "Is it?", "Yes!!", "(Really.)", "No end", "New line 3.5 e.g.", "so",
    ]  # fmt: skip
    assert parts("你好。世界!", units="sentences") == ["你好。", "世界!"]


def test_spans_and_larger_units_chosen_by_the_budget():
    assert parts("a b c d e", units=2) == ["a b", "c d", "e"]
    instance = Text().parse("w " * 100, 30)
    assert instance.units == "4-word spans"
    assert instance.n_parts == 25
    assert Text(units="words").parse("w " * 100, 30).n_parts == 100


def test_own_splitters():
    assert parts("a,b;c", units=lambda text: text.replace(";", ",").split(",")) == ["a", "b", "c"]
    assert parts("abcd", units=lambda _: [(0, 1), (2, 4)]) == ["a", "cd"]
    words = Text(units=lambda text: re.findall(r"\w+", text)).parse("Oh, visit us!", 9)
    assert words.render(np.array([[1, 0, 1], [0, 1, 1], [1, 1, 0]], bool)) == ["Oh, us!", ", visit us!", "Oh, visit!"]
    for wrong in (["z"], [(0, 99)], [(2, 3), (0, 1)], [], ["", "a"]):
        with pytest.raises(InputError, match="units of Text"):
            parts("abcd", units=lambda _, wrong=wrong: wrong)


def test_repeated_words_are_apart_unless_asked_together():
    assert parts("ho ho ho") == ["ho", "ho", "ho"]
    together = Text(repeats="together").parse("ho hi ho", 9)
    assert together.names == ("ho", "hi")
    assert together.render(np.array([[0, 1], [1, 0]], bool)) == ["hi", "ho ho"]


def test_dropping_takes_the_right_white_space():
    instance = Text().parse("  one two\n\tthree  four ", 9)
    rows = np.array(
        [[1, 1, 1, 1], [0, 1, 1, 1], [1, 0, 1, 1], [1, 1, 0, 1], [1, 1, 1, 0], [1, 0, 0, 0], [0, 0, 0, 0]], bool
    )
    assert instance.render(rows) == [
        "  one two\n\tthree  four ",
        "  two\n\tthree  four ",
        "  one three  four ",
        "  one two\n\tfour ",
        "  one two\n\tthree ",
        "  one ",
        "",
    ]


def test_a_mask_token_stands_in_the_place():
    instance = Text(mask_token="[MASK]").parse("a  b c", 9)
    assert instance.render(np.array([[0, 1, 0], [0, 0, 0]], bool)) == ["[MASK]  b [MASK]", "[MASK]  [MASK] [MASK]"]


@given(st.text(min_size=1).filter(str.strip), st.randoms(use_true_random=False))
@settings(max_examples=300, deadline=None)
def test_any_text_keeps_its_characters(text, chance):
    for options in ({}, {"punctuation": "separate"}, {"units": "sentences"}, {"repeats": "together"}, {"units": 2}):
        instance = Text(**options).parse(text, 10_000)
        pieces = instance.pieces()
        assert all(text[a:b].strip() for a, b, _ in pieces)
        assert all(first[1] <= second[0] for first, second in pairwise(pieces))
        outside = text
        for a, b, _ in reversed(pieces):
            outside = outside[:a] + outside[b:]
        assert not outside.strip()
        mask = np.array([[True] * instance.n_parts, [chance.random() < 0.5 for _ in range(instance.n_parts)]])
        whole, some = instance.render(mask)
        assert whole == text
        kept = "".join(text[a:b] for a, b, part in pieces if mask[1, part])
        assert "".join(some.split()) == "".join(kept.split())
        if "  " not in text:
            assert "  " not in some


@pytest.mark.parametrize("text", ["", "   ", "\n\t\u3000"])
def test_blank_texts_are_refused(text):
    with pytest.raises(InputError, match="without a word"):
        Text().parse(text, 9)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"units": "letters"}, "units of Text is 'letters', expected one of: auto, words, sentences"),
        ({"units": 0}, "at least 1"),
        ({"units": True}, "number of words"),
        ({"punctuation": "off"}, "attached, separate"),
        ({"repeats": "often"}, "separate, together"),
        ({"mask_token": 3}, "mask_token of Text is 3"),
        ({"units": "sentences", "punctuation": "separate"}, "leave one of the two out"),
    ],
)
def test_wrong_options_are_named(options, words):
    with pytest.raises(InputError, match=words):
        Text(**options)


def test_what_is_no_text_is_refused():
    with pytest.raises(InputError, match="x is int 3, expected a str"):
        Text().parse(3, 9)
