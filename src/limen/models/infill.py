"""Hidden words filled in by a masked language model, so that the model reads whole sentences."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from limen._errors import InputError, MissingError, ModelError
from limen._types import BoolArray, FloatArray
from limen.models.adapt import predictor
from limen.models.torch import evaluating

BATCH = 32
"""Texts that are filled in at once."""
WORD_STARTS = ("Ġ", "▁")
"""What tokens that begin a word begin with, in byte-level and in sentence-piece vocabularies."""


class Infilled:
    """A model that is asked with the hidden words filled in: it goes where a model goes.

    Texts with holes are like nothing that a model was trained on. Here each hole gets a word that a masked language
    model finds likely there, drawn by its probability (Kim, Yi, Kim, Yoon, EMNLP 2020, marginalise over all). The same
    text gets the same words. An effect is then what a word says beyond what its context lets one guess.

    >>> infilled = limen.models.Infilled(model, (masked_model, tokenizer))  # doctest: +SKIP
    >>> limen.explain(infilled, text, domain=limen.Text(mask_token=infilled.mask_token))  # doctest: +SKIP

    Parameters
    ----------
    model: what is explained, as `limen.explain` takes it. filler: a pair (masked language model, tokenizer) of
    transformers; or a function that takes texts with `mask_token` in them and gives as many without it. mask_token:
    what stands in a hidden word's place; None: the tokenizer's own. seed: of the words that are drawn.

    Raises InputError where the filler is neither, or has no mask token.

    """

    def __init__(
        self,
        model: Any,
        filler: tuple[Any, Any] | Callable[[list[str]], Sequence[str]],
        *,
        mask_token: str | None = None,
        seed: int = 0,
    ) -> None:
        pair = isinstance(filler, tuple) and len(filler) == 2
        if not pair and not callable(filler):
            raise InputError(
                f"filler is {filler!r:.60}, expected a pair (masked language model, tokenizer) of transformers, or a "
                "function of a list of texts."
            )
        own = getattr(filler[1], "mask_token", None) if isinstance(filler, tuple) else None
        token = own if mask_token is None else mask_token
        if not isinstance(token, str) or not token.strip():
            raise InputError(f"mask_token is {token!r}, expected a text such as '[MASK]'; name what filler fills in.")
        self.mask_token: str = token
        self._box = predictor(model)
        self._fill = _Masked(*filler, token, seed) if isinstance(filler, tuple) else filler

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The names of the model's classes."""
        return self._box.classes

    def fill(self, texts: Sequence[str]) -> list[str]:
        """The texts as the model reads them. Raises ModelError where the filler gives fewer, or leaves a hole."""
        found = list(texts)
        holed = [place for place, text in enumerate(found) if self.mask_token in text]
        filled = list(self._fill([found[place] for place in holed])) if holed else []
        if len(filled) != len(holed):
            raise ModelError(f"The filler gave {len(filled)} texts, expected {len(holed)}, one for each.")
        for place, text in zip(holed, filled, strict=True):
            if not isinstance(text, str) or self.mask_token in text:
                raise ModelError(f"The filler gave {text!r:.80}, expected a text without {self.mask_token!r}.")
            found[place] = text
        return found

    def __call__(self, texts: Sequence[str]) -> FloatArray:
        """The model's answers (n, k) to the filled texts."""
        return self._box(self.fill(texts))


class _Masked:
    """Fills the holes of a text all at once, each by the probabilities of a masked language model of transformers."""

    def __init__(self, model: Any, tokenizer: Any, token: str, seed: int) -> None:
        self._model, self._tokenizer, self._token, self._seed = model, tokenizer, token, seed
        self._words = _words_of(tokenizer, int(model.config.vocab_size))

    def __call__(self, texts: list[str]) -> list[str]:
        return [text for start in range(0, len(texts), BATCH) for text in self._batch(texts[start : start + BATCH])]

    def _batch(self, texts: list[str]) -> list[str]:
        try:
            import torch
        except ImportError as error:
            raise MissingError("A masked language model needs torch: pip install 'limen[hf]'") from error
        tokenizer = self._tokenizer
        own = [text.replace(self._token, tokenizer.mask_token) for text in texts]
        encoded = tokenizer(own, padding=True, return_tensors="pt").to(self._model.device)
        most = getattr(self._model.config, "max_position_embeddings", None)
        if most is not None and encoded["input_ids"].shape[1] > most:
            raise ModelError(f"A text has {encoded['input_ids'].shape[1]} tokens, and the filler reads {most}; cut it.")
        with evaluating(self._model), torch.no_grad():
            logits = self._model(**encoded).logits
        found = []
        for text, ids, scores in zip(texts, encoded["input_ids"], logits, strict=True):
            at = scores[ids == tokenizer.mask_token_id].double().cpu().numpy()
            found.append(self._drawn(text, at))
        return found

    def _drawn(self, text: str, scores: FloatArray) -> str:
        """The text with a word drawn for each hole from scores (holes, vocabulary)."""
        pieces = text.split(self._token)
        if len(scores) != len(pieces) - 1:
            raise ModelError(f"The tokenizer found {len(scores)} of {len(pieces) - 1} holes in {text!r:.80}.")
        generator = np.random.default_rng([self._seed, zlib.crc32(text.encode())])
        filled = [pieces[0]]
        for row, piece in zip(scores, pieces[1:], strict=True):
            weights = np.where(self._words, np.exp(row - row[self._words].max()), 0.0)
            word = int(generator.choice(len(weights), p=weights / weights.sum()))
            filled += [self._tokenizer.decode([word]).strip(), piece]
        return "".join(filled)


def _words_of(tokenizer: Any, size: int) -> BoolArray:
    """(vocabulary) True for tokens that are whole words or begin one. Raises InputError where there is none."""
    tokens = [str(token) for token in tokenizer.convert_ids_to_tokens(list(range(size)))]
    special = set(tokenizer.all_special_tokens)
    marked = any(token.startswith(WORD_STARTS) for token in tokens)
    words = np.array(
        [
            token not in special and (token.startswith(WORD_STARTS) if marked else not token.startswith("##"))
            for token in tokens
        ],
        dtype=np.bool_,
    )
    words &= np.array([any(letter.isalnum() for letter in token) for token in tokens], dtype=np.bool_)
    if not words.any():
        raise InputError("filler has a vocabulary without a word; give a masked language model with its tokenizer.")
    return words
