"""One class against another, as a noun that goes where a target goes."""

from __future__ import annotations

from dataclasses import dataclass

from limen._errors import InputError

Side = int | str | tuple[int | str, ...] | range
"""A class by number or name, a group of ImageNet's, or several whose probabilities are summed."""


@dataclass(frozen=True)
class Versus:
    """Explain why the model prefers one side to another: "why a beagle and not a Walker hound?".

    On scale "probability" p(one) - p(other) is explained; on "log-odds" log p(one) - log p(other), which no third class
    can move where the outputs are a softmax; on "raw" the difference of the outputs. It goes where a target goes, alone
    or in a list: `limen.explain(model, photo, target=Versus("beagle", "Walker_hound"))`. For a row of a table
    `Boundary()` then looks for where the two are equal.

    Parameters
    ----------
    one: a class by number or name, a group of ImageNet's such as "dog", or a tuple or range of them, whose
    probabilities are summed; None: the predicted class. other: the same, without None.

    Raises
    ------
    InputError where a side is of another kind; when it is put to a model, also for a class that this does not have, and
    for sides that have a class in common.

    """

    one: Side | None
    other: Side

    def __post_init__(self) -> None:
        for name, side in (("one", self.one), ("other", self.other)):
            empty = name == "other" and side is None
            if isinstance(side, Versus | list | dict | set | float | bool) or empty:
                what = "another Versus" if isinstance(side, Versus) else repr(side)
                none = ", or None for the predicted class" if name == "one" else ""
                raise InputError(
                    f"{name} of Versus is {what}, expected a class number or name, a group such as 'dog', or a tuple "
                    f"or range of them{none}."
                )
