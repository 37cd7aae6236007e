"""Which doubts an explanation carries, from what is known without another model row."""

from __future__ import annotations

import numpy as np

from limen._types import FloatArray
from limen.results import Doubt
from limen.surrogates import Outcome

FAITHFUL = 0.5
"""Held-out R² below which more of the answer's variance is left out than explained."""
MISSES = 1.0
"""Standard deviations of the answers under the law by which the surrogate may miss f(x): beyond one, the mean of the
answers would do as well there."""
MISSES_IN_A_BALL = 0.5
"""The same for rows of a table, which lie in the middle of their probes: a line misses the top of a bump in d columns
by √(d/2) standard deviations, and half of one is less than any bump."""
FLAT = {"probability": 1e-4, "log-odds": 1e-3, "raw": 1e-9}
"""Standard deviation of the answers under the law below which there is nothing to explain; "raw" is relative to the
largest answer, because its unit is the model's."""
NOISE = 2e-5
"""Change of an output, relative to the larger of 1 and its size, that batching in float32 does not explain (about 1e-6
was measured on MiniLM and on the embedded model)."""
TIE = 1e-3
"""Distance of two probabilities below which they count as equal: it takes less than one dropped word to swap them."""


def doubts_of(
    outcome: Outcome,
    answers: FloatArray,
    scale: str,
    first_outputs: FloatArray,
    change: FloatArray | None,
    target_was_named: bool,
    misses: float,
) -> tuple[Doubt, ...]:
    """Collect the doubts about one target that every kind of input has.

    answers: (n) on the scale. first_outputs: (k) the model's for x. change: (k) by which they differ when asked again.
    misses: how many standard deviations the surrogate may miss f(x) by.
    """
    effects, fidelity = outcome.effects, outcome.fidelity
    shown = fidelity.linear if outcome.interactions is None else fidelity.quadratic
    largest = max(float(np.abs(answers).max()), 1e-300)
    spread = max(outcome.spread, fidelity.gap.value)  # under some laws x itself has no mass, and may yet stand apart
    flat = spread <= FLAT[scale] * (largest if scale == "raw" else 1.0)
    sampled = bool(effects.standard_errors.any())
    strictness = max(1.0, np.sqrt(2.0 * np.log(2.0 * len(effects))) / 1.96)  # the largest of d errors, not just any one
    told_apart = bool((np.abs(effects.values) > strictness * (effects.high - effects.values)).any())
    ordered = np.sort(first_outputs)
    near = TIE if scale != "raw" else 0.0  # raw outputs have a unit of their own
    tied = not target_was_named and len(ordered) > 1 and bool(ordered[-1] - ordered[-2] <= near)
    noisy = change is not None and bool((np.abs(change) > NOISE * np.maximum(1.0, np.abs(first_outputs))).any())
    unfaithful = not flat and shown is not None and shown.value < FAITHFUL
    found = {
        Doubt.NOISY_MODEL: noisy,  # what else is told is of one of many answers
        Doubt.UNFAITHFUL: unfaithful,
        Doubt.CURVED: not flat and not unfaithful and fidelity.linear is not None and fidelity.linear.value < FAITHFUL,
        Doubt.OFF_AT_INPUT: not flat and len(effects) > 1 and fidelity.gap.low > misses * outcome.spread,
        Doubt.FLAT: flat,
        Doubt.UNSTABLE: not flat and sampled and not told_apart,
        Doubt.TIED: tied,
        Doubt.SINGLE_PART: len(effects) == 1,
    }
    return tuple(doubt for doubt, present in found.items() if present)
