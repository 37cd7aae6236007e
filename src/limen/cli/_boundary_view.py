"""The nearest change of decision on a terminal: a sentence, the columns that change, and what it cost."""

from __future__ import annotations

from rich.console import Console

from limen import Explanation
from limen.cli._table_view import table_renderables
from limen.cli._view import facts, show_blocks
from limen.results import summary

TOLD = ("doubt", "doubts", "columns", "cost")
"""What of the summary concerns the boundary; the rest is about the surrogates."""


def show_flip(explanation: Explanation, screen: Console, *, top: int, model: str) -> None:
    """Print the answer, the sentence and the table of at most `top` changes, and the facts."""
    answer, flip, *_ = table_renderables(explanation, screen.width - 2, top, model)  # a boundary is what is told first
    told = [("model", model), *(pair for pair in summary(explanation) if pair[0] in TOLD)]
    show_blocks([answer, flip, facts(told)], screen)
