"""ONNX files as engines of image classifiers, run by onnxruntime on the CPU."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from limen._errors import InputError
from limen._types import BoolArray, FloatArray
from limen.models.onnx import opened
from limen.models.painting import View
from limen.models.preparing import Planes

ROWS = 8
"""Images in a batch: past four onnxruntime gets no faster with ResNet-50 (22.1, 24.9, 23.8, 23.4, 22.2 images a second
of one core at 2, 4, 8, 16, 32)."""
TYPES = {
    "tensor(float)": "float32",
    "tensor(float16)": "float16",
    "tensor(double)": "float64",
    "tensor(uint8)": "uint8",
}
"""The types of inputs that are served."""


def takes_images(inputs: list[Any]) -> bool:
    """Whether the inputs of a session are one array of four axes (n, channels, h, w)."""
    return len(inputs) == 1 and len(inputs[0].shape) == 4


@dataclass(frozen=True)
class OnnxEngine:
    """A file with one input (n, c, h, w), whose first output (n, k) answers. Picklable: it is opened where it is used.

    changed: when the file last was, in ns. kind: the type of its input's numbers. fixed: rows of a batch, where the
    file takes no other number; None: any.
    """

    path: Path
    changed: int
    kind: str
    fixed: int | None

    @classmethod
    def of(cls, path: Path) -> OnnxEngine:
        """Open a file. Raises InputError where its input is not (n, 3, h, w), or (n, 1, h, w), of a type served."""
        path = path.resolve()
        if not path.is_file():
            raise InputError(f"model is {str(path)!r}, and there is no such file.")
        changed = path.stat().st_mtime_ns
        inputs = opened(path, changed).get_inputs()
        channels = inputs[0].shape[1] if takes_images(inputs) else 0
        if inputs[0].type not in TYPES or (isinstance(channels, int) and channels not in (1, 3)):
            told = [f"{entry.name}: {entry.type} {entry.shape}" for entry in inputs]
            raise InputError(
                f"model {path.name!r} has the inputs {told}, expected one (n, 3, height, width) of numbers; for "
                "another signature wrap it in a function that takes images (n, height, width, 3) of uint8."
            )
        rows = inputs[0].shape[0]
        return cls(path, changed, TYPES[inputs[0].type], rows if isinstance(rows, int) else None)

    @property
    def rows(self) -> int:
        """A good number of images in a batch."""
        return self.fixed or ROWS

    def batch(self, planes: Planes) -> Any:
        """Preprocessed images (n, c, h, w) as the file takes them."""
        return (np.rint(planes) if self.kind == "uint8" else planes).astype(self.kind, copy=False)

    def painted(self, view: View) -> OnnxCompose:
        """How masks become batches."""
        return OnnxCompose(view, self)

    def outputs(self, batch: Any) -> FloatArray:
        """The outputs (n, k) for a batch; a fixed number of rows is filled up with the last one."""
        session = opened(self.path, self.changed)
        name, step = session.get_inputs()[0].name, self.fixed or len(batch)
        found = []
        for start in range(0, len(batch), step):
            piece = batch[start : start + step]
            short = step - len(piece)
            filled = np.concatenate([piece, piece[-1:].repeat(short, axis=0)]) if short else piece
            found.append(np.asarray(session.run(None, {name: filled})[0], dtype=np.float64)[: len(piece)])
        return np.concatenate(found)


@dataclass(frozen=True, eq=False)
class OnnxCompose:
    """Masks to batches, by one gather and one choice for all rows."""

    view: View
    engine: OnnxEngine

    @property
    def seen(self) -> BoolArray:
        """The parts (d) that reach the model's input."""
        return self.view.seen

    def __call__(self, masks: BoolArray) -> Any:
        """The batch (n, c, h, w) for masks (n, d)."""
        return self.engine.batch(self.view.compose(masks))
