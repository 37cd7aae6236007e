"""The conductor for deletion and insertion: the model's answers as the parts of an image go and come back."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING

import numpy as np

from limen._cuts import MOST_BYTES, composer_of
from limen._errors import InputError
from limen._question import chosen_of, on_scale
from limen._types import BoolArray, FloatArray, IntArray
from limen.models import predictor
from limen.results import Curves, Explanation, ImageInstance

if TYPE_CHECKING:
    from limen._explain import Explainer

FEWEST = 3
MOST_ROWS = 256
"""Most images in a batch where the adapter does not say."""


def curved(question: Explainer, explanation: Explanation, steps: int | None) -> Explanation:
    """The explanation with its curves: see `Explainer.with_curves`."""
    if not isinstance(explanation, Explanation):
        raise InputError(f"explanation is of type {type(explanation).__name__}, expected what this Explainer returned.")
    instance = explanation.instance
    if not isinstance(instance, ImageInstance):
        raise InputError("explanation is of no image; deletion and insertion curves are drawn of images.")
    whole = isinstance(steps, int | np.integer) and not isinstance(steps, bool)
    if steps is not None and not (whole and steps >= FEWEST):
        raise InputError(f"steps is {steps!r}, expected a whole number of at least {FEWEST}, or None for every part.")
    start = time.perf_counter()
    d = instance.n_parts
    order = order_of(explanation)
    counts = np.unique(np.rint(np.linspace(0, d, min(d + 1, steps or d + 1))).astype(np.int64))
    shares = np.concatenate([[0.0], np.cumsum(instance.area_shares()[order])])[counts]
    shares[-1] = 1.0
    return _answered(question, explanation, instance, (order, counts), shares, start)


def order_of(explanation: Explanation) -> IntArray:
    """The parts (d) by falling effect, ties in reading order; of several segmentations by their map's sum over each."""
    instance, pixels = explanation.instance, explanation.pixels
    assert isinstance(instance, ImageInstance)
    assert pixels is not None
    effects = explanation.effects.values
    if instance.n_segmentations > 1:
        labels = instance.labels[0].ravel()
        effects = np.bincount(labels, pixels.values.ravel()) / labels.size
    return np.argsort(-effects, kind="stable").astype(np.int64)


def _answered(
    question: Explainer,
    explanation: Explanation,
    instance: ImageInstance,
    way: tuple[IntArray, IntArray],
    shares: FloatArray,
    start: float,
) -> Explanation:
    """Ask about both ways, put the curves and what they cost into the record."""
    black_box = predictor(question.model, raw=explanation.scale == "raw")
    sent, seconds = black_box.rows, black_box.seconds
    canvas, painter = instance.canvas(), black_box.adapter.painter
    paint = canvas.compose if painter is None else painter(canvas)
    rows = black_box.adapter.rows or max(1, min(MOST_ROWS, MOST_BYTES // canvas.image.size))
    composer = composer_of(paint, canvas.n_parts, rows)
    gone = _gone(*way)
    packed = np.packbits(np.concatenate([~gone, gone]), axis=1)
    outputs, _ = black_box.ask([row.tobytes() for row in packed], composer=composer)
    answers = on_scale(outputs, chosen_of(explanation), explanation.scale)[0]
    found = Curves(*way, shares, answers[: len(gone)], answers[len(gone) :])
    sent, seconds, cost = black_box.rows - sent, black_box.seconds - seconds, explanation.cost
    spent = dataclasses.replace(
        cost,
        model_rows=cost.model_rows + sent,
        distinct_rows=cost.distinct_rows + sent,
        model_seconds=cost.model_seconds + seconds,
        total_seconds=cost.total_seconds + time.perf_counter() - start,
    )
    return dataclasses.replace(explanation, cost=spent, curves=found)


def _gone(order: IntArray, counts: IntArray) -> BoolArray:
    """For each count (s) the parts (s, d) that come first in the order."""
    rank = np.argsort(order)
    return np.asarray(rank[None] < counts[:, None])
