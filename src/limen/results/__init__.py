"""Chapter 1, what limen hands out: frozen records that need nothing but numpy to be read, printed and stored."""

from limen.results._terminal import digits, headline, interval, number, summary
from limen.results.estimates import Cost, Estimate, Estimates, Fidelity, Interactions, Law, Probes, Surrogate
from limen.results.explanation import Explanation
from limen.results.status import Doubt, Status
from limen.results.text import TextInstance

__all__ = [
    "Cost",
    "Doubt",
    "Estimate",
    "Estimates",
    "Explanation",
    "Fidelity",
    "Interactions",
    "Law",
    "Probes",
    "Status",
    "Surrogate",
    "TextInstance",
    "digits",
    "headline",
    "interval",
    "number",
    "summary",
]
