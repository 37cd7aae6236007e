"""The files that are written on request: the record as JSON, the page, the picture."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import limen
from limen.cli._errors import CommandError, Exit
from limen.results import TableInstance

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INCHES = 8.0
"""Width of the picture."""
COLUMNS = 66
"""Letters of the sentence on a line of it, about."""
MOST_LINES = 40
"""Lines of the sentence that get their room; more are written smaller."""
TOP = 12
"""Bars in the picture."""
PICTURES = (".png", ".svg", ".pdf")
"""Kinds of pictures, by the end of their names."""


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
        check_places({"--json": self.json, "--html": self.html, "--png": self.png}, streams=("--json",))
        if self.png is not None and Path(self.png).suffix.lower() not in PICTURES:
            raise CommandError(f"--png is {self.png!r}, expected a name that ends in {', '.join(PICTURES)}.")

    def write(self, record: Any, draw: Callable[[Any], Figure] | None = None) -> list[str]:
        """Write what was asked for and give the names of the files. Raises CommandError where the disk refuses.

        draw: makes the picture of the record; None where there is none.
        """
        written = []
        try:
            if self.json is not None and not self.to_stdout:
                Path(self.json).write_text(record.to_json() + "\n", encoding="utf-8", newline="\n")
                written.append(self.json)
            if self.html is not None:
                limen.report.save(record, self.html)
                written.append(self.html)
            if self.png is not None and draw is not None:
                draw(record).savefig(self.png, format=Path(self.png).suffix.lower().lstrip("."))
                written.append(self.png)
        except OSError as error:
            name = error.filename or "a file"
            raise CommandError(f"{name} cannot be written: {error.strerror or error}.", Exit.ERROR) from error
        if self.to_stdout:
            sys.stdout.write(record.to_json() + "\n")
        return written


def check_places(places: dict[str, str | None], streams: tuple[str, ...]) -> None:
    """Raise CommandError for a place that cannot be written, before anything is computed.

    places: what each option names; streams: the options that take "-", of which one alone may do so.
    """
    named = {option: name for option, name in places.items() if name is not None}
    dashes = [option for option, name in named.items() if name == "-"]
    for option in dashes:
        if option not in streams:
            raise CommandError(
                f"{option} is '-', but only {' and '.join(streams)} can go to standard output; give a file name."
            )
    if len(dashes) > 1:
        raise CommandError(f"{' and '.join(dashes)} both go to standard output; give one of them a file name.")
    files = {option: name for option, name in named.items() if name != "-"}
    for option, name in files.items():
        if not name:
            raise CommandError(f"{option} is '', expected the name of a file.")
        reason = _obstacle(Path(name))
        if reason:
            raise CommandError(f"{option} is {name!r}, which cannot be written: {reason}.", Exit.ERROR)
    if len({Path(name).resolve() for name in files.values()}) < len(files):
        raise CommandError(f"{', '.join(files)} name one file twice; give each its own.")


def _obstacle(path: Path) -> str:
    """Why nothing can be written there; empty if nothing is known against it."""
    if path.is_dir():
        return "it is a folder"
    if not path.parent.is_dir():
        return f"there is no folder {str(path.parent)!r}"
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        return "permission denied"
    return ""


def picture(explanation: limen.Explanation) -> Figure:
    """The sentence above the bars; of a table row the bars alone.

    The sentence needs its final place, the bars find room for their labels.
    """
    from matplotlib.figure import Figure
    from rich.cells import cell_len

    if isinstance(explanation.instance, TableInstance):
        figure = Figure(figsize=(INCHES, 2.0 + 0.34 * min(TOP, len(explanation.parts))), dpi=160, layout="constrained")
        limen.plots.bars(explanation, top=TOP, ax=figure.add_subplot())
        return figure
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
    return figure
