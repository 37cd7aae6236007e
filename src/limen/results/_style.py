"""How the HTML of an explanation looks: two palettes and the rules that use them, scoped by the class `limen`."""

from __future__ import annotations

LEVELS = 5
"""Steps of shading on either side of zero."""

LIGHT = {
    "paper": "#ffffff", "ink": "#1a1d21", "muted": "#565d66", "rule": "#d5d9de", "alarm": "#fff3d1", "edge": "#9a6700",
    "plus": "#1b66a6", "minus": "#a94f00",
    "plus-1": "#e6f1fa", "plus-2": "#cbe2f5", "plus-3": "#a9cfee", "plus-4": "#82b9e6", "plus-5": "#5aa2dd",
    "minus-1": "#fdefdf", "minus-2": "#fbdcbb", "minus-3": "#f8c48e", "minus-4": "#f4aa5e", "minus-5": "#ee8e2b",
}  # fmt: skip
DARK = {
    "paper": "#16191d", "ink": "#eef0f3", "muted": "#a7afb9", "rule": "#3a4149", "alarm": "#382b08", "edge": "#dba92f",
    "plus": "#74b9f3", "minus": "#f6a550",
    "plus-1": "#182632", "plus-2": "#193549", "plus-3": "#1a4564", "plus-4": "#1b5681", "plus-5": "#1b659d",
    "minus-1": "#2d2318", "minus-2": "#453018", "minus-3": "#5f3d16", "minus-4": "#794a12", "minus-5": "#92560d",
}  # fmt: skip
"""Blue for support and orange for opposition, told apart by readers with any of the common colour blindnesses. The ink
has a contrast of at least 4.5 on the paper, on the alarm and on every shade; so have plus, minus and muted on paper."""

# The doubled class outweighs the table rules of notebook themes.
# A mark takes the direction of its word by an invisible strong character (U+200E, U+200F), so that it stays with the
# word where texts of both directions mix; an isolate would let a line break between the two.
_RULES = """
.limen { box-sizing: border-box; max-width: 54rem; padding: 1rem 1.15rem; border: 1px solid var(--limen-rule);
  border-radius: .6rem; background: var(--limen-paper); color: var(--limen-ink); color-scheme: light dark;
  font: 400 .94rem/1.5 system-ui, -apple-system, "Segoe UI", "Noto Sans", "Liberation Sans", sans-serif;
  print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.limen .limen-answer { margin: 0 0 .7rem; font-size: 1.02rem; color: var(--limen-muted); text-align: start; }
.limen .limen-answer b { font-size: 1.45rem; font-weight: 650; color: var(--limen-ink); overflow-wrap: anywhere; }
.limen .limen-text { margin: 0; padding: .15rem 0; font-size: 1.2rem; line-height: 2.1; white-space: pre-wrap;
  overflow-wrap: anywhere; tab-size: 4; text-align: start; }
.limen .limen-part { padding: .12em .1em .08em; border-radius: .2em .2em 0 0; color: var(--limen-ink);
  -webkit-box-decoration-break: clone; box-decoration-break: clone; }
.limen .limen-mark::before { font-size: .72em; font-weight: 700; vertical-align: .38em; line-height: 0;
  padding-inline-end: .06em; }
.limen .limen-plus.limen-mark::before { content: "+"; }
.limen .limen-minus.limen-mark::before { content: "−"; }
.limen .limen-plus.limen-ltr::before { content: "\\200e+\\200e"; }
.limen .limen-minus.limen-ltr::before { content: "\\200e−\\200e"; }
.limen .limen-plus.limen-rtl::before { content: "\\200f+\\200f"; }
.limen .limen-minus.limen-rtl::before { content: "\\200f−\\200f"; }
.limen .limen-plus { border-bottom: var(--limen-thick) solid var(--limen-plus); }
.limen .limen-minus { border-bottom: var(--limen-thick) dashed var(--limen-minus); }
.limen .limen-unsure { border-bottom: 2px dotted var(--limen-muted); }
.limen .limen-legend { margin: .35rem 0 .9rem; font-size: .82rem; line-height: 1.9; color: var(--limen-muted);
  text-align: start; }
.limen .limen-legend .limen-part { display: inline-block; margin-inline-end: .75em; padding: 0 .3em;
  line-height: 1.45; }
.limen .limen-title { margin: 1rem 0 .2rem; font-size: .94rem; font-weight: 650; text-align: start; }
.limen .limen-doubts { margin: 0 0 .9rem; padding: .6rem .85rem .65rem; background: var(--limen-alarm);
  border: 1px solid var(--limen-edge); border-inline-start-width: 6px; border-radius: .35rem; }
.limen .limen-doubts p { margin: 0; font-weight: 650; text-align: start; }
.limen .limen-doubts ul { margin: .25rem 0 0; padding-inline-start: 1.15rem; }
.limen .limen-doubts li { margin: .15rem 0; }
.limen.limen .limen-table { width: 100%; margin: 0; border-collapse: collapse; table-layout: fixed; border: 0;
  font-size: .88rem; font-variant-numeric: tabular-nums; color: var(--limen-ink); }
.limen.limen .limen-table tr { background: none; border: 0; }
.limen.limen .limen-table th, .limen.limen .limen-table td { padding: .2rem .7rem .2rem 0; border: 0;
  border-bottom: 1px solid var(--limen-rule); font-weight: 400; text-align: left; vertical-align: middle;
  background: none; overflow-wrap: anywhere; }
.limen.limen .limen-table thead th { color: var(--limen-muted); font-size: .8rem; vertical-align: bottom; }
.limen.limen .limen-table .limen-number { text-align: right; white-space: nowrap; overflow-wrap: normal; }
.limen.limen .limen-table .limen-picture { padding-right: 0; }
.limen .limen-c1 { width: 27%; } .limen .limen-c2 { width: 5.2rem; } .limen .limen-c3 { width: 10.2rem; }
.limen .limen-bar { display: block; width: 100%; height: 20px; overflow: visible; }
.limen .limen-bar .limen-zero { stroke: var(--limen-muted); stroke-width: 1; }
.limen .limen-bar .limen-whisker { stroke: var(--limen-ink); stroke-width: 1.5; }
.limen .limen-bar .limen-up { fill: var(--limen-plus-4); stroke: var(--limen-plus); }
.limen .limen-bar .limen-down { fill: var(--limen-paper); stroke: var(--limen-minus); stroke-dasharray: 4 2; }
.limen .limen-note { margin: .4rem 0 0; font-size: .84rem; color: var(--limen-muted); text-align: start; }
.limen details { margin: .3rem 0 0; } .limen summary { cursor: pointer; font-size: .88rem; color: var(--limen-plus); }
.limen .limen-facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .25rem .95rem;
  margin: 1.1rem 0 0; font-size: .86rem; }
.limen .limen-facts dt { margin: 0; font-weight: 400; color: var(--limen-muted); }
.limen .limen-facts dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 560px) {
  .limen { padding: .8rem .75rem; }
  .limen.limen .limen-table { font-size: .78rem; }
  .limen.limen .limen-table th, .limen.limen .limen-table td { padding-right: .45rem; }
  .limen .limen-c1 { width: 25%; } .limen .limen-c2 { width: 3.6rem; } .limen .limen-c3 { width: 4.7rem; }
  .limen.limen .limen-table .limen-ends { white-space: normal; }
  .limen .limen-facts { grid-template-columns: minmax(0, 1fr); gap: 0; }
  .limen .limen-facts dd { margin-bottom: .4rem; }
}
@media print {
  .limen { border: 0; padding: 0; max-width: none; font-size: 10.5pt; }
  .limen .limen-text { font-size: 11pt; line-height: 1.9; }
  .limen tr, .limen .limen-doubts, .limen .limen-facts { break-inside: avoid; }
  .limen details::details-content { content-visibility: visible; block-size: auto; }
}
"""


def style() -> str:
    """Write the style sheet: the palettes as variables, the rules, and a rule for each shade."""
    light, dark = (
        "; ".join(f"--limen-{name}: {colour}" for name, colour in scheme.items()) for scheme in (LIGHT, DARK)
    )
    shades = "\n".join(
        f".limen .limen-{side}-{level} {{ --limen-thick: {1 + level * 0.6:g}px; "
        f"background: var(--limen-{side}-{level}); }}"
        for side in ("plus", "minus")
        for level in range(1, LEVELS + 1)
    )
    # Paper is white wherever it is printed from, so the dark palette is for screens.
    night = f"@media screen and (prefers-color-scheme: dark) {{ .limen {{ {dark}; }} }}"
    return f"\n.limen {{ {light}; --limen-thick: 1px; }}\n{night}{_RULES}{shades}\n"
