"""What the model answers where nothing is left of an input, and what is told where nothing matters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from limen.results.estimates import Probes
from limen.results.status import Doubt

if TYPE_CHECKING:
    from limen.results.explanation import Explanation

ROUNDING = 5e-7
"""Effects up to this share of the answer are rounding of a model in float32."""


def hidden_answer(explanation: Explanation) -> float | None:
    """The model's own answer with every part hidden, where it was asked: among the probes, or for the curves."""
    probes, curves = explanation.probes, explanation.curves
    if isinstance(probes, Probes):
        empty = np.flatnonzero(~probes.masks.any(axis=1))
        if len(empty):
            return float(probes.answers[empty[0]])
    return None if curves is None else float(curves.deletion[-1])


def flat_told(explanation: Explanation) -> str:
    """Where the answer does not change: that it does not, in place of a table of zeros; "" elsewhere."""
    effects = np.abs(explanation.effects.values)
    nothing = ROUNDING * max(1.0, abs(explanation.prediction))
    if Doubt.FLAT not in explanation.doubts or (effects > nothing).any():
        return ""
    stays = f"{explanation.prediction:.4g}".replace("-", "−")
    return f"Whatever is hidden of the {len(effects)} parts, the answer stays at {stays}: every effect is 0."
