"""The explanation of an image as a piece of HTML: what a notebook shows, and the heart of the report page.

The photo is in the text itself, once; maps lie over it as small transparent images, outlines and links as vectors.
"""

from __future__ import annotations

import base64
import zlib
from typing import TYPE_CHECKING

from limen.results._html import answer, doubts_note, effects_table, pairs_table
from limen.results._html_pieces import clean, facts_list
from limen.results._image_faces import DISAGREEMENT, EFFECTS, image_face, image_of
from limen.results._image_figures import Drawing, curves_figure, links_figure, map_figure, parts_figure
from limen.results._image_shapes import png, shrunk
from limen.results._style import style
from limen.results._svg import RULES
from limen.results._terminal import clip, summary

if TYPE_CHECKING:
    from limen.results.explanation import Explanation

PIXELS = 640
"""Longer side of the photo on the page, at most."""
IMAGE = """
.limen .limen-canvas { position: relative; margin: .45rem 0 0; overflow: hidden; border-radius: .3rem; }
.limen .limen-canvas::before { content: ""; position: absolute; inset: 0;
  background: var(--limen-photo) center / 100% 100% no-repeat; }
.limen .limen-grey::before { filter: grayscale(1) contrast(.6) brightness(1.2); }
.limen .limen-canvas > svg { position: absolute; inset: 0; width: 100%; height: 100%; }
.limen .limen-canvas path { vector-effect: non-scaling-stroke; stroke-linejoin: round; }
.limen .limen-canvas text { font-weight: 700; fill: #10151b; stroke: #fff; paint-order: stroke; text-anchor: middle;
  dominant-baseline: central; stroke-linejoin: round; }
.limen .limen-halo { fill: none; stroke: #fff; }
.limen .limen-joined { fill: none; stroke: #10151b; stroke-width: 1.2; }
.limen .limen-support { fill: none; stroke: #08427f; }
.limen .limen-oppose { fill: none; stroke: #8f3d00; }
.limen path.limen-oppose { stroke-dasharray: 7 4; }
.limen .limen-keys path { stroke-width: 3; }
.limen .limen-keys .limen-support { stroke: var(--limen-plus); }
.limen .limen-keys .limen-oppose { stroke: var(--limen-minus); }
.limen .limen-region { fill: transparent; stroke: none; }
.limen .limen-dot-of { fill: #fff; stroke: #10151b; }
.limen .limen-veil { fill: var(--limen-paper); fill-opacity: .86; stroke: none; }
.limen .limen-strip { height: .8rem; margin: .45rem 0 0; border-radius: .15rem; }
.limen .limen-ends-of { display: flex; justify-content: space-between; font-size: .8rem; color: var(--limen-muted);
  font-variant-numeric: tabular-nums; }
.limen .limen-beside { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr));
  gap: 0 1.2rem; margin-bottom: 1.1rem; }
.limen .limen-tall .limen-canvas { max-width: 26rem; }
"""


def image_fragment(explanation: Explanation) -> str:
    """Write the explanation of an image as one <section> with its own <style>. The same record gives the same text."""
    instance = image_of(explanation)
    file = png(shrunk(instance.image, PIXELS))
    drawing = Drawing(explanation, f"{zlib.crc32(repr(explanation).encode(), zlib.crc32(file)):08x}")
    sections = [
        f"<style>{style()}{RULES}{IMAGE}</style>",
        answer(explanation),
        doubts_note(explanation),
        map_figure(drawing, image_face(explanation, EFFECTS)),
        f'<div class="limen-beside">{"".join(_more(drawing))}</div>',
        effects_table(explanation),
        pairs_table(explanation),
        facts_list((heading, text) for heading, text in summary(explanation) if heading != "doubt"),
    ]
    body = "\n".join(section for section in sections if section)
    name = clean(clip(explanation.target_name, 90))
    shape = " limen-tall" if instance.image.shape[0] > instance.image.shape[1] else ""
    photo = f"--limen-photo: url(data:image/png;base64,{base64.b64encode(file).decode()})"
    return f'<section class="limen{shape}" style="{photo}" aria-label="Explanation of {name}">\n{body}\n</section>'


def _more(drawing: Drawing) -> list[str]:
    """The pictures below the map of effects."""
    explanation = drawing.explanation
    found = [parts_figure(drawing)]
    if image_of(explanation).n_segmentations > 1:
        found.append(map_figure(drawing, image_face(explanation, DISAGREEMENT)))
    if explanation.interactions is not None and explanation.interactions.strongest(1):
        found.append(links_figure(drawing))
    if explanation.curves is not None:
        found.append(curves_figure(explanation.curves, explanation.unit))
    return found
