"""Why does ResNet-50 see a dog, what does limen cost beside the model, and how far off is lime at equal rows?

Cost outside the model, segmentation and preparing included: 1.1 to 1.2 ms a row, 2.8 % of the model's time (goal: under
5 %); lime, given the segments, 4.2 to 4.9 ms a row. Error of the effects at 100 rows: dog .46 (lime .41), beagle .36
(.35); at 300 rows .21 (.23) and .16 (.19). So the plain estimator is behind lime's ridge with fewer than three rows a
part and ahead with eight; the truth is known to .08 and .07 (1,500 rows). One run, 2026-11-25.

captum, given the segments, costs more than limen and less than lime. A `--quick` run on cores that others kept busy, ms
a row, dog and beagle: limen 1.9 and 2.5 (2.5 and 2.3 % of the model's time), captum's Lime 2.9 and 3.8, its KernelShap
2.5 and 2.8, lime 7.1 to 10.1.

One core, `dog_beagle.jpg` at 512 pixels, 38 superpixels of one SLIC map for both, hidden parts in their mean colour,
ResNet-50 in ONNX Runtime. The truth is limen's own run of many rows under lime's law, whose error is printed. lime's
distances, kernel and ridge are its own.
"""

from __future__ import annotations

import contextlib
import io
import sys
import time
import warnings

import numpy as np

import limen
from common import needed, relative_error
from limen.models import predictor
from limen.models.base import Adapter

PHOTO = "data/images/cc0/dog_beagle.jpg"
QUICK = "--quick" in sys.argv


def _limens(model: object, photo: object, labels: np.ndarray, target: str, rows: int, seed: int) -> limen.Explanation:
    return limen.explain(
        model, photo, domain=limen.Image(labels), target=target, budget=rows, seed=seed, on_doubt="ignore"
    )


def _limes(answer: object, pixels: np.ndarray, labels: np.ndarray, classes: list[int], rows: int, seed: int) -> tuple:
    from lime.lime_image import LimeImageExplainer

    spent = [0.0]

    def summed(images: np.ndarray) -> np.ndarray:
        start = time.perf_counter()
        p = answer(list(images.astype(np.uint8)))[:, classes].sum(axis=1)
        spent[0] += time.perf_counter() - start
        return np.stack([1 - p, p], axis=1)

    start = time.perf_counter()
    explainer = LimeImageExplainer(random_state=seed, feature_selection="none")
    with contextlib.redirect_stderr(io.StringIO()):  # its bar
        found = explainer.explain_instance(
            pixels, summed, labels=(1,), top_labels=None, num_samples=rows, segmentation_fn=lambda _: labels
        )
    effects = np.zeros(labels.max() + 1)
    for part, weight in found.local_exp[1]:
        effects[part] = weight
    return effects, time.perf_counter() - start - spent[0], spent[0]


def _captums(model: Adapter, pixels: np.ndarray, labels: np.ndarray, classes: list[int], rows: int, kind: str) -> float:
    """Seconds outside the model of captum's Lime or KernelShap, on the model's own input and a label map of its size.

    It takes tensors, so preparing the photo, its fill and the map, as a user of captum would, counts.
    """
    import torch
    from captum.attr import KernelShap, Lime

    spent = [0.0]

    def summed(batch: torch.Tensor) -> torch.Tensor:
        start = time.perf_counter()
        p = torch.from_numpy(model.answer(batch.numpy())[:, classes].sum(axis=1))
        spent[0] += time.perf_counter() - start
        return p

    start = time.perf_counter()
    means = np.stack([np.bincount(labels.ravel(), pixels[..., c].ravel()) for c in range(3)], axis=1)
    fill = (means / np.bincount(labels.ravel())[:, None]).round().astype(np.uint8)[labels]
    image, hidden = (torch.from_numpy(model.answer.prepare(one))[None] for one in (pixels, fill))
    small = labels[_middle(labels.shape)]
    _, mask = np.unique(small, return_inverse=True)
    explainer = {"Lime": Lime, "KernelShap": KernelShap}[kind](summed)
    explainer.attribute(
        image,
        hidden,
        feature_mask=torch.from_numpy(mask.reshape(1, 1, *small.shape)),
        n_samples=rows,
        perturbations_per_eval=8,
    )
    return time.perf_counter() - start - spent[0]


def _middle(shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """The pixels of a photo (H, W) at those of the model's input: its middle, 224 of 256 pixels of the shorter side."""
    scale = min(shape) / 256
    rows, columns = (((np.arange(224) - 111.5) * scale + (side - 1) / 2).round().astype(int) for side in shape)
    return rows[:, None], columns


def main() -> None:
    """Print errors and costs."""
    from PIL import Image

    warnings.simplefilter("ignore")
    photo = Image.open(needed(PHOTO)).convert("RGB")
    photo.thumbnail((512, 512))
    pixels = np.asarray(photo)
    labels = limen.Image(38).parse(photo, 1000).labels[0].astype(int)
    model = limen.zoo.resnet50(needed("weights/resnet-50"), engine="onnx")
    answer, classes = model.answer, {"dog": list(range(151, 269)), "beagle": [162]}
    budgets, seeds, many = ((60, 120), 2, 300) if QUICK else ((100, 300), 2, 1500)
    for target, numbers in classes.items():
        black_box = predictor(model)
        start = time.perf_counter()
        long = _limens(black_box, photo, labels, target, many, 99)
        total = time.perf_counter() - start
        outside = total - long.cost.model_seconds
        truth = long.effects.values
        rms = float(np.sqrt((long.effects.standard_errors**2).mean() / (truth**2).mean()))
        print(f"{target}: p = {long.prediction:.4f}; truth from {many} rows, known to {rms:.3f} of its size")
        inside = long.cost.model_seconds
        print(f"  limen: {outside:.2f} s outside the model ({outside / many * 1e3:.2f} ms a row), {inside:.1f} s in it")
        for rows in budgets:
            ours, theirs, beside = [], [], []
            for seed in range(seeds):
                ours.append(
                    relative_error(_limens(predictor(model), photo, labels, target, rows, seed).effects.values, truth)
                )
                effects, outside, _ = _limes(answer, pixels, labels, numbers, rows, seed)
                theirs.append(relative_error(effects, truth))
                beside.append(outside / rows * 1e3)
            a, b = np.mean(ours), np.mean(theirs)
            print(
                f"  {rows:5d} rows: error limen {a:.3f}, lime {b:.3f}, ratio {b / a:.2f}; "
                f"lime outside the model {np.mean(beside):.2f} ms a row"
            )
        for kind in ("Lime", "KernelShap"):
            outside = _captums(model, pixels, labels, numbers, budgets[-1], kind)
            print(f"  captum {kind}: {outside / budgets[-1] * 1e3:.2f} ms a row outside the model ({budgets[-1]} rows)")


if __name__ == "__main__":
    main()
