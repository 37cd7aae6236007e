"""The formulas of the derivation, in the LaTeX that `_formula` reads, and what is shown of the lags."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from limen.results._derivation_answer import size, verb
from limen.results._formula import text

if TYPE_CHECKING:
    from limen.results.derivation import Derivation, Factor

TITLE = r"$\partial E_T / \partial W_{hh}$, written out and measured"
QUESTIONS = {
    "shrinks": "1b. Which term makes the gradient vanish?",
    "grows": "1b. Which term makes the gradient explode?",
    "keeps its size": "1b. Does any term make the gradient vanish or explode?",
    "": "1b. Does any term make the gradient vanish?",
}
"""The heading of the question, by what the product of Jacobians was measured to do ("" where there is none)."""
CHAIN = (
    r"\frac{\partial E_T}{\partial W_{hh}} = \frac{\partial E_T}{\partial \hat{o}_T}"
    r"\frac{\partial \hat{o}_T}{\partial \hat{y}_T}\frac{\partial \hat{y}_T}{\partial z_T}"
    r"\frac{\partial z_T}{\partial h_T}\frac{\partial h_T}{\partial W_{hh}}",
    r"\frac{\partial h_T}{\partial W_{hh}} = \frac{\partial^{+} h_T}{\partial W_{hh}}"
    r" + \frac{\partial h_T}{\partial h_{T-1}}\frac{\partial h_{T-1}}{\partial W_{hh}}",
)
"""The chain rule as question 1a asks for it; ∂⁺ is the derivative with h_{T-1} held fixed (Werbos's ordered one)."""
NET = (
    r"a_t = W_{xh}^{\top} x_t + W_{hh}^{\top} h_{t-1}, \quad h_t = g_h(a_t)",
    r"z_t = W_{hy}^{\top} h_t, \quad \hat{y}_t = g_y(z_t), \quad \hat{o}_t = \operatorname{softmax}(\hat{y}_t)",
    r"-E_T = y_T \cdot \operatorname{ln}(\hat{o}_T)",
)
"""The net, step by step, without its biases."""
SUM = r"\frac{\partial E_T}{\partial W_{hh}} = \sum_{k=1}^{T} C_k, \quad C_k = h_{k-1}\delta_k^{\top}"
DELTA = (
    r"\delta_k^{\top} = \frac{\partial E_T}{\partial h_T}\frac{\partial h_T}{\partial h_k}"
    r"\operatorname{diag}(g_h'(a_k))"
)
PRODUCT = r"\frac{\partial h_T}{\partial h_k} = J_T J_{T-1} \cdots J_{k+1}"
JACOBIAN = r"J_j = \frac{\partial h_j}{\partial h_{j-1}} = \operatorname{diag}(g_h'(a_j)) W_{hh}^{\top}"
OUTPUT = (
    r"\frac{\partial E_T}{\partial h_T} = (W_{hy}\varepsilon_T)^{\top}, \quad"
    r" \varepsilon_T = g_y'(z_T) \odot (\hat{o}_T \Sigma y_T - y_T)"
)
HIDDEN_SLOPES = {
    "tanh": r"g_h'(a_j) = 1 - h_j \odot h_j",
    "sigmoid": r"g_h'(a_j) = h_j \odot (1 - h_j)",
    "relu": r"g_h'(a_j) = [a_j > 0]",
    "identity": r"g_h'(a_j) = 1",
}
OUTPUT_SLOPES = {
    "tanh": r"g_y'(z_T) = 1 - \hat{y}_T \odot \hat{y}_T",
    "sigmoid": r"g_y'(z_T) = \hat{y}_T \odot (1 - \hat{y}_T)",
    "relu": r"g_y'(z_T) = [z_T > 0]",
    "identity": r"g_y'(z_T) = 1",
}
_FACTORS = (
    (r"\frac{\partial E_T}{\partial \hat{o}_T}", r"-(y_T \oslash \hat{o}_T)^{\top}"),
    (r"\frac{\partial \hat{o}_T}{\partial \hat{y}_T}", r"\operatorname{diag}(\hat{o}_T) - \hat{o}_T\hat{o}_T^{\top}"),
    (r"\frac{\partial \hat{y}_T}{\partial z_T}", r"\operatorname{diag}(g_y'(z_T))"),
    (r"\frac{\partial z_T}{\partial h_T}", r"W_{hy}^{\top}"),
    (
        r"\frac{\partial h_T}{\partial W_{hh}}",
        r"\sum_{k=1}^{T} \frac{\partial h_T}{\partial h_k}\operatorname{diag}(g_h'(a_k)) \otimes h_{k-1}",
    ),
    (r"\frac{\partial^{+} h_T}{\partial W_{hh}}", r"\operatorname{diag}(g_h'(a_T)) \otimes h_{T-1}"),
    (r"\frac{\partial h_T}{\partial h_{T-1}}", r"J_T = \operatorname{diag}(g_h'(a_T)) W_{hh}^{\top}"),
    (
        r"\frac{\partial h_{T-1}}{\partial W_{hh}}",
        r"\sum_{k=1}^{T-1} \frac{\partial h_{T-1}}{\partial h_k}\operatorname{diag}(g_h'(a_k)) \otimes h_{k-1}",
    ),
    (r"\frac{\partial E_T}{\partial \hat{y}_T}", r"(\hat{o}_T \Sigma y_T - y_T)^{\top}"),
    (r"\varepsilon_T", r"g_y'(z_T) \odot (\hat{o}_T \Sigma y_T - y_T)"),
    (r"\frac{\partial E_T}{\partial h_T}", r"(W_{hy}\varepsilon_T)^{\top}"),
    (r"\operatorname{diag}(g_h'(a_T))", ""),
    (r"W_{hh}^{\top}", ""),
    (r"\delta_T", r"g_h'(a_T) \odot (W_{hy}\varepsilon_T)"),
    (r"\frac{\partial E_T}{\partial W_{hh}}", r"\sum_{k=1}^{T} h_{k-1}\delta_k^{\top}"),
)
TERMS = {text(symbol): (symbol, meaning) for symbol, meaning in _FACTORS}
"""By `Factor.name`: the symbol and what it is."""
COLUMNS = {
    "log_products": r"\| \frac{\partial h_T}{\partial h_k} \|",
    "log_deltas": r"\| \delta_k \|",
    "log_states": r"\| h_{k-1} \|",
    "log_contributions": r"\| C_k \|",
    "shares": r"s_k",
    "log_saturation": r"g_h'",
    "log_weights": r"W_{hh}",
    "log_gradients": r"\| \frac{\partial E_T}{\partial h_k} \|",
}
"""The heads of the table of lags, by field; where there is little room, the last are left out."""
NOTE = (
    r"$\| \partial h_T / \partial h_k \|$ is the spectral norm. Shares are signed and sum to 1 over all lags: "
    r"$s_k = \frac{\langle C_k, G \rangle}{\| G \|^{2}}$, $G = \partial E_T / \partial W_{hh}$. $g_h'$ and $W_{hh}$: "
    "the two factors of the step from this lag to the next, along the gradient."
)
"""What stands under the table of lags."""
SMALLEST_SHARE = 1e-3
"""Smaller shares are written with an exponent."""
NONE = "-"
"""What stands where there is nothing to measure."""
ALL, FIRST, THINNED = 24, 13, 9
"""Lags that are all shown; of more, so many first ones, and so many of the rest at growing distances."""


def sections(derivation: Derivation) -> tuple[str, str, str, str, str, str]:
    """The title, and the headings of the sections but that of the net; the question's follows the measurement."""
    question = QUESTIONS[verb(derivation)]
    return TITLE, "1a. The chain rule, not expanded", "Expanded", "Term by term", question, "Checked"


def net(derivation: Derivation) -> tuple[str, ...]:
    """The equations of the net, with its biases where it has them."""
    if not derivation.architecture.bias:
        return NET
    hidden, output, loss = NET
    return hidden.replace("h_{t-1},", "h_{t-1} + b_h,"), output.replace(" h_t,", " h_t + b_y,"), loss


def formulas(derivation: Derivation) -> list[str]:
    """The lines of the expanded form, with the activations of this net."""
    net = derivation.architecture
    lines = [SUM, DELTA, OUTPUT, PRODUCT, JACOBIAN]
    slopes = HIDDEN_SLOPES[net.hidden_activation], OUTPUT_SLOPES[net.output_activation]
    return [*lines, ", \\quad ".join(slopes)]


def shape(factor: Factor) -> str:
    """A shape as text: 1 × 4, 8 × 8 × 8."""
    return " × ".join(str(length) for length in factor.shape)


def shown(derivation: Derivation) -> list[int]:
    """The lags in the table: all of a short sequence; otherwise the first ones, some in between, and the last."""
    steps = derivation.steps
    if steps <= ALL:
        return list(range(steps))
    thin = np.rint(np.geomspace(FIRST, steps - 1, THINNED)).astype(int)
    return sorted({*range(FIRST), *thin.tolist()})


def left_out(derivation: Derivation) -> str:
    """How many lags the table leaves out; empty if none."""
    rest = derivation.steps - len(shown(derivation))
    return f"{rest} of {derivation.steps} lags are left out here; the record has them all." if rest else ""


def head(derivation: Derivation) -> str:
    """The net, the sample and its loss in a line, formulas between dollar signs."""
    net, label = derivation.architecture, derivation.label
    one_hot = label.sum() == 1 and label.max() == 1
    told = f"label {int(label.argmax())}" if one_hot else "the label is a distribution"
    return (
        f"RNN, {net.inputs} inputs, {net.hidden} hidden units ({net.hidden_activation}), "
        f"{net.outputs} outputs ({net.output_activation}), {'with' if net.bias else 'no'} biases, {net.dtype}; "
        f"T = {derivation.steps}, sample {derivation.sample}, {told}, $E_T$ = {derivation.loss:.4g}"
    )


def checked(derivation: Derivation) -> list[tuple[str, str]]:
    """The checks as pairs of heading and finding, formulas between dollar signs."""
    check = derivation.check
    where = {
        "entries": f"all {check.count} entries of $\\partial E_T / \\partial W_{{hh}}$",
        "directions": f"{check.count} random directions in the space of $W_{{hh}}$",
    }[check.along]
    own = "" if math.isnan(check.numeric_error) else f", themselves good to {_plain(check.numeric_error)} here"
    numeric = f"relative difference {_plain(check.numeric)} over {where} (central differences of the loss{own})"
    if math.isnan(check.numeric):
        numeric = "not to be had: the loss is too steep for any difference to resolve"
    bptt = "not to be had: the gradient is beyond the range of the numbers"
    if not math.isnan(check.bptt):
        bptt = f"relative difference {_plain(check.bptt)} in {derivation.architecture.dtype}"
    return [("finite differences", numeric), ("net.bptt", bptt)]


def cell(name: str, value: float) -> str:
    """An entry of the table of lags: a norm or a factor by its logarithm, or a signed share."""
    if math.isnan(value):
        return NONE
    if name != "shares":
        return size(value)
    if value == 0 or abs(value) >= SMALLEST_SHARE:
        return f"{value:+.3f}" if value else "0"
    return f"{value:+.0e}".replace("e-0", "e-").replace("+-", "-")


def _plain(value: float) -> str:
    return size(math.log(value)) if value else "0"
