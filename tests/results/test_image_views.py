"""An image's explanation as text, as HTML, as a page and as JSON."""

import base64
import io
import json
import re

import numpy as np
import pytest

import limen
from limen._errors import RecordError
from limen.report import page
from limen.results._image_shapes import png, shrunk
from tests.image_records import make_image, quarters, shifted

SEVERAL = {"maps": [quarters(), shifted()], "others": [(0.4, -0.1, 0.0, 0.1)]}
TEXT_ONLY = re.compile(r"\b(words?|comments?|sentences?|texts?)\b")


def decoded(file):
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(file)))


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("levels", [3, 256])  # with few levels the filter's guesses tie
def test_a_png_file_holds_the_pixels_as_they_are(channels, levels):
    pixels = np.random.default_rng(0).integers(0, levels, (13, 7, channels), dtype=np.uint8)
    assert (decoded(png(pixels)) == pixels).all()


def test_shrinking_averages_squares():
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[::2] = 200
    small = shrunk(pixels, 30)
    assert small.shape == (20, 30, 3)
    assert (small == 100).all()
    assert shrunk(pixels[:1], 20).shape == (1, 20, 3)


def test_the_text_speaks_of_a_photo_and_its_parts():
    told = str(make_image(curves=True))
    assert told.startswith("beagle: 0.981 (probability) for a 60 × 40 photo, 4 superpixels\n")
    assert "part 0 (upper left)" in told
    assert "hidden ones show each part's mean colour" in " ".join(told.split())
    assert "deletion 0.400, insertion 0.400" in told
    assert not TEXT_ONLY.search(told)
    assert max(map(len, told.splitlines())) <= 80


def test_the_text_of_several_segmentations_says_of_which_the_table_is():
    told = " ".join(str(make_image(**SEVERAL)).split())
    assert "2 segmentations share the budget, the table is of the first" in told


def test_the_page_holds_the_photo_and_nothing_outside():
    explanation = make_image(pairs={(0, 3): (0.3, 0.02)}, curves=True)
    text = page(explanation)
    photo = re.search(r"--limen-photo: url\(data:image/png;base64,([^)]+)\)", text)
    assert (decoded(base64.b64decode(photo[1])) == explanation.instance.image).all()
    assert "img-src data:" in text
    assert not re.search(r"(href|src)=\"(?!#|data:)|<script|https?:", text)
    assert text == page(explanation)
    for told in ("What each part does to beagle", "What supports most, alone", "What two parts add together",
                 "as parts come and go", "supports at 95 %", "opposes at 95 %", "part 1 (upper right): −0.200",
                 "8 of 8 images"):  # fmt: skip
        assert told in text
    assert not TEXT_ONLY.search(re.sub(r"<style>.*?</style>|<[^>]*>", " ", text, flags=re.DOTALL))


def test_outlines_in_html_are_drawn_once_for_each_sure_part_and_refer_to_themselves():
    text = make_image()._repr_html_()
    names = re.findall(r'id="([^"]+)"', text)
    assert len(names) == len(set(names)) == 2 * (3 + 2)  # three sure parts in the map, two of them support
    assert set(re.findall(r'href="#([^"]+)"', text)) <= set(names)
    assert "Where the segmentations disagree" not in text
    other = make_image(effects=(0.4, 0.3, 0.2, 0.1))._repr_html_()
    assert not set(names) & set(re.findall(r'id="([^"]+)"', other))  # both may stand in one notebook


def test_several_segmentations_show_where_they_disagree():
    assert "Where the segmentations disagree" in make_image(**SEVERAL)._repr_html_()


def test_a_hostile_target_is_escaped():
    text = page(make_image(target_name="<script>alert(1)</script>", curves=True))
    assert "<script>" not in text


def test_json_keeps_image_labels_and_curves():
    explanation = make_image(curves=True, **SEVERAL)
    back = limen.Explanation.from_json(explanation.to_json())
    assert back == explanation
    assert (back.instance.labels == explanation.instance.labels).all()
    assert back.curves.insertion_area == explanation.curves.insertion_area


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("order", [0, 1, 1, 3], "each part from 0 to 3 once"),
        ("counts", [0, 1, 2, 2, 4], "rise from 0 to 4"),
        ("counts", [], "rise from 0 to 4"),
        ("deletion", [0.1, 0.2], r"curves.deletion has the shape \(2,\), expected \(5,\)"),
    ],
)
def test_damaged_curves_are_refused(field, value, told):
    plain = json.loads(make_image(curves=True).to_json())
    plain["curves"][field] = value
    with pytest.raises(RecordError, match=told):
        limen.Explanation.from_json(json.dumps(plain))


def test_inputs_are_the_images_that_were_asked():
    explanation = make_image()
    images = explanation.inputs()
    assert images.shape == (8, 40, 60, 3)
    assert (images[0] == explanation.instance.image).all()
    assert explanation.inputs(np.zeros((1, 4), bool)).shape == (1, 40, 60, 3)
