"""How likely a text is, by the words of a corpus that follow one another."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from limen._types import FloatArray

START, END = "\x02", "\x03"
PAIRS = 0.7
"""Weight of what followed a word before, against how often a word comes at all."""


class Bigrams:
    """Counts of words and of pairs of words; interpolated with how often a word comes (Jelinek, Mercer 1980)."""

    def __init__(self, texts: Sequence[str]) -> None:
        words = [_words(text) for text in texts]
        self._words = Counter(word for text in words for word in text[1:])
        self._before = Counter(word for text in words for word in text[:-1])
        self._pairs = Counter(pair for text in words for pair in pairwise(text))
        self._total = sum(self._words.values())

    def score(self, text: str) -> float:
        """The mean logarithm of a word's probability after the one before it; an unknown word counts as seen once."""
        words = _words(text)
        total = 0.0
        for first, second in pairwise(words):
            alone = (self._words[second] + 1.0) / (self._total + len(self._words) + 1.0)
            seen = self._before[first]
            total += math.log(PAIRS * (self._pairs[first, second] / seen if seen else alone) + (1.0 - PAIRS) * alone)
        return total / (len(words) - 1)


def _words(text: str) -> list[str]:
    return [START, *text.lower().split(), END]


def plausibilities(corpus: Sequence[str], texts: Sequence[str]) -> tuple[FloatArray, FloatArray]:
    """Scores of the corpus' own texts, each by the half that it is not in, and of other texts, the mean of both."""
    halves = [corpus[0::2], corpus[1::2]]
    models = [Bigrams(half) for half in halves]
    own = [models[1 - number].score(text) for number, half in enumerate(halves) for text in half]
    others = [(models[0].score(text) + models[1].score(text)) / 2.0 for text in texts]
    return np.array(own), np.array(others)
