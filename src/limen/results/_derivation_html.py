"""A derivation as HTML: formulas in MathML, tables, a picture of the decay; no script, nothing fetched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from limen.results import _derivation_terms as terms
from limen.results._derivation_answer import answer, size
from limen.results._derivation_chart import decay
from limen.results._formula import mathml, power_html, prose, prose_html
from limen.results._html_pieces import clean
from limen.results._style import style
from limen.results._svg import RULES

if TYPE_CHECKING:
    from limen.results.derivation import Derivation, Factor

_RULES = """
.limen .limen-scroll { overflow-x: auto; }
.limen math { font-size: 1.08em; font-family: "STIX Two Math", "Cambria Math", "Latin Modern Math", "Libertinus Math",
  "TeX Gyre Termes Math", "DejaVu Math TeX Gyre", math; }
.limen .limen-formula { margin: .5rem 0; padding: .1rem 0 .2rem; font-size: 1.02rem; }
.limen .limen-formula math { margin: .55rem 0; text-align: start; width: max-content; }
.limen.limen .limen-measured { width: auto; min-width: 60%; table-layout: auto; }
.limen.limen .limen-measured th, .limen.limen .limen-measured td { padding: .28rem 1.3rem .28rem 0;
  overflow-wrap: normal; }
.limen.limen .limen-measured td { white-space: nowrap; }
.limen .limen-measured tbody math { math-style: normal; }
.limen.limen .limen-lags { width: 100%; min-width: 0; }
.limen.limen .limen-lags th, .limen.limen .limen-lags td { padding: .13rem .3rem .13rem .5rem; text-align: right; }
.limen .limen-sentence { margin: .3rem 0; max-width: 46rem; }
"""
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="limen {version}">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
:root {{ --page: #f2f4f6; --muted: #565d66; }}
@media screen and (prefers-color-scheme: dark) {{ :root {{ --page: #0d0f12; --muted: #a7afb9; }} }}
body {{ margin: 0; padding: 2rem 1rem 3rem; background: var(--page); font-family: system-ui, sans-serif; }}
main, footer {{ max-width: 54rem; margin: 0 auto; }}
footer {{ margin-top: 1rem; font-size: .8rem; color: var(--muted); }}
@media (max-width: 560px) {{ body {{ padding: .6rem .4rem 2rem; }} }}
@media print {{
  @page {{ margin: 16mm; }}
  body {{ padding: 0; background: none; }}
  main, footer {{ max-width: none; }}
}}
</style>
</head>
<body>
<main>
{fragment}
</main>
<footer>Written by limen {version}. This page holds no script and loads nothing.</footer>
</body>
</html>
"""


def derivation_page(derivation: Derivation) -> str:
    """Write a complete HTML document. The same record gives the same text."""
    title, version = prose(terms.TITLE), clean(derivation.limen_version)
    return _PAGE.format(title=title, version=version, fragment=derivation_fragment(derivation))


def derivation_fragment(derivation: Derivation) -> str:
    """Write the derivation as one <section> with its own <style>."""
    title, chain, expanded, by_term, question, check = terms.sections(derivation)
    sections = [
        f"<style>{style()}{RULES}{_RULES}</style>",
        f'<h1 class="limen-answer"><b>{prose_html(title)}</b></h1>',
        f'<p class="limen-note">{prose_html(terms.head(derivation))}</p>',
        *_section("The net", _display(terms.net(derivation))),
        *_section(chain, _display(terms.CHAIN), _factors(derivation.factors)),
        *_section(expanded, _display(terms.formulas(derivation)), _factors(derivation.parts)),
        *_section(by_term, decay(derivation), _lags(derivation)),
        *_section(question, f'<p class="limen-sentence">{prose_html(answer(derivation))}</p>'),
        *_section(check, _facts(terms.checked(derivation))),
    ]
    body = "\n".join(section for section in sections if section)
    return f'<section class="limen" aria-label="{prose(title)}">\n{body}\n</section>'


def _section(title: str, *blocks: str) -> list[str]:
    return [f'<h2 class="limen-title">{prose_html(title)}</h2>', *blocks]


def _scroll(inside: str, kind: str = "") -> str:
    return f'<div class="limen-scroll{kind}" tabindex="0">{inside}</div>'


def _display(lines: Sequence[str]) -> str:
    return _scroll("".join(mathml(line, block=True) for line in lines), " limen-formula")


def _factors(factors: Sequence[Factor]) -> str:
    heads = ("factor", "shape", "norm", "which norm", "what it is")
    rows = []
    for factor in factors:
        symbol, meaning = terms.TERMS[factor.name]
        told = (
            terms.shape(factor),
            power_html(size(factor.log_norm)),
            clean(factor.norm),
            mathml(meaning) if meaning else "",
        )
        rows.append((mathml(symbol), *told))
    return _scroll(_table("limen-measured", heads, rows))


def _table(kind: str, heads: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    head_row = "".join(f'<th scope="col">{text}</th>' for text in heads)
    body = "\n".join(
        f'<tr><th scope="row">{first}</th>{"".join(f"<td>{text}</td>" for text in rest)}</tr>' for first, *rest in rows
    )
    return f'<table class="limen-table {kind}"><thead><tr>{head_row}</tr></thead>\n<tbody>{body}</tbody></table>'


def _lags(derivation: Derivation) -> str:
    heads = ["lag", mathml("k"), *(mathml(formula) for formula in terms.COLUMNS.values())]
    rows = []
    for lag in terms.shown(derivation):
        numbers = (terms.cell(name, float(getattr(derivation.lags, name)[lag])) for name in terms.COLUMNS)
        rows.append([str(lag), str(derivation.steps - lag), *map(power_html, numbers)])
    notes = (
        f'<p class="limen-note">{prose_html(note)}</p>' for note in (terms.NOTE, terms.left_out(derivation)) if note
    )
    return _scroll(_table("limen-measured limen-lags", heads, rows)) + "".join(notes)


def _facts(rows: Iterable[tuple[str, str]]) -> str:
    items = "".join(f"<dt>{clean(heading)}</dt><dd>{prose_html(text)}</dd>" for heading, text in rows)
    return f'<dl class="limen-facts">{items}</dl>'
