"""How many model rows do limen, lime, shap and shapiq need for the same error of their effects and interactions?

For the error that limen reaches at 200 rows lime needs 4.2 (Transformer), 2.5 (MiniLM), 21 (ResNet-50) and 22 times
(boosting on Adult) the rows, median 12.5; at 500 rows 14, 3.5, 150 and 350 times, median 83 (goal 10). limen's error is
below every peer's in every cell, from 50 rows on: lime 1.4 to 55 times, shap's KernelExplainer 1.1 to 45, shapiq's
paired KernelSHAP 1.04 to 34 times as large, kADDSHAP 1.1 to 23; ProxySPEX 1.3 to 162 times but at 50 rows of MiniLM,
where it is ahead by 3 % (6 + 6 comments, 6 photos, 6 rows, 2 seeds). The weakest cells are MiniLM's. shapiq's paired
RegressionFSII is 2.7 to 16 times off in interactions at 500 and 1,000 rows, 4 to 47 at 200, and tells nothing below
(relative errors of 11 to 270, limen .27 to .8).

Made-up games, 4 of each, 2 seeds. Three of 12 parts known to the last digit from 500 rows on. Polynomials of 30 parts,
Shapley values at 100 to 1,000 rows .164, .085, .045, .033, paired KernelSHAP .187, .106, .054, .031: level at 1,000,
where pairs of complements leave nothing for a process to learn; of 60 parts .77, .19, .095, .053, paired KernelSHAP
3.3, .21, .097, .061. At 1,000 rows a process was taken that was worse (.069) until the variances decided.

2026-11-26: 10 comments for each Transformer, 6 photos, 10 rows, 2 seeds; a quarter of an hour of a thread.
"""

from __future__ import annotations

import argparse
import itertools
import os
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import numpy as np
from numpy.typing import NDArray

import limen
import mask_peers
from common import LIME, SHAPLEY, Game, every_mask, heading, lime_effects, relative_error, show, synthetic
from exact_answers import FAMILIES, games
from mask_games import Case, pairs_of, polynomials

BUDGETS = (50, 100, 200, 500, 1000)
MADE_UP = ("synthetic", "polynomial 30", "polynomial 60")
SLOW = ("limen, pairs", "shapiq RegressionFSII, paired", "shapiq kADDSHAP", "shapiq ProxySPEX")
WITHOUT = {MADE_UP[1]: SLOW, MADE_UP[2]: SLOW}
"""Methods that are left out: what takes minutes an explanation with 30 parts or more."""
REAL = ("Transformer", "MiniLM", "ResNet-50", "boosting")
Floats = NDArray[np.float64]
Method = Callable[["Case", int, int], Floats]


def lime(case: Case, rows: int, seed: int) -> Floats:
    """Lime for texts, the text itself among its samples; or lime for images."""
    if case.image:
        return mask_peers.lime_effects(case.answer, case.game.n_parts, rows, seed)
    return lime_effects(case.game.text, case.game.model, rows, seed)


def shap(case: Case, rows: int, seed: int) -> Floats:
    """KernelExplainer without feature selection; it asks for the two ends beside its samples."""
    import logging

    logging.getLogger("shap").setLevel(logging.WARNING)
    return mask_peers.shap_effects(case.answer, case.game.n_parts, rows - 2, seed)


def shapiq(name: str, index: str = "SV", **options: Any) -> Method:
    """One of shapiq's approximators, all of whose evaluations count as rows."""

    def method(case: Case, rows: int, seed: int) -> Floats:
        from shapiq import approximator

        d = case.game.n_parts
        approximate = getattr(approximator, name)(n=d, random_state=seed, **options).approximate
        values = approximate(rows, case.answer)
        lookup = values.interaction_lookup
        keys = itertools.combinations(range(d), 1 if index == "SV" else 2)
        return np.array([values.values[lookup[key]] if key in lookup else 0.0 for key in keys])

    return method


def limen_pairs(case: Case, rows: int, seed: int) -> Floats:
    """Limen's quadratic under the Shapley law."""
    return pairs_of(case.explained(SHAPLEY, rows, seed, limen.Quadratic()))


METHODS: dict[str, tuple[str, Method]] = {
    "limen, lime's law": ("lime", lambda case, rows, seed: case.limen(LIME, rows, seed)),
    "lime": ("lime", lime),
    "limen, Shapley": ("shapley", lambda case, rows, seed: case.limen(SHAPLEY, rows, seed)),
    "shap KernelExplainer": ("shapley", shap),
    "shapiq KernelSHAP, paired": ("shapley", shapiq("KernelSHAP", pairing_trick=True)),
    "shapiq kADDSHAP": ("shapley", shapiq("kADDSHAP", max_order=2)),
    "shapiq ProxySPEX": ("shapley", shapiq("ProxySPEX", index="SV", max_order=1)),
    "limen, pairs": ("pairs", limen_pairs),
    "shapiq RegressionFSII, paired": ("pairs", shapiq("RegressionFSII", "FSII", max_order=2, pairing_trick=True)),
}
PALE, MARKERS = ("#b35900", "#7a7a7a", "#2a9d5c", "#a0457e"), "oosDv^oso"
"""Colours of the peers, and a marker for each method in its place, which tells them apart without colour."""
OURS = {"lime": "limen, lime's law", "shapley": "limen, Shapley", "pairs": "limen, pairs"}


def made_up(d: int = 12, count: int = 6) -> list[Game]:
    """Games of main effects and pairs behind a logistic link, with a few products of three."""
    found = []
    for seed in range(count):
        generator = np.random.default_rng([6, seed])
        z = every_mask(d).astype(float)
        score = generator.normal() + (z - 0.5) @ (1.5 * generator.normal(size=d))
        for size in (2, 2, 2, 2, 3, 3):
            score += 1.5 * generator.normal() * z[:, generator.choice(d, size, replace=False)].prod(axis=1)
        found.append(synthetic(f"m{seed}p", 1 / (1 + np.exp(-score)), every_mask(d)))
    return found


def errors(job: tuple[str, list[Case], int]) -> list[float]:
    """The relative error of one method at each budget: root mean square over seeds, then over games; NaN: it fails."""
    name, cases, n_seeds = job
    law, method = METHODS[name]
    truths = [case.truth(law) for case in cases]
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for rows in BUDGETS:
            squares = []
            for case, truth in zip(cases, truths, strict=True):
                for seed in range(n_seeds):
                    try:
                        squares.append(relative_error(method(case, rows, seed), truth) ** 2)
                    except (limen.LimenError, ValueError, KeyError, ImportError, np.linalg.LinAlgError):
                        squares.append(np.nan)
            found.append(float(np.sqrt(np.mean(squares))))
    return found


def cases_of(family: str, most: int) -> list[Case]:
    """The games of a family, evenly chosen."""
    if family.startswith("polynomial"):
        return polynomials(int(family.split()[1]), min(most, 4))
    found = made_up() if family == "synthetic" else games(family)
    chosen = np.unique(np.linspace(0, len(found) - 1, min(most, len(found))).astype(int))
    return [Case(found[place], family == "ResNet-50") for place in chosen]


def report(found: dict[tuple[str, str], list[float]]) -> None:
    """Print errors, ratios, and how many times as many rows lime needs."""
    rows, needs = [], {200: [], 500: []}
    for (family, method), values in found.items():
        ours = found[family, OURS[METHODS[method][0]]]
        peer = method not in OURS.values()
        ratios = " ".join(f"{v / o:.2f}" for v, o in zip(values, ours, strict=True)) if peer else ""
        rows.append([f"{family}: {method}", *(f"{value:.3f}" for value in values), ratios])
        if method == "lime" and family in REAL:
            for budget, each in needs.items():
                place = BUDGETS.index(budget)
                each.append((values[place] / ours[place]) ** 2)
    show(["relative error at rows:", *map(str, BUDGETS), "ratio to limen"], rows)
    for budget, each in needs.items():
        if not each:
            return
        told = ", ".join(f"{one:.1f}" for one in each)
        print(f"For limen's error at {budget} rows lime needs {told} times the rows; median {np.median(each):.1f}.")
    print("(squared ratio of errors, since lime's fall with the root of its rows; goal 10)")


def drawn(found: dict[tuple[str, str], list[float]]) -> Any:
    """A chart: a row of panels for each kind of numbers, a panel for each family, a line for each method."""
    from matplotlib.figure import Figure

    families = list(dict.fromkeys(family for family, _ in found))
    laws = [law for law in OURS if any(METHODS[method][0] == law for _, method in found)]
    figure = Figure(figsize=(1 + 2.6 * len(families), 0.8 + 2.6 * len(laws)), layout="constrained")
    panels = figure.subplots(len(laws), len(families), squeeze=False, sharex=True)
    for row, law in zip(panels, laws, strict=True):
        for panel, family in zip(row, families, strict=True):
            methods = [method for one, method in found if one == family and METHODS[method][0] == law]
            for method in methods:
                ours, place = method == OURS[law], list(METHODS).index(method)
                style = {"linewidth": 2.4, "color": "#1a4f8b"} if ours else {"linewidth": 1.2, "color": PALE[place % 4]}
                panel.loglog(BUDGETS, found[family, method], marker=MARKERS[place], label=method, **style)  # type: ignore[arg-type]
            panel.set_title(f"{family}" if law == laws[0] else "", fontsize=10)
            panel.set_xticks(BUDGETS, [f"{rows:,}" for rows in BUDGETS], fontsize=8, minor=False)
            panel.set_xticks([], minor=True)
            panel.grid(alpha=0.3)
            panel.tick_params(labelsize=8)
            if not methods:
                panel.set_axis_off()
        row[0].set_ylabel(f"relative error, {law}", fontsize=9)
        handles, names = row[0].get_legend_handles_labels()
        row[-1].legend(handles, names, fontsize=7, loc="center left", bbox_to_anchor=(1.0, 0.5))
    figure.supxlabel("model rows", fontsize=10)
    return figure


def main() -> None:
    """Look every answer up, let every method sample, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few games and seeds")
    parser.add_argument("--games", type=int, default=30, help="most games of a family")
    parser.add_argument("--seeds", type=int, default=5, help="of each game")
    parser.add_argument("--families", nargs="*", default=[*FAMILIES, *MADE_UP], help="of games")
    parser.add_argument("--methods", nargs="*", default=list(METHODS), choices=list(METHODS), help="those to compare")
    parser.add_argument("--draw", help="a file for the chart, such as errors.png")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes")
    options = parser.parse_args()
    heading("lime", "shap", "shapiq")
    cases = {family: cases_of(family, 4 if options.quick else options.games) for family in options.families}
    labels = [(family, method) for family in cases for method in options.methods]
    labels = [one for one in labels if not (one[0] in WITHOUT and one[1] in WITHOUT[one[0]])]
    jobs = [(method, cases[family], 2 if options.quick else options.seeds) for family, method in labels]
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"  # for the workers: one core each
    with ProcessPoolExecutor(options.workers, mp_context=get_context("spawn")) as pool:
        found = dict(zip(labels, pool.map(errors, jobs), strict=True))
    report(found)
    told = ", ".join(f"{len(each)} of {family}" for family, each in cases.items())
    print(f"Games: {told}; {2 if options.quick else options.seeds} seeds each.")
    if options.draw:
        drawn(found).savefig(options.draw, dpi=150)


if __name__ == "__main__":
    main()
