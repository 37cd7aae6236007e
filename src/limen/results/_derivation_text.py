"""A derivation as plain text: `str(derivation)`."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from limen.results import _derivation_terms as terms
from limen.results._derivation_answer import size
from limen.results._formula import prose, text
from limen.results._terminal import visible

if TYPE_CHECKING:
    from limen.results.derivation import Derivation, Factor

NARROWEST = 40
BAR = 20
"""Columns of the longest bar."""
BAR_HEAD = "log ‖∂h_T/∂h_k‖"


def derivation_text(derivation: Derivation, width: int) -> str:
    """Lay the whole derivation out; headings start in the first column, all else is indented."""
    width = max(NARROWEST, width)
    title, chain, expanded, by_term, question, check = map(prose, terms.sections(derivation))
    blocks = [
        [title, *_wrapped(prose(terms.head(derivation)), width)],
        ["The net", *_formulas(terms.net(derivation), width)],
        [chain, *_formulas(terms.CHAIN, width), "", *_factors(derivation.factors, width)],
        [expanded, *_formulas(terms.formulas(derivation), width), "", *_factors(derivation.parts, width)],
        [by_term, *_lags(derivation, width)],
        [question, *_wrapped(derivation.answer, width)],
        [check, *(line for pair in terms.checked(derivation) for line in _wrapped(prose(": ".join(pair)), width))],
    ]
    return visible("\n\n".join("\n".join(line.rstrip() for line in block) for block in blocks))


def _wrapped(words: str, width: int, indent: str = "  ") -> list[str]:
    return textwrap.wrap(
        words, width, initial_indent="  ", subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
    )


def _formulas(lines: Sequence[str], width: int) -> list[str]:
    return [piece for line in lines for piece in _wrapped(text(line), width, "      ")]


def _factors(factors: Sequence[Factor], width: int) -> list[str]:
    """A row a factor: symbol, shape, norm and which, and what it is, wrapped into what room is left."""
    rows = [(factor.name, terms.shape(factor), size(factor.log_norm), factor.norm) for factor in factors]
    heads = ("factor", "shape", "norm", "")
    wide = [max(len(row[place]) for row in [heads, *rows]) for place in range(4)]
    used = sum(wide) + 2 * 5
    room = width - used
    lines = ["  " + _row(heads, wide) + ("  what it is" if room >= 20 else "")]
    for row, factor in zip(rows, factors, strict=True):
        meaning = text(terms.TERMS[factor.name][1])
        pieces = textwrap.wrap(meaning, room, break_long_words=False) if meaning and room >= 20 else [""]
        lines.append(f"  {_row(row, wide)}  {pieces[0]}")
        lines += [" " * used + f"  {piece}" for piece in pieces[1:]]
    return lines


def _row(cells: Sequence[str], wide: Sequence[int]) -> str:
    """Norms to the right, all else to the left."""
    return "  ".join(
        cell.rjust(length) if place == 2 else cell.ljust(length)
        for place, (cell, length) in enumerate(zip(cells, wide, strict=True))
    )


def _lags(derivation: Derivation, width: int) -> list[str]:
    """A row a lag, as many columns as there is room for, and bars of the shares where there is more."""
    lags = terms.shown(derivation)
    columns = [["lag", *(str(lag) for lag in lags)], ["k", *(str(derivation.steps - lag) for lag in lags)]]
    used = 2 + sum(max(map(len, column)) for column in columns) + 2
    for name, formula in terms.COLUMNS.items():
        cells = [terms.cell(name, float(getattr(derivation.lags, name)[lag])) for lag in lags]
        column = [text(formula), *cells]
        needed = 2 + max(map(len, column))
        if used + needed > width:
            break
        columns.append(column)
        used += needed
    rows = [
        "  " + "  ".join(cell.rjust(max(map(len, column))) for cell, column in zip(row, columns, strict=True))
        for row in zip(*columns, strict=True)
    ]
    if used + 2 + BAR <= width:
        rows = [f"{row}  {bar}" for row, bar in zip(rows, [BAR_HEAD, *_bars(derivation, lags)], strict=True)]
    notes = [prose(terms.NOTE), terms.left_out(derivation)]
    return [*rows, *(line for note in notes if note for line in _wrapped(note, width))]


def _bars(derivation: Derivation, lags: Sequence[int]) -> list[str]:
    """The norm of the product on a logarithmic scale, as runs of blocks: an exponential is a straight edge."""
    logs = derivation.lags.log_products
    known = logs[logs > -float("inf")]
    low, high = float(known.min()), float(known.max())
    span = (high - low) or 1.0
    return ["█" * (1 + round((BAR - 1) * (float(logs[lag]) - low) / span)) if logs[lag] >= low else "" for lag in lags]
