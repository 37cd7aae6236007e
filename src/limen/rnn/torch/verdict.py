"""From the numbers to a word and a line: vanishing, exploding or healthy, and what else is wrong."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from limen._types import BoolArray
from limen.results import Cause, LayerFlow, OutputGradient, Verdict, from_log, split_of
from limen.rnn.torch.horizons import THOUSANDTH, median

SATURATED_SHARE = 0.9
"""An activation nine tenths of whose entries are flat lets next to nothing through."""
FITTED_LOSS = 1e-3
"""A loss below this share of the loss with the answers of other samples has nothing left to teach."""
FITTED_SLOPE = 0.05
"""So has a gradient at the output; a squared error of 1e-3 leaves the root of that, .03."""
DENORMAL_SHARE = 0.01
"""From this share of denormal or lost entries on, a backward pass on a CPU gets measurably slower."""
CLIPPED_BELOW = 0.5
"""Clipping that halves the gradient is worth a word; single per cents are what clipping is for."""


def telling(layer: LayerFlow) -> BoolArray:
    """The samples (B) that can tell: those that have a horizon, be it infinite."""
    found: BoolArray = ~np.isnan(layer.gradient_horizons)
    return found


def extent(layer: LayerFlow) -> tuple[float, float]:
    """How far ln ‖∂E_T/∂s‖ falls below and rises above its start: medians over the telling samples."""
    by_lag = layer.last_by_lag[:, telling(layer)]
    if not by_lag.shape[1]:
        return 0.0, 0.0
    by_lag = by_lag - by_lag[0]
    return median(np.fmin.reduce(by_lag, axis=0)), median(np.fmax.reduce(by_lag, axis=0))


def verdict_of(layer: LayerFlow) -> Verdict:
    """The verdict on one layer."""
    if not np.isfinite(layer.log_norms).any():
        return Verdict.NO_GRADIENT
    if extent(layer)[1] > -THOUSANDTH:
        return Verdict.EXPLODING
    horizons = layer.gradient_horizons[telling(layer)]
    return Verdict.VANISHING if len(horizons) and math.isfinite(median(horizons)) else Verdict.HEALTHY


def worst_of(layers: Sequence[LayerFlow]) -> int:
    """The layer that the verdict is about: exploding before vanishing, then the one that falls soonest."""
    if len(layers) == 1:
        return 0
    order = (Verdict.EXPLODING, Verdict.VANISHING, Verdict.HEALTHY, Verdict.NO_GRADIENT)

    def rank(number: int) -> tuple[int, float]:
        layer = layers[number]
        horizons = layer.gradient_horizons[telling(layer)]
        return order.index(verdict_of(layer)), median(horizons) if len(horizons) else math.inf

    return min(range(len(layers)), key=rank)


def sentence_of(layer: LayerFlow, verdict: Verdict | None = None) -> str:
    """The verdict, if it is not given, in a line with its numbers."""
    verdict = verdict_of(layer) if verdict is None else verdict
    if verdict is Verdict.NO_GRADIENT:
        return f"no gradient: the loss does not change with the states of {layer.title}."
    if not telling(layer).any():
        return (
            f"{layer.title} reads nothing before the last step that the loss heeds, so there is no way back in it for "
            "a gradient to vanish on."
        )
    parts = [f"{verdict.name.lower()}: in {layer.title} {_course(layer, verdict)}"]
    if np.isfinite(layer.factor):
        parts.append(f"a step multiplies it by {layer.factor:.3g}{_split(layer)}")
    horizons = layer.share_horizons[~np.isnan(layer.share_horizons)]
    if len(horizons):
        steps = int(median(horizons)) + 1
        parts.append(f"95 % of a sample's ∂L/∂W_hh come from {_last(steps, layer)} (median)")
    return "; ".join(parts) + "."


def _course(layer: LayerFlow, verdict: Verdict) -> str:
    horizons = layer.gradient_horizons[telling(layer)]
    if verdict is Verdict.VANISHING:
        middle, ends = median(horizons), (horizons.min(), horizons.max())
        spread = f" ({lag(ends[0])} to {lag(ends[1])} over {len(horizons)} samples)" if ends[0] < ends[1] else ""
        return f"the last step's gradient is below a thousandth after {_steps(middle)}{spread}"
    low, high = extent(layer)
    if verdict is Verdict.EXPLODING:
        return f"the last step's gradient grows {power(high)} times within the sequence"
    return f"the last step's gradient stays between {power(low)} and {power(high)} of its size over the sequence"


def _split(layer: LayerFlow) -> str:
    _, weights, saturation = split_of(layer)
    if math.isnan(weights):
        return ""
    what = "activations" if len(layer.paths) == 1 else "gates"
    return f" (weights {weights:.3g} × {what} {saturation:.3g})"


def _steps(value: float) -> str:
    return f"{lag(value)} step{'s' * (value != 1)}"


def _last(steps: int, layer: LayerFlow) -> str:
    if layer.reverse:
        return "the step that it read last" if steps == 1 else f"the {steps} steps that it read last"
    return "its last step" if steps == 1 else f"its last {steps} steps"


def lag(value: float) -> str:
    """A horizon as a number of steps."""
    return "never" if math.isinf(value) else f"{value:g}"


def power(log_value: float) -> str:
    """E to a natural logarithm, as a number that reads well, also beyond what a float can hold."""
    return from_log(log_value)


def causes_of(output: OutputGradient) -> tuple[Cause, ...]:
    """What is wrong apart from time."""
    found = {
        Cause.SATURATED_OUTPUT: output.saturation > SATURATED_SHARE,
        Cause.FITTED: output.fitted_loss < FITTED_LOSS and output.fitted_slope < FITTED_SLOPE,
        Cause.CLIPPED: output.clip_factor < CLIPPED_BELOW,
        Cause.DENORMAL: output.denormal_share > DENORMAL_SHARE,
    }
    return tuple(cause for cause, is_so in found.items() if is_so)
