"""Finite-time Lyapunov exponents of a layer on its own input, with the full state, and their intervals.

Tangent vectors are carried along by the Jacobian of each step and made orthonormal again; the logarithms of how much
each grew, averaged over steps, are the exponents (Benettin et al. 1980; for recurrent nets Vogt et al. 2022). The state
is h, and (h, c) for an LSTM: the Jacobian of h alone is wrong by orders of magnitude when the forget gate is open.
"""

from __future__ import annotations

import numpy as np

from limen._types import FloatArray
from limen.results import Estimates
from limen.rnn.torch.linearised import Linearised
from limen.rnn.torch.stepped import Stepped

RESAMPLES = 400
"""Draws of the bootstrap: the ends of a 95 % interval are the tenth from each side."""
MOST_SAMPLES = 16
"""Samples whose tangent vectors are followed; the exponents of more would differ by less than their error."""


def exponents_of(line: Linearised | Stepped, count: int, seed: int) -> Estimates | None:
    """The first `count` exponents a step, falling; None if none are asked for or nothing was measured."""
    if not count:
        return None
    growth = growths(line, min(count, line.size), seed)
    known = ~np.isnan(growth).all(axis=(1, 2))
    growth = growth[known]
    if not len(growth):
        return None
    generator = np.random.default_rng(seed)
    dead = np.isneginf(growth).any(axis=(0, 1))
    alive = np.where(dead, 0.0, growth)
    drawn = np.array([_drawn(alive, generator) for _ in range(RESAMPLES)])
    low, high = np.quantile(drawn, (0.025, 0.975), axis=0)
    columns = (np.nanmean(alive, axis=(0, 1)), drawn.std(axis=0, ddof=1), low, high)
    ends = (-np.inf, 0.0, -np.inf, -np.inf)
    values, errors, low, high = (np.where(dead, end, one) for one, end in zip(columns, ends, strict=True))
    order = np.argsort(-values, kind="stable")  # over a short time they need not fall by themselves
    return Estimates(values[order], errors[order], low[order], high[order])


def _drawn(growth: FloatArray, generator: np.random.Generator) -> FloatArray:
    """Exponents of samples drawn again, and of their steps drawn again in blocks that wrap round the end."""
    steps, samples, _ = growth.shape
    length = max(1, round(steps**0.5))
    starts = generator.integers(steps, size=-(-steps // length))
    places = ((starts[:, None] + np.arange(length)).ravel() % steps)[:steps]
    chosen = generator.integers(samples, size=samples)
    found: FloatArray = np.nanmean(growth[np.ix_(places, chosen)], axis=(0, 1))
    return found


def growths(line: Linearised | Stepped, count: int, seed: int) -> FloatArray:
    """Ln of how much each tangent vector grew in each step: (T, B, count); nan beyond a sample's end."""
    import torch

    run = line.run
    samples = min(MOST_SAMPLES, run.h.shape[1])
    start = np.random.default_rng(seed).normal(size=(samples, line.size, count))
    frame = torch.linalg.qr(torch.as_tensor(start, dtype=run.h.dtype, device=run.h.device))[0]
    found = torch.empty(run.steps, samples, count, dtype=torch.float64)
    for step, push in enumerate(line.pushes()):
        if push is None:
            found[step] = torch.nan
            continue
        frame, grown = torch.linalg.qr(push(frame))
        size = torch.diagonal(grown, dim1=1, dim2=2).abs()
        found[step] = torch.log(size.double()).cpu()
    growth = found.numpy()
    inside = np.arange(run.steps)[:, None] < run.lengths[:samples].cpu().numpy()
    gone = growth < 0.5 * np.log(torch.finfo(run.h.dtype).tiny)  # no direction shrinks so in a step, but to nothing
    return np.where(inside[..., None], np.where(gone, -np.inf, growth), np.nan)
