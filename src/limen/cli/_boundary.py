"""`limen boundary`: what would have to change in a row for the model to decide otherwise."""

from __future__ import annotations

from collections.abc import Callable

from limen.cli import _table_arguments as arguments
from limen.cli._arguments import Budget, Html, Png, Seed, Top
from limen.cli._arguments import Surrogate as SurrogateOption
from limen.cli._files import Files
from limen.cli._options import Surrogate
from limen.cli._table_answer import Asked, answered
from limen.cli._table_input import Source
from limen.cli._table_options import Bars, Scale, against_of
from limen.cli._table_read import MISSING
from limen.cli._table_show import Output, show_flip_with
from limen.cli._table_work import Surface, asking
from limen.models import Predictor
from limen.sampling import Boundary

EPILOG = """limen boundary --example

limen boundary new.csv --row 5 --background train.csv --model model.skops --against approved

limen boundary houses.csv --model my_module:model --level 250000 --fixed latitude,longitude

Exit codes: 0 found and believed, 3 not found or found with doubts, 2 wrong usage, 1 error."""


def _law(against: str | None, level: float | None) -> Callable[[Predictor], Boundary]:
    """The law of the search, once the model and the names of its classes are known."""
    return lambda black_box: Boundary(against=against_of(against, black_box.classes), level=level)


def boundary_command(
    rows: arguments.Rows = None,
    row: arguments.Row = None,
    background: arguments.Background = None,
    model: arguments.Model = None,
    example: arguments.Example = False,
    target: arguments.Target = None,
    against: arguments.Against = None,
    level: arguments.Level = None,
    scale: arguments.Scale = Scale.AUTO,
    trust_pickle: arguments.TrustPickle = False,
    surrogate: SurrogateOption = Surrogate.AUTO,
    budget: Budget = 1000,
    seed: Seed = 0,
    categorical: arguments.Categorical = None,
    fixed: arguments.Fixed = None,
    group: arguments.Group = None,
    ignore: arguments.Ignore = None,
    missing: arguments.Missing = MISSING,
    names: arguments.Names = None,
    surface: arguments.Surface = None,
    top: Top = 20,
    probes: arguments.Probes = False,
    json: arguments.Json = None,
    html: Html = None,
    png: Png = None,
) -> int:
    """Find the nearest change of a row that flips the model's decision, and how well line and quadratic know it."""
    source = Source(
        rows, row, background, example, ignore or (), categorical or (), fixed or (), group or (), missing, names
    )
    output = Output(Files(json, html, png), probes, Bars.AUTO, surface is not None)
    shown = Surface(surface is not None or png is not None, surface)
    asked = Asked(
        asking(scale, surrogate, budget, seed), _law(against, level), model, (target, None), trust_pickle, shown
    )
    return answered(asked, source, output, show_flip_with(top))
