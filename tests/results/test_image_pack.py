"""Images go into JSON without loss, and in much less room than their bytes."""

import base64
import json
import zlib

import numpy as np
import pytest

from limen._errors import RecordError
from limen.results import Explanation
from limen.results._image_pack import pack_image, unpack_image
from tests.image_records import make_image
from tests.photos import canvas_of

rng = np.random.default_rng(11)


@pytest.mark.parametrize(
    "shape", [(1, 1, 3), (1, 7, 3), (5, 1, 3), (30, 41, 3), (1, 9, 8, 3), (3, 9, 8, 3), (0, 4, 4, 3)]
)
@pytest.mark.parametrize("levels", [256, 2])
def test_every_image_comes_back_as_it_was(shape, levels):
    images = (rng.integers(0, levels, shape) * (255 // (levels - 1))).astype(np.uint8)
    kept = images.copy()
    again = unpack_image(pack_image(images), shape)
    assert again.dtype == np.uint8
    assert (again == kept).all()
    assert (images == kept).all()


def test_a_smooth_photo_takes_a_fraction_of_its_bytes():
    photo = canvas_of((300, 400)).image
    assert len(pack_image(photo)) < 0.25 * photo.size
    assert len(pack_image(photo)) < 0.6 * len(zlib.compress(photo.tobytes(), 6))


def test_a_record_holds_its_photo_packed():
    found = make_image()
    plain = json.loads(found.to_json())["instance"]
    assert set(plain["image"]) == {"image", "shape"}
    assert set(plain["fills"]) == {"base64", "shape"}
    assert Explanation.from_json(found.to_json()) == found


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("shape", [40, 60]),
        ("shape", [41, 60, 3]),
        ("shape", [39, 60, 3]),
        ("shape", [10**9, 10**9, 3]),
        ("shape", []),
        ("shape", ["a", 60, 3]),
        ("image", base64.b64encode(b"no packing").decode()),
        ("image", base64.b64encode(zlib.compress(bytes(40 * 60 * 3 + 9))).decode()),
        ("image", 7),
    ],
)
def test_a_damaged_photo_is_refused(key, value):
    plain = json.loads(make_image().to_json())
    plain["instance"]["image"][key] = value
    with pytest.raises(RecordError):
        Explanation.from_json(json.dumps(plain))
