"""`limen image`: why a model sees in a photo what it sees."""

from __future__ import annotations

import typer

import limen
from limen.cli import _image_arguments as arguments
from limen.cli._arguments import Against, Decide, Sampler, Seed, Tolerance, Top
from limen.cli._arguments import Surrogate as SurrogateOption
from limen.cli._errors import CommandError, Exit, in_options
from limen.cli._files import Files
from limen.cli._image_view import RESNET, image_picture, image_renderables
from limen.cli._image_work import Asked, answered
from limen.cli._options import Surrogate, question_of
from limen.cli._table_options import Scale
from limen.cli._view import console, show_blocks

EPILOG = """limen image dog.jpg --target dog --png why.png

limen image dog.jpg --target beagle --against Walker_hound

limen image cat.png --model my_module:predict --segments 80 --segmentations 4 --html why.html

Exit codes: 0 explained and believed, 3 explained with doubts, 2 wrong usage, 1 error."""


def image_command(
    file: arguments.File = None,
    model: arguments.Model = None,
    target: arguments.Target = None,
    against: Against = None,
    scale: arguments.Scale = Scale.AUTO,
    surrogate: SurrogateOption = Surrogate.AUTO,
    sampler: Sampler = "lime",
    budget: arguments.Budget = 500,
    tolerance: Tolerance = None,
    decide: Decide = None,
    seed: Seed = 0,
    segments: arguments.Segments = 50,
    method: arguments.MethodOption = arguments.Method.SLIC,
    fill: arguments.Fill = "mean",
    segmentations: arguments.Segmentations = 1,
    top: Top = 12,
    curves: arguments.CurvesOption = False,
    json: arguments.Json = None,
    html: arguments.Html = None,
    png: arguments.Png = None,
) -> int:
    """Explain why a model sees in a photo what it sees: which parts speak for it, with the error of every number."""
    if file is None:
        raise CommandError("FILE is missing; give a photo, as in: limen image dog.jpg --target dog.")
    files = Files(json, html, png)
    files.check()
    domain = limen.Image(segments, method=method.value, fill=fill, segmentations=segmentations, seed=seed)
    question = question_of(domain, scale.value, surrogate, sampler, (budget, tolerance, decide), seed)
    explanation = answered(Asked(question, model, (target, against), curves), file)
    _show(explanation, files, model or RESNET, top)
    return Exit.BELIEVED if explanation.believed else Exit.DOUBTED


def _show(explanation: limen.Explanation, files: Files, model: str, top: int) -> None:
    """Print the explanation and write the files; with JSON on standard output nothing else goes there."""
    if not files.to_stdout:
        screen = console()
        show_blocks(image_renderables(explanation, screen, top, model), screen)
    for name in files.write(explanation, image_picture):
        typer.echo(f"limen: wrote {name}", err=True)
    if files.to_stdout:
        for doubt in explanation.doubts:
            typer.echo(f"limen: doubt {doubt.name}: {in_options(doubt.value)}", err=True)
