"""An image as parts: what domains hand to the adapters of models, which compose perturbed images where they live.

Axes: n probes, d parts, H rows and W columns of pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limen._types import BoolArray, IntArray


@dataclass(frozen=True, eq=False)
class Canvas:
    """What is seen where a part is kept, and where it is hidden.

    image: (H, W, 3) RGB, 0 to 255. fill: (H, W, 3), what stands in a hidden part's place. labels: (H, W) the number 0
    to d - 1 of the part of each pixel.
    """

    image: NDArray[np.uint8]
    fill: NDArray[np.uint8]
    labels: IntArray

    @property
    def n_parts(self) -> int:
        """The number of parts d."""
        return int(self.labels.max()) + 1

    def compose(self, masks: BoolArray) -> NDArray[np.uint8]:
        """The perturbed images (n, H, W, 3) of masks (n, d), True = kept."""
        kept = masks[:, self.labels][..., None]
        return np.where(kept, self.image, self.fill)


Compose = Callable[[BoolArray], Any]
"""Takes masks (n, d) and gives a batch that the model takes."""
Painter = Callable[[Canvas], Compose]
"""What an adapter of an image model offers: it takes a canvas to the model's size and device, once."""
