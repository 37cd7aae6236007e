"""Matrix products in the shapes that a recurrent net asks for, arranged so that a BLAS is quick at them.

A BLAS copies its operands into its own order before it multiplies, which costs as much as the product itself when a
few rows meet a square matrix. OpenBLAS, which numpy brings along, skips the copy where rows · columns · inner size is
at most 10⁶ (0.3.31, AVX-512). So products just above that are cut into pieces below it: measured on two shared cores,
32 rows times 256 x 256 take 28 µs in 8 pieces and 38 µs in one. Elsewhere the pieces do no harm that we measured.

Pieces are one thread's work. So where several are at hand, tall products and sums that are worth it are left in one:
3,200 rows times 64 x 128 take 350 µs in pieces and, on two threads, 250 in one, which takes one thread 460.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from limen._threads import alone
from limen.rnn._activations import Array
from limen.rnn._buffers import Buffers

SMALL = 2**19  # rows · columns · inner size of a piece
NARROWEST = 32  # columns; below it pieces lose more than the copy costs, and several threads gain nothing
DOT = np.ndarray.dot  # the method itself: a fifth faster to call than np.dot, which counts in small nets
FEW, MANY = 32, 100  # rows of a piece of a tall product: of a product with a small matrix, and of a sum over rows
TOGETHER = 32 * MANY  # rows whose pieces are in memory at a time
TILE = (4 * MANY, 32, 64)  # rows of a piece, and columns of both factors, where a piece of MANY rows would be too large
NARROW = 128  # columns of the left factor up to which such tiles gain: 5 to 20 % on one thread


def step(weights: Array, scratch: Array, buffers: Buffers) -> tuple[Callable[..., object], Array, Array]:
    """How rows (B, n) times weights (n, m), once for every step, are quickest.

    Call product(rows, arranged, target), which writes the result to `scratch` (B, m).
    """
    batch, (inner, columns) = len(scratch), weights.shape
    pieces = 1
    while batch * inner * (columns // pieces) >= SMALL:
        pieces *= 2
    if pieces == 1 or columns % pieces or columns // pieces < NARROWEST:
        return DOT, weights if weights.flags.c_contiguous else buffers.copy(weights), scratch
    arranged = buffers.copy(weights.reshape(inner, pieces, -1).transpose(1, 0, 2))
    return np.matmul, arranged, scratch.reshape(batch, pieces, -1).transpose(1, 0, 2)


def rows(left: Array, weights: Array, out: Array) -> None:
    """Write left (..., n) @ weights (n, m), with very many rows, to `out` (..., m)."""
    inner, columns = weights.shape
    left, out = left.reshape(-1, inner), out.reshape(-1, columns)
    shared = min(inner, columns) >= NARROWEST and not alone()
    whole = len(left) // FEW * FEW if inner * columns * FEW < SMALL and not shared else 0
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
    many, tall, wide = _cut(inner, columns) or (len(left) + 1, inner, columns)
    whole = len(left) // many * many
    found: Array | None = np.dot(left[whole:].T, right[whole:]) if whole < len(left) else None
    pieces = buffers.empty((min(whole, TOGETHER) // many, inner, columns), left.dtype)
    targets = pieces.reshape(-1, inner // tall, tall, columns // wide, wide).transpose(0, 1, 3, 2, 4)
    for low in range(0, whole, TOGETHER):
        part = slice(low, min(low + TOGETHER, whole))
        count = (part.stop - low) // many
        turned = left[part].reshape(count, many, -1, 1, tall).transpose(0, 2, 3, 4, 1)
        np.matmul(turned, right[part].reshape(count, many, 1, -1, wide).transpose(0, 2, 3, 1, 4), targets[:count])
        summed = total(pieces[:count].reshape(count, -1)).reshape(inner, columns)
        found = summed if found is None else found + summed
    return np.zeros((inner, columns), left.dtype) if found is None else found


def _cut(inner: int, columns: int) -> tuple[int, int, int] | None:
    """Rows of a piece of a sum over rows, and columns of its left and right factor; None: one product is the sum."""
    if inner * columns * MANY <= SMALL:
        return MANY, inner, columns
    tall, wide = TILE[1:]
    return TILE if inner <= NARROW and inner % tall == 0 and columns % wide == 0 and alone() else None


def total(values: Array) -> Array:
    """Σ over all rows of (..., n), as a matrix product: faster than a sum along the first axes."""
    flat = values.reshape(-1, values.shape[-1])
    found: Array = np.dot(np.ones(len(flat), flat.dtype), flat)
    return found
