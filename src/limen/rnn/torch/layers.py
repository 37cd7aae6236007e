"""One chain, from its top layer down: measured, and put into records in the order of the input."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from limen._types import FloatArray, IntArray
from limen.results import Estimates, LayerFlow
from limen.results.flow import by_lag
from limen.rnn.torch.adjoint import Adjoint, Direct
from limen.rnn.torch.chains import Chain, Part, joined
from limen.rnn.torch.horizons import gradient_horizons, last_heeded, share_horizons
from limen.rnn.torch.linearised import Linearised
from limen.rnn.torch.local import Run, Tensor
from limen.rnn.torch.measure import PATHS, Measured
from limen.rnn.torch.sequence import flipped
from limen.rnn.torch.stepped import Stepped


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer and direction of a chain, measured; what comes back from it goes to the layer below."""

    chain: Chain
    place: int
    line: Linearised | Stepped
    direct: Direct | None
    adjoint: Adjoint | None
    measured: Measured | None
    log_last: Tensor | None

    @property
    def run(self) -> Run:
        """The run that was measured."""
        return self.line.run

    @property
    def reverse(self) -> bool:
        """Whether it reads from the end."""
        return self.place % self.chain.directions == 1


def measured_layers(chain: Chain, *, upstream: bool) -> list[Layer]:
    """Measure all layers and directions of a chain, the top ones first. upstream: whether its input wants gradient."""
    found: list[Layer] = []
    handed: list[Part] = []
    for layer in range(chain.layers - 1, -1, -1):
        made = []
        for direction in range(chain.directions):
            place = layer * chain.directions + direction
            parts = chain.direct(place) + [of_direction(chain, place, part) for part in handed]
            made.append(_measured(chain, place, parts, upstream=upstream or layer > 0))
        handed = [part for one in made if (part := upstream_of(one)) is not None]
        found += made
    return found


def of_direction(chain: Chain, place: int, part: Part) -> Part:
    """Of the gradient for a layer's whole output, what belongs to one direction, in its own order."""
    gradient, scale = part
    size, direction = gradient.shape[2] // chain.directions, place % chain.directions
    mine = gradient[..., direction * size : (direction + 1) * size]
    if not direction:
        return mine, scale
    lengths = chain.run(place).lengths.to(mine.device)
    return flipped(mine, lengths), flipped(scale, lengths)


def upstream_of(layer: Layer) -> Part | None:
    """The gradient (T, B, inputs) for a layer's input, in the order of the input, and the logarithm of its scale."""
    if layer.measured is None or layer.measured.upstream is None:
        return None
    part = layer.measured.upstream, layer.measured.upstream_scale
    return (flipped(part[0], layer.run.lengths), flipped(part[1], layer.run.lengths)) if layer.reverse else part


def _measured(chain: Chain, place: int, parts: list[Part], *, upstream: bool) -> Layer:
    line = line_of(chain, place)
    direct = joined(parts, line.run)
    if direct is None:
        return Layer(chain, place, line, None, None, None, None)
    adjoint = line.adjoint(direct, keep=True)
    found = line.measure(direct, adjoint, upstream=upstream)
    only = last_only(direct)
    if only is direct:
        return Layer(chain, place, line, direct, adjoint, found, found.states)
    alone = line.adjoint(only)
    return Layer(chain, place, line, direct, adjoint, found, alone.log_norms)


def line_of(chain: Chain, place: int) -> Linearised | Stepped:
    """The steps of a layer and direction, linearised where that is fastest."""
    run = chain.run(place)
    return Stepped(run, chain.calls) if run.kind == "step" else Linearised(run.near())


def last_only(direct: Direct) -> Direct:
    """Of a direct gradient, what reaches each sample at the last step at which there is any."""
    import torch

    heard = (direct.vectors != 0).any(-1)
    rows = torch.arange(len(heard), device=heard.device)[:, None]
    last = torch.where(heard, rows, -1).amax(0)
    kept = heard & (rows == last)
    if bool((kept == heard).all()):
        return direct
    picked = torch.nonzero(kept.any(1)).flatten()
    steps = tuple(direct.steps[place] for place in picked.tolist())
    return Direct(steps, direct.vectors[picked] * kept[picked][..., None], direct.scale[picked])


def recorded(layer: Layer, exponents: Estimates | None, call: str = "") -> LayerFlow:
    """The record of a layer. call: which of several calls of one module this is, for its name."""
    chain, run = layer.chain, layer.run
    order = chain.calls[0].layout.unsorted_indices
    lengths = _ordered(run.lengths, order, 0).astype(np.int64)
    arrays = {name: _in_input_order(layer, tensor, lengths) for name, tensor in _tensors(layer).items()}
    last = last_heeded(np.nan_to_num(_by_reading(layer, arrays["log_direct"], lengths), nan=-np.inf, neginf=-np.inf))
    place = np.where(last >= 0, lengths - 1 - last, -1) if layer.reverse else last
    shares, factors = _over_samples(layer, lengths)
    lagged = partial(by_lag, last=place, lengths=lengths, reverse=layer.reverse)
    sample_shares = arrays["sample_shares"]
    unknown = bool(np.isnan(sample_shares).all())
    return LayerFlow(
        name=chain.name,
        kind=label(chain) + call,
        layer=layer.place // chain.directions,
        reverse=layer.reverse,
        hidden=int(run.h.shape[2]),
        lengths=lengths,
        last=place,
        shares=shares,
        paths=PATHS[run.kind],
        gradient_horizons=gradient_horizons(lagged(arrays["log_last"])),
        share_horizons=np.full(len(lengths), np.nan) if unknown else share_horizons(lagged(sample_shares)),
        exponents=exponents,
        **arrays,
        **factors,
    )


def label(chain: Chain) -> str:
    """What a module is called: its class, with the activation of a plain one."""
    module = chain.calls[0].module
    kind = type(module).__name__.removeprefix("Parametrized")
    activation = getattr(module, "nonlinearity", None)
    return f"{kind} ({activation})" if activation else kind


def _tensors(layer: Layer) -> dict[str, Tensor | None]:
    """The arrays over steps and samples of a record, in the order of reading."""
    import torch

    run, found = layer.run, layer.measured
    if found is None:
        nothing = torch.full(run.h.shape[:2], -torch.inf, dtype=torch.float64)
        cells = nothing if run.kind == "lstm" else None
        names = ("log_norms", "log_direct", "log_through", "log_last")
        return {
            **dict.fromkeys(names, nothing),
            "log_cells": cells,
            "sample_shares": torch.full_like(nothing, torch.nan),
        }
    return {
        "log_norms": found.norms,
        "log_direct": found.direct,
        "log_through": found.through,
        "log_cells": found.cells,
        "log_last": layer.log_last,
        "sample_shares": found.sample_shares,
    }


def _ordered(tensor: Tensor, order: Tensor | None, axis: int) -> Any:
    """As an array, its samples in the user's order."""
    return _numpy(tensor if order is None else tensor.index_select(axis, order.to(tensor.device)))


def _in_input_order(layer: Layer, tensor: Tensor | None, lengths: IntArray) -> Any:
    """(T, B, ...) in the order of the input, samples in the user's, nan beyond a sample's end; None stays None."""
    if tensor is None:
        return None
    turned = flipped(tensor, layer.run.lengths.to(tensor.device)) if layer.reverse else tensor
    values = _ordered(turned, layer.chain.calls[0].layout.unsorted_indices, 1)
    if (lengths == len(values)).all():
        return values
    inside = np.arange(len(values))[:, None] < lengths
    return np.where(inside.reshape(*inside.shape, *[1] * (values.ndim - 2)), values, np.nan)


def _by_reading(layer: Layer, values: FloatArray, lengths: IntArray) -> FloatArray:
    """Back from the order of the input to that of reading."""
    if not layer.reverse:
        return values
    steps = np.arange(len(values))[:, None]
    return np.take_along_axis(values, np.where(steps < lengths, lengths - 1 - steps, steps), axis=0)


def _over_samples(layer: Layer, lengths: IntArray) -> tuple[FloatArray, dict[str, FloatArray]]:
    """What is recorded a step over all samples: the shares, and the factors with their split and paths."""
    found = layer.measured
    unknown = np.full(len(layer.run.h), np.nan)
    split = {
        **dict.fromkeys(("log_saturation", "log_weights"), unknown),
        "path_shares": np.full((len(unknown), len(PATHS[layer.run.kind])), np.nan),
    }
    if found is None:
        return unknown, {"log_factors": unknown, **split}
    factors = _in_input_order(layer, found.factors, lengths)
    known = np.isfinite(factors)
    lost = np.isneginf(factors).sum(axis=1) > known.sum(axis=1)
    whole = {"log_factors": np.where(lost, -np.inf, _mean(factors, known))}
    if not found.is_split:
        return unknown, {**whole, **split}
    tensors = (found.saturation, found.paths, found.shares)
    saturation, paths, shares = (_in_input_order(layer, tensor, lengths) for tensor in tensors)
    both = known & np.isfinite(saturation)
    weights = np.where(both, factors, 0.0) - np.where(both, saturation, 0.0)
    return np.nansum(shares, axis=1) if np.isfinite(shares).any() else unknown, {
        **whole,
        "log_saturation": _mean(saturation, both),
        "log_weights": _mean(weights, both),
        "path_shares": _mean(paths, np.isfinite(paths)),
    }


def _mean(values: FloatArray, known: Any) -> FloatArray:
    """Mean over the known samples (T, ...) of (T, B, ...); nan where none is."""
    count = known.sum(axis=1)
    total = np.where(known, values, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _numpy(tensor: Tensor) -> Any:
    return tensor.detach().cpu().numpy()
