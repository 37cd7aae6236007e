from __future__ import annotations

import re

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

import limen.plots
from limen.plots import _fonts
from limen.plots._fonts import drawable, families_for, left_to_right
from limen.plots._layout import chunks_of, lines_of, turned, width_of
from limen.results import Doubt

LEGEND = {"supports", "opposes", "cannot be told from zero at 95 %"}


def words(ax):
    """What is written, without signs and legend, from top to bottom and left to right."""
    places = [(round(-y), x, text.get_text()) for text in ax.texts for x, y in [text.get_position()]]
    signs = re.compile(r"[+−][\d.]*( \(.*\))?")
    return [text for _, _, text in sorted(places) if text not in LEGEND and not signs.fullmatch(text)]


def test_all_words_are_drawn_in_order(make_explanation):
    explanation = make_explanation()
    assert words(limen.plots.tokens(explanation)) == ["For", "Christmas", "Song", "visit", "our", "channel", "!"]


def test_long_texts_are_drawn_whole(make_explanation):
    text = " ".join(f"word{i}" for i in range(300))
    assert " ".join(words(limen.plots.tokens(make_explanation(text)))) == text


def test_lines_stay_inside_the_axes(make_explanation):
    ax = limen.plots.tokens(make_explanation(" ".join(["wonderful"] * 60) + " " + "x" * 300))
    frame = ax.get_window_extent()
    slack = 0.01 * frame.width  # hinting widens a long word by as much as that
    for text in ax.texts:
        box = text.get_window_extent()
        assert box.x0 > frame.x0 - slack
        assert box.x1 < frame.x1 + slack
        assert box.y0 > frame.y0 - 2


def test_words_do_not_overlap(make_explanation):
    ax = limen.plots.tokens(make_explanation("illicit, mammoth WAVE fjord (it's) Wolf-like " * 6))
    boxes = [text.get_window_extent() for text in ax.texts]
    for i, one in enumerate(boxes):
        for other in boxes[i + 1 :]:
            across = min(one.x1, other.x1) - max(one.x0, other.x0)
            assert across < 2 or min(one.y1, other.y1) - max(one.y0, other.y0) < 2


def test_sides_can_be_told_without_colour(make_explanation):
    effects, errors = [0.5, -0.5, 0.01, 0], [0.02, 0.02, 0.02, 0]
    ax = limen.plots.tokens(make_explanation("good bad weak zero", effects=effects, standard_errors=errors))
    good, bad, weak = (line.get_linestyle() for line in ax.lines[:3])
    assert good == "-"
    assert bad == weak == "--"  # matplotlib's word for any pattern: the patterns themselves differ
    assert ax.lines[1]._unscaled_dash_pattern != ax.lines[2]._unscaled_dash_pattern
    assert len(ax.lines) == 3 + 3, "nothing under what is exactly zero; three keys in the legend"
    assert [text.get_text() for text in ax.texts].count("+") == 2


def test_larger_effects_are_deeper_and_thicker(make_explanation):
    ax = limen.plots.tokens(make_explanation("a b c", effects=[0.1, 0.3, 0.5], standard_errors=0.0))
    depth = [sum(to_rgb(patch.get_facecolor())) for patch in ax.patches[:3]]
    assert depth == sorted(depth, reverse=True)
    thick = [line.get_linewidth() for line in ax.lines[:3]]
    assert thick == sorted(thick)


def test_a_number_bears_no_sign(make_explanation):
    ax = limen.plots.tokens(make_explanation("pay 5", effects=[0.0, 0.5], standard_errors=0.0))
    assert [text.get_text() for text in ax.texts].count("+") == 1, "only the legend's"


@pytest.mark.parametrize(
    "text",
    [
        "cost $5 and $x_1$ a_b \\frac{1}{2}",
        "今天天气很好 🎉👍🏽 שלום עולם مرحبا \x01\x00 \ud800 ‍ ️ 𒀀",
        "one\n\n\ttwo\r\nthree\u2028four\u3000five \x0b six",
        "hello",
        "x" * 2000,
        "今" * 400,
    ],
)
@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_any_text_is_drawn_without_a_warning(make_explanation, tmp_path, text, kind):
    explanation = make_explanation(text, target_name=text[:20], doubts=[Doubt.FLAT, Doubt.TIED])
    limen.plots.tokens(explanation).figure.savefig(tmp_path / f"tokens.{kind}")


def test_letters_that_no_font_has_become_boxes(make_explanation, monkeypatch, tmp_path):
    monkeypatch.setattr(_fonts, "_installed", lambda: ())
    families = families_for("今天 a🎉")
    assert drawable("今天 a🎉🏽", families) == "□□ a□"
    explanation = make_explanation("今天 aaa 🎉🎉", target_name="👍🏽", spans=[(0, 2), (3, 6), (7, 9)])
    for draw in (limen.plots.tokens, limen.plots.bars):
        draw(explanation).figure.savefig(tmp_path / "boxes.png")


def test_dollars_are_no_mathematics(make_explanation):
    ax = limen.plots.tokens(make_explanation("$a_1$ b"))
    assert not any(text.get_parse_math() for text in ax.texts)


def test_old_matplotlib_gets_hebrew_turned(monkeypatch):
    from matplotlib import ft2font

    monkeypatch.delattr(ft2font, "__libraqm_version__", raising=False)
    assert left_to_right("ab שלום cd") == "ab םולש cd"


def test_given_axes_are_used_and_pyplot_is_left_alone(make_explanation):
    ax = Figure().subplots()
    assert limen.plots.tokens(make_explanation(), ax=ax) is ax
    assert not plt.get_fignums()
    assert limen.plots.tokens(make_explanation()).figure.number in plt.get_fignums()


def test_small_axes_count_what_they_cannot_hold(make_explanation):
    ax = Figure(figsize=(3, 2)).subplots()
    limen.plots.tokens(make_explanation(" ".join(f"word{i}" for i in range(300))), ax=ax)
    said = next(text.get_text() for text in ax.texts if "more" in text.get_text())
    shown = sum(text.get_text().startswith("word") for text in ax.texts)
    assert f"{300 - shown} words more" in said


def test_dark_figures_have_light_ink(make_explanation):
    with plt.style.context("dark_background"):
        ax = limen.plots.tokens(make_explanation())
    assert min(sum(to_rgb(text.get_color())) for text in ax.texts) > 2.5


def test_doubts_travel_with_the_picture(make_explanation):
    title = limen.plots.tokens(make_explanation(doubts=[Doubt.FLAT, Doubt.TIED])).get_title(loc="left")
    assert "FLAT, TIED" in title


def measure(text: str) -> float:
    return float(len(text))


@pytest.mark.parametrize("width", [3, 10, 40])
def test_breaking_loses_nothing_but_the_space_at_the_break(width):
    generator = np.random.default_rng(width)
    for _ in range(50):
        text = "".join(generator.choice([*"abcde,.今天", " ", " "], size=60).tolist())
        lines = lines_of(chunks_of([(text, 0, "")], measure), width)
        assert all(width_of(line) <= width for line in lines)
        drawn = "".join(chunk.text for line in lines for chunk in line)
        assert drawn.replace(" ", "") == text.replace(" ", "")


def test_words_keep_their_punctuation():
    lines = lines_of(chunks_of([("aaaa bbbb", 0, ""), (", cc", None, "")], measure), 9)
    assert ["".join(chunk.text for chunk in line).strip() for line in lines] == ["aaaa", "bbbb, cc"]


def order_of(text: str, base: str) -> str:
    (line,) = turned(lines_of(chunks_of([(text, 0, "")], measure), 1000), base)
    return "".join(chunk.text for chunk in line)


def test_reading_order():
    assert order_of("one two", "L") == "one two"
    assert order_of("שלום עולם", "R") == "עולם שלום"
    assert order_of("one שלום עולם two", "L") == "one עולם שלום two"
    broken = turned(lines_of(chunks_of([("שלום one! two", 0, "")], measure), 10), "R")
    assert ["".join(chunk.text for chunk in line) for line in broken] == ["one! שלום", "two"]
    assert order_of("שלום one two עולם", "R") == "עולם one two שלום"
