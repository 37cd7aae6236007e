"""The figures of an image's explanation in HTML: maps, supporting parts, links, curves."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from limen._types import FloatArray
from limen.results._html_pieces import clean, signed
from limen.results._image_faces import (
    DISAGREEMENT,
    EFFECTS,
    SUPPORTS,
    Face,
    Label,
    Shape,
    image_of,
    labels_in,
    overlay,
    shaded,
    shapes,
    supporting,
)
from limen.results._image_links import Link, links_of
from limen.results._image_shapes import outlines, png
from limen.results._svg import Axis, Frame, chart, figure
from limen.results._terminal import clip, digits
from limen.results._ticks import percents, plain
from limen.results.image_curves import Curves

if TYPE_CHECKING:
    from limen.results.explanation import Explanation

PIXELS, STOPS, GROUND, LINKS = 640, 9, 190, 8
"""Longer side of a map at most; stops of the key and its grey ground; links at most."""
MARGIN = 0.055
"""Where the middle of a number may lie, in shares of the width from either side."""
OUTLINED = [("support", "supports at 95 %"), ("oppose", "opposes at 95 %")]


@dataclass(frozen=True)
class Drawing:
    """An explanation with what makes the names in its drawings differ from those of others on a page."""

    explanation: Explanation
    name: str

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the photo, whose pixels are the units of all drawings."""
        height, width = image_of(self.explanation).image.shape[:2]
        return height, width


def map_figure(drawing: Drawing, face: Face) -> str:
    """A map over the grey photo, with outlines and numbers where it is of effects, and its key."""
    explanation = drawing.explanation
    step = max(1, -(-max(drawing.size) // PIXELS))
    file = base64.b64encode(png(np.ascontiguousarray(overlay(face)[::step, ::step]))).decode()
    height, width = drawing.size
    place = f'width="{width}" height="{height}" preserveAspectRatio="none"'
    marks = [f'<image href="data:image/png;base64,{file}" {place}/>']
    target, keys = clip(explanation.target_name, 40), []
    caption = f"Hardly anything changes {target}" if face.flat else f"What each part does to {target}"
    if face.kind == EFFECTS:
        found = shapes(explanation)
        marks += [_outlined(shape, f"{drawing.name}-{face.kind}-{k}") for k, shape in enumerate(found)]
        marks += [_text(label, width) for label in reversed(labels_in(explanation))]
        sides = {shape.support for shape in found}
        keys = [key for key, side in zip(OUTLINED, (True, False), strict=True) if side in sides]
    if face.kind == DISAGREEMENT:
        caption = "Where the segmentations disagree"
    lowest = -face.largest if face.signed else 0.0
    told = f"{caption}: a map over the photo, from {_end(lowest, face)} to {_end(face.largest, face)}"
    picture = _canvas(drawing, marks, told, grey=True)
    return figure(caption, keys, f"{picture}{_strip(face, explanation.unit)}")


def parts_figure(drawing: Drawing) -> str:
    """The most supporting parts in colour, the rest faded."""
    explanation = drawing.explanation
    mask = supporting(explanation)
    height, width = drawing.size
    around = f"M0 0H{width}V{height}H0Z"
    marks = [f'<path class="limen-veil" fill-rule="evenodd" d="{around}{_path(outlines(mask))}"/>']
    caption = "What supports most, alone" if mask.any() else "No part is known to support it (none is above 0 at 95 %)"
    if image_of(explanation).n_segmentations == 1:
        found = [shape for shape in shapes(explanation) if shape.support][:SUPPORTS]
        marks += [_outlined(shape, f"{drawing.name}-parts-{k}") for k, shape in enumerate(found)]
    return figure(caption, [], _canvas(drawing, marks, caption, grey=False))


def links_figure(drawing: Drawing) -> str:
    """Pairs that act together, as lines over the grey photo."""
    found = links_of(drawing.explanation, LINKS)
    width = drawing.size[1]
    marks = [_joined(link) for link in found] + [_line(link) for link in reversed(found)]
    marks += [_ends_of(link, width / 46) for link in found]
    marks += [_written(*link.middle, _short(link.value), width / 29) for link in reversed(found)]
    told = "What two parts add together, beyond the sum of each"
    keys = [("support", "more"), ("oppose", "less")]
    shown = [key for key, side in zip(keys, (True, False), strict=True) if side in {one.value > 0 for one in found}]
    return figure(told, shown, _canvas(drawing, marks, told, grey=True))


def curves_figure(curves: Curves, unit: str) -> str:
    """Deletion and insertion over the share of the picture."""
    both = np.concatenate([curves.deletion, curves.insertion])
    low, high = min(0.0, float(both.min())), float(both.max())
    high = high if high > low else low + 1.0
    frame = Frame(
        Axis(0.0, 1.0, percents(0, 1), "share of the picture, most supporting first"),
        Axis(low, high, plain(low, high)),
    )
    keys = [
        ("curve-0", f"insertion: these parts alone shown, mean {signed(curves.insertion_area).lstrip('+')}"),
        ("curve-1", f"deletion: these parts hidden, mean {signed(curves.deletion_area).lstrip('+')}"),
    ]
    lines = [frame.line(curves.shares, curves.insertion, 0), frame.line(curves.shares, curves.deletion, 1)]
    caption = f"The answer ({unit}) as parts come and go"
    return figure(caption, keys, chart(frame, lines, caption))


def _canvas(drawing: Drawing, marks: list[str], told: str, *, grey: bool) -> str:
    height, width = drawing.size
    drawn = f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{clean(told)}">{"".join(marks)}</svg>'
    kind = "limen-canvas limen-grey" if grey else "limen-canvas"
    return f'<div class="{kind}" style="aspect-ratio: {width} / {height}">{drawn}</div>'


def _outlined(shape: Shape, name: str) -> str:
    """A region's outline, cut off at the region so that neighbours do not cover each other; its title tells it."""
    side, wide = "support" if shape.support else "oppose", 2.4 + 3.6 * shape.size
    line = f'<use href="#{name}" clip-path="url(#{name}-in)" '
    return (
        f'<defs><path id="{name}" d="{_path(shape.loops)}"/>'
        f'<clipPath id="{name}-in"><use href="#{name}" clip-rule="evenodd"/></clipPath></defs>'
        f'{line}class="limen-halo" stroke-width="{wide + 2.6:.1f}"/>'
        f'{line}class="limen-{side}" stroke-width="{wide:.1f}"{_dashes(shape.support)}/>'
        f'<use href="#{name}" class="limen-region"><title>{clean(shape.told)}</title></use>'
    )


def _dashes(support: bool) -> str:
    return "" if support else ' stroke-dasharray="7 4"'


def _joined(link: Link) -> str:
    """The outlines of both parts of a link, which have no side."""
    way = _path(link.loops)
    return f'<path class="limen-halo" stroke-width="3.2" d="{way}"/><path class="limen-joined" d="{way}"/>'


def _line(link: Link) -> str:
    (x1, y1), (x2, y2) = link.ends.tolist()
    side, wide = "support" if link.value > 0 else "oppose", 1.8 + 4.7 * link.size
    way = f"M{x1:g} {y1:g}L{x2:g} {y2:g}"
    line = f'<path class="limen-halo" stroke-width="{wide + 2.4:.1f}" d="{way}"/>'
    return f'{line}<path class="limen-{side}" stroke-width="{wide:.1f}" d="{way}"/>'


def _ends_of(link: Link, radius: float) -> str:
    """The numbers of both parts."""
    return "".join(_disc(x, y, str(part), radius) for (x, y), part in zip(link.ends.tolist(), link.parts, strict=True))


def _text(label: Label, width: int) -> str:
    """The number of a part in a disc, and its effect below."""
    x, size = min(max(label.x, MARGIN * width), (1 - MARGIN) * width), width / 38
    disc = _disc(x, label.y, label.part, 0.72 * size) if label.part else ""
    below = label.y + (1.35 * size if label.part else 0.0)
    return disc + (_written(x, below, label.text, size) if label.text else "")


def _disc(x: float, y: float, part: str, radius: float) -> str:
    drawn = f'<circle class="limen-dot-of" cx="{x:g}" cy="{y:g}" r="{radius:.1f}" stroke-width="{radius / 10:.1f}"/>'
    return drawn + _written(x, y, part, (1.1 if len(part) < 3 else 0.85) * radius)


def _written(x: float, y: float, text: str, size: float) -> str:
    where = f'x="{x:.5g}" y="{y:.5g}" font-size="{size:.3g}" stroke-width="{size / 4:.2g}"'
    return f"<text {where}>{clean(text)}</text>"


def _short(value: float) -> str:
    return signed(value, 2 if abs(value) >= 0.095 else 3)


def _path(loops: list[FloatArray]) -> str:
    """Closed lines as the data of an SVG path."""
    return "".join("M" + "L".join(f"{x:g} {y:g}" for x, y in loop.tolist()) + "Z" for loop in loops)


def _end(value: float, face: Face) -> str:
    places = digits([face.largest])
    return signed(value, places) if face.signed and value else f"{abs(value):.{places}f}"


def _strip(face: Face, unit: str) -> str:
    """The key of the shades, with the numbers at its ends and the unit."""
    shares = np.linspace(-1 if face.signed else 0, 1, STOPS)
    shades = shaded(shares, signed_=face.signed).astype(np.float64)
    cover = shades[:, 3:] / 255
    mixed = np.rint((1 - cover) * GROUND + cover * shades[:, :3]).astype(int).tolist()
    stops = ", ".join(f"rgb({red} {green} {blue})" for red, green, blue in mixed)
    ends = [_end(share * face.largest, face) for share in ((-1.0, 0.0, 1.0) if face.signed else (0.0, 1.0))]
    told = f'<p class="limen-note">{clean(face.told)} ({clean(unit)})</p>'
    numbers = "".join(f"<span>{clean(end)}</span>" for end in ends)
    strip = f'<div class="limen-strip" style="background: linear-gradient(to right, {stops})"></div>'
    return f'{strip}<div class="limen-ends-of">{numbers}</div>{told}'
