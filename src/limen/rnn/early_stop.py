"""An early stop on the way back through time, with a bound on what it leaves out.

For a last-step loss the contributions of earlier steps are C_k = Σ_batch h_{k-1} δ_kᵀ, where for each sample ‖δ_k‖ =
‖g'(a_k) ⊙ W_hh δ_{k+1}‖ ≤ r_k ‖δ_{k+1}‖. The states are known before the way back begins, so that with bounds r_k on
the factors ahead of step s, what is left of ∂L/∂W_hh is at most max ‖h‖ · Σ_batch ‖δ_s‖ Σ_{k<s} r_k ... r_{s-1}; of
∂L/∂W_xh and ∂L/∂b_h the same with max ‖x‖ and 1.

Proved: r_k = ‖W_hh‖₂ max g'(a_k). That product can grow though δ itself shrinks, as it does with tanh and weights
uniform in ±1/√hidden (‖W_hh‖₂ is 1.15, and some unit is always near 0). Then it is estimated: r_k = w rms g'(a_k), with
the w of each sample as measured on the last steps made, and ten times what follows from it is the bound.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from limen._types import BoolArray, FloatArray
from limen.rnn._activations import Array
from limen.rnn._walk import Sums

SAFETY = 10.0  # times the estimated rest
RECENT = 32  # steps over which the decay is measured, and over half of which
AHEAD = 32  # steps of the trace that are looked at together
SMALLEST = 1e-300  # taken in the place of 0, so that logarithms stay finite
ROUNDING = 1.0001  # covers the rounding of norms in proofs


class EarlyStop:
    """Tells the walk back where it may end.

    sums: of the tape and of δ, which is being filled from the back. heard: (T) steps that the loss hears. tolerance:
    the error of W_hh, W_xh and b_h that may be made, relative to the Frobenius norm of each.
    Afterwards stopped is the step at which the walk ended, or None, bound the relative error that is left beside that
    of rounding, and certified tells whether the bound is proved.
    """

    def __init__(self, sums: Sums, heard: BoolArray, tolerance: float) -> None:
        self.tape, self.delta, self.sums, self.tolerance = sums.tape, sums.delta, sums, tolerance
        self.stopped: int | None = None
        self.bound, self.certified = 0.0, True
        self._start = int(np.flatnonzero(heard)[0])  # before it no step is heard
        self._look = np.inf

    def __call__(self, step: int) -> bool:
        """Whether the walk, which has made δ from the last step down to `step`, may end there.

        It may on an estimate, unless the proof is near: below √tolerance, so that half as much decay again brings it.
        """
        size = _norm(self.delta[step])
        if not 0 < step < self._start or size > min(self._look, self.tolerance / SAFETY * self._first_norm):
            return False
        self._look = size / 10  # a look costs some steps, so the next one waits for progress
        share = self._share(step)
        estimated = self._left(step, SAFETY * share, self._measured(step), _root_mean_square, self.tolerance)
        if estimated > self.tolerance:
            return False
        growth = np.full(self.delta.shape[1], self._log_norm)
        proved = self._left(step, ROUNDING * share, growth, _largest, float(np.sqrt(self.tolerance)))
        if proved <= self.tolerance:
            self.stopped, self.bound = step, proved
        elif proved > np.sqrt(self.tolerance):
            self.stopped, self.bound, self.certified = step, estimated, False
        return self.stopped is not None

    def _left(
        self, step: int, share: float, rates: FloatArray, size: Callable[[Array], FloatArray], hopeless: float
    ) -> float:
        """The relative error of ending at `step`, if the log-factors ahead are rates (B) + ln size(slopes).

        The trace is looked at from `step` towards its start only until the error is below the tolerance even if all
        units before are as steep as they can be, or certainly above `hopeless`; then it is given as infinite.
        """
        lives = _norms(self.delta[step]) > 0
        sizes, rates = _norms(self.delta[step])[lives], rates[lives]
        logs, total, top = np.zeros_like(rates), np.zeros_like(rates), step
        with np.errstate(over="ignore", invalid="ignore"):  # an infinite or undefined rest is not small enough
            while True:
                rest = share * float(sizes @ (total + np.exp(logs) * _geometric(rates + self._log_steepest, top)))
                relative = rest / (1 - rest) if rest < 1 else np.inf
                if relative <= self.tolerance or top == 0:
                    return relative
                if share * float(sizes @ total) > hopeless:
                    return np.inf
                bottom = max(0, top - AHEAD)
                factors = np.log(np.maximum(size(self._slopes(bottom, top, lives)), SMALLEST))
                made = logs + np.cumsum((factors + rates)[::-1], axis=0)
                logs, total, top = made[-1], total + np.exp(made).sum(axis=0), bottom

    def _measured(self, step: int) -> FloatArray:
        """The log (B) of w: how the weights acted on δ over the last steps made, beside the slopes of the units."""
        end = min(step + RECENT, self._start)
        logs = np.log(np.maximum(_norms(self.delta[step : end + 1]), SMALLEST))
        slopes = np.log(np.maximum(_root_mean_square(self._slopes(step, end)), SMALLEST))
        rates = logs[:-1] - logs[1:] - slopes
        found: FloatArray = np.maximum(rates.mean(axis=0), rates[: RECENT // 2].mean(axis=0))
        return found

    def _share(self, step: int) -> float:
        """The largest error of a gradient, relative to its norm so far, that one unit of Σ_batch ‖δ‖ ahead can make."""
        norms = [_norm(values) for values in self.sums.until(step)]
        weights = [*self._largest_norms, 1.0][: len(norms)]
        return max(weight / norm if norm else np.inf for weight, norm in zip(weights, norms, strict=True) if weight)

    def _slopes(self, bottom: int, top: int, samples: BoolArray | None = None) -> Array:
        """The slopes g'(a) (n, B, hidden) of the steps from `bottom` until `top`, of all samples or some."""
        states = self.tape.states[bottom + 1 : top + 1]
        states = states if samples is None or samples.all() else states[:, samples]
        slopes = np.empty_like(states)
        self.tape.g_h.slope(states, slopes)
        return slopes

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
    def _largest_norms(self) -> list[float]:
        """Bounds on ‖x_k‖ and ‖h_{k-1}‖ over all steps and samples, from the largest entry."""
        x, states, known = self.tape.x, self.tape.states, self.tape.g_h.largest
        state = max(known, _largest_entry(states[0])) if known < np.inf else _largest_entry(states)
        return [_largest_entry(x) * x.shape[2] ** 0.5, state * states.shape[2] ** 0.5]


def spectral_bound(weights: Array) -> float:
    """An upper bound on ‖W‖₂, at most a few per cent above it, from five products: ‖(WᵀW)^16‖_F^(1/32) ≥ ‖W‖₂."""
    power = weights.T @ weights
    log_scale, exponent = 0.0, 1
    for _ in range(4):
        size = float(np.linalg.norm(power))
        if size == 0:
            return 0.0
        power = power / size
        power = power @ power
        exponent *= 2
        log_scale = 2 * (log_scale + np.log(size))
    return ROUNDING * float(np.exp((log_scale + np.log(np.linalg.norm(power))) / (2 * exponent)))


def _geometric(log_ratio: FloatArray, count: int) -> FloatArray:
    """The sum of r + r² + ... + r^count, for each r."""
    flat = log_ratio == 0
    steps = np.where(flat, 1.0, log_ratio)
    return np.where(flat, float(count), np.exp(steps) * np.expm1(count * steps) / np.expm1(steps))


def _largest(slopes: Array) -> FloatArray:
    """The largest slope (n, 1) of each step over the whole batch: faster than one a sample, and still a bound."""
    largest: FloatArray = slopes.reshape(len(slopes), -1).max(axis=1)[:, None]
    return largest


def _root_mean_square(slopes: Array) -> FloatArray:
    """The root mean square slope (n, B) over the units; `slopes` is overwritten."""
    np.multiply(slopes, slopes, slopes)
    means: FloatArray = np.dot(slopes, np.ones(slopes.shape[2], slopes.dtype)) / slopes.shape[2]
    return np.sqrt(means)


def _largest_entry(values: Array) -> float:
    return float(max(values.max(), -values.min()))


def _norm(values: Array) -> float:
    return float(np.linalg.norm(values.reshape(-1)))


def _norms(rows: Array) -> FloatArray:
    """The Euclidean norms over the last axis, in float64."""
    norms: FloatArray = np.sqrt(np.einsum("...i,...i->...", rows, rows)).astype(np.float64)
    return norms
