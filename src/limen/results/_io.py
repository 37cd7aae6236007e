"""JSON text with a schema version, and nothing in it that JSON does not have."""

from __future__ import annotations

import json
from typing import Any

from limen._errors import RecordError

SCHEMA_VERSION = 1


def dumps(plain: dict[str, Any], schema: str, indent: int | None = None) -> str:
    """Write a record's plain dict, headed by schema and version. The same record gives the same bytes."""
    headed = {"schema": schema, "schema_version": SCHEMA_VERSION, **plain}
    return json.dumps(headed, indent=indent, ensure_ascii=False, allow_nan=False)


def _refused(word: str) -> None:
    raise ValueError(f"{word} is no number of JSON")


def loads(text: str, schema: str) -> dict[str, Any]:
    """Read `dumps`'s text and strip its head. Raises RecordError if it is not ours or of another version."""
    try:
        plain = json.loads(text, parse_constant=_refused)
    except (ValueError, TypeError, RecursionError) as error:
        raise RecordError(f"text is not JSON: {error}. Expected what to_json() wrote.") from error
    if not isinstance(plain, dict) or plain.pop("schema", None) != schema:
        raise RecordError(f'text is JSON without "schema": "{schema}"; expected what to_json() of such a record wrote.')
    version = plain.pop("schema_version", None)
    if version != SCHEMA_VERSION:
        raise RecordError(
            f"schema_version is {version!r}, expected {SCHEMA_VERSION}; read it with the limen version that wrote it "
            f"({plain.get('limen_version', 'unknown')}), or make the record again."
        )
    return plain
