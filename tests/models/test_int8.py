"""A classifier's copy in whole numbers of eight bits: made once, near the model, and explanations stay the model's."""

import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import limen
from limen._errors import InputError
from limen.models import Twin, int8, int8_twin, predictor
from limen.models.image_onnx import OnnxEngine
from tests.photos import Net, canvas_of, masks_of, resized

SIZE = (28, 20)
"""Height and width that the model takes."""
prepare = resized(SIZE[::-1])


class Wide(Net):
    """The net with two layers and outputs that are no probabilities and differ from picture to picture."""

    classes = ("dog", "cat", "car", "tree")

    def __init__(self):
        super().__init__()
        self.second = torch.nn.Conv2d(6, 6, 3)
        self.last.weight.data.mul_(3.0)

    def forward(self, x):
        inner = torch.relu(self.second(torch.relu(self.first(8.0 * (x - 0.4)))))
        return 3.0 * self.last(self.drop(inner.amax(3).mean(2)))


@pytest.fixture(autouse=True)
def cache(tmp_path_factory, monkeypatch):
    """One folder for all tests of this file, since what is written is found again."""
    place = tmp_path_factory.getbasetemp() / "int8"
    monkeypatch.setenv("LIMEN_CACHE", str(place))
    return place


@pytest.fixture(scope="module")
def net():
    return Wide().eval()


@pytest.fixture(scope="module")
def file(net, tmp_path_factory):
    path = tmp_path_factory.mktemp("float") / "model.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            net, (torch.zeros(1, 3, *SIZE),), str(path), input_names=["x"], dynamic_axes={"x": {0: "n"}}, dynamo=False
        )
    return Path(path)


@pytest.fixture
def photo():
    return canvas_of((56, 40)).image


def files_in(cache):
    return {one.relative_to(cache): one.stat().st_mtime_ns for one in cache.rglob("*")} if cache.exists() else {}


def pictures(n=24):
    canvas = canvas_of((56, 40))
    return list(canvas.compose(masks_of(canvas, n)))


@pytest.fixture(params=["torch", "onnx"])
def pair(request, net, file):
    return (net if request.param == "torch" else file), prepare


def test_the_copy_is_in_eight_bits_and_answers_as_the_model_does(pair, photo, cache):
    twin = int8_twin(pair, photo, ratio=7)
    assert isinstance(twin, Twin)
    assert twin.model is pair
    assert twin.ratio == 7
    ours, theirs = (predictor(one).adapter.answer(pictures()) for one in (twin.model, twin.cheap))
    assert theirs.sum(axis=1) == pytest.approx(np.ones(len(theirs)), abs=1e-6)
    assert not np.array_equal(ours, theirs)
    for k in range(4):
        assert np.ptp(ours[:, k]) > 0.05
        assert np.corrcoef(ours[:, k], theirs[:, k])[0, 1] > 0.92  # so small a net feels each step
    assert np.abs(ours - theirs).max() < 0.2
    engine = twin.cheap.answer.engine
    assert isinstance(engine, OnnxEngine)
    assert engine.path.is_relative_to(cache.resolve())
    assert b"QuantizeLinear" in engine.path.read_bytes()


def test_the_last_product_stays_in_float(pair, photo):
    import onnx

    nodes = onnx.load(str(int8_twin(pair, photo).cheap.answer.engine.path)).graph.node
    rounded = {output for node in nodes if node.op_type == "DequantizeLinear" for output in node.output}
    weighted = [node for node in nodes if node.op_type in int8.PRODUCTS]
    assert [node.input[1] in rounded for node in weighted] == [True] * (len(weighted) - 1) + [False]


def test_nodes_without_names_are_rounded_too(file, photo, tmp_path):
    import onnx

    model = onnx.load(str(file))
    for node in model.graph.node:
        node.name = ""
    onnx.save(model, str(tmp_path / "unnamed.onnx"))
    copy = int8_twin((tmp_path / "unnamed.onnx", prepare), photo).cheap.answer.engine.path
    assert sum(node.op_type == "QuantizeLinear" for node in onnx.load(str(copy)).graph.node) > 2


def test_it_is_written_once_and_nothing_else_is_left(pair, photo, cache, monkeypatch):
    int8_twin(pair, photo)
    before = files_in(cache)
    monkeypatch.setattr(int8, "_write", None)
    again = int8_twin(pair, photo)
    assert files_in(cache) == before
    assert [one.name for one in again.cheap.answer.engine.path.parent.iterdir()] == ["model.onnx"]
    assert not list(cache.glob(".writing-*"))
    assert isinstance(pair[0], torch.nn.Module) or pair[0].is_file()


def test_other_weights_and_other_pictures_have_copies_of_their_own(net, photo):
    written = []

    def copy(model, images):
        written.append(int8_twin((model, prepare), images).cheap.answer.engine.path)

    copy(net, photo)
    copy(net, [photo, 255 - photo])
    other = Wide().eval()
    with torch.no_grad():
        other.last.weight.mul_(-1.0)
    copy(other, photo)
    assert len(set(written)) == 3
    assert all(path.is_file() for path in written)


def test_the_classes_are_the_models(net, photo):
    assert predictor(int8_twin((net, prepare), photo)).twin.classes == predictor((net, prepare)).classes == Wide.classes


def test_pictures_may_be_files(net, photo, tmp_path):
    Image.fromarray(photo).save(tmp_path / "photo.png")
    by_file = int8_twin((net, prepare), tmp_path / "photo.png").cheap.answer.engine.path
    assert by_file == int8_twin((net, prepare), photo).cheap.answer.engine.path


def test_a_fixed_batch_is_served(net, photo, tmp_path):
    path = tmp_path / "fixed.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(net, (torch.zeros(2, 3, *SIZE),), str(path), input_names=["x"], dynamo=False)
    twin = int8_twin((path, prepare), photo)
    ours, theirs = (predictor(one).adapter.answer(pictures(4)) for one in (twin.model, twin.cheap))
    assert theirs == pytest.approx(ours, abs=0.2)


def test_explanations_are_the_models_with_smaller_errors(pair, photo):
    options = {"target": 1, "domain": limen.Image(14), "budget": 90, "on_doubt": "ignore"}
    alone, helped = limen.explain(pair, photo, **options), limen.explain(int8_twin(pair, photo), photo, **options)
    assert helped.proxy.name == "twin"
    assert helped.cost.model_rows == alone.cost.model_rows <= 90
    assert 800 < helped.proxy.twin_rows <= 900
    assert helped.prediction == alone.prediction
    assert helped.effects.standard_errors.mean() < alone.effects.standard_errors.mean()


def test_the_module_stays_as_it_was(photo):
    module = Wide().train()
    before = {name: values.clone() for name, values in module.state_dict().items()}
    module.last.weight.data.mul_(1.5)
    before["last.weight"] *= 1.5
    int8_twin((module, prepare), photo)
    assert module.training
    assert all(torch.equal(values, before[name]) for name, values in module.state_dict().items())


@pytest.mark.parametrize(
    "model", [lambda texts: np.ones((len(texts), 2)), torch.nn.Linear(3, 2)], ids=["function", "module"]
)
def test_what_is_no_image_classifier_is_refused(model, cache):
    before = files_in(cache)
    with pytest.raises(InputError, match=r"model is .*expected an image classifier that runs in torch or ONNX"):
        int8_twin(model)
    assert files_in(cache) == before


def test_a_model_of_texts_is_refused():
    class Words:
        classes_ = np.array(["ham", "spam"])

        def predict_proba(self, texts):
            return np.full((len(texts), 2), 0.5)

    with pytest.raises(InputError, match="model is Words, expected an image classifier"):
        int8_twin(Words())


def test_a_missing_model_and_a_missing_or_broken_picture_are_named(net, tmp_path):
    with pytest.raises(InputError, match=r"nowhere\.onnx.*no such file"):
        int8_twin((tmp_path / "nowhere.onnx", prepare))
    with pytest.raises(InputError, match=r"images has .*gone\.png"):
        int8_twin((net, prepare), [tmp_path / "gone.png"])
    (tmp_path / "broken.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"images has .*broken\.png"):
        int8_twin((net, prepare), str(tmp_path / "broken.png"))
    with pytest.raises(InputError, match="images is an empty list"):
        int8_twin((net, prepare), [])


@pytest.mark.parametrize("ratio", [0.5, True])
def test_a_ratio_that_makes_no_sense(net, photo, ratio):
    with pytest.raises(InputError, match="ratio of Twin"):
        int8_twin((net, prepare), photo, ratio=ratio)


def test_calibration_pictures_hide_about_half_and_leave_the_given_ones_alone(photo):
    kept = photo.copy()
    found = int8._hidden([photo, 255 - photo])
    assert len(found) == int8.CALIBRATION_ROWS
    assert np.array_equal(found[0], kept)
    assert np.array_equal(photo, kept)
    changed = [
        np.any(one != whole, axis=2).mean() for one, whole in zip(found[2:], [photo, 255 - photo] * 15, strict=True)
    ]
    assert 0.35 < np.mean(changed) < 0.6
    assert len({one.tobytes() for one in found}) == len(found)
