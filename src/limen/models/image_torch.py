"""Modules of torch as engines of image classifiers: perturbed images are composed on their device, without a graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from limen._types import BoolArray, FloatArray, IntArray
from limen.models.painting import View
from limen.models.preparing import Planes
from limen.models.torch import evaluating

ROWS_CPU = 8
"""Images in a batch on a CPU. ResNet-50 at 224 × 224, images a second of one core (AVX-512) with batches of 2, 4, 8, 16
and 32: 13.3, 14.0, 15.2, 13.0, 11.4."""
ROWS_DEVICE = 256
"""Images in a batch on an accelerator; the Predictor halves them when its memory runs out."""


@dataclass(frozen=True, eq=False)
class TorchEngine:
    """A module that takes (n, c, h, w) and gives (n, k), or an object with `logits`.

    Batches go in on the device and in the precision of the module's first parameter, channels last. So a module that
    its owner has put on a GPU, or in bfloat16, is asked there and so. Its mode comes back as it was.
    """

    module: Any

    @property
    def rows(self) -> int:
        """A good number of images in a batch."""
        return ROWS_CPU if self._like().device.type == "cpu" else ROWS_DEVICE

    def batch(self, planes: Planes) -> Any:
        """Preprocessed images (n, c, h, w) as the module takes them."""
        import torch

        like = self._like()
        moved = torch.from_numpy(planes).to(like.device, like.dtype)
        return moved.contiguous(memory_format=torch.channels_last)

    def painted(self, view: View) -> TorchCompose:
        """How masks become batches; the view goes to the device here, once."""
        import torch

        like = self._like()

        def last(planes: Planes) -> Any:
            """Channels go last: an axis that is moved, on the device."""
            return torch.from_numpy(planes).to(like.device, like.dtype).movedim(-2, -1).contiguous()

        def numbers(array: IntArray) -> Any:
            return torch.from_numpy(array).to(like.device)

        mixing, channels = view.mixing, len(view.fill)
        image, fill = (last(planes.reshape(channels, -1)) for planes in (view.image, view.fill))
        return TorchCompose(
            image,
            fill,
            numbers(mixing.labels.ravel()),
            numbers(mixing.mixed),
            numbers(mixing.parts),
            last(mixing.steps),
            last(mixing.rest),
            mixing.labels.shape,
            view.seen,
        )

    def outputs(self, batch: Any) -> FloatArray:
        """The module's outputs (n, k) for a batch."""
        import torch

        with evaluating(self.module), torch.inference_mode():
            found = self.module(batch)
            found = getattr(found, "logits", found)
            return np.asarray(found.float().cpu().numpy(), dtype=np.float64)

    def _like(self) -> Any:
        """A tensor on the module's device and in its precision."""
        import torch

        weights = (*self.module.parameters(), *self.module.buffers())
        return next((weight for weight in weights if weight.is_floating_point()), torch.zeros(0))


@dataclass(frozen=True, eq=False)
class TorchCompose:
    """Masks to batches on a device, by one gather and one choice for all rows.

    image, fill: (h w, c). labels: (h w). mixed: (M) pixels where parts mix. parts: (S, M). steps: (S, M, c). rest: (M,
    c) where all of them are kept. size: (h, w). seen: (d) the parts that reach the model's input.
    """

    image: Any
    fill: Any
    labels: Any
    mixed: Any
    parts: Any
    steps: Any
    rest: Any
    size: tuple[int, ...]
    seen: BoolArray

    def __call__(self, masks: BoolArray) -> Any:
        """The batch (n, c, h, w), channels last in memory, for masks (n, d)."""
        import torch

        kept = torch.from_numpy(np.ascontiguousarray(masks)).to(self.labels.device)
        found = torch.where(kept[:, self.labels, None], self.image, self.fill)
        if len(self.mixed):
            added = self.fill[self.mixed].expand(len(masks), -1, -1).clone()
            every = torch.ones_like(added[..., :1])
            for parts, steps in zip(self.parts, self.steps, strict=True):
                shown = kept[:, parts, None].to(steps.dtype)
                added.addcmul_(shown, steps)
                every.mul_(shown)
            added.addcmul_(every, self.rest)
            found[:, self.mixed] = added
        return found.reshape(len(masks), *self.size, -1).permute(0, 3, 1, 2)
