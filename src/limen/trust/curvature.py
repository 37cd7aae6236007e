"""Weakness 5: a line is fitted to a model that bends.

Cure: `surrogate=Quadratic()`, `scale="log-odds"` for probabilities, or a narrower law.
"""

from __future__ import annotations

import numpy as np

from limen._types import BoolArray, FloatArray
from limen.results import Doubt, Estimate, Measure
from limen.trust._check import Case, Check, Seen
from limen.trust._numbers import estimate

CLAIM = (
    "A line says what each part adds on average; where parts act together or an answer bends, no single number a part "
    "tells what the model does (Tan et al. 2023)."
)
UNEVEN = 2.0
"""By this factor the squared residual on one side must exceed that on the other to be told."""


def _look(case: Case, spend: bool) -> Seen:
    del spend
    explanation = case.explanation
    fidelity = explanation.fidelity
    shown = fidelity.linear if explanation.interactions is None else fidelity.quadratic
    measures: list[Measure] = []
    if shown is not None:
        told = "share of the answers' variance that the shown surrogate leaves out"
        measures.append(case.measure("curvature.unexplained", told, less(shown)))
    if fidelity.linear is not None and fidelity.quadratic is not None:
        gain = fidelity.quadratic.value - fidelity.linear.value
        error = float(np.hypot(fidelity.quadratic.standard_error, fidelity.linear.standard_error))
        measures += [
            case.measure("curvature.gain", "what the quadratic explains beyond the line", estimate(gain, error)),
            case.measure("curvature.remainder", "what is beyond second order", less(fidelity.quadratic)),
        ]
    gap = fidelity.gap
    told = "miss of the surrogate at x itself, in deviations of the answers"
    ends = (gap.value, gap.standard_error, gap.low, gap.high)
    measures.append(case.measure("curvature.gap", told, Estimate(*(end / case.reach for end in ends))))
    return Seen(tuple(measures), _reason(case, shown), _remedy(case))


def less(share: Estimate) -> Estimate:
    """One less a share, with its interval turned round."""
    return Estimate(1.0 - share.value, share.standard_error, 1.0 - share.high, 1.0 - share.low)


def far_half(case: Case) -> BoolArray:
    """(n) True for the half of the probes that is farther from x: fewer parts kept, or larger moves."""
    points = case.answered.points
    away = ((points - points[0]) ** 2).sum(axis=1)
    return np.asarray(away > np.median(away[1:]))


def residuals(case: Case) -> FloatArray:
    """(n) What the shown surrogate leaves of each answer."""
    return np.asarray(case.answered.answers - case.explanation.predict(case.answered.points))


def _reason(case: Case, shown: Estimate | None) -> str:
    if shown is None:
        return "There are too few probes to tell how faithful the surrogate is."
    kind = "line" if case.explanation.interactions is None else "quadratic"
    start = f"The {kind} explains {100 * max(shown.value, 0.0):.0f} % of how the answers vary around x"
    far, weights, squares = far_half(case), case.answered.weights, residuals(case) ** 2
    near_mean, far_mean = (
        float((weights * squares)[side].sum() / max(weights[side].sum(), 1e-300)) for side in (~far, far)
    )
    if far_mean > UNEVEN * near_mean:
        return f"{start}; what it leaves out lies mostly far from x."
    if near_mean > UNEVEN * far_mean:
        return f"{start}; what it leaves out lies mostly near x."
    return f"{start}; what it leaves out lies near x as well as far from it."


def _remedy(case: Case) -> str:
    ways = []
    if case.explanation.interactions is None:
        ways.append("surrogate=limen.Quadratic()")
    if case.explanation.scale == "probability":
        ways.append("scale='log-odds'")
    ways.append("Ball(0.25)" if case.is_table else "Uniform(0.8)")
    return f"Try {' or '.join(ways)}."


def _spares(case: Case) -> str:
    if Doubt.FLAT in case.explanation.doubts:
        return "The answers do not vary, so there is nothing that could bend."
    return "" if len(case.parts) else "No part changed."


CHECK = Check("curvature", "Curvature", CLAIM, _spares, _look)
