"""A record that stands on its own: it is written as JSON text, headed by what it is, and read back checked."""

from __future__ import annotations

from typing import ClassVar, Self

from limen.results import _io
from limen.results._record import Record


class Document(Record):
    """Base of the records that are handed out whole. SCHEMA: what its JSON text says it is, such as "limen.history"."""

    SCHEMA: ClassVar[str]

    def to_json(self, indent: int | None = None) -> str:
        """Write the record as JSON text; `from_json` gives an equal record back. Infinities and nan become strings.

        It is one line without `indent`.
        """
        return _io.dumps(self.to_dict(), self.SCHEMA, indent)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote. Raises RecordError if it is damaged or of another schema version."""
        document = cls.from_dict(_io.loads(text, cls.SCHEMA))
        document._check()
        return document

    def _check(self) -> None:
        """Raise RecordError where parts that can be read do not fit together, or a number is out of range."""
