"""What is needed to draw on a photo: outlines of parts, where a label fits, smaller copies, and PNG files."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limen._types import BoolArray, FloatArray

FINE, COARSE = 400, 160
"""Pixels of the longer side at which outlines are traced, and places for labels are looked for."""
SMALLEST_LOOP = 12
"""Edges of an outline that can be seen; a speck beside it cannot."""
BORDER = ((0, -1), (1, 0), (0, 1), (-1, 0))
"""Which neighbour (right, down) of a pixel makes its upper, right, lower and left edge a border."""
EDGES = (((0, 0), (1, 0)), ((1, 0), (1, 1)), ((1, 1), (0, 1)), ((0, 1), (0, 0)))
"""From which corner (right, down) to which these edges run: round the pixel, so that inside is on the right."""

Pixels = NDArray[np.uint8]


def outlines(mask: BoolArray) -> list[FloatArray]:
    """The borders of a region (H, W) as closed lines (k, 2) of points (x, y) in pixels, those of holes among them.

    They run through the middles of the pixels' edges, which makes stairs straight.
    """
    step = _step(mask, FINE)
    following = _following(mask[::step, ::step])
    height, width = mask.shape
    loops: list[FloatArray] = []
    while following:
        start = next(iter(following))
        corner, loop = start, []
        while True:
            loop.append(corner)
            after = following[corner].pop()
            if not following[corner]:
                del following[corner]
            corner = after
            if corner == start:
                break
        if len(loop) < SMALLEST_LOOP and loops:
            continue
        middles = step * (np.asarray(loop, dtype=np.float64) + np.roll(loop, -1, axis=0)) / 2
        loops.append(_without_straights(np.minimum(middles, [width, height])))
    return loops


def _following(mask: BoolArray) -> dict[tuple[int, int], list[tuple[int, int]]]:
    """For each corner (x, y) on the border of a region the corners that follow."""
    padded = np.pad(mask, 1)
    height, width = mask.shape
    following: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for (right, down), (first, second) in zip(BORDER, EDGES, strict=True):
        beside = padded[1 + down : 1 + down + height, 1 + right : 1 + right + width]
        rows, columns = np.nonzero(mask & ~beside)
        for x, y in zip(columns.tolist(), rows.tolist(), strict=True):
            following.setdefault((x + first[0], y + first[1]), []).append((x + second[0], y + second[1]))
    return following


def _without_straights(points: FloatArray) -> FloatArray:
    """A closed line without the points that lie between their neighbours on a straight one."""
    before, after = points - np.roll(points, 1, axis=0), np.roll(points, -1, axis=0) - points
    turns = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    return points[np.abs(turns) > 1e-9] if (np.abs(turns) > 1e-9).any() else points


def deepest(mask: BoolArray) -> tuple[float, float, float]:
    """The point (x, y) of a region (H, W) that is farthest from its border, and how far; in pixels.

    Distances are counted in steps between pixels. The region must have a pixel.
    """
    step = _step(mask, COARSE)
    left = mask[::step, ::step]
    if not left.any():
        step, left = 1, mask
    depth = 0
    while True:
        padded = np.pad(left, 1)
        inner = left & padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
        depth += 1
        if not inner.any():
            break
        left = inner
    places = np.argwhere(left)
    nearest = places[np.argmin(((places - places.mean(axis=0)) ** 2).sum(axis=1))]
    y, x = (float(step * (place + 0.5)) for place in nearest)
    return x, y, float(step * depth)


def _step(mask: BoolArray, most: int) -> int:
    return max(1, -(-int(max(mask.shape)) // most))


def shrunk(pixels: Pixels, most: int) -> Pixels:
    """An image (H, W, C) whose longer side is at most `most` pixels: means of squares; narrow edges are left out."""
    step = max(1, -(-max(pixels.shape[:2]) // most))
    if step == 1:
        return pixels
    height, width = (max(1, length // step) for length in pixels.shape[:2])
    cut = pixels[: height * step, : width * step].astype(np.float64)
    rows, columns = min(step, len(cut)), min(step, cut.shape[1])
    squares = cut.reshape(height, rows, width, columns, -1)
    return np.asarray(np.rint(squares.mean(axis=(1, 3))), dtype=np.uint8)


def png(pixels: Pixels) -> bytes:
    """A PNG file (ISO/IEC 15948) of an image (H, W, 3) or, with transparency, (H, W, 4)."""
    height, width, channels = pixels.shape
    kind = {3: 2, 4: 6}[channels]
    filter_ = 4 if channels == 3 else 2  # Paeth's for photos, the line above for flat colours
    lines = np.empty((height, 1 + width * channels), dtype=np.uint8)
    lines[:, 0] = filter_
    lines[:, 1:] = (pixels - _predicted(pixels, filter_)).astype(np.uint8).reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes(), 9)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in chunks)


def _predicted(pixels: Pixels, filter_: int) -> NDArray[Any]:
    """What the filter expects of each byte, from the pixels to the left, above, and left above."""
    padded = np.pad(pixels, ((1, 0), (1, 0), (0, 0))).astype(np.int16)
    left, above, corner = padded[1:, :-1], padded[:-1, 1:], padded[:-1, :-1]
    if filter_ == 2:
        return above.astype(np.uint8)
    guess = left + above - corner
    to_left, to_above, to_corner = (np.abs(guess - one) for one in (left, above, corner))
    rest = np.where(to_above <= to_corner, above, corner)
    return np.where((to_left <= to_above) & (to_left <= to_corner), left, rest).astype(np.uint8)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
