"""Image classifiers in bfloat16: half the memory, and faster where the hardware has units for it; compared first."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from limen.models.base import Adapter
from limen.models.export import answers_to, trial_pictures
from limen.models.image_torch import TorchEngine
from limen.models.images import from_image_pair
from limen.models.links import linked
from limen.models.preparing import ByProcessor


def in_bfloat16(model: Any, processor: Any) -> Adapter:
    """An image classifier of transformers, taken to bfloat16, and its image processor.

    The weights of `model` itself are changed. `engine_error` is the largest difference from the answers that it gave in
    its own precision to 16 trial pictures, of probabilities and, in `adapter.logits`, of logits.
    """
    import torch

    prepare = ByProcessor(processor)
    trial = np.stack([prepare(picture) for picture in trial_pictures()])
    own = answers_to(TorchEngine(model), trial)
    model.to(torch.bfloat16)
    ours = answers_to(TorchEngine(model), trial)
    errors = [float(np.abs(linked(own, link) - linked(ours, link)).max()) for link in ("none", "softmax")]
    logits = dataclasses.replace(from_image_pair(model, processor, raw=True), engine_error=errors[0])
    return dataclasses.replace(from_image_pair(model, processor), logits=logits, engine_error=errors[1])
