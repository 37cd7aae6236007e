"""One way back through all steps, on numpy arrays or on torch tensors: unit vectors now and then, plain steps between.

That lengths are kept as logarithms is what lets a gradient fall below all that its number type can hold; it need not be
done in every step as long as the steps between change the length by less than the type's range.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from limen.rnn.torch.back import Back, again, backwards


def starts_of(joins: tuple[int, ...], every: int) -> tuple[int, ...]:
    """The steps at which the gradient becomes a unit vector, rising: those where something enters, and some between."""
    found: list[int] = []
    for step, following in zip(joins[::-1], (*joins[-2::-1], -1), strict=True):
        found += range(step, following, -every)
    return tuple(found[::-1])


@dataclass(eq=False)
class Starts:
    """The gradient at the steps where it becomes a unit vector, and ln of the scale from there on.

    entering: by step, the gradient (..., B, n) that enters there and its scale (..., B). steps: k, rising. vectors: (k,
    ..., B, n) and norms: (k, ..., B) are filled. on: the arithmetic.
    """

    entering: Mapping[int, tuple[Any, Any]]
    steps: tuple[int, ...]
    vectors: Any
    norms: Any
    on: Any
    scales: dict[int, Any] = field(default_factory=dict)
    _scale: Any = None

    def __post_init__(self) -> None:
        self.places = {step: place for place, step in enumerate(self.steps)}

    def at(self, step: int, u: Any) -> Any:
        """The gradient for the state after a step, made of its part through time, and from here on of length 1."""
        scale = self._scale
        if step in self.entering:
            entering = self.entering[step]
            u, scale = entering if scale is None else self.on.join(u, scale, *entering)
        place = self.places[step]
        v, norm = self.vectors[place], self.norms[place]
        self.on.norm(u, out=norm)
        self.on.divide(u, norm[..., None], v)
        self._scale = self.scales[place] = scale + self.on.log(norm)
        return v

    def all_scales(self) -> tuple[list[Any], list[int]]:
        """Ln of the scale (..., B) from step 0 to the last start, and for how many steps each holds."""
        counts = [step - before for before, step in zip((-1, *self.steps), self.steps, strict=False)]
        return [self.scales[place] for place in range(len(self.steps))], counts


def sweep(windows: Iterable[tuple[int, Any]], starts: Starts, back: Back, rows: Any, room: Any) -> None:
    """Go back from the last start to step 0.

    windows: the first step of each and its factors, the last window first. rows: (T + 1, ..., B, columns), of which all
    rows but those behind the last start are filled; with a `room` (..., B, columns), columns of the state are enough.
    """
    on, step_back, begins = starts.on, back.step(starts.on), starts.places
    states = rows[..., : starts.vectors.shape[-1]]
    left = None if room is None else room[..., : states.shape[-1]]
    for first, factors in windows:
        last = min(first + len(factors), starts.steps[-1] + 1)
        if last <= first:
            continue
        sources = backwards(on, back.parts(states[first + 1 : last + 1]))
        taken = backwards(on, back.factors(factors[: last - first]))
        filled = backwards(on, back.places(rows[first:last])) if room is None else again(back.places(room))
        for step, v, by, into in zip(range(last - 1, first - 1, -1), sources, taken, filled, strict=False):
            if step in begins:
                v = back.parts(starts.at(step, states[step + 1]))
            step_back(v, by, into)
            if left is not None:
                on.copy(states[step], left)
