"""One sample's forward pass in float64, on a copy of the net: what the derivation measures and moves."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from limen._errors import ModelError
from limen._types import FloatArray
from limen.rnn import _loss
from limen.rnn._activations import Array, activation
from limen.rnn.net import RNN, Trace


@dataclass(frozen=True)
class Pass:
    """One sample's forward pass in float64, without the batch axis; T steps.

    twin: the net in float64, with arrays of its own. x: (1, T, inputs). label: (outputs) y_T. loss: E_T.
    states: (T + 1, hidden) h_0 .. h_T. slopes: (T, hidden) g_h'(a_t). log_probabilities: (outputs) ln ô_T.
    probabilities: (outputs) ô_T. output_slopes: (outputs) g_y'(z_T). recurrent, readout: W_hh and W_hy.
    """

    twin: RNN
    x: FloatArray
    label: FloatArray
    loss: float
    states: FloatArray
    slopes: FloatArray
    log_probabilities: FloatArray
    probabilities: FloatArray
    output_slopes: FloatArray
    recurrent: FloatArray
    readout: FloatArray

    @property
    def before(self) -> FloatArray:
        """(T, hidden) h_0 .. h_{T-1}."""
        return self.states[:-1]

    @property
    def error(self) -> FloatArray:
        """(outputs) ∂E_T/∂ŷ_T = ô_T Σy_T - y_T."""
        found: FloatArray = self.probabilities * self.label.sum() - self.label
        return found

    @property
    def epsilon(self) -> FloatArray:
        """(outputs) ε_T = ∂E_T/∂z_T."""
        return self.output_slopes * self.error

    def loss_along(self, direction: FloatArray) -> Callable[[float], float]:
        """The loss as a function of how far W_hh is moved in a direction; nan where a state overflows."""

        def loss(distance: float) -> float:
            self.twin.W_hh[:] = self.recurrent + distance * direction
            try:
                run = self.twin.forward(self.x, initial=self.states[0])
                return self.twin.loss(run, self.label[None], steps="last")
            except ModelError:
                return math.nan
            finally:
                self.twin.W_hh[:] = self.recurrent

        return loss


def one_pass(net: RNN, trace: Trace, y: ArrayLike, sample: int) -> Pass:
    """Run a copy of the net on one sample of a trace that the net made, so that all was checked already.

    Raises InputError where the labels do not fit, ModelError where the scores overflow.
    """
    label = _label(trace, y, sample, net.outputs)
    twin = _twin(net)
    x = trace.x[sample : sample + 1, : trace.lengths[sample]].astype(np.float64)
    run = twin.forward(x, initial=trace.initial[sample])
    scores = run.y_hat[0, -1]
    if not np.isfinite(scores).all():
        raise ModelError("The scores ŷ_T of the net overflow; scale W_hy or W_hh down.")
    shifted = scores - scores.max()
    return Pass(
        twin=twin,
        x=x,
        label=label,
        loss=twin.loss(run, label[None], steps="last"),
        states=np.concatenate([run.initial, run.h[0]]).astype(np.float64),
        slopes=_slopes(net.hidden_activation, run.h[0]),
        log_probabilities=(shifted - np.log(np.exp(shifted).sum())).astype(np.float64),
        probabilities=run.o_hat[0, -1].astype(np.float64),
        output_slopes=_slopes(net.output_activation, scores),
        recurrent=twin.W_hh.astype(np.float64),
        readout=twin.W_hy.astype(np.float64),
    )


def _twin(net: RNN) -> RNN:
    twin = RNN(
        net.inputs,
        net.hidden,
        net.outputs,
        hidden_activation=net.hidden_activation,
        output_activation=net.output_activation,
        bias=net.bias,
    )
    for name, values in twin.parameters().items():
        values[:] = net.parameters()[name]
    return twin


def _label(trace: Trace, y: ArrayLike, sample: int, outputs: int) -> FloatArray:
    """y_T (outputs) of the sample, whichever way the labels came."""
    targets = _loss.targets(trace.tape, y, "last", None)
    assert targets.rows is not None
    place = int(np.flatnonzero(targets.rows % len(trace.lengths) == sample)[0])
    if targets.indices is not None:
        label = np.zeros(outputs)
        label[targets.indices[place]] = 1
        return label
    assert targets.distributions is not None
    return np.array(targets.distributions[place], np.float64)


def _slopes(name: str, values: Array) -> FloatArray:
    """g'(a), computed from g(a)."""
    slopes = np.empty(values.shape)
    activation("activation", name).slope(values, slopes)
    return slopes
