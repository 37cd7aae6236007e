"""Charts as inline SVG that stretch with the page while their letters and strokes keep their size.

The drawing lies in an inner SVG whose 1000 × 1000 units are stretched over the plot; axes and labels stand outside of
it, in per cent and pixels. Colour comes from the palette of the page, and no line is told from another by it alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from limen._types import FloatArray, IntArray
from limen.results._html_pieces import clean
from limen.results._ticks import Ticks

SIZE = 1000
BOXES = ("band", "span", "positive", "negative", "cell", "empty")
STYLES = 6
"""Kinds of lines that can be told apart."""
RULES = """
.limen .limen-figure { margin: 1.1rem 0 0; }
.limen .limen-figure figcaption { font-size: .9rem; font-weight: 650; overflow-wrap: anywhere; }
.limen .limen-keys { display: flex; flex-wrap: wrap; gap: .1rem 1.1rem; margin: .1rem 0 0; padding: 0; list-style: none;
  font-size: .8rem; color: var(--limen-muted); }
.limen .limen-keys li { display: flex; align-items: center; gap: .4rem; margin: 0; }
.limen .limen-keys svg { flex: none; width: 30px; height: 12px; }
.limen .limen-plot { padding: .7rem .9rem 2.5rem 3.5rem; }
.limen .limen-chart { display: block; width: 100%; height: 180px; overflow: visible; }
.limen .limen-square { max-width: 27rem; } .limen .limen-square .limen-chart { height: 300px; }
.limen svg .limen-empty { fill: var(--limen-paper); stroke: var(--limen-rule); }
.limen .limen-chart text { fill: var(--limen-muted); stroke: none; font-size: 11.5px; }
.limen .limen-chart .limen-said { fill: var(--limen-ink); paint-order: stroke; stroke: var(--limen-paper);
  stroke-width: 4px; stroke-linejoin: round; }
.limen svg .limen-frame { fill: none; stroke: var(--limen-rule); }
.limen svg .limen-grid { stroke: var(--limen-rule); stroke-width: 1; }
.limen svg .limen-zero { stroke: var(--limen-muted); stroke-width: 1; }
.limen svg .limen-level { stroke: var(--limen-muted); stroke-width: 1; stroke-dasharray: 10 5; }
.limen svg .limen-floor { stroke: var(--limen-minus); stroke-width: 1.4; stroke-dasharray: 1 3; }
.limen svg .limen-at { stroke: var(--limen-ink); stroke-width: 1.4; }
.limen svg .limen-band { fill: var(--limen-plus-2); stroke: var(--limen-plus-4); stroke-width: .8; }
.limen svg .limen-span { fill: var(--limen-rule); fill-opacity: .55; }
.limen svg .limen-positive { fill: var(--limen-plus-4); stroke: var(--limen-plus); stroke-width: .8; }
.limen svg .limen-negative { fill: var(--limen-paper); stroke: var(--limen-minus); stroke-width: 1.2; }
.limen svg .limen-cell { fill: var(--limen-plus); }
.limen svg .limen-curve { fill: none; stroke-linejoin: round; }
.limen svg .limen-curve-0 { stroke: var(--limen-plus); stroke-width: 2.4; }
.limen svg .limen-curve-1 { stroke: var(--limen-minus); stroke-width: 2; stroke-dasharray: 8 3; }
.limen svg .limen-curve-2 { stroke: var(--limen-ink); stroke-width: 1.8; stroke-dasharray: 2 3; }
.limen svg .limen-curve-3 { stroke: var(--limen-muted); stroke-width: 1.6; stroke-dasharray: 9 3 2 3; }
.limen svg .limen-curve-4 { stroke: var(--limen-plus); stroke-width: 1.4; stroke-dasharray: 4 4; }
.limen svg .limen-curve-5 { stroke: var(--limen-minus); stroke-width: 1.2; }
.limen svg .limen-dot { stroke-width: 7; stroke-linecap: round; stroke-dasharray: none; }
@media (max-width: 560px) {
  .limen .limen-plot { padding-left: 2.9rem; padding-right: .3rem; }
}
@media print { .limen .limen-figure { break-inside: avoid; } }
"""


@dataclass(frozen=True)
class Axis:
    """One direction of a chart: its ends, its labels, and what it counts."""

    low: float
    high: float
    ticks: Ticks
    title: str = ""

    def share(self, value: float) -> float:
        """Where a value lies, 0 at the low end and 1 at the high one."""
        return (value - self.low) / (self.high - self.low)


@dataclass(frozen=True)
class Frame:
    """Both axes of a chart; turns values into its units."""

    x: Axis
    y: Axis

    def line(self, x: FloatArray | IntArray, y: FloatArray, style: int) -> str:
        """A line through points, broken where one is not finite."""
        kind, alone = f"limen-curve limen-curve-{style}", _alone(np.isfinite(y))
        dots = self._path(x, np.where(alone, y, np.nan))
        dotted = f'<path class="{kind} limen-dot" d="{dots}"/>' if dots else ""
        return f'<path class="{kind}" d="{self._path(x, y)}"/>{dotted}'

    def band(self, x: FloatArray | IntArray, low: FloatArray, high: FloatArray) -> str:
        """The area between two lines; where the lower one is -inf it reaches down to the edge."""
        floor = np.where(np.isneginf(low), self.y.low, low)
        areas = []
        for run in _runs(np.isfinite(floor) & np.isfinite(high)):
            forth, back = self._path(x[run], high[run]), self._path(x[run][::-1], floor[run][::-1])
            areas.append(f"{forth}L{back[1:]}Z")
        return f'<path class="limen-band" d="{"".join(areas)}"/>' if areas else ""

    def bars(self, x: FloatArray | IntArray, width: float, values: FloatArray) -> str:
        """Bars from zero; those below it are hollow."""
        paths = {"positive": "", "negative": ""}
        zero = self._y(0.0)
        for left, value in zip(x, values, strict=True):
            if not np.isfinite(value) or abs(value) < 1e-6 * (self.y.high - self.y.low):
                continue
            start, stop = self._x(float(left)), self._x(float(left) + width)
            paths["positive" if value > 0 else "negative"] += f"M{start} {zero}V{self._y(float(value))}H{stop}V{zero}Z"
        return "".join(f'<path class="limen-{kind}" d="{path}"/>' for kind, path in paths.items() if path)

    def level(self, value: float, kind: str = "level") -> str:
        """A line across the whole chart."""
        return f'<path class="limen-{kind}" d="M0 {self._y(value)}H{SIZE}"/>'

    def at(self, place: float, kind: str = "at") -> str:
        """A line from top to bottom."""
        return f'<path class="limen-{kind}" d="M{self._x(place)} 0V{SIZE}"/>'

    def span(self, start: float, stop: float) -> str:
        """A shaded stretch from top to bottom."""
        left, right = (self._x(min(max(place, self.x.low), self.x.high)) for place in (start, stop))
        return f'<path class="limen-span" d="M{left} 0H{right}V{SIZE}H{left}Z"/>'

    def said(self, place: float, text: str) -> str:
        """A remark beside a place on the x axis, at the bottom, on the side where there is room."""
        share = self.x.share(place)
        side, shift = ("start", 6) if share < 0.6 else ("end", -6)
        where = f'x="{100 * share:.2f}%" y="100%" dx="{shift}" dy="-8" text-anchor="{side}"'
        return f'<text class="limen-said" {where}>{clean(text)}</text>'

    def _path(self, x: FloatArray | IntArray, y: FloatArray) -> str:
        pieces = []
        for run in _runs(np.isfinite(y)):
            points = [f"{self._x(float(a))} {self._y(float(b))}" for a, b in zip(x[run], y[run], strict=True)]
            pieces.append(f"M{'L'.join(points)}" + ("h.01" if len(points) == 1 else ""))
        return "".join(pieces)

    def _x(self, value: float) -> str:
        return f"{SIZE * self.x.share(value):.1f}".removesuffix(".0")

    def _y(self, value: float) -> str:
        return f"{SIZE * (1 - min(max(self.y.share(value), 0.0), 1.0)):.1f}".removesuffix(".0")


def _alone(known: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Points without a neighbour on either side, which a line would not show."""
    beside = np.concatenate([[False], known, [False]])
    return np.asarray(known & ~beside[:-2] & ~beside[2:])


def _runs(known: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Iterable[slice]:
    """The stretches in which all is known."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(np.int8)))
    return (slice(int(start), int(stop)) for start, stop in zip(edges[::2], edges[1::2], strict=True))


def chart(frame: Frame, marks: Sequence[str], told: str, over: Sequence[str] = (), kind: str = "limen-wide") -> str:
    """The SVG of a chart. marks: what lies in it, in the order drawn. told: it in words. over: remarks on top."""
    grid, labels = [], []
    for value, text in frame.y.ticks:
        place = f"{100 * (1 - frame.y.share(value)):.2f}%"
        grid.append(f'<line class="limen-grid" x1="0" x2="100%" y1="{place}" y2="{place}"/>')
        labels.append(f'<text x="-7" y="{place}" dy=".35em" text-anchor="end">{text}</text>')
    for value, text in frame.x.ticks:
        share = frame.x.share(value)
        labels.append(f'<text x="{100 * share:.2f}%" y="100%" dy="16" text-anchor="middle">{text}</text>')
    title = f'<text x="100%" y="100%" dy="32" text-anchor="end">{clean(frame.x.title)}</text>'
    inner = "".join(mark.replace("<path ", '<path vector-effect="non-scaling-stroke" ') for mark in marks)
    stretched = f'<svg width="100%" height="100%" viewBox="0 0 {SIZE} {SIZE}" preserveAspectRatio="none">{inner}</svg>'
    box = '<rect class="limen-frame" width="100%" height="100%"/>'
    body = "".join([*grid, box, stretched, *labels, title, *over])
    whole = f'<svg class="limen-chart" role="img" aria-label="{clean(told)}">{body}</svg>'
    return f'<div class="limen-plot {kind}">{whole}</div>'


def figure(caption: str, keys: Sequence[tuple[str, str]], picture: str) -> str:
    """A chart with its caption and the key of its marks. keys: (class of the sample, what it means)."""
    items = "".join(f"<li>{_sample(kind)}{clean(text)}</li>" for kind, text in keys)
    listed = f'<ul class="limen-keys">{items}</ul>' if items else ""
    return f'<figure class="limen-figure"><figcaption>{clean(caption)}</figcaption>{listed}{picture}</figure>'


def _sample(kind: str) -> str:
    kind, _, shade = kind.partition("-") if kind.startswith("cell-") else (kind, "", "")
    if kind in BOXES:
        deep = f' fill-opacity="{int(shade) / 12:.2f}"' if shade else ""
        mark = f'<rect class="limen-{kind}"{deep} x="1" y="1" width="28" height="10"/>'
    else:
        names = f"limen-curve limen-{kind}" if kind.startswith("curve") else f"limen-{kind}"
        mark = f'<path class="{names}" d="M0 6H30"/>'
    return f'<svg aria-hidden="true">{mark}</svg>'
