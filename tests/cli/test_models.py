"""The models that `limen text` can ask: the embedded one, an ONNX file, a folder of transformers."""

from __future__ import annotations

import os
import threading
import time
from importlib.resources import files
from pathlib import Path

import pytest

import limen
from limen.cli import _work
from limen.models import Adapter, Predictor

COMMENT = "For Christmas Song visit our channel!"
MINILM = Path(os.environ.get("LIMEN_SHARED", Path(__file__).parents[3] / "shared")) / "weights" / "minilm-youtube-spam"
EMBEDDED = Path(str(files("limen.zoo"))) / "spam"


def needs(path):
    return pytest.mark.skipif(not path.exists(), reason=f"{path.name} is not there")


@needs(EMBEDDED / "model.onnx")
def test_the_embedded_model_is_asked_without_a_word(shell):
    spam = shell("text", COMMENT, model=None)
    assert spam.code in (0, 3), spam.err
    assert spam.err == ""
    assert "gives spam a probability of 0.9" in spam.out
    normal = shell("text", "It looks very cute", model=None)
    assert "gives normal a probability of" in normal.out


def test_an_onnx_file(shell):
    write_onnx(Path("bag.onnx"))
    ended = shell("text", COMMENT, "--model", "bag.onnx", "--json", "-", model=None)
    assert ended.code in (0, 3), ended.err
    explanation = limen.Explanation.from_json(ended.out)
    assert explanation.target_name == "spam"
    assert explanation.parts[explanation.top(1)[0]] == "channel!"


def write_onnx(path):
    """A bag of words in ONNX with its tokenizer and class names: only `channel` speaks for spam."""
    import onnx
    import tokenizers

    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel({"[UNK]": 0, "channel": 1}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.save(str(path.with_name("tokenizer.json")))
    path.with_name("config.json").write_text('{"id2label": {"0": "normal", "1": "spam"}}')
    helper, kinds = onnx.helper, onnx.TensorProto
    nodes = [
        helper.make_node("Cast", ["input_ids"], ["known"], to=kinds.FLOAT),
        helper.make_node("ReduceSum", ["known", "axis"], ["count"], keepdims=1),
        helper.make_node("Sub", ["count", "half"], ["margin"]),
        helper.make_node("Neg", ["margin"], ["other"]),
        helper.make_node("Concat", ["other", "margin"], ["logits"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "bag",
        [helper.make_tensor_value_info("input_ids", kinds.INT64, ["n", "length"])],
        [helper.make_tensor_value_info("logits", kinds.FLOAT, ["n", 2])],
        [helper.make_tensor("axis", kinds.INT64, [1], [1]), helper.make_tensor("half", kinds.FLOAT, [], [0.5])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, str(path))


@needs(MINILM)
def test_a_folder_of_transformers_without_a_word(shell):
    ended = shell("text", COMMENT, "--model", str(MINILM), "--json", "-", model=None)
    assert ended.code in (0, 3), ended.err
    assert "Loading" not in ended.err
    assert "Warning" not in ended.err
    assert limen.Explanation.from_json(ended.out).prediction > 0.5


class Terminal:
    """Standard error that says that it is a terminal, and keeps what is written."""

    encoding = "utf-8"

    def __init__(self):
        self.written = ""

    def isatty(self):
        return True

    def write(self, text):
        self.written += text
        return len(text)

    def flush(self):
        """Nothing is kept back."""


def terminal(monkeypatch):
    """Put a terminal in place of standard error; in a fixture pytest's own capture would replace it again."""
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("TERM", "xterm-256color")
    return screen


def asked(seconds):
    def answer(texts):
        time.sleep(seconds)
        return [[0.5, 0.5]] * len(texts)

    with _work.Waiting(100) as waiting:
        watched = waiting.watch(Predictor(Adapter(answer, ("a", "b")), batch_size=7))
        watched(["one", "two", "three"])
    return watched


def test_a_bar_appears_when_the_work_takes_long_and_is_gone_afterwards(monkeypatch):
    screen = terminal(monkeypatch)
    monkeypatch.setattr(_work, "PATIENCE", 0.05)
    before = threading.active_count()
    watched = asked(0.6)
    assert "asking the model: 0 of at most 100 rows" in screen.written
    assert "\x1b[2K" in screen.written.rsplit("asking", 1)[1]
    assert (watched.classes, watched.batch_size) == (("a", "b"), 7)
    end = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < end:  # rich's own thread ends at its next tick
        time.sleep(0.02)
    assert threading.active_count() == before


def test_quick_work_shows_no_bar(monkeypatch):
    screen = terminal(monkeypatch)
    asked(0.0)
    assert screen.written == ""


def test_no_bar_where_there_is_no_terminal(monkeypatch, capsys):
    monkeypatch.setattr(_work, "PATIENCE", 0.01)
    asked(0.2)
    assert capsys.readouterr().err == ""
