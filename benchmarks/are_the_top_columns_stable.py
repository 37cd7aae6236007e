"""Does another seed name other columns as the five that matter most?

Breast cancer, random forest, top five of 30 columns, mean Jaccard index over all pairs of 10 seeds, 10 rows:

    limen, 1,000 model rows: effects in Ball(1)            .91
                             effects, default sampler      .78   (every seed may choose another width)
                             contributions                 1.00
    lime:                    1,000 rows                    .69
                             5,000 rows (its default)      .83

So the default sampler is stabler than lime at as many rows, but not than lime at its default; a named width is stabler
than both. Contributions of numbers draw nothing by chance, they are stable by construction; what they can be is wrong,
and against those from every background row their five agree by .90. Effects in Ball(1) agree with their own limit by
.94, lime's by .76 and .88. Lime asked for five columns, which it then chooses one after the other, is no stabler: .68
and .82.

2026-11-25, one thread.
"""

from __future__ import annotations

import argparse
import itertools
import os
import time
import warnings
from collections.abc import Callable

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when numpy is loaded

import numpy as np
from numpy.typing import NDArray

import limen
from common import heading, show
from table_problems import fitted
from tables import Problem, lime_explainer, lime_line

COUNT, ROWS, LIME_ROWS = 5, 1000, (1000, 5000)
LIMIT = 20_000
"""Model rows from which the order is taken for settled."""
BALL = limen.sampling.Ball(1.0)
Tops = list[list[int]]  # for each row that is explained, columns


def limen_tops(
    problem: Problem, places: list[int], sampler: limen.sampling.Ball | None, budget: int, seed: int
) -> tuple[Tops, Tops]:
    """The columns with the largest effects, and those with the largest contributions."""
    found = limen.explain(
        problem.model,
        problem.native(places),
        domain=problem.domain,
        sampler=sampler,
        budget=budget,
        seed=seed,
        on_doubt="ignore",
    )
    return [one.top(COUNT) for one in found], [largest(one.contributions.values) for one in found]


def largest(values: NDArray[np.float64]) -> list[int]:
    """The places of the values that are largest in size."""
    return np.argsort(-np.abs(values), kind="stable")[:COUNT].tolist()


def exact_contributions(problem: Problem, places: list[int]) -> Tops:
    """From f(x) less the mean answer over every value that the background has in a column."""
    found = []
    for place in places:
        x, target = problem.encoded[place], problem.target(place)
        rows = np.tile(x, (len(x), len(problem.encoded), 1))
        for column in range(len(x)):
            rows[column, :, column] = problem.encoded[:, column]
        told = problem.told(problem.answers(rows.reshape(-1, len(x))), target).reshape(len(x), -1)
        found.append(largest(problem.told(problem.answers(x[None]), target)[0] - told.mean(axis=1)))
    return found


def lime_tops(problem: Problem, places: list[int], rows: int, seed: int, num_features: int) -> Tops:
    """Lime's five: asked for five it chooses them forward, asked for all those with the largest weights are taken."""
    explainer = lime_explainer(problem, seed)
    return [lime_line(problem, explainer, place, rows, num_features).top(COUNT) for place in places]


def jaccard(first: list[int], second: list[int]) -> float:
    """|A ∩ B| / |A ∪ B|."""
    return len({*first} & {*second}) / len({*first} | {*second})


def line(name: str, rows: int, seeds: list[Tops], limit: Tops | None, seconds: float) -> list[object]:
    """A line of the table: agreement between seeds, and with the limit."""
    per_row = [
        float(np.mean([jaccard(a, b) for a, b in itertools.combinations(of_row, 2)]))
        for of_row in zip(*seeds, strict=True)
    ]
    settled = (
        "-"
        if limit is None
        else f"{np.mean([[jaccard(a, b) for a, b in zip(one, limit, strict=True)] for one in seeds]):.2f}"
    )
    each = f"{1000 * seconds / len(seeds) / len(seeds[0]):.0f}"
    return [name, rows, f"{np.mean(per_row):.2f}", f"{np.median(per_row):.2f}", f"{min(per_row):.2f}", settled, each]


def timed(call: Callable[[int], object], n_seeds: int) -> tuple[list, float]:
    """What a call gives for each seed, and the seconds of all."""
    start = time.perf_counter()
    return [call(seed) for seed in range(n_seeds)], time.perf_counter() - start


def limen_lines(problem: Problem, places: list[int], n_seeds: int) -> list[list[object]]:
    """Effects and contributions, at the width that evidence chooses and at 1."""
    table, exact = [], exact_contributions(problem, places)
    limits = {"limen, default sampler": None, "limen, Ball(1)": limen_tops(problem, places, BALL, LIMIT, 0)[0]}
    for name, limit in limits.items():
        sampler = None if limit is None else BALL
        seeds, seconds = timed(lambda seed, law=sampler: limen_tops(problem, places, law, ROWS, seed), n_seeds)
        effects, contributions = ([one[kind] for one in seeds] for kind in (0, 1))
        table.append(line(f"{name}, effects", ROWS, effects, limit, seconds))
        table.append(line(f"{name}, contributions", ROWS, contributions, exact, seconds))
    return table


def lime_lines(problem: Problem, places: list[int], n_seeds: int) -> list[list[object]]:
    """Lime's columns at as many model rows as limen has, and at its default."""
    table, everything = [], len(problem.encoded[0])
    limit = lime_tops(problem, places, LIMIT, 0, everything)
    for rows in LIME_ROWS:
        for name, features in (("largest of all weights", everything), ("five asked for", COUNT)):
            seeds, seconds = timed(lambda seed, r=rows, f=features: lime_tops(problem, places, r, seed, f), n_seeds)
            table.append(line(f"lime, {name}", rows, seeds, limit, seconds))
    return table


def main() -> None:
    """Explain the same rows with many seeds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="3 rows and 3 seeds")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    heading("lime", "scikit-learn")
    count, n_seeds = (3, 3) if options.quick else (10, 10)
    problem = fitted("breast cancer", "forest")
    places = problem.chosen(count)
    table = limen_lines(problem, places, n_seeds) + lime_lines(problem, places, n_seeds)
    title = f"breast cancer, forest: top-{COUNT} Jaccard"
    show([title, "model rows", "between seeds", "median row", "worst row", "with the limit", "ms each"], table)
    print(f"{count} rows, {n_seeds} seeds; for each row the mean over all pairs of seeds, then the mean over rows.")
    print(f"The limit: the same from {LIMIT:,} model rows; of contributions, from every row of the background.")


if __name__ == "__main__":
    main()
