"""The embedded spam model: its answers, its promises about batches, its cost at import, and its card."""

import csv
import json
import os
import pickle
import subprocess
import sys
from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pytest

import limen.zoo
from limen._errors import InputError
from limen.zoo import spam

CHRISTMAS, CUTE = "For Christmas Song visit our channel!", "It looks very cute"
FOLDER = Path(limen.zoo.__file__).parent / "spam"
ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("LIMEN_SHARED", ROOT.parent / "shared"))
COMMENTS = SHARED / "data/text/youtube_spam.csv"
ODD = [
    "",
    " \n\t ",
    "a",
    "\U0001f600\U0001f680\U0001f468‍\U0001f469‍\U0001f467",
    "订阅我的频道 チャンネル登録 구독",
    "&lt;3 I&#39;m<br />here",
    "<pad> <start> <mask>",
    "\x00\ud800\ufeff",
    "check " * 10_000,
    "!" * 20_000,
    CHRISTMAS,
    CUTE,
]


@pytest.fixture(scope="module")
def figures():
    return json.loads((FOLDER / "figures.json").read_text(encoding="utf-8"))


def test_the_two_sentences_of_the_course():
    answer = spam()([CHRISTMAS, CUTE])
    assert answer[0, 1] > 0.9
    assert answer[1, 1] < 0.1


def test_odd_texts_get_finite_probabilities_that_sum_to_one():
    answer = spam()(ODD)
    assert answer.shape == (len(ODD), 2)
    assert answer.dtype == np.float64
    assert np.isfinite(answer).all()
    assert (answer > 0).all()
    np.testing.assert_allclose(answer.sum(axis=1), 1.0, atol=1e-12)


def test_no_text_at_all_is_no_row():
    assert spam()([]).shape == (0, 2)


def test_the_empty_text_is_not_spam_and_not_certain():
    (row,) = spam()([""])
    assert 0.005 < row[1] < 0.5


def test_an_answer_does_not_depend_on_its_batch():
    model = spam()
    alone = np.concatenate([model([text]) for text in ODD])
    np.testing.assert_allclose(model(ODD), alone, atol=2e-6)
    np.testing.assert_allclose(model(ODD[::-1])[::-1], alone, atol=2e-6)


def test_many_texts_come_back_in_their_order():
    model = spam()
    texts = [f"{'word ' * (number * 7 % 31)}{CHRISTMAS if number % 3 else CUTE}" for number in range(700)]
    answer = model(texts)
    for place in (0, 1, 255, 256, 257, 511, 699):
        np.testing.assert_allclose(answer[place], model([texts[place]])[0], atol=2e-6)


def test_the_same_call_gives_the_same_answer():
    model = spam()
    np.testing.assert_array_equal(model(ODD), model(ODD))


def test_entities_and_white_space_make_no_difference():
    answer = spam()(["I'm here <3", " I&#39;m  here\n&lt;3 "])
    np.testing.assert_array_equal(answer[0], answer[1])


def test_words_beyond_the_last_token_are_not_read():
    model = spam()
    texts = ["la " * model.most_tokens, "la " * model.most_tokens + "subscribe to my channel http://spam.com"]
    answer = model(texts)
    np.testing.assert_allclose(answer[0], answer[1], atol=2e-6)


def test_the_words_that_sell_are_the_ones_that_matter():
    texts = [CHRISTMAS, "visit our channel!", "For Christmas Song", "For Christmas Song visit our"]
    answer = spam()(texts)[:, 1]
    assert answer[1] > 0.9
    assert answer[2] < 0.5
    assert answer[3] < answer[0]


def test_the_order_of_words_matters():
    answer = spam()(["my channel is better check it out please", "out it please is channel check better my"])
    assert abs(answer[0, 1] - answer[1, 1]) > 1e-4


@pytest.mark.parametrize(
    ("wrong", "parts"),
    [
        ("one text", ["texts", "str", "list", "model([text])"]),
        (None, ["texts", "NoneType", "list"]),
        (3, ["texts", "int", "list"]),
        (["fine", 3], ["texts[1]", "int", "expected a str"]),
        ([b"bytes"], ["texts[0]", "bytes", "decode"]),
        ([float("nan")], ["texts[0]", "float", "missing"]),
    ],
)
def test_wrong_input_is_named(wrong, parts):
    with pytest.raises(InputError) as caught:
        spam()(wrong)
    assert isinstance(caught.value, ValueError)
    for part in parts:
        assert part in str(caught.value)


def test_any_sequence_of_texts_will_do():
    expected = spam()([CHRISTMAS, CUTE])
    np.testing.assert_array_equal(spam()((CHRISTMAS, CUTE)), expected)
    np.testing.assert_array_equal(spam()(np.array([CHRISTMAS, CUTE])), expected)


def test_frozen_equal_and_picklable():
    model = spam()
    model([CUTE])
    again = pickle.loads(pickle.dumps(model))  # noqa: S301 - our own bytes
    np.testing.assert_array_equal(again([CUTE]), model([CUTE]))
    assert again == model
    with pytest.raises((FrozenInstanceError, AttributeError)):
        model.classes = ("a", "b")
    assert model.classes == ("normal", "spam")
    assert "zoo.spam" in repr(model)


def test_importing_and_building_loads_no_runtime():
    code = (
        "import sys, limen.zoo; model = limen.zoo.spam(); repr(model);"
        "print([name for name in ('onnxruntime', 'tokenizers', 'torch') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_answering_writes_nothing():
    code = "import limen.zoo; limen.zoo.spam()(['hello', ''])"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    assert done.stderr == ""


def test_the_files_are_small():
    assert sum((FOLDER / name).stat().st_size for name in ("model.onnx", "tokenizer.json")) < 2_500_000


def test_figures_and_card_agree(figures):
    assert figures["accuracy_mean"] >= 0.92
    assert figures["accuracy_mean"] == pytest.approx(np.mean(list(figures["accuracy"].values())), abs=1e-4)
    assert figures["accuracy_worst"] == min(figures["accuracy"].values())
    card = (FOLDER / "card.md").read_text(encoding="utf-8")
    for video, accuracy in figures["accuracy"].items():
        cells = [f"{video}", f"{accuracy:.3f}", *(f"{base[video]:.3f}" for base in figures["baseline"].values())]
        assert any(all(cell in line for cell in cells) for line in card.splitlines())
    numbers = [
        figures["accuracy_mean"],
        figures["accuracy_worst"],
        figures["accuracy_spread_over_seeds"],
        *figures["baseline_mean"].values(),
        *figures["calibration"].values(),
        *figures["shipped"]["probability_of_spam"].values(),
    ]
    for number in numbers:
        assert f"{number:.3f}" in card
    assert f"{figures['shipped']['parameters']:,}" in card


def test_the_files_are_those_that_the_figures_speak_of(figures):
    shipped = figures["shipped"]
    assert shipped["bytes"] == sum((FOLDER / name).stat().st_size for name in ("model.onnx", "tokenizer.json"))
    expected = shipped["probability_of_spam"]
    np.testing.assert_allclose(spam()(list(expected))[:, 1], list(expected.values()), atol=2e-4)


def test_accuracy_on_the_comments_that_it_learned(figures):
    if not COMMENTS.exists():
        pytest.skip(f"{COMMENTS.name} is not beside the project: set LIMEN_SHARED to the folder that holds data/text")
    with COMMENTS.open(newline="", encoding="utf-8") as file:
        rows = {row["CONTENT"]: int(row["CLASS"]) for row in csv.DictReader(file)}
    said = spam()(list(rows)).argmax(axis=1)
    accuracy = float(np.mean(said == np.array(list(rows.values()))))
    assert accuracy == pytest.approx(figures["shipped"]["accuracy_on_training_texts"], abs=0.01)
    assert accuracy > 0.95
    assert accuracy > figures["accuracy_mean"]
