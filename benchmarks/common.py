"""What the benchmarks share: data and models, games whose every answer is known, lime as limen's peer, tables, clocks.

Data and weights are looked for in `$LIMEN_SHARED`, or in the folder `shared` beside the repository.
"""

from __future__ import annotations

import csv
import importlib.metadata
import itertools
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import limen
from limen.models import load
from limen.models.base import Adapter, Predictor

SHARED = Path(os.environ.get("LIMEN_SHARED", Path(__file__).resolve().parents[2] / "shared"))
LIME, UNIFORM, SHAPLEY = limen.sampling.Lime(), limen.sampling.Uniform(0.5), limen.sampling.Shapley()
COURSE = ("For Christmas Song visit our channel!", "It looks very cute")
SPAM = 1  # the class that is explained throughout
WORDS = limen.Text(units="words")  # whatever the budget

Answer = Callable[[list[str]], NDArray[np.float64]]


def needed(path: str) -> Path:
    """The path of a file or folder of the shared data; ends the script with a clear line where it is absent."""
    found = SHARED / path
    if not found.exists():
        sys.exit(f"{path} is not in {SHARED}; set LIMEN_SHARED to the folder that holds it.")
    return found


def embedded() -> Adapter:
    """The model that ships with limen."""
    return Adapter(limen.zoo.spam(), ("normal", "spam"))


def minilm() -> Adapter:
    """MiniLM fine-tuned on YouTube comments, through transformers."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TQDM_DISABLE", "1")  # a progress bar would stand in the table
    return load(needed("weights/minilm-youtube-spam")).adapter


MODELS: dict[str, Callable[[], Adapter]] = {"embedded": embedded, "MiniLM": minilm}


def comments(words: Sequence[int], count: int, seed: int = 0, *, distinct: bool = True) -> list[str]:
    """Real comments with these numbers of words, `count` of each length, drawn from the YouTube collection.

    Only comments in which white space alone separates the words, and with `distinct` no word comes twice, so that lime
    and limen have the same parts and the same perturbed texts.
    """
    with needed("data/text/youtube_spam.csv").open(encoding="utf-8", newline="") as file:
        texts = sorted({row["CONTENT"] for row in csv.DictReader(file)})
    generator = np.random.default_rng(seed)
    chosen: list[str] = []
    for length in words:
        fitting = [text for text in texts if _fits(text, length, distinct)]
        places = generator.permutation(len(fitting))[:count]
        chosen += [fitting[place] for place in sorted(places)]
    return chosen


def _fits(text: str, length: int, distinct: bool) -> bool:
    tokens = text.split()
    if len(tokens) != length or text != " ".join(tokens) or not text.isascii() or "<" in text:
        return False
    inside = any(a in b for a, b in itertools.permutations(set(tokens), 2)) if distinct else False
    return WORDS.parse(text, 10**6).n_parts == length and not (distinct and (inside or len(set(tokens)) < length))


class Table:
    """A model that only remembers: text -> probabilities. Picklable, and it costs nothing."""

    classes = ("normal", "spam")

    def __init__(self, texts: Sequence[str], answers: NDArray[np.float64]) -> None:
        self.answers = dict(zip(texts, answers, strict=True))

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Look the answers (n, 2) up; runs of white space count as one, because lime leaves them behind."""
        return np.array([self.answers[" ".join(text.split())] for text in texts])


@dataclass(frozen=True, eq=False)
class Game:
    """A text whose every perturbation was answered: masks (2^d, d) from none kept to all, p (2^d) of the class spam."""

    text: str
    masks: NDArray[np.bool_]
    p: NDArray[np.float64]
    model: Table

    @property
    def n_parts(self) -> int:
        """The number of words d."""
        return self.masks.shape[1]

    def weights(self, sampler: Any) -> NDArray[np.float64]:
        """The mass of every mask (2^d) under the law."""
        law = sampler.law(limen._types.Geometry(self.n_parts))
        sizes = self.masks.sum(axis=1)
        mass: NDArray[np.float64] = law.masses[sizes] / np.bincount(sizes)[sizes]
        return mass

    def exact(self, sampler: Any, surrogate: Any = None) -> limen.Explanation:
        """Limen's explanation from all 2^d answers."""
        return self.explain(sampler, len(self.p) + 1, 0, surrogate)

    def explain(
        self, sampler: Any, budget: int, seed: int, surrogate: Any = None, tolerance: Any = None
    ) -> limen.Explanation:
        """Limen's explanation within a budget; no row of it reaches a real model."""
        return limen.explain(
            self.model,
            self.text,
            domain=WORDS,
            target=SPAM,
            sampler=sampler,
            budget=budget,
            seed=seed,
            surrogate=surrogate or limen.Linear(),
            tolerance=tolerance,
            on_doubt="ignore",
        )


def enumerated(adapter: Adapter, texts: Sequence[str]) -> list[Game]:
    """Ask the model about every subset of the words of each text, once, in shared batches."""
    predictor = Predictor(adapter)
    instances = [WORDS.parse(text, 10**6) for text in texts]
    all_masks = [every_mask(instance.n_parts) for instance in instances]
    rendered = [instance.render(masks) for instance, masks in zip(instances, all_masks, strict=True)]
    predictor([text for one in rendered for text in one])
    found = []
    for text, masks, variants in zip(texts, all_masks, rendered, strict=True):
        answers = predictor(variants)
        found.append(Game(text, masks, answers[:, SPAM], Table(variants, answers)))
    return found


def every_mask(d: int) -> NDArray[np.bool_]:
    """All 2^d masks (2^d, d); the first keeps nothing, the last everything."""
    return (np.arange(2**d)[:, None] >> np.arange(d)[::-1] & 1).astype(np.bool_)


def synthetic(names: str, p: NDArray[np.float64], masks: NDArray[np.bool_]) -> Game:
    """A game with made-up answers p (2^d) over the words `names`00, `names`01, ..."""
    words = [f"{names}{place:02d}" for place in range(masks.shape[1])]
    texts = [" ".join(word for word, kept in zip(words, mask, strict=True) if kept) for mask in masks]
    return Game(" ".join(words), masks, p, Table(texts, np.stack([1 - p, p], axis=1)))


def lime_effects(text: str, answer: Answer, rows: int, seed: int) -> NDArray[np.float64]:
    """Lime's effects (d) for the words of a text that white space separates, in reading order; nothing is selected."""
    from lime.lime_text import LimeTextExplainer

    words = text.split()
    explainer = LimeTextExplainer(
        split_expression=str.split, feature_selection="none", random_state=seed, class_names=["normal", "spam"]
    )
    explained = explainer.explain_instance(text, answer, num_samples=rows, num_features=len(words))
    effects = np.zeros(len(words))
    for place, effect in explained.as_map()[SPAM]:
        effects[place] = effect
    return effects


def relative_error(found: NDArray[np.float64], truth: NDArray[np.float64]) -> float:
    """Root-mean-square error relative to the root mean square of the true effects."""
    return float(np.sqrt(np.mean((found - truth) ** 2) / np.mean(truth**2)))


def seconds(call: Callable[[], object], repeats: int) -> list[float]:
    """Wall times of `repeats` calls after one that warms up."""
    call()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return times


def median(values: Sequence[float]) -> float:
    """The median: one run in ten on a shared machine is a neighbour's."""
    return float(statistics.median(values))


def heading(*packages: str, device: str = "cpu") -> None:
    """Say on what this was measured; `device` as torch names it."""
    found = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("limen", *packages))
    load_now = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    card = ""
    if device != "cpu":
        import torch

        card = f", {torch.cuda.get_device_name(device)}"
    print(f"{found}; Python {platform.python_version()}, {os.cpu_count()} cores, load {load_now:.1f}{card}\n")


def show(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table, the first column to the left, the others to the right."""
    cells = [list(columns), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(columns))]
    for number, row in enumerate(cells):
        padded = [cell.ljust(w) if k == 0 else cell.rjust(w) for k, (cell, w) in enumerate(zip(row, widths))]  # noqa: B905
        print("  ".join(padded).rstrip())
        if number == 0:
            print("  ".join("-" * width for width in widths))
    print(flush=True)
