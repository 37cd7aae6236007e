"""How much faster than lime is an explanation of a short comment, and how far off is lime's?

38 times on "For Christmas Song visit our channel!" and 62 times on "It looks very cute" with the embedded model; limen
sends 64 and 16 distinct texts and is EXACT, lime sends 5,000 and is off by 3.0 and 2.0 % of the effects, most of it
sampling error. With MiniLM through transformers 53 and 71 times (lime is off by 2.0 and 0.9 %) on quiet cores; where
other work holds a core, torch's two threads wait for each other, and limen's few rows suffer most (11 and 99 times).

2026-11-25 (MiniLM on quiet cores: 2026-11-22), 2 shared cores, CPU. Goal: at least 30 times on the embedded model.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

import limen
from common import (
    COURSE,
    LIME,
    MODELS,
    Answer,
    enumerated,
    heading,
    lime_effects,
    median,
    relative_error,
    seconds,
    show,
)
from limen.models.base import Adapter
from limen.models.batches import MOST_ROWS

LIME_ROWS = 5000  # lime's default


def chunked(answer: Answer) -> Answer:
    """The same model in pieces of the size of limen's batches, in lime's order: kind to the cache."""

    def in_chunks(texts: list[str]) -> np.ndarray:
        pieces = [texts[start : start + MOST_ROWS] for start in range(0, len(texts), MOST_ROWS)]
        return np.concatenate([answer(piece) for piece in pieces])

    return in_chunks


def lime_seconds(text: str, answer: Answer, repeats: int) -> list[float]:
    """Wall times of lime as it comes: its own words, its own number of samples, 10 features."""
    from lime.lime_text import LimeTextExplainer

    explainer = LimeTextExplainer(class_names=["normal", "spam"], random_state=0)
    explainer.explain_instance(text, answer, num_samples=200)  # warm
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        explainer.explain_instance(text, answer)
        times.append(time.perf_counter() - start)
    return times


def lime_error(adapter: Adapter, text: str, n_seeds: int) -> tuple[float, float]:
    """Lime's relative error over seeds against the exact effects of its own law; and the part that no seed changes."""
    game = enumerated(adapter, [text])[0]
    truth = game.exact(LIME).effects.values
    runs = np.array([lime_effects(text, game.model, LIME_ROWS, seed) for seed in range(n_seeds)])
    return relative_error(runs, truth), relative_error(runs.mean(axis=0), truth)


def measure(name: str, adapter: Adapter, text: str, repeats: int, n_seeds: int) -> list[object]:
    """One line of the table."""
    record = limen.explain(adapter, text, on_doubt="ignore")
    # an Adapter is a bare model: each call makes a Predictor that has seen nothing, so every call pays for all rows
    ours = median(seconds(lambda: limen.explain(adapter, text, on_doubt="ignore"), 7 * repeats))
    pieces = median(lime_seconds(text, chunked(adapter.answer), repeats))
    whole = median(lime_seconds(text, adapter.answer, repeats))
    error, bias = lime_error(adapter, text, n_seeds)
    return [
        f"{name}: {text}",
        f"{record.cost.distinct_rows} / {LIME_ROWS}",
        record.status.name,
        f"{1000 * ours:.1f}",
        f"{1000 * pieces:.0f}",
        f"{1000 * whole:.0f}",
        f"{min(pieces, whole) / ours:.0f}",
        f"{100 * error:.1f} %",
        f"{100 * bias:.1f} %",
    ]


def main() -> None:
    """Time both on both comments and both models."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few repeats and seeds")
    quick = parser.parse_args().quick
    heading("lime", "onnxruntime", "torch", "transformers")
    rows = []
    for name, opened in MODELS.items():
        adapter = opened()
        repeats = 2 if quick else {"embedded": 7, "MiniLM": 3}[name]
        rows += [measure(name, adapter, text, repeats, 3 if quick else 20) for text in COURSE]
    columns = ["model: comment", "rows limen/lime", "limen's status", "limen ms", "lime ms", "lime ms, one batch"]
    show([*columns, "ratio", "lime's error", "of it bias"], rows)
    print("Wall times, both warm, median. Ratio: the faster lime over limen. limen's rows are distinct texts; one more")
    print(
        "asks x again. Error: root mean square over words and seeds, relative to the exact effects of lime's own law;"
    )
    print(
        "limen's is 0. Bias: what is left of it when lime's seeds are averaged (ridge, the weight of the text itself)."
    )


if __name__ == "__main__":
    main()
