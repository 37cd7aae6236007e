"""The file of a monitor: one line of JSON a reading, of one training run after the other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def next_run(file: Path | None) -> int:
    """The number of the run that begins: one more than that of the last line that can be read; 1 for a new file."""
    if file is None or not file.exists():
        return 1
    for line in reversed(file.read_bytes().splitlines()):
        found = _read(line)
        if isinstance(found, dict) and isinstance(found.get("run"), int):
            return int(found["run"]) + 1
    return 1


def _read(line: bytes) -> Any:
    """The JSON of a line; None where it is none, as the last line of a run that was killed may be."""
    try:
        return json.loads(line)
    except ValueError:
        return None


def append(file: Path, line: str) -> None:
    """Write a line at the end of the file, on a line of its own even where the last one was cut short."""
    with file.open("ab+") as lines:
        if lines.tell():
            lines.seek(-1, 2)
            line = line if lines.read(1) == b"\n" else f"\n{line}"
        lines.write(f"{line}\n".encode())
