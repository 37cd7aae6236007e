"""The rows that a search has asked about, their answers, and how many it may still ask."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

import numpy as np

from limen._errors import InputError
from limen._types import FloatArray, IntArray
from limen.sampling._boundary_space import Space

T = TypeVar("T")
Search = Generator[FloatArray, FloatArray, T]
"""Yields encoded rows (k, m), is sent their margins (k), returns T."""


class SpentError(Exception):
    """The rows that this stage may ask have been asked. Never leaves the search."""


class Ledger:
    """Asks about legal rows, each once; remembers points, margins and distances in the order of asking.

    normals: (r) of the boundary, by the place of the row where one was estimated.
    """

    def __init__(self, space: Space, limit: int) -> None:
        self.space, self.limit = space, limit
        self.known: dict[bytes, int] = {}
        self.margins = np.zeros(0)
        self.u = np.zeros((0, len(space.reals)))
        self.s = np.zeros((0, len(space.switches)), dtype=np.int64)
        self.distances = np.zeros(0)
        self.rows = np.zeros((0, len(space.geometry.origin)))
        self.within = np.zeros(0, dtype=np.bool_)
        self.normals: dict[int, FloatArray] = {}

    @property
    def left(self) -> int:
        """How many rows may still be asked."""
        return self.limit - len(self.margins)

    @property
    def hard(self) -> bool:
        """Whether the margins so far tell no more than the side: two values at most."""
        return len(np.unique(self.margins)) <= 2

    def ask(self, u: FloatArray, s: IntArray, clip: bool = True) -> Search[IntArray]:
        """Ask about the points nearest to these that are legal; places (n) of their answers in the ledger.

        With `clip`, only points within the background's range are.

        Raises SpentError once it has asked the first of them, where not all may be asked.
        """
        u = self.space.legal(u, s, clip)
        rows = self.space.rows(u, s)
        keys = [row.tobytes() for row in rows]
        new = {key: place for place, key in reversed(list(enumerate(keys))) if key not in self.known}
        places = np.array(sorted(new.values())[: max(self.left, 0)], dtype=np.int64)
        if len(places):
            answers = np.asarray((yield rows[places]), dtype=np.float64).reshape(-1)
            self._write(rows[places], u[places], s[places], answers)
            self.within = np.concatenate([self.within, np.full(len(places), clip)])
        if len(places) < len(new):
            raise SpentError
        return np.array([self.known[key] for key in keys], dtype=np.int64)

    def _write(self, rows: FloatArray, u: FloatArray, s: IntArray, margins: FloatArray) -> None:
        if len(margins) != len(rows) or not np.isfinite(margins).all():
            raise InputError(
                f"The search for the boundary was sent {len(margins)} margins for {len(rows)} rows, "
                f"{int((~np.isfinite(margins)).sum())} of them not finite; it needs one finite number for each row."
            )
        for number, row in enumerate(rows, start=len(self.margins)):
            self.known[row.tobytes()] = number
        self.rows, self.margins = np.concatenate([self.rows, rows]), np.concatenate([self.margins, margins])
        self.u, self.s = np.concatenate([self.u, u]), np.concatenate([self.s, s])
        self.distances = np.concatenate([self.distances, self.space.distances(u, s)])

    def best(self) -> int:
        """The place of the nearest flipped row within the background's range; -1 where there is none."""
        flipped = np.nonzero((self.margins <= 0) & self.within)[0]
        return int(flipped[np.argmin(self.distances[flipped])]) if len(flipped) else -1

    @property
    def nearest(self) -> float:
        """The distance of the nearest flipped row; infinite where there is none."""
        place = self.best()
        return float(self.distances[place]) if place >= 0 else np.inf
