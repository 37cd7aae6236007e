"""The options that `limen audit text`, `image` and `table` have in common."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from limen.cli._arguments import ASK, SHOW

CHECK = "What is checked"


class Name(StrEnum):
    """The checks, by their names in the record."""

    INSTABILITY = "instability"
    WIDTH = "width"
    OFF_MANIFOLD = "off_manifold"
    CORRELATED = "correlated"
    CURVATURE = "curvature"
    SEGMENTATION = "segmentation"
    COST = "cost"
    LEAK = "leak"
    MANIPULATION = "manipulation"
    SANITY = "sanity"


Spend = Annotated[
    int,
    typer.Option(
        min=0,
        metavar="N",
        rich_help_panel=CHECK,
        help="The most rows that the checks may ask beyond --budget. With 0 they ask none, and say what a fuller look "
        "would cost.",
    ),
]
Check = Annotated[
    list[Name] | None,
    typer.Option(metavar="NAME", rich_help_panel=CHECK, help="Only this check; several by giving it again."),
]
Texts = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        rich_help_panel=ASK,
        help="A UTF-8 file with a text on each line, such as the model was trained on, to tell what is plausible.",
    ),
]
Json = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        rich_help_panel=SHOW,
        help="Write the audit, with the explanation, as JSON; - for standard output, and nothing else there.",
    ),
]
Html = Annotated[str | None, typer.Option(metavar="FILE", rich_help_panel=SHOW, help="Write a self-contained page.")]
