"""Does an explanation vanish when the model has learned nothing, and are columns of noise told from others?

Yes. Against 60 models refitted on shuffled labels the first column of a logistic regression ranks first in all of 25
data sets (p .016, the least that 60 refits can give); of a forest of 30 trees, near one row, p is at most .05 in
44 % only. P-values of columns of noise have means of .44 and .51 (9 and 5 % at most .05), those of all columns of
models that learned from shuffled labels .51 and .51 (8.5 and 4.5 %): uniform, as they should be.

Full run of 2026-11-26, 25 data sets, 60 refits.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

import limen
from common import heading, show
from limen.sampling import Ball
from limen.trust.sanity import p_values, refits

SIGNAL, NOISE, ROWS = 4, 4, 200
MODELS: dict[str, Callable[[], Any]] = {
    "logistic regression": lambda: LogisticRegression(),
    "random forest": lambda: RandomForestClassifier(30, min_samples_leaf=3, random_state=0),
}


def data(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Columns of which the first SIGNAL matter a little, and labels."""
    generator = np.random.default_rng(seed)
    inputs = generator.normal(size=(ROWS, SIGNAL + NOISE))
    score = inputs[:, :SIGNAL] @ np.linspace(1.5, 0.5, SIGNAL)
    return inputs, (score + 1.5 * generator.normal(size=ROWS) > 0).astype(int)


def ranked(name: str, seed: int, count: int) -> Iterator[np.ndarray]:
    """P-values of the columns (d) of one model: fitted on its labels, and on labels that were shuffled before."""
    inputs, labels = data(seed)
    for own in (labels, np.random.default_rng(seed).permutation(labels)):
        explainer = limen.Explainer(None, limen.Table(inputs), sampler=Ball(0.5), budget=80, on_doubt="ignore")
        models = [
            MODELS[name]().fit(inputs, own),
            *refits(MODELS[name](), inputs, own, count, np.random.default_rng(seed)),
        ]
        effects = [_effects(explainer, model, inputs[0]) for model in models]
        yield p_values(np.abs(effects[0]), np.abs(effects[1:]))


def _effects(explainer: limen.Explainer, model: Any, x: np.ndarray) -> np.ndarray:
    import dataclasses

    return dataclasses.replace(explainer, model=model, scale="log-odds")(x, 1).effects.values


def main() -> None:
    """Fit, shuffle, rank."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=int, default=25, help="data sets")
    parser.add_argument("--refits", type=int, default=60, help="models of shuffled labels for each")
    options = parser.parse_args()
    heading()
    lines = []
    for name in MODELS:
        both = [list(ranked(name, seed, options.refits)) for seed in range(options.data)]
        true, shuffled = (np.stack([one[k] for one in both]) for k in (0, 1))
        kinds = {
            "first column": true[:, 0],
            "columns of noise": true[:, SIGNAL:].ravel(),
            "all columns, labels shuffled": shuffled.ravel(),
        }
        for kind, values in kinds.items():
            shares = (f"{100 * (values <= level).mean():.1f} %" for level in (0.05, 0.1, 0.5))
            lines.append([f"{name}: {kind}", len(values), f"{values.mean():.3f}", *shares])
    show(["p-values", "number", "mean", "at most .05", "at most .1", "at most .5"], lines)


if __name__ == "__main__":
    main()
