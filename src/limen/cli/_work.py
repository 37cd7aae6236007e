"""Opening the model and asking it: quietly, and with a bar on the terminal if it takes long."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from dataclasses import replace
from types import TracebackType
from typing import Any

import limen
from limen.cli._errors import CommandError, Exit
from limen.models import Predictor, load, predictor

PATIENCE = 1.0
"""Seconds of waiting without a sign of life."""
QUIET = {
    "TRANSFORMERS_VERBOSITY": "error",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_VERBOSITY": "error",
    "TOKENIZERS_PARALLELISM": "false",
}


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep the terminal for the answer: no third party's warnings, and what a model prints goes to standard error."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    bars = sys.modules.get("transformers.utils.logging")  # imported already, it no longer reads the variables
    shown = bars is not None and bars.is_progress_bar_enabled()
    if bars is not None:
        bars.disable_progress_bar()
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(sys.stderr):
            warnings.simplefilter("ignore")
            yield
    finally:
        if bars is not None and shown:
            bars.enable_progress_bar()


class Waiting:
    """A bar on standard error that appears when the work takes more than a second, and is gone when it is done.

    Off a terminal it does nothing. `total` is the most rows that may be asked. `pace`: it tells rows a second and the
    time that is left; after a round, to the rows that it forecasts.
    """

    def __init__(self, total: int, *, pace: bool = False) -> None:
        self._total = self._most = total
        self._pace = pace
        self._since = 0.0
        self._rows = 0
        self._asking = False
        self._bar: Any = None
        self._task: Any = None
        self._timer = threading.Timer(PATIENCE, self._show) if sys.stderr.isatty() else None

    def __enter__(self) -> Waiting:
        if self._timer is not None:
            self._timer.daemon = True
            self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()  # else the bar could start after it was stopped
        if self._bar is not None:
            self._bar.stop()

    def watch(self, black_box: Predictor) -> Predictor:
        """Give the same model, whose rows the bar counts."""
        if self._timer is None:
            return black_box

        def answer(inputs: Any) -> Any:
            outputs = black_box.adapter.answer(inputs)
            self._rows += len(inputs)
            self._update()
            return outputs

        self._asking, self._since = True, time.perf_counter()
        self._update()
        return Predictor(replace(black_box.adapter, answer=answer), batch_size=black_box.batch_size)

    def explained(self, explainer: limen.Explainer, x: Any, target: Any) -> limen.Explanation:
        """The explanation of one text or image; with a tolerance, a line for each round above the bar."""
        if explainer.tolerance is None:
            only: limen.Explanation = explainer(x, target)
            return only
        for found in explainer.rounds(x, target):
            latest: limen.Explanation = found
            self._tell_round(latest)
        return latest

    def _tell_round(self, explanation: limen.Explanation) -> None:
        """Say how far the intervals are; nothing where standard error is no terminal."""
        if self._timer is None:
            return
        last = explanation.rounds[-1]
        self._most = min(self._total, max(self._rows, round(last.rows_needed)))
        if self._bar is None:
            sys.stderr.write(f"{last}\n")
        else:
            self._bar.console.print(str(last), highlight=False, markup=False)

    def _show(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=30), TimeElapsedColumn())
        # Its default redirection puts what a model prints above the bar.
        bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self._task = bar.add_task("opening the model", total=None)
        bar.start()
        self._bar = bar
        self._update()

    def _update(self) -> None:
        if self._bar is not None and self._asking:
            words = f"asking the model: {self._rows} of at most {self._total} rows"
            if self._pace and self._rows:
                words += pace_told(self._rows, self._most, time.perf_counter() - self._since)
            self._bar.update(self._task, description=words, total=self._total, completed=self._rows)


def pace_told(rows: int, total: int, seconds: float) -> str:
    """Rows a second so far, and the time that the rest will take at that pace."""
    a_second = rows / max(seconds, 1e-3)
    left = round(max(0, total - rows) / a_second)
    time_left = f"{left} s" if left < 100 else f"{left // 60} min {left % 60:02d} s"
    return f", {a_second:.{1 if a_second < 10 else 0}f} rows/s, {time_left} left"


def opened(reference: str | None, scale: str, *, trust_pickle: bool = False) -> Predictor:
    """Open the model that --model names, or the embedded one, for a scale. Raises CommandError where its code fails."""
    if reference is None:
        from limen import zoo

        return predictor(zoo.spam())
    try:
        return load(reference, raw=scale == "raw", trust_pickle=trust_pickle)
    except limen.LimenError:
        raise
    except Exception as error:  # the code of a user's module, or the library behind a folder, may raise anything
        reason = f"{type(error).__name__}: {error}"
        raise CommandError(f"--model is {reference!r}, which cannot be opened: {reason}", Exit.ERROR) from error
