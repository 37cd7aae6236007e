"""From the numbers to a word and a line: vanishing, exploding or healthy, and what else is wrong."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from limen.results import Cause, LayerFlow, OutputGradient, Verdict
from limen.rnn.torch.horizons import THOUSANDTH

NO_RESPONSE = math.log(1e-3)
"""Less than this share of the output's gradient at the states, or of the loss at the output: something is saturated."""
FITTED_LOSS = 1e-3
"""A loss a counted step below this, with a gradient at the output below ten times it, has nothing left to teach."""
DENORMAL_SHARE = 0.01
"""From this share of denormal or lost entries on, a backward pass on a CPU gets measurably slower."""
CLIPPED_BELOW = 0.5
"""Clipping that halves the gradient is worth a word; single per cents are what clipping is for."""


def extent(layer: LayerFlow) -> tuple[float, float]:
    """How far ln ‖∂E_T/∂h‖ falls below and rises above its start: medians over samples of the least and the most."""
    by_lag = layer.by_lag(layer.log_last)
    if not np.isfinite(by_lag[0]).any():
        return 0.0, 0.0
    by_lag = by_lag[:, np.isfinite(by_lag[0])]
    by_lag = by_lag - by_lag[0]
    low = np.nanmin(by_lag, axis=0)
    return float(np.median(low)), float(np.median(np.nanmax(by_lag, axis=0)))


def verdict_of(layer: LayerFlow) -> Verdict:
    """The verdict on one layer."""
    if not np.isfinite(layer.log_norms).any():
        return Verdict.NO_GRADIENT
    low, high = extent(layer)
    if high > -THOUSANDTH:
        return Verdict.EXPLODING
    return Verdict.VANISHING if low < THOUSANDTH else Verdict.HEALTHY


def worst_of(layers: Sequence[LayerFlow]) -> int:
    """The layer that the verdict is about: exploding before vanishing, then the one that falls soonest."""
    order = (Verdict.EXPLODING, Verdict.VANISHING, Verdict.HEALTHY, Verdict.NO_GRADIENT)

    def rank(number: int) -> tuple[int, float]:
        layer = layers[number]
        horizons = layer.gradient_horizons[~np.isnan(layer.gradient_horizons)]
        return order.index(verdict_of(layer)), float(np.median(horizons)) if len(horizons) else math.inf

    return min(range(len(layers)), key=rank)


def sentence_of(layer: LayerFlow) -> str:
    """The verdict in a line, with its numbers."""
    verdict = verdict_of(layer)
    if verdict is Verdict.NO_GRADIENT:
        return f"no gradient: the loss does not change with the states of {layer.title}."
    if len(layer.log_norms) == 1:
        return f"{layer.title} takes one step only, so there is no time for a gradient to vanish in."
    parts = [f"{verdict.name.lower()}: in {layer.title} {_course(layer, verdict)}"]
    if np.isfinite(layer.factor):
        parts.append(f"a step multiplies it by {layer.factor:.3g}{_split(layer)}")
    horizons = layer.share_horizons[~np.isnan(layer.share_horizons)]
    if len(horizons):
        parts.append(
            f"95 % of ∂L/∂W_hh come from the last {int(np.median(horizons)) + 1} of {layer.lengths.max()} steps"
        )
    return "; ".join(parts) + "."


def _course(layer: LayerFlow, verdict: Verdict) -> str:
    horizons = layer.gradient_horizons[~np.isnan(layer.gradient_horizons)]
    if verdict is Verdict.VANISHING:
        middle, ends = np.median(horizons), (horizons.min(), horizons.max())
        spread = f" ({lag(ends[0])} to {lag(ends[1])} over {len(horizons)} samples)" if ends[0] < ends[1] else ""
        return f"the last step's gradient is below a thousandth after {lag(float(middle))} steps{spread}"
    low, high = extent(layer)
    if verdict is Verdict.EXPLODING:
        return f"the last step's gradient grows {power(high)} times within the sequence"
    return f"the last step's gradient stays between {power(low)} and {power(high)} of its size over the sequence"


def _split(layer: LayerFlow) -> str:
    known = np.isfinite(layer.log_saturation) & np.isfinite(layer.log_weights)
    if not known.any():
        return ""
    saturation, weights = (float(np.exp(one[known].mean())) for one in (layer.log_saturation, layer.log_weights))
    what = "activations" if len(layer.paths) == 1 else "gates"
    return f" ({what} {saturation:.3g} × weights {weights:.3g})"


def lag(value: float) -> str:
    """A horizon as a number of steps."""
    return "never" if math.isinf(value) else f"{value:g}"


def power(log_value: float) -> str:
    """E to a natural logarithm, as a number that reads well, also beyond what a float can hold."""
    if abs(log_value) < math.log(1e4):
        return f"{math.exp(log_value):.3g}"
    exponent = log_value / math.log(10)
    return (
        f"{10 ** (exponent - math.floor(exponent)):.1f}e{math.floor(exponent):+d}" if math.isfinite(exponent) else "0"
    )


def causes_of(output: OutputGradient, loss: float, terms: int, elasticity: float) -> tuple[Cause, ...]:
    """What is wrong apart from time. terms: how many steps the loss counts. elasticity: ln of ‖∂L/∂y‖ ‖y‖ / |L|."""
    told = not math.isnan(output.log_output)
    small = abs(loss) / max(terms, 1) < FITTED_LOSS
    fitted = small and told and output.log_output < math.log(10 * FITTED_LOSS)
    lost_on_the_way = told and output.log_state - output.log_output < NO_RESPONSE
    saturated = not fitted and (lost_on_the_way or (not small and told and elasticity < NO_RESPONSE))
    found = {
        Cause.SATURATED_OUTPUT: saturated,
        Cause.FITTED: fitted,
        Cause.CLIPPED: output.clip_factor < CLIPPED_BELOW,
        Cause.DENORMAL: output.denormal_share > DENORMAL_SHARE,
    }
    return tuple(cause for cause, is_so in found.items() if is_so)
