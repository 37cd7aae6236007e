"""What each method makes of a photo: a map (224, 224) of how much every pixel supports the class."""

from __future__ import annotations

import contextlib
import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

import limen
from limen.models.base import Adapter
from mask_peers import captum_effects, lime_effects, limen_effects
from photos import ROWS, SIDE, Floats, Game, Photo, Pixels, asked, planes

SEGMENTS, SEGMENTATIONS = 50, 5
BLUR = 10.0
"""Standard deviation in pixels of the blur from which insertion starts, and which fills the blocks that shap hides."""
WINDOW = 32
"""Side of the square that occlusion hides."""


@dataclass(frozen=True, eq=False)
class Question:
    """One photo, the models, what computes the first of them, and the rows that a method may spend."""

    photo: Photo
    model: Adapter
    engine: str
    torch_model: Adapter
    rows: int

    @cached_property
    def column(self) -> int:
        """The class of the box, which is also the one that is predicted."""
        assert self.model.classes is not None
        return self.model.classes.index(self.photo.label)

    @cached_property
    def game(self) -> Game:
        """The photo in limen's superpixels, hidden ones in their mean colour."""
        return Game(self.model, self.photo, SEGMENTS, {self.photo.label: [self.column]}, self.engine)

    def asked(self, images: Any) -> Floats:
        """The probability (n) of the class for images (n, 224, 224, 3)."""
        return asked(self.model, np.asarray(images), self.column)

    @cached_property
    def blurred(self) -> Pixels:
        """The photo out of focus."""
        from PIL import Image, ImageFilter

        return np.asarray(Image.fromarray(self.photo.pixels).filter(ImageFilter.GaussianBlur(BLUR)))


def over_parts(effects: Callable[..., Floats]) -> Callable[[Question], Floats]:
    """The map (224, 224) of a method on the game: each pixel has its part's effect for each share of the picture."""

    def found(question: Question) -> Floats:
        game = question.game
        values = effects(game.answer(question.photo.label), game.n_parts, question.rows, 0)
        game.keep()
        return (values / np.bincount(game.labels.ravel()))[game.labels] * game.labels.size

    return found


def _segmentations(question: Question) -> Floats:
    found = limen.explain(
        question.model,
        question.photo.pixels,
        domain=limen.Image(SEGMENTS, segmentations=SEGMENTATIONS),
        target=question.column,
        budget=question.rows,
        on_doubt="ignore",
    )
    assert found.pixels is not None
    return found.pixels.values


def _lime(question: Question) -> Floats:
    """Lime as it comes: its own quickshift; by weight, as it ranks parts itself."""
    from lime.lime_image import LimeImageExplainer

    def both(images: Pixels) -> Floats:
        p = question.asked(images)
        return np.stack([1 - p, p], axis=1)

    with contextlib.redirect_stderr(io.StringIO()):  # its bar
        found = LimeImageExplainer(random_state=0).explain_instance(
            question.photo.pixels, both, labels=(1,), top_labels=None, num_samples=question.rows
        )
    weights = dict(found.local_exp[1])
    return np.vectorize(lambda part: weights.get(part, 0.0))(found.segments)


def _occlusion(question: Question) -> Floats:
    import torch
    from captum.attr import Occlusion

    def forward(batch: Any) -> Any:
        return torch.from_numpy(question.model.answer(batch.numpy().astype(np.float32))[:, question.column])

    stride = math.ceil((SIDE - WINDOW) / (math.isqrt(question.rows - 1) - 1))  # it asks about the photo itself, too
    found = Occlusion(forward).attribute(
        torch.from_numpy(planes(question.photo.pixels))[None],
        (3, WINDOW, WINDOW),
        strides=(3, stride, stride),
        baselines=0,
        perturbations_per_eval=ROWS,
    )
    return found[0, 0].numpy().astype(np.float64)


def _partition(question: Question) -> Floats:
    import shap

    masker = shap.maskers.Image(question.blurred, question.photo.pixels.shape)
    explainer = shap.PartitionExplainer(lambda images: question.asked(images.astype(np.uint8)), masker)
    with contextlib.redirect_stderr(io.StringIO()):
        found = explainer(question.photo.pixels[None], max_evals=question.rows, batch_size=ROWS, silent=True)
    return np.asarray(found.values[0], dtype=np.float64).reshape(SIDE, SIDE, 3).sum(axis=2)


def _white_box(question: Question, kind: str) -> Floats:
    import torch
    from captum.attr import IntegratedGradients, LayerAttribution, LayerGradCam

    module = question.torch_model.answer.engine.module
    x = torch.from_numpy(planes(question.photo.pixels))[None]
    if kind == "gradients":
        forward = lambda batch: module(batch).logits.softmax(dim=1)  # noqa: E731
        found = IntegratedGradients(forward).attribute(x, 0 * x, question.column, n_steps=20, internal_batch_size=ROWS)
        return found[0].sum(dim=0).detach().numpy().astype(np.float64)
    cam = LayerGradCam(lambda batch: module(batch).logits, module.resnet.encoder.stages[-1])
    small = cam.attribute(x, question.column)
    found = LayerAttribution.interpolate(small, (SIDE, SIDE), "bilinear")
    return found[0, 0].detach().numpy().astype(np.float64)


def _centre(question: Question) -> Floats:
    del question
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    return np.exp(-(x**2 + y**2) / (2 * (SIDE / 4) ** 2))


METHODS: dict[str, Callable[[Question], Floats]] = {
    "limen": over_parts(lambda *way: limen_effects(*way).effects.values),
    f"limen, {SEGMENTATIONS} segmentations": _segmentations,
    "limen, Shapley": over_parts(lambda *way: limen_effects(*way, limen.sampling.Shapley()).effects.values),
    "lime": _lime,
    "lime, limen's parts": over_parts(lime_effects),
    "captum Lime": over_parts(lambda *way: captum_effects(*way, "Lime")),
    "captum KernelShap": over_parts(lambda *way: captum_effects(*way, "KernelShap")),
    "captum Occlusion": _occlusion,
    "shap Partition": _partition,
    "GradCAM (sees inside)": lambda question: _white_box(question, "cam"),
    "IntegratedGradients (too)": lambda question: _white_box(question, "gradients"),
    "centre of the photo": _centre,
    "random parts": over_parts(lambda _, d, rows, seed: np.random.default_rng([rows, seed]).random(d)),
}
