"""The direction in which the decision flips at a boundary point, from margins or from sides alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from limen._types import FloatArray
from limen.sampling._boundary_ledger import Ledger, Search

SIZES = (0.03, 0.004, 0.2)
"""Sample radii, as shares of the distance, in the order of trying: smooth margins, steep ones, steps of trees."""
ALIKE = 2.5
"""Margins are smooth at a radius where the differences before and after the point agree within this factor."""
UNSURE = 2.0
"""Root-mean-square slope of an unknown boundary against the first guess of its normal, over all directions."""
LEARNT = 1.0 - 2.0 / np.pi
"""What is left of a Gaussian's variance after one bit that halves it: it becomes half-normal."""


@dataclass
class Guess:
    """What is known of the normal so far.

    normal: (r) unit, pointing to the flipped side. gradient: (r) of the margins; None before the first estimate or
    where margins are only sides. radius: share of the distance that worked last. slack: root-mean-square error of
    the normal, as a slope over all directions.
    """

    normal: FloatArray
    gradient: FloatArray | None = None
    radius: int = 0
    slack: float = UNSURE

    @property
    def rough(self) -> bool:
        """Whether the last estimate was a fit through steps."""
        return self.gradient is not None and self.radius == len(SIZES) - 1


def normal_at(ledger: Ledger, place: int, guess: Guess, generator: np.random.Generator, precise: bool) -> Search[Guess]:
    """The normal at the boundary point `place` of the ledger."""
    if not ledger.hard:
        radius = yield from _smooth_radius(ledger, place, guess)
        if radius >= 0:
            found = yield from _from_margins(ledger, place, guess, radius, generator)
            if found is not None:
                return found
    return (yield from _from_sides(ledger, place, guess, generator, precise))


def has_steps(ledger: Ledger, place: int) -> Search[bool]:
    """Whether margins at a flipped row are steps, not smooth in the direction from x."""
    u = ledger.u[place]
    length = float(np.linalg.norm(u))
    if length == 0:
        return False
    radius = yield from _smooth_radius(ledger, place, Guess(u / length))
    return radius < 0 or radius == len(SIZES) - 1


def _smooth_radius(ledger: Ledger, place: int, guess: Guess) -> Search[int]:
    """The first radius at which margins are smooth along the normal; the largest one where none is but they vary."""
    u, s, here = ledger.u[place], ledger.s[place], ledger.margins[place]
    varied = -1
    for radius in sorted(range(len(SIZES)), key=lambda number: (number != guess.radius, number)):
        step = SIZES[radius] * np.linalg.norm(u) * guess.normal
        places = yield from ledger.ask(u + np.outer([-1.0, 1.0], step), np.repeat(s[None, :], 2, axis=0))
        before, after = ledger.margins[places[0]] - here, here - ledger.margins[places[1]]
        if before * after > 0 and max(before / after, after / before) < ALIKE:
            return radius
        if radius == len(SIZES) - 1 and before + after > 0:
            varied = radius
    return varied


def _from_margins(
    ledger: Ledger, place: int, guess: Guess, radius: int, generator: np.random.Generator
) -> Search[Guess | None]:
    """Slopes by differences along an orthonormal frame: one-sided where margins are smooth, else antithetic.

    Directions that there is no room for keep the slope of the last gradient; rows asked earlier within the radius
    are used again.
    """
    u, s, r = ledger.u[place], ledger.s[place], ledger.u.shape[1]
    size = SIZES[radius] * float(np.linalg.norm(u))
    rough = radius == len(SIZES) - 1
    n = int(min(r, max(ledger.left // 3, 1)))
    towards = np.where(u > 0, -1.0, 1.0)
    if n < r:
        frame = np.linalg.qr(generator.standard_normal((r, r)))[0][:n] * size
    else:
        frame = np.diag(np.maximum(size, ledger.space.grid) * towards)
    points = np.concatenate([u + frame, u - frame]) if rough else u + frame
    yield from ledger.ask(points, np.repeat(s[None, :], len(points), axis=0))
    near = np.nonzero((np.linalg.norm(ledger.u - u, axis=1) <= 2 * size) & (ledger.s == s).all(axis=1))[0]
    moved, fall = ledger.u[near] - u, ledger.margins[near] - ledger.margins[place]
    if rough:  # steps: the plane need not pass through this very row
        moved, fall = moved - moved.mean(axis=0), fall - fall.mean()
    before = np.zeros(r) if guess.gradient is None else guess.gradient
    gradient = before + np.linalg.lstsq(moved, fall - moved @ before, rcond=1e-9)[0]
    length = float(np.linalg.norm(gradient))
    if length == 0 or not np.isfinite(length):
        return None
    return Guess(-gradient / length, gradient, radius, guess.slack)


def _from_sides(
    ledger: Ledger, place: int, guess: Guess, generator: np.random.Generator, precise: bool
) -> Search[Guess]:
    """The slopes of the boundary against the guessed normal, learnt from one bit a row.

    Directions of a random frame of the tangent plane are asked about where the present estimate puts the boundary; a
    Gaussian belief about the slopes is conditioned on the side of each answer by matching moments (assumed density
    filtering, Minka 2001).
    """
    u, s, normal = ledger.u[place], ledger.s[place], guess.normal
    r = len(u)
    if r == 1:
        return guess
    tangent = np.linalg.svd(normal[None, :])[2][1:]
    slopes, variance = np.zeros(r - 1), np.full(r - 1, guess.slack**2 / (r - 1))
    covariance = np.diag(variance)
    size = 0.05 * float(np.linalg.norm(u))
    goal = (0.12 if precise else 0.25) ** 2
    while np.trace(covariance) > goal and ledger.left > 0:
        frame = np.linalg.qr(generator.standard_normal((r - 1, r - 1)))[0]
        offsets = frame @ slopes
        # where the slope is steep the step is shortened, so that the row stays within the radius
        shrink = size / np.sqrt(1 + offsets**2)
        points = u + shrink[:, None] * (frame @ tangent + offsets[:, None] * normal)
        places = yield from ledger.ask(points, np.repeat(s[None, :], len(points), axis=0))
        signs = np.where(ledger.margins[places] > 0, 1.0, -1.0)
        for direction, sign in zip(frame, signs, strict=True):
            spread = covariance @ direction
            deviation = float(np.sqrt(direction @ spread))
            slopes = slopes + sign * np.sqrt(2 / np.pi) * spread / deviation
            covariance = covariance - 0.85 * (1 - LEARNT) * np.outer(spread, spread) / deviation**2
    # the boundary is the graph offset = slopes · tangent, so its normal is normal - slopes
    found = normal - slopes @ tangent
    return Guess(found / np.linalg.norm(found), None, guess.radius, max(0.5 * float(np.linalg.norm(slopes)), 0.5))
