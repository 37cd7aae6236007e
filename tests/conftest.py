"""Fixtures for every room."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from limen.results import Explanation

from .records import make_explanation as build


@pytest.fixture
def make_explanation() -> Callable[..., Explanation]:
    """`tests/records.py`'s factory of explanations that need no model."""
    return build
