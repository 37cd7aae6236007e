"""An explanation on a terminal: the shaded sentence, the table of effects, what is known about their worth.

Nothing is said by colour alone: support carries ⁺ signs and a bar to the right, opposition ⁻ signs and a bar to the
left. All text from outside goes through `visible` into `rich.text.Text`, which takes no markup.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.style import Style
from rich.table import Table
from rich.text import Text

from limen import Explanation
from limen.cli._errors import in_options
from limen.results import (
    Estimate,
    TableInstance,
    TextInstance,
    answer_pieces,
    digits,
    flat_told,
    interval,
    number,
    summary,
    visible,
)

LEVELS = 5
"""Steps of shading on either side of zero."""
SUPPORT = ("#5c6f86", "#4b74a0", "#3a78b6", "#2878c8", "#0b6fd6")
OPPOSE = ("#84705a", "#96703f", "#a66c24", "#b5640e", "#bd5500")
"""From a grey to a full colour of the same lightness, so that more colour is more effect on dark and light terminals
alike. White has a contrast of 4.3 or more on each; blue and orange are told apart by the colour-blind."""
MOST_LETTERS = 3000
"""Characters of the text that are shown."""
SCALES = {"probability": "a probability of", "log-odds": "log-odds of", "raw": "a raw score of"}
BAR = 22
FULL, RIGHT_HALF, LEFT_HALF, UNSURE = "█", "▐", "▌", "░"


def console() -> Console:
    """Standard output; no escape codes at all where NO_COLOR is set or it is no terminal."""
    return Console(highlight=False, color_system=None if os.environ.get("NO_COLOR") else "auto")


def show(explanation: Explanation, screen: Console, *, top: int, model: str) -> None:
    """Print the whole explanation; `top` is the most rows of the table, `model` what answered."""
    show_blocks(_blocks(explanation, screen.width - 2, top, model), screen)


def show_blocks(blocks: Iterable[RenderableType], screen: Console) -> None:
    """Print blocks with an empty line before each, and a blank to the left."""
    with screen.capture() as captured:
        for block in blocks:
            screen.print()
            screen.print(Padding(block, (0, 1)))
    # Blanks that fill a line are litter in a file, and break it where a terminal takes an emoji for wider than rich.
    screen.file.write("\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n")


def _blocks(explanation: Explanation, width: int, top: int, model: str) -> list[RenderableType]:
    if isinstance(explanation.instance, TableInstance):
        from limen.cli._table_view import table_renderables

        return table_renderables(explanation, width, top, model)
    return [
        headline(explanation),
        sentence(explanation),
        effects(explanation, width, top),
        facts([("model", model), *summary(explanation)]),
    ]


def answer_told(explanation: Explanation) -> Text:
    """What the model answered."""
    target, scale = explanation.target_name, SCALES.get(explanation.scale, explanation.scale)
    if explanation.against:
        scale = f"a {explanation.unit} of"
    answer = number(explanation.prediction)
    if explanation.unit == "probability":
        answer = answer.removeprefix("+")
    if isinstance(explanation.instance, TableInstance):
        target, scale, answer = answer_pieces(explanation)
    whose: list[str | tuple[str, str]] = [(visible(target), "bold"), " "] if target else []
    return Text.assemble("The model gives ", *whose, f"{scale} ", (answer.replace("-", "−"), "bold"), ".")


def headline(explanation: Explanation) -> Text:
    """What the model answered, and how to read the colours."""
    return Text.assemble(
        answer_told(explanation),
        "  ",
        ("speaks for it⁺", _style(LEVELS, support=True)),
        "  ",
        ("against it⁻", _style(LEVELS, support=False)),
    )


def sentence(explanation: Explanation) -> Text:
    """The text as it came, each part shaded and signed by its effect; unmarked is what is small or may be zero."""
    instance = explanation.instance
    assert isinstance(instance, TextInstance)
    text = instance.text
    largest = max(abs(float(value)) for value in explanation.effects.values)
    shown, position = Text(), 0
    for start, stop, part in instance.pieces():
        if start >= MOST_LETTERS:
            break
        shown.append(visible(text[position:start]))
        effect = explanation.effects[part]
        level = level_of(effect, largest)
        style = _style(level, support=effect.value > 0) if level else Style.null()
        shown.append(visible(text[start:stop]) + signs(level, support=effect.value > 0), style)
        position = stop
    rest = len(text) - position
    if rest > MOST_LETTERS // 10 and position >= MOST_LETTERS // 2:
        return shown.append(f" … and {rest:,} more characters (--html shows all)", "dim")
    return shown.append(visible(text[position:]))


def level_of(effect: Estimate, largest: float) -> int:
    """How strongly a part is shaded, 0..LEVELS; 0 where its interval holds zero."""
    if not largest or effect.low <= 0 <= effect.high:
        return 0
    return round(LEVELS * abs(effect.value) / largest)


def signs(level: int, *, support: bool) -> str:
    """One to three raised signs, none at level 0."""
    return ("⁺" if support else "⁻") * -(-3 * level // LEVELS)


def _style(level: int, *, support: bool) -> Style:
    return Style(color="#ffffff", bgcolor=(SUPPORT if support else OPPOSE)[level - 1], bold=level > LEVELS // 2)


def effects(explanation: Explanation, width: int, top: int) -> Group:
    """The parts by falling effect, then the pairs that matter, in equal columns and on one scale of bars."""
    if flat := flat_told(explanation):
        return Group(Text(flat))
    alone = [(_name(explanation, part), explanation.effects[part]) for part in explanation.top(top)]
    together = _together(explanation)
    values = [estimate.value for _, estimate in alone + together]
    columns = _columns(alone + together, width)
    blocks: list[RenderableType] = [_table(alone, values, columns, head=True)]
    rest = len(explanation.parts) - len(alone)
    if rest:
        words = f"… and {rest} part{'s' * (rest > 1)} with smaller effects (--top {len(explanation.parts)} shows all)"
        blocks.append(Text(words, "dim"))
    if together:
        heading = Text("\ntogether, beyond the sum of the two", "dim")
        blocks += [heading, _table(together, values, columns, head=False)]
    return Group(*blocks)


def _together(explanation: Explanation) -> list[tuple[str, Estimate]]:
    found = explanation.interactions
    if found is None:
        return []
    return [(f"{_name(explanation, i)} × {_name(explanation, j)}", found.pair(i, j)) for i, j in found.strongest()]


def _name(explanation: Explanation, part: int) -> str:
    return " ".join(visible(explanation.parts[part]).split())


def _columns(rows: list[tuple[str, Estimate]], width: int) -> tuple[int, int, int, int]:
    """The widths of name, effect, interval and bar (0 where there is no room for one)."""
    places = digits(estimate.value for _, estimate in rows)
    effect = max(6, *(len(number(estimate.value, places)) for _, estimate in rows))
    ends = max(13, *(len(interval(estimate, places)) for _, estimate in rows))
    room = width - effect - ends - 4
    picture = BAR + 1 if room >= BAR + 21 else 0
    longest = max(6, *(cell_len(name) for name, _ in rows))
    return min(longest, max(10, room - picture - (2 if picture else 0))), effect, ends, picture


def _table(
    rows: list[tuple[str, Estimate]], values: list[float], columns: tuple[int, int, int, int], *, head: bool
) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim", show_header=head)
    name, effect, ends, picture = columns
    table.add_column("part", no_wrap=True, overflow="ellipsis", width=name)
    table.add_column("effect", no_wrap=True, width=effect, justify="right")
    table.add_column("95 % interval", no_wrap=True, width=ends)
    if picture:
        table.add_column("", no_wrap=True, width=picture)
    places = digits(values)
    for part, estimate in rows:
        told = number(estimate.value, places), interval(estimate, places)
        cells = [Text(part), *(Text(_minus(text)) for text in told)]
        table.add_row(*cells, *([bar(estimate, values)] if picture else []))
    return table


def _minus(text: str) -> str:
    return text.replace("-", "−")


def bar(estimate: Estimate, values: list[float], wide: int = BAR) -> Text:
    """A bar from a common zero line to the right (support) or left (opposition), in steps of half a column.

    It is hollow and grey where the interval holds zero. wide: its columns, without that of the zero line.
    """
    lowest, highest = min(0.0, *values), max(0.0, *values)
    if highest == lowest:
        return Text("│", "dim")
    left = round(wide * -lowest / (highest - lowest))
    left = min(max(left, 1 if lowest < 0 else 0), wide - 1 if highest > 0 else wide)
    columns = min(room / end for room, end in ((left, -lowest), (wide - left, highest)) if end > 0)
    support = estimate.value > 0
    full, half = divmod(round(2 * columns * abs(estimate.value)), 2)
    if estimate.low <= 0 <= estimate.high:
        run, style = UNSURE * (full + half), "dim"
    elif support:
        run, style = FULL * full + LEFT_HALF * half, SUPPORT[-1]
    else:
        run, style = RIGHT_HALF * half + FULL * full, OPPOSE[-1]
    if support:
        return Text.assemble(" " * left, ("│", "dim"), (run, style))
    return Text.assemble(" " * (left - len(run)), (run, style), ("│", "dim"))


def facts(rows: Iterable[tuple[str, str]]) -> Table:
    """Headings and sentences in two columns; doubts stand out."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for heading, text in rows:
        doubt = heading == "doubt"
        style = "bold #000000 on #f2c14e" if doubt else "dim"
        table.add_row(
            Text("! doubt" if doubt else heading, style), Text(visible(in_options(text)), "bold" if doubt else "")
        )
    return table
