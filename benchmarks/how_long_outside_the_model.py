"""How long does an explanation take outside the model: laying the design, rendering texts, fitting, the record?

18 ms for 30 words and 1,000 rows (lime: 19 ms; 12, 32 and 31 ms for 10, 60 and 100 words, lime 16, 25 and 32 ms);
the number of BLAS threads makes no difference, because small systems are solved on one. At 60 words limen is slower
than lime (0.8): it fits errors, fidelity and a quadratic beside the line.

2026-11-25, 2 shared cores. Goal: under 50 ms for 30 words.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

import limen
from common import COURSE, comments, embedded, heading, median, show
from limen.models.base import Predictor

ROWS = 1000
LENGTHS = (10, 30, 60, 100)


def limen_overhead(text: str, surrogate: object, repeats: int) -> list[float]:
    """Wall time of the whole call less the time in the model, for each of `repeats` seeds."""
    adapter, times = embedded(), []
    for seed in range(repeats + 1):
        predictor = Predictor(adapter)  # one that remembers nothing: every row is asked
        start = time.perf_counter()
        limen.explain(predictor, text, surrogate=surrogate, budget=ROWS, seed=seed, on_doubt="ignore")
        times.append(time.perf_counter() - start - predictor.seconds)
    return times[1:]


def lime_overhead(text: str, repeats: int) -> list[float]:
    """The same for lime with all its defaults but the number of samples."""
    from lime.lime_text import LimeTextExplainer

    answer, inside = embedded().answer, [0.0]

    def timed(texts: list[str]) -> np.ndarray:
        start = time.perf_counter()
        answers = answer(texts)
        inside[0] += time.perf_counter() - start
        return answers

    times = []
    for seed in range(repeats + 1):
        explainer, inside[0] = LimeTextExplainer(random_state=seed), 0.0
        start = time.perf_counter()
        explainer.explain_instance(text, timed, num_samples=ROWS)
        times.append(time.perf_counter() - start - inside[0])
    return times[1:]


def texts_of(lengths: tuple[int, ...]) -> list[str]:
    """For each length the beginning of a real comment of that many words or a few more."""
    candidates = [text for length in lengths for text in _at_least(length)]
    return [" ".join(text.split()[:length]) for length, text in zip(lengths, candidates, strict=True)]


def _at_least(length: int) -> list[str]:
    for words in range(length, 3 * length):
        if found := comments([words], 1, distinct=False):
            return found
    sys.exit(f"There is no comment of {length} words or a few more.")


def child(repeats: int) -> None:
    """Measure in this process and print the medians as JSON, in milliseconds: a list for each length."""
    limen.explain(embedded(), COURSE[0])
    found = []
    for text in texts_of(LENGTHS):
        plain = median(limen_overhead(text, limen.Linear(), repeats))
        chosen = median(limen_overhead(text, "auto", repeats))
        found.append([1000 * plain, 1000 * chosen, 1000 * median(lime_overhead(text, max(3, repeats // 2)))])
    print(json.dumps(found))


def in_a_process(threads: int | None, repeats: int) -> list[list[float]]:
    """Run `child` in a fresh process with so many BLAS threads; None: as many as it takes by itself."""
    environment = dict(os.environ)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        environment.pop(name, None)
        if threads is not None:
            environment[name] = str(threads)
    command = [sys.executable, str(Path(__file__).resolve()), "--child", str(repeats)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Measure with the default number of BLAS threads and with one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few repeats")
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child)
        return
    heading("lime", "numpy")
    rows = []
    for label, threads in (("default", None), ("1", 1)):
        for length, (plain, chosen, lime) in zip(
            LENGTHS, in_a_process(threads, 5 if options.quick else 25), strict=True
        ):
            rows.append([f"{length} words", label, *(f"{v:.1f}" for v in (plain, chosen, lime)), f"{lime / plain:.1f}"])
    show(["text", "BLAS threads", "limen Linear() ms", "limen auto ms", "lime ms", "ratio lime/Linear()"], rows)
    print(f"{ROWS} model rows each; medians of wall time less time in the model. Goal: 30 words, plain, under 50 ms.")


if __name__ == "__main__":
    main()
