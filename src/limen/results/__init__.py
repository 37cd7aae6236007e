"""Chapter 1, what limen hands out: frozen records that need nothing but numpy to be read, printed and stored."""

from limen.results._audit_words import audit_told
from limen.results._baseline import flat_told
from limen.results._flow_words import from_log, split_of
from limen.results._table_blocks import Block, Line, table_blocks
from limen.results._table_numbers import cell_text, columns_for, fitted, middle, told_apart
from limen.results._table_probes import ProbeRow, probe_rows
from limen.results._table_summary import answer_pieces
from limen.results._table_terminal import block_lines
from limen.results._table_text import short_answer
from limen.results._terminal import digits, headline, interval, number, summary, visible
from limen.results.audit import Audit, Finding, Grade, Limit, Measure
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
from limen.results.image import ImageInstance, PixelMap
from limen.results.image_curves import Curves
from limen.results.neighbourhood import Boundary, Change, Polynomial, Surface, WidthPath
from limen.results.reading import MonitorReading
from limen.results.remedies import Remedies, Remedy
from limen.results.rounds import Proxy, Ranking, Round
from limen.results.status import Doubt, Status
from limen.results.table import TableColumn, TableInstance, TablePart
from limen.results.text import TextInstance

__all__ = [
    "Audit",
    "Block",
    "Boundary",
    "Cause",
    "Change",
    "Cost",
    "Curves",
    "Derivation",
    "Doubt",
    "Estimate",
    "Estimates",
    "Explanation",
    "Fidelity",
    "Finding",
    "Grade",
    "GradientFlow",
    "HeatMap",
    "History",
    "ImageInstance",
    "Interactions",
    "Law",
    "LayerFlow",
    "Limit",
    "Line",
    "Measure",
    "MonitorReading",
    "OutputGradient",
    "PixelMap",
    "Polynomial",
    "PrincipalAxes",
    "ProbeRow",
    "Probes",
    "Proxy",
    "Ranking",
    "Remedies",
    "Remedy",
    "Round",
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
    "answer_pieces",
    "audit_told",
    "block_lines",
    "cell_text",
    "columns_for",
    "digits",
    "fitted",
    "flat_told",
    "from_log",
    "headline",
    "interval",
    "middle",
    "number",
    "probe_rows",
    "short_answer",
    "split_of",
    "summary",
    "table_blocks",
    "told_apart",
    "visible",
]
