"""Records of the recurrent wing on the terminal and in files."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import typer
from rich.text import Text

from limen.cli._errors import one_line
from limen.cli._files import Files
from limen.cli._view import console
from limen.results import visible

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEAD, ALARM = "bold", "bold #000000 on #f2c14e"


def hand_out(record: Any, files: Files, draw: Callable[[Any], Figure], told: list[str]) -> None:
    """Print the record and write the files; with JSON on standard output nothing else goes there.

    draw: makes the picture of the record. told: what is then said on standard error instead.
    """
    if not files.to_stdout:
        show(str(record))
    for name in files.write(record, draw):
        typer.echo(f"limen: wrote {name}", err=True)
    for line in told if files.to_stdout else []:
        typer.echo(f"limen: {one_line(line)}", err=True)


def show(text: str) -> None:
    """Print a record's own text: its first paragraph stands out, and in it what is wrong apart from time."""
    screen = console()
    first = True
    for line in visible(text).splitlines():
        first = first and bool(line)
        name, colon, rest = line.partition(":")
        if first and line.startswith("! ") and colon:
            shown = Text.assemble((name, ALARM), f"{colon}{rest}")
        else:
            shown = Text(line, HEAD if first and not line.startswith("  ") else "")
        screen.print(shown, soft_wrap=True)
