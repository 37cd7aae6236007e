"""Sentences about a table row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from limen._types import FloatArray
from limen.results.estimates import Estimate
from limen.results.neighbourhood import Boundary, Change

MANY, NAMED = 8, 3
"""Names in a list, and changes in a sentence, at most."""
SMALL = 0.15
"""Components of a unit vector below this size are not told."""
TERMS = 4
VAGUE = 0.02
"""A bracket of the distance is told where it is wider than this share of the distance."""


def boundary_told(boundary: Boundary) -> str:
    """How far the nearest change of the answer is, and how the surrogates stand to it."""
    if not boundary.found:
        told = (
            f"No change of the answer from “{boundary.side}” was found within {deviations(boundary.searched)}, after "
        )
        return " ".join(filter(None, (f"{told}{plural(boundary.rows, 'row')}.", boundary.reason)))
    far = boundary.distance
    counted = " (a changed category counts as 1)" if any(one.moved is None for one in boundary.changes) else ""
    told = f"The answer flips from “{boundary.side}” to “{boundary.other}” if {_changes_told(boundary.changes)}: "
    told += f"{deviations(far.value)} away{counted}, the nearest flip that {boundary.rows:,} rows found; "
    told += "more may find a nearer one."
    wide = far.low < (1 - VAGUE) * far.high
    ends = f"On the line to it the answer changes between {far.low:.3g} and {far.high:.3g}." if wide else ""
    return " ".join(filter(None, (told, ends, _sides_told(boundary), boundary.reason)))


def deviations(count: float) -> str:
    """A number of standard deviations: "0.5 standard deviations", "1 standard deviation"."""
    return plural(f"{count:.3g}", "standard deviation")


def plural(count: int | str, one: str, many: str = "") -> str:
    """A count and what is counted, in the singular where it is 1."""
    told = count if isinstance(count, str) else f"{count:,}"
    return f"{told} {one}" if told == "1" else f"{told} {many or one + 's'}"


def _changes_told(changes: Sequence[Change]) -> str:
    """Changes as clauses: "age falls from 41 to 38 and hours falls from 50 to 45"."""
    if not changes:
        return "next to nothing changes"
    clauses = [_clause(change) for change in changes[:NAMED]]
    rest = len(changes) - len(clauses)
    if rest:
        clauses.append(f"{rest} more column{'s' * (rest > 1)} change{'s' * (rest == 1)} (below)")
    return clauses[0] if len(clauses) == 1 else f"{', '.join(clauses[:-1])} and {clauses[-1]}"


def _clause(change: Change) -> str:
    if change.after == "missing":
        return f"{change.column} ({change.before}) goes missing"
    moves = "changes" if change.moved is None else "rises" if change.moved > 0 else "falls"
    if change.before == change.after:
        return f"{change.column} {moves} by next to nothing from {change.before}"
    return f"{change.column} {moves} from {change.before} to {change.after}"


def _sides_told(boundary: Boundary) -> str:
    found = [(name, one) for name, one in (("line", boundary.line), ("quadratic", boundary.quadratic)) if one]
    if not found:
        return ""
    (first, share), *others = found
    told = f"The {first} is on the model's side of the decision for {_per_cent(share)} of unseen probes"
    return "".join([told, *(f", the {name} for {_per_cent(one)}" for name, one in others), "."])


def _per_cent(share: Estimate) -> str:
    """A share with half of its 95 % interval."""
    half = 50 * (share.high - share.low)
    return f"{100 * share.value:.0f} ± {half:.0f} %" if half >= 0.5 else f"{100 * share.value:.0f} %"


def direction_told(direction: FloatArray, names: Sequence[str]) -> str:
    """A unit vector (d) by its large components, the largest first: "0.80 age − 0.60 hours"."""
    order = np.argsort(-np.abs(direction), kind="stable")
    large = [int(part) for part in order if abs(direction[part]) >= SMALL][:TERMS] or [int(order[0])]
    told = ""
    for part in large:
        sign = "−" if direction[part] < 0 else "+"
        told += f" {sign} {abs(direction[part]):.2f} {names[part]}"
    rest = " + …" if float((direction[large] ** 2).sum()) < 0.9 else ""
    return told.removeprefix(" + ").strip() + rest


def listed(names: Sequence[str]) -> str:
    """Names with commas between them, the rest counted."""
    shown = ", ".join(names[:MANY])
    return f"{shown} and {len(names) - MANY} more" if len(names) > MANY else shown
