"""Records of gradient flow made by hand: plausible numbers, without torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from limen.results import Cause, Estimates, GradientFlow, HeatMap, LayerFlow, OutputGradient, Verdict

RATES = {"vanishing": np.log(0.58), "exploding": np.log(1.16), "healthy": np.log(0.985), "dead": -np.inf}
VERDICTS = {
    "vanishing": Verdict.VANISHING,
    "exploding": Verdict.EXPLODING,
    "healthy": Verdict.HEALTHY,
    "dead": Verdict.NO_GRADIENT,
}
PATHS = {
    "RNN": ("state",),
    "GRU": ("update gate held", "candidate", "reset gate", "update gate"),
    "LSTM": ("forget gate held", "input gate", "forget gate", "output gate", "cell"),
}

CASES = {
    "vanishing": {},
    "exploding": {"kind": "exploding", "causes": tuple(Cause)},
    "healthy": {"kind": "healthy"},
    "no gradient": {"kind": "dead"},
    "one sample": {"samples": 1},
    "one step": {"steps": 1},
    "one step, one sample": {"steps": 1, "samples": 1},
    "two steps": {"steps": 2},
    "long": {"steps": 10_000, "samples": 3},
    "long and healthy": {"steps": 10_000, "samples": 3, "kind": "healthy"},
    "lengths": {"samples": 4, "lengths": (5, 60, 30, 1)},
    "zero": {"zero_from": 20},
    "zero at once": {"zero_from": 1},
    "layers": {"layers": 2, "bidirectional": True, "exponents": True},
    "many layers": {"layers": 12, "steps": 20},
    "heat": {"heat": True},
    "dead heat": {"heat": True, "kind": "dead"},
    "one step of heat": {"heat": True, "steps": 1},
    "rnn": {"cell": "RNN"},
    "gru": {"cell": "GRU", "dtype": "float64"},
}
"""Flows of every shape, as arguments of `make_flow`."""


def make_flow(
    kind: str = "vanishing",
    steps: int = 60,
    samples: int = 8,
    *,
    layers: int = 1,
    bidirectional: bool = False,
    cell: str = "LSTM",
    lengths: Sequence[int] | None = None,
    zero_from: int | None = None,
    per_step: bool = False,
    heat: bool = False,
    exponents: bool = False,
    causes: Sequence[Cause] = (),
    name: str = "encoder.rnn",
    model: str = "Classifier",
    sentence: str | None = None,
    dtype: str = "float32",
    seed: int = 0,
) -> GradientFlow:
    """Build a GradientFlow.

    kind: "vanishing", "exploding", "healthy" or "dead" (no gradient at all). lengths: (samples), `steps` each if None.
    zero_from: the lag from which on the gradient is exactly 0. per_step: losses at every step, whose direct parts hide
    what becomes of the last one's gradient. heat: with a heat map (and losses at every step).
    """
    generator = np.random.default_rng(seed)
    spans = np.full(samples, steps) if lengths is None else np.asarray(lengths)
    per_step = per_step or heat
    found = tuple(
        _layer(generator, kind, steps, spans, layer, reverse, cell, zero_from, per_step, exponents, name)
        for layer in range(layers)
        for reverse in ((False, True) if bidirectional else (False,))
    )
    rate = RATES[kind]
    return GradientFlow(
        model=model,
        loss=0.693,
        layers=found,
        worst=0,
        verdict=VERDICTS[kind],
        sentence=_sentence(kind, found[0]) if sentence is None else sentence,
        causes=tuple(causes),
        output=OutputGradient(
            -1.2, -2.5 if kind != "dead" else -np.inf, 0.95 if causes else 0.1, 0.4, 0.6, 0.31 if causes else 1.0, 0.12
        ),
        heat=HeatMap(0, np.arange(steps), _heat(steps, float(rate))) if heat else None,
        dtype=dtype,
        device="cpu",
        seconds=0.0123,
        limen_version="0.1.0",
        python_version="3.11.8",
    )


def _sentence(kind: str, layer: LayerFlow) -> str:
    middle = np.median(layer.gradient_horizons)
    return {
        "vanishing": f"Vanishing: below a thousandth after {middle:g} steps, by a factor of {layer.factor:.2f} a step.",
        "exploding": f"Exploding: larger by a factor of {layer.factor:.2f} a step.",
        "healthy": f"Healthy: between a thousandth and a thousand times its size; factor {layer.factor:.3f} a step.",
        "dead": "No gradient reaches the recurrent layers.",
    }[kind]


def _layer(
    generator: np.random.Generator,
    kind: str,
    steps: int,
    spans: np.ndarray[Any, Any],
    layer: int,
    reverse: bool,
    cell: str,
    zero_from: int | None,
    per_step: bool,
    exponents: bool,
    name: str,
) -> LayerFlow:
    samples, rate = len(spans), RATES[kind]
    falls = rate + generator.normal(0, 0.1, (steps, samples)) + generator.normal(0, 0.02, samples)
    falls[0] = -np.inf if kind == "dead" else generator.normal(-1.0 - layer, 0.2, samples)  # the size at lag 0
    by_lag = np.cumsum(falls, axis=0)
    if zero_from is not None:
        by_lag[zero_from:] = -np.inf
    horizons = _first_below(by_lag, spans)
    last = _placed(by_lag, spans, reverse)
    direct = np.where(np.isnan(last), np.nan, -1.5 - layer) if per_step else _only_last(last, spans, reverse)
    through = np.where(np.isnan(last), np.nan, -2.0) if per_step else np.where(np.isfinite(direct), -np.inf, last)
    sample_shares = _shares(by_lag, spans, reverse)
    weighed = np.nan_to_num(sample_shares).sum(axis=1)
    total = weighed.sum()
    log_factors = np.append(np.nan, falls[:0:-1].mean(axis=1)) if samples else np.full(steps, np.nan)
    saturation = -0.3 + 0.05 * generator.normal(size=steps)
    paths = PATHS[cell]
    path_shares = generator.dirichlet(np.full(len(paths), 3.0), steps) * 1.2
    path_shares[:, -1] -= 0.2
    values = np.array([-0.54, -0.71, -1.05])
    return LayerFlow(
        name=name,
        kind=cell,
        layer=layer,
        reverse=reverse,
        hidden=32,
        lengths=spans,
        last=np.full(samples, -1) if kind == "dead" else np.zeros_like(spans) if reverse else spans - 1,
        log_norms=np.logaddexp(last, np.where(np.isnan(last), np.nan, -1.2)) if per_step else last,
        log_direct=direct,
        log_through=through,
        log_cells=last + 0.3 if cell == "LSTM" else None,
        log_last=last,
        shares=weighed / total if total else np.full(steps, np.nan),
        sample_shares=sample_shares,
        log_factors=log_factors,
        log_saturation=saturation,
        log_weights=log_factors - saturation,
        paths=paths,
        path_shares=path_shares,
        gradient_horizons=horizons,
        share_horizons=_within(sample_shares, spans, reverse),
        exponents=Estimates(values, np.full(3, 0.02), values - 0.04, values + 0.04) if exponents else None,
    )


def _placed(by_lag: np.ndarray[Any, Any], spans: np.ndarray[Any, Any], reverse: bool) -> np.ndarray[Any, Any]:
    """(T, B) by lag into the order of the input, nan beyond each sample's end."""
    placed = np.full(by_lag.shape, np.nan)
    for sample, length in enumerate(spans):
        column = by_lag[:length, sample]
        placed[:length, sample] = column if reverse else column[::-1]
    return placed


def _only_last(last: np.ndarray[Any, Any], spans: np.ndarray[Any, Any], reverse: bool) -> np.ndarray[Any, Any]:
    direct = np.where(np.isnan(last), np.nan, -np.inf)
    for sample, length in enumerate(spans):
        place = 0 if reverse else length - 1
        direct[place, sample] = last[place, sample]
    return direct


def _shares(by_lag: np.ndarray[Any, Any], spans: np.ndarray[Any, Any], reverse: bool) -> np.ndarray[Any, Any]:
    """Signed shares that fall with the gradient and sum to 1 within each sample."""
    shares = np.zeros_like(by_lag)
    for sample, length in enumerate(spans):
        column = by_lag[:length, sample]
        if not np.isfinite(column[0]):
            shares[:, sample] = np.nan
            continue
        raw = np.exp(column - column[np.isfinite(column)].max()) * np.where(np.arange(length) % 7 == 3, -0.2, 1.0)
        shares[:length, sample] = raw / raw.sum()
    return _placed(shares, spans, reverse)


def _first_below(by_lag: np.ndarray[Any, Any], spans: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    horizons = np.full(len(spans), np.inf)
    for sample, length in enumerate(spans):
        column = by_lag[:length, sample]
        if not np.isfinite(column[0]):
            horizons[sample] = np.nan
            continue
        below = np.flatnonzero(column < column[0] + np.log(1e-3))
        if len(below):
            horizons[sample] = below[0]
    return horizons


def _within(shares: np.ndarray[Any, Any], spans: np.ndarray[Any, Any], reverse: bool) -> np.ndarray[Any, Any]:
    horizons = np.full(len(spans), np.nan)
    for sample, length in enumerate(spans):
        column = shares[:length, sample]
        if np.isnan(column).any():
            continue
        off = np.abs(1 - np.cumsum(column if reverse else column[::-1])) > 0.05
        horizons[sample] = np.flatnonzero(off)[-1] + 1 if off.any() else 0
    return horizons


def _heat(steps: int, rate: float) -> np.ndarray[Any, Any]:
    t, k = np.arange(steps)[:, None], np.arange(steps)
    if not np.isfinite(rate):
        return np.full((steps, steps), -np.inf)
    return np.where(k <= t, -1.0 + rate * (t - k) + 0.3 * np.sin(t / 5), -np.inf)
