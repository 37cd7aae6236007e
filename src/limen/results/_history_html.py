"""A History as a piece of HTML: learning curves, the epochs as a table, and what was asked for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from limen._types import FloatArray
from limen.results import _ticks
from limen.results._flow_html import TABLE, facts_list, table
from limen.results._html_pieces import clean
from limen.results._style import style
from limen.results._svg import RULES, Axis, Frame, chart, figure
from limen.results._terminal import clip
from limen.results.curves import accuracy, afterwards, short
from limen.results.curves import table as epochs_table

if TYPE_CHECKING:
    from limen.results.history import History

NAME = 200
"""Columns of a name that are shown, at most."""
SCROLL = ".limen .limen-scroll { overflow-x: auto; }\n"
STEEP = 20.0
"""Losses that fall by more than this are drawn on a logarithmic scale."""
HEADS = {
    "epoch": "epoch",
    "train": "training loss",
    "validation": "validation loss",
    "accuracy": "accuracy",
    "gradient": "gradient norm",
    "clipped": "updates clipped",
    "rate": "learning rate",
    "seconds": "seconds",
}
"""What stands above the columns of the table, by the heads of the one on a terminal."""


def history_fragment(history: History) -> str:
    """Write the whole history as one <section> with its own <style>. The same record gives the same text."""
    sections = [
        f"<style>{style()}{RULES}{TABLE}{SCROLL}</style>",
        _answer(history),
        _losses(history),
        _accuracy(history),
        _gradients(history),
        _rates(history),
        _epochs(history),
        facts_list(_facts(history)),
    ]
    body = "\n".join(section for section in sections if section)
    return f'<section class="limen" aria-label="Training of {clean(clip(history.net, NAME))}">\n{body}\n</section>'


def _answer(history: History) -> str:
    """The best loss, large, with what belongs to it, and how the training ended."""
    best, errors = short(history.best_loss), ""
    kind = "training" if history.validation is None else "validation"
    if history.validation is not None:
        score = history.validation[history.best_epoch - 1]
        best, errors = f"{best} ± {score.loss_error:.2g}", f", {accuracy(score)} (standard errors)"
    told = f"is the {kind} loss at the best epoch, {history.best_epoch:,} of {len(history):,}{errors}."
    return f'<p class="limen-answer"><b>{best} nats a step</b> {told} {clean(afterwards(history))}</p>'


def _frame(history: History, low: float, high: float, ticks: _ticks.Ticks) -> Frame:
    """Epochs across, from the first to the last."""
    last = len(history)
    left, right = (1.0, float(last)) if last > 1 else (0.5, 1.5)
    return Frame(Axis(left, right, _ticks.whole(1, last), "epoch"), Axis(low, high, ticks))


def _drawn(history: History, caption: str, curves: list[tuple[str, FloatArray]], marks: list[str], frame: Frame) -> str:
    """Curves over the epochs, on top of other marks, the best epoch among them."""
    epochs = np.arange(1, len(history) + 1)
    lines = [frame.line(epochs, values, kind) for kind, (_, values) in enumerate(curves)]
    keys = [(f"curve-{kind}", name) for kind, (name, _) in enumerate(curves)]
    keys += [("band", "± 2 standard errors")] if any("limen-band" in mark for mark in marks) else []
    keys += [("level", "clipping norm")] if any("limen-level" in mark for mark in marks) else []
    best = [frame.at(history.best_epoch)] if len(history) > 1 else []
    keys += [("at", f"best epoch: {history.best_epoch:,}")] * len(best)
    told = f"{caption} over {len(history)} epochs; the table below has the numbers"
    return figure(caption, keys, chart(frame, [*marks, *best, *lines], told))


def _losses(history: History) -> str:
    """The loss on the training samples, and on the validation samples with its error."""
    curves, marks = [("training", history.train_losses)], list[tuple[FloatArray, FloatArray]]()
    if history.validation is not None:
        losses = np.array([score.loss for score in history.validation])
        errors = 2 * np.array([score.loss_error for score in history.validation])
        curves.append(("validation", losses))
        marks.append((losses - errors, losses + errors))
    found = _known([values for _, values in curves] + [part for pair in marks for part in pair])
    if not len(found):
        return ""
    above_zero = [value for value in _known([values for _, values in curves]) if value > 0]
    caption, low, high, ticks = "Loss (nats a step)", *_ends(found), _ticks.plain
    if above_zero and STEEP * min(above_zero) < found.max():
        caption, ticks = "Loss (nats a step, on a logarithmic scale)", _ticks.decades
        curves = [(name, _log10(values)) for name, values in curves]
        marks = [(_log10(below), _log10(above)) for below, above in marks]
        low, high = _ends(_known([values for _, values in curves]))
    frame = _frame(history, low, high, ticks(low, high, 5))
    epochs = np.arange(1, len(history) + 1)
    bands = [frame.band(epochs, *pair) for pair in marks]
    return _drawn(history, caption, curves, [band for band in bands if band], frame)


def _accuracy(history: History) -> str:
    """The share of validation steps that are right, with its error; empty without validation."""
    if history.validation is None:
        return ""
    shares = np.array([score.accuracy for score in history.validation])
    errors = 2 * np.array([score.accuracy_error for score in history.validation])
    found = _known([shares, shares - errors, shares + errors])
    if not len(found):
        return ""
    low, high = _ends(found)
    low, high = max(0.0, low), min(1.0, high)
    frame = _frame(history, low, high, _ticks.percents(low, high))
    band = frame.band(np.arange(1, len(history) + 1), shares - errors, shares + errors)
    return _drawn(history, "Accuracy on the validation samples", [("accuracy", shares)], [band] if band else [], frame)


def _gradients(history: History) -> str:
    """The norm of the whole gradient before clipping, mean and largest, on a logarithmic scale."""
    curves = [("mean of the updates", _log10(history.gradient_norms)), ("largest", _log10(history.largest_norms))]
    found = _known([values for _, values in curves])
    if not len(found):
        return ""
    low, high = math.floor(found.min()), math.ceil(found.max())
    high = max(high, low + 1)
    frame = _frame(history, low, high, _ticks.decades(low, high, 5))
    level = math.log10(history.clip_norm) if history.clip_norm else math.nan
    marks = [frame.level(level)] if low <= level <= high else []
    return _drawn(history, "Norm of the gradient before clipping", curves, marks, frame)


def _rates(history: History) -> str:
    """The learning rate, where it changes."""
    rates = history.learning_rates
    if len(np.unique(rates)) < 2 or not np.isfinite(rates).all():
        return ""
    low, high = 0.0, 1.05 * float(rates.max())
    return _drawn(
        history, "Learning rate", [("learning rate", rates)], [], _frame(history, low, high, _ticks.plain(low, high))
    )


def _log10(values: FloatArray) -> FloatArray:
    """The logarithm; -inf of what is 0 or below."""
    with np.errstate(divide="ignore"):
        return np.log10(np.maximum(values, 0.0))


def _known(parts: list[FloatArray]) -> FloatArray:
    whole = np.concatenate(parts)
    return whole[np.isfinite(whole)]


def _ends(values: FloatArray) -> tuple[float, float]:
    """Ends of an axis that holds all values, with some room."""
    low, high = float(values.min()), float(values.max())
    room = 0.06 * (high - low) or 0.05 * (abs(high) or 1.0)
    return low - room, high + room


def _epochs(history: History) -> str:
    """The table of the epochs that are shown; the best one is bold."""
    titles, rows = epochs_table(history)
    told = []
    for first, *rest in rows:
        name = f"<b>{clean(first.lstrip('*'))} (best)</b>" if first.startswith("*") else clean(first)
        told.append((name, *rest))
    left_out = len(history) - len(rows)
    note = f'<p class="limen-note">{left_out:,} of {len(history):,} epochs are left out here.</p>' if left_out else ""
    heading = '<p class="limen-title">Epoch by epoch</p>'
    found = table(tuple(HEADS[title] for title in titles), told)
    return f'{heading}<div class="limen-scroll" tabindex="0">{found}</div>{note}'


def _facts(history: History) -> list[tuple[str, str]]:
    """What was trained, and what was asked for."""
    loss = {"all": "every step", "last": "the last step of each sample"}.get(history.steps, history.steps)
    return [
        ("trained", f"{clip(history.net, NAME)}, {history.parameters:,} weights"),
        ("on", f"{history.samples:,} samples, of which {history.counted:,} steps count"),
        ("loss of", loss),
        ("epochs", f"{len(history):,} of {history.epochs:,} asked for; {history.updates:,} updates"),
        ("optimiser", f"{clip(history.optimiser, NAME)}, {clip(history.schedule, NAME)}"),
        ("batches of", f"{history.batch_size:,} samples"),
        ("clipping norm", "none" if history.clip_norm is None else f"{history.clip_norm:g}"),
        ("patience", "none" if history.patience is None else f"{history.patience:,} epochs"),
        ("gradient goes back", "to the first step" if history.truncate is None else f"{history.truncate:,} steps"),
        ("windows of", "whole samples" if history.window is None else f"{history.window:,} steps"),
        ("seed", str(history.seed)),
        ("took", f"{history.seconds.sum():.3g} s"),
    ]
