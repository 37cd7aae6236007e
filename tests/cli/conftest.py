"""A shell to run the command in, and models to ask, as modules in the working directory."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from limen.cli import main

MODELS = '''
import numpy as np

WEIGHTS = {"channel!": 2.5, "visit": 1.2, "Song": -0.4, "cute": -3.0}


def _two(margins):
    p = 1 / (1 + np.exp(-np.asarray(margins, dtype=float)))
    return np.stack([1 - p, p], axis=1)


def comments(texts):
    return _two([sum(WEIGHTS.get(word, 0.01 * len(word)) for word in text.split()) - 1 for text in texts])


comments.classes = ("normal", "spam")


def four(texts):
    """Four classes; the first two are spam of different kinds."""
    two = comments(texts)
    return np.concatenate([two / 2, two[:, ::-1] / 2], axis=1)[:, [1, 2, 0, 3]]


four.classes = ("a", "b", "c,d", "1-2")


def pairs(texts):
    return _two([6.0 * ("visit" in text and "channel!" in text) - 3 for text in texts])


def margins(texts):
    return np.array([[3.0 * len(text)] for text in texts])


def flat(texts):
    return np.full((len(texts), 2), [0.4, 0.6])


def noisy(texts):
    noisy.calls += 1
    return _two([len(text) / 10 + noisy.calls for text in texts])


noisy.calls = 0


def shape(texts):
    return np.zeros((1, 2))


def nan(texts):
    return np.full((len(texts), 2), np.nan)


def half(texts):
    if len(texts) > 1:
        raise RuntimeError("out of [red]paper\\nand ink")
    return comments(texts)


def interrupted(texts):
    raise KeyboardInterrupt


def chatty(texts):
    import warnings

    print("chatter on standard output")
    warnings.warn("chatter as a warning", stacklevel=1)
    return comments(texts)
'''


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


Shell = Callable[..., Ended]


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Run `limen` in an empty folder that holds the module `models_for_tests`; `stdin` is what is piped in."""
    (tmp_path / "models_for_tests.py").write_text(MODELS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)

    def run(*words: str, stdin: bytes = b"", model: str | None = "comments") -> Ended:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        capsys.readouterr()
        code = main([*words, "--model", f"models_for_tests:{model}"] if model else list(words))
        told = capsys.readouterr()
        return Ended(code, told.out, told.err)

    yield run
    sys.modules.pop("models_for_tests", None)
