"""Texts for a net: characters as numbers, streams to learn from, and text that a net writes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limen._errors import InputError
from limen._types import IntArray
from limen.rnn._checks import whole
from limen.rnn._samples import one_hot
from limen.rnn.net import RNN
from limen.rnn.optimisers import positive

__all__ = ["OTHER", "Alphabet", "one_hot", "streams", "write"]

OTHER = "\N{REPLACEMENT CHARACTER}"
"""Stands for every character that is not in an alphabet."""


@dataclass(frozen=True)
class Alphabet:
    """The characters that a net knows, in the order of their code points; symbol k is `characters[k]`.

    A text with characters beyond them can be encoded only if U+FFFD is among them: it stands for all others.
    """

    characters: str

    def __post_init__(self) -> None:
        if not self.characters or sorted(set(self.characters)) != list(self.characters):
            raise InputError(
                f"characters is {self.characters!r:.60}, expected different characters in order; use Alphabet.of(text)."
            )

    @classmethod
    def of(cls, text: str, most: int = 256) -> Alphabet:
        """The characters of a text; if they are more than `most`, the most frequent, and U+FFFD for the others."""
        whole("most", most, 2)
        counts = Counter(text)
        if len(counts) > most:
            frequent = sorted(counts, key=lambda character: (-counts[character], character))[: most - 1]
            counts = Counter({*frequent, OTHER})
        return cls("".join(sorted(counts)))

    def __len__(self) -> int:
        return len(self.characters)

    def encode(self, text: str) -> IntArray:
        """The symbols (characters) of a text. Raises InputError for a character without one, and says where."""
        known, codes = _codes(self.characters), _codes(text)
        symbols = np.minimum(np.searchsorted(known, codes), len(known) - 1)
        strange = known[symbols] != codes
        if strange.any():
            if OTHER not in self.characters:
                place = int(strange.argmax())
                raise InputError(f"text has {text[place]!r} at character {place}, which is not in the alphabet.")
            symbols[strange] = self.characters.index(OTHER)
        return symbols.astype(np.int64)

    def decode(self, symbols: Any) -> str:
        """The text of symbols (any number of them)."""
        return "".join(self.characters[int(symbol)] for symbol in symbols)


def _codes(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


def streams(symbols: IntArray, count: int) -> tuple[IntArray, IntArray]:
    """Cut a text (n symbols) into parallel streams x (count, time), each with the symbols y that come next.

    time is (n - 1) // count; fewer than `count` symbols at the end are left out. Train on them with
    `fit(net, x, y, batch_size=count, window=64, ...)`: then every stream is read from its start to its end.
    """
    whole("count", count, 1)
    if np.ndim(symbols) != 1 or len(symbols) <= count:
        raise InputError(
            f"symbols has the shape {np.shape(symbols)}, expected one axis of more than count = {count} symbols."
        )
    time = (len(symbols) - 1) // count
    return symbols[: count * time].reshape(count, time), symbols[1 : count * time + 1].reshape(count, time)


def write(net: RNN, alphabet: Alphabet, *, start: str, length: int, temperature: float = 1.0, seed: int = 0) -> str:
    """Let a net write `length` characters that go on after `start`, which is not repeated.

    temperature: the net's outputs are divided by it before the softmax; below 1 the likely becomes likelier. Raises
    InputError unless the net has an input and an output for each character.
    """
    whole("length", length, 1)
    whole("seed", seed, 0)
    positive("temperature", temperature)
    if {net.inputs, net.outputs} != {len(alphabet)}:
        raise InputError(
            f"net has {net.inputs} inputs and {net.outputs} outputs, expected {len(alphabet)} of each, as the alphabet."
        )
    if not start:
        raise InputError("start is empty, expected at least one character to go on from.")
    generator, written = np.random.default_rng(seed), []
    symbols, state = alphabet.encode(start), None
    for _ in range(length):
        trace = net.forward(one_hot(symbols[None], len(alphabet), net.dtype), initial=state)
        state = trace.h[:, -1].copy()
        logits = trace.y_hat[0, -1].astype(np.float64) / temperature
        # The largest of the logits plus Gumbel noise is a draw from the softmax (Gumbel 1954).
        symbols = np.array([np.argmax(logits + generator.gumbel(size=len(logits)))])
        written.append(int(symbols[0]))
    return alphabet.decode(written)
