"""A small task, made from a seed, that shows what a net can learn over time."""

from __future__ import annotations

import numpy as np

from limen._types import IntArray
from limen.rnn._checks import whole

CUES = 4
"""Different cues to remember; guessing is right once in so many times."""
NOISE = 4
"""Different symbols that mean nothing."""


def remember(count: int, delay: int, seed: int = 0) -> tuple[IntArray, IntArray]:
    """Sequences that begin with a cue, and the cue, which is to be named after `delay` steps of noise.

    x: (count, delay + 1) symbols, first one of 0..3, then any of 4..7; y: (count) the cues 0..3. A net for it has 8
    inputs and 4 outputs, and is trained with steps="last". After the latch problem of Bengio, Simard, Frasconi (1994,
    section II).
    """
    whole("count", count, 1)
    whole("delay", delay, 1)
    whole("seed", seed, 0)
    generator = np.random.default_rng(seed)
    cues = generator.integers(CUES, size=count)
    noise = generator.integers(CUES, CUES + NOISE, size=(count, delay))
    return np.concatenate([cues[:, None], noise], axis=1), cues
