"""Matrix products in the shapes that a recurrent net asks for, arranged so that a BLAS is quick at them.

A BLAS copies its operands into its own order before it multiplies, which costs as much as the product itself when a
few rows meet a square matrix. OpenBLAS, which numpy brings along, skips the copy where rows · columns · inner size is
at most 10⁶ (0.3.31, AVX-512). So products just above that are cut into pieces below it: measured on two shared cores,
32 rows times 256 x 256 take 28 µs in 8 pieces and 38 µs in one. Elsewhere the pieces do no harm that we measured.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from limen.rnn._activations import Array
from limen.rnn._buffers import Buffers

SMALL, LARGEST = 2**19, 10**6  # rows · columns · inner size of a piece; the second for sums over rows
NARROWEST = 32  # columns; below it pieces lose more than the copy costs
DOT = np.ndarray.dot  # the method itself: a fifth faster to call than np.dot, which counts in small nets
FEW, MANY = 32, 100  # rows of a piece of a tall product: of a product with a small matrix, and of a sum over rows
TOGETHER = 32 * MANY  # rows whose pieces are in memory at a time


def step(weights: Array, scratch: Array) -> tuple[Callable[..., object], Array, Array]:
    """How rows (B, n) times weights (n, m), once for every step, are quickest.

    Call product(rows, arranged, target), which writes the result to `scratch` (B, m).
    """
    batch, (inner, columns) = len(scratch), weights.shape
    pieces = 1
    while batch * inner * (columns // pieces) >= SMALL:
        pieces *= 2
    if pieces == 1 or columns % pieces or columns // pieces < NARROWEST:
        return DOT, np.ascontiguousarray(weights), scratch
    arranged = np.ascontiguousarray(weights.reshape(inner, pieces, -1).transpose(1, 0, 2))
    return np.matmul, arranged, scratch.reshape(batch, pieces, -1).transpose(1, 0, 2)


def rows(left: Array, weights: Array, out: Array) -> None:
    """Write left (..., n) @ weights (n, m), with very many rows, to `out` (..., m)."""
    inner, columns = weights.shape
    left, out = left.reshape(-1, inner), out.reshape(-1, columns)
    whole = len(left) // FEW * FEW if inner * columns * FEW < SMALL else 0
    if whole:
        np.matmul(left[:whole].reshape(-1, FEW, inner), weights, out[:whole].reshape(-1, FEW, columns))
    if whole < len(left):
        np.dot(left[whole:], weights, out[whole:])


def outer(left: Array, right: Array, buffers: Buffers) -> Array:
    """Σ over all rows of left_r right_rᵀ: (n, m) from (..., n) and (..., m), with very many rows."""
    inner, columns = left.shape[-1], right.shape[-1]
    if columns < inner:  # the wider factor on the right fills vector registers better
        return np.ascontiguousarray(outer(right, left, buffers).T)
    left, right = left.reshape(-1, inner), right.reshape(-1, columns)
    whole = len(left) // MANY * MANY if inner * columns * MANY <= LARGEST else 0
    found: Array | None = np.dot(left[whole:].T, right[whole:]) if whole < len(left) else None
    pieces = buffers.empty((min(whole, TOGETHER) // MANY, inner, columns), left.dtype)
    for low in range(0, whole, TOGETHER):
        part = slice(low, min(low + TOGETHER, whole))
        some = pieces[: (part.stop - low) // MANY]
        turned = left[part].reshape(-1, MANY, inner).transpose(0, 2, 1)
        np.matmul(turned, right[part].reshape(-1, MANY, columns), some)
        summed = total(some.reshape(len(some), -1)).reshape(inner, columns)
        found = summed if found is None else found + summed
    return np.zeros((inner, columns), left.dtype) if found is None else found


def total(values: Array) -> Array:
    """Σ over all rows of (..., n), as a matrix product: faster than a sum along the first axes."""
    flat = values.reshape(-1, values.shape[-1])
    found: Array = np.dot(np.ones(len(flat), flat.dtype), flat)
    return found
