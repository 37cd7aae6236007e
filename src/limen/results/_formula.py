r"""Formulas, written once in a small part of LaTeX, as plain text and as MathML.

The part: letters, digits, operators, ``_``, ``^`` and ``'`` behind an atom, groups in braces, ``\frac{}{}``,
``\hat{}``, ``\operatorname{}`` and the symbols of `SYMBOLS`. A formula outside it is a mistake of ours and fails.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

SYMBOLS = {
    r"\partial": "∂", r"\delta": "δ", r"\varepsilon": "ε", r"\Sigma": "Σ", r"\sum": "∑", r"\top": "⊤", r"\odot": "⊙",
    r"\quad": "   ", r"\otimes": "⊗", r"\oslash": "⊘", r"\cdots": "⋯", r"\cdot": "·", r"\|": "‖",
    r"\langle": "⟨", r"\rangle": "⟩",
}  # fmt: skip
"""LaTeX's commands and the characters that stand for them."""
_OPERATORS = set("=+-⊙⊗⊘⋯·>")
_LOOSE = _OPERATORS | {",", "   ", "", "(", ")", "‖"}
"""What a fraction may stand beside without parentheses, in text."""
_RAISED = {"⊤": "ᵀ", "+": "⁺", "2": "²"}
_INLINE = re.compile(r"\$([^$]+)\$")
_EXPONENT = re.compile(r"(?<![\w.])([+-]?\d+(?:\.\d+)?)e(-?\d+)")
_MINUS = re.compile(r"(?<![\w)])-(?=\d)")
_TOKEN = re.compile(r"\s*(\\[A-Za-z]+|\\\||[^\s\\])")


@dataclass(frozen=True)
class _Node:
    """kind: "symbol" (value is the character or the name), "row", "frac", "hat" or "script" (base, below, above)."""

    kind: str
    value: str = ""
    parts: tuple[_Node, ...] = ()


_EMPTY = _Node("row")


def text(formula: str) -> str:
    """Write a formula as a line of text: ∂h_T/∂h_{T-1}."""
    return _text(_parsed(formula))


def prose(sentence: str) -> str:
    """Write a sentence with formulas between dollar signs as text."""
    return _INLINE.sub(lambda found: text(found[1]), sentence)


def prose_latex(sentence: str) -> str:
    """Write such a sentence for LaTeX: numbers such as 3.1e-9 with a power of ten."""
    return _outside(sentence, lambda words: _EXPONENT.sub(r"$\1 \\cdot 10^{\2}$", words), lambda found: f"${found}$")


def prose_html(sentence: str) -> str:
    """Write such a sentence for HTML: escaped, formulas in MathML, numbers with a power of ten."""
    return _outside(sentence, lambda words: power_html(html.escape(words)), mathml)


def power_html(words: str) -> str:
    """Numbers such as 3.1e-9 with a raised exponent, and every minus as wide as a plus."""
    raised = _EXPONENT.sub(lambda found: f"{found[1]}·10<sup>{found[2]}</sup>", words)
    return _MINUS.sub("−", raised)


def _outside(sentence: str, words: Callable[[str], str], formula: Callable[[str], str]) -> str:
    pieces = _INLINE.split(sentence)  # words and formulas in turn
    return "".join(formula(piece) if place % 2 else words(piece) for place, piece in enumerate(pieces))


def mathml(formula: str, *, block: bool = False) -> str:
    """Write a formula as a <math> element, which every browser of today shows without a script."""
    display = ' display="block"' if block else ""
    return f"<math{display}>{_mathml(_parsed(formula))}</math>"


def _parsed(formula: str) -> _Node:
    tokens = _TOKEN.findall(formula)[::-1]
    node = _row(tokens)
    if tokens:
        raise ValueError(f"formula {formula!r} closes a brace that was not opened")
    return node


def _row(tokens: list[str]) -> _Node:
    found: list[_Node] = []
    while tokens and tokens[-1] != "}":
        token = tokens.pop()
        if token in "_^'":
            found.append(_scripted(found.pop(), token, tokens))
        else:
            found.append(_atom(token, tokens))
    return _Node("row", parts=tuple(found))


def _scripted(base: _Node, token: str, tokens: list[str]) -> _Node:
    """Hang an index, an exponent or a prime on an atom; what it already has, it keeps."""
    argument = _Node("symbol", "'") if token == "'" else _argument(tokens)
    core, below, above = base.parts if base.kind == "script" else (base, _EMPTY, _EMPTY)
    if token == "_":
        return _Node("script", parts=(core, argument, above))
    return _Node("script", parts=(core, below, _Node("row", parts=tuple(p for p in (above, argument) if p != _EMPTY))))


def _argument(tokens: list[str]) -> _Node:
    token = tokens.pop()
    return _atom(token, tokens)


def _atom(token: str, tokens: list[str]) -> _Node:
    if token == "{":
        inside = _row(tokens)
        tokens.pop()  # the closing brace
        return inside.parts[0] if len(inside.parts) == 1 else inside
    if token == r"\frac":
        return _Node("frac", parts=(_argument(tokens), _argument(tokens)))
    if token == r"\hat":
        return _Node("hat", parts=(_argument(tokens),))
    if token == r"\operatorname":
        inside = _argument(tokens)
        return _Node("symbol", "".join(part.value for part in inside.parts) or inside.value)
    return _Node("symbol", SYMBOLS[token] if token.startswith("\\") else token)


def _text(node: _Node) -> str:
    if node.kind == "symbol":
        return {"-": "−", "∑": "Σ"}.get(node.value, node.value)
    if node.kind == "hat":
        return unicodedata.normalize("NFC", _text(node.parts[0]) + "\N{COMBINING CIRCUMFLEX ACCENT}")
    if node.kind == "frac":
        return "/".join(_text(part) for part in node.parts)
    if node.kind == "script":
        return _script_text(*node.parts)
    return _row_text(node.parts)


def _script_text(base: _Node, below: _Node, above: _Node) -> str:
    index = "" if below == _EMPTY else _text(below).replace(" ", "").replace("−", "-")
    if base.value == "∑" and above != _EMPTY:  # a range: Σ_{k=1..T-1}
        return f"Σ_{{{index}..{_text(above).replace(' ', '').replace('−', '-')}}}"
    low = "" if not index else f"_{index}" if index.isalnum() else f"_{{{index}}}"
    marks = above.parts if above.kind == "row" else (above,)
    return _text(base) + low + "".join(_RAISED.get(part.value, _text(part)) for part in marks)


def _row_text(parts: tuple[_Node, ...]) -> str:
    pieces: list[str] = []
    for place, part in enumerate(parts):
        before = parts[place - 1] if place else _Node("symbol", "")
        after = parts[place + 1] if place + 1 < len(parts) else _Node("symbol", "")
        piece = _text(part)
        if part.kind == "frac" and not (_loose(before) and _loose(after)):
            piece = f"({piece})"
        if part.value in _OPERATORS and place:
            piece = f" {piece} "
        elif part.value == ",":
            piece = ", "
        elif _apart(before, part):
            piece = f" {piece}"
        pieces.append(piece)
    return "".join(pieces).replace("    ", "   ")


def _loose(node: _Node) -> bool:
    return node.kind == "symbol" and node.value in _LOOSE


def _head(node: _Node) -> _Node:
    return node.parts[0] if node.kind == "script" else node


def _apart(before: _Node, part: _Node) -> bool:
    """Whether two factors need a blank between them: h_{k-1} δ_kᵀ, but not ∂h_T or g_h'(a_T)."""
    closes = before.kind != "symbol" or before.value in (")", "]")
    opens = _head(part).kind != "symbol" or _head(part).value.isalpha() or part.value == "∂"
    return closes and opens and _head(before).value != "∂"


def _mathml(node: _Node) -> str:
    if node.kind == "symbol":
        return _mathml_symbol(node.value)
    if node.kind == "hat":
        return f'<mover accent="true">{_mathml(node.parts[0])}<mo stretchy="false">^</mo></mover>'
    if node.kind == "frac":
        return "<mfrac>" + "".join(_mathml(part) for part in node.parts) + "</mfrac>"
    if node.kind == "script":
        base, below, above = node.parts
        tag = "under{}over" if base.value == "∑" and above != _EMPTY else "sub{}sup"
        first, second = tag.split("{}")
        scripts = "".join(_mathml(part) for part in (below, above) if part != _EMPTY)
        inside = _mathml(base) + scripts.replace("<mo ", '<mo lspace="0" rspace="0" ')
        whole = "m" + (first if below != _EMPTY else "") + (second if above != _EMPTY else "")
        return f"<{whole}>{inside}</{whole}>"
    pieces = []
    for place, part in enumerate(node.parts):
        thin = place and _apart(node.parts[place - 1], part)  # or fractions would run into each other
        pieces.append('<mspace width=".18em"/>' * bool(thin) + _mathml(part))
    return f"<mrow>{''.join(pieces)}</mrow>"


def _mathml_symbol(value: str) -> str:
    if value == "   ":
        return '<mspace width="2em"/>'
    if value.isdigit():
        return f"<mn>{value}</mn>"
    if value.isalpha() or value == "∂":
        return f"<mi>{value}</mi>"
    if value == "'":  # as large as a fallback font, which knows no script sizes, needs it
        return '<mo mathsize="125%">′</mo>'
    character = {"-": "−", ">": "&gt;"}.get(value, value)
    return f'<mo stretchy="false">{character}</mo>'
