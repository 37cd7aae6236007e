"""Modules of torch, asked as they would be in use, and left as they were found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from limen._errors import InputError
from limen.models.base import Adapter
from limen.models.columns import as_matrix, columns_of

IMAGES = 4
"""Axes of an array of images (n, H, W, 3)."""


def from_module(
    module: Any, classes: tuple[str, ...] | None = None, cuts: Callable[[Any], bool] | None = None
) -> Adapter:
    """Adapt a torch module.

    A table's frame or array becomes one tensor (n, m) on the device and in the precision of the module's first
    parameter; a list goes to it as it is. Modules rarely tell what their outputs mean, so the kind is not known.
    Asking raises InputError where a column is not of numbers, and for images, whose preprocessing is not known.
    """
    return Adapter(ModuleAnswer(module), classes, cuts)


@dataclass(frozen=True, eq=False)
class ModuleAnswer:
    """A module as a callable from inputs (n) to its outputs, without a graph."""

    module: Any

    def __call__(self, inputs: Any) -> Any:
        """The outputs (n, k) of n inputs."""
        import torch

        given = inputs if isinstance(inputs, list | torch.Tensor) else self._tensor(inputs)
        with evaluating(self.module), torch.no_grad():
            return self.module(given)

    def _tensor(self, inputs: Any) -> Any:
        import torch

        if getattr(inputs, "ndim", 2) == IMAGES:
            raise InputError(
                f"model is the torch module {type(self.module).__name__} alone, and how it takes images is not known; "
                "give the pair (module, preprocess), where preprocess takes an image of Pillow, or an array (H, W, 3) "
                "of uint8, and gives a tensor (channels, height, width), as transforms of torchvision do."
            )
        weights = (*self.module.parameters(), *self.module.buffers())
        like = next((weight for weight in weights if weight.is_floating_point()), torch.zeros(0, dtype=torch.float32))
        return torch.from_numpy(as_matrix(columns_of(inputs))).to(like.device, like.dtype)


@contextmanager
def evaluating(module: Any) -> Iterator[None]:
    """Put a module and its parts in eval mode (dropout would make every answer noise), and back as they were."""
    training = [part for part in module.modules() if part.training]
    module.eval()
    try:
        yield
    finally:
        for part in training:
            part.training = True
