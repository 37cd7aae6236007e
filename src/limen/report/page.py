"""The report page: the explanation, the perturbed texts that it rests on, and what is needed to make it again."""

from __future__ import annotations

from importlib.resources import files
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np

from limen._errors import InputError
from limen.results import Explanation
from limen.results._html import clean, fragment
from limen.results._terminal import clip, number

PROBES = 40
"""Probes on a page, at most."""
LETTERS = 240
"""Columns of a perturbed text that are shown, at most."""


def page(explanation: Explanation) -> str:
    """Write a complete HTML document: no script, no external resource, both colour schemes, fit for printing.

    The same record gives the same text. Raises InputError if `explanation` is not an Explanation.
    """
    _check(explanation)
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(files("limen.report").joinpath("page.html.jinja").read_text("utf-8"))
    # What has gone through `clean` is escaped already: Markup says so, and jinja2 escapes the rest.
    return template.render(
        title=Markup(clean(f"{explanation.target_name}: why this answer?")),
        fragment=Markup(fragment(explanation)),
        probes=_probes(explanation),
        total=len(explanation.probes),
        made=_made(explanation),
        version=explanation.limen_version,
    )


def save(explanation: Explanation, path: str | PathLike[str]) -> None:
    """Write `page(explanation)` to a file, in UTF-8. Raises InputError if there is no place for it at `path`."""
    text = page(explanation)
    if not isinstance(path, str | PathLike):
        raise InputError(f"path is {path!r}, expected a str or a Path; give the name of an .html file.")
    target = Path(fspath(path))
    if target.is_dir():
        raise InputError(f"path is the folder {str(target)!r}, expected a file; add a name, such as 'report.html'.")
    if not target.parent.is_dir():
        raise InputError(f"path is {str(target)!r}, but {str(target.parent)!r} is no folder; make it first.")
    target.write_text(text, encoding="utf-8", newline="\n")


def _check(explanation: object) -> None:
    if not isinstance(explanation, Explanation):
        came = type(explanation).__name__
        raise InputError(f"explanation is of type {came}, expected an Explanation; give what limen.explain returns.")


def telling(explanation: Explanation, count: int) -> list[int]:
    """The numbers of the input itself, and of the probes that tell most: weight times change of the answer, falling."""
    probes = explanation.probes
    moved = probes.weights * np.abs(probes.answers - probes.answers[0])
    order = np.argsort(-moved[1:], kind="stable") + 1
    return [0, *(int(row) for row in order[: count - 1])]


def _probes(explanation: Explanation) -> list[dict[str, Any]]:
    """The rows of the table of probes, as text."""
    rows = telling(explanation, PROBES)
    masks = explanation.probes.masks[rows]
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


def _shown(text: str, whole: str | None) -> Any:
    """A text, escaped, on one line and clipped; the input itself is there already and named instead."""
    from markupsafe import Markup

    if text == whole:
        return Markup("<i>the input itself</i>")
    short = clip(text[: 2 * LETTERS], LETTERS)
    return Markup(f'<bdi lang="">{clean(short)}</bdi>') if short else Markup("<i>an empty text</i>")


def _plain(value: float) -> str:
    return number(value).lstrip("+").replace("-", "−")


def _made(explanation: Explanation) -> list[tuple[str, str]]:
    """What is needed to make the explanation again, and what is not told elsewhere."""
    intercept, noise = explanation.intercept, explanation.noise
    error = f" ± {intercept.standard_error:.3f}" if intercept.standard_error else ""
    again = "not asked again" if noise is None else f"largest change of an output {noise:.2g}"
    return [
        ("seed", str(explanation.seed)),
        ("budget", f"{explanation.budget} model rows"),
        ("every part hidden", f"{_plain(intercept.value)}{error} by the best line"),
        ("the input asked twice", again),
        ("versions", f"limen {explanation.limen_version}, Python {explanation.python_version}"),
    ]
