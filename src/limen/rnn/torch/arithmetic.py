"""What the loop through time needs beyond operators, in numpy (a call costs less) and in torch (other devices)."""

from __future__ import annotations

from typing import Any

import numpy as np


class Numpy:
    """What the loop needs beyond operators, in numpy."""

    multiply = staticmethod(np.multiply)
    divide = staticmethod(np.divide)
    matmul = staticmethod(np.matmul)
    log = staticmethod(lambda norm: np.log(norm, dtype=np.float64))

    @staticmethod
    def norm(u: Any) -> Any:
        """Lengths (...), never 0."""
        return np.maximum(np.sqrt(np.einsum("...i,...i->...", u, u)), np.finfo(u.dtype).tiny)

    @staticmethod
    def join(u: Any, s: Any, d: Any, d_scale: Any) -> tuple[Any, Any]:
        """Add two scaled vectors, in the larger scale."""
        total = np.maximum(s, d_scale)
        weights = np.exp(s - total), np.exp(d_scale - total)
        return sum(w[..., None].astype(u.dtype) * x for w, x in zip(weights, (u, d), strict=True)), total


class Torch:
    """The same in torch."""

    log = staticmethod(lambda norm: norm.double().log())

    @staticmethod
    def multiply(one: Any, other: Any, *, out: Any) -> Any:
        """Elementwise, into `out`."""
        import torch

        return torch.mul(one, other, out=out)

    @staticmethod
    def divide(one: Any, other: Any, *, out: Any) -> Any:
        """Elementwise, into `out`."""
        import torch

        return torch.div(one, other, out=out)

    @staticmethod
    def matmul(one: Any, other: Any, *, out: Any) -> None:
        """Into `out`, which may be a part of something."""
        out.copy_(one @ other)

    @staticmethod
    def norm(u: Any) -> Any:
        """Lengths (...), never 0."""
        import torch

        return torch.linalg.vector_norm(u, dim=-1).clamp_min(torch.finfo(u.dtype).tiny)

    @staticmethod
    def join(u: Any, s: Any, d: Any, d_scale: Any) -> tuple[Any, Any]:
        """Add two scaled vectors, in the larger scale."""
        import torch

        total = torch.maximum(s, d_scale)
        weights = torch.exp(s - total), torch.exp(d_scale - total)
        return sum(w[..., None].to(u.dtype) * x for w, x in zip(weights, (u, d), strict=True)), total
