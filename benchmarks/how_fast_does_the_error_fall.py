"""How fast does the error of the effects fall with the number of model rows: limen's, lime's, shap's and shapiq's?

As rows^-0.64 under lime's law and rows^-0.74 under Shapley's (independent draws: -0.5). The plain stratified
estimator is no marvel yet: at 50 to 200 rows lime's ridge shrinks its error below limen's on the embedded model
(ratio of lime's error to limen's 0.68, 0.84, 0.84, 1.00, 1.10 at 50, 100, 200, 500, 1,000 rows; MiniLM 0.86, 1.06,
1.08, 1.18, 1.35); under Shapley's law shap's KernelExplainer, which pairs each mask with its complement, is 2 to 19
% better, shapiq's KernelSHAP 1.4 to 1.8 times worse from 100 rows on.

2026-11-22, 6 comments of 11 to 13 words, both models. Goal of this stage: at least as fast as rows^-0.5.
"""

from __future__ import annotations

import argparse
import os
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray

from common import (
    LIME,
    MODELS,
    SHAPLEY,
    Game,
    comments,
    enumerated,
    heading,
    lime_effects,
    needed,
    relative_error,
    show,
)

BUDGETS = (50, 100, 200, 500, 1000)
Method = Callable[[Game, int, int], NDArray[np.float64]]


def lookup(game: Game, masks: NDArray[np.float64]) -> NDArray[np.float64]:
    """The answers (n) to masks (n, d), by their number in binary."""
    bits = np.asarray(masks).astype(np.int64)
    found: NDArray[np.float64] = game.p[bits @ (1 << np.arange(game.n_parts)[::-1])]
    return found


def limen_under_lime(game: Game, rows: int, seed: int) -> NDArray[np.float64]:
    """The line through limen's stratified design, under lime's law."""
    return game.explain(LIME, rows, seed).effects.values


def limen_under_shapley(game: Game, rows: int, seed: int) -> NDArray[np.float64]:
    """The same under the Shapley kernel."""
    return game.explain(SHAPLEY, rows, seed).effects.values


def lime(game: Game, rows: int, seed: int) -> NDArray[np.float64]:
    """Lime, the text itself among its samples."""
    return lime_effects(game.text, game.model, rows, seed)


def shap(game: Game, rows: int, seed: int) -> NDArray[np.float64]:
    """KernelExplainer without feature selection; it asks for the two ends beside its samples."""
    import logging

    from shap import KernelExplainer

    logging.getLogger("shap").setLevel(logging.WARNING)
    d = game.n_parts
    explainer = KernelExplainer(lambda masks: lookup(game, masks), np.zeros((1, d)), seed=seed)
    np.random.seed(seed)  # noqa: NPY002 - older releases of shap draw from the global state
    values = explainer.shap_values(np.ones((1, d)), nsamples=rows - 2, l1_reg=False, silent=True)
    return np.asarray(values).reshape(d)


def shapiq(game: Game, rows: int, seed: int) -> NDArray[np.float64]:
    """KernelSHAP of shapiq, with its defaults."""
    from shapiq import KernelSHAP

    approximator = KernelSHAP(n=game.n_parts, random_state=seed)
    values = approximator.approximate(rows, lambda masks: lookup(game, masks))
    return np.array([values[(part,)] for part in range(game.n_parts)])


METHODS: dict[str, tuple[str, Method]] = {
    "limen, lime's law": ("lime", limen_under_lime),
    "lime": ("lime", lime),
    "limen, Shapley": ("shapley", limen_under_shapley),
    "shap KernelExplainer": ("shapley", shap),
    "shapiq KernelSHAP": ("shapley", shapiq),
}
PEERS = {"lime": "limen, lime's law", "shap KernelExplainer": "limen, Shapley", "shapiq KernelSHAP": "limen, Shapley"}


def errors(job: tuple[str, list[Game], int]) -> list[float]:
    """The relative error of one method at each budget: root mean square over seeds, then over comments."""
    name, games, n_seeds = job
    law, method = METHODS[name]
    truths = [game.exact(LIME if law == "lime" else SHAPLEY).effects.values for game in games]
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for rows in BUDGETS:
            squares = [
                relative_error(method(game, rows, seed), truth) ** 2
                for game, truth in zip(games, truths, strict=True)
                for seed in range(n_seeds)
            ]
            found.append(float(np.sqrt(np.mean(squares))))
    return found


def slope(values: list[float]) -> float:
    """Of the logarithm of the error over that of the rows, from 100 rows on."""
    return float(np.polyfit(np.log(BUDGETS[1:]), np.log(values[1:]), 1)[0])


def main() -> None:
    """Enumerate, let every method sample, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few seeds, one comment of each length")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes")
    options = parser.parse_args()
    needed("data/text/youtube_spam.csv")
    heading("lime", "shap", "shapiq")
    texts = comments((11, 12, 13), 1 if options.quick else 2, seed=2)
    games = {name: enumerated(opened(), texts) for name, opened in MODELS.items()}
    labels = [(model, method) for model in games for method in METHODS]
    jobs = [(method, games[model], 4 if options.quick else 30) for model, method in labels]
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"  # for the workers: one core each
    with ProcessPoolExecutor(options.workers, mp_context=get_context("spawn")) as pool:
        found = dict(zip(labels, pool.map(errors, jobs), strict=True))
    rows = []
    for (model, method), values in found.items():
        ours = found[model, PEERS[method]] if method in PEERS else None
        ratios = "" if ours is None else " ".join(f"{v / o:.2f}" for v, o in zip(values, ours, strict=True))
        rows.append([f"{model}: {method}", *(f"{value:.3f}" for value in values), f"{slope(values):.2f}", ratios])
    show(["relative error at rows:", *map(str, BUDGETS), "slope", "ratio to limen"], rows)
    print(
        f"{len(texts)} comments of 11-13 words; slope: log-log from 100 rows on, -0.5 is the rate of independent draws."
    )


if __name__ == "__main__":
    main()
