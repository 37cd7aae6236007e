"""The faces of an explanation: one kind of number at a time, and the parts that have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from limen._errors import InputError, unknown
from limen._types import BoolArray, FloatArray
from limen.results.estimates import Estimates, TableProbes
from limen.results.table import TableInstance

if TYPE_CHECKING:
    from limen.results.explanation import Explanation

EFFECT, CONTRIBUTION, CURVATURE, KEPT = "effect", "contribution", "curvature", "kept as it is"
PER_SD, PER_UNIT = "slope per standard deviation", "slope per unit"
TEXT_KINDS = (EFFECT,)
TABLE_KINDS = (CONTRIBUTION, PER_SD, PER_UNIT, CURVATURE, KEPT)


@dataclass(frozen=True, eq=False)
class Face:
    """One kind of number.

    estimates: (d). parts: the numbers of the parts that have it, by falling size. left_out: those that could change but
    have none of this kind, in reading order. still: those that never changed.
    """

    kind: str
    estimates: Estimates
    parts: tuple[int, ...]
    left_out: tuple[int, ...]
    still: tuple[int, ...]


def face_of(explanation: Explanation, kind: str | None = None) -> Face:
    """The numbers of a kind; None: "effect" for a text, for a table row "contribution", or slopes where it has none.

    Raises InputError for a kind that there is not, or that this record does not have.
    """
    instance = explanation.instance
    kinds = TABLE_KINDS if isinstance(instance, TableInstance) else TEXT_KINDS
    if kind is not None and kind not in kinds:
        raise unknown("kind", kind, kinds)
    if not isinstance(instance, TableInstance):
        return Face(EFFECT, explanation.effects, tuple(explanation.top()), (), ())
    kind = kind or default_kind(explanation)
    found = _estimates(explanation, kind)
    moves, varied = instance.reals, varied_parts(explanation)
    if kind == CONTRIBUTION:
        has, varied = ~instance.fixed, ~instance.fixed
    else:
        has = (~moves & varied) if kind == KEPT else (moves & varied & np.isfinite(found.values))
    sizes = np.where(has, -np.abs(found.values), np.inf)
    parts = np.argsort(sizes, kind="stable")[: int(has.sum())]
    left_out, still = np.flatnonzero(varied & ~has), np.flatnonzero(~varied)
    return Face(kind, found, *(tuple(int(part) for part in one) for one in (parts, left_out, still)))


def default_kind(explanation: Explanation) -> str:
    """What is shown first of a table row: contributions, else slopes, else what keeping a category does."""
    if explanation.contributions is not None:
        return CONTRIBUTION
    instance = explanation.instance
    return PER_SD if isinstance(instance, TableInstance) and instance.reals.any() else KEPT


def varied_parts(explanation: Explanation) -> BoolArray:
    """(d) True for the parts that changed among the probes, as all parts of a text do."""
    probes = explanation.probes
    if not isinstance(probes, TableProbes):
        return np.ones(len(explanation.parts), dtype=np.bool_)
    return np.asarray(np.ptp(probes.points, axis=0) > 0)


def label(explanation: Explanation, part: int) -> str:
    """A part with its value, "income = 41,200"; of a text the part itself."""
    instance = explanation.instance
    return instance.part_text(part) if isinstance(instance, TableInstance) else explanation.parts[part]


def _estimates(explanation: Explanation, kind: str) -> Estimates:
    if kind == CONTRIBUTION:
        if explanation.contributions is None:
            raise InputError(
                "kind is 'contribution', which the budget did not pay for; raise the budget, or ask for "
                "'slope per standard deviation'."
            )
        return explanation.contributions
    if kind == CURVATURE:
        if explanation.curvature is None:
            raise InputError(
                "kind is 'curvature', and the surrogate that is shown is a line, which has none; explain with "
                "surrogate=limen.Quadratic()."
            )
        return explanation.curvature
    return {PER_SD: explanation.slopes_per_sd, PER_UNIT: explanation.slopes_per_unit}.get(kind, explanation.effects)


def slice_of(explanation: Explanation, features: Sequence[str | int] | None = None) -> tuple[int, int]:
    """The numbers of two parts that move on a scale, named or numbered.

    None: those of the recorded surface, else those that move most on the way to the boundary, else those that matter
    most. Raises InputError where there are no such parts.
    """
    instance = explanation.instance
    if not isinstance(instance, TableInstance):
        raise InputError("explanation is of a text, which has no two numbers to lay out; give that of a table row.")
    numeric = np.flatnonzero(instance.reals).tolist()
    names = [explanation.parts[part] for part in numeric]
    if len(numeric) < 2:
        raise InputError(f"explanation has {len(numeric)} numeric parts, and a slice needs two; plots.bars shows it.")
    if features is None:
        return explanation.surfaces[0].features if explanation.surfaces else _telling(explanation, numeric)
    if isinstance(features, str) or not isinstance(features, Sequence) or len(features) != 2:
        raise InputError(f"features is {features!r:.80}, expected two of: {', '.join(names)}.")
    first, second = (_numbered(one, explanation.parts, numeric, names) for one in features)
    if first == second:
        raise InputError(
            f"features is {features!r:.80}, which names one part twice; expected two of: {', '.join(names)}."
        )
    return first, second


def _numbered(asked: object, parts: Sequence[str], numeric: list[int], names: list[str]) -> int:
    whole = isinstance(asked, int | np.integer) and not isinstance(asked, bool)
    fitting = [part for part in numeric if (part == asked if whole else parts[part] == asked)]
    if not fitting:
        raise unknown("a feature", asked, names, "They are the parts that move on a scale.")
    return fitting[0]


def _telling(explanation: Explanation, numeric: list[int]) -> tuple[int, int]:
    instance, boundary = explanation.instance, explanation.boundary
    assert isinstance(instance, TableInstance)
    found = explanation.contributions or explanation.effects
    sizes = np.abs(found.values[numeric]) / (float(np.abs(found.values).max()) or 1.0)
    if boundary is not None and boundary.found:
        sizes = sizes + 1e6 * np.abs(instance.coordinates(boundary.point[None])[0, numeric])
    sizes = sizes + 1e3 * varied_parts(explanation)[numeric]
    best = np.sort(np.argsort(-sizes, kind="stable")[:2])
    return numeric[int(best[0])], numeric[int(best[1])]


def slice_ends(explanation: Explanation, parts: tuple[int, int]) -> FloatArray:
    """The ends (2, 2) of a slice in the columns' own units: of nearly all probes, the row and the flip, with some room.

    Counted in standard deviations neither axis is shorter than half of the other, so that a part that hardly moved can
    be seen to.
    """
    instance, probes, boundary = explanation.instance, explanation.probes, explanation.boundary
    assert isinstance(instance, TableInstance)
    assert isinstance(probes, TableProbes)
    points = probes.points[:, list(parts)]
    shown = [np.zeros((1, 2)), np.quantile(points, (0.01, 0.99), axis=0)]
    if boundary is not None and boundary.found:
        shown.append(instance.coordinates(boundary.point[None])[:, list(parts)])
    low, high = np.concatenate(shown).min(axis=0), np.concatenate(shown).max(axis=0)
    short = np.maximum(0.5 * (high - low).max() - (high - low), 0.0)
    room = 0.06 * (high - low) + 0.5 * short
    room = np.where(high - low + room > 0, room, 1.0)
    ends = np.stack([low - room, high + room], axis=1)
    columns = [instance.parts[part].columns[0] for part in parts]
    return np.asarray(instance.origin[columns, None] + instance.scales[columns, None] * ends)
