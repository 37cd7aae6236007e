"""Numbers of a GradientFlow in words, shared by the terminal, the pages and the pictures."""

from __future__ import annotations

import math

import numpy as np

from limen.results._flow_lags import medians, middle_of
from limen.results._terminal import clip, visible, width
from limen.results.flow import GradientFlow, LayerFlow

RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
WHOLE = "∂L/∂W_hh"
DASH = "–"
HORIZONS = (
    "Gradient horizon: the lag at which ‖∂E_T/∂h‖, in an LSTM ‖∂E_T/∂(h, c)‖, falls below a thousandth of its size at "
    f"the last step that the loss heeds. Share horizon: the lag within which 95 % of {WHOLE} arise. Median (range) "
    "over samples."
)
ONE_STEP = "One step has no way back through time, so there is no curve to draw."
NARROW = "\N{NO-BREAK SPACE}"


def power_of_ten(exponent: int) -> str:
    """Write 10⁻³ for -3."""
    return f"10{str(exponent).translate(RAISED)}"


def from_log(log: float) -> str:
    """Write e to the power `log` with two digits, however small or large it is: 3.2e-1003; 0 for -inf."""
    if math.isnan(log):
        return DASH
    if math.isinf(log):
        return "0" if log < 0 else "∞"
    decimal = log / math.log(10)
    if -3 <= decimal < 4:
        return f"{math.exp(log):.3g}" if decimal < 3 else f"{math.exp(log):.0f}"
    exponent = math.floor(decimal)
    mantissa = f"{10 ** (decimal - exponent):.1f}"
    if mantissa == "10.0":
        mantissa, exponent = "1.0", exponent + 1
    return f"{mantissa}e{exponent:+03d}"


def times(factor: float) -> str:
    """Write a factor with three significant digits or so; an unknown one as a dash."""
    if math.isnan(factor):
        return DASH
    if factor == 0:
        return "0"
    return f"{factor:.3f}" if 0.01 <= factor < 100 else from_log(math.log(factor))


def steps_told(median: float, low: float | None = None, high: float | None = None) -> str:
    """Write a horizon: "12", "12 (10 … 14)", "never"; inf means never within the sequence."""
    if math.isnan(median):
        return DASH
    if low is None or high is None or low == high:
        return _steps(median)
    return f"{_steps(median)} ({_steps(low)} … {_steps(high)})"


def _steps(value: float) -> str:
    return "never" if math.isinf(value) else f"{value:,.1f}".removesuffix(".0")


def named(layer: LayerFlow, columns: int) -> str:
    """A layer's title in so many columns: of a long path the end is left out, not the kind, layer and direction."""
    title = " ".join(layer.title.split())
    rest = layer.title[len(visible(layer.name)) :].strip() if layer.name else title
    room = columns - width(rest) - 1
    return clip(f"{clip(layer.name, room)} {rest}" if layer.name and room >= 4 else rest, columns)


def state_norm(layer: LayerFlow, index: str = "") -> str:
    """What the norms by lag are of: the gradient for the full state."""
    return f"‖∂E_T/∂{'h' if layer.log_cells is None else '(h, c)'}{index}‖"


def verdict_told(flow: GradientFlow) -> tuple[str, str]:
    """The verdict in a word, and the sentence on one line; the word is empty where the sentence begins with it."""
    word, sentence = flow.verdict.name.replace("_", " "), " ".join(flow.sentence.split())
    return ("", sentence) if sentence.upper().startswith(word) else (word, sentence)


def split_told(layer: LayerFlow) -> str:
    """Write the typical step factor as its product: 0.577 = 0.775 × 0.745."""
    whole, weights, saturation = map(times, split_of(layer))
    return whole if weights == DASH else f"{whole} = {weights} × {saturation}"


def ways_told(layer: LayerFlow) -> str:
    """The ways back through a step with their median shares; empty where there is but one."""
    if len(layer.paths) < 2 or len(layer.shares) < 2:
        return ""
    shares = medians(np.where(np.isfinite(layer.path_shares), layer.path_shares, np.nan).T)
    known = [(clip(name, 40), float(share)) for name, share in zip(layer.paths, shares, strict=True) if share == share]
    return ", ".join(f"{name} {signed_percent(share, 0)}" for name, share in known)


def signed_percent(share: float, places: int = 1) -> str:
    """Write a share as a percentage with its sign; one that rounds to 0 has none."""
    told = f"{100 * share:+.{places}f}"
    return f"{told if float(told) else told[1:]}{NARROW}%".replace("-", "−")


def horizons_told(layer: LayerFlow) -> tuple[str, str]:
    """The gradient horizon and the share horizon, each with its range over samples."""
    return steps_told(*middle_of(layer.gradient_horizons)), steps_told(*middle_of(layer.share_horizons))


def split_of(layer: LayerFlow) -> tuple[float, float, float]:
    """The typical step factor, and its two factors: through the weights and through the activations; nan if unknown."""
    known = [
        (whole, weights, saturation)
        for whole, weights, saturation in zip(layer.log_factors, layer.log_weights, layer.log_saturation, strict=True)
        if math.isfinite(whole) and math.isfinite(weights) and math.isfinite(saturation)
    ]
    if not known or layer.factor == 0:
        return layer.factor, math.nan, math.nan
    with np.errstate(over="ignore"):  # the weights' part of a step may be beyond float64, where the whole is not
        whole, weights, saturation = (float(np.exp(np.mean(column))) for column in zip(*known, strict=True))
    return whole, weights, saturation


def facts(flow: GradientFlow) -> list[tuple[str, str]]:
    """Pairs of (heading, text): what was looked at, and the measures behind the causes."""
    output = flow.output
    lengths = sorted({int(length) for layer in flow.layers for length in layer.lengths})
    ends = f"{lengths[0]:,} to {lengths[-1]:,}" if len(lengths) > 1 else "".join(f"{length:,}" for length in lengths)
    steps = "1 step" if ends == "1" else f"{ends or 'no'} steps"
    samples = len(flow.layers[0].lengths) if flow.layers else 0
    asked = "" if math.isnan(output.log_output) else f"‖∂L/∂output‖ {from_log(output.log_output)}, "
    rows = [
        ("data", f"{samples:,} {'sample' if samples == 1 else 'samples'} of {steps}, loss {flow.loss:.4g}"),
        ("gradient", f"{asked}‖∂L/∂h‖ {from_log(output.log_state)} where it enters the recurrent layers"),
    ]
    if output.clip_factor < 1:
        rows.append(("clipping", f"scales the whole gradient by {times(output.clip_factor)}"))
    if output.denormal_share > 0:
        rows.append(
            ("denormal", f"{_percent(output.denormal_share)} of the entries of the backward pass, in {flow.dtype}")
        )
    return [*rows, *_exponents(flow), ("computed", f"in {flow.dtype} on {flow.device}, {flow.seconds:.2g} s in all")]


def _percent(share: float) -> str:
    return f"less than 0.1{NARROW}%" if share < 1e-3 else f"{100 * share:.1f}{NARROW}%"


def _exponents(flow: GradientFlow) -> list[tuple[str, str]]:
    rows = []
    for layer in flow.layers:
        if layer.exponents is None:
            continue
        told = [
            f"{layer.exponents[i].value:+.3f} ({layer.exponents[i].low:+.3f} … {layer.exponents[i].high:+.3f})"
            for i in range(min(3, len(layer.exponents)))
        ]
        rest = len(layer.exponents) - len(told)
        numbers = ", ".join(told).replace("-", "−") + (f"; {rest} smaller" if rest else "")
        rows.append(("Lyapunov", f"exponents a step of {named(layer, 60)}: {numbers}"))
    return rows
