"""What a net learned, on a terminal."""

from __future__ import annotations

import math

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from limen.cli._rnn_fit_tasks import Delay, Remembered, Written
from limen.results import visible
from limen.results.curves import curves, ending, headline, table
from limen.results.history import History
from limen.rnn.tasks import CUES

BAR = 16
LEARNED = 0.9
"""Accuracy from which a delay counts as learned."""
VANISHED = math.log(1e-3)
"""The gradient has vanished where less than a thousandth arrives, as the horizon of `limen.gradient_flow` has it."""
KEY = (
    "gradient: the norm of the last step's gradient when it is back at the cue, over that at the end, before training; "
    "a step: by what it changes each step; trained: the same after training."
)
ACCENT = "#2878c8"


def show_remembered(found: Remembered, screen: Console) -> None:
    """Print how far the net remembers, why not further, and the history of the longest delay."""
    longest = found.delays[-1].steps
    title = Text.assemble("The net sees one of ", (f"{CUES} cues", "bold"), ", then noise, and has to name the cue.")
    _show(
        screen,
        title,
        Group(_delays(found.delays), Text(KEY, "dim")),
        Text(sentence(found.delays)),
        Text(f"How it learned with a delay of {longest}", "bold"),
        _history(found.history),
    )


def show_written(found: Written, screen: Console) -> None:
    """Print how well the net foretells a text that it has not seen, and what it writes itself."""
    scores, symbols = found.history.validation or (), len(found.alphabet)
    score = scores[found.history.best_epoch - 1 if found.history.restored else -1]
    title = Text.assemble(
        ("On the last tenth of ", ""),
        (visible(found.name), "bold"),
        ", which it has not read, the net needs ",
        (f"{score.bits:.3f} ± {score.bits_error:.3f} bits", "bold"),
        f" a character (guessing among {symbols} takes {math.log2(symbols):.2f}), and foretells {score.accuracy:.1%} "
        f"of the {score.counted:,} characters.",
    )
    blocks: list[RenderableType] = [title, _history(found.history)]
    if found.text:
        text = Text.assemble((visible(found.start), "dim"), visible(found.text))
        blocks += [Group(Text("What the net writes (its start, dim, is from the text)", "bold"), Padding(text, (0, 2)))]
    _show(screen, *blocks)


def sentence(delays: tuple[Delay, ...]) -> str:
    """How far the net remembers, and what the measured gradient has to do with it."""
    learned = [delay.steps for delay in delays if delay.score.accuracy >= LEARNED]
    missed = next((delay for delay in delays if delay.score.accuracy < LEARNED), None)
    if missed is None:
        furthest = _steps(learned[-1])
        return f"It remembers the cue through every delay that was tried, up to {furthest}; try a longer --delay."
    before = [steps for steps in learned if steps < missed.steps]
    start = f"It remembers the cue through {_steps(before[-1])} of noise" if before else "It does not learn to remember"
    accuracy, error, chance = missed.score.accuracy, missed.score.accuracy_error, 1 / CUES
    guesses = "guesses" if accuracy < chance + 3 * error else "is right too rarely"
    told = f"{start}; through {missed.steps} it {guesses} ({accuracy:.1%} ± {error:.1%}, chance is {chance:.0%})."
    share, step = _power(missed.before), math.exp(missed.before / missed.steps)
    if missed.before < VANISHED:
        pace = (
            f"changed by a factor of {step:.2f} with every step on its way back to the cue, so that"
            if step
            else "died:"
        )
        return (
            f"{told} Before training the gradient of the last step {pace} {share} of it arrived: it vanished, and what "
            "the net was told about the cue was lost in what it was told about the noise."
        )
    return f"{told} The gradient reached the cue ({share} of it), so time is not what is wrong: try more --epochs."


def _delays(delays: tuple[Delay, ...]) -> Table:
    """A row a delay: accuracy, and how much of the gradient arrives before training, per step of that, and after."""
    found = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for name in ("delay", "accuracy", "", "gradient", "a step", "trained"):
        found.add_column(name, no_wrap=True, justify="left" if name == "" else "right")
    for delay in delays:
        full = round(BAR * delay.score.accuracy)
        bar = Text.assemble(
            ("█" * full, ACCENT if delay.score.accuracy >= LEARNED else "dim"), ("·" * (BAR - full), "dim")
        )
        accuracy = f"{delay.score.accuracy:.1%} ± {delay.score.accuracy_error:.1%}"
        step = f"× {math.exp(delay.before / delay.steps):.2f}" if math.isfinite(delay.before) else ""
        found.add_row(str(delay.steps), accuracy, bar, _power(delay.before), step, _power(delay.after))
    return found


def _steps(count: int) -> str:
    return "1 step" if count == 1 else f"{count} steps"


def _power(log: float) -> str:
    """E to a logarithm, in two digits, however small."""
    if not math.isfinite(log):
        return "< 1e-300"
    if log > math.log(0.01):
        return f"{math.exp(log):.2g}"
    exponent = math.floor(log / math.log(10))
    return f"{math.exp(log - exponent * math.log(10)):.1f}e{exponent}"


def _history(history: History) -> Group:
    """The curves, the table of epochs, and how it ended."""
    lines = Table.grid(padding=(0, 2, 0, 0))
    for name, spark, told in curves(history):
        lines.add_row(Text(name, "dim"), Text(spark, ACCENT), Text(told))
    titles, rows = table(history)
    epochs = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for title in titles:
        epochs.add_column(title, no_wrap=True, justify="right")
    for row in rows:
        epochs.add_row(*row, style="bold" if row[0].startswith("*") else "")
    return Group(Text(headline(history)), Text(), lines, Text(), epochs, Text(), Text(ending(history)))


def _show(screen: Console, *blocks: RenderableType) -> None:
    with screen.capture() as captured:
        for block in blocks:
            screen.print()
            screen.print(Padding(block, (0, 1)))
    # Blanks that fill a line are litter in a file.
    screen.file.write("\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n")
