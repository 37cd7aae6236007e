"""Image classifiers by every door: what the painter composes is what preprocessing a composed image gives."""

import json
import pickle
import warnings

import numpy as np
import pytest
import torch
import transformers
from PIL import Image

from limen._canvas import Canvas
from limen._errors import InputError, ModelError
from limen.models import Composer, load, predictor
from limen.models.groups import NAMES, group
from limen.models.image_torch import TorchCompose
from limen.models.painting import WholeCompose

SIZE = (90, 130)


def canvas_of(shape=SIZE, across=5, seed=0):
    """A smooth picture with a dark fill, in tiles of which every other row is moved by half a tile."""
    generator = np.random.default_rng(seed)
    coarse = Image.fromarray(generator.integers(60, 200, (6, 8, 3), dtype=np.uint8))
    image = np.asarray(coarse.resize(shape[::-1], Image.Resampling.BICUBIC))
    tile = max(1, shape[1] // across)
    rows, columns = np.indices(shape)
    number = rows // tile * 100 + (columns + rows // tile % 2 * (tile // 2)) // tile
    labels = np.unique(number, return_inverse=True)[1].reshape(shape).astype(np.int64)
    return Canvas(image, np.full_like(image, 90), labels)


def masks_of(canvas, n=12, seed=1):
    masks = np.random.default_rng(seed).random((n, canvas.n_parts)) < 0.5
    masks[0], masks[1] = True, False
    return masks


class Net(torch.nn.Module):
    """Convolution, dropout and a mean: cheap, and no pixel is without a say."""

    def __init__(self, channels=3, k=4):
        super().__init__()
        torch.manual_seed(0)
        self.first = torch.nn.Conv2d(channels, 6, 5, stride=2)
        self.drop = torch.nn.Dropout(0.5)
        self.last = torch.nn.Linear(6, k)
        self.seen = []

    def forward(self, x):
        self.seen.append((tuple(x.shape), x.is_contiguous(memory_format=torch.channels_last), torch.is_grad_enabled()))
        return self.last(self.drop(torch.relu(self.first(x))).mean((2, 3)))


def tensor_of(image):
    return torch.from_numpy(np.asarray(image, dtype=np.float32) / 255).permute(2, 0, 1)


def resized(size, how=Image.Resampling.BICUBIC):
    return lambda image: tensor_of(image.resize(size, how))


def cropped(image):
    width, height = image.size
    scale = 48 / min(width, height)
    image = image.resize((round(width * scale), round(height * scale)), Image.Resampling.BILINEAR)
    left, top = (image.width - 40) // 2, (image.height - 40) // 2
    return tensor_of(image.crop((left, top, left + 40, top + 40)))


def padded(image):
    room = torch.zeros(3, 70, 60)
    room[:, 10:50, 5:55] = tensor_of(image.resize((50, 40), Image.Resampling.LANCZOS))
    return room


FAST = {
    "none": tensor_of,
    "array": lambda array: torch.from_numpy(array.copy()).permute(2, 0, 1) / 255.0,
    "smaller": resized((56, 40)),
    "larger": resized((300, 200)),
    "nearest": resized((50, 37), Image.Resampling.NEAREST),
    "mirrored": lambda image: torch.flip(resized((56, 40))(image), (2,)),
    "cropped": cropped,
    "padded": padded,
    "numbers": lambda image: 255 * cropped(image).flip(0)[None] - 117.0,
    "negative": lambda image: 1 - cropped(image),
}
SLOW = {
    "standardised": lambda image: (cropped(image) - cropped(image).mean()) / cropped(image).std(),
    "turned": lambda image: resized((40, 56))(image.transpose(Image.Transpose.ROTATE_90)),
    "rotated": lambda image: resized((40, 56))(image.rotate(30)),
    "equalised": lambda image: cropped(image.point(lambda v: 255 if v > 120 else v)),
}


@pytest.mark.parametrize("name", [*FAST, *SLOW])
def test_composing_at_the_models_size_is_preprocessing_a_composed_image(name):
    preprocess = {**FAST, **SLOW}[name]
    canvas = canvas_of()
    masks = masks_of(canvas)
    adapter = predictor((Net(), preprocess)).adapter
    compose = adapter.painter(canvas)
    assert isinstance(compose, TorchCompose if name in FAST else WholeCompose)
    found = compose(masks).numpy()
    wanted = np.stack([adapter.answer.prepare(image) for image in canvas.compose(masks)])
    scale = float(np.ptp(wanted))
    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() < 0.03 * scale  # sharp edges are clipped there, sums of them here
    assert np.abs(found - wanted).mean() < 0.002 * scale
    assert found[0] == pytest.approx(wanted[0], abs=1e-4 * scale)
    assert found[1] == pytest.approx(wanted[1], abs=1e-4 * scale)
    assert adapter.answer(compose(masks)) == pytest.approx(adapter.answer(list(canvas.compose(masks))), abs=1e-3)


def test_the_larger_the_difference_of_masks_the_more_pixels_change_and_only_those():
    canvas = canvas_of()
    compose = predictor((Net(), cropped)).adapter.painter(canvas)
    masks = np.ones((2, canvas.n_parts), dtype=bool)
    hidden = int(canvas.labels[45, 65])
    masks[1, hidden] = False
    whole, one = compose(masks).numpy()
    changed = np.abs(whole - one).max(axis=0) > 0.01
    rows, columns = np.nonzero(canvas.labels == hidden)
    scale = 48 / 90
    top, left = (48 - 40) / 2, (round(130 * scale) - 40) / 2
    found_rows, found_columns = np.nonzero(changed)
    assert found_rows.min() >= rows.min() * scale - top - 2
    assert found_rows.max() <= rows.max() * scale - top + 2
    assert found_columns.min() >= columns.min() * scale - left - 2
    assert found_columns.max() <= columns.max() * scale - left + 2


def test_parts_that_are_cropped_away_are_told():
    canvas = canvas_of((60, 200), across=8)
    compose = predictor((Net(), cropped)).adapter.painter(canvas)
    inside = np.unique(canvas.labels[5:-5, 75:125])
    assert compose.seen[inside].all()
    assert not compose.seen[canvas.labels[30, 0]]
    assert not compose.seen.all()


@pytest.mark.parametrize("labels", [np.zeros(SIZE, dtype=np.int64), np.arange(90 * 130).reshape(SIZE) // 5850])
def test_one_part_and_two_parts(labels):
    canvas = Canvas(canvas_of().image, canvas_of().fill, labels)
    adapter = predictor((Net(), cropped)).adapter
    masks = np.vstack([np.eye(canvas.n_parts, dtype=bool), np.zeros((1, canvas.n_parts), dtype=bool)])
    wanted = np.stack([adapter.answer.prepare(image) for image in canvas.compose(masks)])
    assert adapter.painter(canvas)(masks).numpy() == pytest.approx(wanted, abs=0.02)


def test_parts_too_thin_for_a_pixel_of_their_own():
    labels = np.zeros(SIZE, dtype=np.int64)
    labels[:, 64] = 1
    labels[44:46, 20:110] = 2
    canvas = Canvas(np.full((*SIZE, 3), 250, dtype=np.uint8), np.zeros((*SIZE, 3), dtype=np.uint8), labels)
    adapter = predictor((Net(), resized((30, 21)))).adapter
    masks = np.array([[int(bit) for bit in f"{number:03b}"] for number in range(8)], dtype=bool)
    compose = adapter.painter(canvas)
    assert isinstance(compose, TorchCompose)
    assert compose.seen.all()
    wanted = np.stack([adapter.answer.prepare(image) for image in canvas.compose(masks)])
    assert compose(masks).numpy() == pytest.approx(wanted, abs=0.03)


def test_numbers_of_labels_do_not_matter():
    canvas = canvas_of()
    order = np.random.default_rng(3).permutation(canvas.n_parts)
    renamed = Canvas(canvas.image, canvas.fill, order[canvas.labels])
    masks = masks_of(canvas)
    again = np.empty_like(masks)
    again[:, order] = masks
    adapter = predictor((Net(), cropped)).adapter
    first, second = adapter.painter(canvas)(masks).numpy(), adapter.painter(renamed)(again).numpy()
    assert first == pytest.approx(second, abs=0.012)  # sets of parts differ, and with them what is rounded


def test_the_module_is_asked_in_batches_channels_last_without_a_graph_and_left_as_it_was():
    net, canvas = Net(), canvas_of()
    net.train()
    net.last.eval()
    adapter = predictor((net, cropped)).adapter
    answers = [adapter.answer(adapter.painter(canvas)(masks_of(canvas))) for _ in range(2)]
    assert (answers[0] == answers[1]).all()  # no dropout
    assert net.seen[-1] == ((12, 3, 40, 40), True, False)
    assert net.training
    assert net.drop.training
    assert not net.last.training
    assert all(weight.requires_grad and weight.is_contiguous() for weight in net.parameters())


def test_the_precision_is_the_modules():
    net = Net().double()
    adapter = predictor((net, cropped)).adapter
    assert adapter.painter(canvas_of())(masks_of(canvas_of())).dtype == torch.float64


def test_logits_become_probabilities_and_raw_ones_stay():
    canvas = canvas_of()
    net = Net()
    soft, raw = predictor((net, cropped)).adapter, predictor((net, cropped), raw=True).adapter
    batch = soft.painter(canvas)(masks_of(canvas))
    logits = raw.answer(batch)
    assert soft.answer(batch) == pytest.approx(torch.softmax(torch.tensor(logits), 1).numpy(), abs=1e-12)
    done = predictor((torch.nn.Sequential(net, torch.nn.Softmax(1)), cropped)).adapter
    assert done.answer(batch) == pytest.approx(soft.answer(batch), abs=1e-6)
    assert (soft.kind, raw.kind) == (None, "margin")


def test_weights_of_torchvision_know_their_transforms_and_classes():
    class Weights:
        meta = {"categories": ["a", "b", "c", "d"]}  # noqa: RUF012

        def transforms(self):
            return cropped

    adapter = predictor((Net(), Weights())).adapter
    assert adapter.classes == ("a", "b", "c", "d")
    assert isinstance(adapter.painter(canvas_of()), TorchCompose)


def test_batches_are_those_that_suit_the_model_and_are_halved_when_memory_runs_out():
    net, canvas = Net(), canvas_of()
    ask = predictor((net, cropped))
    compose = ask.adapter.painter(canvas)
    masks = masks_of(canvas, 20)
    way = Composer(lambda rows: compose(masks[rows]))
    first = ask.ask(list(range(20)), (), way)[0]
    assert [shape[0] for shape, _, _ in net.seen if shape[0] != 4] == [8, 8]  # 4: the trial, and the last batch
    forward = net.forward

    def small(x):
        if len(x) > 3:
            raise RuntimeError("CUDA out of memory. Tried to allocate")
        return forward(x)

    net.forward = small
    again = predictor((net, cropped), raw=True)
    logits = again.ask(list(range(20)), (), way)[0]
    assert again.batch_size == 2
    assert torch.softmax(torch.tensor(logits), 1).numpy() == pytest.approx(first, abs=1e-6)


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
    pipeline = transformers.pipeline("image-classification", model=pair[0], image_processor=pair[1])
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
