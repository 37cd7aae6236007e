"""The two tasks of `limen rnn fit`: remembering a cue, and writing like a text."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from limen.cli._errors import CommandError, Exit
from limen.cli._input import _decoded
from limen.cli._rnn_fit_options import Choice, check_above_zero
from limen.results.history import History, Score
from limen.rnn.net import RNN
from limen.rnn.optimisers import global_norm
from limen.rnn.scoring import score
from limen.rnn.tasks import CUES, NOISE, remember
from limen.rnn.text import Alphabet, one_hot, streams, write
from limen.rnn.train import DivergedError, fit

LADDER = (1, 2, 5, 10, 20, 30, 50, 100, 200, 500, 1000)
"""Delays that are tried beside the one that was asked for, as far as they are shorter."""
SEQUENCES, FRESH = 1024, 1000
"""Sequences to learn a delay from, and others to judge the net by."""
PROBED = 100
"""Sequences in which the gradient is measured."""
EPOCHS, UPDATES = 10, 1500
"""Epochs of the memory task; updates on a text, where the number of epochs is left open."""
WINDOW, LETTERS, TEMPERATURE = 64, 300, 0.8
"""Defaults for a text: window, characters that are written, and how boldly."""
HELD_OUT = 0.1
"""Share of a text, its end, that the net is judged by."""
SHORTEST = 1000
"""Characters of the shortest text from which anything can be learned."""


@dataclass(frozen=True)
class Delay:
    """How a net did at one delay.

    before, after: ln of the norm of the last step's gradient in the units at the cue, over that at the end (over all
    probed sequences), before and after training; -inf where it is below what float64 holds.
    """

    steps: int
    score: Score
    before: float
    after: float


@dataclass(frozen=True)
class Remembered:
    """What came of the memory task: every delay that was tried, and net and history of the longest."""

    delays: tuple[Delay, ...]
    net: RNN
    history: History


@dataclass(frozen=True)
class Written:
    """What came of a text: file name, alphabet, net, history, and what the net wrote after `start`."""

    name: str
    alphabet: Alphabet
    net: RNN
    history: History
    start: str
    text: str


def remember_cues(choice: Choice, delay: int) -> Remembered:
    """Train a net for each delay up to the one that was asked for."""
    delays = []
    for steps in [*(shorter for shorter in LADDER if shorter < delay), delay]:
        net = _net(choice, CUES + NOISE, CUES, 32)
        x, y = remember(SEQUENCES, steps, choice.seed)
        fresh = remember(FRESH, steps, choice.seed + 1)
        before = _arriving(net, *fresh)
        history = _trained(
            choice, net, x, y, steps="last", epochs=choice.epochs or EPOCHS, batch_size=choice.batch, validation=fresh
        )
        delays.append(Delay(steps, score(net, *fresh, steps="last"), before, _arriving(net, *fresh)))
    return Remembered(tuple(delays), net, history)


def learn_text(
    choice: Choice, file: Path, window: int | None, sample: int | None, temperature: float | None
) -> Written:
    """Train a net on a text but for its end, and let it write. Raises CommandError for a file that is no such text."""
    letters = LETTERS if sample is None else sample
    if temperature is not None and letters == 0:
        raise CommandError("--temperature is for what the net writes; with --sample 0 it writes nothing.")
    check_above_zero("--temperature", temperature)
    text = _read(file)
    alphabet = Alphabet.of(text)
    symbols = alphabet.encode(text)
    cut, count, window = round(len(symbols) * (1 - HELD_OUT)), choice.batch, window or WINDOW
    if count * 2 > len(symbols) - cut:
        raise CommandError(f"--batch is {count}, too many streams for a text of {len(symbols):,} characters.")
    x, y = streams(symbols[:cut], count)
    net = _net(choice, len(alphabet), len(alphabet), 128)
    slots = -(-x.shape[1] // window)
    history = _trained(
        choice,
        net,
        x,
        y,
        epochs=choice.epochs or max(1, round(UPDATES / slots)),
        batch_size=count,
        window=window,
        validation=streams(symbols[cut:], count),
    )
    start, written = text[cut - 20 : cut], ""
    if letters:
        written = write(
            net,
            alphabet,
            start=start,
            length=letters,
            temperature=TEMPERATURE if temperature is None else temperature,
            seed=choice.seed,
        )
    return Written(file.name, alphabet, net, history, start, written)


def _net(choice: Choice, inputs: int, outputs: int, hidden: int) -> RNN:
    """A net in float32, which is twice as fast and exact enough to learn."""
    return RNN(
        inputs,
        choice.hidden or hidden,
        outputs,
        hidden_activation=choice.activation.value,
        bias=True,
        dtype="float32",
        seed=choice.seed,
    )


def _trained(choice: Choice, net: RNN, x: Any, y: Any, **options: Any) -> History:
    """Train with what was chosen for every task; `options` are those of the task."""
    try:
        return fit(
            net,
            x,
            y,
            optimiser=choice.optimiser_noun,
            schedule=choice.schedule_noun,
            clip_norm=choice.clip or None,
            patience=choice.patience,
            seed=choice.seed,
            progress=sys.stderr.isatty(),
            **options,
        )
    except DivergedError as error:
        raise CommandError(str(error).replace("clip_norm", "--clip"), Exit.ERROR) from error


def _arriving(net: RNN, x: Any, y: Any) -> float:
    """Ln of the share of the gradient that arrives at the first step; in float64, because float32 ends at 1e-45."""
    twin = RNN(net.inputs, net.hidden, net.outputs, hidden_activation=net.hidden_activation, bias=True)
    for name, parameter in twin.parameters().items():
        parameter[:] = net.parameters()[name]
    trace = twin.forward(one_hot(x[:PROBED], net.inputs))
    delta = twin.bptt(trace, y[:PROBED], steps="last").delta
    first, last = (global_norm({"delta": delta[:, step]}) for step in (0, -1))
    return math.log(first / last) if first > 0 and last > 0 else -math.inf


def _read(file: Path) -> str:
    try:
        text = _decoded(file.read_bytes(), f"--text {str(file)!r}")
    except OSError as error:
        raise CommandError(f"--text is {str(file)!r}, which cannot be read: {error.strerror or error}.") from error
    if len(text) < SHORTEST:
        raise CommandError(
            f"--text {str(file)!r} has {len(text)} characters, too few to learn from; give at least {SHORTEST:,}."
        )
    return text
