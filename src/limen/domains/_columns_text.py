"""Values of columns as people read them."""

from __future__ import annotations

from typing import Any


def shown(value: Any) -> str:
    """A category's value as text."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def label_text(label: Any) -> str:
    """A column's label as text: the parts of a tuple are joined."""
    return " / ".join(map(str, label)) if isinstance(label, tuple) else str(label)
