"""The audit: who is looked at, by which checks, and what that may cost."""

from __future__ import annotations

import dataclasses
import platform
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from limen._errors import InputError, ModelError, unknown
from limen._explain import Explainer
from limen._question import scale_of
from limen._version import __version__
from limen.domains import Table
from limen.models import Versus, predictor
from limen.results import Audit, Explanation, Finding, Grade, ImageInstance, TableInstance, TextInstance
from limen.results.audit import grade_of
from limen.trust import (
    correlated,
    cost,
    curvature,
    instability,
    leak,
    manipulation,
    off_manifold,
    sanity,
    segmentation,
    width,
)
from limen.trust._check import Case, Check, Seen
from limen.trust._limits import limits_of

CHECKS: tuple[Check, ...] = (
    instability.CHECK,
    width.CHECK,
    off_manifold.CHECK,
    correlated.CHECK,
    curvature.CHECK,
    segmentation.CHECK,
    cost.CHECK,
    leak.CHECK,
    manipulation.CHECK,
    sanity.CHECK,
)
"""In the order of the weaknesses."""


def audit(
    explained: Explanation | Explainer,
    x: Any = None,
    *,
    target: Any = None,
    explainer: Explainer | None = None,
    rows: int = 0,
    checks: Iterable[str] | None = None,
    limits: Mapping[str, Sequence[float]] | None = None,
    background: Any = None,
    training: tuple[Any, Any] | None = None,
    seed: int = 0,
) -> Audit:
    """Tell whether an explanation may be believed: ten checks, one for each weakness of LIME, and a verdict.

    Parameters
    ----------
    explained: an Explanation; or an Explainer, which then explains `x` for `target` first (its doubts are told as
        findings, whatever its `on_doubt`).
    x, target: one input and one target, as `explain` takes them; only with an Explainer.
    explainer: the Explainer that made the Explanation, to let checks ask the model.
    rows: the most model rows that the checks may ask beyond the explanation's. With 0 the checks do what needs no row,
        and each finding tells in `offer` what a fuller look would cost. The cheapest go first, and those that cost
        more than is left are not asked.
    checks: names of those that are wanted; None: all.
    limits: numbers from which measures are doubtful and bad, as {"instability.spread": (0.1, 0.4)}.
    background: texts such as the model was trained on (a list of str), or the Table of a table's explanation, where
        there is no explainer that has it.
    training: (inputs, labels) that the model was fitted on, for refits on shuffled labels.
    seed: of what the checks draw.

    Raises InputError for arguments that do not fit together, and ModelError where the model fails in the explanation
    itself. Where it fails in a check, the finding says so, and the other checks go on.

    """
    start = time.perf_counter()
    chosen = _chosen(checks)
    known = limits_of(limits)
    for name, value in (("rows", rows), ("seed", seed)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise InputError(f"{name} is {value!r}, expected a whole number of at least 0.")
    explanation, asking, x = _explained(explained, x, target, explainer)
    if rows and asking is None:
        raise InputError(
            f"rows is {rows}, and an Explanation alone cannot ask its model; give explainer=, or an Explainer and x."
        )
    given = explained if isinstance(explained, Explainer) else explainer
    texts, table = _texts(explanation, background), _table(explanation, asking, background)
    model, aim = None if given is None else given.model, _target(explanation)
    case = Case(explanation, asking, model, x, aim, texts, table, training, seed, known, rows)
    cheapest = sorted(chosen, key=lambda check: 0 if check.spares(case) else check.offer(case))
    findings = {check.name: _found(check, case) for check in cheapest}
    every, seconds = tuple(findings[check.name] for check in chosen), time.perf_counter() - start
    version, python = __version__, platform.python_version()
    return Audit(explanation, every, case.spent, rows, case.other_rows, seconds, version, python)


def _chosen(checks: Iterable[str] | None) -> list[Check]:
    if checks is None:
        return list(CHECKS)
    names = [check.name for check in CHECKS]
    wanted = [checks] if isinstance(checks, str) else list(checks)
    for name in wanted:
        if name not in names:
            raise unknown("a name in checks", name, names)
    if not wanted:
        raise InputError(f"checks is empty, expected some of: {', '.join(names)}; None is all of them.")
    return [check for check in CHECKS if check.name in wanted]


def _explained(
    explained: Any, x: Any, target: Any, explainer: Explainer | None
) -> tuple[Explanation, Explainer | None, Any]:
    """The explanation, an explainer whose model remembers, and x as the explainer takes it."""
    if isinstance(explained, Explanation):
        if x is not None or target is not None:
            raise InputError("x and target are in the Explanation already; leave them out, or give an Explainer.")
        if explainer is None:
            return explained, None, None
        if not isinstance(explainer, Explainer):
            raise InputError(f"explainer is {explainer!r:.60}, expected the limen.Explainer that made the Explanation.")
        return explained, _asking(explainer, explained), _input(explained)
    if not isinstance(explained, Explainer):
        raise InputError(
            f"explained is of type {type(explained).__name__}, expected an Explanation, or an Explainer and x: "
            "limen.audit(limen.Explainer(model), x)."
        )
    if explainer is not None:
        raise InputError("explainer is given twice; give it first, or the Explanation first and explainer=.")
    if x is None:
        raise InputError("x is None, expected the input to explain.")
    if isinstance(target, list):
        raise InputError("target is a list, and an audit is of one explanation; give one target.")
    asking = dataclasses.replace(
        explained, model=predictor(explained.model, raw=explained.scale == "raw"), on_doubt="ignore"
    )
    found = asking(x, target)
    if not isinstance(found, Explanation):
        raise InputError(f"x holds {len(found)} inputs, and an audit is of one; give one of them.")
    return found, _asking(asking, found), x


def _asking(explainer: Explainer, explanation: Explanation) -> Explainer:
    """The explainer with a model that remembers, as the explanation was made."""
    black_box = predictor(explainer.model, raw=explainer.scale == "raw")
    if scale_of(explainer.scale, black_box) != explanation.scale:
        raise InputError(
            f"scale of explainer is {explainer.scale!r}, and that of the Explanation {explanation.scale!r}; give the "
            "Explainer that made it."
        )
    return dataclasses.replace(
        explainer, model=black_box, on_doubt="ignore", budget=explanation.budget, seed=explanation.seed
    )


def _input(explanation: Explanation) -> Any:
    """The input as it can be explained again."""
    instance = explanation.instance
    if isinstance(instance, TextInstance):
        return instance.text
    if isinstance(instance, ImageInstance):
        return instance.image
    return instance.render(instance.origin[None])


def _target(explanation: Explanation) -> Any:
    """The target by its class numbers, whatever the model answers elsewhere."""
    if explanation.against:
        return Versus(explanation.target, explanation.against)
    return explanation.target


def _texts(explanation: Explanation, background: Any) -> list[str] | None:
    if background is None or not isinstance(explanation.instance, TextInstance):
        return None
    several = background.tolist() if hasattr(background, "tolist") else background
    if isinstance(several, str) or not isinstance(several, Iterable):
        raise InputError(f"background is {background!r:.60}, expected a list of texts.")
    texts = list(several)
    wrong = next((one for one in texts if not isinstance(one, str)), None)
    if wrong is not None or not texts:
        raise InputError(f"background holds {wrong!r:.60}, expected a list of texts, at least one.")
    return texts


def _table(explanation: Explanation, explainer: Explainer | None, background: Any) -> Table | None:
    if isinstance(explanation.instance, ImageInstance) and background is not None:
        raise InputError("background is given, and an image has none; leave it out.")
    if not isinstance(explanation.instance, TableInstance):
        return None
    if background is not None and not isinstance(background, Table):
        raise InputError(
            f"background is of type {type(background).__name__}, expected the limen.Table that the row was explained "
            "with."
        )
    return background or (explainer.domain if explainer is not None and isinstance(explainer.domain, Table) else None)


def _found(check: Check, case: Case) -> Finding:
    """One check: what it found, or why it did not look."""
    spared = check.spares(case)
    if spared:
        return Finding(check.name, check.title, check.claim, (), spared, Grade.NOT_APPLICABLE, "", 0, 0)
    offer, before = check.offer(case), case.spent
    spend, failed = case.explainer is not None and 0 < offer <= case.left, False
    try:
        seen = check.look(case, spend)
    except ModelError as error:  # the other checks go on, with what is left if all of the offer was asked for
        case.left -= max(0, offer - (case.spent - before))
        seen, failed = _without(check, case, spend, f"the model fails: {_told(error)}"), True
    except InputError as error:  # another law or another cut may not suit this input; what is known without stands
        if not spend:
            raise
        seen, failed = _without(check, case, spend, _told(error)), True
    grade = grade_of(seen.measures) or Grade.NOT_ASKED
    good = grade in (Grade.GOOD, Grade.NOT_ASKED)
    rest = 0 if spend and not failed else offer
    rows = case.spent - before
    return Finding(
        check.name, check.title, check.claim, seen.measures, seen.reason, grade, "" if good else seen.remedy, rows, rest
    )


def _without(check: Check, case: Case, spend: bool, why: str) -> Seen:
    """What is known where a look failed: that of the look that asks nothing, if the failed one asked."""
    if not spend:
        return Seen((), f"Not looked at: {why}", "")
    seen = check.look(case, False)
    return dataclasses.replace(seen, reason=f"{seen.reason} Not asked again: {why}")


def _told(error: Exception) -> str:
    """An error with its notes, without those for who catches it."""
    notes = [note for note in getattr(error, "__notes__", ()) if "error.predictor" not in note]
    return " ".join([str(error), *notes])
