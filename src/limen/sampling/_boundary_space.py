"""The space that the boundary search walks in: displacements of the real parts, and states of the switches.

A point is u (r), displacements from x in background standard deviations, and s (f), the state of every switch: a flip
part (0 = as in x) or a known part (0 = its value, 1 = missing).
"""

from __future__ import annotations

import numpy as np

from limen._geometry import Part, TableGeometry
from limen._types import FloatArray, IntArray
from limen.sampling._boundary_crossing import SWITCH


class Space:
    """A geometry as points. `reals`: (r) columns; `low`, `high`: (r) the background's range around x, as u."""

    def __init__(self, geometry: TableGeometry) -> None:
        self.geometry = geometry
        self.real_parts = [place for place, part in enumerate(geometry.parts) if part.kind == "real"]
        self.reals = np.array([geometry.parts[place].columns[0] for place in self.real_parts], dtype=np.int64)
        self.switch_parts = [place for place, part in enumerate(geometry.parts) if part.kind in ("flip", "known")]
        self.switches = [geometry.parts[place] for place in self.switch_parts]
        self.scales = geometry.scales[self.reals]
        self.grid = geometry.steps[self.reals] / self.scales
        self.n_states = np.array([_states(part) for part in self.switches], dtype=np.int64)
        known = [place for place, part in enumerate(self.switches) if part.kind == "known"]
        self.hides = [(place, self._real_of(self.switches[place])) for place in known]
        moved = (geometry.background[:, self.reals] - geometry.origin[self.reals]) / self.scales
        self.background_u = np.where(np.isnan(moved), 0.0, moved)
        self.background_s = np.zeros((len(moved), len(self.switches)), dtype=np.int64)
        for place, part in enumerate(self.switches):
            self.background_s[:, place] = self._background_state(part)
        self.low = np.minimum(self.background_u.min(axis=0, initial=0.0), 0.0)
        self.high = np.maximum(self.background_u.max(axis=0, initial=0.0), 0.0)

    def _real_of(self, part: Part) -> int:
        places = np.nonzero(self.reals == part.columns[0])[0]
        return int(places[0]) if len(places) else -1

    def _background_state(self, part: Part) -> IntArray:
        if part.kind == "known":
            return np.isnan(self.geometry.background[:, part.columns[0]]).astype(np.int64)
        return np.asarray(part.background_states, dtype=np.int64)

    def legal(self, u: FloatArray, s: IntArray, clip: bool = True) -> FloatArray:
        """The nearest legal displacements (n, r): on the grid, 0 where missing, with `clip` within the background's."""
        inside = np.clip(u, self.low, self.high) if clip else u
        steps = np.where(self.grid > 0, self.grid, 1.0)
        start = self.geometry.origin[self.reals] / self.scales
        snapped = np.where(self.grid > 0, np.round((inside + start) / steps) * steps - start, inside)
        for switch, real in self.hides:
            if real >= 0:
                snapped[:, real] = np.where(s[:, switch] > 0, 0.0, snapped[:, real])
        return snapped

    def rows(self, u: FloatArray, s: IntArray) -> FloatArray:
        """Encoded rows (n, m) of legal points."""
        geometry = self.geometry
        values = np.repeat(geometry.origin[None, :], len(u), axis=0)
        moved = np.abs(u) > 1e-12
        values[:, self.reals] = np.where(moved, values[:, self.reals] + u * self.scales, values[:, self.reals])
        values = geometry.on_grid(values) if self.grid.any() else values
        for place, part in enumerate(self.switches):
            changed = s[:, place] > 0
            if part.kind == "known":
                values[changed, part.columns[0]] = np.nan
            else:
                values[np.flatnonzero(changed)[:, None], list(part.columns)] = part.states[s[changed, place]]
        return values

    def point(self, row: FloatArray) -> tuple[FloatArray, IntArray]:
        """The point u (r), s (f) of a legal encoded row (m)."""
        moved = (row[self.reals] - self.geometry.origin[self.reals]) / self.scales
        s = np.zeros(len(self.switches), dtype=np.int64)
        for place, part in enumerate(self.switches):
            if part.kind == "known":
                s[place] = np.isnan(row[part.columns[0]])
            else:
                own = row[list(part.columns)]
                same = (part.states == own) | (np.isnan(part.states) & np.isnan(own))
                s[place] = int(np.argmax(same.all(axis=1)))
        return np.where(np.isnan(moved), 0.0, moved), s

    def distances(self, u: FloatArray, s: IntArray) -> FloatArray:
        """Distances (n) of points from x."""
        found: FloatArray = np.sqrt((u**2).sum(axis=1) + SWITCH * (s > 0).sum(axis=1))
        return found


def _states(part: Part) -> int:
    return 2 if part.kind == "known" else len(part.states)
