"""From fits to records: which surrogate is shown, what its numbers are, and how far each can be off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from typing import ParamSpec, TypeVar

import numpy as np

from limen._errors import BudgetError
from limen._threads import one_thread
from limen._types import Design, FloatArray, IntArray
from limen.results import Estimate, Estimates, Fidelity, Interactions, PrincipalAxes, Proxy, Surrogate
from limen.surrogates.covariance import degrees_of_freedom, design_covariance, reach
from limen.surrogates.features import Basis
from limen.surrogates.held_out import drawn_freely, error_of_ratio
from limen.surrogates.linear import Linear, fit_linear
from limen.surrogates.proxies import Adjustment
from limen.surrogates.quadratic import PairFit, Quadratic, fewest_probes, fit_quadratic
from limen.surrogates.second import axes_of, curvature_of, interactions_of
from limen.surrogates.solve import Fit
from limen.surrogates.untold import RESOLUTION

P = ParamSpec("P")
R = TypeVar("R")

WORTHWHILE_GAIN = 0.02
"""`"auto"` shows the quadratic only if its held-out R² is better by this much: pairs make an explanation longer."""
SURE_OF_GAIN = 1.645
"""... and if the gain, probe by probe, is so many of its own standard errors (95 %, one-sided): a few far probes can
fake one."""
LONGEST_STRETCH = 20.0
"""An interval of R² that reaches e^20 times 1 - R² to each side says that nothing is known; more would overflow."""
ROUNDING = 1e-12
"""Where less than this of the variance is lost, it is lost to rounding."""
NO_SPREAD = 1e-12
"""Answers whose spread is below this fraction of their size are rounding errors around one number."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What one target's explanation takes from the surrogate wing; `spread`: standard deviation of f under the law.

    curvature: (d) second derivatives, NaN for parts that are kept or hidden; axes: those of the Hessian among the parts
    that move. Both None where there is no such part or a line is shown.
    """

    effects: Estimates
    intercept: Estimate
    surrogate: Surrogate
    interactions: Interactions | None
    curvature: Estimates | None
    axes: PrincipalAxes | None
    fidelity: Fidelity
    spread: float
    proxy: Proxy | None = None


def _on_one_thread(function: Callable[P, R]) -> Callable[P, R]:
    @wraps(function)
    def run(*arguments: P.args, **named: P.kwargs) -> R:
        with one_thread():
            return function(*arguments, **named)

    return run


@_on_one_thread
def fit(
    answers: FloatArray,
    design: Design,
    basis: Basis,
    folds: IntArray,
    instance_answer: FloatArray,
    end_answers: FloatArray | None,
    surrogate: Linear | Quadratic | str,
    helped: Sequence[Adjustment] = (),
) -> list[Outcome]:
    """Fit line and quadratic to answers (n, t), and show the one asked for, or for "auto" the one that wins held out.

    instance_answer: (t) f(x). end_answers: (2, t) where the law fixes the ends. helped: what proxies say of each
    target, on the scale of the answers. Raises BudgetError where a quadratic was asked for and the probes cannot carry
    one.
    """
    helped = [one.less(float(instance_answer[t])) for t, one in enumerate(helped)]
    centred = answers - instance_answer  # so that a constant model gives zeros to the last bit
    ends = None if end_answers is None else end_answers - instance_answer
    lines = fit_linear(centred, design, basis, ends, helped)
    curves = fit_quadratic(centred, design, basis, ends, folds, helped)
    if not lines[0].full_rank:
        raise _not_told_apart(design)
    if isinstance(surrogate, Quadratic) and curves is None:
        raise _cannot_carry(design, basis, ends is not None)
    return [
        replace(
            _outcome(
                centred[:, t],
                design,
                basis,
                float(instance_answer[t]),
                line,
                None if curves is None else curves[t],
                surrogate,
            ),
            proxy=helped[t].record() if helped else None,
        )
        for t, line in enumerate(lines)
    ]


def _not_told_apart(design: Design) -> BudgetError:
    n, d = design.points.shape
    if design.exact:
        return BudgetError(
            f"sampler is a law under which {d} parts cannot be told apart: nearly all its mass is on points where they "
            "change together; use a wider law."
        )
    return BudgetError(
        f"sampler drew {n} probes by which {d} parts cannot be told apart; raise the budget, or use a wider law."
    )


def _cannot_carry(design: Design, basis: Basis, fixed: bool) -> BudgetError:
    n, d = design.points.shape
    start = f"surrogate is Quadratic(), which {n} probes of {d} part{'s' * (d != 1)} under this law cannot carry; "
    if design.exact:
        return BudgetError(f"{start}no budget changes that. Use smaller units, Uniform(), or Linear().")
    least = fewest_probes(d, len(basis.terms(design.points)), fixed)
    if not basis.alike:  # a row of a table also spends its budget on other things than probes
        return BudgetError(f"{start}about {least} probes can. Raise the budget, group columns, or use Linear().")
    return BudgetError(f"{start}about {least + 3} model rows can. Raise the budget, use larger units, or Linear().")


def _outcome(
    answers: FloatArray,
    design: Design,
    basis: Basis,
    shift: float,
    line: Fit,
    curve: PairFit | None,
    surrogate: Linear | Quadratic | str,
) -> Outcome:
    d = design.points.shape[1]
    mean = float(design.weights @ answers)
    spread = float(np.sqrt(design.weights @ (answers - mean) ** 2))
    size = abs(shift) + float(np.abs(answers).max())
    first = _squared(line, answers, design, size)
    second = None if curve is None else _squared(curve.fit, answers[curve.rows], curve.design, size)
    shown = curve if curve is not None and _wins(surrogate, first, second, curve, line) else None
    best = line if shown is None else shown.fit
    intercept, effects = _coefficients(line, d, shift)
    slopes = (intercept, effects) if shown is None else _coefficients(best, d, shift)
    return Outcome(
        effects=effects,
        intercept=intercept,
        surrogate=Surrogate("linear" if shown is None else "quadratic", *slopes),
        interactions=None if shown is None else interactions_of(shown, d),
        curvature=None if shown is None else curvature_of(shown, basis),
        axes=None if shown is None else axes_of(shown, basis),
        fidelity=Fidelity(first, second, _gap(best), len(answers)),
        spread=spread,
    )


def _gap(fit: Fit) -> Estimate:
    """|g(x) - f(x)| of a fit in which f(x) is 0."""
    value = abs(float(fit.at @ fit.coefficients))
    error = float(np.sqrt(max(float(fit.at @ fit.covariance @ fit.at), 0.0)))
    width = float(reach(fit.degrees[-1])) * error
    return Estimate(value, error, max(value - width, 0.0), value + width)


def _wins(
    surrogate: Linear | Quadratic | str,
    first: Estimate | None,
    second: Estimate | None,
    curve: PairFit,
    line: Fit,
) -> bool:
    """Whether the quadratic is shown: on request, or by a worthwhile gain that stands out, with probes to spare."""
    if not isinstance(surrogate, str):
        return isinstance(surrogate, Quadratic)
    spare = len(curve.rows) - curve.fit.rank
    if first is None or second is None or spare <= 0 or second.value - first.value < WORTHWHILE_GAIN:
        return False
    design = curve.design
    gains = (design.weights * (line.losses[curve.rows] - curve.fit.losses))[:, None]
    error = float(np.sqrt(max(design_covariance(gains, design)[0, 0], 0.0)))
    return float(gains.sum()) >= SURE_OF_GAIN * error


def _squared(fit: Fit, answers: FloatArray, design: Design, size: float) -> Estimate | None:
    """Held-out R² with its error by the delta method; None for answers without variance or probes without spare.

    It is the R² of the fitted surrogate under the whole law. `size` is that of the answers, to tell rounding errors.
    Where every mask was answered nothing is left to estimate, and there is no error.
    """
    weights, unseen = design.weights, 1.0 - design.sampled_shares[design.strata]
    squares = (answers - weights @ answers) ** 2 if fit.totals is None else fit.totals
    lost, total = float(weights @ fit.losses), float(weights @ squares)
    if fit.totals is None:
        deviations = (weights * (answers - weights @ answers))[:, None]
        total += max(float(design_covariance(deviations, design)[0, 0]), 0.0)  # the mean was fitted too
    if total <= (NO_SPREAD * size) ** 2 or len(weights) <= fit.rank:
        return None
    value = 1.0 - lost / total
    if fit.totals is None and drawn_freely(design) and 1.0 - value >= ROUNDING:
        error, reached = error_of_ratio(fit, squares, design)
        return _stretched(value, error * (1.0 - value), reached)
    influence = (lost * squares / total - fit.losses) / total
    if fit.totals is not None:  # each row's own speaks for the masks of its stratum that were not asked
        influence = np.divide(influence - influence.mean(), unseen, out=np.zeros_like(influence), where=unseen > 0)
    scores = (weights * influence)[:, None]
    error = float(np.sqrt(max((1.0 + fit.follows) * design_covariance(scores, design)[0, 0], 0.0)))
    if fit.totals is not None:
        error = float(np.hypot(error, RESOLUTION))
    error = float(np.hypot(error, fit.unmet))
    of_fit = float(np.median(fit.degrees))
    degrees = min(of_fit, float(degrees_of_freedom(scores, design)[0]))
    if not error or 1.0 - value < ROUNDING:
        return Estimate(value, error, value - float(reach(degrees)) * error if error else value, value)
    found = _stretched(value, error, float(reach(degrees)) * error / (1.0 - value))
    worst = -(float(reach(of_fit)) ** 2) * fit.added / total  # the best fit is no worse than a constant
    return replace(found, low=max(found.low, min(worst, value - error)))


def _stretched(value: float, error: float, reached: float) -> Estimate:
    """R² with an interval that reaches so far in the logarithm of 1 - R²: a ratio errs in per cent of itself."""
    stretch = float(np.exp(min(reached, LONGEST_STRETCH)))
    return Estimate(value, error, 1.0 - (1.0 - value) * stretch, 1.0 - (1.0 - value) / stretch)


def _coefficients(fit: Fit, d: int, shift: float) -> tuple[Estimate, Estimates]:
    """The intercept, moved back to the model's own scale, and the slopes."""
    values, errors = fit.coefficients[: d + 1], fit.standard_errors[: d + 1]
    width = reach(fit.degrees[: d + 1]) * errors
    columns = (values, errors, values - width, values + width)
    start, _, low, high = (float(column[0]) for column in columns)
    return Estimate(start + shift, float(errors[0]), low + shift, high + shift), Estimates(*(c[1:] for c in columns))
