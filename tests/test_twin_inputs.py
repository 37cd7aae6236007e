"""Where twins go: beside models of images, how many masks they are asked, and what is refused."""

import numpy as np
import pytest

import limen
from limen._errors import InputError
from limen._plan import Plan, plan_of
from limen.models import Twin
from tests.games import words_of
from tests.twins import Counted, D, every_law, explained

PHOTO = np.random.default_rng(2).integers(0, 256, (36, 48, 3), dtype=np.uint8)


class Photos(Counted):
    """A model of 12 fields of a photo, each lit or not: the same odds."""

    def __call__(self, images):
        images = np.asarray(images)
        self.came.update(image.tobytes() for image in images)
        fields = images.reshape(-1, 3, 12, 4, 12, 3).mean(axis=(2, 4, 5)).reshape(-1, D) / 128.0
        return self.answers(fields, [image.tobytes() for image in images])


@pytest.mark.parametrize(("segmentations", "tolerance"), [(1, None), (2, None), (1, 0.3)])
def test_images_have_twins_too(segmentations, tolerance):
    model, cheap = Photos(), Photos(shift=1.0, scale=0.8)
    domain = limen.Image(14, segmentations=segmentations, fill="black")
    options = {"target": 1, "domain": domain, "budget": 200, "on_doubt": "ignore", "tolerance": tolerance}
    alone = limen.explain(Photos(), PHOTO, **options)
    found = limen.explain(Twin(model, cheap, 6), PHOTO, **options)
    assert found.cost.model_rows == model.rows <= 200
    assert found.proxy.name == "twin"
    assert set(model.came) <= set(cheap.came)
    assert found.effects.standard_errors.mean() < 0.5 * alone.effects.standard_errors.mean()
    if tolerance is None:
        assert 4.5 * model.rows < cheap.rows <= 6 * model.rows + 5
    if segmentations == 1:
        assert max(cheap.came.values()) == 1
        assert sorted(model.came.values())[-2] == 1  # all but x


def plan(sampler, budget, d=D):
    instance = limen.Text(units="words").parse(" ".join(words_of(d)), 100)
    return plan_of(instance, d, sampler, budget, 4)


def keys(found: Plan):
    return {mask.tobytes() for mask in found.masks}


@every_law
def test_the_twins_plan_has_all_masks_of_the_models(sampler):
    own = plan(sampler, 100)
    wide = own.of_twin(7.5, 4)
    assert len(wide.design.points) == pytest.approx(7.5 * len(own.design.points), abs=1)
    assert keys(own) <= keys(wide)
    assert len(keys(wide)) == len(wide.masks)
    assert wide.design.weights.sum() == pytest.approx(1)
    assert not wide.design.exact
    assert np.array_equal(own.of_twin(7.5, 4).masks, wide.masks)
    assert np.array_equal(wide.masks[wide.places], wide.design.points)
    assert keys(own.of_twin(1.0, 4)) == keys(own)


@every_law
@pytest.mark.parametrize(("ratio", "whole"), [(0.85, True), (0.5, False), (50.0, True)])
def test_near_all_masks_it_is_all_of_them(sampler, ratio, whole):
    own = plan(sampler, 60, d=9)
    wide = own.of_twin(max(1.0, ratio * (own.law.n_masks() / len(own.design.points) if ratio < 1 else 1.0)), 4)
    assert wide.design.exact == whole
    assert (len(wide.design.points) == own.law.n_masks()) == whole


@pytest.mark.parametrize("ratio", [0.5, 0, -3, float("nan"), float("inf"), True, "10", None, [10]])
def test_ratios_that_make_no_sense(ratio):
    with pytest.raises(InputError, match=r"ratio of Twin is .*expected a number of at least 1"):
        Twin(Counted(), Counted(), ratio)


def test_twins_of_twins_are_refused():
    twin = Twin(Counted(), Counted())
    opened = limen.models.predictor(twin)
    for pair in ((twin, Counted()), (Counted(), twin), (opened, Counted()), (Counted(), opened)):
        with pytest.raises(InputError, match="is itself a Twin"):
            Twin(*pair)


@pytest.mark.parametrize("outputs", [3, 5])
def test_a_twin_of_another_number_of_outputs_is_told(outputs):
    with pytest.raises(InputError, match=f"cheap of Twin has {outputs} outputs and model has 2"):
        explained(Twin(Counted(), Counted(outputs=outputs)))


def test_tables_are_refused():
    rows = np.random.default_rng(0).normal(size=(30, 3))
    model, cheap = Counted(), Counted()
    with pytest.raises(InputError, match="model is a Twin, which is for texts and images"):
        limen.explain(Twin(model, cheap), rows[0], target=1, domain=limen.Table(rows), budget=50)
    assert model.rows == cheap.rows == 0


def test_what_is_no_model_is_told_of_either():
    for pair in ((Counted(), 3), (3, Counted())):
        with pytest.raises(InputError, match="model is int"):
            explained(Twin(*pair))
