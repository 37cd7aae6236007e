"""`limen rnn remedies`: what would make the gradient of a recurrent net reach further."""

from __future__ import annotations

import math
from typing import Annotated

import typer

import limen
from limen.cli import _rnn_choice as options
from limen.cli._errors import Exit
from limen.cli._files import Files
from limen.cli._rnn_choice import Choice
from limen.cli._rnn_example import followed, looked_at
from limen.cli._rnn_show import hand_out
from limen.results.remedies import Remedies

Starts = Annotated[int, typer.Option(min=1, max=1000, metavar="N", help="Random starts that each remedy gets.")]

EPILOG = """limen rnn remedies

limen rnn remedies --kind rnn --time 200 --html remedies.html

limen rnn remedies --model my_training:flow_of

Exit codes: 0 the gradient reaches the first step as it is, 3 it does not, 2 wrong usage, 1 error."""


def remedies_command(
    model: options.Model = None,
    starts: Starts = 3,
    seed: options.Seed = 0,
    kind: options.KindOf = None,
    layers: options.Layers = None,
    bidirectional: options.Bidirectional = None,
    time: options.Time = None,
    batch: options.Batch = None,
    inputs: options.Inputs = None,
    hidden: options.Hidden = None,
    forget_bias: options.ForgetBias = None,
    loss: options.Loss = None,
    signal: options.Input = None,
    json: options.Json = None,
    html: options.Html = None,
    png: options.Png = None,
) -> int:
    """Try remedies for a vanishing gradient on a recurrent net before any training, and give the code of the best."""
    files = Files(json, html, png)
    files.check()
    choice = Choice(kind, layers, bidirectional, time, batch, inputs, hidden, forget_bias, loss, signal)
    net, x, measured = looked_at(model, choice, seed)
    found: Remedies = followed(lambda: limen.rnn.remedies(net, x, loss=measured, seed=seed, starts=starts))
    hand_out(found, files, draw, [])
    return Exit.BELIEVED if math.isinf(found.rows[found.before].median) else Exit.DOUBTED


def draw(found: Remedies, name: str) -> None:
    """The bars, as PNG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.5, 1.8 + 0.38 * len(found.rows)), dpi=150, layout="constrained")
    limen.plots.remedies(found, ax=figure.add_subplot())
    figure.savefig(name, format="png")
