"""`limen rnn fit`: train the net of the course on a task made from the seed, or on a text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import typer

from limen.cli import _rnn_fit_options as options
from limen.cli._errors import CommandError, Exit
from limen.cli._files import Files
from limen.cli._rnn_fit_options import Activation, Choice, Optimiser, Schedule, check_above_zero, check_files
from limen.cli._rnn_fit_tasks import Remembered, Written, learn_text, remember_cues

EPILOG = """limen rnn fit --delay 30

limen rnn fit --delay 30 --activation relu

limen rnn fit --text poems.txt --hidden 256 --save poems.npz

Exit codes: 0 done, 2 wrong usage, 1 error (training that diverges is one)."""


def fit_command(
    delay: options.Delay = None,
    text: options.TextFile = None,
    hidden: options.Hidden = None,
    activation: options.Act = Activation.TANH,
    epochs: options.Epochs = None,
    batch: options.Batch = 32,
    optimiser: options.Opt = Optimiser.ADAM,
    learning_rate: options.Rate = None,
    schedule: options.Sched = Schedule.CONSTANT,
    clip: options.Clip = 1.0,
    patience: options.Patience = None,
    window: options.Window = None,
    seed: options.Seed = 0,
    sample: options.Sample = None,
    temperature: options.Temperature = None,
    json: options.Json = None,
    html: options.Html = None,
    save: options.Save = None,
) -> int:
    """Train the recurrent net of the course: on a task made from the seed, or on a text."""
    check_files(json, html, save)
    check_above_zero("--learning-rate", learning_rate)
    choice = Choice(hidden, activation, epochs, batch, optimiser, learning_rate, schedule, clip, patience, seed)
    found: Remembered | Written
    if text is None:
        for option, value in (("--window", window), ("--sample", sample), ("--temperature", temperature)):
            if value is not None:
                raise CommandError(f"{option} is for texts; give one with --text, or leave it out.")
        found = remember_cues(choice, 50 if delay is None else delay)
    elif delay is not None:
        raise CommandError("--delay and --text are two tasks; leave one of them out.")
    else:
        found = learn_text(choice, text, window, sample, temperature)
    _hand_out(found, Files(json, html, None), save)
    return Exit.BELIEVED


def _hand_out(found: Remembered | Written, files: Files, save: str | None) -> None:
    """Print what was learned and write the files; with JSON on standard output nothing else goes there."""
    if not files.to_stdout:
        from limen.cli._rnn_fit_view import show_remembered, show_written
        from limen.cli._view import console

        if isinstance(found, Remembered):
            show_remembered(found, console())
        else:
            show_written(found, console())
    for name in files.write(found.history):
        typer.echo(f"limen: wrote {name}", err=True)
    if save is not None:
        try:
            _save(found, Path(save))
        except OSError as error:
            raise CommandError(f"{save} cannot be written: {error.strerror or error}.", Exit.ERROR) from error
        typer.echo(f"limen: wrote {save}", err=True)


def _save(found: Remembered | Written, path: Path) -> None:
    """Write the weights and what is needed to use them as .npz: plain arrays, nothing that can run code."""
    arrays = dict(found.net.parameters())
    arrays["hidden_activation"] = np.array(found.net.hidden_activation)
    arrays["output_activation"] = np.array(found.net.output_activation)
    if isinstance(found, Written):
        arrays["alphabet"] = np.array([ord(character) for character in found.alphabet.characters], dtype=np.uint32)
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
