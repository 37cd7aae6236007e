"""The argument and the options of `limen image`: names, meanings, and where --help lists them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from limen.cli import _table_options
from limen.cli._arguments import ASK, LOOK, SHOW


class Method(StrEnum):
    """How the image is cut."""

    SLIC = "slic"
    FELZENSZWALB = "felzenszwalb"
    QUICKSHIFT = "quickshift"
    GRID = "grid"
    HEXAGONS = "hexagons"


File = Annotated[
    str | None,
    typer.Argument(metavar="FILE", help="The photo: JPEG, PNG, WebP or what else Pillow reads.", show_default=False),
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="MODEL",
        rich_help_panel=ASK,
        help="A Hugging Face folder or hub name of an image classifier, a FILE.onnx with preprocessor_config.json "
        "beside it, or package.module:function of images (n, height, width, 3). Without it: ResNet-50.",
    ),
]
Target = Annotated[
    str | None,
    typer.Option(
        metavar="CLASS",
        rich_help_panel=ASK,
        help="A class by name or number; a group of ImageNet such as dog, cat or bird; several, whose probabilities "
        "are summed, as a,b or 151-268. Without it: the predicted class.",
    ),
]
Scale = Annotated[
    _table_options.Scale,
    typer.Option(rich_help_panel=ASK, help="What is explained; auto: probabilities, or the output of a regressor."),
]
Segments = Annotated[int, typer.Option(metavar="N", rich_help_panel=LOOK, help="About how many parts the photo has.")]
MethodOption = Annotated[Method, typer.Option("--method", rich_help_panel=LOOK, help="How the photo is cut.")]
Fill = Annotated[
    str,
    typer.Option(
        "--fill",
        metavar="FILL",
        rich_help_panel=LOOK,
        help="What hidden parts show: mean (of each part), 'image mean', blur, noise, inpaint, a colour's name, or "
        "'#rrggbb'.",
    ),
]
Segmentations = Annotated[
    int,
    typer.Option(
        metavar="K",
        rich_help_panel=LOOK,
        help="Cut the photo in K ways that share the budget; the maps are their mean, and show where they disagree.",
    ),
]
Budget = Annotated[int, typer.Option(rich_help_panel=LOOK, help="The most images that the model is asked.")]
CurvesOption = Annotated[
    bool,
    typer.Option(
        "--curves",
        rich_help_panel=SHOW,
        help="Ask also for deletion and insertion: two images a part, beyond the budget.",
    ),
]
Html = Annotated[
    str | None, typer.Option(metavar="FILE", rich_help_panel=SHOW, help="Write a self-contained page with the photo.")
]
Json = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        rich_help_panel=SHOW,
        help="Write the whole record as JSON, photo and parts included; - for standard output, and nothing else there.",
    ),
]
Png = Annotated[
    str | None,
    typer.Option(metavar="FILE", rich_help_panel=SHOW, help="Write heat map and bars: .png, .svg or .pdf."),
]
