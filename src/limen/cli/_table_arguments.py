"""The arguments and options of `limen table` and `limen boundary`: names, meanings, and where --help lists them."""

from __future__ import annotations

from typing import Annotated

import typer

from limen.cli import _table_options as options
from limen.cli._arguments import ASK, LOOK, SHOW

READ = "How the table is read"

Rows = Annotated[
    str | None,
    typer.Argument(metavar="ROWS", help="A CSV or Parquet file; - for standard input.", show_default=False),
]
Row = Annotated[
    str | None,
    typer.Option(
        metavar="N",
        rich_help_panel=ASK,
        help="The row, counted from 0; several as 0,5,7 or as the range 0-9. Without it: the first.",
    ),
]
Background = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        rich_help_panel=ASK,
        help="Rows that show what may be, such as those of the training. Without it: ROWS.",
    ),
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="MODEL",
        rich_help_panel=ASK,
        help="FILE.onnx, FILE.skops, XGBoost's FILE.json, or package.module:name of a function or an estimator; it is "
        "given frames of pandas.",
    ),
]
Example = Annotated[
    bool, typer.Option("--example", rich_help_panel=ASK, help="Explain a wine that comes with scikit-learn instead.")
]
Target = Annotated[
    str | None,
    typer.Option(
        metavar="CLASS",
        rich_help_panel=ASK,
        help="A class name or number, or an output; several, whose probabilities are summed, as a,b or 3-7. "
        "Without it: the predicted class.",
    ),
]
Scale = Annotated[
    options.Scale,
    typer.Option(
        "--scale",
        metavar="SCALE",
        rich_help_panel=ASK,
        help="What is explained: probability, log-odds, raw (the output as it is), or auto: raw for a regression, else "
        "probability.",
    ),
]
TrustPickle = Annotated[
    bool,
    typer.Option(
        "--trust-pickle",
        rich_help_panel=ASK,
        help="Open a pickled model (.pkl, .joblib, .pt), which can run any code, or types that skops does not know: "
        "only if you trust who made it.",
    ),
]
Sampler = Annotated[
    str,
    typer.Option(
        metavar="LAW",
        rich_help_panel=LOOK,
        help="ball or ball:WIDTH (in standard deviations; alone: by evidence), manifold or manifold:NEIGHBOURS, "
        "boundary or boundary:LEVEL, lime or lime:WIDTH.",
    ),
]
Against = Annotated[
    str | None,
    typer.Option(metavar="CLASS", rich_help_panel=LOOK, help="The class to flip to. Without it: whichever is nearest."),
]
Level = Annotated[
    float | None,
    typer.Option(
        metavar="VALUE", rich_help_panel=LOOK, help="For a regression: the value whose crossing is looked for."
    ),
]
Categorical = Annotated[
    list[str] | None,
    typer.Option(metavar="A,B", rich_help_panel=LOOK, help="Columns of numbers that are codes of categories."),
]
Fixed = Annotated[
    list[str] | None, typer.Option(metavar="A,B", rich_help_panel=LOOK, help="Columns or groups that never change.")
]
Group = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=A,B",
        rich_help_panel=LOOK,
        help="Columns that change together, such as location=latitude,longitude.",
    ),
]
Ignore = Annotated[
    list[str] | None,
    typer.Option(metavar="A,B", rich_help_panel=READ, help="Columns that the model does not take, such as the label."),
]
Missing = Annotated[
    str,
    typer.Option(
        metavar="A,B",
        rich_help_panel=READ,
        help="What stands for a missing value in CSV; an empty cell always does. '' for nothing else.",
    ),
]
Names = Annotated[
    str | None,
    typer.Option(
        metavar="A,B", rich_help_panel=READ, help="Names of all columns, where CSV files have no line of them."
    ),
]
Bars = Annotated[
    options.Bars,
    typer.Option(
        metavar="KIND",
        rich_help_panel=SHOW,
        help="What the picture draws: contribution, slope (per standard deviation), slope-per-unit, curvature, or kept "
        "(categories near the row). Without it: contribution.",
        show_default=False,
    ),
]
Surface = Annotated[
    str | None,
    typer.Option(
        metavar="A,B",
        rich_help_panel=SHOW,
        help="Two columns of numbers to draw the model over; it is asked about 1,681 rows more.",
    ),
]
Probes = Annotated[
    bool, typer.Option("--probes", rich_help_panel=SHOW, help="List the perturbed rows with the model's answers.")
]
Json = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        rich_help_panel=SHOW,
        help="Write the whole record as JSON; - for standard output, a line for each row, and nothing else there. "
        "With several rows, every FILE gets the number of its row: why-5.json.",
    ),
]
