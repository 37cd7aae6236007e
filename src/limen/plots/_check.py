"""What both pictures ask of their arguments."""

from __future__ import annotations

import operator

from limen._errors import InputError
from limen.results import Explanation, TableInstance


def check(explanation: object, ax: object) -> None:
    """Raise InputError unless these are an Explanation and a matplotlib Axes (or None)."""
    from matplotlib.axes import Axes

    if not isinstance(explanation, Explanation):
        came = type(explanation).__name__
        raise InputError(f"explanation is of type {came}, expected an Explanation; give what limen.explain returns.")
    if ax is not None and not isinstance(ax, Axes):
        raise InputError(
            f"ax is of type {type(ax).__name__}, expected a matplotlib Axes or None; plt.subplots() gives a figure and "
            "an Axes (or an array of them: take one)."
        )


def count_of(top: object, default: str) -> int:
    """The `top` of a picture as a number. Raises InputError below 1; `default` says what leaving it out gives."""
    try:
        count = 0 if isinstance(top, bool) else operator.index(top)  # type: ignore[arg-type]
    except TypeError:
        count = 0
    if count < 1:
        raise InputError(f"top is {top!r}, expected an int of at least 1; leave it out for {default}.")
    return count


def doubts_told(explanation: Explanation) -> str:
    """A line that names the doubts, empty if there are none: a picture travels without its table."""
    return f"to be doubted: {', '.join(doubt.name for doubt in explanation.doubts)}" if explanation.doubts else ""


def headline(explanation: Explanation, columns: int = 50) -> str:
    """The target's name, the model's answer, and the scale."""
    from limen.results._html_pieces import signed
    from limen.results._table_text import answer_text
    from limen.results._terminal import clip

    value = signed(explanation.prediction).lstrip("+")
    if isinstance(explanation.instance, TableInstance):
        value = answer_text(explanation.prediction, explanation.scale).replace("-", "−")
    return f"{clip(explanation.target_name[: 4 * columns], columns)}: {value} ({explanation.unit})"
