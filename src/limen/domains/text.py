"""Texts: parts are words, sentences, spans of several words, or what a splitter of the user's says."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from limen._errors import InputError, unknown
from limen.domains.base import Domain
from limen.results import TextInstance

Span = tuple[int, int]
Splitter = Callable[[str], Iterable[str | Span]]

UNITS = ("auto", "words", "sentences")
PUNCTUATION = ("attached", "separate")
REPEATS = ("separate", "together")


@dataclass(frozen=True)
class Text(Domain):
    """Explain a text by hiding parts of it.

    Parameters
    ----------
    units: "words"; "sentences"; a number n for spans of n words; a function that takes the text and gives its parts,
        as strings in order of occurrence or as (start, stop) character ranges (what lies in no part always stays); or
        "auto": words, unless there are more than the budget can tell apart, then the shortest spans that it can.
    punctuation: "attached": `channel!` is one word; "separate": it is two parts.
    repeats: "separate": each occurrence of a word is a part of its own; "together": equal words are hidden together,
        as the words of lime's bag of words are (which splits at punctuation).
    mask_token: what replaces a hidden part, such as "[MASK]"; None: it is dropped with the white space after it.

    Words are found in any script: white space separates them; in scripts without it each Han or Hiragana character and
    each run of Katakana is a word, and each cluster of letters in Thai, Lao, Khmer and Burmese; an emoji with its
    modifiers is a word of its own.

    """

    units: str | int | Splitter = "auto"
    punctuation: str = "attached"
    repeats: str = "separate"
    mask_token: str | None = None

    def __post_init__(self) -> None:
        if isinstance(self.units, np.integer):
            object.__setattr__(self, "units", int(self.units))
        if isinstance(self.units, bool) or (isinstance(self.units, int) and self.units < 1):
            raise InputError(f"units of Text is {self.units!r}, expected a number of words of at least 1.")
        if not (callable(self.units) or isinstance(self.units, int) or self.units in UNITS):
            raise unknown("units of Text", self.units, [*UNITS, "a number of words", "a function"])
        if self.punctuation not in PUNCTUATION:
            raise unknown("punctuation of Text", self.punctuation, PUNCTUATION)
        if self.repeats not in REPEATS:
            raise unknown("repeats of Text", self.repeats, REPEATS)
        if not (self.mask_token is None or isinstance(self.mask_token, str)):
            raise InputError(f"mask_token of Text is {self.mask_token!r}, expected a text such as '[MASK]', or None.")
        if self.punctuation == "separate" and (callable(self.units) or self.units == "sentences"):
            raise InputError("punctuation='separate' of Text needs units of words; leave one of the two out.")

    def parse(self, x: object, most_parts: int) -> TextInstance:
        """Cut the text into parts.

        Raises InputError where x is not a str, is empty or blank, or where a splitter's parts do not lie in it.
        """
        if not isinstance(x, str):
            raise InputError(f"x is {type(x).__name__} {x!r:.60}, expected a str, or a list of them.")
        if not x.strip():
            raise InputError(f"x is {x!r:.60}, a text without a word: nothing can be hidden. Give some words.")
        units, spans = self._spans(x, most_parts)
        if self.repeats == "together":
            grouped: dict[str, list[Span]] = {}
            for start, stop in spans:
                grouped.setdefault(x[start:stop], []).append((start, stop))
            return TextInstance(x, tuple(grouped), tuple(map(tuple, grouped.values())), units, self.mask_token)
        names = tuple(x[start:stop] for start, stop in spans)
        return TextInstance(x, names, tuple((span,) for span in spans), units, self.mask_token)

    def _spans(self, text: str, most_parts: int) -> tuple[str, list[Span]]:
        """What a part is called, and the character range of each, in reading order."""
        if callable(self.units):
            return "parts", _own_spans(text, self.units(text))
        if self.units == "sentences":
            return "sentences", _trimmed(_patterns()["sentence"].finditer(text))
        words = _separate_words(text) if self.punctuation == "separate" else _attached_words(text)
        size = self.units if isinstance(self.units, int) else 1
        if self.units == "auto" and len(words) > most_parts:
            size = -(-len(words) // most_parts)
        groups = [words[k : k + size] for k in range(0, len(words), size)]
        spans = [(group[0][0], group[-1][1]) for group in groups]
        return ("words" if size == 1 else f"{size}-word spans"), spans


@cache
def _patterns() -> dict[str, Any]:
    """The patterns of Unicode that words are found by; compiled on first use (`regex` knows scripts, `re` does not)."""
    import regex

    emoji = r"(?:\p{Regional_Indicator}{2}|(?:(?=[\p{Extended_Pictographic}\p{Emoji_Modifier_Base}])\X))"
    letters = r"[\p{Han}\p{Hiragana}][\p{M}\uFE00-\uFE0F]*"
    katakana = r"[\p{Katakana}ー\uFF66-\uFF9F]+"
    unspaced = r"(?:(?=[\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}])\X)"
    space = r"\s\x1c-\x1f"  # str.isspace() counts four control characters that \s does not
    letter = r"[\p{L}\p{M}\p{N}_]"
    closing = r"[\p{Pe}\p{Pf}\"']"
    inside = rf"(?:[^\n.!?…。！？]++|[.!?…]++(?!{closing}*+(?:\s|$)))"  # possessive, so that no text takes long
    sentence = rf"{inside}*+(?:[.!?…]++{closing}*+|[。！？]++{closing}*+)|{inside}++"
    alone = f"{emoji}|{letters}|{katakana}|{unspaced}"
    return {
        "chunk": regex.compile(rf"[^{space}]+"),
        "attached": regex.compile(rf"(?:{alone}|(?:(?!{alone})[\s\S])+?(?=(?:{alone})|$))"),
        "separate": regex.compile(rf"{alone}|{letter}+(?:['’\-.]{letter}+)*|[^\p{{L}}\p{{N}}{space}]"),
        "wordlike": regex.compile(rf"[\p{{L}}\p{{N}}]|{emoji}"),
        "sentence": regex.compile(sentence),
    }


def _attached_words(text: str) -> list[Span]:
    """Words with their punctuation: chunks between white space, cut further where a script has none."""
    patterns = _patterns()
    words: list[Span] = []
    for chunk in patterns["chunk"].finditer(text):
        pieces = [
            (chunk.start() + piece.start(), chunk.start() + piece.end())
            for piece in patterns["attached"].finditer(chunk.group())
        ]
        words += _with_punctuation(text, pieces, patterns["wordlike"])
    return words


def _with_punctuation(text: str, pieces: list[Span], wordlike: Any) -> list[Span]:
    """Join pieces of mere punctuation to the word before them in the chunk, or at its start to the one after."""
    joined: list[Span] = []
    opening: int | None = None
    for start, stop in pieces:
        if not wordlike.search(text, start, stop):
            if joined:
                joined[-1] = (joined[-1][0], stop)
            elif opening is None:
                opening = start
            continue
        joined.append((start if opening is None else opening, stop))
        opening = None
    return joined or [(pieces[0][0], pieces[-1][1])]


def _separate_words(text: str) -> list[Span]:
    """Words and marks, each a part of its own; `don't`, `e-mail` and `3.5` stay whole."""
    return [match.span() for match in _patterns()["separate"].finditer(text)]


def _trimmed(matches: Iterable[Any]) -> list[Span]:
    """The matches without white space at their ends; empty ones are left out."""
    spans = []
    for match in matches:
        piece = match.group()
        start = match.start() + len(piece) - len(piece.lstrip())
        stop = match.end() - (len(piece) - len(piece.rstrip()))
        if stop > start:
            spans.append((start, stop))
    return spans


def _own_span(text: str, part: Any, position: int) -> Span:
    """One part's range: of a substring that is looked up from `position` on, a pair, or a match of a pattern."""
    if isinstance(part, str):
        start = text.find(part, position) if part.strip() else -1
        return start, start + len(part)
    try:
        start, stop = part.span() if hasattr(part, "span") else part
        return int(start), int(stop)
    except (TypeError, ValueError) as error:
        raise InputError(f"units of Text gave {part!r:.60}, expected a substring or a (start, stop) range.") from error


def _own_spans(text: str, parts: Iterable[str | Span]) -> list[Span]:
    """Check what the user's splitter gave; strings are looked up in the text one after the other."""
    spans: list[Span] = []
    position = 0
    try:
        given = list(parts)
    except TypeError as error:
        raise InputError(f"units of Text gave {parts!r:.60}, expected substrings or (start, stop) ranges.") from error
    for part in given:
        span = _own_span(text, part, position)
        if not position <= span[0] < span[1] <= len(text):
            raise InputError(
                f"units of Text gave the part {part!r}, expected parts that lie in the text in reading order without "
                f"overlap, the next one from character {position} on; give substrings or (start, stop) ranges."
            )
        spans.append(span)
        position = span[1]
    if not spans:
        raise InputError("units of Text gave no part; give at least one substring or (start, stop) range.")
    return spans
