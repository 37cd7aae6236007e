"""The decision boundary: look for the nearest change of decision, and sample on both of its sides."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from limen._errors import InputError
from limen._geometry import Draw, TableGeometry
from limen.sampling._boundary_crossing import Crossing
from limen.sampling._boundary_ledger import Search
from limen.sampling._boundary_pairs import balanced
from limen.sampling._boundary_search import look_for
from limen.sampling.base import is_number
from limen.sampling.table import TableSampler


@dataclass(frozen=True)
class Boundary(TableSampler):
    """Probes on both sides of the nearest change of the model's decision.

    Two steps: `search` finds the nearest row with another decision, `draw` samples around it and around x.

    Distance is in background standard deviations over the real parts; each changed category and each value gone
    missing adds 1 to its square. The search stays within the background's range: no number leaves the interval that
    the background and x span.

    against: the other class to cross to, by name or number; None = whichever is nearest. level: for one number (a
    regression), the value whose crossing is looked for. share: the largest share of the budget that the search spends,
    in (0, 1].
    """

    against: int | str | None = field(default=None, kw_only=True)
    level: float | None = field(default=None, kw_only=True)
    share: float = field(default=0.5, kw_only=True)

    def __post_init__(self) -> None:
        if isinstance(self.against, np.integer):
            object.__setattr__(self, "against", int(self.against))
        if self.against is not None and (isinstance(self.against, bool) or not isinstance(self.against, int | str)):
            raise InputError(
                f"against of Boundary is {self.against!r}, expected the name or the number of a class, or None for "
                "whichever class is nearest."
            )
        if self.level is not None and not is_number(self.level):
            raise InputError(f"level of Boundary is {self.level!r}, expected a finite number, or None for classes.")
        if self.level is not None and self.against is not None:
            raise InputError(
                f"against of Boundary is {self.against!r} and level is {self.level!r}, expected at most one of them: "
                "against is for classes, level for a number."
            )
        if not (is_number(self.share) and 0 < self.share <= 1):
            raise InputError(f"share of Boundary is {self.share!r}, expected a share of the budget in (0, 1].")

    @property
    def parameters(self) -> str:
        """What is crossed to, and the share of the budget."""
        to = "" if self.against is None else f"against={self.against!r}, "
        at = "" if self.level is None else f"level={self.level:g}, "
        return f"{to}{at}share={self.share:g}"

    def search(self, geometry: TableGeometry, budget: int, generator: np.random.Generator) -> Search[Crossing]:
        """Look for the nearest change of decision with at most `share` of `budget` rows (one at least).

        Yields encoded rows (k, m), none of them twice, the first of them x; wants to be sent their margins (k): above
        0 where the decision is x's, else at or below 0. They may be smooth, steps, or no more than sides. Returns what
        was found. Raises InputError where budget is not a positive whole number, and at margins that are not finite.
        """
        if isinstance(budget, bool) or not isinstance(budget, int | np.integer) or budget < 1:
            raise InputError(f"budget of the search for the boundary is {budget!r}, expected a whole number from 1 on.")
        return look_for(geometry, max(1, int(budget * self.share)), generator)

    def draw(
        self, geometry: TableGeometry, n: int, generator: np.random.Generator, crossing: Crossing | None = None
    ) -> Draw:
        """Draw n rows in pairs that mirror each other at the boundary's tangent plane.

        Every other pair lies around x, the others around the boundary point; `crossing` says where that is, as `search`
        found it. Numbers move with its width as standard deviation, categories change to those of the boundary point
        and to others by local share. Without a boundary the pairs are antithetic around x. Raises InputError without a
        crossing: nothing is known about the boundary before the search.
        """
        if crossing is None:
            raise InputError(
                "crossing of Boundary.draw is None, expected what Boundary.search returned; to draw without a search "
                "take Ball(width)."
            )
        return balanced(geometry, crossing, n, generator)
