"""The palettes of the pages, chosen and mixed for whatever background a picture has."""

from __future__ import annotations

from typing import Any

from limen.results._style import DARK, LIGHT

Colour = tuple[float, float, float]


def scheme_on(background: Any) -> dict[str, str]:
    """The palette whose ink can be read on a background, given in any of matplotlib's ways to name a colour."""
    red, green, blue = opaque(background)
    return LIGHT if 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2 > 0.18 else DARK


def shade_on(background: Any, size: float) -> Colour:
    """The colour of an effect of relative size -1 ... 1: the background itself at 0, the deepest shades at the ends."""
    side = scheme_on(background)["plus-5" if size > 0 else "minus-5"]
    share = abs(size) ** 0.8  # small effects would hardly be seen in proportion
    under, over = opaque(background), opaque(side)
    mixed = [(1 - share) * low + share * high for low, high in zip(under, over, strict=True)]
    return mixed[0], mixed[1], mixed[2]


def opaque(colour: Any) -> Colour:
    """Red, green and blue in 0 ... 1, as seen on white paper where the colour is transparent."""
    from matplotlib.colors import to_rgba

    red, green, blue, alpha = to_rgba(colour)
    return 1 - alpha * (1 - red), 1 - alpha * (1 - green), 1 - alpha * (1 - blue)
