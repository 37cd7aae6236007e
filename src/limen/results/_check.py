"""Whether the parts of a record that was read fit together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limen._errors import RecordError

if TYPE_CHECKING:
    from limen.results.explanation import Explanation

SCALES = ("probability", "log-odds", "raw")
KINDS = ("linear", "quadratic")


def check(explanation: Explanation) -> None:
    """Raise RecordError where lengths disagree, a span lies outside the text, or a name is not a legal one."""
    instance, probes = explanation.instance, explanation.probes
    d, n = instance.n_parts, len(probes.answers)
    shapes = {
        "law.masses": (explanation.law.masses.shape, (d + 1,)),
        "instance.spans": ((len(instance.spans),), (d,)),
        "probes.n_parts": ((probes.n_parts,), (d,)),
        "probes.packed": (probes.packed.shape, (n, -(-d // 8))),
        "probes.weights": (probes.weights.shape, (n,)),
        "probes.folds": (probes.folds.shape, (n,)),
        "probes.answers": (probes.answers.shape, (n,)),
    }
    numbers = ("values", "standard_errors", "low", "high")
    for name, found in (("effects", explanation.effects), ("surrogate.slopes", explanation.surrogate.slopes)):
        shapes |= {f"{name}.{number}": (getattr(found, number).shape, (d,)) for number in numbers}
    if explanation.interactions is not None:
        pairs = explanation.interactions
        shapes |= {f"interactions.{part}": (getattr(pairs, part).shape, (d, d)) for part in (*numbers, "selected")}
    for name, (came, expected) in shapes.items():
        if came != expected:
            raise RecordError(f"{name} has the shape {came}, expected {expected} for {d} parts and {n} probes.")
    pieces = instance.pieces()
    ends = [0, *(place for start, stop, _ in pieces for place in (start, stop)), len(instance.text)]
    if not pieces or sorted(ends) != ends:
        raise RecordError(f"instance.spans is {instance.spans}, expected ranges in order within the text.")
    for name, came_name, legal in (
        ("scale", explanation.scale, SCALES),
        ("surrogate.kind", explanation.surrogate.kind, KINDS),
    ):
        if came_name not in legal:
            raise RecordError(f"{name} is {came_name!r}, expected one of {', '.join(legal)}.")
