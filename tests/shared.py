"""Where the real weights and data are: `$LIMEN_SHARED`, or the folder `shared` beside the project."""

import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("LIMEN_SHARED", Path(__file__).resolve().parents[2] / "shared"))


def needed(path: str) -> Path:
    """The path of a file or folder there; skips the test, with the reason, where it is absent."""
    found = FOLDER / path
    if not found.exists():
        pytest.skip(f"{path} is not in {FOLDER}; set LIMEN_SHARED to the folder that holds it")
    return found
