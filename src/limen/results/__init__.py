"""Chapter 1, what limen hands out: frozen records that need nothing but numpy to be read, printed and stored."""

from limen.results._flow_words import from_log, split_of
from limen.results._table_blocks import Block, Line, table_blocks
from limen.results._table_numbers import cell_text, fitted
from limen.results._table_probes import ProbeRow, probe_rows
from limen.results._table_terminal import block_lines
from limen.results._terminal import digits, headline, interval, number, summary, visible
from limen.results.derivation import Derivation
from limen.results.estimates import (
    Cost,
    Estimate,
    Estimates,
    Fidelity,
    Interactions,
    Law,
    PrincipalAxes,
    Probes,
    Surrogate,
    TableProbes,
)
from limen.results.explanation import Explanation
from limen.results.flow import Cause, GradientFlow, HeatMap, LayerFlow, OutputGradient, Verdict
from limen.results.history import History, Score
from limen.results.neighbourhood import Boundary, Change, Polynomial, Surface, WidthPath
from limen.results.reading import MonitorReading
from limen.results.remedies import Remedies, Remedy
from limen.results.status import Doubt, Status
from limen.results.table import TableColumn, TableInstance, TablePart
from limen.results.text import TextInstance

__all__ = [
    "Block",
    "Boundary",
    "Cause",
    "Change",
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
    "Line",
    "MonitorReading",
    "OutputGradient",
    "Polynomial",
    "PrincipalAxes",
    "ProbeRow",
    "Probes",
    "Remedies",
    "Remedy",
    "Score",
    "Status",
    "Surface",
    "Surrogate",
    "TableColumn",
    "TableInstance",
    "TablePart",
    "TableProbes",
    "TextInstance",
    "Verdict",
    "WidthPath",
    "block_lines",
    "cell_text",
    "digits",
    "fitted",
    "from_log",
    "headline",
    "interval",
    "number",
    "probe_rows",
    "split_of",
    "summary",
    "table_blocks",
    "visible",
]
