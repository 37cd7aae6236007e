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
from limen.models import predictor
from limen.results import Audit, Explanation, Finding, Grade
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
from limen.trust._given import input_of, table_of, target_of, texts_of, training_of, whole
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
    training: (inputs, labels) that the model was fitted on, for refits on shuffled labels. Each of them is asked the
        explanation's budget, and so is the model where its probabilities are compared on log-odds: `other_rows`.
    seed: of what the checks draw.

    Raises InputError for arguments that do not fit together, and ModelError where the model fails in the explanation
    itself. Where it fails in a check, the finding says so, and the other checks go on.

    """
    start = time.perf_counter()
    chosen = _chosen(checks)
    known, refitted = limits_of(limits), training_of(training)
    rows, seed = (whole(name, value) for name, value in (("rows", rows), ("seed", seed)))
    explanation, asking, x = _explained(explained, x, target, explainer)
    if rows and asking is None:
        raise InputError(
            f"rows is {rows}, and an Explanation alone cannot ask its model; give explainer=, or an Explainer and x."
        )
    given = explained if isinstance(explained, Explainer) else explainer
    texts, table = texts_of(explanation, background), table_of(explanation, asking, background)
    model, aim = None if given is None else given.model, target_of(explanation)
    case = Case(explanation, asking, model, x, aim, texts, table, refitted, seed, known, rows)
    cheapest = sorted(chosen, key=lambda check: 0 if check.spares(case) else check.offer(case))
    findings = {check.name: _found(check, case) for check in cheapest}
    every, seconds = tuple(findings[check.name] for check in chosen), time.perf_counter() - start
    version, python = __version__, platform.python_version()
    return Audit(explanation, every, case.spent, rows, case.other_rows, seconds, version, python)


def _chosen(checks: Iterable[str] | None) -> list[Check]:
    if checks is None:
        return list(CHECKS)
    names = [check.name for check in CHECKS]
    if not isinstance(checks, Iterable):
        raise InputError(f"checks is {checks!r:.60}, expected names of checks: {', '.join(names)}.")
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
        return explained, _asking(explainer, explained), input_of(explained)
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


def _found(check: Check, case: Case) -> Finding:
    """One check: what it found, or why it did not look."""
    spared = check.spares(case)
    if spared:
        return Finding(check.name, check.title, check.claim, (), spared, Grade.NOT_APPLICABLE, "", 0, 0)
    offer, before = check.offer(case), case.spent
    spend, complete, failed = case.explainer is not None and 0 < offer <= case.left, True, False
    try:
        seen = check.look(case, spend)
    except ModelError as error:  # the other checks go on, with what is left if all of the offer was asked for
        case.left -= max(0, offer - (case.spent - before))
        seen = _without(check, case, spend, f"the model fails: {_told(error)}")
        complete, failed = False, True
    except InputError as error:  # another law or another cut may not suit this input; what is known without stands
        if not spend:
            raise
        seen, complete = _without(check, case, spend, _told(error)), False
    grade = grade_of(seen.measures) or Grade.NOT_ASKED
    good = grade in (Grade.GOOD, Grade.NOT_ASKED)
    rest = 0 if spend and complete else offer
    remedy, rows = "" if good else seen.remedy, case.spent - before
    told = (check.name, check.title, check.claim, seen.measures, seen.reason, grade)
    return Finding(*told, remedy, rows, rest, failed)


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
