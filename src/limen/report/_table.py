"""What a report page has of a table row alone: the rows that were asked, the surface, and how to make it again."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Any

from limen.results import Explanation, TableInstance, cell_text, probe_rows, short_answer
from limen.results._html_pieces import clean
from limen.results._table_summary import surface_rows
from limen.results._terminal import clip

MOST_PARTS, CELL = 6, 40
"""Columns of the rows on a page, and letters of a cell, at most."""
GROUNDS = {"light": ("default", "#ffffff"), "dark": ("dark_background", "#16191d")}
"""Style and ground of the picture in each of the page's schemes; the grounds are those of its cards."""
DPI, COLOURS = 120, 128
"""Of the picture; fewer colours make a page a fifth as long."""


def rows_of(explanation: Explanation, rows: Sequence[int]) -> dict[str, Any]:
    """The table of the rows that were asked: names of the columns that matter most, and their values, as text."""
    from markupsafe import Markup

    names, found = probe_rows(explanation, rows, MOST_PARTS)
    lines = [
        {
            "cells": [Markup(f"<bdi>{clean(clip(cell, CELL))}</bdi>") for cell in row.cells],
            "changed": row.changed if row.row else "the row itself",
            "answer": cell_text(short_answer(row.answer, explanation.scale)),
            "surrogate": cell_text(short_answer(row.surrogate, explanation.scale)),
        }
        for row in found
    ]
    return {"names": [Markup(f"<bdi>{clean(clip(name, CELL))}</bdi>") for name in names], "lines": lines}


def surface_of(explanation: Explanation) -> dict[str, str]:
    """The recorded surface as a picture for each scheme, as data, and what it shows in words."""
    first, second = (clip(explanation.parts[part], CELL) for part in explanation.surfaces[0].features)
    told = f"The answer where {first} and {second} move and all other columns stay as in the row"
    return {"told": told, **{scheme: _picture(explanation, scheme) for scheme in GROUNDS}}


def _picture(explanation: Explanation, scheme: str) -> str:
    """`plots.surface` as the text of a PNG, which the page holds in itself."""
    from matplotlib import style
    from matplotlib.figure import Figure
    from PIL import Image

    from limen.plots.surface import HEIGHT, WIDTH, surface

    name, ground = GROUNDS[scheme]
    with style.context([name, {"axes.facecolor": ground, "figure.facecolor": ground}]):
        figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
        surface(explanation, ax=figure.subplots())
        drawn, held = io.BytesIO(), io.BytesIO()
        figure.savefig(drawn, format="png", dpi=DPI, facecolor=ground)
    Image.open(drawn).convert("RGB").quantize(COLOURS).save(held, format="png", optimize=True)
    return base64.b64encode(held.getvalue()).decode("ascii")


def made_of(explanation: Explanation) -> list[tuple[str, str]]:
    """What is needed to make the explanation again, as far as its record knows, and what is not told elsewhere."""
    instance, path, noise = explanation.instance, explanation.path, explanation.noise
    assert isinstance(instance, TableInstance)
    drawn = surface_rows(explanation)
    beyond = f"; the {drawn:,} rows of the surface were asked beyond it" if drawn else ""
    chosen = f", whose width was chosen by evidence among {len(path.widths)}" if path is not None else ""
    return [
        ("model and background", f"yours: the record does not hold them; the model reads frames of {instance.backend}"),
        ("explained", f"{explanation.target_name}, scale={explanation.scale!r}"),
        ("sampler", f"{explanation.law}{chosen}"),
        ("surrogate", f"{explanation.surrogate.kind}, which is what is shown"),
        ("budget", f"{explanation.budget:,} model rows{beyond}"),
        ("seed", str(explanation.seed)),
        ("in Python", _call(explanation)),
        ("the row asked twice", "no" if noise is None else f"largest change of an output {noise:.2g}"),
        ("versions", f"limen {explanation.limen_version}, Python {explanation.python_version}"),
    ]


def _call(explanation: Explanation) -> str:
    """The call that gives the same numbers from the same model, row and background."""
    target, other = (found[0] if len(found) == 1 else found for found in (explanation.target, explanation.against))
    asked = f"limen.models.Versus({target!r}, {other!r})" if explanation.against else repr(target)
    law = "" if explanation.path is not None else f"sampler={explanation.law.name.capitalize()}(...), "
    return (
        f"limen.explain(model, row, domain=limen.Table(background), target={asked}, {law}"
        f"scale={explanation.scale!r}, budget={explanation.budget}, {_tolerance(explanation)}seed={explanation.seed})"
    )


def _tolerance(explanation: Explanation) -> str:
    """The argument that said when to stop, "" where none did."""
    last = explanation.rounds[-1] if explanation.rounds else None
    if last is None or not (last.top or last.tolerance):
        return ""
    return f"tolerance={f'limen.sampling.Top({last.top})' if last.top else repr(last.tolerance)}, "
