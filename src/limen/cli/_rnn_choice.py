"""The options of `limen rnn flow` and `limen rnn remedies`: the net that they are about, its sizes, and files."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

import typer

from limen.cli._errors import CommandError

NET, SHOW = "The net", "What is shown"
LARGEST, DEEPEST = 1_000_000, 1000
MOST = 50_000_000
"""Numbers that the weights, the input or the states of the example may have; an LSTM's states then take about 7 GB."""
STRONGEST = 1000.0
"""The largest bias of a forget gate, either way: such a gate is shut or open to the last bit long before."""


class Kind(StrEnum):
    """The recurrent layer of the example."""

    RNN = "rnn"
    GRU = "gru"
    LSTM = "lstm"


GATES = {Kind.RNN: 1, Kind.GRU: 3, Kind.LSTM: 4}
DEFAULTS = {"batch": 16, "time": 100, "inputs": 8, "hidden": 64, "layers": 1}


class Heard(StrEnum):
    """Which steps the loss of the example heeds."""

    LAST = "last"
    STEPS = "steps"


class Signal(StrEnum):
    """What the example reads."""

    NOISE = "noise"
    SINE = "sine"


@dataclass(frozen=True)
class Choice:
    """How the example is made; None: as it is by default, which the help tells."""

    kind: Kind | None = None
    layers: int | None = None
    bidirectional: bool | None = None
    time: int | None = None
    batch: int | None = None
    inputs: int | None = None
    hidden: int | None = None
    forget_bias: float | None = None
    loss: Heard | None = None
    signal: Signal | None = None

    @property
    def cell(self) -> Kind:
        """The recurrent layer."""
        return self.kind or Kind.LSTM

    @property
    def sizes(self) -> dict[str, int]:
        """What each option that is a size stands for."""
        return {name: DEFAULTS[name] if getattr(self, name) is None else getattr(self, name) for name in DEFAULTS}

    def check(self) -> None:
        """Raise CommandError for a forget bias out of range, and for sizes that no memory holds, before any is used."""
        bias = self.forget_bias
        if bias is not None and self.cell is not Kind.LSTM:
            raise CommandError(f"--forget-bias is for --kind lstm; {self.cell.value} has no forget gate.")
        if bias is not None and not abs(bias) <= STRONGEST:  # nan is no less than anything
            raise CommandError(f"--forget-bias is {bias:g}, expected -{STRONGEST:g} to {STRONGEST:g}.")
        batch, time, inputs, hidden, layers = self.sizes.values()
        both = 2 if self.bidirectional else 1
        above = (layers - 1) * (both * hidden + hidden + 2)
        weights = both * GATES[self.cell] * hidden * (inputs + hidden + 2 + above)
        for what, count, names in (
            ("input", batch * time * inputs, ("batch", "time", "inputs")),
            ("weights", weights, ("inputs", "hidden", "layers")),
            ("states", batch * time * hidden * layers * both, ("batch", "time", "hidden", "layers")),
        ):
            if count > MOST:
                told = ", ".join(f"--{name} {self.sizes[name]}" for name in names)
                raise CommandError(f"{told}: the {what} would have {count:,} numbers, expected at most {MOST:,}.")


def _count(name: str, text: str, most: int = LARGEST) -> Any:
    default = DEFAULTS[name]
    return typer.Option(
        min=1, max=most, metavar="N", rich_help_panel=NET, help=f"{text}; {default}.", show_default=False
    )


Model = Annotated[
    str | None,
    typer.Option(
        metavar="MODULE:FUNCTION",
        help="Your own net: package.module:function, a function without arguments that returns (model, x, loss). "
        "Without it: a net made from the seed, as the options below say.",
    ),
]
KindOf = Annotated[
    Kind | None, typer.Option("--kind", rich_help_panel=NET, help="The layer; lstm.", show_default=False)
]
Layers = Annotated[int | None, _count("layers", "Layers on top of each other", DEEPEST)]
Bidirectional = Annotated[
    bool | None, typer.Option("--bidirectional", rich_help_panel=NET, help="Read both ways.", show_default=False)
]
Time = Annotated[int | None, _count("time", "Steps of a sequence")]
Batch = Annotated[int | None, _count("batch", "Sequences")]
Inputs = Annotated[int | None, _count("inputs", "Numbers read at each step")]
Hidden = Annotated[int | None, _count("hidden", "Units of a layer")]
ForgetBias = Annotated[
    float | None,
    typer.Option(
        metavar="BIAS",
        rich_help_panel=NET,
        help="Bias of an lstm's forget gate, -1000 to 1000; without it torch's own, about 0.",
        show_default=False,
    ),
]
Loss = Annotated[
    Heard | None,
    typer.Option("--loss", rich_help_panel=NET, help="The steps that the loss heeds; last.", show_default=False),
]
Input = Annotated[
    Signal | None, typer.Option("--input", rich_help_panel=NET, help="What is read; noise.", show_default=False)
]
Seed = Annotated[int, typer.Option(min=0, max=2**32 - 1, help="The same seed gives the same answer.")]
