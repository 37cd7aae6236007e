"""`limen rnn flow`: where the gradient of a recurrent net goes."""

from __future__ import annotations

from typing import Annotated

import typer

import limen
from limen.cli import _rnn_choice as options
from limen.cli._errors import Exit
from limen.cli._files import Files
from limen.cli._rnn_choice import Choice
from limen.cli._rnn_example import followed, looked_at
from limen.cli._rnn_show import hand_out
from limen.results import Verdict

EPILOG = """limen rnn flow

limen rnn flow --forget-bias 3 --time 300 --html flow.html

limen rnn flow --model my_training:flow_of --png flow.png

Exit codes: 0 healthy, 3 not healthy or wrong for another reason, 2 wrong usage, 1 error."""
ClipNorm = Annotated[
    float | None,
    typer.Option(metavar="NORM", help="The clipping norm of your training: whether it shortens this gradient is told."),
]
Exponents = Annotated[
    int, typer.Option(min=0, max=4096, metavar="N", help="Lyapunov exponents of each layer, with their intervals.")
]


def flow_command(
    model: options.Model = None,
    clip_norm: ClipNorm = None,
    exponents: Exponents = 0,
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
    """Follow the gradient of a recurrent net back through time, and say where it vanishes or explodes."""
    files = Files(json, html, png)
    files.check()
    choice = Choice(kind, layers, bidirectional, time, batch, inputs, hidden, forget_bias, loss, signal)
    net, x, measured = looked_at(model, choice, seed)
    flow = followed(
        lambda: limen.gradient_flow(net, x, loss=measured, clip_norm=clip_norm, exponents=exponents, seed=seed)
    )
    told = [flow.sentence, *(f"{cause.name}: {cause.value}" for cause in flow.causes)]
    hand_out(flow, files, draw, told)
    return Exit.BELIEVED if flow.verdict is Verdict.HEALTHY and not flow.causes else Exit.DOUBTED


def draw(flow: limen.GradientFlow, name: str) -> None:
    """All pictures of a flow on one sheet, as PNG."""
    from matplotlib.figure import Figure

    pictures = [limen.plots.gradient_norms, limen.plots.shares, limen.plots.factors, limen.plots.paths]
    if len(flow.layers[flow.worst].paths) < 2:
        pictures.pop()
    if flow.heat is not None:
        pictures.append(limen.plots.heat)
    rows = -(-len(pictures) // 2)
    figure = Figure(figsize=(13, 3.7 * rows), dpi=130, layout="constrained")
    for place, picture in enumerate(pictures, start=1):
        picture(flow, ax=figure.add_subplot(rows, 2, place))
    figure.savefig(name, format="png")
