"""Perturbed pictures composed where the model is: torch modules with a preprocessing."""

import numpy as np
import pytest
import torch

from limen._canvas import Canvas
from limen.models import Composer, predictor
from limen.models.image_torch import TorchCompose
from limen.models.painting import WholeCompose
from tests.photos import FAST, SIZE, SLOW, Net, canvas_of, cropped, masks_of, resized


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
