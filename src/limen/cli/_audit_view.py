"""An audit on a terminal: the verdict, then a light, a reason, numbers and a remedy for each weakness.

A light is a sign and a word; its colour repeats them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

import limen
from limen.cli._errors import in_options
from limen.results import Finding, Grade, Measure, audit_told, headline, visible

STYLES = {
    Grade.GOOD: "bold #ffffff on #2b7a4b",
    Grade.DOUBTFUL: "bold #000000 on #f2c14e",
    Grade.BAD: "bold #ffffff on #b3263a",
    Grade.NOT_ASKED: "dim",
    Grade.NOT_APPLICABLE: "dim",
}
_IN_OPTIONS = (
    (re.compile(r"\(rows=(\d+), checks=\['(\w+)'\]\)"), r"(--spend \1 --check \2)"),
    (re.compile(r"\(rows=(\d+)\)"), r"(--spend \1)"),
    (re.compile(r"\bbackground=(?:the limen\.Table|a list of(?: at least \d+)? texts)"), "--background FILE"),
    (
        re.compile(r"\btraining=\(inputs, labels\) refits"),
        "limen.audit(..., training=(inputs, labels)) in Python refits",
    ),
    (re.compile(r"\bsampler=(?:limen\.)?(\w+)\(\)"), lambda found: f"--sampler {found[1].lower()}"),
    (re.compile(r"\bTable\(groups=\{'name': \[\.\.\.\]\}\)"), "--group NAME=A,B"),
    (re.compile(r"\bImage\(segmentations=(\d+)\)"), r"--segmentations \1"),
    (re.compile(r"\bImage\(fill='(\w+)'\)"), r"--fill \1"),
    (re.compile(r"\bbudget=([\d,]+)"), lambda found: f"--budget {found[1].replace(',', '')}"),
)


def audit_renderables(audit: limen.Audit, model: str) -> Iterator[RenderableType]:
    """The blocks of an audit."""
    yield Text(headline(audit.explanation))
    grade = audit.grade if audit.grade is not Grade.NOT_APPLICABLE else Grade.NOT_ASKED
    yield Text.assemble(_light(grade), "  ", (visible(audit.verdict), "bold"))
    grid = Table.grid(padding=(0, 2, 1, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for finding in audit.findings:
        grid.add_row(_light(finding.grade), Group(*_finding(finding)))
    yield grid
    yield Group(*(Text(_said(line), "dim") for line in (f"model: {model}", *audit_told(audit))))


def _light(grade: Grade) -> Text:
    return Text(f" {grade.sign} {grade.value} ", STYLES[grade])


def _finding(finding: Finding) -> Iterator[RenderableType]:
    yield Text(finding.title, "bold")
    yield Text(_said(finding.reason))
    for measure in finding.measures:
        if measure.limit is not None:
            yield _measure(measure)
    if finding.remedy:
        yield Text(f"→ {_said(finding.remedy)}", "bold")
    if finding.offer:
        yield Text(_said(audit_told(finding)[0]), "dim")


def _measure(measure: Measure) -> Text:
    return Text(f"{measure.grade.sign} {_said(audit_told(measure)[0])}", "dim")


def _said(text: str) -> str:
    """Advice to Python callers as it is typed in a shell."""
    for pattern, option in _IN_OPTIONS:
        text = pattern.sub(option, text)
    return visible(in_options(text))
