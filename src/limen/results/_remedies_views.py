"""Remedies as plain text and as a piece of HTML."""

from __future__ import annotations

import math
import textwrap

from limen.results._flow_words import steps_told, times
from limen.results._html_pieces import clean
from limen.results._style import style
from limen.results._terminal import WIDE, clip, visible, width
from limen.results.remedies import Remedies, Remedy

NAME, LONG = 30, 60
BAR = 18
TIED = "\N{NO-BREAK SPACE}…\N{NO-BREAK SPACE}"
NOTE = (
    "Horizon: the lag at which the gradient of the last step falls below a thousandth of its size; median (range) over "
    "samples and random starts, before any training."
)
RULES = """
.limen.limen .limen-remedies { table-layout: auto; }
.limen.limen .limen-remedies th { overflow-wrap: break-word; max-width: 20rem; }
.limen.limen .limen-remedies .limen-number { white-space: normal; }
.limen.limen .limen-remedies .limen-picture { width: 40%; }
.limen.limen .limen-remedies .limen-best th, .limen.limen .limen-remedies .limen-best td { font-weight: 650; }
.limen .limen-code { margin: .3rem 0 0; padding: .6rem .8rem; overflow-x: auto; border: 1px solid var(--limen-rule);
  border-radius: .35rem; font: .82rem/1.45 ui-monospace, "DejaVu Sans Mono", "Liberation Mono", monospace;
  color: var(--limen-ink); background: none; white-space: pre; }
.limen .limen-before .limen-bar rect { fill: var(--limen-paper); stroke: var(--limen-muted); stroke-dasharray: 4 2; }
.limen .limen-bar text { fill: var(--limen-ink); font-size: 12px; }
@media (max-width: 560px) { .limen.limen .limen-remedies .limen-picture { width: 26%; } }
"""


def reach(value: float, remedies: Remedies) -> float:
    """A horizon as a share of the sequence, on a log scale: 0 at lag 1, 1 at its end or where it is never met."""
    if math.isnan(value):
        return 0.0
    return min(1.0, math.log(max(value, 1.0)) / math.log(max(remedies.steps, 2)))


def order(remedies: Remedies) -> list[int]:
    """The model as it is first, then the rest from the longest median horizon to the shortest."""
    others = [index for index in range(len(remedies.rows)) if index != remedies.before]
    return [
        remedies.before,
        *sorted(others, key=lambda index: (-_median(remedies.rows[index]), index != remedies.best)),
    ]


def _median(row: Remedy) -> float:
    return -1.0 if math.isnan(row.median) else row.median


def mark_of(remedies: Remedies, index: int) -> str:
    """What a row is, unless its name says so: "as it is", "best", both, or nothing."""
    marks = [word for word, row in (("as it is", remedies.before), ("best", remedies.best)) if row == index]
    return ", ".join(mark for mark in marks if mark != remedies.rows[index].name)


def remedies_table(remedies: Remedies) -> str:
    """Lay the remedies out in 80 columns: a row each with horizon, step factor and bar, then the best one's code."""
    rows = [remedies.rows[index] for index in order(remedies)]
    names = [clip(row.name, NAME) for row in rows]
    horizons = [steps_told(row.median, row.low, row.high) for row in rows]
    wide, far = max(6, *map(width, names)), max(7, *map(len, horizons))
    lines = [clip(f"Gradient horizon in {remedies.steps:,} steps: {remedies.title}", WIDE), ""]
    longest = min(BAR, WIDE - wide - far - 2 - 2 - 2 - 7 - 2 - 1)
    lines.append(f"  {'remedy':<{wide}}  {'horizon':<{far}}  {'factor':<7}".rstrip())
    for index, row, name, horizon in zip(order(remedies), rows, names, horizons, strict=True):
        mark = "*" if index == remedies.best else " "
        run = ("░" if index == remedies.before else "█") * round(longest * reach(row.median, remedies))
        end = "▶" if math.isinf(row.median) else ""
        padded = name + " " * (wide - width(name))
        lines.append(f"{mark} {padded}  {horizon:<{far}}  {times(row.factor):<7}  {run}{end}".rstrip())
    keys = f"{NOTE} Bars: lag, log scale; ░ the model as it is, * the best, factor: a step back multiplies by."
    lines += ["", *textwrap.wrap(keys, WIDE, break_on_hyphens=False)]
    best = remedies.rows[remedies.best]
    if best.code:
        lines += ["", f"{clip(best.name, LONG)}:", *(f"    {line}".rstrip() for line in best.code.splitlines())]
    return visible("\n".join(line[:500] for line in lines))


def remedies_fragment(remedies: Remedies) -> str:
    """Write the remedies as one <section> with its own <style>. The same record gives the same text."""
    before, best = remedies.rows[remedies.before], remedies.rows[remedies.best]
    body = "\n".join(_row(remedies, index) for index in order(remedies))
    heads = ("remedy", "horizon", "factor a step")
    head = "".join(
        f'<th scope="col"{" class=limen-number" if index else ""}>{text}</th>' for index, text in enumerate(heads)
    )
    codes = "".join(_code(remedies, index) for index in order(remedies) if remedies.rows[index].code)
    told = f"{steps_told(before.median)} → {steps_told(best.median)}"
    return (
        f'<section class="limen" aria-label="Remedies for {clean(clip(remedies.title, LONG))}">\n'
        f"<style>{style()}{RULES}</style>\n"
        f'<p class="limen-answer"><b>{told}</b> Gradient horizon of {remedies.steps:,} steps in '
        f"{clean(clip(remedies.title, 4 * LONG))}, as it is and with {clean(clip(best.name, LONG))}</p>\n"
        f'<table class="limen-table limen-remedies"><thead><tr>{head}<th scope="col" class="limen-picture">lag, '
        f"1 … {remedies.steps:,}, log scale</th></tr></thead>\n<tbody>{body}</tbody></table>\n"
        f'<p class="limen-note">{NOTE} Whisker: the range. Arrow: not within the sequence.</p>\n{codes}\n</section>'
    )


def _row(remedies: Remedies, index: int) -> str:
    row = remedies.rows[index]
    kinds = " ".join(
        kind for kind, chosen in (("limen-before", remedies.before), ("limen-best", remedies.best)) if chosen == index
    )
    told = mark_of(remedies, index)
    mark = f" ({told})" if told else ""
    return (
        f'<tr class="{kinds}"><th scope="row"><bdi lang="">{clean(clip(row.name, LONG))}</bdi>{mark}</th>'
        f'<td class="limen-number">{steps_told(row.median, row.low, row.high).replace(" … ", TIED)}</td>'
        f'<td class="limen-number">{times(row.factor)}</td><td class="limen-picture">{_bar(remedies, row)}</td></tr>'
    )


def _bar(remedies: Remedies, row: Remedy) -> str:
    middle, low, high = (1 + 93 * reach(value, remedies) for value in (row.median, row.low, row.high))
    marks = [f'<rect class="limen-up" x="1%" y="4.5" width="{middle - 1:.2f}%" height="11"/>']
    if row.low != row.high:
        marks += [
            f'<line class="limen-whisker" x1="{a:.2f}%" x2="{b:.2f}%" y1="{y}" y2="{z}"/>'
            for a, b, y, z in ((low, high, 10, 10), (low, low, 6, 14), (high, high, 6, 14))
        ]
    if math.isinf(row.high):
        marks.append(f'<text x="{high:.2f}%" dx="3" y="14">▶</text>')
    told = f"horizon {steps_told(row.median, row.low, row.high)}"
    return f'<svg class="limen-bar" role="img" aria-label="{told}">{"".join(marks)}</svg>'


def _code(remedies: Remedies, index: int) -> str:
    """The lines that apply a remedy; only the best one's stand open."""
    row = remedies.rows[index]
    opened = " open" if index == remedies.best else ""
    return (
        f"<details{opened}><summary>{clean(clip(row.name, LONG))}: the code</summary>"
        f'<pre class="limen-code">{clean(row.code)}</pre></details>'
    )
