"""Fixtures for every room."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from limen.results import Explanation

from .records import make_explanation as build

os.environ["HF_HUB_OFFLINE"] = "1"  # before anything imports transformers: no test may reach for a network


@pytest.fixture
def make_explanation() -> Callable[..., Explanation]:
    """`tests/records.py`'s factory of explanations that need no model."""
    return build
