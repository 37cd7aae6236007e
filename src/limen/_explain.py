"""Chapter 6, the conductor: parts, masks, inputs, answers, surrogate, as one generator that asks and is told.

`steps` never calls a model. It yields the inputs that it wants answered and is sent the answers, so that one
explanation, many explanations in shared batches, and runs that go on after an error are the same code: `run`.
"""

from __future__ import annotations

import platform
import time
import warnings
from dataclasses import KW_ONLY, dataclass
from typing import Any, TypedDict, Unpack, overload

import numpy as np

from limen._doubts import doubts_of
from limen._errors import BudgetError, DoubtError, DoubtWarning, InputError, unknown
from limen._plan import Plan, plan_of
from limen._question import SCALES, Target, on_scale, resolve
from limen._run import Ask, Steps, Told, run
from limen._types import FloatArray
from limen._version import __version__
from limen.domains import Domain
from limen.models import predictor
from limen.results import Cost, Explanation, Status
from limen.sampling import Sampler
from limen.surrogates import Linear, Outcome, Quadratic, fit

ON_DOUBT = ("warn", "raise", "ignore")


@dataclass(frozen=True)
class Explainer:
    """`explain` with everything but the input and the target fixed: frozen, picklable if the model is, callable.

    The parameters are those of `limen.explain`.
    """

    model: Any
    domain: Domain | None = None
    _: KW_ONLY
    scale: str = "probability"
    surrogate: Linear | Quadratic | str = "auto"
    sampler: Sampler | None = None
    budget: int = 1000
    seed: int = 0
    on_doubt: str = "warn"

    def __post_init__(self) -> None:
        if self.domain is not None and not isinstance(self.domain, Domain):
            raise InputError(f"domain is {self.domain!r}, expected a domain such as limen.Text(), or None to infer it.")
        if self.scale not in SCALES:
            raise unknown("scale", self.scale, SCALES)
        if not isinstance(self.surrogate, Linear | Quadratic) and self.surrogate != "auto":
            raise unknown("surrogate", self.surrogate, ["'auto'", "limen.Linear()", "limen.Quadratic()"])
        if self.sampler is not None and not isinstance(self.sampler, Sampler):
            raise unknown(
                "sampler",
                self.sampler,
                ["None", "Lime()", "Uniform(p)", "Shapley()", "Sizes(masses)"],
                "They are in limen.sampling.",
            )
        for name, lowest in (("budget", 3), ("seed", 0)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < lowest:
                kind = BudgetError if name == "budget" else InputError
                raise kind(f"{name} is {value!r}, expected a whole number of at least {lowest}.")
        if self.on_doubt not in ON_DOUBT:
            raise unknown("on_doubt", self.on_doubt, ON_DOUBT)

    def __call__(self, x: Any, target: Target | list[Target] = None) -> Any:
        """Explain x, or each item of a list x; a list of targets gives a list of explanations, one for each."""
        black_box = predictor(self.model, raw=self.scale == "raw")
        if isinstance(target, list) and not target:
            raise InputError(
                "target is an empty list, expected at least one target in it; None is the predicted class."
            )
        items, many = _items(x)
        found = run([steps(self, item, target, black_box.classes) for item in items], black_box)
        if not isinstance(target, list):
            results: Any = [explanations[0] for explanations in found]
        else:
            results = found
        result = results if many else results[0]
        self._tell_doubts([one for explanations in found for one in explanations], result)
        return result

    def _tell_doubts(self, explanations: list[Explanation], result: Any) -> None:
        for explanation in explanations:
            if explanation.doubts and self.on_doubt != "ignore":
                reasons = " ".join(f"{doubt.name}: {doubt.value}" for doubt in explanation.doubts)
                message = f"The explanation of {explanation.target_name!r} should not be believed as it is. {reasons}"
                if self.on_doubt == "raise":
                    raise DoubtError(message, result)
                warnings.warn(message, DoubtWarning, stacklevel=4)


def _items(x: Any) -> tuple[list[Any], bool]:
    """The inputs in x, and whether they are several: in a list, a tuple, an array or a column of a data frame."""
    several = x.tolist() if hasattr(x, "tolist") and not isinstance(x, str) else x
    return (list(several), True) if isinstance(several, list | tuple) else ([x], False)


def steps(question: Explainer, x: Any, target: Target | list[Target], classes: tuple[str, ...] | None) -> Steps:
    """Explain one x for one or several targets: yields what it wants answered, returns the explanations."""
    start = time.perf_counter()
    plan = plan_of(x, question.domain, question.sampler, int(question.budget), int(question.seed))
    if isinstance(question.surrogate, Quadratic):  # whether the probes can carry it is known before they are paid for
        empty = np.zeros((len(plan.design.masks), 1))
        fit(empty, plan.design, plan.folds, empty[0], empty[:2] if plan.law.ends_fixed else None, question.surrogate)
    whole = plan.instance.render(plan.masks[:1])
    first = yield Ask(whole)  # one row shows a wrong target or a broken model before the others are paid for
    wanted = target if isinstance(target, list) else [target]
    targets = [resolve(one, classes, first.outputs[0]) for one in wanted]
    inputs = plan.instance.render(plan.masks)
    told = yield Ask(inputs, inputs[0] if plan.with_repeat else None)
    answers, cut_off = zip(*(on_scale(told.outputs, indices, question.scale) for indices, _ in targets), strict=True)
    table = np.stack(answers, axis=1)
    ends = table[[-1, 0]] if plan.law.ends_fixed else None
    outcomes = fit(table[plan.places], plan.design, plan.folds, table[0], ends, question.surrogate)
    total = Told(told.outputs, told.repeated, first.rows + told.rows, first.seconds + told.seconds, first.cut)
    cost = Cost(total.rows, len(set(inputs)), total.seconds, time.perf_counter() - start)
    return [
        _record(question, plan, total, cost, targets[t], wanted[t] is not None, outcome, table[:, t], cut_off[t])
        for t, outcome in enumerate(outcomes)
    ]


def _record(
    question: Explainer,
    plan: Plan,
    told: Told,
    cost: Cost,
    target: tuple[tuple[int, ...], str],
    target_was_named: bool,
    outcome: Outcome,
    answers: FloatArray,
    cut_off: bool,
) -> Explanation:
    """Put one target's explanation together."""
    change = None if told.repeated is None else told.repeated - told.outputs[0]
    return Explanation(
        instance=plan.instance,
        target=target[0],
        target_name=target[1],
        scale=question.scale,
        prediction=float(answers[0]),
        effects=outcome.effects,
        intercept=outcome.intercept,
        interactions=outcome.interactions,
        surrogate=outcome.surrogate,
        fidelity=outcome.fidelity,
        status=Status.EXACT if plan.design.exact else Status.BUDGET_SPENT,
        doubts=doubts_of(outcome, answers, question.scale, told, target_was_named, cut_off),
        noise=None if change is None else float(np.abs(change).max()),
        law=plan.law_record(),
        probes=plan.probes(answers),
        cost=cost,
        budget=int(question.budget),
        seed=int(question.seed),
        limen_version=__version__,
        python_version=platform.python_version(),
    )


class Settings(TypedDict, total=False):
    """The settings that `explain` passes on to `Explainer`, for type checkers."""

    domain: Domain | None
    scale: str
    surrogate: Linear | Quadratic | str
    sampler: Sampler | None
    budget: int
    seed: int
    on_doubt: str


@overload
def explain(model: Any, x: str, *, target: Target = ..., **settings: Unpack[Settings]) -> Explanation: ...
@overload
def explain(model: Any, x: str, *, target: list[Target], **settings: Unpack[Settings]) -> list[Explanation]: ...
@overload
def explain(model: Any, x: list[Any], *, target: Target = ..., **settings: Unpack[Settings]) -> list[Explanation]: ...
@overload
def explain(
    model: Any, x: list[Any], *, target: list[Target], **settings: Unpack[Settings]
) -> list[list[Explanation]]: ...
def explain(
    model: Any,
    x: Any,
    *,
    domain: Domain | None = None,
    target: Target | list[Target] = None,
    scale: str = "probability",
    surrogate: Linear | Quadratic | str = "auto",
    sampler: Sampler | None = None,
    budget: int = 1000,
    seed: int = 0,
    on_doubt: str = "warn",
) -> Any:
    """Explain why a model answers as it does on x, with the error of every number.

    Parameters
    ----------
    model: a function from a list of n inputs to an array (n, k); a Hugging Face text-classification pipeline; a pair
        (model, tokenizer); an object with predict_proba; or what `limen.models.load` opened.
    x: a text; or a list, tuple, array or column of texts, which share batches.
    domain: what may be changed in x, such as `limen.Text(units="sentences")`; None: inferred.
    target: a class number or name; a tuple or range of them, whose probabilities are summed; None: the predicted class;
        a list of targets: one explanation each, from the same model rows (with several texts: each for every text).
    scale: what is explained: "probability", "log-odds", or "raw" (the output as it is; Hugging Face models:
        the logits).
    surrogate: `limen.Linear()`, `limen.Quadratic()`, or "auto": the quadratic where it wins on held-out probes.
    sampler: the law of the neighbourhood, a noun of `limen.sampling`; None: the domain's default (for texts `Lime()`).
    budget: the most model rows to spend on one x and its targets. Where they pay for every mask, the answer is exact.
    seed: makes the draw; the same call gives the same answer.
    on_doubt: "warn", "raise" or "ignore" when the explanation should not be believed.

    Returns
    -------
    An Explanation; for a list x, or a list of targets, a list of them; for both, a list of lists.

    Raises
    ------
    InputError for a wrong argument, BudgetError where the budget is too small for what is asked, ModelError where the
    model fails (its `predictor` keeps the answers so far), DoubtError with `on_doubt="raise"`.

    Source: Ribeiro, Singh, Guestrin, "Why should I trust you?", KDD 2016, equation 1, solved as the population problem
    that its sampling approximates (Mardaoui, Garreau, AISTATS 2021).

    """
    explainer = Explainer(
        model, domain, scale=scale, surrogate=surrogate, sampler=sampler, budget=budget, seed=seed, on_doubt=on_doubt
    )
    return explainer(x, target)
