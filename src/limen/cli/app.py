"""The commands, and the one place where errors become a line and an exit code."""

from __future__ import annotations

import dataclasses
import io
import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

import limen
from limen.cli import _arguments as arguments
from limen.cli import _boundary, _image, _table, audit, rnn
from limen.cli._errors import CommandError, Exit, in_options, one_line
from limen.cli._files import Files, picture
from limen.cli._input import read
from limen.cli._options import (
    Punctuation,
    Repeats,
    Scale,
    Surrogate,
    question_of,
    units_of,
    versus_of,
)
from limen.cli._work import Waiting, opened, quiet

USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[2]
"""What typer raises for a wrong command line; it has no public name of its own."""
EPILOG = """limen text "For Christmas Song visit our channel!"

limen table --example

limen image dog.jpg --target dog

limen boundary --example

limen audit text "It looks very cute"

Exit codes: 0 explained and believed, 3 explained with doubts, 2 wrong usage, 1 error."""
TEXT_EPILOG = """limen text "For Christmas Song visit our channel!"

limen text --file mail.txt --model my_module:predict --html why.html

Exit codes: 0 explained and believed, 3 explained with doubts, 2 wrong usage, 1 error."""

app = typer.Typer(add_completion=False, context_settings={"help_option_names": ["-h", "--help"]}, epilog=EPILOG)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"limen {version('limen')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def limen_command(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which limen.")
    ] = False,
) -> None:
    """Why this prediction, and can I believe the explanation?"""  # noqa: D400 - a question is what it is
    del version
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command(name="text", epilog=TEXT_EPILOG, context_settings={"allow_extra_args": True})
def text_command(
    context: typer.Context,
    text: arguments.Given = None,
    file: arguments.File = None,
    model: arguments.Model = None,
    target: arguments.Target = None,
    against: arguments.Against = None,
    scale: arguments.Scale = Scale.PROBABILITY,
    surrogate: arguments.Surrogate = Surrogate.AUTO,
    sampler: arguments.Sampler = "lime",
    budget: arguments.Budget = 1000,
    tolerance: arguments.Tolerance = None,
    decide: arguments.Decide = None,
    seed: arguments.Seed = 0,
    units: arguments.Units = "auto",
    punctuation: arguments.Punctuation = Punctuation.ATTACHED,
    repeats: arguments.Repeats = Repeats.SEPARATE,
    mask_token: arguments.MaskToken = None,
    top: arguments.Top = 20,
    probes: arguments.Probes = False,
    json: arguments.Json = None,
    html: arguments.Html = None,
    png: arguments.Png = None,
) -> int:
    """Explain why a model answers a text as it does, with the error of every number."""
    files = Files(json, html, png)
    files.check()
    if files.to_stdout and probes:
        raise CommandError(
            "--probes does not go with --json -, which leaves nothing else on standard output; drop one."
        )
    whole = read(text, context.args, file)
    domain = limen.Text(
        units=units_of(units), punctuation=punctuation.value, repeats=repeats.value, mask_token=mask_token
    )
    question = question_of(domain, scale.value, surrogate, sampler, (budget, tolerance, decide), seed)
    explanation = answered(question, whole, model, (target, against))
    show_all(explanation, files, model, top=top, probes=probes)
    return Exit.BELIEVED if explanation.believed else Exit.DOUBTED


app.command(name="table", epilog=_table.EPILOG)(_table.table_command)
app.command(name="image", epilog=_image.EPILOG)(_image.image_command)
app.command(name="boundary", epilog=_boundary.EPILOG)(_boundary.boundary_command)
app.add_typer(audit.app, name="audit")
app.add_typer(rnn.app, name="rnn")


def answered(
    question: limen.Explainer, text: str, model: str | None, target: tuple[str | None, str | None]
) -> limen.Explanation:
    """Open the model and put the question to it. Raises CommandError or LimenError.

    target: as typed, and what it is set against.
    """
    with quiet(), Waiting(question.budget, pace=True) as waiting:
        black_box = waiting.watch(opened(model, question.scale))
        explainer = dataclasses.replace(question, model=black_box)
        return waiting.explained(explainer, text, versus_of(*target, black_box.classes))


def show_all(explanation: limen.Explanation, files: Files, model: str | None, *, top: int, probes: bool) -> None:
    """Print the explanation and write the files; with JSON on standard output nothing else goes there."""
    from limen.cli._probes import show_probes
    from limen.cli._view import console, show

    if not files.to_stdout:
        screen = console()
        show(
            explanation,
            screen,
            top=top,
            model=model or "limen.zoo.spam(), which comes with limen (--model for another)",
        )
        if probes:
            show_probes(explanation, screen)
    for name in files.write(explanation, picture):
        typer.echo(f"limen: wrote {name}", err=True)
    if files.to_stdout:
        for doubt in explanation.doubts:
            typer.echo(f"limen: doubt {doubt.name}: {in_options(doubt.value)}", err=True)


def main(arguments_: Sequence[str] | None = None) -> int:
    """Run the command line (`sys.argv` by default), give the exit code; every expected error is one line on stderr."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without Unicode is no reason to stop
    try:
        code = typer.main.get_command(app).main(arguments_, prog_name="limen", standalone_mode=False)
        if sys.stdout is not None:  # it may be closed
            sys.stdout.flush()
    except USAGE_ERROR as error:
        return _told(_usage(error), Exit.USAGE)
    except CommandError as error:
        return _told(str(error), error.code)
    except limen.LimenError as error:
        return _told(str(error), Exit.USAGE if isinstance(error, ValueError) else Exit.ERROR)
    except BrokenPipeError:  # the reader has seen enough, as with `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.ERROR
    except OSError as error:  # a full disk, say, behind standard output
        return _told(f"the answer cannot be written: {error.strerror or error}", Exit.ERROR)
    except (KeyboardInterrupt, typer.Abort):
        return Exit.INTERRUPTED
    return int(code or 0)


def _usage(error: Any) -> str:
    """What typer says of a wrong command line, and where to read on."""
    message = error.format_message().replace("Value error, ", "").rstrip(". ")
    command = error.ctx.command_path if error.ctx else "limen"
    return f"{message}{'' if message.endswith('?') else '.'} Try: {command} --help"


def _told(message: str, code: Exit) -> int:
    typer.echo(f"limen: {one_line(in_options(message))}", err=True)
    return code
