"""Rounds of a row of a table: how many of its probes are asked first, how many then, and when that is enough.

All probes that the budget pays for are drawn at the start, as without a tolerance, and asked from the first on. They
are independent blocks of one law, so that any beginning is a draw of its own, no answer is wasted, and where the budget
is spent the explanation is the one that needs no rounds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from limen._crossing import Look
from limen._geometry import Draw
from limen._rounds import Tolerance, growth, round_at, too_wide, with_rounds
from limen._types import FloatArray, IntArray
from limen.results import Explanation, Round

FIRST_ROUND, FIRST_PER_PART = 200, 6
"""Probes of the first of several rounds at least, and for each part. Few far probes can carry the variance of a slope;
draws that lack them look narrow and err to one side, so that rounds which begin with 50 probes and grow by 1.4 end too
soon: the intervals of the largest effects covered .91 in place of .94."""
SLOWEST = 2.0
"""Least factor by which the probes grow from round to round, so that fewer rounds can end by luck."""
FEWEST_CHANGES = 8
"""A part has changed in at least so many probes before an interval is believed, or as often as it ever will: a state
that came up once is met exactly by the fit, and looks certain."""


@dataclass(frozen=True, eq=False)
class Progress:
    """How far the rounds of one row are.

    points: (1 + N, d) coordinates of x and of all probes that the budget pays for. wanted: (d) so often is each part to
    change. asked: the probes that are asked by now. rounds: so far. fits: so many explanations were made. enough: that
    was all that is needed.
    """

    points: FloatArray
    wanted: IntArray
    asked: int
    rounds: tuple[Round, ...] = ()
    fits: int = 0
    enough: bool = False

    @classmethod
    def of(cls, look: Look, points: FloatArray, in_rounds: bool) -> Progress:
        """Before any probe is asked."""
        total, d = len(points) - 1, points.shape[1]
        if not in_rounds:
            return cls(points, np.zeros(d, dtype=np.int64), total)
        first = max(FIRST_ROUND, FIRST_PER_PART * (d + 1))
        if look.path is not None:  # the probes of the width that was taken are answered already
            first = max(first, math.ceil(SLOWEST * look.path.rows / len(look.path.widths)))
        changed = points[1:] != points[0]
        first = max(first, 1 + int(np.argmax(changed.any(axis=1))))  # until some part has changed
        return cls(points, np.minimum(FEWEST_CHANGES, changed.sum(axis=0)), min(total, _even(first)))

    @property
    def total(self) -> int:
        """The probes that the budget pays for."""
        return len(self.points) - 1

    @property
    def done(self) -> bool:
        """Whether no more is asked."""
        return self.enough or self.asked == self.total

    def larger(self) -> Progress:
        """The same with the probes of the next round."""
        wide = self.rounds[-1].too_wide if self.rounds else math.inf
        factor = growth(round_at(wide, None, self.asked, self.asked, self.total, 0.0), self.total, SLOWEST)
        return replace(self, asked=min(self.total, _even(factor * self.asked)))

    def noted(
        self, found: list[Explanation], tolerance: Tolerance, rows: int, seconds: float
    ) -> tuple[Progress, list[Explanation]]:
        """The same after a round that came to these explanations, and the explanations that tell of all rounds.

        rows: model rows so far, as they would be if no other explanation shared them.
        """
        wide = math.inf if tolerance is None else max(too_wide(one.effects, tolerance) for one in found)
        wide = max(wide, self._unseen())
        this = round_at(wide, tolerance, rows, self.asked, rows + self.total - self.asked, seconds)
        before = [one for one in self.rounds if one.rows < rows]  # probes that all came up before cost no row
        rounds, enough = (*before, this), self.fits > 0 and wide <= 1.0
        told = with_rounds(found, rounds, enough, tolerance)
        return replace(self, rounds=rounds, fits=self.fits + 1, enough=enough), told

    def _unseen(self) -> float:
        """By how many times the intervals count as too wide for parts that have hardly changed; 0 where all have."""
        now = (self.points[1 : 1 + self.asked] != self.points[0]).sum(axis=0)
        lacking = now < self.wanted
        if not lacking.any():
            return 0.0
        least = float((now[lacking] / self.wanted[lacking]).min())
        return least**-0.5 if least else math.inf


def beginning(look: Look, n: int) -> Look:
    """The same with the first n of its probes alone."""
    draw = look.draw
    if n == len(draw.values):
        return look
    weights = draw.weights[:n] / draw.weights[:n].sum()
    return replace(look, draw=Draw(draw.values[:n].copy(), weights, draw.blocks[:n].copy()))


def _even(probes: float) -> int:
    """Probes come in pairs."""
    return 2 * math.ceil(probes / 2)
