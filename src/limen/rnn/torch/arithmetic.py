"""What the loop through time needs beyond operators, in numpy (a call costs less) and in torch (other devices)."""

from __future__ import annotations

from typing import Any

import numpy as np

SMALLEST = 2.0**-126
"""Least length that a vector is divided by: the smallest normal number of float32."""
SAFE = (1e-15, 1e15)
"""Norms between these were found without squares that are too small or too large for float32."""
_dot: Any = getattr(np, "vecdot", None) or (lambda a, b: (a * b).sum(-1))  # numpy 1 has no vecdot


class Numpy:
    """What the loop needs beyond operators, in numpy.

    every: steps from one unit vector to the next. Between two, lengths change by the step factors alone.
    """

    every = 12
    backwards = staticmethod(lambda rows: rows[::-1])
    multiply = staticmethod(np.multiply)
    add = staticmethod(np.add)
    copy = staticmethod(np.copyto)
    divide = staticmethod(np.divide)
    matmul = staticmethod(np.matmul)
    log = staticmethod(lambda norm: np.log(norm, dtype=np.float64))

    @staticmethod
    def norm(u: Any, *, out: Any) -> None:
        """Lengths (...), never 0."""
        np.sqrt(_dot(u, u), out=out)
        np.maximum(out, SMALLEST, out=out)

    @staticmethod
    def join(u: Any, s: Any, d: Any, d_scale: Any) -> tuple[Any, Any]:
        """Add two scaled vectors, in the larger scale."""
        total = np.maximum(s, d_scale)
        weights = np.exp(s - total), np.exp(d_scale - total)
        return sum(w[..., None].astype(u.dtype) * x for w, x in zip(weights, (u, d), strict=True)), total


class Careful(Numpy):
    """The same with a unit vector in each step and norms that lose no square, at a few calls more."""

    every = 1

    @staticmethod
    def norm(u: Any, *, out: Any) -> None:
        """Lengths (...), never 0."""
        top = np.maximum(np.abs(u).max(axis=-1), SMALLEST)
        scaled = u / top[..., None]
        np.maximum(top * np.sqrt(_dot(scaled, scaled)), SMALLEST, out=out)


class Torch:
    """The same in torch: each call starts a kernel, so that fewer unit vectors save more than on a CPU."""

    every = 12
    copy = staticmethod(lambda into, one: into.copy_(one))
    backwards = staticmethod(lambda rows: rows.unbind(0)[::-1])
    log = staticmethod(lambda norm: norm.double().log())

    @staticmethod
    def multiply(one: Any, other: Any, out: Any) -> None:
        """Elementwise, into `out`."""
        import torch

        torch.mul(one, other, out=out)

    @staticmethod
    def add(one: Any, other: Any, out: Any) -> None:
        """Elementwise, into `out`."""
        import torch

        torch.add(one, other, out=out)

    @staticmethod
    def divide(one: Any, other: Any, out: Any) -> None:
        """Elementwise, into `out`."""
        import torch

        torch.div(one, other, out=out)

    @staticmethod
    def matmul(one: Any, other: Any, out: Any) -> None:
        """Into `out`, which may be a part of something."""
        import torch

        torch.matmul(one, other, out=out)

    @staticmethod
    def norm(u: Any, *, out: Any) -> None:
        """Lengths (...), never 0."""
        import torch

        torch.linalg.vector_norm(u, dim=-1, out=out)
        out.clamp_min_(SMALLEST)

    @staticmethod
    def join(u: Any, s: Any, d: Any, d_scale: Any) -> tuple[Any, Any]:
        """Add two scaled vectors, in the larger scale."""
        import torch

        total = torch.maximum(s, d_scale)
        weights = torch.exp(s - total), torch.exp(d_scale - total)
        return sum(w[..., None].to(u.dtype) * x for w, x in zip(weights, (u, d), strict=True)), total


class CarefulTorch(Torch):
    """The same with a unit vector in each step and norms that lose no square."""

    every = 1

    @staticmethod
    def norm(u: Any, *, out: Any) -> None:
        """Lengths (...), never 0."""
        import torch

        top = u.abs().amax(-1).clamp_min(SMALLEST)
        scaled = u / top[..., None]
        out.copy_((top * torch.linalg.vector_norm(scaled, dim=-1)).clamp_min(SMALLEST))
