"""What a monitor warns of: gradients and states that grow along the sequence, and numbers that are no longer finite."""

from __future__ import annotations

import math

import numpy as np

from limen._errors import InputError
from limen.results import LayerFlow
from limen.rnn.torch.calls import Call
from limen.rnn.torch.chains import Chain
from limen.rnn.torch.checks import first_bad
from limen.rnn.torch.horizons import THOUSANDTH
from limen.rnn.torch.sequence import flipped
from limen.rnn.torch.verdict import power

LARGE_STATE = 1e3
"""A state whose root mean square passes this, and a thousand times the first one's, is on its way to overflow: states
behind tanh and gates stay below 1."""


def not_finite(calls: list[Call]) -> str | None:
    """Where the first number that is not finite stands in weights, inputs or states; None where there is none."""
    if any(0 in run.h.shape[:2] for call in calls for run in call.runs):
        first_bad(calls)  # an empty batch is the caller's mistake, and is raised
    try:
        first_bad(calls)
    except InputError as error:
        return str(error)
    return None


def growing_gradient(layer: LayerFlow) -> str | None:
    """Where the gradient of the last step first passes a thousand times its size on its way back; None: nowhere."""
    by_lag = layer.last_by_lag
    with np.errstate(invalid="ignore"):
        grown = by_lag - by_lag[0]
        past = grown > -THOUSANDTH
    if not past.any():
        return None
    first = np.where(past.any(axis=0), past.argmax(axis=0), len(past))
    sample = int(first.argmin())
    lag = int(first[sample])
    step = int(layer.last[sample]) + (lag if layer.reverse else -lag)
    rate = math.exp(float(grown[lag, sample]) / lag)
    return (
        f"{layer.title}: the gradient grows past 1000 times its size at step {step} of {int(layer.lengths[sample])}, "
        f"{lag} steps back from where it enters (sample {sample}; {int(past.any(axis=0).sum())} of {len(first)} "
        f"samples), by {rate:.3g} a step, to {power(float(np.nanmax(grown)))} times at most. Clip its norm and lower "
        "the learning rate, or see limen.rnn.remedies."
    )


def growing_state(chain: Chain, place: int, title: str) -> str | None:
    """Where a state first passes `LARGE_STATE` and a thousand times its size after the first step; None: nowhere."""
    import torch

    run = chain.run(place)
    if run.kind != "relu":  # others are bounded, or are an unknown step's own
        return None
    size = torch.linalg.vector_norm(run.h.double(), dim=2) / math.sqrt(run.h.shape[2])  # (T, B), in order of reading
    limit = LARGE_STATE * size[0].clamp_min(1.0)
    past = size > limit
    if not bool(past.any()):
        return None
    first = torch.where(past.any(0), past.int().argmax(0), len(past))
    column = int(first.argmin())
    seen = flipped(size, run.lengths) if place % chain.directions else size
    length, lag = int(run.lengths[column]), int(first[column])
    step = length - 1 - lag if place % chain.directions else lag
    order = chain.calls[0].layout.sorted_indices
    sample = column if order is None else int(order[column])
    return (
        f"{title}: the state grows past {LARGE_STATE:g} at step {step} of {length} (sample {sample}; root mean square "
        f"{float(seen[step, column]):.3g}, at most {float(size.amax()):.3g}). Scale W_hh down or start it at the "
        "identity; see limen.rnn.remedies."
    )
