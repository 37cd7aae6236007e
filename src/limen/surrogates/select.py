"""From fits to records: which surrogate is shown, what its numbers are, and how far each can be off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar

import numpy as np

from limen._errors import BudgetError
from limen._threads import threads
from limen._types import Design, FloatArray, IntArray
from limen.results import Estimate, Estimates, Fidelity, Interactions, Surrogate
from limen.surrogates.covariance import degrees_of_freedom, design_covariance, reach
from limen.surrogates.linear import Linear, fit_linear
from limen.surrogates.quadratic import FEWEST_PER_COEFFICIENT, SPARSE_PER_COEFFICIENT, PairFit, Quadratic, fit_quadratic
from limen.surrogates.solve import Fit

P = ParamSpec("P")
R = TypeVar("R")

WORTHWHILE_GAIN = 0.02
"""`"auto"` shows the quadratic only if its held-out R² is better by this much: pairs make an explanation longer."""
LONGEST_STRETCH = 20.0
"""An interval of R² that reaches e^20 times 1 - R² to each side says that nothing is known; more would overflow."""
NO_SPREAD = 1e-12
"""Answers whose spread is below this fraction of their size are rounding errors around one number."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What one target's explanation takes from the surrogate wing; `spread`: standard deviation of f under the law."""

    effects: Estimates
    intercept: Estimate
    surrogate: Surrogate
    interactions: Interactions | None
    fidelity: Fidelity
    spread: float


def _on_one_thread(function: Callable[P, R]) -> Callable[P, R]:
    @wraps(function)
    def run(*arguments: P.args, **named: P.kwargs) -> R:
        with threads(1):
            return function(*arguments, **named)

    return run


@_on_one_thread
def fit(
    answers: FloatArray,
    design: Design,
    folds: IntArray,
    instance_answer: FloatArray,
    end_answers: FloatArray | None,
    surrogate: Linear | Quadratic | str,
) -> list[Outcome]:
    """Fit line and quadratic to answers (n, t), and show the one asked for, or for "auto" the one that wins held out.

    instance_answer: (t) f(x). end_answers: (2, t) where the law fixes the ends. Raises BudgetError where a quadratic
    was asked for and the probes cannot carry one.
    """
    centred = answers - instance_answer  # so that a constant model gives zeros to the last bit
    ends = None if end_answers is None else end_answers - instance_answer
    lines = fit_linear(centred, design, ends)
    curves = fit_quadratic(centred, design, ends, folds)
    if not lines[0].full_rank:
        raise BudgetError(
            f"sampler is a law under which {design.masks.shape[1]} parts cannot be told apart: nearly all its mass is "
            "on masks that keep one number of them; use a wider law."
        )
    if isinstance(surrogate, Quadratic) and curves is None:
        raise _cannot_carry(design, ends is not None)
    return [
        _outcome(
            centred[:, t], design, float(instance_answer[t]), line, None if curves is None else curves[t], surrogate
        )
        for t, line in enumerate(lines)
    ]


def _cannot_carry(design: Design, fixed: bool) -> BudgetError:
    n, d = design.masks.shape
    start = f"surrogate is Quadratic(), which {n} probes of {d} part{'s' * (d != 1)} under this law cannot carry; "
    if design.exact:
        return BudgetError(f"{start}no budget changes that. Use smaller units, Uniform(), or Linear().")
    least = FEWEST_PER_COEFFICIENT * (1 + d + d * (d - 1) // 2)
    if not fixed:
        least = min(least, 2 * SPARSE_PER_COEFFICIENT * (d + 2) + d)
    return BudgetError(f"{start}about {least + 3} model rows can. Raise the budget, use larger units, or Linear().")


def _outcome(
    answers: FloatArray,
    design: Design,
    shift: float,
    line: Fit,
    curve: PairFit | None,
    surrogate: Linear | Quadratic | str,
) -> Outcome:
    d = design.masks.shape[1]
    mean = float(design.weights @ answers)
    spread = float(np.sqrt(design.weights @ (answers - mean) ** 2))
    size = abs(shift) + float(np.abs(answers).max())
    first = _squared(line, answers, design, size)
    second = None if curve is None else _squared(curve.fit, answers[curve.rows], curve.design, size)
    shown = curve if curve is not None and _wins(surrogate, first, second, curve) else None
    best = line if shown is None else shown.fit
    intercept, effects = _coefficients(line, d, shift)
    return Outcome(
        effects=effects,
        intercept=intercept,
        surrogate=Surrogate("linear" if shown is None else "quadratic", *_coefficients(best, d, shift)),
        interactions=None if shown is None else _interactions(shown, d),
        fidelity=Fidelity(first, second, _gap(best), len(answers)),
        spread=spread,
    )


def _gap(fit: Fit) -> Estimate:
    """|g(x) - f(x)| of a fit in which f(x) is 0: every part and pair is kept, so g(x) sums all coefficients."""
    value = abs(float(fit.coefficients.sum()))
    error = float(np.sqrt(max(fit.covariance.sum(), 0.0)))
    width = float(reach(fit.degrees[-1])) * error
    return Estimate(value, error, max(value - width, 0.0), value + width)


def _wins(surrogate: Linear | Quadratic | str, first: Estimate | None, second: Estimate | None, curve: PairFit) -> bool:
    """Whether the quadratic is shown: on request, or by a worthwhile gain that is not bought with every probe."""
    if not isinstance(surrogate, str):
        return isinstance(surrogate, Quadratic)
    spare = len(curve.rows) - curve.fit.rank
    return first is not None and second is not None and spare > 0 and second.value - first.value >= WORTHWHILE_GAIN


def _squared(fit: Fit, answers: FloatArray, design: Design, size: float) -> Estimate | None:
    """Held-out R² with its error by the delta method; None for answers without variance or probes without spare.

    It is the R² of the fitted surrogate under the whole law. `size` is that of the answers, to tell rounding errors.
    Where every mask was answered nothing is left to estimate, and there is no error.
    """
    weights, unseen = design.weights, 1.0 - design.sampled_shares[design.strata]
    deviations = answers - weights @ answers
    lost, total = float(weights @ fit.losses), float(weights @ deviations**2)
    total /= 1.0 - float(weights**2 @ unseen)  # the mean was fitted too
    if total <= (NO_SPREAD * size) ** 2 or len(weights) <= fit.rank:
        return None
    value = 1.0 - lost / total
    influence = (lost * deviations**2 / total - fit.losses) / total
    scores = (weights * influence)[:, None]
    error = float(np.sqrt(max(design_covariance(scores, design)[0, 0], 0.0)))
    if not error or 1.0 - value < 1e-12:  # nothing is lost but rounding
        return Estimate(value, error, value, value)
    degrees = min(float(np.median(fit.degrees)), float(degrees_of_freedom(scores, design)[0]))
    # A ratio errs in per cent of 1 - R².
    stretch = float(np.exp(min(float(reach(degrees)) * error / (1.0 - value), LONGEST_STRETCH)))
    return Estimate(value, error, 1.0 - (1.0 - value) * stretch, 1.0 - (1.0 - value) / stretch)


def _coefficients(fit: Fit, d: int, shift: float) -> tuple[Estimate, Estimates]:
    """The intercept, moved back to the model's own scale, and the slopes."""
    values, errors = fit.coefficients[: d + 1], fit.standard_errors[: d + 1]
    width = reach(fit.degrees[: d + 1]) * errors
    columns = (values, errors, values - width, values + width)
    start, _, low, high = (float(column[0]) for column in columns)
    return Estimate(start + shift, float(errors[0]), low + shift, high + shift), Estimates(*(c[1:] for c in columns))


def _interactions(curve: PairFit, d: int) -> Interactions:
    """The pair coefficients as symmetric matrices; pairs that were not picked are 0 with an honest error."""
    i, j = curve.pairs[:, 0], curve.pairs[:, 1]
    values, selected = np.zeros((d, d)), np.zeros((d, d), dtype=np.bool_)
    errors = np.where(np.isnan(curve.left_out), 0.0, curve.left_out)
    values[i, j] = values[j, i] = curve.fit.coefficients[d + 1 :]
    errors[i, j] = errors[j, i] = curve.fit.standard_errors[d + 1 :]
    degrees = np.full((d, d), np.median(curve.fit.degrees))
    degrees[i, j] = degrees[j, i] = curve.fit.degrees[d + 1 : -1]
    selected[i, j] = selected[j, i] = True
    np.fill_diagonal(errors, 0.0)
    width = reach(degrees) * errors
    return Interactions(values, errors, values - width, values + width, selected)
