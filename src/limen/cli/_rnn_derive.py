"""`limen rnn derive`: the chain rule for ∂E_T/∂W_hh on a small net made from the seed; no file and no torch needed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.text import Text

from limen.cli._errors import CommandError, Exit
from limen.cli._files import check_places
from limen.cli._view import console
from limen.results.derivation import Derivation
from limen.rnn import RNN
from limen.rnn.derive import derive

EPILOG = """limen rnn derive

limen rnn derive --time 60 --scale 0.5

limen rnn derive --hidden-activation identity --scale 1.3

limen rnn derive --latex - > derivation.tex

Exit codes: 0 done, 2 wrong usage, 1 error."""
NET, SHOW = "The net", "What is shown"
LARGEST, LONGEST = 512, 100_000
INPUT_SIZE = 0.5
"""Standard deviation of the inputs: large enough to see the activations saturate, small enough to see the weights."""
WIDEST = 110
"""Columns beyond which lines are hard to read."""


class Activation(StrEnum):
    """What g_h or g_y is."""

    TANH = "tanh"
    RELU = "relu"
    SIGMOID = "sigmoid"
    IDENTITY = "identity"


Time = Annotated[int, typer.Option(min=1, max=LONGEST, metavar="N", rich_help_panel=NET, help="Steps of the sequence.")]
Inputs = Annotated[int, typer.Option(min=1, max=LARGEST, metavar="N", rich_help_panel=NET, help="Numbers a step.")]
Hidden = Annotated[int, typer.Option(min=1, max=LARGEST, metavar="N", rich_help_panel=NET, help="Hidden units.")]
Outputs = Annotated[int, typer.Option(min=1, max=LARGEST, metavar="N", rich_help_panel=NET, help="Classes.")]
HiddenActivation = Annotated[Activation, typer.Option(rich_help_panel=NET, help="What a hidden unit does: g_h.")]
OutputActivation = Annotated[Activation, typer.Option(rich_help_panel=NET, help="What comes before the softmax: g_y.")]
Bias = Annotated[bool, typer.Option("--bias", rich_help_panel=NET, help="With biases.")]
Scale = Annotated[
    float | None,
    typer.Option(
        min=0,
        metavar="RADIUS",
        rich_help_panel=NET,
        help="Scale W_hh to this spectral radius (largest absolute eigenvalue): below 1 gradients vanish, well above "
        "1 they may explode. Without it: as drawn.",
    ),
]
Seed = Annotated[int, typer.Option(min=0, rich_help_panel=NET, help="The same seed gives the same net and input.")]
Latex = Annotated[
    str | None,
    typer.Option(metavar="FILE", rich_help_panel=SHOW, help="Write a LaTeX document; - for standard output, alone."),
]
Html = Annotated[str | None, typer.Option(metavar="FILE", rich_help_panel=SHOW, help="Write a self-contained page.")]
Json = Annotated[
    str | None,
    typer.Option(metavar="FILE", rich_help_panel=SHOW, help="Write the record as JSON; - for standard output, alone."),
]


def derive_command(
    time: Time = 20,
    inputs: Inputs = 3,
    hidden: Hidden = 8,
    outputs: Outputs = 4,
    hidden_activation: HiddenActivation = Activation.TANH,
    output_activation: OutputActivation = Activation.IDENTITY,
    bias: Bias = False,
    scale: Scale = None,
    seed: Seed = 0,
    latex: Latex = None,
    html: Html = None,
    json: Json = None,
) -> int:
    """Write out the chain rule for ∂E_T/∂W_hh, measure every factor, and say which one vanishes."""
    check_places({"--latex": latex, "--html": html, "--json": json}, streams=("--latex", "--json"))
    net = RNN(
        inputs,
        hidden,
        outputs,
        hidden_activation=hidden_activation.value,
        output_activation=output_activation.value,
        bias=bias,
        seed=seed,
    )
    if scale is not None:
        scale_weights(net, scale)
    generator = np.random.default_rng([seed, 1])  # not the numbers that the weights were drawn from
    x = INPUT_SIZE * generator.standard_normal((1, time, inputs))
    derivation = derive(net, x, generator.integers(outputs, size=1))
    writers: dict[str, Callable[[], str]] = {
        "--latex": lambda: derivation.to_latex(document=True),
        "--html": derivation.to_html,
        "--json": lambda: derivation.to_json() + "\n",
    }
    hand_out(derivation, [(name, writers[option]) for option, name in _named(latex, html, json).items()])
    return Exit.BELIEVED


def _named(latex: str | None, html: str | None, json: str | None) -> dict[str, str]:
    places = {"--latex": latex, "--html": html, "--json": json}
    return {option: name for option, name in places.items() if name is not None}


def scale_weights(net: RNN, radius: float) -> None:
    """Scale W_hh to a spectral radius. Raises CommandError where none can be reached."""
    drawn = float(np.abs(np.linalg.eigvals(net.W_hh)).max())
    if not np.isfinite(radius):
        raise CommandError(f"--scale is {radius}, expected a finite number.")
    net.W_hh *= radius / drawn


def hand_out(derivation: Derivation, written: list[tuple[str, Callable[[], str]]]) -> None:
    """Print the derivation and write what was asked for; where that is standard output, nothing else goes there."""
    streams = [make for name, make in written if name == "-"]
    if not streams:
        show(derivation)
    for name, make in written:
        if name == "-":
            continue
        try:
            Path(name).write_text(make(), encoding="utf-8", newline="\n")
        except OSError as error:
            raise CommandError(f"{name} cannot be written: {error.strerror or error}.", Exit.ERROR) from error
        typer.echo(f"limen: wrote {name}", err=True)
    for make in streams:
        sys.stdout.write(make())


def show(derivation: Derivation) -> None:
    """Print the derivation as wide as the terminal allows; headings, which start in the first column, stand out."""
    screen = console()
    for line in derivation.to_text(min(screen.width, WIDEST)).splitlines():
        heading = line[:1] not in ("", " ")
        screen.print(Text(line, "bold" if heading else ""), soft_wrap=True)
