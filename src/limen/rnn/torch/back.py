"""One step back through a cell, in as few calls as there can be: on rows in which all that a step leaves lies together.

Columns of a row, (..., B, columns), P for h and blocks of H:
RNN: u, δ. GRU: u, δ of the three gates, carried. LSTM: u_h, u_c, δ of i, f, g, o, cell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import repeat
from typing import Any

from limen.rnn.torch.local import Run, Tensor


@dataclass(frozen=True, eq=False)
class Deltas:
    """What a step's gradient is on its way through the gates, in the scale of the gradient.

    delta: (T, ..., B, G, H) for the gates' pre-activations. carried: (T, ..., B, H) beside the weights: GRU, and LSTM,
    where it is the gradient for the cell before. cell: (T, ..., B, H) for c, LSTM only.
    """

    delta: Tensor
    carried: Tensor | None
    cell: Tensor | None

    @classmethod
    def of(cls, back: Back, rows: Tensor) -> Deltas:
        """What lies in the rows (T, ..., B, columns)."""
        h, cells = back.size, back.cells
        blocks = rows[..., h:].unflatten(-1, (-1, cells))
        if back.kind == "lstm":
            return cls(blocks[..., 1:5, :], blocks[..., 0, :], blocks[..., 5, :])
        return cls(blocks[..., :3, :], blocks[..., 3, :], None) if back.kind == "gru" else cls(blocks, None, None)

    def of_steps(self, part: slice) -> Deltas:
        """Of these steps alone."""
        return Deltas(*(None if one is None else one[part] for one in (self.delta, self.carried, self.cell)))


@dataclass(frozen=True, eq=False)
class Back:
    """One step back: from the gradient v for the state after a step to the gradient u for the state before it.

    kind: as of a `Run`. size: P. cells: H. Weights and rows are numpy arrays, or tensors; `on` is the arithmetic of it.
    """

    kind: str
    W_hh: Any
    W_hr: Any
    size: int
    cells: int

    @classmethod
    def of(cls, run: Run, weights: tuple[Any, Any]) -> Back:
        """The way back through a run's steps, with its W_hh and W_hr."""
        return cls(run.kind, *weights, int(run.h.shape[2]), run.cells)

    @property
    def columns(self) -> int:
        """Of a row."""
        return self.size + {"gru": 4, "lstm": 6}.get(self.kind, 1) * self.cells

    def parts(self, v: Any) -> tuple[Any, ...]:
        """Of gradients v (..., B, n) what a step takes."""
        return (v[..., None, : self.size], v[..., self.size :]) if self.kind == "lstm" else (v[..., None, :],)

    def places(self, rows: Any) -> tuple[Any, ...]:
        """Of rows (..., B, columns) what a step fills, in the order of its arguments."""
        h, blocks = self.size, rows[..., self.size :].reshape(*rows.shape[:-1], -1, self.cells)
        if self.kind == "lstm":
            delta = rows[..., h + self.cells : h + 5 * self.cells]
            return blocks[..., 4:, :], blocks[..., 5, :], blocks[..., 5:, :], blocks[..., :4, :], delta, rows[..., :h]
        carried = (blocks[..., 3, :],) if self.kind == "gru" else ()
        return blocks, rows[..., h : h + self.W_hh.shape[0]], *carried, rows[..., :h]

    def factors(self, factors: Any) -> tuple[Any, ...]:
        """Of the factors (..., B, blocks, H) of a `Local` what a step takes."""
        return (factors[..., 4:, :], factors[..., :4, :]) if self.kind == "lstm" else (factors,)

    def step(self, on: Any) -> Callable[..., None]:
        """A function of the `parts`, `factors` and `places` of one step, which fills the places."""
        return {"gru": self._gated, "lstm": self._with_cell}.get(self.kind, self._plain)(on)

    def _plain(self, on: Any) -> Callable[..., None]:
        multiply, product, weights = on.multiply, on.matmul, self.W_hh

        def step(v: Any, factors: Any, places: Any) -> None:
            blocks, delta, u = places
            multiply(factors[0], v[0], blocks)
            product(delta, weights, u)

        return step

    def _gated(self, on: Any) -> Callable[..., None]:
        multiply, product, add, weights = on.multiply, on.matmul, on.add, self.W_hh

        def step(v: Any, factors: Any, places: Any) -> None:
            blocks, delta, carried, u = places
            multiply(factors[0], v[0], blocks)
            product(delta, weights, u)
            add(u, carried, u)

        return step

    def _with_cell(self, on: Any) -> Callable[..., None]:
        multiply, product, add, weights, projection = on.multiply, on.matmul, on.add, self.W_hh, self.W_hr

        def step(v: Any, factors: Any, places: Any) -> None:
            (h, c), (of_h, of_cell), (from_h, cell, cells, from_cell, delta, u) = v, factors, places
            if projection is not None:
                h = (h[..., 0, :] @ projection)[..., None, :]
            multiply(of_h, h, from_h)  # o, and the half of the cell's gradient that comes from h
            add(cell, c, cell)
            multiply(of_cell, cells, from_cell)
            product(delta, weights, u)

        return step


def backwards(on: Any, arrays: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """The rows of several arrays (T, ...) together, the last first."""
    return zip(*map(on.backwards, arrays), strict=True)


def again(arrays: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """The same arrays for ever."""
    return repeat(arrays)
