"""A derivation in LaTeX: plain ASCII, for amsmath."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from limen.results import _derivation_terms as terms
from limen.results._derivation_answer import answer, size
from limen.results._formula import prose_latex

if TYPE_CHECKING:
    from limen.results.derivation import Derivation, Factor


def derivation_latex(derivation: Derivation, *, document: bool) -> str:
    """Write the derivation as a piece of LaTeX, or as a whole document."""
    title, chain, expanded, by_term, question, check = terms.sections(derivation)
    lines = [
        *_section(title, [prose_latex(terms.head(derivation)) + "."]),
        *_section("The net", _display(terms.net(derivation))),
        *_section(chain, [*_display(terms.CHAIN), *_factors(derivation.factors)]),
        *_section(expanded, [*_display(terms.formulas(derivation)), *_factors(derivation.parts)]),
        *_section(by_term, _lags(derivation)),
        *_section(question, [prose_latex(answer(derivation))]),
        *_section(check, [prose_latex(f"{heading}: {found}.") + "\n" for heading, found in terms.checked(derivation)]),
    ]
    body = "\n".join(lines)
    if not document:
        return f"% needs \\usepackage{{amsmath}}\n{body}\n"
    opening = r"\documentclass{article}" + "\n" + r"\usepackage[margin=2cm]{geometry}" + "\n" + r"\usepackage{amsmath}"
    return f"{opening}\n\\setlength{{\\parindent}}{{0pt}}\n\\begin{{document}}\n{body}\n\\end{{document}}\n"


def _section(title: str, lines: Iterable[str]) -> list[str]:
    return [rf"\subsection*{{{prose_latex(title)}}}", *lines]


def _display(lines: Sequence[str]) -> list[str]:
    return [r"\begin{gather*}", " \\\\\n".join(lines), r"\end{gather*}"]


def _table(columns: str, rows: Sequence[Sequence[str]], spread: float) -> list[str]:
    """The first row is the head."""
    lines = [" & ".join(row) + r" \\" for row in rows]
    opening = [
        r"\begin{center}\small",
        rf"\renewcommand{{\arraystretch}}{{{spread}}}",
        rf"\begin{{tabular}}{{{columns}}}",
    ]
    return [*opening, lines[0] + r" \hline", *lines[1:], r"\end{tabular}", r"\end{center}"]


def _factors(factors: Sequence[Factor]) -> list[str]:
    rows = [("factor", "shape", "norm", "", "what it is")]
    for factor in factors:
        symbol, meaning = terms.TERMS[factor.name]
        shape = r" \times ".join(str(length) for length in factor.shape)
        norm = prose_latex(size(factor.log_norm))
        rows.append((f"${symbol}$", f"${shape}$", norm, factor.norm, f"${meaning}$" if meaning else ""))
    return _table("llrll", rows, 1.5)


def _lags(derivation: Derivation) -> list[str]:
    lags = terms.shown(derivation)
    rows = [("lag", "$k$", *(f"${formula}$" for formula in terms.COLUMNS.values()))]
    for lag in lags:
        numbers = (terms.cell(name, float(getattr(derivation.lags, name)[lag])) for name in terms.COLUMNS)
        rows.append((str(lag), str(derivation.steps - lag), *map(_number, numbers)))
    notes = [prose_latex(note) for note in (terms.NOTE, terms.left_out(derivation)) if note]
    return [*_table("r" * len(rows[0]), rows, 1.1), *notes]


def _number(word: str) -> str:
    """A cell; the sign of a share belongs into the formula."""
    found = prose_latex(word)
    return f"${found}$" if found[:1] in "+-" and len(found) > 1 else found
