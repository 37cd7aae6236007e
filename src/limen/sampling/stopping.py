"""When enough was asked: a noun for the place of a tolerance."""

from __future__ import annotations

from dataclasses import dataclass

from limen._errors import InputError


@dataclass(frozen=True)
class Top:
    """Stop once it is decided (95 %) which parts are the first `count` by size of effect, and in which order.

    Parts that are truly tied are never told apart: the budget then ends the search.
    """

    count: int

    def __post_init__(self) -> None:
        if isinstance(self.count, bool) or not isinstance(self.count, int) or self.count < 1:
            raise InputError(f"count of Top is {self.count!r}, expected a whole number of at least 1.")
