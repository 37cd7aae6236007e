"""Limits of what an audit measures of images: made-up models of real photos, and ResNet-50 under several fills."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import limen
from common import needed
from limen.trust import off_manifold
from limen.trust._numbers import relative_change
from limit_cases import Numbers, Pair, Question, against, figures
from photos import ROWS as BATCH
from photos import photo_of, planes, resnet

SMALL = 64
"""Side of the photos that made-up models look at."""
CUTS, ROWS = (8, 14), 160
"""Parts that ResNet-50's photos are cut into, and rows for each fill."""


@cache
def names() -> list[str]:
    """The photos, alphabetically."""
    folder = needed("data/images")
    found = [path for path in folder.rglob("*") if path.suffix in (".jpg", ".png")]
    return sorted(str(path.relative_to(folder)) for path in found)


@cache
def _small(name: str) -> NDArray[np.uint8]:
    photo = Image.open(needed(f"data/images/{name}")).convert("RGB")
    return np.asarray(photo.resize((SMALL, SMALL), Image.Resampling.BICUBIC))


def _seen(generator: np.random.Generator) -> tuple[Callable[[Any], Numbers], NDArray[np.uint8], Numbers]:
    """A model that looks at discs of a photo, the photo, and how much of its answer each pixel (64, 64) makes."""
    pixels = _small(names()[generator.integers(len(names()))])
    y, x = np.mgrid[:SMALL, :SMALL]
    count, together = int(generator.integers(1, 4)), bool(generator.random() < 0.5)
    discs = np.stack([
        (y - generator.uniform(8, 56)) ** 2 + (x - generator.uniform(8, 56)) ** 2 < generator.uniform(3, 16) ** 2
        for _ in range(count)
    ])  # fmt: skip
    light = pixels.mean(axis=2) / 255.0
    sums = (discs * light).sum(axis=(1, 2))

    def answer(images: Any) -> Numbers:
        bright = np.asarray(images).mean(axis=3) / 255.0
        found = np.einsum("nyx,kyx->nk", bright, discs) / np.maximum(sums, 1e-9)
        p = 0.05 + 0.9 * np.clip(found.prod(axis=1) if together else found.mean(axis=1), 0, 1)
        return np.stack([1 - p, p], axis=1)

    return answer, pixels, (discs / np.maximum(sums, 1e-9)[:, None, None]).sum(axis=0) * light


def _audited(seed: int, salt: int, segmentations: int, spend: bool, name: str) -> Iterator[Pair]:
    generator = np.random.default_rng([seed, salt])
    model, pixels, truth = _seen(generator)
    domain = limen.Image(
        int(generator.integers(4, 40)), fill=(0, 0, 0), segmentations=segmentations, seed=seed
    )  # fmt: skip
    asked = limen.Explainer(
        model, domain, budget=int(generator.choice((60, 120, 240, 480))), seed=seed, surrogate=limen.Linear(),
        on_doubt="ignore",
    )  # fmt: skip
    audit = limen.audit(asked, pixels, target=1, rows=asked.budget if spend else 0, checks=["segmentation"])
    shown = audit.explanation.pixels
    assert shown is not None
    harm = against(shown.values - shown.values.mean(), truth - truth.mean())
    for figure in figures(audit, name):
        yield Pair(figure, harm)


def pixels(seed: int) -> Iterator[Pair]:
    """Whether another cut tells how little a map looks like what the model looks at."""
    yield from _audited(seed, 21, 1, True, "segmentation.pixels")


def spread(seed: int) -> Iterator[Pair]:
    """The same, by the spread of five segmentations."""
    yield from _audited(seed, 22, 5, False, "segmentation.spread")


@cache
def _model() -> Any:
    return resnet("bfloat16")


def fill(seed: int) -> Iterator[Pair]:
    """Whether a blur in the place of hidden parts tells how much a third fill, painted in from around, changes."""
    place, cut = seed % 1000 // len(CUTS), CUTS[seed % len(CUTS)]
    chosen = names()[0 if seed < 1000 else 1 :: 2]  # the limits were set on the others
    if place >= len(chosen):
        return
    photo = photo_of(chosen[place], "", (0, 0, 1, 1))
    labels = limen.Image(cut).parse(photo.pixels, 1000).labels[0].astype(np.int64)
    usual = [
        limen.explain(
            _model(), photo.pixels, domain=limen.Image(labels, fill=one), budget=ROWS, surrogate=limen.Linear(),
            target=_top(photo.pixels), on_doubt="ignore",
        )
        for one in ("mean", off_manifold.OTHER_FILL["mean"], "inpaint")
    ]  # fmt: skip
    for own, *others in zip(*usual, strict=True):
        blurred, painted = (_change(own.effects, other.effects) for other in others)
        yield Pair(blurred, painted)


def _change(own: limen.results.Estimates, other: limen.results.Estimates) -> float:
    """How much other effects differ from a picture's own, freed of what chance adds."""
    errors = np.hypot(own.standard_errors, other.standard_errors)
    return relative_change(other.values - own.values, np.diag(errors), own.values, own.standard_errors).value


def _top(pixels: NDArray[np.uint8]) -> list[int]:
    """The three likeliest classes; batches have the size that the model was made for."""
    batch = np.repeat(planes(pixels)[None], BATCH, axis=0)
    return [int(one) for one in np.argsort(-_model().answer(batch)[0])[:3]]


QUESTIONS = (
    Question("segmentation.pixels", "1 - correlation with what the model looks at", 0.5, 0.8, pixels),
    Question("segmentation.spread", "1 - correlation with what the model looks at", 0.5, 0.8, spread),
    Question("off_manifold.fill", "distance to the effects under a third fill, relative", 0.7, 1.0, fill, 28),
)
