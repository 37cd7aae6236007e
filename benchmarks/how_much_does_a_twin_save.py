"""How much time does a twin in eight bits save, to the error that 1,000 rows of ResNet-50 give without it?

On one of two photos what was hoped for, on the other half of it (goals 2.5 with ONNX Runtime, 4 with torch). Fifty
superpixels, four seeds, errors of effects against a run of 5,000 rows. dog_beagle.jpg: 1,000 rows without a twin are
off by .0033 and take 31 s (ONNX) or 84 (torch); 60 rows with 1,000 of the twin are off by .0034 in 12 and 15 s: 2.6 and
5.6 times less. burger.jpg (cheeseburger): .0045; 60 with 1,000 .0059 in 2.1 and 4.8 times less, which is 1.3 and 2.8
times less at the same error (squared errors fall as one over the rows; other work disturbed the clock).
The model takes 24 (ONNX) and 77 ms (torch) a row, the twin 8, so that no more than 3 and 9 times less is to be had.
What is told is more than what is wrong, most so with few rows (.0065 for .0034 of the dog). The process's own errors
beside them (as without a twin) made that 1.3 times, but a twin that is badly off then told four fifths of its errors,
so they are left out.

With twelve superpixels of three photos, where every answer of both is known, the process without a twin is so good that
nothing is saved from 500 rows on (relative errors at 200, 500, 1,000 rows .030, .007, .003; 50 rows with 480 of the
twin .027, 200 with 990 .014), and 2.0 times (torch) beside 200 rows.

2026-11-26, twelve superpixels: ten seeds; 2 shared cores.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass

import numpy as np

import limen
import mask_peers
from common import heading, needed, relative_error, show
from exact_answers import photos
from limen.models import Twin, int8_twin, predictor
from mask_games import Case

SEGMENTS = 50
SHARES = ((60, 600), (60, 1000), (80, 1000), (100, 1000), (150, 1000), (100, 1500))
"""Rows of the model and of the twin."""


@dataclass(frozen=True)
class Options:
    """How long to measure: rows of the run that errors are taken from, and seeds."""

    reference: int
    seeds: int


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
    onnx: object, cheap: object, paces: dict[str, float], photo: object, target: str | None, many: int, options: Options
) -> list[list[str]]:
    """A row of the table for the model alone with `many` and fewer rows, and one for each share with the twin.

    Errors are those against a long run of the model alone. Seconds are the clock's with ONNX Runtime, and as many more
    with torch as its rows take longer.
    """
    truth = explained(onnx, options.reference, photo, target, seed=99)[0].effects.values
    slower = paces["torch"] - paces["ONNX Runtime"]

    def row(name: str, model: object, rows: int) -> tuple[str, float, float, float, float]:
        found = [explained(model, rows, photo, target, seed) for seed in range(options.seeds)]
        off = float(np.sqrt(np.mean([(one.effects.values - truth) ** 2 for one, _ in found])))
        told = float(np.sqrt(np.mean([size(one) ** 2 for one, _ in found])))
        spent = float(np.mean([seconds for _, seconds in found]))
        return name, off, told, spent, spent + rows * slower

    asked = [row(f"no twin, {rows:,} rows", onnx, rows) for rows in (many, many // 2)]
    for rows, of_twin in SHARES:
        name = f"twin, {rows} rows, {of_twin:,} of the twin"
        asked.append(row(name, Twin(onnx, cheap, of_twin / rows), rows))
    alone, lines = asked[0], []
    for name, off, told, *spent in asked:
        equal = (off / alone[1]) ** 2  # by which the rows would have to grow for the same error
        times = [one / other for one, other in zip(alone[3:], spent, strict=True)]
        cells = [f"{one:.1f} ({one / equal:.1f})" for one in times]
        lines.append([name, f"{off:.5f}", f"{told:.5f}", *(f"{one:.1f}" for one in spent), *cells])
    return lines


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
    parser.add_argument("--quick", action="store_true", help="one seed, one photo of twelve superpixels")
    parser.add_argument("--photo", default="dog_beagle.jpg", help="of data/images/cc0")
    parser.add_argument("--target", default="beagle", help="the class, such as cheeseburger for burger.jpg")
    parser.add_argument("--reference", type=int, default=5000, help="rows of the run that errors are taken from")
    parser.add_argument("--seeds", type=int, default=4)
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
    long = Options(options.reference, 1 if options.quick else options.seeds)
    rows = measured(onnx, twin.cheap, paces, photo, target, 1000, long)
    columns = ["ResNet-50, 50 superpixels", "error", "as told", "s, ONNX", "s, torch", "times ONNX", "times torch"]
    show(columns, rows)
    print(
        f"Means of {long.seeds} seeds; times: seconds of 1,000 rows without a twin over those here; in brackets at the "
        "error of the former (squared errors fall as one over the rows). Goals: 2.5 (ONNX), 4 (torch)."
    )


if __name__ == "__main__":
    main()
