"""Photos as ResNet-50 sees them, and games of their parts, whose answers are kept.

Every method explains the 224 × 224 pixels that reach the model, so that no two differ in resizing or cropping. A mask
that was asked about before is answered from the cache: `$LIMEN_CACHE`, or `limen` in the user's cache folder.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import limen
from common import needed
from exact_answers import CACHE as EXACT
from limen.models.base import Adapter

CACHE = EXACT.with_name("photos")
WEIGHTS = "weights/resnet-50"
SIDE, SHORTEST = 224, 256
"""The model's input, and the shorter side that a photo is reduced to before its middle is cut out."""
MEAN = np.array([123.68, 116.779, 103.939], dtype=np.float32)
"""What the model's preprocessing takes off red, green and blue."""
ROWS, KEPT = 8, 50
"""Images in a batch, and batches after which a game is written to the cache, should the run be cut off."""

Floats = NDArray[np.float64]
Masks = NDArray[np.bool_]
Pixels = NDArray[np.uint8]
Answer = Callable[[Masks], Floats]
"""Masks (n, d) to one number each (n)."""


@dataclass(frozen=True, eq=False)
class Photo:
    """The middle of a photo (224, 224, 3), its class, and the object's box (left, top, right, bottom) in its pixels."""

    name: str
    pixels: Pixels
    label: str
    box: tuple[float, float, float, float]

    @property
    def inside(self) -> Masks:
        """The pixels (224, 224) of the box."""
        left, top, right, bottom = self.box
        y, x = np.mgrid[:SIDE, :SIDE] + 0.5
        return (x > left) & (x < right) & (y > top) & (y < bottom)


def resnet(engine: str = "onnx") -> Adapter:
    """ResNet-50 for images (224, 224, 3) that are cut already. engine: "onnx", "torch" or "bfloat16"."""
    found = limen.zoo.resnet50(needed(WEIGHTS), engine="torch" if engine == "torch" else "onnx")
    answer = dataclasses.replace(found.answer, prepare=planes)
    found = dataclasses.replace(found, answer=answer, painter=answer.painter)
    return dataclasses.replace(found, answer=_bfloat16()) if engine == "bfloat16" else found


def _bfloat16() -> Callable[[NDArray[np.float32]], Floats]:
    """ResNet-50 in bfloat16, for batches (n, 3, 224, 224): three times as fast as ONNX Runtime on a core with AMX.

    Its probabilities of beagle and of dogs differ from those in float32 by up to .02 (32 perturbed `dog_beagle.jpg`).
    """
    import torch

    class Logits(torch.nn.Module):
        def __init__(self, module: torch.nn.Module) -> None:
            super().__init__()
            self.module = module

        def forward(self, batch: torch.Tensor) -> torch.Tensor:
            return self.module(batch).logits

    def taken(batch: NDArray[np.float32]) -> torch.Tensor:
        return torch.from_numpy(batch).bfloat16().contiguous(memory_format=torch.channels_last)

    module = limen.zoo.resnet50(needed(WEIGHTS)).answer.engine.module.bfloat16().eval()
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        first = taken(np.zeros((ROWS, 3, SIDE, SIDE), dtype=np.float32))
        module = module.to(memory_format=torch.channels_last)
        traced = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(Logits(module).eval(), first)))

    def answer(batch: NDArray[np.float32]) -> Floats:
        with torch.inference_mode():
            return traced(taken(batch)).double().softmax(dim=1).numpy()

    return answer


def planes(pixels: Pixels) -> NDArray[np.float32]:
    """The model's input (3, 224, 224) of an image (224, 224, 3)."""
    return (np.asarray(pixels).astype(np.float32) - MEAN).transpose(2, 0, 1)


def asked(model: Adapter, images: NDArray[Any], column: int) -> Floats:
    """The probability (n) of one class for images (n, 224, 224, 3)."""
    batches = [images[start : start + ROWS] for start in range(0, len(images), ROWS)]
    found = [model.answer((batch.astype(np.float32) - MEAN).transpose(0, 3, 1, 2)) for batch in batches]
    return np.concatenate(found)[:, column].astype(np.float64)


def photo_of(name: str, label: str, box: tuple[float, ...]) -> Photo:
    """Cut a photo as the model's preprocessing does; the box is in fractions of the whole photo."""
    prepare = limen.zoo.resnet50(needed(WEIGHTS), engine="onnx").answer.prepare
    from PIL import Image

    photo = Image.open(needed(f"data/images/{name}")).convert("RGB")
    seen = np.rint(prepare(np.asarray(photo)).transpose(1, 2, 0) + MEAN).clip(0, 255).astype(np.uint8)
    scale = SHORTEST / min(photo.size)
    sides = np.array(photo.size * 2) * scale
    cut = np.array(box) * sides - (sides - SIDE) / 2
    return Photo(name, seen, label, tuple(cut.clip(0, SIDE).tolist()))


def boxed() -> list[Photo]:
    """The photos with boxes whose files there are."""
    entries = json.loads(needed("data/images/boxes.json").read_text(encoding="utf-8"))
    folder = needed("data/images")
    names = [name for name in entries if not name.startswith("_") and (folder / name).is_file()]
    return [photo_of(name, entries[name]["label"], tuple(entries[name]["box"])) for name in names]


class Game:
    """A photo cut into parts, whose answers (n) to masks (n, d) are kept on disk, for several sums of classes.

    labels: (224, 224); hidden parts have their mean colour. targets: names to lists of classes.
    """

    def __init__(
        self, model: Adapter, photo: Photo, segments: Any, targets: dict[str, list[int]], engine: str = "onnx"
    ) -> None:
        instance = limen.Image(segments).parse(photo.pixels, 1000)
        self.labels = instance.labels[0].astype(np.int64)
        self.n_parts = instance.n_parts
        self.targets = targets
        self._model, self._paint = model, model.painter(instance.canvas())
        told = hashlib.sha256(photo.pixels.tobytes() + self.labels.tobytes() + json.dumps(targets).encode())
        stem = photo.name.replace("/", "-").rsplit(".", 1)[0]
        self._file = CACHE / f"{stem}-{engine}-{told.hexdigest()[:12]}.npz"
        self._known: dict[bytes, Floats] = {}
        if self._file.exists():
            kept = np.load(self._file)
            self._known = dict(zip(map(bytes, kept["masks"]), kept["answers"], strict=True))

    def answer(self, target: str) -> Answer:
        """The answers for one of the targets."""
        column = list(self.targets).index(target)
        return lambda masks: self._asked(np.asarray(masks, dtype=np.bool_))[:, column]

    def _asked(self, masks: Masks) -> Floats:
        keys = [row.tobytes() for row in np.packbits(masks, axis=1)]
        new = {key: mask for key, mask in zip(keys, masks, strict=True) if key not in self._known}
        fresh = list(new)
        for start in range(0, len(fresh), ROWS):
            batch = fresh[start : start + ROWS]
            p = self._model.answer(self._paint(np.stack([new[key] for key in batch])))
            sums = np.stack([p[:, classes].sum(axis=1) for classes in self.targets.values()], axis=1)
            self._known.update(zip(batch, sums, strict=True))
            if start // ROWS % KEPT == KEPT - 1:
                self.keep()
        return np.stack([self._known[key] for key in keys])

    def keep(self) -> None:
        """Write what is known to the cache."""
        CACHE.mkdir(parents=True, exist_ok=True)
        masks = np.array([np.frombuffer(key, dtype=np.uint8) for key in self._known])
        part = self._file.with_suffix(".part.npz")
        np.savez(part, masks=masks, answers=np.stack(list(self._known.values())))
        part.replace(self._file)
