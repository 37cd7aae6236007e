"""What is typed after the options of tables, as the nouns of the library; what is unknown raises CommandError."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from enum import StrEnum

import limen
from limen.cli._errors import CommandError
from limen.sampling import Ball, Boundary, Lime, Manifold, Sampler


class Scale(StrEnum):
    """What is explained."""

    AUTO = "auto"
    PROBABILITY = "probability"
    LOG_ODDS = "log-odds"
    RAW = "raw"


class Bars(StrEnum):
    """Which numbers are drawn as bars."""

    AUTO = "auto"
    CONTRIBUTION = "contribution"
    SLOPE = "slope"
    SLOPE_PER_UNIT = "slope-per-unit"
    CURVATURE = "curvature"
    KEPT = "kept"


KINDS = {
    Bars.AUTO: None,
    Bars.CONTRIBUTION: "contribution",
    Bars.SLOPE: "slope per standard deviation",
    Bars.SLOPE_PER_UNIT: "slope per unit",
    Bars.CURVATURE: "curvature",
    Bars.KEPT: "kept as it is",
}
"""How the library calls them."""
LAWS: dict[str, Callable[[str], Sampler]] = {
    "ball": lambda typed: Ball(float(typed) if typed else None),
    "manifold": lambda typed: Manifold(int(typed) if typed else None),
    "boundary": lambda typed: Boundary(level=float(typed.replace("_", "")) if typed else None),
    "lime": lambda typed: Lime(float(typed) if typed else None),
}
EXAMPLES = "ball, manifold, boundary or lime (or with a number, as in ball:0.5, manifold:50, boundary:200000, lime:3)"


def sampler_of(typed: str) -> Sampler:
    """A law by name, with its parameter behind a colon."""
    name, colon, parameter = (piece.strip() for piece in typed.partition(":"))
    law = LAWS.get(name.lower())
    if law is None or (colon and not parameter):
        raise CommandError(f"--sampler is {typed!r}, expected one of: {EXAMPLES}.")
    try:
        return law(parameter)
    except limen.LimenError as error:
        raise CommandError(f"--sampler is {typed!r}: {error}") from error
    except ValueError as error:
        kind = "a whole number" if name.lower() == "manifold" else "a number"
        raise CommandError(f"--sampler is {typed!r}, expected {kind} behind the colon; expected {EXAMPLES}.") from error


def against_of(typed: str | None, classes: Sequence[str] | None) -> str | int | None:
    """The class to cross to, by name or number."""
    if typed is None or (classes and typed in classes):
        return typed
    return int(typed) if re.fullmatch(r"\d{1,9}", typed) else typed


def features_of(typed: str | None, names: Sequence[str]) -> tuple[str, str] | None:
    """Two columns, typed as a,b; a name may hold a comma."""
    if typed is None:
        return None
    for place, letter in enumerate(typed):
        first, second = typed[:place].strip(), typed[place + 1 :].strip()
        if letter == "," and first in names and second in names:
            return first, second
    pieces = [piece.strip() for piece in typed.split(",")]
    if len(pieces) != 2 or not all(pieces):
        raise CommandError(f"--surface is {typed!r}, expected two columns of numbers, as in --surface age,hours.")
    return pieces[0], pieces[1]
