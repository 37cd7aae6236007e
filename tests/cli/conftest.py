"""A shell to run the command in, and models to ask, as modules in the working directory."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from limen.cli import main
from tests.shared import needed

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
    if any("For" not in text for text in texts):
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


TABLE_MODELS = '''
import numpy as np


def heavy(frame):
    """Two classes of one column of pandas; missing counts as light."""
    grams = np.nan_to_num(frame["body_mass_g"].to_numpy(float), nan=3000.0)
    p = 1 / (1 + np.exp(-(grams - 4200) / 300))
    return np.stack([1 - p, p], axis=1)


heavy.classes = ("light", "heavy")


def kilos(frame):
    return frame["body_mass_g"].to_numpy(float) / 1000


def same(frame):
    return np.full((len(frame), 2), [0.3, 0.7])


def kinds(frame):
    """Fails with what it was given, which shows in the error."""
    raise RuntimeError(", ".join(f"{name}: {kind}" for name, kind in frame.dtypes.items()))


def fails(frame):
    if (frame["sex"] == "female").any():
        raise RuntimeError("no [red]females\\nhere")
    return same(frame)


def incomes(frame):
    """More years of school and more hours pay; texts and missing ones are read as they stand."""
    margin = 0.6 * (frame["education_num"] - 11) + 0.05 * (frame["hours"] - 40) + (frame["sex"] == "Male")
    p = 1 / (1 + np.exp(-margin.to_numpy(float)))
    return np.stack([1 - p, p], axis=1)


incomes.classes = ("<=50K", ">50K")
'''


@pytest.fixture(scope="session")
def penguin_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one pipeline for penguins as .skops, .joblib, and .onnx with an input for each column."""
    import joblib
    import pandas as pd
    import skl2onnx
    import skops.io
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    folder = tmp_path_factory.mktemp("penguins")
    frame = pd.read_csv(needed("data/tabular/penguins.csv")).dropna()
    numbers, texts = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"], ["island", "sex"]
    columns = make_column_transformer((StandardScaler(), numbers), (OneHotEncoder(handle_unknown="ignore"), texts))
    model = make_pipeline(columns, LogisticRegression(max_iter=1000)).fit(frame[numbers + texts], frame["species"])
    skops.io.dump(model, folder / "model.skops")
    joblib.dump(model, folder / "model.joblib")
    types = [(name, FloatTensorType([None, 1])) for name in numbers]
    types += [(name, StringTensorType([None, 1])) for name in texts]
    written = skl2onnx.to_onnx(model, initial_types=types, options={"zipmap": False})
    (folder / "model.onnx").write_bytes(written.SerializeToString())
    frame.to_csv(folder / "penguins.csv", index=False)
    frame.to_parquet(folder / "penguins.parquet", index=False)
    return folder


@pytest.fixture
def table(shell: Shell, penguin_models: Path) -> Shell:
    """Run `limen table` on the penguins without missing values, in their folder's copies, with few model rows."""
    Path("table_models_for_tests.py").write_text(TABLE_MODELS, encoding="utf-8")
    for file in penguin_models.iterdir():
        Path(file.name).symlink_to(file)

    def run(*words: str, command: str = "table", rows: str = "penguins.csv", model: str = "model.skops") -> Ended:
        named = f"table_models_for_tests:{model}" if model.isidentifier() else model
        return shell(command, *([rows] if rows else []), "--model", named, "--budget", "200", *words, model=None)

    yield run
    sys.modules.pop("table_models_for_tests", None)
