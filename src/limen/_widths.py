"""How wide a ball around a table row should be, chosen by what the model answers in several."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from limen._errors import BudgetError
from limen._geometry import Draw, TableGeometry
from limen._neighbourhood import Neighbourhood
from limen._types import FloatArray
from limen.results import Estimate, Estimates, WidthPath
from limen.sampling import Ball
from limen.surrogates import Outcome, fit, folds_of

WIDTHS = (2.0, 1.0, 0.5, 0.25, 0.125)
"""Background standard deviations: from most of the background to a small part of it."""
FEW_WIDTHS = (1.0, 0.5, 0.25)
"""What is tried where the budget does not pay for all."""
USUAL = 0.5
"""Taken where the budget pays for no choice."""
LARGEST_SHARE = 0.4
"""Of the budget, the most that is spent on the choice; the probes of the width that is taken are used again."""
PROBES_PER_PART = 3
"""A width is judged by at least so many probes for each part, and FEWEST in all; twice as many if all are tried."""
FEWEST = 30
MOST_ROWS = 2000
"""So many background rows tell how many lie near."""
VAGUE = 0.25
"""A held-out R² with a larger standard error says nothing about its width."""
STILL = 1e-3
"""Answers that vary by less than this share of what they do at another width say nothing about theirs: a tree is flat
around most rows, and any line follows what is flat."""
SLACK = 0.05
"""Held-out R² that a wider neighbourhood may be behind the best one: the wider one says more about the model."""
SURE = 1.645
"""... or so many standard errors of the difference: narrower only on evidence (95 %, one-sided), not by chance."""


@dataclass(frozen=True, eq=False)
class Pilot:
    """Draws of several widths, not yet answered."""

    widths: tuple[float, ...]
    draws: tuple[Draw, ...]

    @property
    def values(self) -> FloatArray:
        """The rows (n, m) of all widths, one after the other."""
        return np.concatenate([draw.values for draw in self.draws])


def pilot_of(ball: Ball, geometry: TableGeometry, budget: int, generator: np.random.Generator) -> Pilot | None:
    """Draws of every width that is tried, for at most LARGEST_SHARE of the budget; None where that is too little."""
    room, least = int(LARGEST_SHARE * budget), max(PROBES_PER_PART * geometry.n_parts, FEWEST)
    widths = WIDTHS if room >= 2 * least * len(WIDTHS) else FEW_WIDTHS
    each = min(room // len(widths), max(2 * least, 100)) // 2 * 2
    if each < least:
        return None
    return Pilot(widths, tuple(ball.at(width).draw(geometry, each, generator) for width in widths))


def path_of(pilot: Pilot, answers: FloatArray, whole: float, geometry: TableGeometry) -> WidthPath:
    """Judge each width by the answers (n) of its probes, and take the widest that is about as faithful as the best."""
    each = np.split(answers, np.cumsum([len(draw.values) for draw in pilot.draws])[:-1])
    judged = [_judge(draw, here, whole, geometry) for draw, here in zip(pilot.draws, each, strict=True)]
    spreads = np.array([here.std() for here in each])
    linear, quadratic, stability = (list(column) for column in zip(*judged, strict=True))
    first, second = _table(linear), _table(quadratic)
    best = np.fmax(first.values, second.values)
    reaches = [(one.high - one.low) / 3.92 for one in (first, second)]  # standard errors as the intervals have them
    errors = np.where(second.values == best, reaches[1], reaches[0])
    best = np.where((errors <= VAGUE) & (spreads >= STILL * spreads.max()), best, np.nan)
    if np.isnan(best).all():
        chosen, rule = (
            len(best) // 2,
            "No held-out R² is known well enough to choose by: the middle width was taken.",
        )
    else:
        top = int(np.nanargmax(best))
        room = np.maximum(SLACK, SURE * np.hypot(errors, errors[top]))
        chosen = int(np.flatnonzero(best >= best[top] - room)[0])
        rule = f"The widest that is not clearly less faithful than the best: held-out R² {best[chosen]:.2f}" + (
            f", and {best[top]:.2f} at width {pilot.widths[top]:g}." if chosen != top else ", itself the best."
        )
    sizes = _effective_sizes(pilot.widths, geometry)
    return WidthPath(np.array(pilot.widths), first, second, sizes, np.array(stability), len(answers), chosen, rule)


def _judge(
    draw: Draw, answers: FloatArray, whole: float, geometry: TableGeometry
) -> tuple[Estimate | None, Estimate | None, float]:
    """Held-out R² of line and quadratic at one width, and how well two halves of its probes agree on the effects."""
    points = geometry.coordinates(draw.values)
    outcome = _fitted(draw, points, answers, whole, geometry)
    if outcome is None:
        return None, None, float("nan")
    first, second = (_slopes(points[rows], answers[rows]) for rows in (draw.blocks % 2 == 0, draw.blocks % 2 == 1))
    size = float(np.linalg.norm(first) * np.linalg.norm(second))
    return outcome.fidelity.linear, outcome.fidelity.quadratic, float(first @ second) / size if size else float("nan")


def _slopes(points: FloatArray, answers: FloatArray) -> FloatArray:
    """The slopes (d) of the best line through equally weighted points (n, d); 0 for what does not vary."""
    slopes: FloatArray = np.linalg.lstsq(points - points.mean(axis=0), answers - answers.mean(), rcond=None)[0]
    return slopes


def _fitted(
    draw: Draw, points: FloatArray, answers: FloatArray, whole: float, geometry: TableGeometry
) -> Outcome | None:
    """Line and quadratic through a draw; None where the answers do not vary, or so few probes tell no parts apart."""
    around = Neighbourhood.of(draw, points, geometry)
    if around.n_varied == 0 or np.ptp(answers) == 0:
        return None
    folds, instance = folds_of(around.design), np.array([whole])
    try:
        found = fit(answers[:, None], around.design, around.basis, folds, instance, None, "auto")[0]
    except BudgetError:
        return None
    return found


def _table(found: list[Estimate | None]) -> Estimates:
    nothing = Estimate(*[float("nan")] * 4)
    rows = [nothing if one is None else one for one in found]
    return Estimates(*(np.array([getattr(row, name) for row in rows]) for name in FIELDS))


FIELDS = ("value", "standard_error", "low", "high")


def _effective_sizes(widths: tuple[float, ...], geometry: TableGeometry) -> FloatArray:
    """How many background rows a Gaussian kernel of each width around x holds: (Σ k)² / Σ k², from at most 2,000."""
    rows = geometry.background[:: -(-len(geometry.background) // MOST_ROWS)]
    points, reals = geometry.coordinates(rows), geometry.reals
    squared = (points[:, reals] ** 2).sum(axis=1) + (points[:, ~reals] == 0).sum(axis=1)
    exponents = -squared / (2.0 * np.array(widths)[:, None] ** 2)
    kernels = np.exp(exponents - exponents.max(axis=1, keepdims=True))
    found: FloatArray = kernels.sum(axis=1) ** 2 / (kernels**2).sum(axis=1)
    return found * len(geometry.background) / len(rows)
