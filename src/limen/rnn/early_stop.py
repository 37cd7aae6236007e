"""An early stop on the way back through time, with a bound on what it leaves out.

For a last-step loss the contributions of earlier steps are C_k = Σ_batch h_{k-1} δ_kᵀ, where for each sample ‖δ_k‖ =
‖g'(a_k) ⊙ W_hh δ_{k+1}‖ ≤ r_k ‖δ_{k+1}‖. The states are known before the way back begins, so that with bounds r_k on
the factors ahead of step s, what is left of ∂L/∂W_hh is at most max ‖h‖ · Σ_batch ‖δ_s‖ Σ_{k<s} r_k ... r_{s-1}; of
∂L/∂W_xh and ∂L/∂b_h the same with max ‖x‖ and 1.

Proved: r_k = ‖W_hh‖₂ max g'(a_k). That product can grow though δ itself shrinks, as it does with tanh and weights
uniform in ±1/√hidden (‖W_hh‖₂ is 1.15, and some unit is always near 0). Then it is estimated: r_k = w rms g'(a_k), with
the w of each sample as measured on the last steps made, and ten times what follows from it is the bound.

The inputs are looked at with the slopes, as far as the slopes are; before that their norm stands for them. All
this costs as much as some steps back, so it is left where the way back ends sooner by itself, because all underflows.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property

import numpy as np

from limen._types import BoolArray, FloatArray
from limen.rnn._activations import Array
from limen.rnn._ahead import SMALLEST, Ahead, largest_entry
from limen.rnn._walk import Sums

SAFETY = 10.0  # times the estimated rest
RECENT = 32  # steps over which the decay is measured, and over half of which
ROUNDING = 1.0001  # covers the rounding of norms in proofs
SMALL_NET = 128  # hidden units; from there on a bound on ‖W_hh‖₂ costs more than a few steps
POWER = 6  # steps of the power iteration
STEP, PRODUCT = 1.2, 6e-5  # µs that a step back costs, and for each sample and weight; roughly, on one core
LOOK, READ = 150.0, 0.5  # µs that a look ahead costs, and for each sample and unit


class EarlyStop:
    """Tells the walk back where it may end.

    sums: of the tape and of δ, which is being filled from the back. heard: (T) steps that the loss hears. tolerance:
    the error of W_hh, W_xh and b_h that may be made, relative to the Frobenius norm of each.
    Afterwards stopped is the step at which the walk ended, or None, bound the relative error that is left beside that
    of rounding, and certified tells whether the bound is proved. Overflow is to be ignored around calls: an infinite or
    undefined rest is not small enough.
    """

    def __init__(self, sums: Sums, heard: BoolArray, tolerance: float) -> None:
        self.tape, self.delta, self.sums, self.tolerance = sums.tape, sums.delta, sums, tolerance
        self.stopped: int | None = None
        self.bound, self.certified = 0.0, True
        self._start = int(np.flatnonzero(heard)[0])  # before it no step is heard
        self._look = np.inf
        self._norms: list[float] = []

    def __call__(self, step: int) -> bool:
        """Whether the walk, which has made δ from the last step down to `step`, may end there.

        It may on an estimate, unless the proof is near: below √tolerance, so that half as much decay again brings it.
        A proof is not tried where the product of norms grows.
        """
        if not self._look or not 0 < step < self._start:
            return False
        size = _norm(self.delta[step])
        if not self._pays(step, size):
            self._look = 0  # nor will it later
        if size > min(self._look, self.tolerance / SAFETY * self._first_norm):
            return False
        self._look = size / 10  # a look costs some steps, so the next one waits for progress
        self._norms = [_norm(values) for values in self.sums.until(step)]
        steepest = self._log_steepest
        shrinks = self.tape.g_h.steepest < 1 or self._log_norm_at_least + steepest < 0
        estimated, proved = np.inf, self._proof(step) if shrinks else np.inf
        if not proved <= self.tolerance:
            estimated = self._left(step, SAFETY, self._measured(step), self._ahead.log_mean, self.tolerance)
            if not estimated <= self.tolerance:
                return False
            proved = proved if shrinks or self._grows(step) else self._proof(step)
        if proved <= self.tolerance:
            self.stopped, self.bound = step, proved
        elif not proved <= np.sqrt(self.tolerance):
            self.stopped, self.bound, self.certified = step, estimated, False
        return self.stopped is not None

    def _pays(self, step: int, size: float) -> bool:
        """Whether a look ahead costs less than the steps that are left until δ, shrinking as before, underflows.

        Counted from where ‖δ‖ is small enough for a look, if it is not so yet.
        """
        batch, hidden = self.delta.shape[1:]
        first, limits = self._first_norm, np.finfo(self.delta.dtype)
        if not 0 < size < first:
            return size > 0
        decay = math.log(first / size) / (self._start - step)
        small = min(size, self.tolerance / SAFETY * first)
        left = min(step, math.log(max(small * float(limits.eps / limits.tiny), 1)) / decay)
        return bool(left * (STEP + PRODUCT * batch * hidden**2) > LOOK + READ * batch * hidden)

    def _proof(self, step: int) -> float:
        """The relative error of ending at `step` that can be proved; infinite if far too large."""
        growth = np.full(self.delta.shape[1], self._log_norm)
        return self._left(step, ROUNDING, growth, self._ahead.log_largest, float(np.sqrt(self.tolerance)))

    def _grows(self, step: int) -> bool:
        """Whether the product of norms, from which a proof is made, grows over the next steps: then none is near."""
        slopes = self._ahead.log_largest(max(0, step - RECENT), step)
        return self._log_norm_at_least + float(slopes.mean()) >= 0

    def _left(
        self, step: int, safety: float, rates: FloatArray, slopes: Callable[[int, int], FloatArray], hopeless: float
    ) -> float:
        """`safety` times the relative error of ending at `step`, if the log-factors ahead are rates (B) + log slopes.

        The trace is looked at from `step` towards its start only until the error is below the tolerance even if all
        units before are as steep as they can be, or certainly above `hopeless`; then it is given as infinite.
        """
        sizes = _norms(self.delta[step])
        logs, total, top = np.zeros_like(rates), np.zeros_like(rates), step
        while True:
            before = self._share(self._ahead.any_input()) * np.exp(logs) * _geometric(rates + self._log_steepest, top)
            rest = safety * float(sizes @ (total + before if top else total))
            relative = rest / (1 - rest) if rest < 1 else np.inf
            if relative <= self.tolerance or top == 0:
                return relative
            if safety * float(sizes @ total) > hopeless:
                return np.inf
            bottom = max(0, top - self._ahead.pace)
            made = logs + np.cumsum((slopes(bottom, top) + rates)[::-1], axis=0)
            share = self._share(self._ahead.largest_input(bottom, top))
            logs, total, top = made[-1], total + share * np.exp(made).sum(axis=0), bottom

    def _measured(self, step: int) -> FloatArray:
        """The log (B) of w: how the weights acted on δ over the last steps made, beside the slopes of the units."""
        end = min(step + RECENT, self._start)
        logs = np.log(np.maximum(_norms(self.delta[step : end + 1]), SMALLEST))
        rates = logs[:-1] - logs[1:] - self._ahead.log_mean(step, end)
        found: FloatArray = np.maximum(rates.mean(axis=0), rates[: RECENT // 2].mean(axis=0))
        return found

    def _share(self, largest_input: float) -> float:
        """The largest error of a gradient, relative to its norm so far, that one unit of Σ_batch ‖δ‖ ahead can make."""
        weights = [largest_input, self._largest_state, 1.0]
        return max(weight / norm if norm else np.inf for weight, norm in zip(weights, self._norms) if weight)  # noqa: B905

    @cached_property
    def _ahead(self) -> Ahead:
        return Ahead(self.tape, self._start)

    @cached_property
    def _first_norm(self) -> float:
        return _norm(self.delta[self._start])

    @cached_property
    def _log_steepest(self) -> float:
        return float(np.log(self.tape.g_h.steepest))

    @cached_property
    def _log_norm(self) -> float:
        return float(np.log(max(spectral_bound(self.tape.parameters["W_hh"]), SMALLEST)))

    @cached_property
    def _log_norm_at_least(self) -> float:
        weights = self.tape.parameters["W_hh"]
        if len(weights) <= SMALL_NET:  # ‖A‖_F ≤ √n ‖A‖₂ in the bound from above
            return self._log_norm - float(np.log(len(weights))) / 64 - 1e-3
        return float(np.log(max(spectral_estimate(weights), SMALLEST)))

    @cached_property
    def _largest_state(self) -> float:
        """A bound on ‖h_k‖ over all steps and samples."""
        states, known = self.tape.states, self.tape.g_h.largest
        entry = max(known, largest_entry(states[0])) if known < np.inf else largest_entry(states)
        return entry * math.sqrt(states.shape[2])


def spectral_bound(weights: Array) -> float:
    """An upper bound on ‖W‖₂, at most a few per cent above it, from five products: ‖(WᵀW)^16‖_F^(1/32) ≥ ‖W‖₂."""
    power = weights.T @ weights
    log_scale, exponent = 0.0, 1
    for _ in range(4):
        size = _norm(power)
        if size == 0:
            return 0.0
        power = power / size
        power = power @ power
        exponent *= 2
        log_scale = 2 * (log_scale + np.log(size))
    return ROUNDING * float(np.exp((log_scale + np.log(_norm(power))) / (2 * exponent)))


def spectral_estimate(weights: Array) -> float:
    """A value that is at most ‖W‖₂ beside rounding, and close to it: by power iteration, from products with vectors."""
    vector: Array = np.ones(weights.shape[1], weights.dtype)
    size = 0.0
    for _ in range(POWER):
        before = weights @ vector
        vector, length = weights.T @ before, _norm(before)
        size = _norm(vector) / length if length else 0.0
        vector = vector / (_norm(vector) or 1.0)
    return size


def _geometric(log_ratio: FloatArray, count: int) -> FloatArray:
    """The sum of r + r² + ... + r^count, for each r."""
    flat = log_ratio == 0
    steps = np.where(flat, 1.0, log_ratio)
    return np.where(flat, float(count), np.exp(steps) * np.expm1(count * steps) / np.expm1(steps))


def _norm(values: Array) -> float:
    return math.sqrt(np.vdot(values, values))


def _norms(rows: Array) -> FloatArray:
    """The Euclidean norms over the last axis, in float64."""
    norms: FloatArray = np.sqrt(np.einsum("...i,...i->...", rows, rows)).astype(np.float64)
    return norms
