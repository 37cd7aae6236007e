"""Fonts that have the letters of a text, and stand-ins for letters that no installed font has.

matplotlib warns for each glyph that it cannot find, and draws a box. Here the installed fonts are asked first.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache, lru_cache

PREFERRED = ("Noto Sans", "Source Han", "Hiragino", "PingFang", "Microsoft YaHei", "Malgun", "Arial Unicode")
"""Fonts that are asked first for what the reader's own lacks: they read well beside a plain sans-serif."""
NOT_UNICODE = ("cm", "Last Resort", ".")
"""Beginnings of names of fonts whose characters are not what their codes say: TeX's, and those made of stand-ins."""
RIGHT_TO_LEFT = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc"
SKIN = range(0x1F3FB, 0x1F400)


def families_for(text: str) -> list[str]:
    """Name the reader's own font family, then those that have what it lacks of the text."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    own = findfont(FontProperties())
    families = [str(get_font(own).family_name)]
    missing = {letter for letter in set(text) if not letter.isspace() and not _has(own, letter)}
    for name in _installed() if missing else []:
        path = findfont(FontProperties(family=[name]), fallback_to_default=False)
        found = {letter for letter in missing if _has(path, letter)}
        if found:
            families.append(name)
            missing -= found
        if not missing:
            break
    return families


def drawable(text: str, families: list[str]) -> str:
    """Put □ (or ?) for each letter that no family has; invisible ones (joiners, variants of emoji) are left out."""
    from matplotlib.font_manager import FontProperties, findfont

    paths = [findfont(FontProperties(family=[name])) for name in families]
    known = {letter: any(_has(path, letter) for path in paths) or letter.isspace() for letter in set(text + "□")}
    return "".join(letter if known[letter] else _stand_in(letter, known["□"]) for letter in text)


def left_to_right(text: str) -> str:
    """Give a text as this matplotlib must get it.

    Before 3.11 it sets all letters from left to right, so that Hebrew and Arabic have to be turned round (and Arabic
    letters stay unjoined); from then on it puts them in order and joins them.
    """
    from matplotlib import ft2font

    if hasattr(ft2font, "__libraqm_version__"):
        return text
    return re.sub(rf"[{RIGHT_TO_LEFT}]+(?:\s+[{RIGHT_TO_LEFT}]+)*", lambda run: run[0][::-1], text)


def ruler(families: list[str]) -> Callable[[str], float]:
    """How wide a text is in these fonts, in font sizes."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family=families, size=100)

    @cache
    def width(text: str) -> float:
        # Spaces at the ends are not measured, so that the text stands between two letters whose width is taken off.
        whole, ends = (text_to_path.get_text_width_height_descent(f"n{inner}n", font, False)[0] for inner in (text, ""))
        return float(whole - ends) / 100

    return width


def _stand_in(letter: str, box: bool) -> str:
    if unicodedata.category(letter) in ("Cf", "Mn", "Me") or ord(letter) in SKIN:
        return ""
    return "□" if box else "?"


@lru_cache(maxsize=1)
def _installed() -> tuple[str, ...]:
    """All families with an upright font of normal weight, by name, the preferred ones first."""
    from matplotlib.font_manager import fontManager

    upright = (font for font in fontManager.ttflist if font.weight in (400, "normal") and font.style == "normal")
    names = {font.name for font in upright if not font.name.startswith(NOT_UNICODE)}
    return tuple(sorted(names, key=lambda name: (not name.startswith(PREFERRED), name)))


@lru_cache(maxsize=65536)
def _has(path: str, letter: str) -> bool:
    """Whether the font in a file can draw a letter."""
    from matplotlib.font_manager import get_font

    if unicodedata.category(letter) in ("Cc", "Cs"):
        return False
    return bool(get_font(path).get_char_index(ord(letter)))
