"""Back-propagation through time, written out.

Werbos (1990), "Backpropagation through time: what it does and how to do it", in the symbols of the course:
ε_t = g_y'(z_t) ⊙ (ô_t Σy_t - y_t);  δ_t = g_h'(a_t) ⊙ (W_hy ε_t + W_hh δ_{t+1});
∂L/∂W_hy = Σ_t h_t ε_tᵀ,  ∂L/∂W_hh = Σ_t h_{t-1} δ_tᵀ,  ∂L/∂W_xh = Σ_t x_t δ_tᵀ,  ∂L/∂x_t = W_xh δ_t.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from limen._errors import InputError, ModelError
from limen.rnn import _checks, _loss, _products, _walk
from limen.rnn._activations import Array
from limen.rnn._passes import Tape
from limen.rnn.early_stop import EarlyStop


@dataclass(frozen=True, eq=False)
class Gradients:
    """The gradient of a loss, in nats per unit of each argument; fields named like the parameters, and of their shapes.

    b_h, b_y: None without biases. stopped: the earliest step that was reached where an early stop ended the way back,
    else None. bound: bound on the error that the stop made in W_hh, W_xh and b_h, relative to the Frobenius norm of
    each and beside rounding; 0 without a stop. certified: the bound is proved; otherwise it is estimated from the
    measured decay.
    """

    W_xh: Array
    W_hh: Array
    W_hy: Array
    b_h: Array | None
    b_y: Array | None
    stopped: int | None
    bound: float
    certified: bool
    _errors: _walk.Errors = field(repr=False)

    @cached_property
    def delta(self) -> Array:
        """δ_t = ∂L/∂a_t (batch, time, hidden); zeros before an early stop and beyond a sample's length."""
        return self._errors.every_step(self._errors.made).transpose(1, 0, 2)

    @cached_property
    def x(self) -> Array:
        """∂L/∂x_t = W_xh δ_t (batch, time, inputs), computed on demand; zeros before an early stop."""
        errors = self._errors
        turned = errors.tape.buffers.copy(errors.tape.parameters["W_xh"].T)
        found = np.empty((*errors.made.shape[:2], turned.shape[1]), turned.dtype)
        _products.rows(errors.made, turned, found)
        return errors.every_step(found).transpose(1, 0, 2)

    @cached_property
    def initial(self) -> Array:
        """∂L/∂h of the initial state (batch, hidden), computed on demand; zeros after an early stop."""
        found: Array = np.dot(self._errors.arriving, self._errors.tape.parameters["W_hh"].T)
        return found

    def contribution(self, k: int) -> Array:
        """C_k = Σ_batch h_{k-1} δ_kᵀ (hidden, hidden), the part of W_hh from step k; k = 0 meets the initial state."""
        errors = self._errors
        time = len(errors.tape.x)
        if _checks.whole("k", k, 0) >= time:
            raise InputError(f"k is {k}, expected a step from 0 to {time - 1}.")
        if k < errors.first:
            return np.zeros_like(self.W_hh)
        found: Array = np.dot(errors.tape.states[k].T, errors.made[k - errors.first])
        return found

    def contributions(self) -> Array:
        """All C_k (time, hidden, hidden), whose sum over time is W_hh; takes time · hidden² numbers of memory."""
        errors = self._errors
        before = errors.tape.states[errors.first : -1]
        return errors.every_step(np.matmul(before.transpose(0, 2, 1), errors.made))

    def parameters(self) -> dict[str, Array]:
        """The gradients of the parameters by name, as `RNN.parameters` names them; the arrays themselves."""
        found = {"W_xh": self.W_xh, "W_hh": self.W_hh, "W_hy": self.W_hy}
        if self.b_h is not None and self.b_y is not None:
            found |= {"b_h": self.b_h, "b_y": self.b_y}
        return found


def gradients(tape: Tape, target: _loss.Targets, truncate: int | None, tolerance: float | None) -> Gradients:
    """The gradient of the loss of `target` with respect to everything that went into the trace."""
    _check(target, truncate, tolerance)
    error = _loss.slope(tape, target)
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):  # overflow is told below
        heard = _heard(tape, target, error)
        delta: Array = tape.buffers.empty(tape.states[1:].shape, error.dtype)
        sums = _walk.Sums(tape, delta)
        stop = None
        if truncate is not None and truncate < len(delta):
            errors = _walk.windows(tape, delta, heard, truncate)
        else:
            if tolerance is not None and heard.steps is not None and heard.steps.any():
                stop = EarlyStop(sums, heard.steps, tolerance)
            errors = _walk.walk(tape, delta, heard, stop)
        inputs, recurrent, *hidden_bias = sums.until(errors.first)
        _finite(errors, recurrent)
        outputs = _products.outer(target.pick(tape.states[1:]), error, tape.buffers)
    return Gradients(
        W_xh=inputs,
        W_hh=recurrent,
        W_hy=outputs,
        b_h=hidden_bias[0] if hidden_bias else None,
        b_y=_products.total(error) if hidden_bias else None,
        stopped=None if stop is None else stop.stopped,
        bound=0.0 if stop is None else stop.bound,
        certified=stop is None or stop.certified,
        _errors=errors,
    )


def _check(target: _loss.Targets, truncate: int | None, tolerance: float | None) -> None:
    if truncate is not None:
        _checks.whole("truncate", truncate, 0)
    if tolerance is None:
        return
    if not isinstance(tolerance, (int, float, np.floating)) or not 0 < tolerance < 1:
        raise InputError(f"tolerance is {tolerance!r}, expected a number between 0 and 1, such as 1e-7.")
    if target.steps != "last":
        raise InputError('tolerance needs steps="last": only the gradient of a last step dies out on its way back.')
    if truncate is not None:
        raise InputError("truncate and tolerance both shorten the way back; leave one of them None.")


def _heard(tape: Tape, target: _loss.Targets, error: Array) -> _walk.Heard:
    """What each state hears of the loss; weights that are all 0 are a mask too."""
    time, batch, _ = tape.x.shape
    rows, turned = target.rows, tape.buffers.copy(tape.parameters["W_hy"].T)
    if target.distributions is not None:
        live = target.distributions.any(axis=1)
        if not live.all():
            rows, error = np.flatnonzero(live) if rows is None else rows[live], error[live]
    steps = None if rows is None else np.bincount(rows // batch, minlength=time) > 0
    return _walk.Heard(error, turned, rows, steps)


def _finite(errors: _walk.Errors, summed: Array) -> None:
    """Raise ModelError with the step at which the error began to overflow, if it did: then its sums are not finite."""
    if np.isfinite(np.vdot(summed, summed)) or np.isfinite(summed).all():  # squares overflow before the sums do
        return
    wrong = np.flatnonzero(~np.isfinite(errors.made).all(axis=(1, 2)))
    last = errors.first + wrong[-1] if len(wrong) else errors.first
    raise ModelError(
        f"The gradient overflows {summed.dtype} at step {last} on its way back: it explodes. "
        "Scale W_hh down, use truncate, or shorten x; clipping comes too late for a gradient that is not finite."
    )
