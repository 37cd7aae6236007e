"""Records of images: the map over the pixels, and files that were tampered with."""

import base64
import json
import zlib

import numpy as np
import pytest

from limen._errors import InputError, RecordError
from limen.domains import Image
from limen.results import Estimates, ImageInstance, PixelMap

rng = np.random.default_rng(5)


def instance(**options):
    pixels = rng.integers(0, 256, (24, 36, 3), dtype=np.uint8)
    return Image(6, **({"method": "grid"} | options)).parse(pixels, 100)


def estimates(count):
    values = rng.normal(size=count)
    return Estimates(values, rng.random(count), values - 1, values + 1)


def test_the_mean_over_the_pixels_is_the_sum_of_the_effects():
    found = instance(segmentations=3)
    effects = tuple(estimates(found.parts_of(k)) for k in range(3))
    over = PixelMap(found.labels, effects)
    assert over.values.mean() == pytest.approx(np.mean([one.values.sum() for one in effects]))
    pixel = (5, 7)
    own = [(one, int(found.labels[k][pixel]), found.area_shares(k)) for k, one in enumerate(effects)]
    values = [one.values[part] / shares[part] for one, part, shares in own]
    errors = [one.standard_errors[part] / shares[part] for one, part, shares in own]
    assert over.values[pixel] == pytest.approx(np.mean(values))
    assert over.standard_errors[pixel] == pytest.approx(np.sqrt(np.sum(np.square(errors))) / 3)
    assert over.disagreement[pixel] == pytest.approx(np.std(values, ddof=1))
    assert over.values.shape == over.standard_errors.shape == over.disagreement.shape == (24, 36)


def test_one_segmentation_has_nothing_to_disagree_with():
    found = instance()
    over = PixelMap(found.labels, (estimates(found.n_parts),))
    assert over.disagreement is None
    assert over.n_segmentations == found.n_segmentations == 1
    assert PixelMap.from_dict(json.loads(json.dumps(over.to_dict()))) == over


def test_a_map_needs_an_effect_for_each_part():
    with pytest.raises(RecordError, match=r"\[5\] parts, expected \[6\]"):
        PixelMap(instance().labels, (estimates(5),))


def test_masks_of_another_width_are_refused():
    with pytest.raises(InputError, match=r"\(2, 7\), expected \(n, 6\)"):
        instance().render(np.ones((2, 7), dtype=bool))
    with pytest.raises(InputError, match="k is 1, expected the number of a segmentation, 0 to 0"):
        instance().canvas(1)


def repacked(labels):
    return {"zlib": base64.b64encode(zlib.compress(labels.astype("<u2").tobytes())).decode(), "shape": [*labels.shape]}


@pytest.mark.parametrize(
    ("field", "damage"),
    [
        ("names", lambda plain: plain["names"][:-1]),
        ("labels", lambda plain: plain["labels"] | {"zlib": plain["labels"]["zlib"][:-8]}),
        ("labels", lambda plain: plain["labels"] | {"zlib": "AAAA"}),
        ("labels", lambda plain: plain["labels"] | {"shape": [1, 24, 35]}),
        ("labels", lambda plain: plain["labels"] | {"shape": [1, -24, 36]}),
        ("labels", lambda _: repacked(np.full((1, 24, 36), 6))),
        ("labels", lambda _: repacked(np.zeros((24, 36)))),
        ("labels", lambda _: repacked(np.zeros((1, 24, 37)))),
        ("labels", lambda _: [[0, 1]]),
        ("image", lambda plain: plain["image"] | {"shape": [24 * 36, 3]}),
        ("fills", lambda plain: plain["fills"] | {"shape": [0, 1, 2, 3]}),
        ("size", lambda _: [24]),
        ("notes", lambda _: "none"),
    ],
)
def test_a_damaged_record_is_refused(field, damage):
    plain = json.loads(json.dumps(instance().to_dict()))
    ImageInstance.from_dict(plain)
    with pytest.raises(RecordError):
        ImageInstance.from_dict(plain | {field: damage(plain)})


def test_a_packed_map_is_never_unpacked_beyond_its_shape():
    """A small text may claim to hold gigabytes: no more is unpacked than the shape has room for."""
    plain = instance().to_dict()
    bomb = {"zlib": base64.b64encode(zlib.compress(bytes(50_000_000))).decode(), "shape": [1, 24, 36]}
    with pytest.raises(RecordError, match="labels"):
        ImageInstance.from_dict(plain | {"labels": bomb})
