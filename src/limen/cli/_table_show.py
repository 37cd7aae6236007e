"""What the commands of tables print and write for each row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

import limen
from limen.cli._errors import CommandError, in_options, one_line
from limen.cli._files import INCHES, TOP, Files
from limen.cli._table_input import Loaded
from limen.cli._table_options import KINDS, Bars
from limen.results import summary, visible

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import Console

SURFACE = 7.0
"""Height of a surface in the picture, in inches."""
Shown = Callable[[limen.Explanation, "Console"], None]


@dataclass(frozen=True)
class Output:
    """Where it goes. files: on request. bars, surface: what is in the picture."""

    files: Files
    probes: bool
    bars: Bars = Bars.AUTO
    surface: bool = False

    def check(self) -> None:
        """Raise CommandError for options that do not go together, and for files that cannot be written."""
        if self.files.to_stdout and self.probes:
            raise CommandError(
                "--probes does not go with --json -, which leaves nothing else on standard output; drop one."
            )
        if self.bars is not Bars.AUTO and self.files.png is None:
            raise CommandError("--bars is for the picture; give --png FILE as well.")
        if self.surface and self.files.png is None and self.files.json is None:
            raise CommandError("--surface is for the picture and the record; give --png FILE as well.")
        self.files.check()

    def check_files(self, rows: Sequence[int]) -> None:
        """Raise CommandError where one of the files of several rows cannot be written."""
        for row in rows:
            self._files(row, len(rows)).check()

    def hand_out(self, explanation: limen.Explanation, row: int, loaded: Loaded, show: Shown) -> None:
        """Print one explanation, with its row where there are several, and write its files."""
        from rich.text import Text

        from limen.cli._probes import show_probes
        from limen.cli._view import console

        several = len(loaded.numbers) > 1
        if not self.files.to_stdout:
            screen = console()
            if several:
                screen.print(Text(f"\n Row {row} of {visible(loaded.title)}", "bold underline"))
            show(explanation, screen)
            if self.probes:
                show_probes(explanation, screen)
        for name in self._files(row, len(loaded.numbers)).write(explanation, self._picture):
            typer.echo(f"limen: wrote {name}", err=True)
        if self.files.to_stdout:
            start = f"limen: row {row}: " if several else "limen: "
            for text in (text for heading, text in summary(explanation) if heading == "doubt"):
                typer.echo(f"{start}doubt {in_options(text)}", err=True)

    def _files(self, row: int, count: int) -> Files:
        if count == 1:
            return self.files
        return Files(*(_numbered(name, row) for name in (self.files.json, self.files.html, self.files.png)))

    def _picture(self, explanation: limen.Explanation) -> Figure:
        """Bars of one kind, above the surface, if there is one."""
        from matplotlib.figure import Figure

        bars = 2.2 + 0.34 * min(TOP, len(explanation.parts))
        below = SURFACE if explanation.surfaces else 0.0
        figure = Figure(figsize=(INCHES, bars + below), dpi=160, layout="constrained")
        heights = [bars, below] if below else [bars]
        axes = figure.subplots(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
        limen.plots.bars(explanation, kind=KINDS[self.bars], top=TOP, ax=axes[0])
        if below:
            limen.plots.surface(explanation, ax=axes[1])
        return figure


def _numbered(name: str | None, row: int) -> str | None:
    """The name of a file for one row of several: why.html becomes why-5.html."""
    if name in (None, "-", ""):
        return name
    path = Path(str(name))
    return str(path.with_name(f"{path.stem}-{row}{path.suffix}"))


def told(notes: list[str]) -> None:
    """What should be known of how the tables were read, on standard error."""
    for note in notes:
        typer.echo(f"limen: {one_line(note)}", err=True)


def show_with(top: int) -> Callable[[str], Shown]:
    """Make a function that prints whole explanations of the model with a name, with at most `top` parts."""
    from limen.cli._view import show

    return lambda model: lambda explanation, screen: show(explanation, screen, top=top, model=model)


def show_flip_with(top: int) -> Callable[[str], Shown]:
    """The same for the nearest change of decision alone."""
    from limen.cli._boundary_view import show_flip

    return lambda model: lambda explanation, screen: show_flip(explanation, screen, top=top, model=model)
