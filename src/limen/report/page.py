"""The report page of a record: what it shows of itself, and what is needed to make it again.

An explanation's page also shows the perturbed inputs that it rests on.
"""

from __future__ import annotations

from importlib.resources import files
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np

from limen._errors import InputError
from limen._version import __version__
from limen.report._images import asked_images
from limen.report._table import made_of, rows_of, surface_of
from limen.results import Audit, Explanation, GradientFlow, ImageInstance, Probes, TableInstance, TextInstance
from limen.results._baseline import hidden_answer
from limen.results._html_pieces import clean
from limen.results._record import Record
from limen.results._terminal import clip, number
from limen.results.history import History
from limen.results.remedies import Remedies

PROBES, IMAGES = 40, 24
"""Probes on a page, at most; images take more room."""
PICTURES = (".png", ".jpg", ".jpeg", ".svg", ".pdf")
LETTERS, TITLE = 240, 120
"""Columns of a perturbed text that are shown, and of a title, at most."""


def page(record: Record) -> str:
    """Write a complete HTML document: no script, no external resource, both colour schemes, fit for printing.

    record: an Explanation, a GradientFlow, Remedies, a History, or any other record of limen that a notebook shows as
    HTML. The same record gives the same text. Raises InputError if it is nothing of the kind.
    """
    inner = _shown_as(record)
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(files("limen.report").joinpath("page.html.jinja").read_text("utf-8"))
    asked = record if isinstance(record, Explanation) else None
    # What has gone through `clean` is escaped already: Markup says so, and jinja2 escapes the rest.
    return template.render(
        title=Markup(clean(_title(record))),
        fragment=Markup(inner),
        probes=_probes(asked) if asked is not None and isinstance(asked.instance, TextInstance) else None,
        rows=None if asked is None or not _of_row(asked) else rows_of(asked, telling(asked, PROBES)),
        surface=None if asked is None or not asked.surfaces else surface_of(asked),
        images=asked_images(asked, telling(asked, IMAGES)) if asked is not None and _of_image(asked) else None,
        total=0 if asked is None else len(asked.probes),
        made=_versions(record) if asked is None else _made(asked),
        version=getattr(record, "limen_version", __version__),
    )


def save(record: Record, path: str | PathLike[str]) -> None:
    """Write `page(record)` to a file, in UTF-8. Raises InputError if there is no place for it at `path`."""
    text = page(record)
    if not isinstance(path, str | PathLike):
        raise InputError(f"path is {path!r}, expected a str or a Path; give the name of an .html file.")
    target = Path(fspath(path))
    if target.suffix.lower() in PICTURES:
        raise InputError(f"path is {str(target)!r}, but this writes an HTML page; limen.plots draws pictures.")
    if target.is_dir():
        raise InputError(f"path is the folder {str(target)!r}, expected a file; add a name, such as 'report.html'.")
    if not target.parent.is_dir():
        raise InputError(f"path is {str(target)!r}, but {str(target.parent)!r} is no folder; make it first.")
    target.write_text(text, encoding="utf-8", newline="\n")


def _shown_as(record: object) -> str:
    """The record's own HTML."""
    own = getattr(record, "_repr_html_", None)
    if not isinstance(record, Record) or own is None:
        raise InputError(
            f"record is of type {type(record).__name__}, expected an Explanation, a GradientFlow or another record of "
            "limen that has a picture; give what limen.explain or limen.gradient_flow returns."
        )
    return str(own())


def _title(record: Record) -> str:
    """The question that the page answers."""
    if isinstance(record, Explanation):
        return f"{record.target_name}: why this answer?"
    if isinstance(record, Audit):
        return f"{clip(record.explanation.target_name, TITLE)}: may the explanation be believed?"
    if isinstance(record, GradientFlow):
        return f"{clip(record.model, TITLE)}: where does the gradient go?"
    if isinstance(record, History):
        return f"{clip(record.net, TITLE)}: how did it learn?"
    if isinstance(record, Remedies):
        return f"{clip(record.title, TITLE)}: what would help?"
    return clip(str(getattr(record, "title", type(record).__name__)), TITLE)


def telling(explanation: Explanation, count: int) -> list[int]:
    """The numbers of the input itself, and of the probes that tell most: weight times change of the answer, falling."""
    probes = explanation.probes
    moved = probes.weights * np.abs(probes.answers - probes.answers[0])
    order = np.argsort(-moved[1:], kind="stable") + 1
    return [0, *(int(row) for row in order[: count - 1])]


def _probes(explanation: Explanation) -> list[dict[str, Any]]:
    """The rows of the table of probes, as text."""
    rows = telling(explanation, PROBES)
    probes = explanation.probes
    assert isinstance(probes, Probes)
    masks = probes.masks[rows]
    texts, guesses = explanation.inputs(masks), explanation.predict(masks)
    return [
        {
            "row": row,
            "text": _shown(text, explanation.instance.text if row == 0 else None),
            "hidden": int(np.sum(~mask)),
            "answer": _plain(float(explanation.probes.answers[row])),
            "surrogate": _plain(float(guess)),
            "weight": f"{100 * explanation.probes.weights[row]:.2f} %",
        }
        for row, mask, text, guess in zip(rows, masks, texts, guesses, strict=True)
    ]


def _of_image(explanation: Explanation) -> bool:
    return isinstance(explanation.instance, ImageInstance)


def _of_row(explanation: Explanation) -> bool:
    return isinstance(explanation.instance, TableInstance)


def _shown(text: str, whole: str | None) -> Any:
    """A text, escaped, on one line and clipped; the input itself is there already and named instead."""
    from markupsafe import Markup

    if text == whole:
        return Markup("<i>the input itself</i>")
    short = clip(text[: 2 * LETTERS], LETTERS)
    return Markup(f'<bdi lang="">{clean(short)}</bdi>') if short else Markup("<i>an empty text</i>")


def _plain(value: float) -> str:
    return number(value).lstrip("+").replace("-", "−")


def _versions(record: Record) -> list[tuple[str, str]]:
    """How long it took, and what made it, where the record knows."""
    seconds, version = getattr(record, "seconds", None), getattr(record, "limen_version", None)
    rows = [("took", f"{seconds:.2g} s")] if isinstance(seconds, float) else []
    python = getattr(record, "python_version", None)
    names = [f"{name} {value}" for name, value in (("limen", version), ("Python", python)) if value]
    return [*rows, ("versions", ", ".join(names))] if names else rows


def _made(explanation: Explanation) -> list[tuple[str, str]]:
    """What is needed to make the explanation again, and what is not told elsewhere."""
    if _of_row(explanation):
        return made_of(explanation)
    intercept, noise = explanation.intercept, explanation.noise
    error = f" ± {intercept.standard_error:.3f}" if intercept.standard_error else ""
    known = hidden_answer(explanation)
    own = "" if known is None else f", {_plain(known)} by the model"
    again = "not asked again" if noise is None else f"largest change of an output {noise:.2g}"
    return [
        ("seed", str(explanation.seed)),
        ("budget", f"{explanation.budget} model rows"),
        ("every part hidden", f"{_plain(intercept.value)}{error} by the best line{own}"),
        ("the input asked twice", again),
        ("versions", f"limen {explanation.limen_version}, Python {explanation.python_version}"),
    ]
