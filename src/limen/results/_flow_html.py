"""A GradientFlow as a piece of HTML: what a notebook shows, and the heart of the report page.

As with explanations, everything is in the text itself and nothing runs; lines differ by their strokes, bars by their
filling, shades by their depth, and what they show is told in words and numbers beside them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from limen.results import _flow_charts as charts
from limen.results._flow_heat import heat_figure
from limen.results._flow_lags import lag_shares, last_norms, medians
from limen.results._flow_words import (
    DASH,
    HORIZONS,
    ONE_STEP,
    facts,
    from_log,
    horizons_told,
    named,
    signed_percent,
    split_told,
    state_norm,
    verdict_told,
)
from limen.results._html_pieces import clean
from limen.results._style import style
from limen.results._svg import RULES
from limen.results._terminal import clip
from limen.results.flow import GradientFlow, LayerFlow

NAME, MOST = 60, 8
"""Columns of a name; layers with charts, at most."""
TABLE = """
.limen.limen .limen-flow { table-layout: auto; } .limen.limen .limen-flow th { overflow-wrap: break-word; }
.limen.limen .limen-flow .limen-number { white-space: normal; }
.limen .limen-answer b.limen-word { display: block; text-transform: capitalize; }
"""


def flow_fragment(flow: GradientFlow) -> str:
    """Write the whole flow as one <section> with its own <style>. The same record gives the same text."""
    sections = [f"<style>{style()}{RULES}{TABLE}</style>", _verdict(flow), _causes(flow)]
    if flow.layers:
        worst = flow.layers[flow.worst]
        sections += [_layers(flow.layers), _charts(flow, worst), _heat(flow), _numbers(worst), _others(flow)]
    sections.append(facts_list([("model", clip(flow.model, NAME)), *facts(flow)]))
    body = "\n".join(section for section in sections if section)
    return f'<section class="limen" aria-label="Gradient flow of {clean(clip(flow.model, NAME))}">\n{body}\n</section>'


def facts_list(rows: Iterable[tuple[str, str]]) -> str:
    """Headings and texts in two columns."""
    items = "".join(f"<dt>{clean(heading)}</dt><dd>{clean(text)}</dd>" for heading, text in rows)
    return f'<dl class="limen-facts">{items}</dl>'


def _verdict(flow: GradientFlow) -> str:
    word, sentence = verdict_told(flow)
    if not word:  # the sentence begins with it
        word, sentence = sentence[: len(flow.verdict.name)], sentence[len(flow.verdict.name) :].lstrip(" :;,.–-")
    shown = sentence[:1].upper() + sentence[1:]
    return f'<p class="limen-answer"><b class="limen-word">{clean(word.lower())}</b> {clean(shown)}</p>'


def _causes(flow: GradientFlow) -> str:
    if not flow.causes:
        return ""
    title = "One thing is wrong that is not time" if len(flow.causes) == 1 else "What is wrong apart from time"
    items = "".join(
        f"<li><strong>{cause.name.replace('_', ' ')}</strong>: {clean(cause.value)}</li>" for cause in flow.causes
    )
    return f'<div class="limen-doubts" role="note"><p>⚠ {title}</p><ul>{items}</ul></div>'


def _name(layer: LayerFlow) -> str:
    short = named(layer, NAME)
    title = f' title="{clean(layer.title[:1000])}"' if "…" in short else ""
    return f'<bdi lang=""{title}>{clean(short)}</bdi>'


def _layers(layers: tuple[LayerFlow, ...]) -> str:
    heads = ("layer", "gradient horizon", "share horizon", "factor a step = weights × saturation")
    rows = [(_name(layer), *horizons_told(layer), split_told(layer)) for layer in layers]
    return f'{table(heads, rows)}<p class="limen-note">{HORIZONS}</p>'


def table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table whose first column is of HTML and holds names, and whose others are of plain text and hold numbers."""
    kinds = ["", *[' class="limen-number"'] * (len(heads) - 1)]
    head = "".join(f'<th scope="col"{kind}>{text}</th>' for kind, text in zip(kinds, heads, strict=True))
    body = "".join(
        f'<tr><th scope="row">{name}</th>{"".join(f"<td{kinds[1]}>{tied(cell)}</td>" for cell in cells)}</tr>'
        for name, *cells in rows
    )
    return f'<table class="limen-table limen-flow"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def tied(text: str) -> str:
    """A range or a product, escaped, that no line is broken in but before its bracket or its equals sign."""
    return re.sub(r" (?=[…×])|(?<=[…×]) ", "\N{NO-BREAK SPACE}", clean(text))


def _charts(flow: GradientFlow, layer: LayerFlow) -> str:
    if len(layer.shares) == 1:
        return f'<p class="limen-note">{ONE_STEP}</p>'
    drawn = [charts.norms(layer, flow.dtype), charts.shares(layer), charts.factors(layer), charts.ways(layer)]
    found = "\n".join(filter(None, drawn))
    if not found:
        return '<p class="limen-note">No gradient reaches this layer, so there is nothing to draw.</p>'
    return f'<p class="limen-title">{_name(layer)}</p>\n{found}' if len(flow.layers) > 1 else found


def _heat(flow: GradientFlow) -> str:
    if flow.heat is None:
        return ""
    return heat_figure(flow.heat, flow.layers[flow.heat.layer].reverse)


def _others(flow: GradientFlow) -> str:
    """The other layers' charts, each behind a click."""
    others = [layer for index, layer in enumerate(flow.layers) if index != flow.worst]
    found = [
        f"<details><summary>{_name(layer)}</summary>{_charts(flow, layer)}</details>" for layer in others[: MOST - 1]
    ]
    if len(others) >= MOST:
        found.append(f'<p class="limen-note">{len(others) - MOST + 1} more layers are left out here.</p>')
    return "\n".join(found)


def _numbers(layer: LayerFlow) -> str:
    """What the curves show, as numbers at some lags."""
    last, heard = last_norms(layer), layer.by_lag(layer.log_norms)
    lags = [lag for lag in (0, *(lead * 10**power for power in range(7) for lead in (1, 2, 5))) if lag < len(last)]
    added = np.cumsum(lag_shares(layer))
    rows = [
        (
            f"{lag:,}",
            from_log(float(medians(last[lag : lag + 1])[0])),
            f"{from_log(float(np.fmin.reduce(last[lag])))} … {from_log(float(np.fmax.reduce(last[lag])))}",
            from_log(float(medians(heard[lag : lag + 1])[0])),
            DASH if np.isnan(added[lag]) else signed_percent(float(added[lag])).lstrip("+"),
        )
        for lag in lags
    ]
    heads = ("lag", state_norm(layer, "_t"), "range", "‖∂L/∂h_t‖", "shares up to here")
    return f"<details><summary>The same as numbers</summary>{table(heads, rows)}</details>"
