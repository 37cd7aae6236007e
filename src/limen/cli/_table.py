"""`limen table`: why a model answers a row of a table as it does."""

from __future__ import annotations

from limen.cli import _table_arguments as arguments
from limen.cli._arguments import Against, Budget, Decide, Html, Png, Seed, Tolerance, Top
from limen.cli._arguments import Surrogate as SurrogateOption
from limen.cli._files import Files
from limen.cli._options import Surrogate, tolerance_of
from limen.cli._table_answer import Asked, answered
from limen.cli._table_input import Source
from limen.cli._table_options import Bars, Scale, sampler_of
from limen.cli._table_read import MISSING
from limen.cli._table_show import Output, show_with
from limen.cli._table_work import Surface, asking

EPILOG = """limen table --example

limen table new.csv --row 5 --background train.csv --model model.skops --ignore label

limen table new.csv --model model.onnx --tolerance .3 --budget 5000

limen table new.parquet --row 0-9 --model my_module:model --group place=lat,lon --png why.png

Exit codes: 0 explained and believed, 3 explained with doubts, 2 wrong usage, 1 error."""


def table_command(
    rows: arguments.Rows = None,
    row: arguments.Row = None,
    background: arguments.Background = None,
    model: arguments.Model = None,
    example: arguments.Example = False,
    target: arguments.Target = None,
    against: Against = None,
    scale: arguments.Scale = Scale.AUTO,
    trust_pickle: arguments.TrustPickle = False,
    surrogate: SurrogateOption = Surrogate.AUTO,
    sampler: arguments.Sampler = "ball",
    budget: Budget = 1000,
    tolerance: Tolerance = None,
    decide: Decide = None,
    seed: Seed = 0,
    categorical: arguments.Categorical = None,
    fixed: arguments.Fixed = None,
    group: arguments.Group = None,
    ignore: arguments.Ignore = None,
    missing: arguments.Missing = MISSING,
    names: arguments.Names = None,
    bars: arguments.Bars = Bars.AUTO,
    surface: arguments.Surface = None,
    top: Top = 20,
    probes: arguments.Probes = False,
    json: arguments.Json = None,
    html: Html = None,
    png: Png = None,
) -> int:
    """Explain why a model answers a row of a table as it does: slopes, curvature and pairs, each with its error."""
    source = Source(
        rows, row, background, example, ignore or (), categorical or (), fixed or (), group or (), missing, names
    )
    output = Output(Files(json, html, png), probes, bars, surface is not None)
    question = asking(scale, surrogate, budget, seed, tolerance_of(tolerance, decide))
    law = sampler_of(sampler)
    asked = Asked(
        question, lambda _: law, model, (target, against), trust_pickle, Surface(surface is not None, surface)
    )
    return answered(asked, source, output, show_with(top))
