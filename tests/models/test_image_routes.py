"""torch, ONNX and a callable that does the preprocessing itself: one model, three routes, the same effects."""

import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import limen
from limen._canvas import Canvas
from limen.models.painting import View, view_of
from limen.models.preparing import ByFunction
from tests.photos import Net, canvas_of, resized, tensor_of

SIZE = (64, 48)
"""Height and width that the model takes."""


class Sized(Net):
    """The net, which shows in its answer whether it got another size."""

    def forward(self, x):
        assert tuple(x.shape[2:]) == SIZE
        return super().forward(4 * x)


@pytest.fixture(scope="module")
def net():
    return Sized().eval()


@pytest.fixture(scope="module")
def file(net, tmp_path_factory):
    path = tmp_path_factory.mktemp("routes") / "model.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            net, (torch.zeros(1, 3, *SIZE),), str(path), input_names=["x"], dynamic_axes={"x": {0: "n"}}, dynamo=False
        )
    return Path(path)


def routes(net, file, prepare):
    """The model by each route, with one preprocessing of an image of Pillow."""

    def function(images):
        batch = torch.stack([prepare(Image.fromarray(image)) for image in images])
        with torch.no_grad():
            return torch.softmax(net(batch), 1).numpy()

    return {"torch": (net, prepare), "onnx": (file, prepare), "callable": function}


def effects(model, photo, surrogate, fill="mean"):
    domain = limen.Image(9, fill=fill)
    options = {"target": 1, "budget": 150, "on_doubt": "ignore", "surrogate": surrogate}
    return limen.explain(model, photo, domain=domain, **options)


@pytest.mark.parametrize("surrogate", [limen.Linear(), limen.Quadratic()], ids=["line", "quadratic"])
@pytest.mark.parametrize("fill", ["mean", "blur"])
def test_a_photo_of_the_models_size_has_the_same_effects_by_every_route(net, file, surrogate, fill):
    def prepare(image):
        return (tensor_of(image) - 0.4) / 0.25

    photo = canvas_of(SIZE).image
    found = {name: effects(one, photo, surrogate, fill) for name, one in routes(net, file, prepare).items()}
    largest = np.abs(found["callable"].effects.values).max()
    assert largest > 1e-3
    for name in ("torch", "onnx"):
        assert found[name].prediction == pytest.approx(found["callable"].prediction, abs=1e-6)
        assert found[name].effects.values == pytest.approx(found["callable"].effects.values, abs=1e-6)
        assert found[name].probes.answers == pytest.approx(found["callable"].probes.answers, abs=1e-6)


def test_a_photo_that_is_resized_has_the_same_effects_but_for_rounding(net, file):
    photo = canvas_of((120, 100)).image
    every = routes(net, file, resized(SIZE[::-1]))
    found = {name: effects(one, photo, limen.Linear()).effects.values for name, one in every.items()}
    assert found["torch"] == pytest.approx(found["onnx"], abs=1e-6)
    assert found["torch"] == pytest.approx(found["callable"], abs=0.005 * np.abs(found["callable"]).max())


@pytest.mark.parametrize("how", [Image.Resampling.BICUBIC, Image.Resampling.LANCZOS, Image.Resampling.BILINEAR])
def test_two_parts_that_mix_are_composed_to_the_last_level(how):
    """Black beside white: edges overshoot and are clipped, which no sum of what each part adds could tell."""
    rows, columns = np.indices((90, 70))
    labels = (columns + rows // 7 > 40).astype(np.int64)
    image = np.where(labels[..., None] == 0, 255, 0) * np.ones(3, np.uint8)
    canvas = Canvas(image.astype(np.uint8), np.full((90, 70, 3), [0, 128, 255], np.uint8), labels)
    prepare = ByFunction(resized((40, 56), how))
    masks = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=bool)
    view = view_of(canvas, prepare)
    assert isinstance(view, View)
    assert len(view.mixing.mixed) > 50
    wanted = np.stack([prepare(one) for one in canvas.compose(masks)])
    assert view.compose(masks) == pytest.approx(wanted, abs=1e-6)
