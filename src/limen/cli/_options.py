"""What is typed after an option, as the nouns of the library; what is unknown raises CommandError."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

import limen
from limen.cli._errors import CommandError, one_line
from limen.models import Versus
from limen.sampling import Lime, Sampler, Shapley, Top, Uniform

SAMPLERS: dict[str, type[Lime | Uniform | Shapley]] = {"lime": Lime, "uniform": Uniform, "shapley": Shapley}


class Surrogate(StrEnum):
    """The readable model."""

    AUTO = "auto"
    LINEAR = "linear"
    QUADRATIC = "quadratic"


class Scale(StrEnum):
    """What is explained."""

    PROBABILITY = "probability"
    LOG_ODDS = "log-odds"
    RAW = "raw"


class Punctuation(StrEnum):
    """Whether a mark belongs to its word."""

    ATTACHED = "attached"
    SEPARATE = "separate"


class Repeats(StrEnum):
    """Whether equal words are one part."""

    SEPARATE = "separate"
    TOGETHER = "together"


def surrogate_of(typed: Surrogate) -> limen.Linear | limen.Quadratic | str:
    """The noun of a surrogate, or "auto"."""
    if typed is Surrogate.AUTO:
        return "auto"
    return limen.Linear() if typed is Surrogate.LINEAR else limen.Quadratic()


def sampler_of(typed: str) -> Sampler:
    """A law by name, with its parameter behind a colon: lime, lime:0.25, uniform, uniform:0.8, shapley."""
    name, colon, parameter = typed.partition(":")
    law = SAMPLERS.get(name.strip().lower())
    if law is None:
        raise CommandError(
            f"--sampler is {typed!r}, expected one of: lime, uniform, shapley (or lime:0.25, uniform:0.8)."
        )
    if not colon:
        return law()
    if issubclass(law, Shapley):
        raise CommandError(f"--sampler is {typed!r}, but shapley takes no parameter; leave out the colon.")
    try:
        return law(float(parameter))
    except limen.LimenError as error:
        raise CommandError(f"--sampler is {typed!r}: {error}") from error
    except ValueError as error:
        raise CommandError(f"--sampler is {typed!r}, expected a number behind the colon, as in {name}:0.5.") from error


def tolerance_of(tolerance: float | None, decide: int | None) -> float | Top | None:
    """When to stop before the budget is spent: a width of intervals, an order that is decided, or neither."""
    if tolerance is not None and decide is not None:
        raise CommandError("--tolerance and --decide both say when to stop; give one of them.")
    if tolerance is not None and not 0.0 < tolerance < float("inf"):
        raise CommandError(f"--tolerance is {tolerance}, expected a number above 0, such as .2.")
    if decide is None:
        return tolerance
    if decide < 1:
        raise CommandError(f"--decide is {decide}, expected a number of parts of at least 1.")
    return Top(decide)


def question_of(
    domain: limen.Text | limen.Image,
    scale: str,
    surrogate: Surrogate,
    sampler: str,
    rows: tuple[int, float | None, int | None],
    seed: int,
) -> limen.Explainer:
    """The question, without a model. rows: the budget, and what --tolerance and --decide say."""
    budget, tolerance, decide = rows
    return limen.Explainer(
        None,
        domain,
        scale=scale,
        surrogate=surrogate_of(surrogate),
        sampler=sampler_of(sampler),
        budget=budget,
        tolerance=tolerance_of(tolerance, decide),
        seed=seed,
        on_doubt="ignore",
    )


def units_of(typed: str) -> str | int:
    """What a part is: auto, words, sentences, or a number of words."""
    if typed in ("auto", "words", "sentences"):
        return typed
    if re.fullmatch(r"0*[1-9][0-9]{0,8}", typed):
        return int(typed)
    raise CommandError(
        f"--units is {typed!r}, expected one of: auto, words, sentences, or a number of words of at least 1."
    )


def target_of(typed: str | None, classes: Sequence[str] | None) -> str | int | tuple[int | str, ...] | None:
    """A class name or number; several as a,b or as the range 3-7 (both ends in), whose probabilities are summed.

    A name that holds a comma or looks like a range is taken as the name, if the model has such a class.
    """
    if typed is None or (classes and typed in classes):
        return typed
    found: list[int | str] = []
    for item in (piece.strip() for piece in typed.split(",")):
        ends = re.fullmatch(r"([0-9]{1,18})-([0-9]{1,18})", item)
        if ends and not (classes and item in classes):
            found += _between(int(ends[1]), int(ends[2]), typed)
        elif item:
            found.append(item)
        else:
            raise CommandError(f"--target is {typed!r}, expected class names or numbers with commas between them.")
    return found[0] if len(found) == 1 else tuple(found)


def versus_of(
    typed: str | None, against: str | None, classes: Sequence[str] | None
) -> str | int | tuple[int | str, ...] | Versus | None:
    """What --target means, and with --against one side against another."""
    one = target_of(typed, classes)
    if against is None:
        return one
    try:
        other = target_of(against, classes)
    except CommandError as error:
        raise CommandError(str(error).replace("--target", "--against", 1), error.code) from error
    assert other is not None
    return Versus(one, other)


def _between(first: int, last: int, typed: str) -> list[int]:
    if first > last:
        raise CommandError(f"--target is {typed!r}, expected a range that rises, such as {last}-{first}.")
    if last - first > 100_000:  # no classifier has so many classes, and the list would fill the memory
        raise CommandError(
            f"--target is {one_line(typed)!r}, a range of {last - first + 1} classes; give a smaller one."
        )
    return list(range(first, last + 1))
