"""What does a full audit cost in each domain, in model rows and in seconds?

Without a row .00 to .04 s of processor time. In full, from explanations of 1,000 rows (the first, of six words, 65):

                                                 explained        audit of     full audit
                                                 rows       s     no row, s    rows       s    checks made
    text, 6 words, embedded model                  65     .08     .01             9     .01    10 of 10
    text, 13 words, MiniLM                      1,000     2.7     .03         1,780     4.7    10 of 10
    row of 14 columns, Adult, boosting          1,000     .08     .01         4,365     1.5     8 of 10
    row of 30 columns, breast cancer, forest      999     .07     .01         4,069     1.9     8 of 10
    photo, ResNet-50                            1,000      71     .03         4,000     293     9 of 10

Most rows go to fresh seeds (two runs more as long as the explanation). What a table is spared are segmentation and
leak, and a photo what goes together in data. The full audit of a table takes longer than its rows: most of it goes to
the forests that look for manipulation.

2026-11-26, 2 shared cores that other work held.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import limen
from common import COURSE, comments, heading, minilm, needed, show
from limen.results import Grade
from table_problems import fitted

EVERYTHING = 10**6
"""More rows than all fuller looks together ask."""
REPEATS = 3


@dataclass(frozen=True)
class Subject:
    """Who is audited: the explainer, the input, its target, and what the user may have beside them."""

    name: str
    explainer: limen.Explainer
    x: Any
    target: Any
    beside: dict[str, Any]


def subjects(quick: bool) -> Iterator[Subject]:
    """Two texts, two rows of tables, a photo."""
    corpus = comments((8, 9, 10, 11, 12, 13), 40)
    texts: list[tuple[str, Callable[[], Any], str]] = [
        ("text, 6 words, embedded model", limen.zoo.spam, COURSE[0]),
        ("text, 13 words, MiniLM", minilm, comments((13,), 1)[0]),
    ]
    for name, make, text in texts:
        yield Subject(name, limen.Explainer(make(), on_doubt="ignore"), text, "spam", {"background": corpus})
    for data, model in (("Adult", "boosting"), ("breast cancer", "forest")):
        problem = fitted(data, model)
        explainer = limen.Explainer(problem.model, problem.domain, on_doubt="ignore")
        row = problem.native(problem.chosen(1))
        width = problem.encoded.shape[1]
        yield Subject(f"row of {width} columns, {data}, {model}", explainer, row, None, {})
    if not quick:
        photo = needed("data/images/cc0/dog_beagle.jpg")
        yield Subject("photo, ResNet-50", limen.Explainer(limen.zoo.resnet50(), on_doubt="ignore"), photo, "dog", {})


def looked(subject: Subject, explanation: limen.Explanation, rows: int) -> tuple[limen.Audit, float]:
    """An audit of what was explained, and the seconds of processor time that it took."""
    start = time.process_time()
    asking = {"explainer": subject.explainer} if rows else {}
    found = limen.audit(explanation, rows=rows, **asking, **subject.beside)
    return found, time.process_time() - start


def line(subject: Subject) -> list[object]:
    """What an explanation costs, an audit that asks nothing, and one that asks all it can."""
    start = time.process_time()
    explanation = subject.explainer(subject.x, subject.target)
    explained = time.process_time() - start
    if isinstance(explanation, list):
        explanation = explanation[0]
    free = [looked(subject, explanation, 0) for _ in range(REPEATS)]
    full, spent = looked(subject, explanation, EVERYTHING)
    asked = [one for one in full.findings if one.rows]
    made = sum(one.grade not in (Grade.NOT_ASKED, Grade.NOT_APPLICABLE) for one in full.findings)
    dearest = max(asked, key=lambda one: one.rows, default=None)
    return [
        subject.name,
        explanation.cost.model_rows,
        f"{explained:.2f}",
        f"{np.median([seconds for _, seconds in free]):.2f}",
        full.rows,
        full.other_rows,
        f"{spent:.2f}",
        f"{made} of {len(full.findings)}",
        "" if dearest is None else f"{dearest.name}, {dearest.rows}",
    ]


def main() -> None:
    """A line for each subject."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="without the photo")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    heading("scikit-learn", "torch")
    table = [line(subject) for subject in subjects(options.quick)]
    columns = [
        "explained",
        "rows",
        "s",
        "audit of no row, s",
        "full audit: rows",
        "of others",
        "s",
        "checks",
        "dearest",
    ]
    show(columns, table)
    print("Seconds are the processor's. A full audit asks rows without limit; its rows are beyond the explanation's.")


if __name__ == "__main__":
    main()
