"""ResNet-50 with its real weights: the facts that are known of it, by every engine, and where it is looked for."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from limen import zoo
from limen._canvas import Canvas
from limen._errors import InputError
from limen.models import predictor
from limen.models.groups import NAMES, group

from ..shared import needed


@pytest.fixture(scope="module")
def folder():
    return needed("weights/resnet-50")


@pytest.fixture(scope="module")
def by_torch(folder):
    return zoo.resnet50(folder)


@pytest.fixture(scope="module")
def beagle():
    return Image.open(needed("data/images/cc0/dog_beagle.jpg")).convert("RGB")


@pytest.fixture(scope="module")
def canvas(beagle):
    image = np.asarray(beagle)
    rows, columns = np.indices(image.shape[:2])
    labels = (rows // 150 * 8 + columns // 150).astype(np.int64)
    return Canvas(image, np.full_like(image, image.mean((0, 1)).astype(np.uint8)), labels)


def test_the_beagle_is_a_beagle_and_a_dog(by_torch, beagle):
    (found,) = by_torch.answer([beagle])
    assert by_torch.classes[found.argmax()] == "beagle"
    assert found[162] == pytest.approx(0.800, abs=5e-4)
    assert found[list(group("dog", by_torch.classes))].sum() == pytest.approx(0.999, abs=5e-4)


def test_painted_images_get_the_answers_of_preprocessed_ones(by_torch, canvas):
    masks = np.random.default_rng(0).random((4, canvas.n_parts)) < 0.6
    masks[0] = True
    compose = by_torch.painter(canvas)
    wanted = by_torch.answer(list(canvas.compose(masks)))
    found = by_torch.answer(compose(masks))
    assert found[0] == pytest.approx(wanted[0], abs=1e-4)
    assert found == pytest.approx(wanted, abs=0.01)  # what rounding to whole grey levels makes of it
    assert not compose.seen.all()  # the photo is wider than what the model sees


def test_onnx_is_exported_once_and_agrees(by_torch, canvas, folder, tmp_path, monkeypatch):
    monkeypatch.setenv("LIMEN_CACHE", str(tmp_path / "cache"))
    by_onnx = zoo.resnet50(folder, engine="onnx")
    (kept,) = (tmp_path / "cache").iterdir()
    written = (kept / "model.onnx").stat().st_mtime_ns
    again = zoo.resnet50(folder, engine="onnx")
    assert (kept / "model.onnx").stat().st_mtime_ns == written
    assert again.engine_error == by_onnx.engine_error
    assert 0 < by_onnx.engine_error < 1e-4
    assert 0 < by_onnx.logits.engine_error < 1e-2
    assert by_torch.engine_error is None
    masks = np.random.default_rng(1).random((3, canvas.n_parts)) < 0.7
    answers = by_torch.answer(by_torch.painter(canvas)(masks))
    assert by_onnx.answer(by_onnx.painter(canvas)(masks)) == pytest.approx(answers, abs=1e-5)
    assert by_onnx.classes == by_torch.classes
    raw = predictor(by_onnx, raw=True).adapter
    assert raw is by_onnx.logits
    logits = raw.answer(raw.painter(canvas)(masks))
    assert np.exp(logits) / np.exp(logits).sum(1, keepdims=True) == pytest.approx(answers, abs=1e-5)


def test_groups_are_what_they_are_called():
    labels = json.loads((needed("weights/resnet-50") / "config.json").read_text(encoding="utf-8"))["id2label"]
    classes = tuple(labels[str(number)] for number in range(1000))
    assert group("dog", classes) == tuple(range(151, 269))
    assert group(" Dogs", classes) == group("dog", classes)
    assert group("zebra crossing", classes) is None
    for name in NAMES:
        numbers = group(name, classes)
        assert len(numbers) == len(set(numbers)) >= 2
        assert name.replace(" ", "_") not in classes
    for name, inside, outside in (
        ("snake", "boa_constrictor", "Komodo_dragon"),
        ("bear", "ice_bear", "koala"),
        ("wild cat", "lion", "tabby"),
        ("wolf", "timber_wolf", "Siberian_husky"),
        ("ball", "soccer_ball", "balloon"),
        ("car", "sports_car", "passenger_car"),
        ("boat", "canoe", "boathouse"),
        ("aircraft", "warplane", "plane"),
        ("food", "pizza", "plate"),
        ("fish", "puffer", "starfish"),
        ("insect", "ant", "tarantula"),
        ("bird", "king_penguin", "bee"),
        ("musical instrument", "violin", "whistle"),
        ("fox", "red_fox", "fox_squirrel"),
    ):
        assert classes.index(inside) in group(name, classes)
        assert classes.index(outside) not in group(name, classes)
    assert set(group("car", classes)) | set(group("boat", classes)) < set(group("vehicle", classes))


def test_where_the_weights_are_looked_for(folder, tmp_path, monkeypatch):
    from limen.zoo._resnet50 import _folder

    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.delenv("LIMEN_SHARED", raising=False)
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    with pytest.raises(
        InputError, match=r"neither in .*nor in the Hugging Face cache.*hf download microsoft/resnet-50"
    ):
        zoo.resnet50()
    beside = tmp_path / "shared" / "weights" / "resnet-50"
    beside.parent.mkdir(parents=True)
    beside.symlink_to(folder)
    assert _folder(None) == Path("..", "shared", "weights", "resnet-50")
    other = tmp_path / "other" / "weights" / "resnet-50"
    other.parent.mkdir(parents=True)
    other.symlink_to(folder)
    monkeypatch.setenv("LIMEN_SHARED", str(tmp_path / "other"))
    assert _folder(None) == other
    assert _folder(folder) == folder
    with pytest.raises(InputError, match=r"path is .*nowhere"):
        zoo.resnet50(tmp_path / "nowhere")
    with pytest.raises(InputError, match="engine is 'tensorrt', expected one of: torch, onnx"):
        zoo.resnet50(engine="tensorrt")
