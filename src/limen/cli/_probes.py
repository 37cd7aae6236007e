"""The perturbed texts, with what the model and the surrogate said of each."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from limen import Explanation
from limen.results import Probes, TextInstance, visible

HIDDEN = "·"
PREFIX = 33
"""Columns that the numbers take before a text."""


def show_probes(explanation: Explanation, screen: Console) -> None:
    """Print a line a probe: first the text itself, then by how many parts are hidden, then by falling answer.

    On a terminal a line is cut at its width; elsewhere it is whole.
    """
    probes, instance = explanation.probes, explanation.instance
    if not isinstance(probes, Probes) or not isinstance(instance, TextInstance):
        from limen.cli._table_view import show_rows

        show_rows(explanation, screen)
        return
    masks = probes.masks
    order = np.lexsort((-probes.answers, -masks.sum(axis=1)))
    texts, guesses = _texts(instance, masks[order]), explanation.predict(masks)
    room = screen.width if screen.is_terminal else None
    dropped = instance.mask_token is None
    note = f"{HIDDEN} hidden; the text closes up around it" if dropped else "as the model saw them"
    if room is not None and PREFIX + cell_len(_flat(instance.text)) > room:
        note = f"{HIDDEN} hidden; cut to the width, whole in a pipe" if dropped else "cut to the width, whole in a pipe"
    lines = [
        "",
        f" The {len(probes)} perturbed texts ({note})",
        "",
        f" {'answer':>9} {'surrogate':>10} {'weight':>8}  text",
    ]
    for row, text in zip(order.tolist(), texts, strict=True):
        numbers = f" {probes.answers[row]:>9.4f} {guesses[row]:>10.4f} {100 * probes.weights[row]:>6.2f} %  "
        lines.append(numbers.replace("-", "−") + text)
    if room is None:
        screen.file.write("\n".join(lines) + "\n")  # rich would take seconds for a thousand long texts
        return
    screen.print(Text("\n").join(_on_one_row(line, room) for line in lines))


def _texts(instance: TextInstance, masks: npt.NDArray[np.bool_]) -> list[str]:
    """Each perturbed text on one line, with dots as wide as what is hidden, or with its mask token."""
    position = 0
    pieces = []
    for start, stop, part in instance.pieces():
        gap, word = _flat(instance.text[position:start]), _flat(instance.text[start:stop])
        hidden = HIDDEN * cell_len(word) if instance.mask_token is None else _flat(instance.mask_token)
        pieces.append((part, gap + word, gap + hidden))
        position = stop
    tail = _flat(instance.text[position:])
    return ["".join(word if kept[part] else hidden for part, word, hidden in pieces) + tail for kept in masks.tolist()]


def _flat(text: str) -> str:
    return "".join(" " if letter.isspace() else letter for letter in visible(text))


def _on_one_row(line: str, width: int) -> Text:
    text = Text(line[: 2 * width])
    text.truncate(width, overflow="ellipsis")
    text.highlight_regex(f"{HIDDEN}+", "dim")
    return text
