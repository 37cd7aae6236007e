"""What the commands of tables say, as a record."""

from __future__ import annotations

from typing import Any

import limen


def record(table: Any, *words: str, **options: str) -> limen.Explanation:
    """The explanation as it comes back through JSON on standard output."""
    ended = table(*words, "--json", "-", **options)
    assert ended.code in (0, 3), ended.err
    return limen.Explanation.from_json(ended.out)
