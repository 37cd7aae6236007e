"""The files that are written on request: the record as JSON, the page, the picture."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import limen
from limen.cli._errors import CommandError, Exit

INCHES = 8.0
"""Width of the picture."""
COLUMNS = 66
"""Letters of the sentence on a line of it, about."""
MOST_LINES = 40
"""Lines of the sentence that get their room; more are written smaller."""
TOP = 12
"""Bars in the picture."""


@dataclass(frozen=True)
class Files:
    """Where to write; None: not at all. Only JSON may go to standard output, as "-"."""

    json: str | None
    html: str | None
    png: str | None

    @property
    def to_stdout(self) -> bool:
        """Whether standard output belongs to the JSON."""
        return self.json == "-"

    def check(self) -> None:
        """Raise CommandError for a place that cannot be written, before the model is paid for."""
        named = [Path(name).absolute() for name in (self.json, self.html, self.png) if name not in (None, "-")]
        if len(set(named)) < len(named):
            raise CommandError("--json, --html and --png name one file twice; give each its own.")
        for option, name in (("--json", self.json), ("--html", self.html), ("--png", self.png)):
            if name is None or (name == "-" and option == "--json"):
                continue
            if name == "-":
                raise CommandError(f"{option} is '-', but only --json can go to standard output; give a file name.")
            if not name:
                raise CommandError(f"{option} is '', expected the name of a file.")
            path = Path(name)
            reason = _obstacle(path)
            if reason:
                raise CommandError(f"{option} is {name!r}, which cannot be written: {reason}.", Exit.ERROR)

    def write(self, explanation: limen.Explanation) -> list[str]:
        """Write what was asked for and give the names of the files. Raises CommandError where the disk refuses."""
        written = []
        try:
            if self.json is not None and not self.to_stdout:
                Path(self.json).write_text(explanation.to_json() + "\n", encoding="utf-8", newline="\n")
                written.append(self.json)
            if self.html is not None:
                limen.report.save(explanation, self.html)
                written.append(self.html)
            if self.png is not None:
                _draw(explanation, self.png)
                written.append(self.png)
        except OSError as error:
            name = error.filename or "a file"
            raise CommandError(f"{name} cannot be written: {error.strerror or error}.", Exit.ERROR) from error
        if self.to_stdout:
            sys.stdout.write(explanation.to_json() + "\n")
        return written


def _obstacle(path: Path) -> str:
    """Why nothing can be written there; empty if nothing is known against it."""
    if path.is_dir():
        return "it is a folder"
    if not path.parent.is_dir():
        return f"there is no folder {str(path.parent)!r}"
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        return "permission denied"
    return ""


def _draw(explanation: limen.Explanation, name: str) -> None:
    """The sentence above the bars, as PNG. The sentence needs its final place, the bars find room for their labels."""
    from matplotlib.figure import Figure
    from rich.cells import cell_len

    text = explanation.instance.text
    lines = sum(1 + cell_len(line) // COLUMNS for line in text.splitlines())
    title = 0.65 if explanation.doubts else 0.45
    above, below = title + 0.75 + 0.36 * min(lines, MOST_LINES), 0.9 + 0.34 * min(TOP, len(explanation.parts))
    height = above + below
    figure = Figure(figsize=(INCHES, height), dpi=160)
    figure.set_layout_engine("constrained", rect=(0.02, 0.0, 0.96, below / height))
    room = (0.04, (below + 0.1) / height, 0.92, (above - title - 0.1) / height)
    limen.plots.tokens(explanation, ax=figure.add_axes(room))
    bars = limen.plots.bars(explanation, top=TOP, ax=figure.add_subplot())
    bars.set_title("", loc="left")  # the sentence has the same one
    figure.savefig(name, format="png")
