"""The record that `limen.audit` hands out: whether an explanation may be believed, weakness by weakness of LIME."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

from limen._errors import RecordError, unknown
from limen.results import _frame
from limen.results._document import Document
from limen.results._record import Record
from limen.results.estimates import Estimate
from limen.results.explanation import Explanation


class Grade(Enum):
    """What a check says of an explanation; the text is how it reads."""

    GOOD = "good"
    DOUBTFUL = "doubtful"
    BAD = "bad"
    NOT_ASKED = "not asked"
    NOT_APPLICABLE = "does not apply"

    @property
    def sign(self) -> str:
        """A sign that is told apart without colour."""
        return SIGNS[self]


SIGNS = {
    Grade.GOOD: "✓",
    Grade.DOUBTFUL: "?",
    Grade.BAD: "✗",
    Grade.NOT_ASKED: "·",
    Grade.NOT_APPLICABLE: "–",
}
VERDICTS = {
    Grade.GOOD: "The explanation may be believed: no check that was made speaks against it.",
    Grade.DOUBTFUL: "Believe the explanation with care",
    Grade.BAD: "Do not believe the explanation as it is",
    Grade.NOT_ASKED: "Nothing was checked.",
}
RISING = (Grade.NOT_APPLICABLE, Grade.NOT_ASKED, Grade.GOOD, Grade.DOUBTFUL, Grade.BAD)
"""From nothing known to the worst."""


@dataclass(frozen=True, eq=False)
class Limit(Record):
    """Where a measured number becomes doubtful, where bad, and what tells so.

    higher_is_worse: the number is bad from `bad` upwards; otherwise from `bad` downwards.
    """

    doubtful: float
    bad: float
    higher_is_worse: bool
    source: str

    def grade(self, value: float) -> Grade:
        """What a number is worth; nan, which nothing was measured by, is DOUBTFUL."""
        sign = 1.0 if self.higher_is_worse else -1.0
        if value != value:
            return Grade.DOUBTFUL
        if sign * value >= sign * self.bad:
            return Grade.BAD
        return Grade.DOUBTFUL if sign * value >= sign * self.doubtful else Grade.GOOD


@dataclass(frozen=True, eq=False)
class Measure(Record):
    """One number that a check measured.

    name: short, of the form in which `limits` of `limen.audit` takes it, such as "instability.spread"; without a limit
    also free text. told: what it is, in words. value: with its error (0 where it is exact). limit: None where it only
    informs.
    """

    name: str
    told: str
    value: Estimate
    limit: Limit | None

    @property
    def grade(self) -> Grade:
        """By the limit; NOT_APPLICABLE without one."""
        return Grade.NOT_APPLICABLE if self.limit is None else self.limit.grade(self.value.value)


@dataclass(frozen=True, eq=False)
class Finding(Record):
    """What one check found.

    Attributes
    ----------
    name: of the check, as `checks` of `limen.audit` takes it. title: of the weakness. claim: what the weakness is.
    measures: what was measured; empty where nothing was. reason: what that means, or why nothing was measured.
    grade: the worst of the measures'. remedy: what to do; empty where nothing is wrong.
    rows: model rows that it spent. offer: rows that a fuller look would cost, 0 where there is none. failed: the model,
    or one that was made of it, raised an error or answered what is no number when this check asked it.

    """

    name: str
    title: str
    claim: str
    measures: tuple[Measure, ...]
    reason: str
    grade: Grade
    remedy: str
    rows: int
    offer: int
    failed: bool = False


@dataclass(frozen=True, eq=False)
class Audit(Document):
    """Whether an explanation may be believed: one finding for each weakness of LIME, and what they come to.

    Attributes
    ----------
    explanation: what was audited. findings: one a check, in the order of the weaknesses.
    rows: model rows that the audit spent beyond the explanation's. allowed: how many it was allowed. other_rows: rows
    that it asked of other models (refitted, or with weights at random). seconds: what it took in all.

    """

    SCHEMA = "limen.audit"

    explanation: Explanation
    findings: tuple[Finding, ...]
    rows: int
    allowed: int
    other_rows: int
    seconds: float
    limen_version: str
    python_version: str

    @property
    def grade(self) -> Grade:
        """The worst of what was found; NOT_ASKED where nothing was."""
        return max((finding.grade for finding in self.findings), key=RISING.index, default=Grade.NOT_ASKED)

    @property
    def believed(self) -> bool:
        """True if every check that was made is GOOD."""
        return self.grade is Grade.GOOD

    @property
    def verdict(self) -> str:
        """One line: the grade, the checks that it rests on, and those in which the model failed."""
        grade = self.grade if self.grade is not Grade.NOT_APPLICABLE else Grade.NOT_ASKED
        told = VERDICTS[grade]
        if grade not in (Grade.GOOD, Grade.NOT_ASKED):
            told += f": {', '.join(one.title.lower() for one in self.findings if one.grade is grade)}."
        failed = [finding.title.lower() for finding in self.findings if finding.failed]
        return f"{told} The model failed when asked for: {', '.join(failed)}." if failed else told

    def __getitem__(self, name: str) -> Finding:
        """The finding of the check with this name. Raises InputError where there is none."""
        for finding in self.findings:
            if finding.name == name:
                return finding
        raise unknown("a finding", name, [finding.name for finding in self.findings])

    def measure(self, name: str) -> Measure:
        """The measure with this name, such as "instability.spread". Raises InputError where there is none."""
        every = [measure for finding in self.findings for measure in finding.measures]
        for measure in every:
            if measure.name == name:
                return measure
        raise unknown("a measure", name, [measure.name for measure in every])

    def to_frame(self, backend: Literal["pandas", "polars", "pyarrow"]) -> Any:
        """Give a data frame, a row a measure (a finding without one has a row too).

        Columns: check, grade, measure, value, standard_error, doubtful, bad, reason, remedy, rows.
        """
        rows = [(finding, measure) for finding in self.findings for measure in finding.measures or (None,)]
        nan = float("nan")
        columns: dict[str, Sequence[Any]] = {
            "check": [finding.name for finding, _ in rows],
            "grade": [finding.grade.value for finding, _ in rows],
            "measure": [measure.name if measure else "" for _, measure in rows],
            "value": [measure.value.value if measure else nan for _, measure in rows],
            "standard_error": [measure.value.standard_error if measure else nan for _, measure in rows],
        }
        for end in ("doubtful", "bad"):
            columns[end] = [getattr(one.limit, end) if one and one.limit else nan for _, one in rows]
        for name in ("reason", "remedy", "rows"):
            columns[name] = [getattr(finding, name) for finding, _ in rows]
        return _frame.frame(columns, backend)

    def _check(self) -> None:
        self.explanation._check()
        for number, finding in enumerate(self.findings):
            worst = grade_of(finding.measures)
            if finding.measures and worst is not None and worst is not finding.grade:
                came, name = finding.grade.name, worst.name
                raise RecordError(f"findings[{number}].grade is {came}, expected {name}, the worst of its measures.")

    def __str__(self) -> str:
        from limen.results._audit_text import audit_text

        return audit_text(self)

    def __repr__(self) -> str:
        graded = ", ".join(
            f"{finding.name} {finding.grade.value}"
            for finding in self.findings
            if finding.grade in (Grade.DOUBTFUL, Grade.BAD)
        )
        return f"<Audit of {self.explanation.target_name!r}: {self.grade.value}{f' ({graded})' if graded else ''}>"

    def _repr_html_(self) -> str:
        from limen.results._audit_html import audit_fragment

        return audit_fragment(self)


def grade_of(measures: Sequence[Measure]) -> Grade | None:
    """The worst grade of the measures that have a limit; None where none has."""
    graded = [measure.grade for measure in measures if measure.limit is not None]
    return max(graded, key=RISING.index, default=None)
