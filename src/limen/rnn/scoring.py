"""How well a net does on samples that it may not have seen, with standard errors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limen._errors import InputError
from limen._types import FloatArray
from limen.results.history import Score
from limen.rnn._checks import whole
from limen.rnn._samples import Batch, Samples, samples
from limen.rnn.net import RNN, Steps, Trace


def score(
    net: RNN,
    x: Any,
    y: Any,
    *,
    steps: Steps = "all",
    lengths: Any = None,
    mask: Any = None,
    batch_size: int = 256,
    window: int | None = None,
) -> Score:
    """Score a net: mean cross-entropy per counted step, accuracy, and the standard errors of both.

    The arguments mean what they mean in `fit`. The net is only read. Raises InputError as `fit` does.
    """
    whole("batch_size", batch_size, 1)
    check_window(window, steps)
    return scored(net, samples(net, x, y, steps=steps, lengths=lengths, mask=mask), batch_size, window)


def check_window(window: int | None, steps: Steps) -> None:
    """Raise InputError unless samples can be cut into such windows."""
    if window is not None:
        whole("window", window, 1)
        if steps == "last":
            raise InputError(
                "window needs a loss at every step; with steps='last' only one window in a sample has one."
            )


def scored(net: RNN, given: Samples, batch_size: int, window: int | None) -> Score:
    """The score on samples that were checked."""
    totals = np.zeros((3, len(given)))  # per sample: loss, hits, counted steps
    state: NDArray[Any] | None = None
    for batch in given.batches(np.arange(len(given)), batch_size, window):
        trace = net.forward(batch.x, lengths=batch.lengths, initial=going_on(batch, state))
        state = trace.h[:, -1].copy()
        totals[:, batch.rows] += _per_sample(trace, batch)
    loss, hits, counted = totals[:, totals[2] > 0]
    (mean, error), (accuracy, accuracy_error) = _ratio(loss, counted), _ratio(hits, counted)
    return Score(mean, error, accuracy, accuracy_error, int(counted.sum()), len(counted))


def going_on(batch: Batch, state: NDArray[Any] | None) -> NDArray[Any] | None:
    """The states (b, hidden) in which the samples of a batch start; None for zeros."""
    return None if batch.kept is None or state is None else state[batch.kept]


def _per_sample(trace: Trace, batch: Batch) -> FloatArray:
    """Loss, hits and counted steps of each sample (3, b), in float64."""
    logits, y = trace.y_hat, batch.y
    counts = np.ones(len(y), dtype=np.bool_) if batch.mask is None else batch.mask
    if batch.mask is None:
        logits = logits[np.arange(len(logits)), batch.lengths - 1]
    logits = logits.astype(np.float64)
    shifted = logits - logits.max(axis=-1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    if y.ndim == logits.ndim:
        losses, labels = -(y * logs).sum(axis=-1), y.argmax(axis=-1)
    else:
        labels = np.where(counts, y, 0)  # what stands at other steps may be no label at all
        losses = -np.take_along_axis(logs, labels[..., None], axis=-1)[..., 0]
    found = np.where(counts, np.stack([losses, logits.argmax(axis=-1) == labels, counts]), 0.0)
    return found if batch.mask is None else found.sum(axis=-1)


def _ratio(totals: FloatArray, counted: FloatArray) -> tuple[float, float]:
    """Σ totals / Σ counted and its standard error, samples taken as independent (Cochran 1977, equation 6.9)."""
    n, ratio = len(totals), float(totals.sum() / counted.sum())
    if n < 2:
        return ratio, math.nan
    spread = float(np.square(totals - ratio * counted).sum())
    return ratio, math.sqrt(n / (n - 1) * spread) / float(counted.sum())
