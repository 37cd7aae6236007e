"""Question 1b, which term makes the gradient vanish, answered from the measured factors; and numbers as words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from limen._types import FloatArray

if TYPE_CHECKING:
    from limen.results.derivation import Derivation

LEAST_PLAIN, MOST_PLAIN, LARGEST, UNREADABLE = 0.01, 1e4, 700, 1e9
"""Numbers that are written without an exponent, about the largest logarithm of a float64, and one too large to undo."""
STEADY_RATE, STEADY_RANGE = 0.02, math.log(2)
"""A factor keeps its size if it changes by less than 2 % a step, and by less than 2 over all steps."""
TREND_RANGE, TREND_FIT = math.log(10), 0.9
"""A norm changes exponentially if a line through its logarithm covers a factor of 10 and explains 90 % of it."""
FEWEST = 4
"""Lags from which on a trend can be told."""
THIN = 0.1
"""What an output activation lets through, or the loss asks for, is little below this."""


def size(log: float) -> str:
    """A positive number given by its logarithm, in two or three digits, however large or small: 0.582, 3.1e-9."""
    if math.isnan(log):
        return "undefined"
    if math.isinf(log):
        return "0" if log < 0 else "infinite"
    if abs(log) > UNREADABLE:
        return f"exp({log:.1e})".replace("e+", "e")
    value = math.exp(log) if abs(log) < LARGEST else math.nan
    if LEAST_PLAIN <= value < MOST_PLAIN:
        return f"{value:.{max(0, 2 - math.floor(math.log10(value)))}f}"
    exponent = math.floor(log / math.log(10))
    mantissa = f"{math.exp(log - exponent * math.log(10)):.1f}"
    if mantissa == "10.0":
        mantissa, exponent = "1.0", exponent + 1
    return f"{mantissa}e{exponent}"


def ratio(value: float) -> str:
    """A positive number as `size` writes it."""
    return size(math.log(value) if value > 0 else -math.inf if value == 0 else math.nan)


def answer(derivation: Derivation) -> str:
    """All sentences in one paragraph, formulas between dollar signs."""
    sentences = [_product(derivation), _alone(derivation), _split(derivation), *apart(derivation)]
    return " ".join(sentence for sentence in sentences if sentence)


def verb(derivation: Derivation) -> str:
    """What the product of Jacobians does: "shrinks", "grows", "keeps its size", or "" where there is none."""
    last = derivation.last
    if derivation.steps == 1:
        return ""
    if last == 0:
        return "shrinks"
    whole = float(derivation.lags.log_products[last])
    if abs(whole / last) <= STEADY_RATE and abs(whole) <= STEADY_RANGE:
        return "keeps its size"
    return "shrinks" if whole < 0 else "grows"


def _product(derivation: Derivation) -> str:
    logs, last, kind = derivation.lags.log_products, derivation.last, verb(derivation)
    if not kind:
        return (
            r"T = 1: there is no product of Jacobians $\partial h_j / \partial h_{j-1}$ in the sum, so nothing can "
            r"vanish through time; all of the gradient is $C_1 = h_0 \delta_1^{\top}$."
        )
    start = r"The product of Jacobians $\partial h_j / \partial h_{j-1}$"
    dead = (
        f"it is exactly 0 from lag {last + 1} on, as no path is open through $g_h'$ and $W_{{hh}}$"
        if last + 1 < len(logs)
        else ""
    )
    if not last:
        return f"{start} makes the gradient vanish: {dead}."
    ends = f"its norm is 1 at lag 0 and {size(logs[last])} at lag {last}"
    peak = int(np.argmax(logs))
    if logs[peak] > max(0.0, logs[last]) + STEADY_RANGE:
        ends += f", after {size(logs[peak])} at lag {peak}"
    rate = f"a factor of {ratio(derivation.rate)} a step"
    rate = f" ({rate})" if kind == "keeps its size" else f" by {rate}"
    return f"{start} {kind}{rate}: {'; '.join(filter(None, (ends, dead)))}."


def _alone(derivation: Derivation) -> str:
    """Whether another factor changes exponentially with the lag: only ‖h_{k-1}‖ could."""
    states, kind = derivation.lags.log_states[:-1], verb(derivation)  # h_0 is given, not made by the net
    if not kind or not np.isfinite(states).any():
        return ""
    known = states[np.isfinite(states)]
    ends = size(known.min()), size(known.max())
    spread = r"$\| h_{k-1} \|$ " + (f"is {ends[0]}" if ends[0] == ends[1] else f"stays between {ends[0]} and {ends[1]}")
    fixed = "the factors of the last step are the same at every lag"
    trend = _trend(states)
    if trend:
        rate = ratio(math.exp(trend))
        return (
            rf"The state changes exponentially with the lag as well, $\| h_{{k-1}} \|$ by a factor of {rate} a step, "
            f"but {fixed}."
        )
    last = derivation.last
    if kind == "keeps its size":
        return f"No factor changes exponentially with the lag: {spread}, and {fixed}."
    if last < FEWEST:
        return f"It is the only factor that is multiplied again with each step of the lag: {spread}, and {fixed}."
    if abs(derivation.lags.log_products[last]) < TREND_RANGE and last + 1 == derivation.steps:
        return f"That is less than a factor of 10 in all, so no factor changes exponentially: {spread}, and {fixed}."
    return f"It is the only factor whose size changes exponentially with the lag: {spread}, and {fixed}."


def _trend(logs: FloatArray) -> float:
    """The change of a logarithm a lag, where it is a clear trend; otherwise 0."""
    lags = np.flatnonzero(np.isfinite(logs))
    if len(lags) < FEWEST:
        return 0.0
    known = logs[lags]
    slope, start = np.polyfit(lags, known, 1)
    left = known - (start + slope * lags)
    clear = abs(slope) * np.ptp(lags) > TREND_RANGE and float(left @ left) < (1 - TREND_FIT) * known.var() * len(lags)
    return float(slope) if clear else 0.0


def _split(derivation: Derivation) -> str:
    """What a step along the gradient is made of, and where the gradient is gone."""
    both = derivation.saturation, derivation.weights
    if not np.isfinite(both).all():
        return ""
    told = (
        f"Along the gradient the typical step is {ratio(both[0] * both[1])}: the saturation $g_h'$ accounts for a "
        f"factor {ratio(both[0])} of it, the weights $W_{{hh}}$ for {ratio(both[1])}"
    )
    if math.isinf(derivation.horizon):
        return f"{told}."
    below = r"$\| \partial E_T / \partial h_k \|$ is below a thousandth of $\| \partial E_T / \partial h_T \|$"
    return f"{told}; {below} from lag {derivation.horizon:.0f} on."


def apart(derivation: Derivation) -> list[str]:
    """Causes of a small gradient that have nothing to do with time."""
    logs = {factor.name: factor.log_norm for factor in derivation.parts}
    asked, passed = logs["∂E_T/∂ŷ_T"], logs["ε_T"]
    found = []
    if derivation.lags.log_gradients[0] == -np.inf:
        found.append("Apart from time, no gradient reaches $h_T$ at all.")
    elif (derivation.lags.log_states == -np.inf).all():
        found.append(r"Apart from time, every $h_{k-1}$ is 0, so $\partial E_T / \partial W_{hh}$ is 0.")
    if passed < asked + math.log(THIN):
        found.append(
            f"Apart from time, $g_y$ ({derivation.architecture.output_activation}) is saturated: its derivative lets "
            rf"{size(passed - asked)} of $\| \partial E_T / \partial \hat{{y}}_T \|$ through, the same for every $C_k$."
        )
    if asked < math.log(THIN):
        found.append(
            r"Apart from time, the loss asks for little: "
            rf"$\| \partial E_T / \partial \hat{{y}}_T \|$ is {size(asked)}, as the sample is fitted already."
        )
    return found
