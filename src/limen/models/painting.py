"""A canvas as a model sees it: composed at the model's size, as if each perturbed image had been preprocessed.

A pixel of the model's input that belongs to one part is chosen, between the preprocessed image and the preprocessed
fill. Where resampling mixes parts, what each kept part adds is summed. One perturbed image tells at the start whether
this agrees with preprocessing it; where it does not, each image is composed and preprocessed (the slow way).

Axes: n probes, d parts; c channels, h rows and w columns of the model's input; M mixed pixels of at most S parts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from limen._canvas import Canvas
from limen._types import BoolArray
from limen.models.image_geometry import geometry_of
from limen.models.image_mixing import Mixing, mixing_of
from limen.models.preparing import Planes, Prepare

LEVELS = 4
"""Grey levels, of 255, by which both ways may differ: rounding in every picture that was sent, and clipping."""
MOST_WRONG = 0.002
"""Share of numbers that may differ by more, such as where a sharp edge overshoots and is clipped."""


@dataclass(frozen=True, eq=False)
class View:
    """What the model gets where a part is kept, and where it is hidden.

    image, fill: (c, h, w), preprocessed. mixing: whose each pixel is, and what is added where parts mix. n_parts: d.
    """

    image: Planes
    fill: Planes
    mixing: Mixing
    n_parts: int

    @cached_property
    def seen(self) -> BoolArray:
        """Which of the d parts reach the model's input; one that is cropped away cannot have an effect."""
        found = np.zeros(self.n_parts, dtype=np.bool_)
        found[np.unique(self.mixing.labels)] = True
        found[np.unique(self.mixing.parts)] = True
        return found

    def compose(self, masks: BoolArray) -> Planes:
        """The model's inputs (n, c, h, w) for masks (n, d), True = kept."""
        found = np.where(masks[:, self.mixing.labels][:, None], self.image, self.fill)
        mixed = self.mixing.mixed
        if len(mixed):
            kept = masks.astype(np.float32)
            added = np.zeros((len(masks), len(self.fill), len(mixed)), dtype=np.float32)
            every = np.ones((len(masks), 1, len(mixed)), dtype=np.float32)
            for parts, steps in zip(self.mixing.parts, self.mixing.steps, strict=True):
                shown = kept.take(parts, axis=1)[:, None]
                added += shown * steps
                every *= shown
            added += every * self.mixing.rest
            flat = found.reshape(len(masks), len(self.fill), -1)
            flat[:, :, mixed] = self.fill.reshape(len(self.fill), -1)[:, mixed] + added
        return found


@dataclass(frozen=True, eq=False)
class WholeCompose:
    """The slow way, for a preprocessing that cannot be moved in front: composes each image, then preprocesses it."""

    canvas: Canvas
    prepare: Prepare
    finish: Callable[[Planes], Any]

    @property
    def seen(self) -> BoolArray:
        """Every part may have an effect."""
        return np.ones(self.canvas.n_parts, dtype=np.bool_)

    def __call__(self, masks: BoolArray) -> Any:
        """The model's batch for masks (n, d); one image at a time, so that large ones do not fill the memory."""
        return self.finish(np.stack([self.prepare(self.canvas.compose(mask[None])[0]) for mask in masks]))


def view_of(canvas: Canvas, prepare: Prepare) -> View | None:
    """The canvas as the model sees it; None where composing cannot be done at the model's size.

    That is so where preprocessing depends on the whole image (its own mean and contrast), on chance, or bends it.
    """
    geometry = geometry_of(canvas.labels.shape, prepare)
    image, fill = prepare(canvas.image), prepare(canvas.fill)
    if geometry is None or not image.shape == fill.shape == geometry.span.shape:
        return None
    view = View(image, fill, mixing_of(canvas, prepare, geometry, image, fill), canvas.n_parts)
    mask = np.arange(canvas.n_parts)[None] % 2 == 0
    wrong = np.abs(view.compose(mask)[0] - prepare(canvas.compose(mask)[0])) > LEVELS / 255 * np.abs(geometry.span)
    return view if wrong[:, geometry.inside].mean() <= MOST_WRONG else None
