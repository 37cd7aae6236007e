"""How many rows does a photo need until another seed names the same five parts, and how far off are its effects?

With twelve superpixels, all 4,096 answers known, limen needs 128 rows for a top-5 Jaccard index of .9, captum's Lime
under the same law 891, lime 1,682; limen's errors are a tenth of lime's at 500 rows. For Shapley values limen needs 174
rows, shap's KernelExplainer 844, captum's KernelShap more than 2,000. With fifty superpixels limen is ahead of lime's
ridge from 200 rows on; at 100, two rows a part, they are level (.48 and .47 beside .48 and .43).

Twelve superpixels, float32; relative error of the effects, and Jaccard index over all pairs of seeds:

    lime's law             50 rows    100        200        500        1,000      2,000      rows for .9
    limen                  .080 .67   .027 .86   .013 .97   .003 1.00  .001 1.00  .001 1.00      128
    lime                   .216 .49   .117 .56   .068 .75   .037 .79   .024 .88   .017 .91      1682
    captum Lime            .120 .57   .071 .72   .050 .77   .032 .86   .023 .91   .016 .97       891

    Shapley values
    limen                  .076 .66   .025 .86   .012 .91   .003 .92   .001 .91   .001 .92       174
    shap KernelExplainer   .070 .57   .043 .76   .026 .83   .016 .87   .010 .91   .006 .92       844
    captum KernelShap      .162 .46   .095 .54   .066 .63   .041 .73   .027 .82   .020 .85   over 2000

Fifty superpixels of `dog_beagle.jpg`. The Jaccard index, of two seeds and so of one pair, is no more than a hint. The
truth is limen's run of 2,000 rows (`--long 2000 --seeds 2`; the default is 5,000 and 3), which is itself off by .07:

    dog                    100        200        500        1,000      rows for .9
    limen                  .476 .43   .247 .67   .140 1.00  .092 1.00      380
    lime                   .483 .43   .376 .43   .185 .67   .146 1.00      812
    beagle
    limen                  .466 .43   .180 .67   .140 1.00  .077 1.00      380
    lime                   .429 .43   .284 .67   .168 .67   .139 .67   over 1000

All get the same superpixels, fill (the mean colour) and answers; a peer sees a game of masks. lime's kernel and ridge
are its own; captum's Lime has lime's kernel and a plain line, because its default lasso (.01) and width (1) estimate
something else. shap's Partition is not here: it gives Owen values of blocks of pixels, the same for every seed.

The small games are `--photos 2` (the default is 3), 10 seeds, the class of the box. The table of fifty was made with
`--engine bfloat16`, because the cores were busy; the default asks in float32 (25 minutes of a core the first time).
2026-11-26, 2 shared cores of a Xeon with AMX, one thread.
"""

from __future__ import annotations

import argparse
import itertools
import math
import os
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when numpy is loaded

import numpy as np

import limen
from common import every_mask, heading, relative_error, show
from mask_peers import captum_effects, lime_effects, limen_effects, shap_effects
from photos import Answer, Floats, Game, boxed, resnet

COUNT, GOAL = 5, 0.9
LADDER = (100, 200, 500, 1000)
SHAPLEY = limen.sampling.Shapley()
FEWEST, FEW, SEGMENTS = 9, 12, 50
"""Superpixels: of the photos whose every answer is asked for, in a quick run and a full one, and of the other."""
LONG = 99
"""The seed of the reference run."""
TARGETS = {"dog": list(range(151, 269)), "beagle": [162]}
Method = Callable[[Answer, int, int, int], Floats]
"""Takes a game's answer, its parts d, rows and seed; gives effects (d)."""
METHODS: dict[str, dict[str, Method]] = {
    "lime's law": {
        "limen": lambda *way: limen_effects(*way).effects.values,
        "lime": lime_effects,
        "captum Lime": lambda *way: captum_effects(*way, "Lime, lime's law"),
    },
    "Shapley values": {
        "limen": lambda *way: limen_effects(*way, SHAPLEY).effects.values,
        "shap KernelExplainer": shap_effects,
        "captum KernelShap": lambda *way: captum_effects(*way, "KernelShap"),
    },
}


@dataclass(frozen=True, eq=False)
class Case:
    """A game of d parts, and its true effects (d) under the law."""

    answer: Answer
    n_parts: int
    truth: Floats


def known(game: Game) -> dict[str, Case]:
    """A photo in few superpixels: all 2^d answers are asked for, so the truth under each law is exact."""
    d, answer = game.n_parts, game.answer(next(iter(game.targets)))
    answer(every_mask(d))
    game.keep()
    cases = {}
    for law in METHODS:
        exact = limen_effects(answer, d, 2**d + 2, 0, SHAPLEY if law == "Shapley values" else None)
        assert exact.status is limen.results.Status.EXACT
        cases[law] = Case(answer, d, exact.effects.values)
    return cases


def runs(method: Method, case: Case, rows: int, seeds: int) -> Floats:
    """The effects (seeds, d)."""
    return np.stack([method(case.answer, case.n_parts, rows, seed) for seed in range(seeds)])


def jaccard(effects: Floats) -> float:
    """The mean Jaccard index of the five largest effects over all pairs of seeds (seeds, d)."""
    tops = [set(np.argsort(-np.abs(one), kind="stable")[:COUNT].tolist()) for one in effects]
    return float(np.mean([len(one & other) / len(one | other) for one, other in itertools.combinations(tops, 2)]))


def needed_rows(ladder: tuple[int, ...], indices: list[float]) -> str:
    """Where the index first reaches the goal, between the budgets on a logarithmic scale."""
    if indices[0] >= GOAL:
        return f"under {ladder[0]}"
    for (few, low), (many, high) in itertools.pairwise(zip(ladder, indices, strict=True)):
        if high >= GOAL:
            share = (GOAL - low) / (high - low)
            return f"{math.exp(math.log(few) + share * math.log(many / few)):.0f}"
    return f"over {ladder[-1]}"


def lines(methods: dict[str, Method], cases: list[Case], ladder: tuple[int, ...], seeds: int) -> Iterator[list[str]]:
    """For each method its errors and Jaccard indices at each budget, means over the cases, and the rows needed."""
    for name, method in methods.items():
        errors, indices = [], []
        for rows in ladder:
            found = [runs(method, case, rows, seeds) for case in cases]
            errors.append(
                np.mean(
                    [[relative_error(one, case.truth) for one in each] for case, each in zip(cases, found, strict=True)]
                )
            )
            indices.append(float(np.mean([jaccard(each) for each in found])))
        told = [f"{error:.3f} {index:.2f}" for error, index in zip(errors, indices, strict=True)]
        yield [name, *told, needed_rows(ladder, indices)]


def titles(ladder: tuple[int, ...]) -> list[str]:
    """What stands over the columns."""
    return ["error, Jaccard", *(f"{rows:,} rows" for rows in ladder), f"rows for {GOAL}"]


def small(ladder: tuple[int, ...], seeds: int, count: int, parts: int, engine: str) -> None:
    """Photos of few superpixels, whose most probable class is explained."""
    model = resnet(engine)
    assert model.classes is not None
    cases = []
    for photo in boxed()[:count]:
        targets = {photo.label: [model.classes.index(photo.label)]}
        cases.append(known(Game(model, photo, parts, targets, engine)))
    for law, methods in METHODS.items():
        print(f"{law}, {count} photos of at most {parts} superpixels, {seeds} seeds; the truth is exact")
        show(titles(ladder), list(lines(methods, [case[law] for case in cases], ladder, seeds)))


def large(ladder: tuple[int, ...], seeds: int, long: int, engine: str) -> None:
    """One photo of 50 superpixels: the truth is a long run of limen's, with a seed of its own."""
    photo = next(photo for photo in boxed() if photo.name.endswith("dog_beagle.jpg"))
    game = Game(resnet(engine), photo, SEGMENTS, TARGETS, engine)
    methods = {name: METHODS["lime's law"][name] for name in ("limen", "lime")}
    for target in TARGETS:
        answer = game.answer(target)
        reference = limen_effects(answer, game.n_parts, long, LONG)
        game.keep()
        truth, errors = reference.effects.values, reference.effects.standard_errors
        case = Case(answer, game.n_parts, truth)
        size = math.sqrt((errors**2).mean() / (truth**2).mean())
        print(f"{target}, {photo.name}, {game.n_parts} superpixels, {seeds} seeds, known to {size:.3f} ({long:,} rows)")
        table = []
        for line in lines(methods, [case], ladder, seeds):
            game.keep()
            table.append(line)
        show(titles(ladder), table)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer photos, seeds and rows")
    parser.add_argument("--part", choices=("small", "large", "both"), default="both", help="12 or 50 superpixels")
    parser.add_argument("--engine", choices=("onnx", "bfloat16"), default="onnx")
    parser.add_argument("--seeds", type=int, default=3, help="for 50 superpixels")
    parser.add_argument("--long", type=int, default=5000, help="rows of the reference run for 50 superpixels")
    parser.add_argument("--photos", type=int, default=3, help="of 12 superpixels, each 4,096 rows the first time")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    heading("lime", "captum", "shap")
    if given.part != "large":
        if given.quick:
            small((100, 500), 4, 1, FEWEST, given.engine)
        else:
            small((50, *LADDER, 2000), 10, given.photos, FEW, given.engine)
    if given.part != "small":
        if given.quick:
            large(LADDER[:2], 2, 1000, given.engine)
        else:
            large(LADDER, given.seeds, given.long, given.engine)


if __name__ == "__main__":
    main()
