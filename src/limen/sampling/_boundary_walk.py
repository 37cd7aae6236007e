"""The walk along the boundary towards x: quasi-Newton steps on the distance, kept on the boundary by rays from x.

The nearest point of {g = 0} to x is the most probable point of structural reliability: with the normal n at the
boundary point b, the plane through b is met by x's perpendicular at (b · n) n (Hasofer & Lind 1974; Rackwitz &
Fiessler 1978). That step forgets the curvature, and swings where the boundary is more curved than the sphere around x
through b. Here the same step is divided by the curvature that earlier steps have shown (BFGS on the tangent component
of b, damped as by Powell 1978), and taken only as far as the distance falls.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from limen._types import FloatArray, IntArray
from limen.sampling._boundary_ledger import Ledger, Search
from limen.sampling._boundary_normal import Guess, normal_at
from limen.sampling._boundary_rays import Bracket, narrow

FINE = 0.002
"""Brackets are closed to this share of the distance."""
ENOUGH = 0.001
"""A walk ends where the next step promises a smaller fall of the distance than this share of it."""
LENGTHS = (1.0, 0.4, 0.12)
"""Shares of the quasi-Newton step that are tried, all in one batch."""
MOST_STEPS = 60
"""No walk takes more steps; each needs about as many rows as there are columns."""


@dataclass
class Walker:
    """Where a walk is: the bracket on the ray through `target` in `state`, the normal there, the curvature so far.

    foot: the ledger's place of x in these states, where all rays begin. precise: normals are estimated more closely.
    """

    foot: int
    target: FloatArray
    state: IntArray
    bracket: Bracket
    guess: Guess
    curvature: FloatArray
    precise: bool = False


def walk(ledger: Ledger, place: int, generator: np.random.Generator) -> Search[int]:
    """Walk from the flipped row `place` towards x in its switch states; the place of the flipped row at the end."""
    u, s = ledger.u[place], ledger.s[place]
    length = float(np.linalg.norm(u))
    foot = int((yield from ledger.ask(np.zeros((1, len(u))), s[None, :]))[0])
    if ledger.margins[foot] <= 0 or length == 0:
        return foot if ledger.margins[foot] <= 0 else place
    direction = u / length
    bracket = yield from narrow(ledger, direction, s, Bracket(0.0, length, foot, place), FINE * length)
    walker = Walker(foot, direction, s, bracket, Guess(direction), np.eye(len(u)))
    tangent: FloatArray | None = None
    previous = u
    for _ in range(MOST_STEPS):
        walker.guess = yield from normal_at(ledger, walker.bracket.outside, walker.guess, generator, walker.precise)
        if walker.guess.gradient is not None:  # from sides alone the direction from x is the better normal at the end
            ledger.normals[walker.bracket.outside] = walker.guess.normal
        here = ledger.u[walker.bracket.outside]
        slope = here - (here @ walker.guess.normal) * walker.guess.normal
        if tangent is not None and not walker.guess.rough:
            _learn(walker, here - previous, slope - tangent)
        tangent, previous = slope, here
        if not (yield from _step(ledger, walker, slope)):
            if walker.precise:
                break
            walker.precise, walker.curvature, tangent = True, np.eye(len(u)), None
    return walker.bracket.outside


def _learn(walker: Walker, moved: FloatArray, change: FloatArray) -> None:
    """One damped BFGS update of the curvature by a step and the change of the tangent component."""
    normal = walker.guess.normal
    moved = moved - (moved @ normal) * normal
    change = change - (change @ normal) * normal
    image = walker.curvature @ moved
    own, seen = float(moved @ image), float(moved @ change)
    if own <= 0 or moved @ moved < 1e-18:
        return
    share = 1.0 if seen >= 0.1 * own else 0.9 * own / (own - seen)
    change = share * change + (1 - share) * image
    walker.curvature = (
        walker.curvature - np.outer(image, image) / own + np.outer(change, change) / float(moved @ change)
    )


def _step(ledger: Ledger, walker: Walker, slope: FloatArray) -> Search[bool]:
    """Move to a nearer boundary point; False where none of the lengths tried has one, or little is promised."""
    here = ledger.u[walker.bracket.outside]
    distance = float(np.linalg.norm(here))
    normal = walker.guess.normal
    step = -np.linalg.solve(walker.curvature, slope)
    step -= (step @ normal) * normal
    promised = min(float(-step @ slope) / 2 / distance**2, 0.5)
    if promised < ENOUGH:
        return False
    targets = here + np.outer(LENGTHS, step)
    targets /= np.maximum(np.linalg.norm(targets, axis=1, keepdims=True), 1e-12)
    shares = np.array(LENGTHS)
    aims = distance * (1 - 0.3 * promised * (2 * shares - shares**2))
    states = np.repeat(walker.state[None, :], len(targets), axis=0)
    places = yield from ledger.ask(aims[:, None] * targets, states)
    flipped = np.nonzero(ledger.margins[places] <= 0)[0]
    if len(flipped) == 0:
        return False
    chosen = int(flipped[0])
    guess = distance * (1 - promised * (2 * shares[chosen] - shares[chosen] ** 2))
    bracket = Bracket(0.0, float(aims[chosen]), walker.foot, int(places[chosen]))
    walker.target = targets[chosen]
    bracket = yield from _down(ledger, walker, bracket, min(guess, 0.999 * bracket.high))
    walker.bracket = yield from narrow(ledger, walker.target, walker.state, bracket, FINE * bracket.high)
    return True


def _down(ledger: Ledger, walker: Walker, bracket: Bracket, guess: float) -> Search[Bracket]:
    """Step down the ray by growing steps until the decision is x's again."""
    drop = bracket.high - guess
    while guess > bracket.low:
        places = yield from ledger.ask(guess * walker.target[None, :], walker.state[None, :])
        if ledger.margins[places[0]] > 0:
            return Bracket(guess, bracket.high, int(places[0]), bracket.outside)
        bracket = Bracket(bracket.low, guess, bracket.inside, int(places[0]))
        drop *= 3
        guess = bracket.high - drop
    return bracket
