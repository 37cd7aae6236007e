"""Real models by every door: transformers' folder, pipeline and pair, ONNX files, package.module:function."""

import json
import shutil

import numpy as np
import pytest

import limen
from limen._errors import InputError
from limen.models import load, predictor
from tests.shared import needed

SENTENCES = [
    "For Christmas Song visit our channel!",
    "It looks very cute",
    "visit our channel!",
    "For Christmas Song",
    "",
]
SPAM = [0.981, 0.018, 0.984, 0.018]


@pytest.fixture(scope="module")
def pair():
    import torch
    import transformers

    folder = str(needed("weights/minilm-youtube-spam"))
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32)
    return model, transformers.AutoTokenizer.from_pretrained(folder)


def test_folder_pipeline_and_pair_say_the_same(pair):
    import transformers

    by_folder = load(needed("weights/minilm-youtube-spam"))
    by_pair = predictor(pair)
    pipeline = transformers.pipeline("text-classification", model=pair[0], tokenizer=pair[1])
    by_pipeline = predictor(pipeline)
    answers = by_folder(SENTENCES)
    assert answers[:4, 1] == pytest.approx(SPAM, abs=2e-3)
    assert answers.sum(axis=1) == pytest.approx(np.ones(5))
    assert by_pair(SENTENCES) == pytest.approx(answers, abs=1e-6)
    assert by_pipeline(SENTENCES) == pytest.approx(answers, abs=1e-6)
    assert by_folder.classes == by_pair.classes == by_pipeline.classes == ("ham", "spam")
    own = pipeline(SENTENCES[:4], top_k=None)
    for row, scores in zip(answers, own, strict=False):
        assert {entry["label"]: entry["score"] for entry in scores} == pytest.approx(
            dict(zip(("ham", "spam"), row, strict=True)), abs=1e-5
        )


def test_batches_and_repeats_do_not_change_the_answer(pair):
    ask = predictor(pair)
    together = ask([*SENTENCES, "a much longer text that pads all of the others " * 5])
    alone = np.concatenate([predictor(pair)([text]) for text in SENTENCES])
    assert together[:5] == pytest.approx(alone, abs=2e-6)


def test_the_model_is_left_as_it_was(pair):
    model, _ = pair
    for training in (True, False):
        model.train(training)
        predictor(pair)(SENTENCES)
        assert model.training is training
    assert all(parameter.grad is None for parameter in model.parameters())


def test_the_exact_shapley_values_of_the_comment(pair):
    explanation = limen.explain(pair, SENTENCES[0], scale="log-odds", sampler=limen.sampling.Shapley())
    assert explanation.parts == ("For", "Christmas", "Song", "visit", "our", "channel!")
    assert explanation.effects.values == pytest.approx([-0.21, -0.12, -0.79, 2.21, 1.01, 5.32], abs=0.01)
    assert explanation.status.name == "EXACT"


def test_both_comments_of_the_course(pair):
    spam, normal = limen.explain(pair, SENTENCES[:2], on_doubt="ignore")
    assert (spam.target_name, normal.target_name) == ("spam", "ham")
    assert (spam.cost.distinct_rows, normal.cost.distinct_rows) == (64, 16)
    assert spam.parts[spam.top(1)[0]] == "channel!"
    assert spam.noise < 1e-5


def test_raw_answers_are_logits(pair):
    import torch

    with torch.inference_mode():
        logits = pair[0](**pair[1](SENTENCES[0], return_tensors="pt")).logits[0].numpy()
    raw = limen.explain(pair, SENTENCES[0], target="spam", scale="raw", budget=64)
    assert raw.prediction == pytest.approx(float(logits[1]), abs=1e-4)
    assert load(needed("weights/minilm-youtube-spam"), raw=True)(SENTENCES[:1])[0] == pytest.approx(logits, abs=1e-4)


def test_long_texts_are_cut_at_the_models_length(pair):
    ask = predictor(pair)
    assert np.isfinite(ask(["word " * 2000])).all()
    assert ask.cuts("word " * 2000)
    assert not ask.cuts("word " * 200)


def make_onnx(folder, outputs, *, inputs=("input_ids", "attention_mask"), config=None):
    """A tiny ONNX classifier: one output column a constant, the other counts the tokens; with a word tokenizer."""
    import onnx
    from onnx import TensorProto, helper
    from tokenizers import Tokenizer, models, pre_tokenizers

    folder.mkdir(exist_ok=True)
    mask = inputs[-1]
    nodes = [
        helper.make_node("Cast", [mask], ["kept"], to=TensorProto.FLOAT),
        helper.make_node("ReduceSum", ["kept", "axis"], ["sum"], keepdims=1),
    ]
    nodes += outputs(helper)
    entries = [helper.make_tensor_value_info(name, TensorProto.INT64, ["n", "length"]) for name in inputs]
    answer = helper.make_tensor_value_info("answer", TensorProto.FLOAT, ["n", "k"])
    axis = helper.make_tensor("axis", TensorProto.INT64, [1], [1])
    graph = helper.make_graph(nodes, "tiny", entries, [answer], [axis])
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), folder / "model.onnx")
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    if config is not None:
        (folder / "config.json").write_text(json.dumps(config))
    return folder / "model.onnx"


def logits(helper):
    return [
        helper.make_node("Neg", ["sum"], ["minus"]),
        helper.make_node("Concat", ["minus", "sum"], ["answer"], axis=1),
    ]


def test_an_onnx_file_gives_probabilities_from_logits(tmp_path):
    path = make_onnx(tmp_path / "m", logits, config={"id2label": {"0": "few", "1": "many"}})
    ask = load(path)
    texts = ["a", "a b", "a b c d"]
    expected = 1 / (1 + np.exp(-2 * np.array([1.0, 2.0, 4.0])))
    assert ask(texts)[:, 1] == pytest.approx(expected, abs=1e-6)
    assert ask.classes == ("few", "many")
    assert limen.explain(ask, "a b c", target="many", on_doubt="ignore").target_name == "many"


def test_probabilities_of_an_onnx_file_stay_as_they_are(tmp_path):
    def shares(helper):
        return [*logits(helper)[:1], helper.make_node("Concat", ["minus", "sum"], ["both"], axis=1),
                helper.make_node("Softmax", ["both"], ["answer"], axis=1)]  # fmt: skip

    ask = load(make_onnx(tmp_path / "m", shares))
    assert ask(["a b"])[0, 1] == pytest.approx(1 / (1 + np.exp(-4)), abs=1e-6)
    assert ask.classes is None


def test_onnx_files_that_cannot_be_served(tmp_path):
    path = make_onnx(tmp_path / "m", logits, inputs=("pixels", "attention_mask"))
    with pytest.raises(InputError, match=r"inputs .*pixels.*expected input_ids"):
        load(path)
    with pytest.raises(InputError, match=r"needs the file 'none.onnx'"):
        load(tmp_path / "none.onnx")
    path = make_onnx(tmp_path / "m3", logits)
    path.with_name("tokenizer.json").write_text("{}")
    with pytest.raises(InputError, match=r"tokenizer\.json"):
        load(path)
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "model.onnx").write_bytes(b"nonsense")
    shutil.copy(make_onnx(tmp_path / "m2", logits).with_name("tokenizer.json"), bad)
    with pytest.raises(InputError, match="not an ONNX file"):
        load(bad / "model.onnx")


def test_the_embedded_model_opens_as_a_file_too():
    from pathlib import Path

    folder = Path(limen.zoo.__file__).parent / "spam"
    ask = load(folder / "model.onnx")
    assert ask(SENTENCES[:4]) == pytest.approx(limen.zoo.spam()(SENTENCES[:4]), abs=1e-5)
    assert ask.classes == ("normal", "spam")


def test_a_function_by_name(tmp_path, monkeypatch):
    (tmp_path / "my_model_of_today.py").write_text("def predict(texts):\n    return [[len(t) / 100] for t in texts]\n")
    monkeypatch.chdir(tmp_path)
    assert load("my_model_of_today:predict")(["abcd"])[0, 0] == pytest.approx(0.04)
    with pytest.raises(InputError, match="has no 'nothing'"):
        load("my_model_of_today:nothing")
    with pytest.raises(InputError, match="cannot be imported"):
        load("no_such_module_here:predict")


@pytest.mark.parametrize("name", ["./nowhere", "/nowhere/at/all", "a/b/c", "", "no-such-model-of-anyone/xyz"])
def test_names_of_nothing(name, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(InputError, match="model is"):
        load(name)


def test_a_folder_that_is_no_model(tmp_path):
    with pytest.raises(InputError, match="no text classifier"):
        load(tmp_path)


def test_other_pipelines_are_refused(pair):
    from limen.models.huggingface import from_pipeline

    class Fake:
        task = "text-generation"

    with pytest.raises(InputError, match="'text-generation', expected 'text-classification'"):
        from_pipeline(Fake())
    with pytest.raises(InputError, match="model is a pair"):
        predictor((pair[1], pair[0]))
