"""How inputs are composed for a model, and how many go to it at a time."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any

MOST_ROWS = 256
"""Most inputs in a batch; past this no model that was measured gets faster on a CPU."""
MOST_CHARACTERS = 16_384
"""Most characters in a padded batch (rows × longest), so that long texts come in small batches. Not the clock but the
lengths decide, so that the same question always makes the same batches and gives the same digits."""
MOST_TABLE_ROWS = 16_384
"""Most rows of a table in a batch: a forest or a pipeline has a cost for each call (milliseconds) that many rows share,
and a frame of so many rows and a hundred columns is 13 MB."""
SHOWN = 200
"""Most characters of an input that an error shows."""


def shown(item: Any) -> str:
    """An input that speaks for itself, for an error."""
    return f"{item!r:.{SHOWN}}"


@dataclass(frozen=True, eq=False)
class Composer:
    """How items, which are hashable and may be small, become what the model takes: encoded rows become a data frame.

    compose: takes the items of a batch and gives the model's input, made afresh. describe: an item in words for errors,
    such as "age = 41, city = 'Paris'". encoding: equal between composers for which equal items mean the same input;
    these share their answers, others never do (by default no two composers share). most_rows: most items in a batch.
    length: the size to which an item is padded, where the longest of a batch decides the cost; None: rows alone count.
    """

    compose: Callable[[list[Any]], Any]
    describe: Callable[[Any], str] = shown
    encoding: Hashable = field(default_factory=object)
    most_rows: int = MOST_TABLE_ROWS
    length: Callable[[Any], int] | None = None


def _characters(item: Any) -> int:
    return len(item) if isinstance(item, str) else 0


PLAIN = Composer(list, shown, None, MOST_ROWS, _characters)
"""The items as they are, in a list of their own: some models consume it. Texts of similar length go together."""

Entry = tuple[Any, bool]
"""An item, and whether it is a repeat."""


def batches(queue: list[Entry], most: int, length: Callable[[Any], int] | None) -> Iterator[list[Entry]]:
    """Cut a queue into batches of at most `most` rows; with a length, sort it and bound the padded size as well."""
    if length is None:
        for start in range(0, len(queue), most):
            yield queue[start : start + most]
        return
    queue = sorted(queue, key=lambda entry: length(entry[0]))  # stable: texts of one length stay as they were asked
    start = 0
    for stop, (item, _) in enumerate(queue):
        rows = stop - start + 1
        if rows > 1 and (rows > most or rows * length(item) > MOST_CHARACTERS):
            yield queue[start:stop]
            start = stop
    if start < len(queue):
        yield queue[start:]


def out_of_memory(error: BaseException) -> bool:
    """Whether an error of any framework says that memory ran out."""
    text = f"{type(error).__name__}: {error}".lower()
    return isinstance(error, MemoryError) or "out of memory" in text or "outofmemory" in text or "bad_alloc" in text
