"""A history of training in words, small curves and a table; together they are `str(history)`."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from limen.results._terminal import visible

if TYPE_CHECKING:
    from limen.results.history import History, Score

WIDE = 80
"""Columns of the whole table."""
SPARKS = "▁▂▃▄▅▆▇█"
LONGEST = 40
"""Columns of a sparkline; more epochs are thinned out."""
SHOWN = 12
"""Rows of the table; more epochs are thinned out, the first, the best and the last stay."""


def history_table(history: History) -> str:
    """Lay the history out as text that reads well in 80 columns."""
    lines = textwrap.wrap(headline(history), WIDE)
    lines += ["", *(f"{name:<12}{spark}  {told}" for name, spark, told in curves(history)), ""]
    titles, rows = table(history)
    widths = [max(len(row[column]) for row in [titles, *rows]) for column in range(len(titles))]
    lines += ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in [titles, *rows]]
    return visible("\n".join([*lines, "", *textwrap.wrap(ending(history), WIDE)]))


def headline(history: History) -> str:
    """What was trained, and how, in a sentence."""
    limit = "" if history.clip_norm is None else f", gradient clipped to {history.clip_norm:g}"
    return (
        f"{history.net}, {history.parameters:,} weights, on {history.samples:,} samples ({history.counted:,} steps "
        f"count): {history.optimiser}, {history.schedule}, batches of {history.batch_size}{limit}"
    )


def curves(history: History) -> list[tuple[str, str, str]]:
    """Triples (name, sparkline, numbers) of the losses and of the gradient's norm over the epochs."""
    found = [("train loss", history.train_losses.tolist())]
    if history.validation is not None:
        found.append(("validation", [score.loss for score in history.validation]))
    found.append(("gradient", history.gradient_norms.tolist()))
    return [(name, sparkline(values), f"{short(values[0])} → {short(values[-1])}") for name, values in found]


def sparkline(values: Sequence[float], columns: int = LONGEST) -> str:
    """Draw numbers as a row of blocks between the smallest and the largest; "?" for what is not finite."""
    chosen = [values[place] for place in thinned(len(values), columns)]
    known = [value for value in chosen if math.isfinite(value)]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    scale = (len(SPARKS) - 1) / (high - low) if high > low else 0.0
    return "".join(SPARKS[round(scale * (value - low))] if math.isfinite(value) else "?" for value in chosen)


def thinned(count: int, most: int) -> list[int]:
    """At most so many of the indices 0..count-1, evenly spread, both ends among them."""
    if count <= most:
        return list(range(count))
    return [round(place * (count - 1) / (most - 1)) for place in range(most)]


def table(history: History) -> tuple[list[str], list[list[str]]]:
    """Titles and rows (epoch, losses, accuracy, gradient, clipped, rate, seconds) of the epochs that are shown."""
    scores, clips = history.validation, history.clip_norm is not None
    titles = ["epoch", "train", *(["validation", "accuracy"] if scores else []), "gradient"]
    titles += [*(["clipped"] if clips else []), "rate", "seconds"]
    rows = []
    for place in sorted({*thinned(len(history), SHOWN), history.best_epoch - 1}):
        row = [f"{'*' if place == history.best_epoch - 1 else ''}{place + 1}", short(history.train_losses[place])]
        if scores:
            row += [short(scores[place].loss), f"{scores[place].accuracy:.1%}"]
        row.append(short(history.gradient_norms[place]))
        if clips:
            row.append(f"{history.clipped_shares[place]:.0%}")
        rows.append([*row, f"{history.learning_rates[place]:.3g}", f"{history.seconds[place]:.2f}"])
    return titles, rows


def ending(history: History) -> str:
    """How the training ended, in a sentence or two."""
    kind = "training" if history.validation is None else "validation"
    words = f"Best epoch (*): {history.best_epoch}, {kind} loss {short(history.best_loss)} nats a step."
    if history.validation is not None:
        score = history.validation[history.best_epoch - 1]
        words = (
            f"Best epoch (*): {history.best_epoch}, validation loss {short(score.loss)} ± {score.loss_error:.2g} nats "
            f"a step, {accuracy(score)} (standard errors)."
        )
    return f"{words} {afterwards(history)}"


def accuracy(score: Score) -> str:
    """The accuracy with its standard error."""
    return f"accuracy {score.accuracy:.1%} ± {score.accuracy_error:.1%}"


def afterwards(history: History) -> str:
    """What became of the net, and how much work it was."""
    words = f"Stopped early: no better for {history.patience} epochs. " if history.stopped_early else ""
    words += "The net has the weights of the best epoch. " if history.restored else ""
    return f"{words}{history.updates:,} updates in {history.seconds.sum():.1f} s."


def short(value: float) -> str:
    """Four significant digits."""
    return f"{value:.4g}"
