"""`fit`: a net learns by gradient descent with back-propagation through time."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from limen._errors import DivergedError, InputError
from limen._threads import held
from limen.results.history import History
from limen.rnn._loop import Loop
from limen.rnn._plan import Plan
from limen.rnn._samples import Samples, samples
from limen.rnn.net import RNN, Steps
from limen.rnn.optimisers import Adam, Optimiser
from limen.rnn.schedules import Constant, Schedule
from limen.rnn.scoring import check_window

__all__ = ["DivergedError", "fit"]

ADAM, CONSTANT = Adam(), Constant()
ONE_THREAD = 256
"""Hidden units up to which numpy's linear algebra runs on one thread: its products are so small that two threads gain
at most a sixth on two free cores; where other work holds a core they wait for each other (31 s an epoch, not 3)."""


def fit(
    net: RNN,
    x: Any,
    y: Any,
    *,
    epochs: int,
    batch_size: int = 32,
    steps: Steps = "all",
    lengths: Any = None,
    mask: Any = None,
    optimiser: Optimiser = ADAM,
    schedule: Schedule = CONSTANT,
    clip_norm: float | None = None,
    validation: tuple[Any, ...] | None = None,
    patience: int | None = None,
    truncate: int | None = None,
    window: int | None = None,
    seed: int = 0,
    progress: bool = False,
    on_epoch: Callable[[History], None] | None = None,
) -> History:
    """Train a net: its own arrays (`net.parameters()`) are changed in place, and the history of it is given back.

    An update follows the gradient of the batch's mean loss: the gradients of `RNN.bptt`, which are those of a sum,
    divided by the number of steps that count in the batch. Losses are reported per counted step too, in nats.

    x: (samples, time, inputs); or whole numbers (samples, time), symbols that become one-hot vectors batch by batch.
    y: labels (samples, time), or distributions (samples, time, outputs); with steps="last" the time axis may be absent.
    epochs: how often each sample is seen. batch_size: samples an update. The order of an epoch is one
    `permutation(samples)` of `numpy.random.default_rng(seed)`; the same call on the same net gives the same weights.
    steps: "all": every step has a loss; "last": the last one of each sample. lengths: (samples), steps of each sample;
    what lies beyond is padding, and may be nan. mask: (samples, time) bool, which steps count.
    optimiser, schedule: nouns of `limen.rnn`. clip_norm: longer gradients are shortened to this norm.
    validation: (x, y), (x, y, lengths) or (x, y, lengths, mask), scored after every epoch.
    patience: stop when the validation loss got no better for so many epochs, and in any case give the net the weights
    of the best epoch back at the end (early stopping, Prechelt 1998).
    truncate: how many transitions each step's loss goes back at most, as in `RNN.bptt`.
    window: cut samples into windows of so many steps, an update each; the state goes on from window to window, the
    gradient does not (Williams, Peng 1990). For texts and other long sequences.
    progress: a bar on standard error. on_epoch: called with the history so far after every epoch.
    While a net of at most 256 hidden units learns, the linear algebra of the whole process runs on one thread.

    Raises InputError for an option or sample that is wrong, before anything is learned, and DivergedError when the
    loss, the gradient or the weights stop being finite; the net then has the last weights with a finite loss.
    """
    plan = Plan(epochs, batch_size, optimiser, schedule, clip_norm, patience, truncate, window, seed)
    _check(plan, steps, validation)
    if on_epoch is not None and not callable(on_epoch):
        raise InputError(f"on_epoch is {on_epoch!r}, expected a function of the history, or None.")
    given = samples(net, x, y, steps=steps, lengths=lengths, mask=mask)
    held_out = None if validation is None else _held_out(net, steps, *validation)
    with held(net.hidden <= ONE_THREAD), _bar(epochs * given.slots(batch_size, window), shown=progress) as advance:
        loop = Loop(net, plan, given, held_out, advance)
        while len(loop.epochs) < epochs and not loop.stopped:
            loop.epoch()
            if on_epoch is not None:
                on_epoch(loop.history())
    loop.finish()
    return loop.history()


def _held_out(net: RNN, steps: Steps, x: Any, y: Any, lengths: Any = None, mask: Any = None) -> Samples:
    try:
        return samples(net, x, y, steps=steps, lengths=lengths, mask=mask)
    except InputError as error:
        raise InputError(f"validation: {error}") from error


@contextlib.contextmanager
def _bar(slots: int, *, shown: bool) -> Iterator[Callable[[int, float], None]]:
    """Give the function that is told how many of the slots are done; with `shown` it moves a bar on standard error."""
    if not shown:
        yield lambda _done, _loss: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(bar_width=30), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("learning", total=slots)
        yield lambda done, loss: bar.update(task, completed=done, description=f"learning, loss {loss:.3f}")


def _check(plan: Plan, steps: Steps, validation: Any) -> None:
    """Raise InputError for options that do not go together."""
    if validation is not None and not (isinstance(validation, tuple) and 2 <= len(validation) <= 4):
        raise InputError(
            f"validation is a {type(validation).__name__}, expected a tuple (x, y), (x, y, lengths) or "
            "(x, y, lengths, mask)."
        )
    if plan.patience is not None and validation is None:
        raise InputError("patience needs samples to judge by: give validation=(x, y), or drop it.")
    check_window(plan.window, steps)
