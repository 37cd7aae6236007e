"""`limen rnn flow`: where the gradient of a recurrent net goes."""

from __future__ import annotations

from typing import Annotated

import typer

import limen
from limen.cli._errors import Exit
from limen.cli._rnn_example import followed
from limen.cli._rnn_net import Asked, about_a_net
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


@about_a_net
def flow_command(asked: Asked, clip_norm: ClipNorm = None, exponents: Exponents = 0) -> int:
    """Follow the gradient of a recurrent net back through time, and say where it vanishes or explodes."""
    net, x, measured = asked.net()
    flow = followed(
        lambda: limen.gradient_flow(net, x, loss=measured, clip_norm=clip_norm, exponents=exponents, seed=asked.seed)
    )
    told = [flow.sentence, *(f"{cause.name}: {cause.value}" for cause in flow.causes)]
    hand_out(flow, asked.files, limen.plots.sheet, told)
    return Exit.BELIEVED if flow.verdict is Verdict.HEALTHY and not flow.causes else Exit.DOUBTED
