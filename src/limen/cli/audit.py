"""`limen audit`: may the explanation be believed? For texts, images and rows of tables."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import typer

import limen
from limen.cli import _arguments, _audit_arguments, _image_arguments, _table_arguments
from limen.cli._errors import CommandError, Exit, in_options
from limen.cli._files import Files
from limen.cli._image_view import RESNET
from limen.cli._image_work import image_versus
from limen.cli._input import read
from limen.cli._options import Punctuation, Repeats, Scale, Surrogate, question_of, units_of, versus_of
from limen.cli._table_input import Source
from limen.cli._table_options import Scale as AnyScale
from limen.cli._table_options import sampler_of as table_sampler_of
from limen.cli._table_read import MISSING
from limen.cli._table_show import told
from limen.cli._table_work import asking, prepared
from limen.cli._work import Waiting, opened, quiet
from limen.models import Predictor, predictor

CODES = "Exit codes: 0 believed, 3 doubtful or bad, 2 wrong usage, 1 error."
app = typer.Typer(add_completion=False, context_settings={"help_option_names": ["-h", "--help"]})


@app.callback(invoke_without_command=True)
def audit_command(context: typer.Context) -> None:
    """May the explanation be believed? Every weakness of LIME, measured on the explanation at hand."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command(
    name="text",
    epilog=f'limen audit text "For Christmas Song visit our channel!" --spend 1000\n\n{CODES}',
    context_settings={"allow_extra_args": True},
)
def text_command(
    context: typer.Context,
    text: _arguments.Given = None,
    file: _arguments.File = None,
    model: _arguments.Model = None,
    background: _audit_arguments.Texts = None,
    target: _arguments.Target = None,
    against: _arguments.Against = None,
    scale: _arguments.Scale = Scale.PROBABILITY,
    surrogate: _arguments.Surrogate = Surrogate.AUTO,
    sampler: _arguments.Sampler = "lime",
    budget: _arguments.Budget = 1000,
    seed: _arguments.Seed = 0,
    units: _arguments.Units = "auto",
    punctuation: _arguments.Punctuation = Punctuation.ATTACHED,
    repeats: _arguments.Repeats = Repeats.SEPARATE,
    mask_token: _arguments.MaskToken = None,
    spend: _audit_arguments.Spend = 0,
    check: _audit_arguments.Check = None,
    json: _audit_arguments.Json = None,
    html: _audit_arguments.Html = None,
) -> int:
    """Audit the explanation of a text."""
    files = Files(json, html, None)
    files.check()
    whole = read(text, context.args, file)
    domain = limen.Text(
        units=units_of(units), punctuation=punctuation.value, repeats=repeats.value, mask_token=mask_token
    )
    question = question_of(domain, scale.value, surrogate, sampler, (budget, None, None), seed)
    corpus = None if background is None else _lines(Path(background))
    with quiet(), Waiting(budget + spend) as waiting:
        black_box = waiting.watch(opened(model, scale.value))
        aim = versus_of(target, against, black_box.classes)
        found = _audited(question, black_box, whole, aim, spend, check, corpus)
    return _shown(found, files, model or "limen.zoo.spam(), which comes with limen (--model for another)")


@app.command(name="image", epilog=f"limen audit image dog.jpg --target dog --spend 1000 --html audit.html\n\n{CODES}")
def image_command(
    file: _image_arguments.File = None,
    model: _image_arguments.Model = None,
    target: _image_arguments.Target = None,
    against: _arguments.Against = None,
    scale: _image_arguments.Scale = AnyScale.AUTO,
    surrogate: _arguments.Surrogate = Surrogate.AUTO,
    sampler: _arguments.Sampler = "lime",
    budget: _image_arguments.Budget = 500,
    seed: _arguments.Seed = 0,
    segments: _image_arguments.Segments = 50,
    method: _image_arguments.MethodOption = _image_arguments.Method.SLIC,
    fill: _image_arguments.Fill = "mean",
    segmentations: _image_arguments.Segmentations = 1,
    spend: _audit_arguments.Spend = 0,
    check: _audit_arguments.Check = None,
    json: _audit_arguments.Json = None,
    html: _audit_arguments.Html = None,
) -> int:
    """Audit the explanation of a photo."""
    if file is None:
        raise CommandError("FILE is missing; give a photo, as in: limen audit image dog.jpg --target dog.")
    files = Files(json, html, None)
    files.check()
    domain = limen.Image(segments, method=method.value, fill=fill, segmentations=segmentations, seed=seed)
    question = question_of(domain, scale.value, surrogate, sampler, (budget, None, None), seed)
    with quiet(), Waiting(budget + spend, pace=True) as waiting:
        plain = (
            predictor(limen.zoo.resnet50(), raw=scale is AnyScale.RAW) if model is None else opened(model, scale.value)
        )
        black_box = waiting.watch(plain)
        aim, name = image_versus(target, against, black_box.classes)
        found = _audited(question, black_box, Path(file), aim, spend, check, None)
    if name:
        found = dataclasses.replace(found, explanation=dataclasses.replace(found.explanation, target_name=name))
    return _shown(found, files, model or RESNET)


@app.command(name="table", epilog=f"limen audit table --example --spend 2000\n\n{CODES}")
def table_command(
    rows: _table_arguments.Rows = None,
    row: _table_arguments.Row = None,
    background: _table_arguments.Background = None,
    model: _table_arguments.Model = None,
    example: _table_arguments.Example = False,
    target: _table_arguments.Target = None,
    against: _arguments.Against = None,
    scale: _table_arguments.Scale = AnyScale.AUTO,
    trust_pickle: _table_arguments.TrustPickle = False,
    surrogate: _arguments.Surrogate = Surrogate.AUTO,
    sampler: _table_arguments.Sampler = "ball",
    budget: _arguments.Budget = 1000,
    seed: _arguments.Seed = 0,
    categorical: _table_arguments.Categorical = None,
    fixed: _table_arguments.Fixed = None,
    group: _table_arguments.Group = None,
    ignore: _table_arguments.Ignore = None,
    missing: _table_arguments.Missing = MISSING,
    names: _table_arguments.Names = None,
    spend: _audit_arguments.Spend = 0,
    check: _audit_arguments.Check = None,
    json: _audit_arguments.Json = None,
    html: _audit_arguments.Html = None,
) -> int:
    """Audit the explanation of a row of a table."""
    source = Source(
        rows, row, background, example, ignore or (), categorical or (), fixed or (), group or (), missing, names
    )
    files = Files(json, html, None)
    files.check()
    question = asking(scale, surrogate, budget, seed)
    black_box, loaded = prepared(source, model, question.scale, budget=budget + spend, trust_pickle=trust_pickle)
    if len(loaded.numbers) > 1:
        raise CommandError(f"--row names {len(loaded.numbers)} rows, and an audit is of one; give one of them.")
    question = dataclasses.replace(question, sampler=table_sampler_of(sampler), domain=loaded.domain)
    with quiet(), Waiting(budget + spend) as waiting:
        aim = versus_of(target, against, black_box.classes)
        found = _audited(question, waiting.watch(black_box), loaded.chosen, aim, spend, check, None)
    told(loaded.notes)
    return _shown(found, files, model or "the example: 178 wines of scikit-learn (--model for another)")


def _audited(
    question: limen.Explainer,
    black_box: Predictor,
    x: Any,
    target: Any,
    spend: int,
    check: list[_audit_arguments.Name] | None,
    texts: list[str] | None,
) -> limen.Audit:
    explainer = dataclasses.replace(question, model=black_box, on_doubt="ignore")
    names = [name.value for name in check] if check else None
    return limen.audit(explainer, x, target=target, rows=spend, checks=names, background=texts)


def _lines(file: Path) -> list[str]:
    """The texts in a file, one a line; empty lines are none."""
    try:
        content = file.read_text("utf-8-sig")
    except OSError as error:
        raise CommandError(
            f"--background is {str(file)!r}, which cannot be read: {error.strerror or error}."
        ) from error
    except UnicodeDecodeError as error:
        raise CommandError(f"--background is {str(file)!r}, which is not UTF-8; convert it first.") from error
    texts = [line.strip() for line in content.splitlines() if line.strip()]
    if not texts:
        raise CommandError(f"--background is {str(file)!r}, which holds no text; give one with a text on each line.")
    return texts


def _shown(audit: limen.Audit, files: Files, model: str) -> int:
    """Print the audit and write the files; with JSON on standard output nothing else goes there."""
    from limen.cli._audit_view import audit_renderables
    from limen.cli._view import console, show_blocks

    if not files.to_stdout:
        show_blocks(audit_renderables(audit, model), console())
    for name in files.write(audit):
        typer.echo(f"limen: wrote {name}", err=True)
    if files.to_stdout and not audit.believed:
        typer.echo(f"limen: {in_options(audit.verdict)}", err=True)
    return Exit.BELIEVED if audit.believed else Exit.DOUBTED
