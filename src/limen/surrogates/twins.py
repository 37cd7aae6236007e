"""A cheaper model of the same task as a control variate: it is asked often, the model seldom.

The twin's answers, moved onto the model's by a line and by a process that learnt how they differ, stand for the model's
at all masks that only the twin was asked; the model's own answers correct them, as in `limen.surrogates.proxies`. So
the estimate is the model's whatever the twin is worth, but for the shrinking of a correction that looks like noise.
(Two-phase sampling: Särndal, Swensson, Wretman, "Model assisted survey sampling", 1992, chapter 9; multilevel control
variates: Giles, Acta Numerica 24, 2015.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from limen._types import BoolArray, Design, FloatArray
from limen.surrogates.diffusion import learnt
from limen.surrogates.proxies import (
    FEWEST_ROWS,
    FOLLOWS,
    Adjustment,
    adjustment,
    chance,
    errors_of_lines,
    mates_of,
    on_log_odds,
    places_of,
)


@dataclass(frozen=True, eq=False)
class Twinned:
    """What a twin answered: its design, all masks (m, d) it was asked, their answers (m, t), and what that took."""

    design: Design
    masks: BoolArray
    answers: FloatArray
    rows: int
    seconds: float


def with_twin(
    alone: Sequence[Adjustment],
    answers: FloatArray,
    design: Design,
    asked: tuple[BoolArray, FloatArray],
    twin: Twinned,
    bounded: bool,
) -> list[Adjustment]:
    """For each target the better of a proxy that does without the twin and of one that is made of it.

    alone: the former. answers: (n, t) of the model on its design; asked: all its masks and answers, of which the twin
    was asked every one.
    """
    masks, told = asked
    return [
        _better(one, answers[:, t], design, (masks, told[:, t]), twin, twin.answers[:, t], bounded)
        for t, one in enumerate(alone)
    ]


def _better(
    alone: Adjustment,
    answers: FloatArray,
    design: Design,
    asked: tuple[BoolArray, FloatArray],
    twin: Twinned,
    cheap: FloatArray,
    bounded: bool,
) -> Adjustment:
    spent = {"twin_rows": twin.rows, "twin_seconds": twin.seconds}
    n = len(answers)
    if n < FEWEST_ROWS or not np.ptp(cheap) > 0.0 or not np.ptp(asked[1]) > 0.0:
        return replace(alone, **spent)  # type: ignore[arg-type]
    values, follows = _moved(asked, design, twin, cheap, bounded)
    rest = answers - values[places_of(twin.masks, design.points)]
    before, after = errors_of_lines(answers, rest, follows, design)
    on_design = values[places_of(twin.masks, twin.design.points)]
    unseen, helped, beyond = np.ones(n), None, 0.0
    if twin.design.exact:
        unseen = 1.0 - design.sampled_shares[design.strata]
        known = places_of(asked[0], twin.design.points, missing=True)
        on_design = np.where(known >= 0, asked[1][known], on_design)
    else:
        helped = adjustment(on_design, twin.design, (twin.masks, values), alone.reference, bounded)
        beyond = helped.error
    whole = after + beyond
    if not whole < alone.error:
        return replace(alone, **spent)  # type: ignore[arg-type]
    gain = max(1.0, before / max(whole, 1e-12 * before, 1e-300))
    found = Adjustment(twin.design, on_design, rest, unseen, follows, "twin", gain, error=after, helped=helped)
    return replace(found, **spent)  # type: ignore[arg-type]


def _moved(
    asked: tuple[BoolArray, FloatArray], design: Design, twin: Twinned, cheap: FloatArray, bounded: bool
) -> tuple[FloatArray, float]:
    """The twin's answers (m) moved onto the model's, at the model's own masks by what was learnt without the row.

    And by how much the variance of the rest may be too small.
    """
    masks, answers = asked
    wanted, noise, linked = on_log_odds(answers, bounded)
    given = on_log_odds(cheap, linked)[0]
    own = places_of(twin.masks, masks)
    slope, start = np.polyfit(given[own], wanted, 1, w=noise**-0.5) if np.ptp(given[own]) > 0.0 else (0.0, 0.0)
    line = start + slope * given
    weights = np.zeros(len(masks))
    weights[places_of(masks, design.points)] = design.weights
    process = learnt(masks, wanted - line[own], noise, weights, mates_of(masks))
    moved = line + process.at(twin.masks)
    moved[own] = line[own] + process.left_out
    return (chance(moved) if linked else moved), FOLLOWS * process.freedom
