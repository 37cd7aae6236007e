"""Does the map of an explanation find the object: by deletion, insertion and the pointing game?

Of limen's ways five segmentations do best. With eight photos few differences are more than chance: at equal rows limen,
lime, captum's Lime and occlusion cannot be told apart. shap's Partition inserts better than limen's default (.07 ± .03)
and points to the box every time, as limen with five segmentations does, which lies between in insertion (.02 ± .03).
limen's Shapley values are level with its effects, captum's behind in insertion (.07 ± .03) and mass (.08 ± .02).
captum's Lime, of which the lasso leaves a few parts, or none on one photo, has the most of its mass in the box. Mean ±
standard error, 8 photos:

                              deletion       insertion     pointing      mass in box
    limen                     .191 ± .088    .733 ± .080    .978 ± .022   .778 ± .079
    limen, 5 segmentations    .138 ± .050    .757 ± .074   1.000 ± .000   .767 ± .091
    limen, Shapley            .168 ± .072    .730 ± .080    .978 ± .022   .758 ± .084
    lime                      .210 ± .108    .700 ± .090    .832 ± .107   .730 ± .110
    lime, limen's parts       .185 ± .089    .718 ± .085    .978 ± .022   .753 ± .088
    captum Lime               .208 ± .088    .715 ± .081    .930 ± .050   .908 ± .048
    captum KernelShap         .212 ± .077    .664 ± .085   1.000 ± .000   .697 ± .093
    captum Occlusion          .209 ± .085    .643 ± .094    .750 ± .164   .742 ± .107
    shap Partition            .127 ± .048    .806 ± .055   1.000 ± .000   .778 ± .083
    GradCAM (sees inside)     .135 ± .039    .661 ± .100   1.000 ± .000   .740 ± .101
    IntegratedGradients (too) .108 ± .052    .341 ± .099    .875 ± .125   .674 ± .095
    centre of the photo       .306 ± .095    .521 ± .096    .875 ± .125   .679 ± .114
    random parts              .417 ± .101    .459 ± .113    .316 ± .131   .537 ± .106

500 rows each, float32 in ONNX Runtime. Of the 14 photos with boxes the files of 8 are there. The class is the box's,
which is also the predicted one; boxes cover 55 % of what the model sees, and mostly its middle, so the pointing game is
easy: the centre of the photo, which asks no model, scores .875.

How: all explain the same 224 × 224 pixels. limen, and the peers on its parts, have 50 SLIC superpixels in their mean
colour, at 5 segmentations 100 rows and so 33 parts each; a part's effect is divided by its area. lime has its own
quickshift and weights. captum's Lime is its default (lasso .01, width 1), but with the cosine of masks, not of pixels.
Occlusion moves a square of 32 pixels over the model's mean grey. Partition hides blocks of pixels by a blur, which is
also where insertion starts, and so is favoured by it. Deletion (the smaller, the better) goes to grey, insertion starts
from the blur (Petsiuk et al., RISE, BMVC 2018), in 14 steps of equal area. Pointing: the share of the highest pixels
that lie in the box (Zhang et al., ECCV 2016); mass: of the positive values (Wang et al., Score-CAM, CVPRW 2020).

2026-11-26, 2 shared cores of a Xeon with AMX, one thread: an hour, while other work held both.
"""

from __future__ import annotations

import argparse
import math
import os
import time
import warnings

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when numpy is loaded

import numpy as np

from common import heading, show
from photo_maps import METHODS, Question
from photos import CACHE, MEAN, SIDE, Floats, boxed, planes, resnet

STEPS = 14
"""Steps of a curve, each another 14th of the pixels."""
COLUMNS = ("deletion", "insertion", "pointing", "mass in box")


def scores(question: Question, found: Floats) -> list[float]:
    """Deletion area, insertion area, share of the highest pixels in the box, share of the positive mass in the box."""
    order = np.argsort(-found.ravel(), kind="stable")
    pixels, blurred = question.photo.pixels.reshape(-1, 3), question.blurred.reshape(-1, 3)
    grey = np.broadcast_to(np.rint(MEAN).astype(np.uint8), pixels.shape)
    areas = []
    for start, end in ((pixels, grey), (blurred, pixels)):
        images = np.repeat(start[None], STEPS + 1, axis=0)
        for step in range(1, STEPS + 1):
            gone = order[: round(step * len(order) / STEPS)]
            images[step, gone] = end[gone]
        p = question.asked(images.reshape(-1, SIDE, SIDE, 3))
        areas.append(float((p[1:] + p[:-1]).mean() / 2))
    inside, positive = question.photo.inside, found.clip(0)
    if not positive.any():  # captum's lasso may leave nothing
        positive = np.ones_like(found)
    return [*areas, float(inside[found == found.max()].mean()), float(positive[inside].sum() / positive.sum())]


def scored(question: Question, name: str, afresh: bool) -> list[float]:
    """The scores of a method on a photo, and what it cost; kept, so that a run that is cut off loses nothing."""
    stem = question.photo.name.replace("/", "-").rsplit(".", 1)[0]
    file = CACHE / "maps" / f"{stem}, {name}, {question.rows} rows, {question.engine}.npz"
    if afresh or not file.exists():
        start = time.process_time()
        found = METHODS[name](question)
        spent = time.process_time() - start
        kept = scores(question, found)
        file.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(file, map=found.astype(np.float32), scores=kept)
        told = ", ".join(f"{title} {value:.3f}" for title, value in zip(COLUMNS, kept, strict=True))
        print(f"{stem}: {name}: {told} ({spent:.0f} s)", flush=True)
    return np.load(file)["scores"].tolist()


def table(results: dict[str, list[list[float]]]) -> list[list[str]]:
    """Mean and standard error over the photos for each method."""
    rows = []
    for name, each in results.items():
        values = np.array(each)
        errors = values.std(axis=0, ddof=1) / math.sqrt(len(values)) if len(values) > 1 else np.full(4, np.nan)
        cells = [f"{m:.3f} ± {e:.3f}" for m, e in zip(values.mean(axis=0), errors, strict=True)]
        rows.append([name, *cells])
    return rows


def main() -> None:
    """Print the scores of every method, and how far each is from limen's, photo by photo."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=500)
    parser.add_argument("--photos", type=int, default=99, help="the first so many photos that have a box")
    parser.add_argument("--afresh", action="store_true", help="use no map of an earlier run")
    parser.add_argument("--engine", choices=("onnx", "bfloat16"), default="onnx")
    parser.add_argument("--quick", action="store_true", help="two photos, 100 rows")
    given = parser.parse_args()
    rows, most = (100, 2) if given.quick else (given.rows, given.photos)
    warnings.simplefilter("ignore")
    import torch

    torch.set_num_threads(1)
    heading("lime", "captum", "shap")
    model, torch_model, photos = resnet(given.engine), resnet("torch"), boxed()[:most]
    results: dict[str, list[list[float]]] = {name: [] for name in METHODS}
    for photo in photos:
        question = Question(photo, model, given.engine, torch_model, rows)
        assert int(model.answer(planes(photo.pixels)[None])[0].argmax()) == question.column
        for name in METHODS:
            results[name].append(scored(question, name, given.afresh))
    chance = np.mean([photo.inside.mean() for photo in photos])
    print(f"{len(photos)} photos, {rows} rows; boxes cover {chance:.0%} of what the model sees\n")
    show(("", *COLUMNS), table(results))
    ours = np.array(results["limen"])
    beside = {name: (np.array(each) - ours).tolist() for name, each in results.items() if name != "limen"}
    print("The same less limen's, photo by photo")
    show(("", *COLUMNS), table(beside))


if __name__ == "__main__":
    main()
