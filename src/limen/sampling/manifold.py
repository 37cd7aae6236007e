"""The manifold: rows between x and the background rows nearest to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from limen._errors import InputError
from limen._geometry import Draw, TableGeometry
from limen._types import BoolArray, FloatArray, IntArray
from limen.sampling._states import differences, stride_of
from limen.sampling.table import TableSampler, paired

FEWEST = 50
"""Neighbours that are used where k is not given, or three times the number of parts if that is more."""
CANDIDATES = 20_000
"""Neighbours are looked for among at most so many rows of the background, at equal distances from one another in it."""
CHANGED = 5
"""A part is changed by at least so many neighbours, farther ones if need be; else its effect would hang on one row."""
DRAWS = 50
"""How often neighbours are drawn anew until those that were drawn tell all parts apart, as all of them together do."""
RANK_TOLERANCE = 1e-6
"""A direction with less than this fraction of the largest is not there."""


class TiedError(InputError):
    """Columns of a background change only together; `columns` are their numbers, which the conductor can name."""

    def __init__(self, columns: Sequence[int], names: Sequence[str] | None = None) -> None:
        self.columns = tuple(columns)
        told = ", ".join(map(str, self.columns)) + " (counted from 0)" if names is None else ", ".join(map(repr, names))
        super().__init__(
            f"columns {told} change only together in the background, or not at all, so that Manifold cannot tell their "
            "effects apart. Make them one group, hold all but one fixed, or use Ball."
        )


@dataclass(frozen=True)
class Manifold(TableSampler):
    """Rows between x and its k nearest background rows: correlations stay, and states occur together that do exist.

    A row has a neighbour b and t ~ U(0, 1). Its numbers are x + t (b - x), rounded to their grid. Its flips (and
    missing values) come all from b with probability t, else all from x. This is close to SMOTE-NC (Chawla, Bowyer,
    Hall, Kegelmeyer, JAIR 2002, sections 4.2 and 6.1), which takes the majority of the neighbours' states instead.
    Rows come in pairs, t and 1 - t towards one neighbour and one of them with b's states, which are the blocks.

    To the k neighbours others are added, the nearest that serve, until each part is changed by 5 of them and until a
    line through all parts is identifiable. Distances are those of `_states.differences`: squared standard deviations,
    and 1 for each state that differs.

    k: at least two more than there are parts that can change; None = 50, or three a part; all rows, if there are fewer.
    """

    k: int | None = None

    def __post_init__(self) -> None:
        if self.k is None:
            return
        if isinstance(self.k, bool) or not isinstance(self.k, int | np.integer) or self.k < 2:
            raise InputError(f"k of Manifold is {self.k!r}, expected a whole number of at least 2, or None.")

    @property
    def parameters(self) -> str:
        """The number of neighbours that was asked for."""
        return "" if self.k is None else f"k={self.k}"

    def describe(self, geometry: TableGeometry) -> str:
        """The number of neighbours."""
        return f"k={self._wanted(geometry)}, {len(self.neighbours(geometry))} neighbours used"

    def draw(self, geometry: TableGeometry, n: int, generator: np.random.Generator) -> Draw:
        """Draw n rows in pairs. Raises InputError where no line through all parts could be told from them."""
        if geometry.fixed.all():
            return Draw(np.tile(geometry.origin, (n, 1)), np.full(n, 1.0 / n), np.arange(n) // 2)
        neighbours = self.neighbours(geometry)
        half = (n + 1) // 2
        chosen = neighbours[self._drawn(geometry, neighbours, half, generator)]
        ahead, taken = generator.random(half), generator.random(half)
        to = geometry.background[np.repeat(chosen, 2)[:n]]
        t = paired(ahead, 1.0 - ahead, n)
        theirs = paired(taken, 1.0 - taken, n) < t
        values = np.tile(geometry.origin, (n, 1))
        reals = [part.columns[0] for part in geometry.parts if part.kind == "real"]
        moves = (to - values)[:, reals]
        values[:, reals] += t[:, None] * np.where(np.isnan(moves), 0.0, moves)
        values[:, reals] = geometry.on_grid(values)[:, reals]
        for part in geometry.parts:
            columns = list(part.columns)
            if part.kind == "flip":
                values[:, columns] = np.where(theirs[:, None], to[:, columns], values[:, columns])
            elif part.kind == "known":
                values[theirs & np.isnan(to[:, columns[0]]), columns[0]] = np.nan
        return Draw(values, np.full(n, 1.0 / n), np.arange(n) // 2)

    def _drawn(
        self, geometry: TableGeometry, neighbours: IntArray, count: int, generator: np.random.Generator
    ) -> IntArray:
        """Places of `count` neighbours; a direction may hang on one of them, which chance alone may leave out."""
        changed = self._changes(geometry, neighbours)
        for _ in range(DRAWS):
            picked: IntArray = generator.integers(len(neighbours), size=count)
            places = np.unique(picked)
            if len(places) == len(neighbours) or all(
                _directions(changed[places][:, group])[0] == len(group) for group in _groups(geometry)
            ):
                return picked
        once = generator.permutation(len(neighbours))[:count]  # each once, so far as there are rows
        picked[: len(once)] = once
        return picked

    def neighbours(self, geometry: TableGeometry) -> IntArray:
        """Numbers of the background rows that are drawn towards, the k nearest first.

        Raises InputError where they are too few for a line, or where columns change only together.
        """
        wanted = self._wanted(geometry)
        stride = stride_of(geometry, CANDIDATES)
        distances = np.round(differences(geometry, stride).sum(axis=0), 9)  # ties must not depend on rounding
        order = np.argsort(distances, kind="stable")
        order = order[distances[order] > 0] * stride
        changed = self._changes(geometry, order)
        parts = [place for place, part in enumerate(geometry.parts) if part.kind != "fixed"]
        self._check(wanted, len(order), len(parts))
        chosen = np.zeros(len(order), dtype=np.bool_)
        chosen[:wanted] = True
        for place in parts:
            missing = CHANGED - np.count_nonzero(changed[chosen, place])
            if missing > 0:
                chosen[np.flatnonzero((changed[:, place] != 0) & ~chosen)[:missing]] = True
        for group in _groups(geometry):
            _complete(changed[:, group], chosen, [geometry.parts[place].columns for place in group])
        found: IntArray = order[chosen]
        return found

    def _wanted(self, geometry: TableGeometry) -> int:
        wanted = max(FEWEST, 3 * geometry.n_parts) if self.k is None else int(self.k)
        return min(wanted, len(geometry.background))

    def _check(self, wanted: int, found: int, parts: int) -> None:
        least = parts + 2
        if self.k is not None and wanted < least and found >= least:
            raise InputError(
                f"k of Manifold is {self.k}, expected at least {least}: {parts} parts can change, and a line through "
                "them needs two neighbours more. Give a larger k, or hold columns fixed."
            )
        if found < least:
            raise InputError(
                f"the background has {found} rows that differ from x, expected at least {least} for Manifold: {parts} "
                "parts can change, and a line through them needs two neighbours more. Use Ball."
            )

    def _changes(self, geometry: TableGeometry, rows: IntArray) -> FloatArray:
        """(rows, d) What a part changes by towards these background rows: standard deviations, or 1 for a state."""
        values = geometry.background[rows]
        found = geometry.coordinates(values)
        reals = geometry.reals
        found[:, ~reals] = 1.0 - found[:, ~reals]
        return found


def _groups(geometry: TableGeometry) -> tuple[IntArray, IntArray]:
    """Numbers of the parts that move on a scale, and of those that are changed as a whole."""
    moving, kinds = geometry.reals, np.array([part.kind for part in geometry.parts])
    return np.flatnonzero(moving & (kinds != "fixed")), np.flatnonzero(~moving & (kinds != "fixed"))


def _directions(changed: FloatArray) -> tuple[int, FloatArray]:
    """How many directions changes (rows, p) span, and all p of them (p, p), those that they span first."""
    _, singular, right = np.linalg.svd(np.linalg.qr(changed, mode="r"))
    return int((singular > RANK_TOLERANCE * max(singular.max(initial=0.0), 1e-300)).sum()), right


def _complete(changed: FloatArray, chosen: BoolArray, columns: list[tuple[int, ...]]) -> None:
    """Add rows to `chosen`, in place, until the changes (rows, p) of the chosen ones span all p directions.

    The nearest row that adds one comes first. Raises TiedError if no row does: these columns change only together.
    """
    for _ in range(changed.shape[1] + 1):
        rank, right = _directions(changed[chosen])
        if rank == changed.shape[1]:
            return
        outside = np.linalg.norm(changed @ right[rank:].T, axis=1)
        new = np.flatnonzero(outside > RANK_TOLERANCE * max(np.abs(changed).max(), 1.0))
        if not len(new):
            break
        chosen[new[0]] = True
    tied = np.flatnonzero(np.abs(right[rank:]).max(axis=0) > RANK_TOLERANCE**0.5)
    raise TiedError([column for place in tied for column in columns[place]])
