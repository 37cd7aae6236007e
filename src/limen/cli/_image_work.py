"""Opening an image classifier, finding what its classes are called, and asking it."""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import limen
from limen.cli._errors import CommandError, Exit
from limen.cli._options import target_of
from limen.cli._work import Waiting, opened, quiet
from limen.models import Predictor, Versus, predictor
from limen.models.groups import group, is_imagenet

Classes = int | str | tuple[int | str, ...] | None
"""What --target means."""


@dataclass(frozen=True)
class Asked:
    """What is asked of which model: as typed, but for the question itself.

    target: what is explained, and what it is set against. curves: also deletion and insertion.
    """

    question: limen.Explainer
    model: str | None
    target: tuple[str | None, str | None]
    curves: bool


def answered(asked: Asked, file: str) -> limen.Explanation:
    """Open the model and put the question about the photo in a file to it. Raises CommandError or LimenError."""
    question = asked.question
    with quiet(), Waiting(question.budget, pace=True) as waiting:
        try:
            if not Path(file).is_file():
                limen.Image().parse(Path(file), 1)  # says so, before a model takes its seconds to open
            black_box = waiting.watch(_opened(asked.model, question.scale))
            target, name = image_versus(*asked.target, black_box.classes)
            explainer = dataclasses.replace(question, model=black_box)
            explained = waiting.explained(explainer, Path(file), target)
            if asked.curves:
                explained = explainer.with_curves(explained)
        except limen.LimenError as error:
            code = Exit.USAGE if isinstance(error, ValueError) else Exit.ERROR
            raise CommandError(re.sub(r"^x is\b", "FILE is", str(error)), code) from error
    return dataclasses.replace(explained, target_name=name) if name else explained


def _opened(model: str | None, scale: str) -> Predictor:
    if model is None:
        return predictor(limen.zoo.resnet50(), raw=scale == "raw")
    return opened(model, scale)


def image_versus(
    typed: str | None, against: str | None, classes: Sequence[str] | None
) -> tuple[Classes | Versus, str | None]:
    """What --target means, and what it is called where that is not the names of its classes; with --against, both."""
    if against is None:
        return image_target(typed, classes)
    try:
        other = _side(against, classes)
    except CommandError as error:
        raise CommandError(str(error).replace("--target", "--against", 1), error.code) from error
    assert other is not None
    return Versus(_side(typed, classes), other), None


def _side(typed: str | None, classes: Sequence[str] | None) -> Classes:
    """One side; a group keeps its name."""
    if typed is not None and group(typed, tuple(classes or ())) is not None:
        return typed
    return image_target(typed, classes)[0]


def image_target(typed: str | None, classes: Sequence[str] | None) -> tuple[Classes, str | None]:
    """What --target means, and what it is called where that is not the names of its classes.

    A class of that very name comes first, then a group of ImageNet, then the one class of which it is a synonym
    ("tench" of "tench, Tinca tinca"); of several with commas each is looked up. Raises CommandError for an unknown one.
    """
    known = tuple(classes or ())
    if typed is None or not known or typed in known:
        return target_of(typed, classes), None
    if group(typed, known) is not None:
        return _found(typed, known), typed.strip().lower()
    items = target_of(typed, classes)
    if not isinstance(items, tuple):
        return _found(items, known), None
    every: list[int | str] = []
    for item in items:
        found = _found(item, known)
        every += found if isinstance(found, tuple) else [found]
    return tuple(dict.fromkeys(every)), typed if len(every) > 3 else None


def _found(item: Classes, classes: tuple[str, ...]) -> int | str | tuple[int, ...]:
    """One class, or a group."""
    assert item is not None
    if not isinstance(item, str) or item in classes or re.fullmatch(r"\d+", item):
        return item  # type: ignore[return-value]
    members = group(item, classes)
    if members is not None:
        return members
    plain = item.strip().lower()
    same = [number for number, name in enumerate(classes) if plain in _synonyms(name)]
    if len(same) == 1:
        return same[0]
    if same:
        told = ", ".join(f"{number} ({classes[number]})" for number in same[:6])
        raise CommandError(f"--target is {item!r}, which names {len(same)} classes: {told}; give a number.")
    every = {synonym for name in classes for synonym in _synonyms(name)}
    near = difflib.get_close_matches(plain, sorted(every), n=4)
    advice = f"; did you mean {' or '.join(near)}?" if near else "; expected a class name or number"
    groups = ", or a group such as dog, cat or bird" if is_imagenet(classes) and not near else ""
    raise CommandError(f"--target is {item!r}, and none of the {len(classes)} classes is called so{advice}{groups}")


def _synonyms(name: str) -> list[str]:
    return [" ".join(one.replace("_", " ").lower().split()) for one in name.split(",")]
