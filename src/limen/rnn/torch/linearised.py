"""A run whose steps are linearised: kept where they fit into memory, made again for each sweep where they do not."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from limen.rnn.torch.adjoint import Adjoint, Direct, backward
from limen.rnn.torch.back import Back, Deltas
from limen.rnn.torch.local import Local, Run, Tensor, local, lstm_cells
from limen.rnn.torch.measure import Measured, measure

WINDOW_BYTES = 256 * 2**20
"""Memory for the linearised steps of one window; longer sequences are linearised window by window, twice."""

KEPT_BYTES = 2**25
"""Up to here it costs less to keep what passes the gates in each step than to write it over in the next."""


class Linearised:
    """The steps of a run, linearised: kept where they fit into one window, made again for each sweep where not."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.before = run.before()
        row = run.h.shape[1] * run.gates * run.cells * run.h.element_size() * 3
        self.window = max(1, min(run.steps, WINDOW_BYTES // max(row, 1)))
        self._kept: list[Local] = []
        self.cells: Tensor | None = None
        if run.kind == "lstm":
            fits = self.window >= run.steps
            factors = run.h.new_empty(run.steps, run.h.shape[1], 6, run.cells) if fits else None
            self.cells = lstm_cells(run, self.before, self.window, factors)
            self._kept = [Local(0, factors)] if fits else []

    @property
    def size(self) -> int:
        """Length of the state: h, or h and c."""
        return int(self.run.h.shape[2]) + (self.run.cells if self.run.kind == "lstm" else 0)

    def backwards(self) -> Iterator[Local]:
        """The windows, the last first."""
        if self._kept:
            yield from self._kept
            return
        for last in range(self.run.steps, 0, -self.window):
            first = max(0, last - self.window)
            made = local(self.run, self.before, first, last, self.cells)
            if self.window >= self.run.steps:
                self._kept.append(made)
            yield made

    def forwards(self) -> Iterator[Local]:
        """The windows, the first first."""
        if self._kept:
            yield from self._kept
            return
        for first in range(0, self.run.steps, self.window):
            yield local(self.run, self.before, first, min(first + self.window, self.run.steps), self.cells)

    def deltas(self, window: Local, adjoint: Adjoint) -> Deltas:
        """What passed the gates in a window's steps: as the loop kept it, or found again."""
        if adjoint.kept is not None:
            return adjoint.kept.of_steps(window.part)
        v, size = adjoint.gradient(window.part), int(self.run.h.shape[2])
        if self.run.kind != "lstm":
            return Deltas(window.gates * v[..., None, :], None if window.carry is None else window.carry * v, None)
        h = v[..., :size] if self.run.W_hr is None else v[..., :size] @ self.run.W_hr
        cell = v[..., size:] + window.readout * h
        delta = window.gates * cell[..., None, :]
        delta[..., 3, :] = window.gates[:, :, 3] * h
        return Deltas(delta, adjoint.through[window.part, ..., size:], cell)

    def pushes(self) -> Iterator[Callable[[Tensor], Tensor] | None]:
        """For each step, what J_t does to tangent vectors (B', n, count) of the first B' samples."""
        for window in self.forwards():
            for place in range(window.steps):
                yield partial(_push, self.run, window, place)

    def measure(self, direct: Direct, adjoint: Adjoint, *, upstream: bool) -> Measured:
        """Read the numbers off an adjoint."""
        return measure(self, direct, adjoint, upstream=upstream)

    def adjoint(self, direct: Direct, *, keep: bool = False) -> Adjoint:
        """Go back through time from this gradient, whose vectors may be of h alone: (k, ..., B, P or n).

        keep: for `measure`, where there is room, what passes the gates.
        """
        import torch

        missing = self.size - direct.vectors.shape[-1]
        vectors = torch.nn.functional.pad(direct.vectors, (0, missing)) if missing else direct.vectors
        whole = Direct(direct.steps, vectors, direct.scale)
        back = Back.of(self.run, _weights(self.run))
        shape = (self.run.steps, *vectors.shape[1:])
        size = back.columns * math.prod(shape[:-1]) * self.run.h.element_size()
        room = self.window >= self.run.steps and (keep or size < KEPT_BYTES)
        return backward(self.backwards, whole, back, self.run.h, shape, room)


def _weights(run: Run) -> tuple[Any, Any]:
    if run.h.device.type != "cpu":
        return run.W_hh, run.W_hr
    return run.W_hh.numpy(), None if run.W_hr is None else run.W_hr.numpy()


def _push(run: Run, window: Local, place: int, frame: Tensor) -> Tensor:
    """J_t times tangent vectors (B, n, count) of the state before step t."""
    import torch

    samples = len(frame)
    size = run.h.shape[2]
    shape = (samples, run.gates, run.cells, frame.shape[2])
    gates = window.gates[place, :samples]
    moved = gates[..., None] * (run.W_hh @ frame[:, :size]).reshape(shape)
    if run.kind != "lstm":
        kept: Any = 0.0 if window.carry is None else window.carry[place, :samples, :, None] * frame
        return moved.sum(1) + kept
    assert window.carry is not None
    assert window.readout is not None
    cell = window.carry[place, :samples, :, None] * frame[:, size:] + moved[:, :3].sum(1)
    hidden = window.readout[place, :samples, :, None] * cell + moved[:, 3]
    return torch.cat([hidden if run.W_hr is None else run.W_hr @ hidden, cell], 1)
