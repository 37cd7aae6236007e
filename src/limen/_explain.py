"""Chapter 6, the conductor: what is asked, and of whom.

The steps themselves are generators (`mask_steps`, `row_steps`) that never call a model. They yield the inputs that they
want answered and are sent the answers, so that one explanation, many explanations in shared batches, and runs that go
on after an error are the same code: `run`.
"""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, TypedDict, Unpack, overload

import numpy as np

from limen._curves import curved
from limen._cuts import items_of
from limen._errors import BudgetError, DoubtError, DoubtWarning, InputError, unknown
from limen._masks import mask_steps
from limen._question import AUTO, SCALES, Target, scale_of
from limen._rounds import checked
from limen._row import Shared
from limen._rows import row_steps
from limen._run import exchanges, run
from limen._surface import surfaced
from limen.domains import Domain, Table
from limen.models import predictor
from limen.results import Explanation
from limen.sampling import Sampler, Top
from limen.surrogates import Linear, Quadratic

ON_DOUBT = ("warn", "raise", "ignore")


@dataclass(frozen=True)
class Explainer:
    """`explain` with everything but the input and the target fixed: frozen, picklable if the model is, callable.

    The parameters are those of `limen.explain`.
    """

    model: Any
    domain: Domain | None = None
    _: KW_ONLY
    scale: str = "auto"
    surrogate: Linear | Quadratic | str = "auto"
    sampler: Sampler | None = None
    budget: int = 1000
    tolerance: float | Top | None = None
    seed: int = 0
    on_doubt: str = "warn"

    def __post_init__(self) -> None:
        if self.domain is not None and not isinstance(self.domain, Domain):
            raise InputError(
                f"domain is {self.domain!r:.60}, expected a domain such as limen.Text(), or None to infer it."
            )
        if self.scale not in (AUTO, *SCALES):
            raise unknown("scale", self.scale, (AUTO, *SCALES))
        if not isinstance(self.surrogate, Linear | Quadratic) and self.surrogate != "auto":
            raise unknown("surrogate", self.surrogate, ["'auto'", "limen.Linear()", "limen.Quadratic()"])
        if self.sampler is not None and not isinstance(self.sampler, Sampler):
            raise unknown(
                "sampler",
                self.sampler,
                ["None", "Lime()", "Uniform(p)", "Shapley()", "Sizes(masses)", "Ball()", "Manifold(k)", "Boundary()"],
                "They are in limen.sampling.",
            )
        for name, lowest in (("budget", 3), ("seed", 0)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < lowest:
                kind = BudgetError if name == "budget" else InputError
                raise kind(f"{name} is {value!r}, expected a whole number of at least {lowest}.")
        if self.on_doubt not in ON_DOUBT:
            raise unknown("on_doubt", self.on_doubt, ON_DOUBT)
        checked(self.tolerance)

    def __call__(self, x: Any, target: Target | list[Target] = None) -> Any:
        """Explain x, or each item of a list x; a list of targets gives a list of explanations, one for each."""
        black_box = predictor(self.model, raw=self.scale == "raw")
        if isinstance(target, list) and not target:
            raise InputError(
                "target is an empty list, expected at least one target in it; None is the predicted class."
            )
        asked = dataclasses.replace(self, scale=scale_of(self.scale, black_box))
        domain = self.domain
        if isinstance(domain, Table):
            items, many = domain.rows(x)
            shared = Shared.of(asked, domain, black_box)
            steps = [row_steps(shared, item, target) for item in items]
        else:
            items, many = items_of(x, domain)
            steps = [mask_steps(asked, item, target, black_box) for item in items]
        found = run(steps, black_box)
        each: list[Any] = found if isinstance(target, list) else [explanations[0] for explanations in found]
        result = each if many else each[0]
        self._tell_doubts([one for explanations in found for one in explanations], result)
        return result

    def rounds(self, x: Any, target: Target | list[Target] = None) -> Iterator[Any]:
        """Explain one text, image or row in rounds; gives the explanation after each of them, the last is the answer.

        All answers are used again, so that an explanation is at hand any time. Ends at the tolerance or, without one,
        with the budget; each explanation's `rounds` tell what is still needed. With a list of targets, lists of
        explanations. Doubts are in the records and are not told otherwise. Raises InputError for several inputs, and
        what `limen.explain` raises.
        """
        black_box = predictor(self.model, raw=self.scale == "raw")
        asked = dataclasses.replace(self, scale=scale_of(self.scale, black_box))
        told: list[list[Explanation]] = []
        if isinstance(self.domain, Table):
            items, many = self.domain.rows(x)
            if many:
                raise InputError(f"x has {len(items)} rows, expected one; rounds are given of one row at a time.")
            steps = row_steps(Shared.of(asked, self.domain, black_box), items[0], target, told.append)
        else:
            items, many = items_of(x, self.domain)
            if many:
                raise InputError(f"x has {len(items)} inputs, expected one; rounds are given of one at a time.")
            steps = mask_steps(asked, x, target, black_box, told.append)
        for _ in exchanges(steps, black_box):
            while told:
                found = told.pop(0)
                yield found if isinstance(target, list) else found[0]

    def with_surface(
        self, explanation: Explanation, *, features: Sequence[str | int] | None = None, steps: int = 41
    ) -> Explanation:
        """Ask the model on a grid through a table row and record its answers, for `limen.plots.surface`.

        features: two parts that move on a scale, by name or number; None: those that matter most. All other columns
        stay as in the row. steps: values of each; whole numbers are asked once each. The steps² rows are spent beyond
        the budget, and the record's cost tells them. Returns a new record. Raises InputError where the explanation is
        not of a row of this Explainer's Table, and ModelError where the model fails.
        """
        return surfaced(self, explanation, features, steps)

    def with_curves(self, explanation: Explanation, *, steps: int | None = None) -> Explanation:
        """Ask how an image's answer falls and comes back as its parts go, for `limen.plots.curves`.

        The parts that support most go first. steps: points of each curve, at least 3; None: one for every part, 2 d
        rows in all. They are spent beyond the budget, and the record's cost tells them. Returns a new record. Raises
        InputError where the explanation is not of an image, and ModelError where the model fails.
        """
        return curved(self, explanation, steps)

    def _tell_doubts(self, explanations: list[Explanation], result: Any) -> None:
        for explanation in explanations:
            if explanation.doubts and self.on_doubt != "ignore":
                reasons = " ".join(f"{doubt.name}: {doubt.value}" for doubt in explanation.doubts)
                message = f"The explanation of {explanation.target_name!r} should not be believed as it is. {reasons}"
                if self.on_doubt == "raise":
                    raise DoubtError(message, result)
                warnings.warn(message, DoubtWarning, stacklevel=4)


class Settings(TypedDict, total=False):
    """The settings that `explain` passes on to `Explainer`, for type checkers."""

    domain: Domain | None
    scale: str
    surrogate: Linear | Quadratic | str
    sampler: Sampler | None
    budget: int
    tolerance: float | Top | None
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
    scale: str = "auto",
    surrogate: Linear | Quadratic | str = "auto",
    sampler: Sampler | None = None,
    budget: int = 1000,
    tolerance: float | Top | None = None,
    seed: int = 0,
    on_doubt: str = "warn",
) -> Any:
    """Explain why a model answers as it does on x, with the error of every number.

    Parameters
    ----------
    model: a function from a list of n inputs (for tables: a frame of n rows) to an array (n, k); a Hugging Face
        text-classification pipeline; a pair (model, tokenizer); a scikit-learn classifier, regressor or pipeline; a
        torch module; or what `limen.models.load` opened.
    x: a text, or a list, tuple, array or column of texts; an image (Pillow's, an array, a tensor, a Path), or a list of
        them; a row of a table (a Series, a dict, an array, a frame of one row), or a frame of several rows. Several
        inputs share batches.
    domain: what may be changed in x, such as `limen.Text(units="sentences")`, `limen.Image(30)` or
        `limen.Table(background)`, which a row needs; None: a text or an image, by the type of x.
    target: a class name, or number (its place among the model's classes from 0, also where these are numbers: then "7"
        is the class 7); a tuple or range of them, whose probabilities are summed; None: the predicted class;
        `limen.models.Versus(one, other)`: why one and not the other; a list of targets: one explanation each, from the
        same model rows (with several texts: each for every text).
    scale: what is explained: "probability", "log-odds", or "raw" (the output as it is; Hugging Face models: the
        logits); "auto": "raw" for a regressor, otherwise "probability". The record says which.
    surrogate: `limen.Linear()`, `limen.Quadratic()`, or "auto": the quadratic where it wins on held-out probes.
    sampler: the law of the neighbourhood, a noun of `limen.sampling`; None: the domain's default (for texts `Lime()`,
        for tables `Ball()`, whose width is chosen by evidence).
    budget: the most model rows to spend on one x and its targets (under `Boundary()`, on each target). Where
        they pay for every mask, the answer is exact.
    tolerance: stop as soon as every effect's 95 % interval is narrower than this share of the largest effect, or, with
        `limen.sampling.Top(k)`, as soon as it is decided which parts are the first k; None: spend the budget. Effects
        of a row of a table are compared per background standard deviation; not for `Boundary()`.
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
        model,
        domain,
        scale=scale,
        surrogate=surrogate,
        sampler=sampler,
        budget=budget,
        tolerance=tolerance,
        seed=seed,
        on_doubt=on_doubt,
    )
    return explainer(x, target)
