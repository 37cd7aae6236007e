"""Chapter 1, what limen hands out: frozen records that need nothing but numpy to be read, printed and stored."""

from limen.results._flow_words import from_log, split_of
from limen.results._terminal import digits, headline, interval, number, summary, visible
from limen.results.derivation import Derivation
from limen.results.estimates import Cost, Estimate, Estimates, Fidelity, Interactions, Law, Probes, Surrogate
from limen.results.explanation import Explanation
from limen.results.flow import Cause, GradientFlow, HeatMap, LayerFlow, OutputGradient, Verdict
from limen.results.history import History, Score
from limen.results.reading import MonitorReading
from limen.results.remedies import Remedies, Remedy
from limen.results.status import Doubt, Status
from limen.results.text import TextInstance

__all__ = [
    "Cause",
    "Cost",
    "Derivation",
    "Doubt",
    "Estimate",
    "Estimates",
    "Explanation",
    "Fidelity",
    "GradientFlow",
    "HeatMap",
    "History",
    "Interactions",
    "Law",
    "LayerFlow",
    "MonitorReading",
    "OutputGradient",
    "Probes",
    "Remedies",
    "Remedy",
    "Score",
    "Status",
    "Surrogate",
    "TextInstance",
    "Verdict",
    "digits",
    "from_log",
    "headline",
    "interval",
    "number",
    "split_of",
    "summary",
    "visible",
]
