"""`limen rnn remedies`: what would make the gradient of a recurrent net reach further."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

import typer

import limen
from limen.cli._errors import Exit
from limen.cli._rnn_example import followed
from limen.cli._rnn_net import Asked, about_a_net
from limen.cli._rnn_show import hand_out
from limen.results.remedies import Remedies

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Starts = Annotated[int, typer.Option(min=1, max=1000, metavar="N", help="Random starts that each remedy gets.")]

EPILOG = """limen rnn remedies

limen rnn remedies --kind rnn --time 200 --html remedies.html

limen rnn remedies --model my_training:flow_of

Exit codes: 0 the gradient reaches the first step as it is, 3 it does not, 2 wrong usage, 1 error."""


@about_a_net
def remedies_command(asked: Asked, starts: Starts = 3) -> int:
    """Try remedies for a vanishing gradient on a recurrent net before any training, and give the code of the best."""
    net, x, measured = asked.net()
    found: Remedies = followed(lambda: limen.rnn.remedies(net, x, loss=measured, seed=asked.seed, starts=starts))
    hand_out(found, asked.files, draw, [])
    return Exit.BELIEVED if math.isinf(found.rows[found.before].median) else Exit.DOUBTED


def draw(found: Remedies) -> Figure:
    """The bars on a figure of a fitting height."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.5, 1.8 + 0.38 * len(found.rows)), dpi=150, layout="constrained")
    limen.plots.remedies(found, ax=figure.add_subplot())
    return figure
