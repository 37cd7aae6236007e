"""Whether the parts of a GradientFlow that was read fit together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from limen._errors import RecordError
from limen.results._ranges import LARGEST_LOG, check_logs, check_range

if TYPE_CHECKING:
    from limen.results.flow import GradientFlow, HeatMap, LayerFlow

BY_SAMPLE = ("lengths", "last", "gradient_horizons", "share_horizons")
BY_STEP = ("shares", "log_factors", "log_saturation", "log_weights")
BY_BOTH = ("log_direct", "log_through", "log_last", "sample_shares")
LOGS = ("log_norms", "log_direct", "log_through", "log_last", "log_saturation", "log_weights")


def check_flow(flow: GradientFlow) -> None:
    """Raise RecordError where shapes disagree, or an index or a share is out of range."""
    if not flow.layers:
        raise RecordError("layers is empty, expected at least one layer.")
    for number, layer in enumerate(flow.layers):
        _check_layer(layer, f"layers[{number}]")
    check_range("worst", flow.worst, 0, len(flow.layers) - 1)
    for name in ("clip_factor", "denormal_share"):
        check_range(f"output.{name}", getattr(flow.output, name), 0, 1)
    if flow.heat is not None:
        _check_heat(flow.heat, flow)


def _check_layer(layer: LayerFlow, where: str) -> None:
    if layer.log_norms.ndim != 2 or 0 in layer.log_norms.shape:
        raise RecordError(
            f"{where}.log_norms has the shape {layer.log_norms.shape}, expected (T, B), at least one of each."
        )
    steps, samples = layer.log_norms.shape
    for name, came, expected in _shapes(layer):
        if came != expected:
            raise RecordError(
                f"{where}.{name} has the shape {came}, expected {expected} for {steps} steps, {samples} samples and "
                f"{len(layer.paths)} paths."
            )
    if not layer.paths:
        raise RecordError(f"{where}.paths is empty, expected the name of at least one.")
    for name, least in (("layer", 0), ("hidden", 1)):
        if getattr(layer, name) < least:
            raise RecordError(f"{where}.{name} is {getattr(layer, name)}, expected at least {least}.")
    check_range(f"{where}.lengths", layer.lengths, 1, steps)
    check_range(f"{where}.last", layer.last, -1, layer.lengths - 1)
    for name in ("gradient_horizons", "share_horizons"):
        check_range(f"{where}.{name}", getattr(layer, name), 0, np.inf)
    for name in LOGS:
        check_logs(f"{where}.{name}", getattr(layer, name))
    check_range(f"{where}.log_factors", layer.log_factors, -np.inf, LARGEST_LOG)


def _shapes(layer: LayerFlow) -> Iterator[tuple[str, tuple[int, ...], tuple[int, ...]]]:
    """The name of each array, the shape that it has, and the one that it should have."""
    steps, samples = layer.log_norms.shape
    for names, expected in ((BY_SAMPLE, (samples,)), (BY_STEP, (steps,)), (BY_BOTH, (steps, samples))):
        for name in names:
            yield name, getattr(layer, name).shape, expected
    if layer.log_cells is not None:
        yield "log_cells", layer.log_cells.shape, (steps, samples)
    yield "path_shares", layer.path_shares.shape, (steps, len(layer.paths))
    if layer.exponents is not None:
        count = layer.exponents.values.size
        for name in ("values", "standard_errors", "low", "high"):
            yield f"exponents.{name}", getattr(layer.exponents, name).shape, (count,)


def _check_heat(heat: HeatMap, flow: GradientFlow) -> None:
    check_range("heat.layer", heat.layer, 0, len(flow.layers) - 1)
    steps = len(flow.layers[heat.layer].log_norms)
    if heat.steps.ndim != 1 or not len(heat.steps):
        raise RecordError(f"heat.steps has the shape {heat.steps.shape}, expected (S), at least one.")
    if heat.log_norms.shape != (len(heat.steps), steps):
        raise RecordError(f"heat.log_norms has the shape {heat.log_norms.shape}, expected {(len(heat.steps), steps)}.")
    check_logs("heat.log_norms", heat.log_norms)
    longest = max(len(layer.log_norms) for layer in flow.layers)  # the steps may be those of another module's loss
    check_range("heat.steps", heat.steps, 0, longest - 1)
    if (np.diff(heat.steps) <= 0).any():
        raise RecordError(f"heat.steps is {heat.steps.tolist()}, expected steps that rise.")
