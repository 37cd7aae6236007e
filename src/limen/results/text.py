"""A text as its parts: what a picture of it needs, and how it reads when some parts are hidden."""

from __future__ import annotations

from dataclasses import dataclass

from limen._types import BoolArray
from limen.results._record import Record

Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True, eq=False)
class TextInstance(Record):
    """The text that is explained, cut into parts; what lies between parts always stays.

    Attributes
    ----------
    text: the whole text, exactly as it came.
    names: (d) what each part is called, in reading order of first occurrence.
    spans: (d) the half-open character ranges of each part; several where equal words are one part.
    units: what a part is: "words", "sentences", "3-word spans", ...
    mask_token: what stands in a hidden part's place; None: it is dropped.

    """

    text: str
    names: tuple[str, ...]
    spans: tuple[Spans, ...]
    units: str
    mask_token: str | None = None

    @property
    def n_parts(self) -> int:
        """The number of parts d."""
        return len(self.names)

    def pieces(self) -> list[tuple[int, int, int]]:
        """All spans in reading order as (start, stop, part)."""
        return sorted((start, stop, part) for part, spans in enumerate(self.spans) for start, stop in spans)

    def render(self, masks: BoolArray) -> list[str]:
        """Write the text once for each row of `masks` (n, d), True = kept, with the hidden parts dropped or replaced.

        A dropped piece takes the white space after it along; at the end of the text, that before it. All else keeps
        its exact characters. A text of which only white space is left is empty.
        """
        pieces = self.pieces()
        head, tail = self.text[: pieces[0][0]], self.text[pieces[-1][1] :]
        stops = [start for start, _, _ in pieces[1:]] + [pieces[-1][1]]
        kept, hidden = [], []
        for (start, stop, part), following in zip(pieces, stops, strict=True):
            word, gap = self.text[start:stop], self.text[stop:following]
            kept.append((part, word + gap))
            hidden.append(gap.lstrip() if self.mask_token is None else self.mask_token + gap)
        last = pieces[-1][2]
        texts = []
        for row in masks.tolist():
            body = "".join([whole if row[part] else rest for (part, whole), rest in zip(kept, hidden, strict=True)])
            if self.mask_token is None and not row[last]:
                body = body.rstrip()
            text = head + body + tail
            texts.append(text if text.strip() else "")
        return texts
