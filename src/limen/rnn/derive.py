"""The chain rule for ∂E_T/∂W_hh of the course's net, every factor measured for one net and one sample.

Not expanded (with Werbos's ordered derivatives ∂⁺, 1990):
∂E_T/∂W_hh = (∂E_T/∂ô_T)(∂ô_T/∂ŷ_T)(∂ŷ_T/∂z_T)(∂z_T/∂h_T)(∂h_T/∂W_hh), ∂h_T/∂W_hh = ∂⁺h_T/∂W_hh + J_T ∂h_{T-1}/∂W_hh.
Expanded: Σ_k C_k, C_k = h_{k-1} δ_kᵀ, where δ_k carries J_T ... J_{k+1}, J_j = ∂h_j/∂h_{j-1} = diag(g_h'(a_j)) W_hhᵀ
(Bengio, Simard & Frasconi, 1994; Pascanu, Mikolov & Bengio, 2013, equations 3-5).
"""

from __future__ import annotations

import math
import platform

import numpy as np
from numpy.typing import ArrayLike

from limen._errors import InputError, ModelError
from limen._types import FloatArray
from limen._version import __version__
from limen.results.derivation import Architecture, Check, Derivation, Factor, Lags
from limen.rnn import _checks
from limen.rnn import _derive_check as numeric
from limen.rnn import _derive_products as products
from limen.rnn._derive_pass import Pass, one_pass
from limen.rnn.net import RNN

MOST_LOG = 700.0
"""About the largest number whose exponential is a float64."""


def derive(
    net: RNN,
    x: ArrayLike,
    y: ArrayLike,
    *,
    sample: int = 0,
    lengths: ArrayLike | None = None,
    initial: ArrayLike | None = None,
) -> Derivation:
    """Write out ∂E_T/∂W_hh of the last step's loss for one sample, measure every factor, and check the result.

    x, lengths, initial: as for `net.forward`. y: as for `net.loss(..., steps="last")`. sample: its place in the batch.
    All is computed in float64, norms as logarithms, so that no length makes them overflow or vanish; the gradient is
    compared with central differences of `net.loss` and with `net.bptt`. The net is left as it is. Takes O(T hidden³).
    Raises InputError for what `forward` and `loss` refuse, and for a sample that is not in the batch; ModelError where
    a state overflows.
    """
    if not isinstance(net, RNN):
        raise InputError(f"net is a {type(net).__name__}, expected a limen.rnn.RNN; see limen.gradient_flow for torch.")
    trace = net.forward(x, lengths=lengths, initial=initial)
    sample = _place(sample, len(trace.lengths))
    one = one_pass(net, trace, y, sample)
    way = products.path(one.slopes, one.recurrent, one.readout @ one.epsilon)
    added = products.contributions(one.before, way)
    return Derivation(
        architecture=_architecture(net),
        sample=sample,
        loss=one.loss,
        label=one.label,
        probabilities=one.probabilities,
        log_gradient=added.log_size,
        factors=_factors(one),
        parts=_parts(one, way, added),
        lags=_lags(one, way, added),
        check=_check(net, one, added),
        limen_version=__version__,
        python_version=platform.python_version(),
    )


def _place(sample: int, batch: int) -> int:
    found = _checks.whole("sample", sample, 0)
    if found >= batch:
        raise InputError(f"sample is {found}, expected less than {batch}, the number of samples in x.")
    return found


def _architecture(net: RNN) -> Architecture:
    activations = net.hidden_activation, net.output_activation
    return Architecture(net.inputs, net.hidden, net.outputs, *activations, net.bias, net.dtype.name)


def _vector(name: str, values: FloatArray, *, row: bool = False) -> Factor:
    return Factor(name, (1, len(values)) if row else (len(values),), "Euclidean", products.log_norm(values))


def _matrix(name: str, values: FloatArray) -> Factor:
    return Factor(name, values.shape, "spectral", products.log_spectral(values))


def _diagonal(name: str, values: FloatArray) -> Factor:
    return Factor(name, (len(values),) * 2, "spectral", products.ln(float(np.abs(values).max())))


def _factors(one: Pass) -> tuple[Factor, ...]:
    """The chain rule not expanded, in the order of `FACTORS`."""
    hidden, outputs = one.readout.shape
    cube, slopes, before, weights = (hidden,) * 3, one.slopes, one.before, one.recurrent
    known = one.label > 0
    logs = np.log(one.label[known]) - one.log_probabilities[known]  # of y_T / ô_T, whose entries may overflow
    by_probabilities = float(np.logaddexp.reduce(2 * logs)) / 2 if known.any() else -math.inf
    direct = products.log_norm(slopes[-1]) + products.log_norm(before[-1])
    return (
        Factor("∂E_T/∂ô_T", (1, outputs), "Euclidean", by_probabilities),
        Factor("∂ô_T/∂ŷ_T", (outputs, outputs), "spectral", products.ln(products.softmax_norm(one.probabilities))),
        _diagonal("∂ŷ_T/∂z_T", one.output_slopes),
        _matrix("∂z_T/∂h_T", one.readout.T),
        Factor("∂h_T/∂W_hh", cube, "Frobenius", products.log_sensitivity(slopes, before, weights)),
        Factor("∂⁺h_T/∂W_hh", cube, "Frobenius", direct),
        _matrix("∂h_T/∂h_{T-1}", slopes[-1][:, None] * weights.T),
        Factor("∂h_{T-1}/∂W_hh", cube, "Frobenius", products.log_sensitivity(slopes[:-1], before[:-1], weights)),
    )


def _parts(one: Pass, way: products.Path, added: products.Sum) -> tuple[Factor, ...]:
    """What stands in the expanded form, in the order of `PARTS`."""
    weights = one.recurrent
    return (
        _vector("∂E_T/∂ŷ_T", one.error, row=True),
        _vector("ε_T", one.epsilon),
        _vector("∂E_T/∂h_T", one.readout @ one.epsilon, row=True),
        _diagonal("diag(g_h'(a_T))", one.slopes[-1]),
        _matrix("W_hhᵀ", weights.T),
        Factor("δ_T", weights.shape[:1], "Euclidean", float(way.log_deltas[-1])),
        Factor("∂E_T/∂W_hh", weights.shape, "Frobenius", added.log_size),
    )


def _lags(one: Pass, way: products.Path, added: products.Sum) -> Lags:
    """Turn arrays over steps into arrays over lags."""
    states = np.array([products.log_norm(state) for state in one.before])
    return Lags(
        log_products=products.log_products(one.slopes, one.recurrent),
        log_gradients=way.log_gradients[::-1],
        log_deltas=way.log_deltas[::-1],
        log_states=states[::-1],
        log_contributions=added.log_terms[::-1],
        shares=added.shares[::-1],
        log_saturation=way.log_saturation[::-1],
        log_weights=way.log_weights[::-1],
    )


def _check(net: RNN, one: Pass, added: products.Sum) -> Check:
    """Compare the sum with differences of the loss, and with what `net.bptt` gives."""
    with np.errstate(over="ignore", invalid="ignore"):
        gradient = added.scaled * np.exp(added.log_scale)
    along, kind = numeric.directions(net.hidden, len(one.slopes))
    steepness = float(np.exp(min(added.log_size, MOST_LOG)))
    found = [numeric.slope(one.loss_along(direction), steepness) for direction in along]
    values, errors = (np.array(column) for column in zip(*found, strict=True))
    expected = np.tensordot(along, gradient, 2)
    return Check(
        numeric=numeric.relative(values, expected),
        numeric_error=numeric.relative(values + errors, values) if values.any() else math.nan,
        along=kind,
        count=len(along),
        bptt=numeric.relative(gradient, _by_hand(net, one)),
    )


def _by_hand(net: RNN, one: Pass) -> FloatArray:
    """∂E_T/∂W_hh as `net.bptt` has it, in the dtype of the net; nan where it overflows."""
    try:
        trace = net.forward(one.x, initial=one.states[0])
        return net.bptt(trace, one.label[None], steps="last").W_hh.astype(np.float64)
    except ModelError:
        return np.full(one.recurrent.shape, np.nan)
