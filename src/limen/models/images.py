"""Image classifiers: transformers' pairs, pipelines and folders, torch modules with a preprocessing, ONNX files.

All are a `Prepare` (an image to the model's input) and an `Engine` (a batch to outputs), and all paint: a canvas goes
through the preprocessing once, and its masks become batches at the model's size, on its device.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from limen._canvas import Canvas, Compose
from limen._errors import InputError
from limen._types import FloatArray
from limen.models.base import Adapter
from limen.models.huggingface import names_of_config, processor_in
from limen.models.image_onnx import OnnxEngine
from limen.models.image_torch import TorchEngine
from limen.models.links import kind_of_config, link_of_config, link_of_trial, linked
from limen.models.onnx import labels_beside
from limen.models.painting import View, WholeCompose, view_of
from limen.models.preparing import ByFunction, ByProcessor, Planes, Prepare, as_pixels, as_planes
from limen.models.sklearn import class_names

PROCESSOR = "ImageProcessingMixin"
"""The class of transformers that every image processor derives from."""


class Engine(Protocol):
    """What computes: it takes batches of preprocessed images."""

    @property
    def rows(self) -> int:
        """A good number of images in a batch."""

    def batch(self, planes: Planes) -> Any:
        """Preprocessed images (n, c, h, w) as it takes them."""

    def painted(self, view: View) -> Compose:
        """How masks become batches."""

    def outputs(self, batch: Any) -> FloatArray:
        """Its outputs (n, k)."""


@dataclass(frozen=True, eq=False)
class ImageAnswer:
    """An engine behind a preprocessing, as a callable from images (n) or from what its painter makes, to (n, k).

    link: "none", "sigmoid", "softmax", or None: found out at the first batch, by a trial of four inputs made of it.
    """

    engine: Engine
    prepare: Prepare
    link: str | None
    _found: list[str] = field(default_factory=list)

    def __call__(self, batch: Any) -> FloatArray:
        """The answers (n, k) to a list of n images, or to a batch of the painter."""
        if isinstance(batch, list):
            batch = self.engine.batch(np.stack([self.prepare(as_pixels(image)) for image in batch]))
        outputs = self.engine.outputs(batch)
        return linked(outputs, self.link or self._link_found(batch))

    def painter(self, canvas: Canvas) -> Compose:
        """How masks of a canvas become batches: at the model's size, or image by image where that cannot be."""
        view = view_of(canvas, self.prepare)
        return self.engine.painted(view) if view else WholeCompose(canvas, self.prepare, self.engine.batch)

    def _link_found(self, batch: Any) -> str:
        if not self._found:
            one = as_planes(batch[0])
            trial = np.stack([one, one[:, ::-1], one[::-1], np.full_like(one, one.mean())])
            self._found.append(link_of_trial(self.engine.outputs(self.engine.batch(trial))))
        return self._found[0]


def from_image_pair(model: Any, processor: Any, *, raw: bool = False) -> Adapter:
    """Join an image classifier of transformers and its image processor. Works without torchvision.

    The model stays in its mode, on its device and in its precision, and is asked so. The answers are the logits if
    `raw` or for regression; else their softmax, or their sigmoid for one output or a multi-label problem.
    """
    config = getattr(model, "config", None)
    if not hasattr(config, "id2label") or not callable(getattr(model, "modules", None)):
        raise InputError(
            f"model is a pair ({type(model).__name__}, {type(processor).__name__}), expected a transformers model for "
            "image classification and its image processor, in this order."
        )
    answer = ImageAnswer(TorchEngine(model), ByProcessor(processor), link_of_config(config, raw))
    return adapter_of(answer, names_of_config(config), kind_of_config(config, raw))


def from_image_module(module: Any, preprocess: Any, *, raw: bool = False) -> Adapter:
    """Join a torch module that takes (n, c, h, w) and a preprocessing.

    preprocess: takes an image of Pillow, or an array (H, W, 3) of uint8, and gives a tensor (c, h, w), as transforms of
    torchvision do; or weights of torchvision, which know their transforms and classes. Class names are those in
    `module.classes` or of the weights. Outputs that are no probabilities (four trial inputs tell) go through a softmax,
    one column through a sigmoid, unless `raw`.
    """
    names = class_names(module)
    if callable(getattr(preprocess, "transforms", None)) and isinstance(getattr(preprocess, "meta", None), dict):
        names = names or tuple(map(str, preprocess.meta.get("categories", ()))) or None
        preprocess = preprocess.transforms()
    answer = ImageAnswer(TorchEngine(module), ByFunction(preprocess), "none" if raw else None)
    return adapter_of(answer, names, "margin" if raw else None)


def from_image_onnx(path: Path, preprocess: Any = None, *, raw: bool = False) -> Adapter:
    """Open an ONNX image classifier that takes (n, 3, h, w) and gives logits or probabilities (n, k).

    preprocess: as for a torch module; None: that of the preprocessor_config.json of transformers beside the file. Class
    names are looked for in a config.json there (`id2label`). Outputs are read as those of torch modules. Raises
    InputError where a file is missing or of another kind, MissingError without transformers where it is needed.
    """
    engine = OnnxEngine.of(path)
    names, several = labels_beside(engine.path)
    prepare = ByFunction(preprocess) if preprocess is not None else _processor_beside(engine.path)
    link = "none" if raw else "sigmoid" if several else None
    return adapter_of(ImageAnswer(engine, prepare, link), names, "margin" if raw else None)


def is_image_pair(model: Any, second: Any) -> bool:
    """Whether a pair is an image classifier and its preprocessing, and not a text classifier and its tokenizer."""
    if any(kind.__name__ == PROCESSOR for kind in type(second).__mro__):
        return True
    tokens = any(kind.__name__ == "PreTrainedTokenizerBase" for kind in type(second).__mro__)
    module = any((kind.__module__ or "").startswith("torch.nn") for kind in type(model).__mro__)
    takes = getattr(model, "main_input_name", "pixel_values" if not hasattr(model, "config") else None)
    return module and not tokens and takes == "pixel_values"


def from_any_image_pair(model: Any, second: Any, *, raw: bool = False) -> Adapter:
    """Whichever pair `is_image_pair` found."""
    processor = any(kind.__name__ == PROCESSOR for kind in type(second).__mro__)
    return from_image_pair(model, second, raw=raw) if processor else from_image_module(model, second, raw=raw)


def adapter_of(answer: ImageAnswer, names: tuple[str, ...] | None, kind: str | None) -> Adapter:
    """What joins the models of images: their painter, and as many rows as suit the engine."""
    return Adapter(answer, names, kind=kind, painter=answer.painter, rows=answer.engine.rows)


def _processor_beside(path: Path) -> ByProcessor:
    if not path.with_name("preprocessor_config.json").is_file():
        raise InputError(
            f"model {path.name!r} takes images, and how they are to be preprocessed is not known; put the "
            f"preprocessor_config.json of transformers into {str(path.parent)!r}, or give the pair (Path(file), "
            "preprocess), where preprocess takes an image and gives an array (channels, height, width)."
        )
    return ByProcessor(processor_in(path.parent))
