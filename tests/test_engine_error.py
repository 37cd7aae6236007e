"""Another engine or precision in the model's place: compared on trial pictures, told, and added to the errors."""

import dataclasses

import numpy as np
import pytest
import torch
import transformers

import limen
from limen._engine import answer_error
from limen._errors import InputError
from limen._question import Sides
from limen.models import Adapter
from limen.models.export import trial_pictures
from limen.models.image_precision import in_bfloat16
from limen.models.images import from_image_pair
from tests.photos import canvas_of

PHOTO = canvas_of((60, 80)).image
LOGITS = Adapter(len, engine_error=0.004)
BOTH = Adapter(len, engine_error=0.001, logits=LOGITS)


def test_errors_of_a_target_follow_its_scale_and_its_classes():
    assert answer_error(Adapter(len), (0,), "probability") == 0
    assert answer_error(BOTH, (3,), "probability") == pytest.approx(0.001)
    assert answer_error(BOTH, tuple(range(118)), "probability") == pytest.approx(0.002)  # half of what logits differ
    assert answer_error(BOTH, Sides((3,), (4,)), "probability") == pytest.approx(0.002)
    assert answer_error(BOTH, (3,), "log-odds") == pytest.approx(0.008)
    assert answer_error(LOGITS, (3, 4), "raw") == pytest.approx(0.008)


def of(adapter, **options):
    domain = limen.Image(5, method="grid")
    return limen.explain(adapter, PHOTO, domain=domain, target=1, on_doubt="ignore", **options)


@pytest.fixture
def pair(tmp_path):
    config = transformers.ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic", num_labels=3
    )
    torch.manual_seed(1)
    model = transformers.ResNetForImageClassification(config).eval()
    with torch.no_grad():
        model.classifier[1].weight.mul_(40)
    transformers.ConvNextImageProcessor(size={"shortest_edge": 32}).save_pretrained(tmp_path)
    return model, transformers.AutoImageProcessor.from_pretrained(tmp_path)


@pytest.mark.parametrize("surrogate", [limen.Linear(), limen.Quadratic()])
def test_ends_of_intervals_move_by_twice_the_error(pair, surrogate):
    plain = from_image_pair(*pair)
    one, other = (of(each, surrogate=surrogate) for each in (plain, dataclasses.replace(plain, engine_error=0.01)))
    assert (one.effects.values == other.effects.values).all()
    assert other.effects.low == pytest.approx(one.effects.low - 0.02)
    assert other.effects.high == pytest.approx(one.effects.high + 0.02)
    assert other.effects.standard_errors == pytest.approx(one.effects.standard_errors + 0.01)
    assert other.intercept.high == pytest.approx(one.intercept.high + 0.02)
    assert other.segment_effects[0] == other.effects
    if one.interactions is not None:
        grown = other.interactions.high - one.interactions.high
        assert grown == pytest.approx(np.where(one.interactions.selected, 0.04, 0.0))
    assert "differed by at most 0.01, which is added to the errors" in " ".join(str(other).split())
    assert "differed" not in str(one)


def test_bfloat16_is_compared_and_its_intervals_hold_the_effects_of_float32(pair):
    exact = of(from_image_pair(*pair), budget=200)
    assert exact.status is limen.results.Status.EXACT
    adapter = in_bfloat16(*pair)
    assert next(pair[0].parameters()).dtype is torch.bfloat16
    assert 1e-4 < adapter.engine_error < 0.1
    assert adapter.logits.engine_error > adapter.engine_error
    found = of(adapter, budget=200)
    moved = np.abs(found.effects.values - exact.effects.values).max()
    assert moved > 1e-5
    assert (found.effects.low <= exact.effects.values).all()
    assert (exact.effects.values <= found.effects.high).all()
    assert moved < 0.2 * np.abs(exact.effects.values).max()


def test_what_was_measured_is_the_difference_on_the_trial_pictures(pair):
    pictures = list(trial_pictures())
    own = from_image_pair(*pair).answer(pictures)
    adapter = in_bfloat16(*pair)
    assert np.abs(adapter.answer(pictures) - own).max() == pytest.approx(adapter.engine_error, rel=0.2)


@pytest.mark.parametrize(
    ("options", "words"),
    [({"dtype": "float16"}, "dtype is 'float16'"), ({"dtype": "bfloat16", "engine": "onnx"}, "engine is 'onnx'")],
)
def test_wrong_precisions_are_refused(options, words):
    with pytest.raises(InputError, match=words):
        limen.zoo.resnet50(**options)
