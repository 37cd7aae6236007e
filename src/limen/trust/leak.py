"""Weakness 8: under lime's own laws a part that the model ignores can get an effect.

Cure: `Uniform(p)`, a product law, or `Shapley()`; both are computed here from the same answers.
"""

from __future__ import annotations

import numpy as np

from limen._types import FloatArray, Geometry
from limen.results import Doubt, Measure
from limen.sampling import Shapley, Uniform
from limen.trust._check import Case, Check, Seen, named
from limen.trust._numbers import REACH, estimate, flips, relative_change, size
from limen.trust._probes import Line

CLAIM = (
    "Under lime's laws, which are no product laws, parts are hidden together more often than by chance, so that the "
    "effect of one can appear at another which the model ignores."
)
PRODUCT_LAWS = ("uniform", "shapley")
"""Laws under which a part that the model ignores gets 0."""
LOOKED_AT = 0.9
"""Share of another law's mass that must be among the sizes that were asked about, to compute effects under it."""
NOTHING = 0.02
"""An effect below this fraction of the largest counts as none, where nothing was sampled."""


def _look(case: Case, spend: bool) -> Seen:
    del spend
    data, d = case.answered, case.answered.n_parts
    weights, covered = data.under(Uniform().law(Geometry(d)).masses)
    own, plain = data.line(), data.line(weights, ends_fixed=False)
    moved = own.slope_moves - plain.slope_moves
    ignored, leaks = leaks_of(own, plain)
    largest = max(size(own.slopes[[int(np.abs(own.slopes).argmax())]]), 1e-300)
    worst = float(leaks.max(initial=0.0)) / largest
    error = float(np.sqrt((moved**2).sum(axis=0)).max()) / largest
    change = relative_change(own.slopes - plain.slopes, moved, own.slopes, own.errors)
    measures: list[Measure] = [
        case.measure(
            "leak.ignored",
            "largest effect of a part that Uniform() gives none, beside the largest",
            estimate(worst, error, 0.0),
        ),
        case.measure("leak.uniform", "change of the effects under Uniform()", change),
    ]
    measures += _shapley(case, own)
    turned = flips(own.slopes, own.errors, plain.slopes, plain.errors)
    worst_first = ignored[np.argsort(-leaks, kind="stable")][: int((leaks > 0).sum())]
    reason = (
        f"With an effect here and none under Uniform(): {named(case, worst_first)}."
        if len(worst_first)
        else "No part has an effect here that it would not have under Uniform()."
    )
    if len(turned):
        reason += f" Of opposite sign there: {named(case, turned)}."
    if covered < LOOKED_AT:
        reason += f" Only {100 * covered:.0f} % of Uniform()'s mass was looked at."
    return Seen(tuple(measures), reason, "Explain with sampler=Uniform() or sampler=Shapley().")


def leaks_of(own: Line, plain: Line) -> tuple[np.ndarray, FloatArray]:
    """The parts that the product law gives nothing, and by how much their effects here exceed their errors."""
    largest = float(np.abs(plain.slopes).max(initial=0.0))
    ignored = np.flatnonzero(np.abs(plain.slopes) <= np.maximum(REACH * plain.errors, NOTHING * largest))
    beyond = np.abs(own.slopes[ignored]) - np.maximum(
        REACH * np.hypot(own.errors, plain.errors)[ignored], NOTHING * largest
    )
    return ignored, np.maximum(beyond, 0.0)


def _shapley(case: Case, own: Line) -> list[Measure]:
    """The change under Shapley's law, where its ends were answered."""
    data, d = case.answered, case.answered.n_parts
    if d < 2 or data.kept.min() > 0:
        return []
    ends = np.argsort(data.kept, kind="stable")[[0]]
    order = np.concatenate([[0], np.setdiff1d(np.arange(1, len(data.points)), ends), ends])
    moved_to_end = type(data)(
        data.points[order], data.answers[order], data.weights[order], data.draws[order], data.strata[order], data.shares
    )
    weights, covered = moved_to_end.under(Shapley().law(Geometry(d)).masses)
    if covered < LOOKED_AT:
        return []
    line = moved_to_end.line(weights, ends_fixed=True)
    change = relative_change(own.slopes - line.slopes, own.slope_moves - line.slope_moves, own.slopes, own.errors)
    return [case.measure("leak.shapley", "change of the effects under Shapley()", change)]


def _spares(case: Case) -> str:
    if case.is_table:
        return (
            "Columns were changed independently of one another, or along the data; correlated parts are checked apart."
        )
    if Doubt.FLAT in case.explanation.doubts:
        return "The answers do not vary."
    if case.answered.n_parts == 1:
        return "There is one part only."
    if case.explanation.law.name in PRODUCT_LAWS:
        return f"Under {case.explanation.law} a part that the model ignores gets no effect."
    return ""


CHECK = Check("leak", "Leak of the law", CLAIM, _spares, _look)
