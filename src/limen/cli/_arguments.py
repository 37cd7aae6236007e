"""The argument and the options of `limen text`: names, meanings, and where --help lists them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from limen.cli import _options

ASK, LOOK, SHOW = "What is asked", "Where to look", "What is shown"

Given = Annotated[
    str | None,
    typer.Argument(metavar="TEXT", help="The text, in quotes; - or nothing: from standard input.", show_default=False),
]
File = Annotated[
    Path | None, typer.Option(metavar="PATH", rich_help_panel=ASK, help="Read the text from a UTF-8 file instead.")
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="MODEL",
        rich_help_panel=ASK,
        help="A Hugging Face folder or hub name, a FILE.onnx with tokenizer.json beside it, or "
        "package.module:function. Without it: the spam classifier that comes with limen.",
    ),
]
Target = Annotated[
    str | None,
    typer.Option(
        metavar="CLASS",
        rich_help_panel=ASK,
        help="A class name or number; several, whose probabilities are summed, as a,b or 3-7. "
        "Without it: the predicted class.",
    ),
]
Against = Annotated[
    str | None,
    typer.Option(
        metavar="CLASS",
        rich_help_panel=ASK,
        help="Explain why --target and not this class: the difference of the two. Given as --target is.",
    ),
]
Scale = Annotated[
    _options.Scale, typer.Option(rich_help_panel=ASK, help="What is explained; raw is the model's output as it is.")
]
Surrogate = Annotated[
    _options.Surrogate,
    typer.Option(rich_help_panel=LOOK, help="The readable model; auto: quadratic where it wins on held-out probes."),
]
Sampler = Annotated[
    str,
    typer.Option(
        metavar="LAW",
        rich_help_panel=LOOK,
        help="lime or lime:WIDTH (0.25), uniform or uniform:P (keeps each part with probability P, 0.5), or shapley.",
    ),
]
Budget = Annotated[int, typer.Option(rich_help_panel=LOOK, help="The most rows that the model is asked.")]
Tolerance = Annotated[
    float | None,
    typer.Option(
        metavar="SHARE",
        rich_help_panel=LOOK,
        help="Stop as soon as every 95 % interval is narrower than this share of the largest effect, such as .2.",
    ),
]
Decide = Annotated[
    int | None,
    typer.Option(
        metavar="K",
        rich_help_panel=LOOK,
        help="Stop as soon as it is decided (95 %) which parts are the first K, and in which order.",
    ),
]
Seed = Annotated[int, typer.Option(rich_help_panel=LOOK, help="The same seed gives the same answer.")]
Units = Annotated[
    str,
    typer.Option(
        metavar="UNIT",
        rich_help_panel=LOOK,
        help="What a part is: words, sentences, a number N for spans of N words, or auto: words, unless they are too "
        "many for the budget.",
    ),
]
Punctuation = Annotated[
    _options.Punctuation,
    typer.Option(rich_help_panel=LOOK, help="Whether a mark belongs to its word or is a part of its own."),
]
Repeats = Annotated[
    _options.Repeats,
    typer.Option(rich_help_panel=LOOK, help="Whether equal words are hidden one by one or together."),
]
MaskToken = Annotated[
    str | None,
    typer.Option(
        metavar="TOKEN",
        rich_help_panel=LOOK,
        help="What replaces a hidden part, such as '<mask>'. Without it: hidden parts are dropped.",
    ),
]
Top = Annotated[
    int, typer.Option(min=1, metavar="N", rich_help_panel=SHOW, help="The most rows in the table of parts.")
]
Probes = Annotated[
    bool, typer.Option("--probes", rich_help_panel=SHOW, help="List the perturbed texts with the model's answers.")
]
Json = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        rich_help_panel=SHOW,
        help="Write the whole record as JSON; - for standard output, and nothing else there.",
    ),
]
Html = Annotated[str | None, typer.Option(metavar="FILE", rich_help_panel=SHOW, help="Write a self-contained page.")]
Png = Annotated[
    str | None,
    typer.Option(metavar="FILE", rich_help_panel=SHOW, help="Write the picture: .png, .svg or .pdf."),
]
