"""The record that `limen.gradient_flow` hands out: where a recurrent net's gradient goes, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any, Literal

import numpy as np

from limen._types import FloatArray, IntArray
from limen.results import _frame
from limen.results._check_flow import check_flow
from limen.results._document import Document
from limen.results._record import Record
from limen.results._terminal import visible
from limen.results.estimates import Estimates


class Verdict(Enum):
    """What becomes of the gradient on its way back through time."""

    VANISHING = "The gradient of the last step falls below a thousandth of its size within the sequence."
    EXPLODING = "The gradient of the last step grows past a thousand times its size within the sequence."
    HEALTHY = "The gradient of the last step stays between a thousandth and a thousand times its size."
    NO_GRADIENT = "No gradient reaches the recurrent layers, so time is not what is wrong."


class Cause(Enum):
    """A reason for a small or distorted gradient that has nothing to do with time, and what to do about it."""

    SATURATED_OUTPUT = (
        "An activation between the recurrent states and the loss is saturated, so that next to no gradient passes back "
        "through it, whatever the time. Take it away, or scale down what it is given."
    )
    FITTED = (
        "The loss is next to nothing beside what it is with the answers of other samples, so there is hardly anything "
        "left to learn from these; look at samples that are not fitted."
    )
    CLIPPED = (
        "The gradient is longer than the clipping norm, so that all of it is scaled down with its longest parts; find "
        "what makes it long before clipping harder."
    )
    DENORMAL = (
        "Parts of the gradient, as the model computes it, are smaller than its number type can hold with full "
        "precision, or 0; on a CPU such numbers also slow the backward pass. Use torch.set_flush_denormal(True)."
    )


@dataclass(frozen=True, eq=False)
class LayerFlow(Record):
    """The flow through one layer and one direction of a recurrent module, or through a chain of cells.

    Arrays over steps are in the order of the input, whatever the direction; T steps, B samples, K paths.

    name: the module's path in the model ("" is the model itself). kind: what it is, such as "LSTM". layer: from 0.
    reverse: it reads from the end. hidden: size of h. lengths: (B) steps of each sample.
    last: (B) of the steps that the loss heeds, the one that the layer reads last; lags count from it. -1: heeds none.
    log_norms: (T, B) ln ‖∂L/∂h_t‖; -inf where it is 0, nan beyond a sample's end; the same for all (T, B).
    log_direct, log_through: (T, B) ln of the norms of its two parts, which add up to ∂L/∂h_t as vectors: what reaches
    h_t from the outputs of step t (or from the layer above), and what comes through time.
    log_cells: (T, B) ln ‖∂L/∂c_t‖, LSTM only.
    log_last: (T, B) ln ‖∂E_T/∂s_t‖ for the full state s, which is h, or (h, c); E_T is what reaches each sample at its
    step `last`, followed through this layer alone.
    shares: (T) signed share of each step in ∂L/∂W_hh; they sum to 1; nan if that gradient is 0.
    sample_shares: (T, B) the same within each sample's own gradient.
    log_factors: (T) ln of the step factor ‖J_tᵀ v‖/‖v‖ along the gradient v of the full state, mean over samples;
    -inf where it is 0 for most of them.
    log_saturation, log_weights: (T) its exact split: through the activations and gates, and through the weights.
    paths: (K) names of the ways back from step t to t - 1. path_shares: (T, K) their signed shares in J_tᵀ v, mean over
    at most 16 samples; they sum to 1.
    gradient_horizons: (B) first lag at which ‖∂E_T/∂s‖, through time, is below 1e-3 of ‖∂E_T/∂h_T‖; inf: never;
    nan: no gradient, no way back, or too short beside the other samples to tell.
    share_horizons: (B) smallest K with |1 - Σ_{lag ≤ k} share| ≤ .05 for all k ≥ K.
    exponents: finite-time Lyapunov exponents a step, falling, with block-bootstrap intervals, -inf for a direction that
    is lost; None if not asked for.
    """

    name: str
    kind: str
    layer: int
    reverse: bool
    hidden: int
    lengths: IntArray
    last: IntArray
    log_norms: FloatArray
    log_direct: FloatArray
    log_through: FloatArray
    log_cells: FloatArray | None
    log_last: FloatArray
    shares: FloatArray
    sample_shares: FloatArray
    log_factors: FloatArray
    log_saturation: FloatArray
    log_weights: FloatArray
    paths: tuple[str, ...]
    path_shares: FloatArray
    gradient_horizons: FloatArray
    share_horizons: FloatArray
    exponents: Estimates | None

    @property
    def title(self) -> str:
        """Name, layer and direction in a few words."""
        where = f"{self.name} " if self.name else ""
        return visible(f"{where}{self.kind}, layer {self.layer + 1}{', backward' if self.reverse else ''}")

    @property
    def factor(self) -> float:
        """The typical step factor: e to the mean of the log factors that are known; 0 where most of them are."""
        known = self.log_factors[~np.isnan(self.log_factors)]
        if not len(known):
            return float("nan")
        lost = np.isneginf(known)
        return 0.0 if lost.mean() > 0.5 else float(np.exp(known[~lost].mean()))

    def by_lag(self, values: FloatArray) -> FloatArray:
        """Turn (T, B) in the order of the input into (T, B) by lag: row 0 is each sample's step `last`.

        Rows before a sample's first step are nan.
        """
        return by_lag(values, self.last, self.lengths, reverse=self.reverse)

    @cached_property
    def last_by_lag(self) -> FloatArray:
        """`log_last` by lag."""
        found = self.by_lag(self.log_last)
        found.setflags(write=False)
        return found


def by_lag(values: FloatArray, last: IntArray, lengths: IntArray, *, reverse: bool) -> FloatArray:
    """What `LayerFlow.by_lag` gives for a layer with these fields."""
    steps = len(values)
    lags = np.arange(steps)[:, None]
    places = last + lags if reverse else last - lags
    inside = (places >= 0) & (places < lengths) & (last >= 0)
    found = np.take_along_axis(values, np.clip(places, 0, steps - 1), axis=0)
    return np.where(inside, found, np.nan)


@dataclass(frozen=True, eq=False)
class HeatMap(Record):
    """How strongly the loss of each step hears each earlier state: with one loss value a step.

    layer: index into `GradientFlow.layers`. steps: (S) the steps t whose losses were followed. log_norms: (S, T) ln of
    the root mean square over samples of ‖∂E_t/∂h_k‖; -inf where it is 0.
    """

    layer: int
    steps: IntArray
    log_norms: FloatArray


@dataclass(frozen=True, eq=False)
class OutputGradient(Record):
    """What the loss asks for, and how much of it reaches the recurrent layers.

    log_output: ln ‖∂L/∂output‖ over the whole batch; nan where the model's output is no tensor. log_state: the same of
    what reaches the recurrent layers' states from outside time.
    saturation: the largest share of flat entries of any activation (tanh, sigmoid, a rectifier) between the states and
    the loss; nan if there is none. fitted_loss, fitted_slope: the loss and ‖∂L/∂output‖ as shares of what they are with
    the answers of other samples; nan where that cannot be told.
    clip_factor: by how much `clip_norm` scales the whole gradient down, 1 where it does not or was not given.
    denormal_share: share of the entries of ∂L/∂a that the model's number type cannot hold with full precision (0
    included, where the exact value is not 0).
    """

    log_output: float
    log_state: float
    saturation: float
    fitted_loss: float
    fitted_slope: float
    clip_factor: float
    denormal_share: float


@dataclass(frozen=True, eq=False)
class GradientFlow(Document):
    """Where the gradient of a recurrent net goes on its way back through time.

    model: the class of the model. loss: its value. layers: from the input to the output. worst: index of the layer that
    the verdict is about. verdict, sentence: in a word, and in a line with numbers. causes: what else is wrong, apart
    from time. output: the measures behind the causes. heat: where the loss has one value a step, otherwise None.
    dtype, device: what the model computed in and on. seconds: what this took in all.
    """

    SCHEMA = "limen.gradient_flow"

    model: str
    loss: float
    layers: tuple[LayerFlow, ...]
    worst: int
    verdict: Verdict
    sentence: str
    causes: tuple[Cause, ...]
    output: OutputGradient
    heat: HeatMap | None
    dtype: str
    device: str
    seconds: float
    limen_version: str
    python_version: str

    def _check(self) -> None:
        check_flow(self)

    def to_frame(self, backend: Literal["pandas", "polars", "pyarrow"]) -> Any:
        """Give a data frame, a row a layer and step.

        Columns: layer (its title), step, log_norm, log_direct, log_through and log_last (medians over samples), share,
        log_factor, log_saturation, log_weights.
        """
        return _frame.flow_frame(self, backend)

    def __str__(self) -> str:
        from limen.results._flow_terminal import flow_table

        return flow_table(self)

    def __repr__(self) -> str:
        return visible(f"<GradientFlow of {self.model}: {self.sentence}>")

    def _repr_html_(self) -> str:
        from limen.results._flow_html import flow_fragment

        return flow_fragment(self)
