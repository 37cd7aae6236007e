"""The record that `limen.rnn.derive` hands out: the chain rule for ∂E_T/∂W_hh with every factor measured."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from limen._errors import RecordError
from limen._types import FloatArray
from limen.results import _frame
from limen.results._check_derivation import check_derivation
from limen.results._document import Document
from limen.results._record import Record

ACTIVATIONS = ("identity", "relu", "sigmoid", "tanh")
FACTORS = (
    "∂E_T/∂ô_T",
    "∂ô_T/∂ŷ_T",
    "∂ŷ_T/∂z_T",
    "∂z_T/∂h_T",
    "∂h_T/∂W_hh",
    "∂⁺h_T/∂W_hh",
    "∂h_T/∂h_{T-1}",
    "∂h_{T-1}/∂W_hh",
)
"""What `Derivation.factors` holds, in this order."""
PARTS = ("∂E_T/∂ŷ_T", "ε_T", "∂E_T/∂h_T", "diag(g_h'(a_T))", "W_hhᵀ", "δ_T", "∂E_T/∂W_hh")
"""What `Derivation.parts` holds, in this order."""
SMALL = math.log(1e-3)
"""Where the gradient counts as vanished, as a logarithm of its share of ‖∂E_T/∂h_T‖."""


@dataclass(frozen=True, eq=False)
class Factor(Record):
    """One factor of the chain rule.

    name: its symbol, such as "∂E_T/∂ô_T". shape: numerator by denominator. norm: which: "Euclidean", "spectral" (the
    largest singular value) or "Frobenius". log_norm: its natural logarithm; -inf where the factor is 0.
    """

    name: str
    shape: tuple[int, ...]
    norm: str
    log_norm: float


@dataclass(frozen=True, eq=False)
class Check(Record):
    """The gradient against two others, as ‖one - other‖/‖other‖.

    numeric: against central finite differences of the loss in float64. numeric_error: how far those may themselves be
    off, by their own estimate, relative to their size; nan where they are 0. along: "entries" (all of ∂E_T/∂W_hh, one
    by one) or "directions" (random ones). count: how many. bptt: against `net.bptt` in the net's own dtype. nan: not
    to be had, because the gradient is beyond float64, or the loss too steep for any difference.
    """

    numeric: float
    numeric_error: float
    along: str
    count: int
    bptt: float

    def __post_init__(self) -> None:
        if self.along not in ("entries", "directions"):
            raise RecordError(f"along is {self.along!r}, expected entries or directions.")


@dataclass(frozen=True, eq=False)
class Architecture(Record):
    """The net of the course: sizes, the names of g_h and g_y, whether it has b_h and b_y, and the dtype of its arrays.

    a_t = W_xhᵀ x_t + W_hhᵀ h_{t-1} (+ b_h), h_t = g_h(a_t); z_t = W_hyᵀ h_t (+ b_y), ŷ_t = g_y(z_t), ô_t = softmax(ŷ_t)
    """

    inputs: int
    hidden: int
    outputs: int
    hidden_activation: str
    output_activation: str
    bias: bool
    dtype: str

    def __post_init__(self) -> None:
        for name in ("hidden_activation", "output_activation"):
            if getattr(self, name) not in ACTIVATIONS:
                raise RecordError(f"{name} is {getattr(self, name)!r}, expected one of {', '.join(ACTIVATIONS)}.")


@dataclass(frozen=True, eq=False)
class Lags(Record):
    """One number a lag, (T) each: entry i belongs to step k = T - i. J_j = ∂h_j/∂h_{j-1} = diag(g_h'(a_j)) W_hhᵀ.

    log_products: ln of the spectral norm of ∂h_T/∂h_k = J_T ... J_{k+1}; 0 at lag 0. log_gradients: ln ‖∂E_T/∂h_k‖.
    log_deltas: ln ‖δ_k‖, δ_k = ∂E_T/∂a_k. log_states: ln ‖h_{k-1}‖. log_contributions: ln ‖C_k‖, C_k = h_{k-1} δ_kᵀ.
    shares: signed share ⟨C_k, G⟩/‖G‖² in G = ∂E_T/∂W_hh; they sum to 1; nan where G is 0.
    log_saturation, log_weights: exact split of ln(‖J_kᵀ v‖/‖v‖) for v = ∂E_T/∂h_k: ln(‖g_h'(a_k) ⊙ v‖/‖v‖) and
    ln(‖W_hh δ_k‖/‖δ_k‖); nan where there is nothing left to split. All logarithms are -inf where a norm is 0.
    """

    log_products: FloatArray
    log_gradients: FloatArray
    log_deltas: FloatArray
    log_states: FloatArray
    log_contributions: FloatArray
    shares: FloatArray
    log_saturation: FloatArray
    log_weights: FloatArray

    def __post_init__(self) -> None:
        super().__post_init__()
        shapes = {name: values.shape for name, values in vars(self).items()}
        if len(set(shapes.values())) > 1 or len(self.shares) == 0:
            raise RecordError(f"the arrays over lags have the shapes {shapes}, expected one length of at least 1.")


@dataclass(frozen=True, eq=False)
class Derivation(Document):
    """∂E_T/∂W_hh of one sample by the chain rule, not expanded and expanded, every factor with shape and norm.

    architecture: of the net. sample: its number in the batch. loss: E_T = -y_T · ln ô_T. label: (outputs) y_T.
    probabilities: (outputs) ô_T. log_gradient: ln ‖∂E_T/∂W_hh‖ (Frobenius).
    factors: of the chain rule as question 1a asks for it, not expanded. parts: what stands in the expanded form.
    lags: what each earlier step contributes, and through which product of Jacobians. check: two other gradients.
    """

    SCHEMA = "limen.derivation"

    architecture: Architecture
    sample: int
    loss: float
    label: FloatArray
    probabilities: FloatArray
    log_gradient: float
    factors: tuple[Factor, ...]
    parts: tuple[Factor, ...]
    lags: Lags
    check: Check
    limen_version: str
    python_version: str

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("label", "probabilities"):
            if getattr(self, name).shape != (self.architecture.outputs,):
                raise RecordError(
                    f"{name} has the shape {getattr(self, name).shape}, expected ({self.architecture.outputs},)."
                )
        came = tuple(factor.name for factor in (*self.factors, *self.parts))
        if came != FACTORS + PARTS:
            raise RecordError(f"factors and parts are {came}, expected {FACTORS + PARTS}.")

    @property
    def steps(self) -> int:
        """T, the steps of the sample."""
        return len(self.lags.shares)

    @property
    def last(self) -> int:
        """The largest lag at which the product of Jacobians is not 0."""
        return int(np.flatnonzero(self.lags.log_products > -np.inf)[-1])

    @property
    def rate(self) -> float:
        """By how much the norm of the product of Jacobians changes a step, from lag 0 to `last`; nan without a step."""
        return math.exp(self.lags.log_products[self.last] / self.last) if self.last else math.nan

    @property
    def saturation(self) -> float:
        """The part of g_h' in a step along the gradient, over the same lags: a geometric mean; nan without a step."""
        return _typical(self.lags.log_saturation[: self.last])

    @property
    def weights(self) -> float:
        """The part of W_hh in a step along the gradient, over the same lags: a geometric mean; nan without a step."""
        return _typical(self.lags.log_weights[: self.last])

    @property
    def horizon(self) -> float:
        """The first lag at which ‖∂E_T/∂h_k‖ is below 1e-3 of ‖∂E_T/∂h_T‖; inf: never; nan where that is 0."""
        if self.lags.log_gradients[0] == -np.inf:
            return math.nan
        below = np.flatnonzero(self.lags.log_gradients < self.lags.log_gradients[0] + SMALL)
        return float(below[0]) if len(below) else math.inf

    @property
    def answer(self) -> str:
        """Which term makes the gradient vanish (or explode), in sentences made of what was measured."""
        from limen.results._derivation_answer import answer
        from limen.results._formula import prose

        return prose(answer(self))

    def _check(self) -> None:
        check_derivation(self)

    def to_frame(self, backend: Literal["pandas", "polars", "pyarrow"]) -> Any:
        """Give a data frame, a row a lag: lag, step, and the fields of `lags`."""
        lags = range(self.steps)
        columns: dict[str, Any] = {"lag": list(lags), "step": [self.steps - lag for lag in lags]}
        return _frame.frame(columns | {name: values.tolist() for name, values in vars(self.lags).items()}, backend)

    def to_text(self, width: int = 80) -> str:
        """Lay the derivation out as text; headings start in the first column. Narrow tables lose columns."""
        from limen.results._derivation_text import derivation_text

        return derivation_text(self, width)

    def to_latex(self, *, document: bool = False) -> str:
        """Write the derivation in LaTeX (plain ASCII, needs amsmath): a piece to put in, or a whole document."""
        from limen.results._derivation_latex import derivation_latex

        return derivation_latex(self, document=document)

    def to_html(self) -> str:
        """Write a whole HTML page: formulas in MathML, no script, nothing fetched, both colour schemes."""
        from limen.results._derivation_html import derivation_page

        return derivation_page(self)

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return f"<Derivation of ∂E_T/∂W_hh: {self.steps} steps, {self.architecture.hidden} hidden units; {self.answer}>"

    def _repr_html_(self) -> str:
        from limen.results._derivation_html import derivation_fragment

        return derivation_fragment(self)


def _typical(logs: FloatArray) -> float:
    """The geometric mean of e^logs where it is known and not 0; nan if it is nowhere."""
    known = logs[np.isfinite(logs)]
    return float(np.exp(known.mean())) if len(known) else math.nan
