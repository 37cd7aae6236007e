"""What is seen: colours only where they are wanted, nothing by colour alone, no text that steers the terminal."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from limen.cli._errors import in_options
from limen.cli._probes import show_probes
from limen.cli._view import LEVELS, OPPOSE, SUPPORT, bar, sentence, show
from limen.results import Doubt, Estimate

COMMENT = "For Christmas Song visit our channel!"


def seen(explanation, *, width=100, colours=None, top=20):
    screen = Console(
        file=io.StringIO(), width=width, color_system=colours, force_terminal=colours is not None, highlight=False
    )
    show(explanation, screen, top=top, model="a model")
    show_probes(explanation, screen)
    return screen.file.getvalue()


def luminance(colour):
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    return sum(
        share * (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)
        for share, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True)
    )


def test_nothing_is_said_by_colour_alone(make_explanation):
    explanation = make_explanation("good bad dull", [0.4, -0.2, 0.001], standard_errors=0.01)
    assert sentence(explanation).plain == "good⁺⁺⁺ bad⁻⁻ dull"
    plain = seen(explanation)
    assert "\x1b" not in plain
    rows = {line.split()[0]: line for line in plain.splitlines() if line.strip()}
    assert "│█" in rows["good"]
    assert "█│" in rows["bad"]
    assert "█" not in rows["dull"]


def test_what_may_be_zero_is_hollow_and_unmarked(make_explanation):
    explanation = make_explanation("sure unsure", [0.3, 0.2], standard_errors=[0.01, 0.3])
    assert sentence(explanation).plain == "sure⁺⁺⁺ unsure"
    assert "░" in bar(explanation.effects[1], [0.3, 0.2]).plain
    assert "░" not in bar(explanation.effects[0], [0.3, 0.2]).plain


@pytest.mark.parametrize("values", [[0.5, 0.1], [-0.5, -0.1], [0.5, -0.001], [0.001, -0.5], [0.0, 0.0]])
def test_bars_keep_their_proportions_and_their_room(values):
    bars = [bar(Estimate(value, 0.0, value, value), values).plain for value in values]
    lengths = [line.count("█") + 0.5 * (line.count("▌") + line.count("▐")) for line in bars]
    assert all(len(line) <= 23 for line in bars)
    largest = max(abs(value) for value in values) or 1.0
    assert lengths == [pytest.approx(abs(value) / largest * max(lengths), abs=0.5) for value in values]


@pytest.mark.parametrize("shade", [*SUPPORT, *OPPOSE])
def test_white_can_be_read_on_every_shade_and_every_shade_on_both_backgrounds(shade):
    assert len(SUPPORT) == len(OPPOSE) == LEVELS
    assert 1.05 / (luminance(shade) + 0.05) >= 4.2
    assert (luminance(shade) + 0.05) / 0.05 >= 3


def test_colours_on_a_terminal_none_with_no_color(shell, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[" in shell("text", COMMENT, "--probes").out
    monkeypatch.setenv("NO_COLOR", "1")
    ended = shell("text", COMMENT, "--probes")
    assert "\x1b" not in ended.out
    assert "channel!⁺⁺⁺" in ended.out
    monkeypatch.delenv("FORCE_COLOR")
    monkeypatch.delenv("NO_COLOR")
    assert "\x1b" not in shell("text", COMMENT, "--probes").out


def test_markup_is_shown_as_it_is(make_explanation):
    text = "[red]alarm[/red] :smile: [/] [link=file:///x]y[/link]"
    words = [(0, 16), (17, 24), (25, 28), (29, len(text))]
    told = seen(
        make_explanation(text, [0.4, -0.2, 0.1, 0.3], spans=words, target_name="[bold]spam"), colours="truecolor"
    )
    for literal in ("[red]alarm[/red]", ":smile:", "[link=file:///x]y[/link]", "[bold]spam"):
        assert literal in told


def test_no_text_steers_the_terminal(make_explanation):
    text = "a\x1b[2Jb c\u202ed\x07 e\x9b31m\rf"
    told = seen(
        make_explanation(text, [0.4, -0.2, 0.1], spans=[(0, 6), (7, 12), (13, len(text))], target_name="\x1b]0;x")
    )
    assert not set("\x1b\x07\x9b\u202e\r") & set(told)
    assert "␛[2J" in told


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_wide_letters_keep_the_columns(make_explanation, width):
    text = "频道 visit 👍🏽 дом"
    spans = [(0, 2), (3, 8), (9, 11), (12, 15)]
    told = seen(make_explanation(text, [0.4, -0.2, 0.1, 0.3], spans=spans, pairs={(0, 1): (0.3, 0.01)}), width=width)
    assert all(cell_len(line) <= width for line in told.split(" The ")[1].splitlines())
    rows = [line for line in told.split("95 % interval")[1].split(" fidelity ")[0].splitlines() if " … " in line]
    assert len(rows) == 5
    assert len({cell_len(line[: line.index(" … ")]) for line in rows}) == 1


def test_probes_are_cut_on_a_terminal_and_whole_in_a_pipe(make_explanation):
    explanation = make_explanation(" ".join(["word"] * 40))
    cut = seen(explanation, colours="truecolor", width=80).split("perturbed texts")[1]
    assert "…" in cut
    assert "whole in a pipe" in cut
    whole = seen(explanation, width=80).split("perturbed texts")[1]
    assert "…" not in whole
    assert max(map(len, whole.splitlines())) > 200


@pytest.mark.parametrize("doubt", list(Doubt))
def test_every_remedy_can_be_typed(doubt):
    told = in_options(doubt.value)
    assert "='" not in told
    assert "(" not in told


def test_doubts_are_marked_in_the_margin(make_explanation):
    told = seen(make_explanation(doubts=[Doubt.TIED, Doubt.UNSTABLE]))
    assert told.count("! doubt") == 2
