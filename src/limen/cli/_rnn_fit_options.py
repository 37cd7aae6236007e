"""The options of `limen rnn fit`: names, meanings, where --help lists them, and the nouns that they stand for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from limen.cli._errors import CommandError
from limen.cli._files import check_places
from limen.rnn.optimisers import SGD, Adam, Momentum
from limen.rnn.schedules import Constant, Cosine

TASK, NET, TRAINING, SHOW = "The task", "The net", "The training", "What is shown"


class Activation(StrEnum):
    """What the hidden units do."""

    TANH = "tanh"
    RELU = "relu"
    SIGMOID = "sigmoid"
    IDENTITY = "identity"


class Optimiser(StrEnum):
    """How the weights follow the gradient."""

    ADAM = "adam"
    MOMENTUM = "momentum"
    SGD = "sgd"


class Schedule(StrEnum):
    """How the learning rate changes."""

    CONSTANT = "constant"
    COSINE = "cosine"


OPTIMISERS: dict[Optimiser, tuple[type[Adam | Momentum | SGD], float]] = {
    Optimiser.ADAM: (Adam, 0.003),
    Optimiser.MOMENTUM: (Momentum, 0.03),
    Optimiser.SGD: (SGD, 0.3),
}
"""The nouns, and the learning rates that suit both tasks."""

Delay = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=2000,
        metavar="N",
        rich_help_panel=TASK,
        help="Remember a cue through so many steps of noise, and through shorter delays beside it; 50 without --text.",
        show_default=False,
    ),
]
TextFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", rich_help_panel=TASK, help="Learn to write like a UTF-8 text instead, character by character."
    ),
]
Hidden = Annotated[
    int | None, typer.Option(min=1, max=4096, metavar="N", rich_help_panel=NET, help="Units; 32, or 128 for a text.")
]
Act = Annotated[Activation, typer.Option("--activation", rich_help_panel=NET, help="What a unit does.")]
Epochs = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", rich_help_panel=TRAINING, help="10, or for a text as many as 1,500 updates take."),
]
Batch = Annotated[
    int,
    typer.Option(min=1, metavar="N", rich_help_panel=TRAINING, help="Sequences or streams an update."),
]
Opt = Annotated[Optimiser, typer.Option("--optimiser", rich_help_panel=TRAINING, help="How the weights are changed.")]
Rate = Annotated[
    float | None,
    typer.Option(
        metavar="RATE", rich_help_panel=TRAINING, help="0.003 for adam, 0.03 for momentum, 0.3 for sgd by default."
    ),
]
Sched = Annotated[Schedule, typer.Option("--schedule", rich_help_panel=TRAINING, help="How the rate changes.")]
Clip = Annotated[
    float,
    typer.Option(min=0, metavar="NORM", rich_help_panel=TRAINING, help="Longer gradients are shortened; 0: never."),
]
Patience = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="N",
        rich_help_panel=TRAINING,
        help="Stop when the held-out loss got no better for N epochs, and keep the best weights.",
    ),
]
Window = Annotated[
    int | None,
    typer.Option(
        min=1, metavar="N", rich_help_panel=TRAINING, help="Characters that a gradient goes back in a text; 64."
    ),
]
Seed = Annotated[int, typer.Option(min=0, rich_help_panel=TRAINING, help="The same seed gives the same net.")]
Sample = Annotated[
    int | None,
    typer.Option(min=0, metavar="N", rich_help_panel=SHOW, help="Characters that the net writes after a text; 300."),
]
Temperature = Annotated[
    float | None,
    typer.Option(metavar="T", rich_help_panel=SHOW, help="Below 1 it writes what is likelier; 0.8 by default."),
]
Json = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        rich_help_panel=SHOW,
        help="Write the history as JSON; - for standard output, alone.",
    ),
]
Html = Annotated[
    str | None,
    typer.Option(metavar="FILE", rich_help_panel=SHOW, help="Write the history as a self-contained page."),
]
Save = Annotated[
    str | None,
    typer.Option(metavar="FILE", rich_help_panel=SHOW, help="Write the weights as plain arrays, FILE.npz."),
]


@dataclass(frozen=True)
class Choice:
    """What was chosen for net and training, whatever the task; None: the task's own default."""

    hidden: int | None
    activation: Activation
    epochs: int | None
    batch: int
    optimiser: Optimiser
    rate: float | None
    schedule: Schedule
    clip: float
    patience: int | None
    seed: int

    @property
    def optimiser_noun(self) -> Adam | Momentum | SGD:
        """The optimiser with its rate."""
        noun, rate = OPTIMISERS[self.optimiser]
        return noun(rate if self.rate is None else self.rate)

    @property
    def schedule_noun(self) -> Constant | Cosine:
        """The schedule."""
        return Cosine() if self.schedule is Schedule.COSINE else Constant()


def check_above_zero(option: str, value: float | None) -> None:
    """Raise CommandError for a number that is given and not above 0."""
    if value is not None and not 0 < value < math.inf:
        raise CommandError(f"{option} is {value}, expected a number above 0.")


def check_files(json: str | None, html: str | None, save: str | None) -> None:
    """Raise CommandError for a place that cannot be written, before anything is learned."""
    if save is not None and not save.endswith(".npz"):
        raise CommandError(f"--save is {save!r}, expected a name that ends in .npz.")
    check_places({"--json": json, "--html": html, "--save": save}, streams=("--json",))
