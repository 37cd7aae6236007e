"""Explanations of small pictures made by hand, without a model; and a model that looks at one corner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from limen.results import Curves, Estimates, Explanation, ImageInstance, Law, Probes
from limen.results._image_parts import part_names
from tests.records import make_explanation

EFFECTS = (0.5, -0.2, 0.01, 0.1)
HEIGHT, WIDTH = 40, 60


def quarters(height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """A label map (height, width) of four equal parts, in reading order."""
    rows, columns = np.indices((height, width))
    return (2 * (rows >= height // 2) + (columns >= width // 2)).astype(np.uint16)


def make_image(
    effects: Sequence[float] = EFFECTS,
    *,
    standard_errors: float = 0.02,
    maps: Sequence[np.ndarray] | None = None,
    others: Sequence[Sequence[float]] = (),
    pairs: Mapping[tuple[int, int], tuple[float, float]] | None = None,
    curves: bool = False,
    **options: object,
) -> Explanation:
    """An explanation of a picture of four quarters; `maps` and the effects in `others` are of more segmentations."""
    text = " ".join("abcdefgh"[: len(effects)])
    made = make_explanation(
        text, effects, standard_errors=standard_errors, pairs=pairs, **{"target_name": "beagle"} | options
    )
    labels = np.stack(maps or [quarters()]).astype(np.uint16)
    generator = np.random.default_rng(3)
    image = generator.integers(0, 256, (*labels.shape[1:], 3), dtype=np.uint8)
    names = part_names(labels[0])
    d = len(names)
    instance = ImageInstance(
        image, labels, np.zeros((0, 1, 1, 3), np.uint8), names, "each part's mean colour", "superpixels", "by hand",
        labels.shape[1:],
    )  # fmt: skip
    masks = np.vstack([np.ones(d, bool), generator.random((7, d)) < 0.5])
    weights = np.full(8, 1 / 8)
    probes = Probes(np.packbits(masks, axis=1), d, 0.2 + masks @ made.effects.values, weights, np.zeros(8, np.int64))
    every = (made.effects, *(_estimates(one, standard_errors) for one in others))
    found = Curves(
        np.argsort(-made.effects.values), np.arange(d + 1), np.linspace(0, 1, d + 1), np.linspace(0.8, 0, d + 1),
        np.linspace(0, 0.8, d + 1),
    )  # fmt: skip
    law = Law("lime", "width=0.25", np.full(d + 1, 1 / (d + 1)), 8.0)
    return replace(
        made, instance=instance, probes=probes, law=law, segment_effects=every, curves=found if curves else None
    )


def _estimates(values: Sequence[float], error: float) -> Estimates:
    numbers = np.asarray(values, dtype=np.float64)
    errors = np.full(len(numbers), error)
    return Estimates(numbers, errors, numbers - 1.96 * errors, numbers + 1.96 * errors)


def shifted() -> np.ndarray:
    """Another map of four parts of the same picture, whose borders lie elsewhere."""
    return np.roll(quarters(), (6, 9), axis=(0, 1))
