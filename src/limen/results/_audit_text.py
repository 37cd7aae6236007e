"""An audit as plain text: `str(audit)`."""

from __future__ import annotations

import textwrap

from limen.results._audit_words import audit_told, offer_told
from limen.results._terminal import WIDE, headline, visible
from limen.results.audit import Audit, Finding, Grade

INDENT = " " * 4
TITLE = 26
"""Columns of a weakness's name."""


def audit_text(audit: Audit) -> str:
    """Lay an audit out in 80 columns: the verdict, then the weaknesses with their signs, numbers and remedies."""
    lines = [headline(audit.explanation), "", *textwrap.wrap(f"{audit.grade.sign} {audit.verdict}", WIDE), ""]
    for finding in audit.findings:
        lines += finding_lines(finding)
    lines.append("")
    for sentence in audit_told(audit):
        lines += textwrap.wrap(sentence, WIDE)
    return visible("\n".join(lines))


def finding_lines(finding: Finding) -> list[str]:
    """Title and grade; why; the numbers that have limits; what to do."""
    lines = [f"{finding.grade.sign} {finding.title:<{TITLE}}{finding.grade.value}"]
    lines += _wrapped(finding.reason)
    for measure in finding.measures:
        if measure.limit is not None:
            told = f"{measure.grade.sign} {audit_told(measure)[0]}"
            lines += textwrap.wrap(told, WIDE, initial_indent=INDENT, subsequent_indent=INDENT + "  ")
    if finding.remedy:
        lines += textwrap.wrap(f"→ {finding.remedy}", WIDE, initial_indent=INDENT, subsequent_indent=INDENT + "  ")
    if finding.grade is not Grade.NOT_APPLICABLE:
        lines += _wrapped(offer_told(finding))
    return lines


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDE, initial_indent=INDENT, subsequent_indent=INDENT, break_on_hyphens=False)
