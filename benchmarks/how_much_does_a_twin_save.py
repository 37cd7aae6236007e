"""How much time does a twin in eight bits save, to the error that 1,000 rows of ResNet-50 give without it?

Less than hoped for: beside 1,000 rows 1.2 and 1.8 times with ONNX Runtime and 2.8 and 3.2 with torch (goals 2.5 and 4),
beside 500 rows 1.8 and 1.9, 3.7 and 3.9, of two photos with fifty superpixels, by effects against a run of 4,000 rows.
dog_beagle.jpg (parts that the model's crop cuts away are one): 1,000 rows without a twin are off by .0031, 500 by
.0041; 60 rows with 581 of the twin by .0038, 200 with 991 by .0029. burger.jpg (cheeseburger): .0058 and .0104; 60 with
581 .0095, 100 with 1,961 .0050. The model takes 24 (ONNX) and 69 ms (torch) a row, the twin 8: 2.8 and 8 times less.
What is told is more than what is wrong, most so with few rows (.0082 for .0038), so by it a twin saves .7 to 1.3 and
1.2 to 2.7 times.

With twelve superpixels of three photos, where every answer of both is known, the process without a twin is so good that
nothing is saved from 500 rows on (relative errors at 200, 500, 1,000 rows .030, .010, .004; 100 rows with 980 of the
twin .022, 200 with 4,096 .013), and 1.8 times (torch) beside 200 rows. The copy whose logits were rounded too had
.060 and .033.

2026-11-26, one seed (twelve superpixels: ten), 2 shared and busy cores.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

import limen
import mask_peers
from common import heading, needed, relative_error, show
from exact_answers import photos
from limen.models import Twin, int8_twin, predictor
from mask_games import Case

SEGMENTS = 50
ROWS = (60, 100, 200)
RATIOS = (10.0, 20.0)


def explained(
    model: object, rows: int, photo: object, target: str | None, seed: int = 0
) -> tuple[limen.Explanation, float]:
    """An explanation, and the seconds that it took."""
    start = time.perf_counter()
    found = limen.explain(
        model,
        photo,
        domain=limen.Image(SEGMENTS),
        target=target,
        surrogate=limen.Linear(),
        budget=rows,
        seed=seed,
        on_doubt="ignore",
    )
    return found, time.perf_counter() - start


def size(found: limen.Explanation) -> float:
    """The root mean square of the standard errors of all effects."""
    return float(np.sqrt(np.mean(found.effects.standard_errors**2)))


def pace(model: object, photo: object, target: str | None, rows: int = 160) -> float:
    """Seconds a row of a model."""
    asked = predictor(model)
    explained(asked, rows, photo, target)
    return asked.seconds / asked.rows


def measured(
    onnx: object,
    cheap: object,
    paces: dict[str, float],
    photo: object,
    many: int,
    ratios: tuple[float, ...],
    reference: limen.Explanation,
    target: str | None,
) -> list[list[str]]:
    """A row of the table for the model alone, and one for each budget and ratio of the twin.

    reference: a long run of the model alone, which errors are taken from.
    """

    def off(found: limen.Explanation) -> float:
        return float(np.sqrt(np.mean((found.effects.values - reference.effects.values) ** 2)))

    alone, spent = explained(onnx, many, photo, target)
    rows = [[f"no twin, {many} rows", f"{size(alone):.5f}", f"{off(alone):.5f}", f"{spent:.0f}", "1.0", "1.0", "1.0"]]
    for fewer in (200, 500):
        found, spent = explained(onnx, fewer, photo, target)
        rows.append([f"no twin, {fewer} rows", f"{size(found):.5f}", f"{off(found):.5f}", f"{spent:.0f}", "", "", ""])
    for ratio in ratios:
        for budget in ROWS:
            found, spent = explained(Twin(onnx, cheap, ratio), budget, photo, target)
            assert found.proxy is not None
            told = found.proxy
            needs = (size(found) / size(alone)) ** 2  # by which the rows would have to grow for the same error
            spent_on_twin = told.twin_rows * paces["int8"]
            times = [
                many * paces[engine] / ((budget * paces[engine] + spent_on_twin) * needs)
                for engine in ("ONNX Runtime", "torch")
            ]
            name = f"twin, {budget} rows, {told.twin_rows} of the twin"
            cells = [f"{size(found):.5f}", f"{off(found):.5f}", f"{spent:.0f}", *(f"{one:.1f}" for one in times)]
            rows.append([name, *cells, f"{(size(alone) / size(found)) ** -2:.2f}"])
    return rows


def by_truth(paces: dict[str, float], most: int, seeds: int = 10) -> list[list[str]]:
    """A row for each budget and ratio, of photos with 12 superpixels whose every mask both models were asked."""
    pairs = [
        (Case(one, True), Case(other, True)) for one, other in zip(photos(False, most), photos(True, most), strict=True)
    ]
    truths = [case.truth("lime") for case, _ in pairs]

    def error(rows: int, ratio: float | None) -> tuple[float, float, float]:
        squares, asked, told = [], [], []
        for (case, twin), truth in zip(pairs, truths, strict=True):
            for seed in range(seeds):
                cheap = None if ratio is None else (twin.answer, ratio)
                found = mask_peers.limen_effects(
                    case.answer, len(truth), rows, seed, surrogate=limen.Linear(), twin=cheap
                )
                squares.append(relative_error(found.effects.values, truth) ** 2)
                asked.append(0 if found.proxy is None else found.proxy.twin_rows)
                told.append(np.mean(found.effects.standard_errors**2) / np.mean(truth**2))
        return float(np.sqrt(np.mean(squares))), float(np.mean(asked)), float(np.sqrt(np.mean(told)))

    found = []
    wanted = {many: error(many, None)[0] for many in (200, 500, 1000)}
    for many, reached in wanted.items():
        found.append([f"no twin, {many} rows", f"{reached:.4f}", f"{error(many, None)[2]:.4f}", *[""] * 6])
    for ratio in (5.0, 10.0, 20.0, 40.0):
        for rows in (30, 50, 100, 200):
            reached, of_twin, told = error(rows, ratio)
            cells = []
            for engine in ("ONNX Runtime", "torch"):
                spent = rows * paces[engine] + of_twin * paces["int8"]
                cells += [
                    f"{many * paces[engine] / spent:.1f}" if reached <= one else "-" for many, one in wanted.items()
                ]
            found.append([f"twin, {rows} rows, {of_twin:.0f} of the twin", f"{reached:.4f}", f"{told:.4f}", *cells])
    return found


def main() -> None:
    """Measure the pace of each engine, then errors and times with and without the twin."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="200 rows in the place of 1,000, one ratio")
    parser.add_argument("--photo", default="dog_beagle.jpg", help="of data/images/cc0")
    parser.add_argument("--target", default="beagle", help="the class, such as cheeseburger for burger.jpg")
    parser.add_argument("--reference", type=int, default=4000, help="rows of the run that errors are taken from")
    options = parser.parse_args()
    heading("torch", "onnxruntime")
    photo, target = needed(f"data/images/cc0/{options.photo}"), options.target
    onnx, torch = limen.zoo.resnet50(engine="onnx"), limen.zoo.resnet50()
    start = time.perf_counter()
    twin = int8_twin(onnx, photo)
    print(f"The twin was made, or found, in {time.perf_counter() - start:.0f} s.")
    paces = {
        "ONNX Runtime": pace(onnx, photo, target),
        "torch": pace(torch, photo, target),
        "int8": pace(twin.cheap, photo, target),
    }
    print(", ".join(f"{name} {1000 * one:.0f} ms a row" for name, one in paces.items()) + "\n")
    columns = ["12 superpixels, every mask known", "relative error", "as told"]
    columns += [f"{engine}, as {many}" for engine in ("ONNX", "torch") for many in (200, 500, 1000)]
    show(columns, by_truth(paces, 1 if options.quick else 3))
    print("Times less time than so many rows without a twin; - where the error is larger than theirs.\n")
    many = 200 if options.quick else 1000
    reference, _ = explained(onnx, options.reference, photo, target, seed=99)
    rows = measured(onnx, twin.cheap, paces, photo, many, RATIOS[: 1 if options.quick else None], reference, target)
    columns = [
        "ResNet-50, 50 superpixels",
        "standard error",
        "error",
        "s",
        "times ONNX",
        "times torch",
        "error² ratio",
    ]
    show(columns, rows)
    print(
        "times: seconds of the model without a twin over those with one, at the error of the former (squared errors "
        "fall as one over the rows), at the pace of each engine. Goals: 2.5 (ONNX), 4 (torch)."
    )


if __name__ == "__main__":
    main()
