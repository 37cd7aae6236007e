"""The spam classifier that ships with limen: a small Transformer over YouTube comments, run by ONNX Runtime.

`zoo/spam/card.md` says what it was trained on and how well it does; `training/spam/` trains it again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from limen._errors import InputError
from limen.zoo._clean import clean

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

FOLDER = Path(__file__).parent / "spam"
MOST_ROWS = 256  # texts in one run of the network
MOST_CELLS = 4096  # tokens in one run of the network, padding included
MOST_CHARACTERS = 10_000  # far beyond what fills the network's tokens; keeps the tokenizer from reading a whole book
FATAL_ONLY = 4  # ONNX Runtime's logging level


def spam() -> "SpamModel":
    """The embedded spam classifier: a callable from n texts to probabilities (n, 2) of normal and spam.

    >>> from limen import zoo
    >>> zoo.spam()(["For Christmas Song visit our channel!"]).round(1)
    array([[0., 1.]])
    """
    return SpamModel()


@dataclass(frozen=True)
class SpamModel:
    """A Transformer that tells spam from normal comments; frozen, picklable, deterministic.

    Called with n texts it returns float64 probabilities (n, 2), columns as in `classes`, rows summing to 1. Text is
    cleaned of HTML entities and cut after `most_tokens` tokens. A text's answer does not depend on the texts beside it
    (but for float32 rounding). The network is loaded at the first call and shared by all instances of one process.
    """

    classes: ClassVar[tuple[str, str]] = ("normal", "spam")
    most_tokens: ClassVar[int] = 256

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Probabilities (n, 2) of n texts. Raises InputError unless `texts` is a sequence of str."""
        rows = _token_ids([clean(text)[:MOST_CHARACTERS] for text in _checked(texts)])
        probabilities = np.empty((len(rows), 2), dtype=np.float64)
        for part in _chunks([len(row) for row in rows]):
            probabilities[part] = _run([rows[index] for index in part])
        return probabilities

    def cuts(self, text: str) -> bool:
        """Whether only the beginning of this text is read, because it has more than `most_tokens` tokens."""
        cleaned = clean(text)
        return len(cleaned) > MOST_CHARACTERS or bool(_tokenizer().encode(cleaned).overflowing)

    def __repr__(self) -> str:
        """Name, classes and where the card is; loads nothing."""
        return f"limen.zoo.spam()  # Transformer, classes {self.classes}, see limen/zoo/spam/card.md"


def _checked(texts: Sequence[str]) -> list[str]:
    """The texts as a list; raises InputError for a bare str, what is no sequence, and items that are not str."""
    if isinstance(texts, str):
        raise InputError(
            f"texts: got one str ({texts[:40]!r}), expected a list of str; put it in a list: model([text])"
        )
    try:
        items = list(texts)
    except TypeError as error:
        raise InputError(
            f"texts: got {type(texts).__name__}, expected a list of str; pass the comments as a list: model([text])"
        ) from error
    for place, item in enumerate(items):
        if not isinstance(item, str):
            raise InputError(
                f"texts[{place}]: got {type(item).__name__} ({str(item)[:40]!r}), expected a str; "
                "decode bytes, and leave out or replace missing values by ''"
            )
    return items


def _token_ids(texts: list[str]) -> list[list[int]]:
    """Token ids of each cleaned text; at least the mark of the start, at most `most_tokens`."""
    return [encoding.ids for encoding in _tokenizer().encode_batch(texts)] if texts else []


def _chunks(lengths: list[int]) -> list[list[int]]:
    """Places of the texts that go through the network together.

    One chunk if all of them fit, else chunks of like length, each at most MOST_ROWS texts and MOST_CELLS tokens with
    the padding: the attention of a chunk should stay in the processor's cache.
    """
    if not lengths or (len(lengths) <= MOST_ROWS and len(lengths) * max(lengths) <= MOST_CELLS):
        return [list(range(len(lengths)))] if lengths else []
    chunks: list[list[int]] = [[]]
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        rows = len(chunks[-1]) + 1
        if chunks[-1] and (rows > MOST_ROWS or rows * lengths[place] > MOST_CELLS):
            chunks.append([])
        chunks[-1].append(place)
    return chunks


def _run(rows: list[list[int]]) -> NDArray[np.float64]:
    """Probabilities (n, 2) of one chunk, filled up with 0 (padding) at the right, by one run of the network."""
    ids = np.zeros((len(rows), max(map(len, rows))), dtype=np.int64)
    for line, row in zip(ids, rows, strict=True):
        line[: len(row)] = row
    logits = np.asarray(_session().run(["logits"], {"input_ids": ids})[0], dtype=np.float64)  # (n, 2)
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities: NDArray[np.float64] = odds / odds.sum(axis=1, keepdims=True)
    return probabilities


@cache
def _tokenizer() -> "Tokenizer":
    """The byte-level BPE, read once a process."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(FOLDER / "tokenizer.json"))
    tokenizer.encode_special_tokens = True  # a comment that spells "<pad>" is text, not padding
    return tokenizer


@cache
def _session() -> "InferenceSession":
    """The network, loaded once a process; two threads, quiet, and no spinning while it waits."""
    import os

    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = min(2, os.cpu_count() or 1)
    options.inter_op_num_threads = 1
    options.log_severity_level = FATAL_ONLY
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return InferenceSession(str(FOLDER / "model.onnx"), options, providers=["CPUExecutionProvider"])
