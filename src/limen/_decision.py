"""Which side of the model's decision an answer lies on, as a margin: above 0 the target wins, at 0 nothing does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from limen._errors import InputError, unknown
from limen._question import CUT, Chosen, Sides, on_scale
from limen._types import FloatArray


@dataclass(frozen=True, eq=False)
class Decision:
    """The decision that a boundary is one of.

    indices: the target's outputs, or both sides of it. others: those that it is compared with; none: the explained
    number itself is compared with `threshold`. scale: the explained one. name, rival: what the sides are called; rival
    "" where it depends.
    """

    indices: Chosen
    others: tuple[int, ...]
    scale: str
    threshold: float
    name: str
    rival: str
    classes: tuple[str, ...]

    def margins(self, outputs: FloatArray) -> FloatArray:
        """Margins (n) of outputs (n, k), on the explained scale: > 0 where the target wins."""
        if not self.others or isinstance(self.indices, Sides):
            return on_scale(outputs, self.indices, self.scale)[0] - self.threshold
        own = outputs[:, list(self.indices)].sum(axis=1)
        best = outputs[:, list(self.others)].max(axis=1)
        if self.scale == "log-odds":
            return np.asarray(np.log(np.maximum(own, CUT)) - np.log(np.maximum(best, CUT)))
        return np.asarray(own - best)

    def sides(self, outputs: FloatArray, inside: bool) -> str:
        """What the winning side of one row of outputs (k) is called; `inside`: the target wins."""
        if inside:
            return self.name
        return self.rival or self.classes[self.others[int(np.argmax(outputs[list(self.others)]))]]


def decision_of(
    indices: Chosen,
    name: str,
    n_outputs: int,
    classes: Sequence[str] | None,
    scale: str,
    against: int | str | None,
    level: float | None,
) -> Decision:
    """Find what makes the target win: half the probability, more than the best other class or its other side, a level.

    A row that is `against` already is asked for the nearest way out of it.

    Raises InputError where it cannot be told: a regression without a level, a level for classes, an unknown class.
    """
    names = tuple(classes) if classes else tuple(f"class {k}" for k in range(n_outputs))
    if level is not None:
        rival = f"{name} at or below {level:g}"
        return Decision(indices, (), scale, float(level), f"{name} above {level:g}", rival, names)
    if scale == "raw" and n_outputs == 1:
        raise InputError(
            "level of Boundary is None, and the model gives one number, which has no classes to change between; give "
            "the value whose crossing is looked for, as in Boundary(level=200_000)."
        )
    if isinstance(indices, Sides):
        return _between(indices, name, scale, against, names)
    others = tuple(k for k in range(n_outputs) if k not in indices)
    if against is not None and _number(against, names) not in indices:
        others = (_other(against, names, others),)
        return Decision(indices, others, scale, 0.0, name, names[others[0]], names)
    if n_outputs <= 2 and len(indices) == 1 and scale != "raw":
        rival = names[others[0]] if others else f"not {name}"
        return Decision(indices, (), scale, 0.5 if scale == "probability" else 0.0, name, rival, names)
    if len(indices) > 1 and scale != "raw":
        return Decision(indices, (), scale, 0.5 if scale == "probability" else 0.0, name, f"not {name}", names)
    if not others:
        raise InputError("target is all classes together, which always win; name fewer, or give Boundary a level.")
    return Decision(indices, others, scale, 0.0, name, "", names)


def _between(sides: Sides, name: str, scale: str, against: int | str | None, names: tuple[str, ...]) -> Decision:
    """The decision between two sides: it changes where both are equal."""
    if against is not None:
        raise InputError(
            f"against of Boundary is {against!r}, and the target is {name!r}, which says already what it is compared "
            "with; leave one of the two out."
        )
    ours, theirs = sides.names
    return Decision(sides, (), scale, 0.0, ours, theirs, names)


def _number(against: int | str, names: tuple[str, ...]) -> int | None:
    """The number of a class that is named, or counted."""
    if isinstance(against, str):
        return names.index(against) if against in names else int(against) if against.isdecimal() else None
    return None if isinstance(against, bool) else int(against)


def _other(against: int | str, names: tuple[str, ...], others: tuple[int, ...]) -> int:
    """The number of the class that the target is compared with."""
    found = _number(against, names)
    if found is None or found not in others:
        raise unknown("against of Boundary", against, [names[k] for k in others])
    return found
