"""Sentences about how the model rows were spent, and about which parts come first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limen.results._baseline import flat_told
from limen.results.image import ImageInstance
from limen.results.rounds import Round, ranking
from limen.results.status import Status
from limen.results.table import TableInstance
from limen.results.text import TextInstance

if TYPE_CHECKING:
    from limen.results.explanation import Explanation

WORTH_TELLING = 1.2
"""A proxy that makes rows worth less than so many is not spoken of."""
MOST_TOLD = 1000.0
"""Beyond it the number says that nothing is left of the rest, not how many rows it would take."""
PLACES = 5
"""The first so many places are looked at."""


def spending_rows(explanation: Explanation) -> list[tuple[str, str]]:
    """Pairs of (heading, text): what a proxy saved, and the rounds; nothing where there was none of them."""
    proxy, rounds = explanation.proxy, explanation.rounds
    rows = []
    asked = f" ({proxy.twin_rows:,} rows of its own, {proxy.twin_seconds:.2f} s)" if proxy is not None else ""
    twin = proxy is not None and proxy.name == "twin"
    if proxy is not None and proxy.twin_rows and not (twin and proxy.gain >= WORTH_TELLING):
        rows.append(("twin", f"The cheaper model{asked} saved nothing."))
    if proxy is not None and proxy.gain >= WORTH_TELLING:
        who = f"A cheaper model of the same task{asked}" if twin else "A proxy that learnt from the answers"
        worth = f"about {proxy.gain:,.0f}" if proxy.gain >= 10 else f"about {proxy.gain:.1f}"
        worth = worth if proxy.gain <= MOST_TOLD else f"more than {MOST_TOLD:,.0f}"
        rows.append(("proxy", f"{who} made these rows worth {worth} times as many."))
    if len(rounds) > 1:
        each = ", ".join(f"{one.rows:,}" for one in rounds[:-1])
        rows.append(("rounds", f"{each}, then {rounds[-1]}"))
    return rows


def status_told(explanation: Explanation) -> str:
    """How the model calls ended; with what was asked of the intervals, where that was reached."""
    status = explanation.status
    reached = ""
    if explanation.rounds and status is Status.CONVERGED:
        reached = asked_told(explanation.rounds[-1], isinstance(explanation.instance, TableInstance))
    return f"{status.name}: {reached or status.value}"


def asked_told(last: Round, of_table: bool) -> str:
    """What a tolerance asked for, as a sentence that it is so; "" where none was given."""
    if last.top:
        first = f"parts are the first {last.top}, and in which order" if last.top > 1 else "part is the first"
        by = ", by slope per standard deviation or what keeping adds" * of_table
        return f"It is decided (95 %) which {first}{by}, as was asked."
    if last.tolerance:
        kinds = " of a slope per standard deviation, or of what keeping adds," * of_table
        largest = "largest of them" if of_table else "largest effect"
        return f"Every 95 % interval{kinds} is narrower than {last.tolerance:g} times the {largest}, as was asked."
    return ""


def order_told(explanation: Explanation) -> str:
    """Which of the first places are not decided, "" where there is nothing to tell: no errors, no parts that matter.

    Of a row of a table, whose effects are of two kinds, only where that was asked for.
    """
    effects, d, count = explanation.effects, len(explanation.parts), PLACES
    if not isinstance(explanation.instance, TextInstance | ImageInstance):
        count = explanation.rounds[-1].top if explanation.rounds else 0
    if not count or d < 2 or flat_told(explanation) or not effects.standard_errors.any():
        return ""
    found = ranking(effects, min(count, d))
    ties, place = [], 1
    for group in found.groups:
        if len(group) == d:
            return f"none of the {d} places is decided (95 %)"
        if len(group) > 1:
            ties.append(f"{place}-{place + len(group) - 1}")
        place += len(group)
    if not ties:
        return f"the order of the first {found.count} is decided (95 %)"
    return f"places {' and '.join(filter(None, (', '.join(ties[:-1]), ties[-1])))} are not decided (95 %)"
