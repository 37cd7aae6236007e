"""An audit as a piece of HTML: the verdict, a light for each weakness, the numbers on a scale."""

from __future__ import annotations

from limen.results._audit_words import cost_told, further, limit_told, offer_told, place_of, value_told, zones_of
from limen.results._html_pieces import clean, facts_list
from limen.results._style import style
from limen.results._terminal import headline
from limen.results.audit import Audit, Finding, Grade, Measure

KINDS = {
    Grade.GOOD: "good",
    Grade.DOUBTFUL: "doubtful",
    Grade.BAD: "bad",
    Grade.NOT_ASKED: "unasked",
    Grade.NOT_APPLICABLE: "unasked",
}
LIGHT = {"good": ("#1f6f43", "#e3f3e9"), "doubtful": ("#7a5200", "#fdf0cf"), "bad": ("#a01830", "#fbe3e6")}
DARK = {"good": ("#8fdcae", "#173526"), "doubtful": ("#f2c96b", "#3a2e10"), "bad": ("#ff9aa8", "#43161d")}
"""Ink and paper of each light; the words and signs say the same."""
RULES = """
.limen .limen-light { display: inline-block; min-width: 6.2rem; padding: .08rem .5rem; border-radius: .35rem;
  border: 1px solid currentColor; font-weight: 650; font-size: .84rem; white-space: nowrap; }
.limen .limen-light-unasked { color: var(--limen-muted); font-weight: 400; border-style: dotted; }
.limen .limen-light-doubtful { border-style: dashed; }
.limen .limen-light-bad { border-width: 2px; }
.limen .limen-verdict { display: flex; gap: .8rem; align-items: baseline; margin: .2rem 0 1rem; font-size: 1.05rem; }
.limen .limen-finding { padding: .55rem 0; border-top: 1px solid var(--limen-rule); }
.limen .limen-finding h3 { display: flex; gap: .7rem; align-items: baseline; margin: 0; font-size: .95rem;
  font-weight: 650; color: var(--limen-ink); }
.limen .limen-finding p { margin: .25rem 0 0; text-align: start; font-size: .9rem; }
.limen .limen-finding .limen-claim { color: var(--limen-muted); font-size: .84rem; }
.limen .limen-measures { width: 100%; border-collapse: collapse; margin: .35rem 0 0; font-size: .84rem;
  font-variant-numeric: tabular-nums; color: var(--limen-ink); }
.limen .limen-measures td { padding: .15rem .7rem .15rem 0; border: 0; text-align: left; vertical-align: middle;
  background: none; }
.limen .limen-measures .limen-value { white-space: nowrap; width: 9.5rem; }
.limen .limen-measures .limen-picture { width: 11rem; padding-right: 0; }
.limen .limen-scale { display: block; width: 100%; height: 20px; overflow: visible; }
.limen .limen-scale .limen-mark { stroke: var(--limen-ink); stroke-width: 2.5; }
.limen .limen-scale text { font-size: 9.5px; fill: var(--limen-ink); }
@media (max-width: 560px) {
  .limen .limen-measures, .limen .limen-measures tbody, .limen .limen-measures tr { display: block; }
  .limen .limen-measures td { display: block; width: auto !important; padding-right: 0; }
}
"""


def audit_fragment(audit: Audit) -> str:
    """Write an audit as one <section> with its own <style>. The same record gives the same text."""
    rows = [("cost", cost_told(audit))]
    more = further(audit)
    if more:
        rows.append(("fuller looks", f"{more:,} model rows for all of them (rows={more})"))
    verdict = _light(audit.grade if audit.grade is not Grade.NOT_APPLICABLE else Grade.NOT_ASKED)
    name = clean(audit.explanation.target_name[:60])
    return (
        f'<section class="limen" aria-label="Audit of the explanation of {name}">\n'
        f"<style>{style()}{_colours()}{RULES}</style>\n"
        f'<p class="limen-answer">{clean(headline(audit.explanation))}</p>\n'
        f'<p class="limen-verdict">{verdict}<b>{clean(audit.verdict)}</b></p>\n'
        f"{''.join(_finding(finding) for finding in audit.findings)}\n{facts_list(rows)}\n</section>"
    )


def _colours() -> str:
    light, dark = (
        "\n".join(
            f".limen .limen-light-{kind} {{ color: {ink}; background: {paper}; }} "
            f".limen .limen-zone-{kind} {{ fill: {paper}; stroke: {ink}; stroke-width: .75; }}"
            for kind, (ink, paper) in scheme.items()
        )
        for scheme in (LIGHT, DARK)
    )
    return f"\n{light}\n@media screen and (prefers-color-scheme: dark) {{\n{dark}\n}}"


def _light(grade: Grade) -> str:
    return f'<span class="limen-light limen-light-{KINDS[grade]}">{grade.sign} {grade.value}</span>'


def _finding(finding: Finding) -> str:
    told = [f'<p class="limen-reason">{clean(finding.reason)}</p>']
    limited = [measure for measure in finding.measures if measure.limit is not None]
    others = [measure for measure in finding.measures if measure.limit is None]
    if limited:
        told.append(_table(limited))
    if finding.remedy:
        told.append(f"<p>→ {clean(finding.remedy)}</p>")
    offer = offer_told(finding)
    about = f'<p class="limen-claim">{clean(finding.claim)}</p>' + (_table(others) if others else "")
    if offer:
        about += f'<p class="limen-claim">{clean(offer)}</p>'
    spent = f'<p class="limen-claim">This check asked the model {finding.rows:,} rows.</p>' if finding.rows else ""
    return (
        f'<div class="limen-finding"><h3>{_light(finding.grade)}<span>{clean(finding.title)}</span></h3>'
        f"{''.join(told)}<details><summary>The weakness, and all numbers</summary>{about}{spent}</details></div>"
    )


def _table(measures: list[Measure]) -> str:
    return f'<table class="limen-measures"><tbody>{"".join(_row(one) for one in measures)}</tbody></table>'


def _row(measure: Measure) -> str:
    picture = _scale(measure) if measure.limit is not None else ""
    source = f' title="{clean(f"{limit_told(measure.limit)}: {measure.limit.source}")}"' if measure.limit else ""
    return (
        f'<tr{source}><td>{clean(measure.told)}</td><td class="limen-value">{clean(value_told(measure))}</td>'
        f'<td class="limen-picture">{picture}</td></tr>'
    )


def _scale(measure: Measure) -> str:
    """Zones with their names, and a mark where the number lies."""
    assert measure.limit is not None
    kinds = zones_of(measure.limit)
    wide = 100 / len(kinds)
    zones = "".join(
        f'<rect class="limen-zone-{kind}" x="{wide * place:.2f}%" y="4" width="{wide:.2f}%" height="13"/>'
        f'<text x="{wide * (place + 0.5):.2f}%" y="14" text-anchor="middle">{kind}</text>'
        for place, kind in enumerate(kinds)
    )
    across = min(99.3, max(0.7, 100 * place_of(measure)))
    mark = f'<line class="limen-mark" x1="{across:.2f}%" x2="{across:.2f}%" y1="0" y2="20"/>'
    told = clean(f"{value_told(measure)}, {measure.grade.value}; {limit_told(measure.limit)}")
    return f'<svg class="limen-scale" role="img" aria-label="{told}">{zones}{mark}</svg>'
