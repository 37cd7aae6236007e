"""Which doubts an explanation carries, from what is known without another model row."""

from __future__ import annotations

import numpy as np

from limen._types import FloatArray
from limen.results import Doubt, Estimate, Estimates

FAITHFUL = 0.5
"""Held-out R² below which more of the answer's variance is left out than explained."""
FLAT = {"probability": 1e-4, "log-odds": 1e-3, "raw": 1e-6}
"""Standard deviation of the answers under the law below which there is nothing to explain; "raw" is relative to the
largest answer, because its unit is the model's."""
NOISE = 2e-5
"""Change of an output, relative to the larger of 1 and its size, that batching in float32 does not explain (about 1e-6
was measured on MiniLM and on the embedded model)."""
TIE = 1e-3
"""Distance of two probabilities below which they count as equal: it takes less than one dropped word to swap them."""


def doubts_of(
    *,
    shown: Estimate | None,
    effects: Estimates,
    spread: float,
    largest: float,
    scale: str,
    repeat_change: FloatArray | None,
    first_outputs: FloatArray,
    target_was_named: bool,
    cut_off: bool,
) -> tuple[Doubt, ...]:
    """Collect the doubts.

    shown: R² of the surrogate that is shown. spread: standard deviation of the answers under the law. largest: largest
    size of an answer. repeat_change: (k) change of the outputs when x was asked again. first_outputs: (k) for x.
    """
    flat = spread <= FLAT[scale] * (max(largest, 1e-300) if scale == "raw" else 1.0)
    sampled = bool(effects.standard_errors.any())
    strictness = max(1.0, np.sqrt(2.0 * np.log(2.0 * len(effects))) / 1.96)  # the largest of d errors, not just any one
    told_apart = bool((np.abs(effects.values) > strictness * (effects.high - effects.values)).any())
    ordered = np.sort(first_outputs)
    tied = not target_was_named and len(ordered) > 1 and bool(ordered[-1] - ordered[-2] < TIE)
    noisy = repeat_change is not None and bool(
        (np.abs(repeat_change) > NOISE * np.maximum(1.0, np.abs(first_outputs))).any()
    )
    found = {
        Doubt.UNFAITHFUL: not flat and (shown is None or shown.value < FAITHFUL),
        Doubt.FLAT: flat,
        Doubt.UNSTABLE: not flat and sampled and not told_apart,
        Doubt.NOISY_MODEL: noisy,
        Doubt.TIED: tied,
        Doubt.SINGLE_PART: len(effects) == 1,
        Doubt.SATURATED: cut_off,
    }
    return tuple(doubt for doubt, present in found.items() if present)
