"""Models of images from folders and files, and what they say of what is no image."""

import json
import pickle
import warnings

import numpy as np
import pytest
import torch
import transformers
from PIL import Image

from limen._errors import InputError, ModelError
from limen.models import Composer, load, predictor
from limen.models.groups import NAMES, group
from limen.models.image_torch import TorchCompose
from tests.photos import Net, canvas_of, cropped, masks_of, resized


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("images") / "tiny"
    config = transformers.ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic", num_labels=3,
        id2label={0: "dog", 1: "cat", 2: "car"}, label2id={"dog": 0, "cat": 1, "car": 2},
    )  # fmt: skip
    torch.manual_seed(0)
    transformers.ResNetForImageClassification(config).eval().save_pretrained(place)
    settings = {
        "image_processor_type": "ConvNextImageProcessor", "do_resize": True, "size": {"shortest_edge": 32},
        "crop_pct": 0.875, "resample": 3, "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True,
        "image_mean": [0.5, 0.4, 0.3], "image_std": [0.2, 0.2, 0.3],
    }  # fmt: skip
    (place / "preprocessor_config.json").write_text(json.dumps(settings), encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def pair(folder):
    return (
        transformers.AutoModelForImageClassification.from_pretrained(folder),
        transformers.AutoImageProcessor.from_pretrained(folder),
    )


def test_folder_pipeline_and_pair_say_the_same(folder, pair):
    canvas = canvas_of()
    pipeline = transformers.pipeline("image-classification", model=pair[0], image_processor=pair[1], device="cpu")
    images = [Image.fromarray(image) for image in canvas.compose(masks_of(canvas, 4))]
    asked = [{one["label"]: one["score"] for one in pipeline(image, top_k=3)} for image in images]
    answers = [[one[name] for name in ("dog", "cat", "car")] for one in asked]
    for model in (pair, pipeline, load(folder)):
        adapter = predictor(model).adapter
        assert adapter.classes == ("dog", "cat", "car")
        assert adapter.kind == "probability"
        assert adapter.answer(images) == pytest.approx(np.array(answers), abs=1e-5)
        painted = adapter.painter(canvas)
        assert isinstance(painted, TorchCompose)
        assert adapter.answer(painted(masks_of(canvas, 4))) == pytest.approx(np.array(answers), abs=1e-2)


def test_raw_answers_are_logits(pair):
    image = [canvas_of().image]
    logits = predictor(pair, raw=True).adapter.answer(image)
    assert predictor(pair).adapter.answer(image) == pytest.approx(np.exp(logits) / np.exp(logits).sum(), rel=1e-9)


@pytest.fixture(scope="module")
def onnx_file(folder, pair):
    class Logits(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = pair[0].eval()

        def forward(self, x):
            return self.model(x).logits

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, axes in (("model.onnx", {"x": {0: "n"}}), ("fixed.onnx", None)):
            torch.onnx.export(
                Logits().eval(), (torch.zeros(3, 3, 32, 32),), str(folder / name), input_names=["x"], dynamic_axes=axes,
                dynamo=False,
            )  # fmt: skip
    return folder / "model.onnx"


def test_torch_onnx_and_a_callable_agree(onnx_file, pair):
    canvas = canvas_of()
    masks = masks_of(canvas)
    by_torch, by_onnx = predictor(pair).adapter, load(onnx_file).adapter
    answers = by_torch.answer(by_torch.painter(canvas)(masks))
    assert by_onnx.answer(by_onnx.painter(canvas)(masks)) == pytest.approx(answers, abs=1e-5)
    assert by_onnx.classes == by_torch.classes

    def function(images):
        with torch.no_grad():
            return torch.softmax(pair[0](**pair[1](images=list(images), return_tensors="pt")).logits, 1).numpy()

    plain = predictor(function).adapter
    assert plain.painter is None
    assert plain.answer(canvas.compose(masks)) == pytest.approx(answers, abs=1e-2)
    fixed = predictor(load(onnx_file.with_name("fixed.onnx"))).adapter
    assert fixed.rows == 3
    for n in (1, 3, 5):
        assert fixed.answer(fixed.painter(canvas)(masks[:n])) == pytest.approx(answers[:n], abs=1e-5)


def test_an_onnx_model_travels_and_takes_a_preprocessing(onnx_file, pair, tmp_path):
    adapter = pickle.loads(pickle.dumps(load(onnx_file).adapter))  # noqa: S301 - our own
    assert adapter.answer([canvas_of().image]).shape == (1, 3)
    alone = tmp_path / "alone.onnx"
    alone.write_bytes(onnx_file.read_bytes())
    with pytest.raises(InputError, match=r"preprocessor_config\.json"):
        load(alone)
    own = predictor((alone, lambda image: pair[1](images=image, return_tensors="np")["pixel_values"][0])).adapter
    assert own.answer([canvas_of().image]) == pytest.approx(adapter.answer([canvas_of().image]), abs=1e-6)
    assert own.classes is None


@pytest.mark.parametrize(
    ("preprocess", "told"),
    [
        (lambda _: np.zeros((5, 5)), r"preprocess gave ndarray of shape \(5, 5\)"),
        (lambda _: "dog", "preprocess gave str"),
        (lambda image: image.nothing, "preprocess takes neither"),
    ],
)
def test_a_preprocessing_that_gives_no_input_is_told(preprocess, told):
    with pytest.raises(InputError, match=told):
        predictor((Net(), preprocess)).adapter.painter(canvas_of())


def test_what_is_no_image_is_told():
    adapter = predictor((Net(), cropped)).adapter
    with pytest.raises(InputError, match="the model takes images and was given str"):
        adapter.answer(["a text"])
    with pytest.raises(InputError, match="float64"):
        adapter.answer([np.zeros((9, 9, 3))])


def test_a_model_that_wants_another_size_is_told(onnx_file):
    canvas = canvas_of()
    ask = predictor((onnx_file.with_name("fixed.onnx"), resized((40, 40))))
    compose = ask.adapter.painter(canvas)
    with pytest.raises(ModelError, match="the image"):
        ask.ask([0], (), Composer(lambda rows: compose(masks_of(canvas)[rows]), lambda _: "the image"))


def test_groups_need_the_classes_of_imagenet():
    assert group("dog", ("dog", "cat")) is None
    assert group("dog", None) is None
    assert group("dog", tuple(map(str, range(1000)))) is None
    assert "dog" in NAMES
