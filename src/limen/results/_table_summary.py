"""What is known about the worth of a table row's explanation, in plain words: fidelity, probes, doubts, cost."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from limen.results._rounds_words import order_told, spending_rows, status_told
from limen.results._table_numbers import NOTHING, known_r2
from limen.results._table_text import answer_text
from limen.results._table_words import plural
from limen.results.estimates import Estimate
from limen.results.table import TableInstance

if TYPE_CHECKING:
    from limen.results.explanation import Explanation

UNITS = {"probability": "a probability of", "log-odds": "log-odds of", "raw": "an answer of"}
UNNAMED = "the output"
"""What a single output without a name is called."""
NOT_FOUND = "NOT_FOUND"
"""Stands where the name of a doubt does, if the search for a change of the answer found none."""


def table_summary(explanation: Explanation) -> list[tuple[str, str]]:
    """Pairs of (heading, text) as `summary` gives them, for a row of a table."""
    instance = explanation.instance
    assert isinstance(instance, TableInstance)
    rows = [
        ("fidelity", _fidelity(explanation)),
        ("start", start_told(explanation)),
        ("probes", _probes(explanation)),
        ("status", status_told(explanation)),
    ]
    order = order_told(explanation)
    rows += [("ranking", order)] if order else []
    changing = sum(part.kind != "fixed" for part in instance.parts)
    if explanation.contributions is None and changing:
        told = f"not asked: four values of each of {plural(changing, 'part')} are too large a share of the budget of "
        rows.append(("contributions", f"{told}{explanation.budget:,} model rows; a larger one has them"))
    rows += [("doubt", f"{name}: {text}") for name, text in doubts_of(explanation)] or [("doubts", "none")]
    if instance.notes:
        rows.append(("columns", " ".join(instance.notes)))
    return [*rows, *spending_rows(explanation), ("cost", _cost(explanation))]


def doubts_of(explanation: Explanation) -> list[tuple[str, str]]:
    """The doubts by name and text; that no change of the answer was found where it was looked for is one here."""
    found = [(doubt.name, doubt.value) for doubt in explanation.doubts]
    boundary = explanation.boundary
    if boundary is not None and not boundary.found:
        reason = f" {boundary.reason}" if boundary.reason else ""
        found.append((NOT_FOUND, f"The search found no row with another answer.{reason}"))
    return found


def answer_pieces(explanation: Explanation) -> tuple[str, str, str]:
    """What the model said, in three pieces: the target's name, "" if it has none, how it is counted, and the number."""
    name = "" if explanation.target_name == UNNAMED else explanation.target_name
    counted = f"a {explanation.unit} of" if explanation.against else UNITS.get(explanation.scale, explanation.scale)
    return name, counted, answer_text(explanation.prediction, explanation.scale)


def start_told(explanation: Explanation) -> str:
    """What the line answers where all coordinates are 0, and which row that is."""
    instance = explanation.instance
    assert isinstance(instance, TableInstance)
    told = f"{told_with_ends(explanation.intercept)} is what the line gives"
    kinds = {part.kind for part in instance.parts}
    changed = ["every category is changed"] if "flip" in kinds else []
    changed += ["every value that may go missing is missing"] if "known" in kinds else []
    if not changed:
        return f"{told} at the row itself; slopes are counted from there"
    return f"{told} where {' and '.join(changed)}; slopes and what keeping adds are counted from there"


def told_with_ends(estimate: Estimate) -> str:
    """A number with its 95 % interval, where it has one, in brackets."""
    if estimate.standard_error == 0:
        return f"{estimate.value:.3f}"
    return f"{estimate.value:.3f} ({estimate.low:.3f} … {estimate.high:.3f})"


def surface_rows(explanation: Explanation) -> int:
    """Model rows that the recorded surfaces took, which no budget counts."""
    return sum(surface.answers.size for surface in explanation.surfaces)


def _fidelity(explanation: Explanation) -> str:
    """What the line and the quadratic explain, and which of them is shown."""
    fidelity = explanation.fidelity
    line = "nothing to judge it by" if fidelity.linear is None else _r2(fidelity.linear)
    curve = "not fitted" if fidelity.quadratic is None else _r2(fidelity.quadratic)
    shown = "the line" if explanation.interactions is None else "the quadratic"
    return (
        f"R² on probes that the fit has not seen: {line} for the line (the slopes), {curve} for the quadratic (with "
        f"curvature and pairs); {shown} is off by {told_with_ends(fidelity.gap)} at the row itself"
    )


def _r2(found: Estimate) -> str:
    if not math.isfinite(found.value):
        return NOTHING
    return told_with_ends(found) if known_r2(found) else f"{found.value:.3f} (not known)"


def _probes(explanation: Explanation) -> str:
    """How many rows the surrogate rests on, and what drew them."""
    drawn, worth = len(explanation.probes) - 1, explanation.law.effective_sample_size
    told = f"{plural(drawn, 'row')} around this one, drawn by {explanation.law}"
    if drawn - worth > 0.5:
        told += f" and weighted: they tell as much as {worth:,.0f} of equal weight"
    return f"{told}; {plural(len(explanation.parts), 'part')}"


def _cost(explanation: Explanation) -> str:
    cost, again = explanation.cost, explanation.noise is not None
    drawn, shared = surface_rows(explanation), explanation.cost.distinct_rows - explanation.cost.model_rows + again
    told = f"{plural(cost.model_rows, 'model row')} ("
    told += f"{cost.distinct_rows:,} distinct" + (", the row itself twice" if again else "")
    if shared > 0:
        told += f"; {shared:,} of these were asked already for other explanations of the same call"
    if drawn:
        told += f"; {drawn:,} for the surface, beyond the budget of {explanation.budget:,}"
    return f"{told}), {cost.model_seconds:.2f} s in the model, {cost.total_seconds:.2f} s in all"
