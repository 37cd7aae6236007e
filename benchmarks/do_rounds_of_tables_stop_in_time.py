"""When do rows of tables stop at a tolerance, what does that save, and do their 95 % intervals still hold?

Six made functions and a known one over Adult's 14 columns, under Ball(.5), a ball whose width is chosen by evidence,
Manifold and Lime, 100 seeds each, at most 5,000 rows; effects of the line. Fixed: the same number of rows as half of
the explanations needed, without a tolerance. Mean over 28 cells, in per cent:

    stops        effects held   the largest   fixed        enough   median rows   saved   order right
    within .3    95.2           93.7          95.3, 94.7   95.4       882         72      -
    top 3        94.7           94.1          94.8, 94.0   38.6     5,000         25      99.6

Worst cells of the effects: quadratic, Manifold, top 3: 89.8 (fixed 91.6); exponential, Manifold: 90.2 for the top 3
(90.6) and 91.4 within .3 (95.4), where answers have tails as long as a lognormal's; of the largest effect exponential
with 86 to 92 (87 to 97). Adult within .3: 95.1, 94.1, 95.9, 95.3 at a median of 536, 4,999, 3,668 and 4,999 rows, for
rare states need many probes. Where two of the first four effects are nearly equal, their order takes the whole budget:
that is why so few of the top 3 are decided. Of those that are, .4 % are not in the order of the truth.

The first round has 200 probes and rounds at least double. With 50, and 1.4 times as many in each, the largest effect
was held in 91 where it is now in 94, for a sixth fewer rows (simulated on 7 of the cells, 150 seeds).

2026-11-26, full run: 7 minutes of one processor.
"""

from __future__ import annotations

import argparse
import os
import warnings
from dataclasses import dataclass
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when numpy is loaded

import numpy as np

import limen
from common import heading, show
from limen.results import Status
from limen.sampling import Ball, Lime, Manifold, Top
from table_problems import adult
from table_truths import REFERENCE, Case, cases, logistic
from tables import Floats

NAMES = ("quadratic", "logistic pair", "wave", "exponential", "trees", "mixed")
LAWS: dict[str, Any] = {"Ball(.5)": Ball(0.5), "by evidence": None, "Manifold": Manifold(), "Lime": Lime()}
RULES: dict[str, Any] = {"within .3": 0.3, "top 3": Top(3)}
BUDGET, ADULT_ROWS = 5000, 2000


@dataclass(frozen=True)
class Ended:
    """One explanation: share of its effects that hold, whether the largest does, rows, and whether it was enough.

    ordered: whether the first three are those of the truth, in its order; NaN where that was not decided.
    """

    held: float
    largest: float
    rows: int
    converged: bool
    ordered: float


def of_adult(u: Floats) -> Floats:
    """Log-odds of standardised age, education, gains and hours, and codes of marital status, occupation and sex."""
    married, clerk, first_sex = u[:, 8] == 2, u[:, 9] < 4, u[:, 12] == 0
    numbers = 0.8 * u[:, 0] - 0.3 * u[:, 0] ** 2 + 0.9 * u[:, 2] + 1.2 * (u[:, 3] > 0.1) + 0.5 * u[:, 5]
    return logistic(numbers - 1.0 + married * (1.0 + 0.5 * u[:, 2]) - 0.4 * first_sex + 0.3 * clerk)


def problems() -> list[Case]:
    """Six made ones, and a known function over Adult's columns, the numbers first."""
    frame = adult()[0].iloc[:ADULT_ROWS].reset_index(drop=True)
    numbers = frame.select_dtypes("number").columns.tolist()
    texts = [name for name in frame.columns if name not in numbers]
    return [
        *(case for case in cases() if case.name in NAMES),
        Case("Adult", of_adult, frame[numbers + texts], categories=len(texts)),
    ]


def slopes(case: Case, law: Any) -> Floats:
    """(d) Those of the best line under a law, by least squares on many probes; 0 for what does not vary."""
    drawn = law.draw(case.geometry, REFERENCE, np.random.default_rng(99))
    points, answers = law.coordinates(drawn.values, case.geometry), case.answers(drawn.values)
    varied, found = np.ptp(points, axis=0) > 0, np.zeros(points.shape[1])
    ones = np.ones((len(points), 1))
    found[varied] = np.linalg.lstsq(np.hstack([ones, points[:, varied]]), answers, rcond=None)[0][1:]
    return found


def ended(case: Case, law: Any, rule: Any, budget: int, seed: int, truths: dict[str, Floats]) -> Ended:
    """Explain once and compare; truths: slopes under the laws that were met so far, added to where one is new."""
    found = limen.explain(
        case.model,
        case.x,
        domain=case.domain,
        scale="raw",
        surrogate=limen.Linear(),
        sampler=law,
        budget=budget,
        tolerance=rule,
        seed=seed,
        on_doubt="ignore",
    )
    at = law or Ball(float(found.path.widths[found.path.chosen]) if found.path is not None else 0.5)
    if repr(at) not in truths:
        truths[repr(at)] = slopes(case, at)
    truth, effects = truths[repr(at)], found.effects
    held = (effects.low <= truth + 1e-6) & (truth - 1e-6 <= effects.high)
    converged = found.status is Status.CONVERGED
    order, true_order = (np.argsort(-np.abs(one), kind="stable")[:3] for one in (effects.values, truth))
    ordered = float((order == true_order).all()) if converged and isinstance(rule, Top) else float("nan")
    known = effects.standard_errors > 0
    return Ended(float(held[known].mean()), float(held[order[0]]), found.cost.distinct_rows + 1, converged, ordered)


def cell(case: Case, name: str, rule: str, seeds: range, truths: dict[str, Floats]) -> list[Ended]:
    """All seeds of one cell."""
    return [ended(case, LAWS[name], RULES[rule], BUDGET, seed, truths) for seed in seeds]


def per_cent(values: Any) -> str:
    """The mean of the known ones in per cent."""
    known = [value for value in values if not np.isnan(value)]
    return f"{100 * np.mean(known):.1f}" if known else "-"


def line(found: list[Ended], fixed: list[Ended]) -> list[str]:
    """What is told of a cell; fixed: the same with as many rows as half of them needed, and no tolerance."""
    return [
        per_cent([one.held for one in found]),
        per_cent([one.largest for one in found]),
        per_cent([one.held for one in fixed]),
        per_cent([one.largest for one in fixed]),
        per_cent([one.converged for one in found]),
        f"{np.median([one.rows for one in found]):,.0f}",
        f"{100 * (1 - np.mean([one.rows for one in found]) / BUDGET):.0f}",
        per_cent([one.ordered for one in found]),
    ]


def main() -> None:
    """Explain many times under both rules, and as often with a fixed budget of the median rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the seeds")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    heading()
    seeds = range(10 if options.quick else 100)
    rows: list[list[str]] = []
    pooled: dict[str, tuple[list[Ended], list[Ended]]] = {rule: ([], []) for rule in RULES}
    for case in problems():
        for name in LAWS:
            truths: dict[str, Floats] = {}
            for rule in RULES:
                found = cell(case, name, rule, seeds, truths)
                budget = int(np.median([one.rows for one in found]))
                fixed = [ended(case, LAWS[name], None, budget, seed, truths) for seed in seeds]
                rows.append([case.name, name, rule, *line(found, fixed)])
                pooled[rule][0].extend(found)
                pooled[rule][1].extend(fixed)
    rows += [["all", "", rule, *line(*both)] for rule, both in pooled.items()]
    held = ["held", "largest held", "fixed: held", "largest"]
    show(["function", "law", "stops", *held, "enough", "median rows", "saved", "order right"], rows)


if __name__ == "__main__":
    main()
