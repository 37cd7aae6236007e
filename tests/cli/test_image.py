"""`limen image`: photos, targets by name, files, and one line for every mistake."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

import limen
from limen.cli._image_view import thumbnail
from limen.cli._image_work import image_target
from limen.cli._work import pace_told
from limen.models.groups import LANDMARKS, SIZE
from tests.image_records import make_image

MODEL = '''
import numpy as np


def corner(images):
    """Two classes of how light the upper left quarter is."""
    n, height, width, _ = images.shape
    lit = images[:, : height // 2, : width // 2].mean(axis=(1, 2, 3)) / 255
    return np.stack([1 - lit, lit], axis=1)


corner.classes = ("dark", "light, bright")


def same(images):
    return np.full((len(images), 2), [0.3, 0.7])


def fails(images):
    raise RuntimeError("no [red]photos\\nhere")
'''
IMAGENET = tuple(LANDMARKS.get(number, f"thing {number}, item {number % 7}") for number in range(SIZE))


@pytest.fixture
def image(shell):
    """Run `limen image` on a small photo with a light corner."""
    from PIL import Image as pillow  # noqa: N813

    pixels = np.full((40, 60, 3), 30, np.uint8)
    pixels[:20, :30] = 230
    pillow.fromarray(pixels).save("photo.png")
    Path("image_models.py").write_text(MODEL, encoding="utf-8")

    def run(*words, model="corner", file="photo.png"):
        named = ["--model", f"image_models:{model}"] if model else []
        options = ["--method", "grid", "--segments", "4", "--fill", "black", "--budget", "60"]
        return shell("image", *([file] if file else []), *named, *options, *words, model=None)

    yield run
    sys.modules.pop("image_models", None)


def test_the_answer_the_parts_and_the_facts_are_printed(image):
    ended = image("--target", "bright")
    assert ended.code == 0, ended.err
    assert "The model gives light, bright a probability of 0.902.  60 × 40 photo, 4 cells." in ended.out
    first = next(line for line in ended.out.splitlines() if line.strip().startswith("part "))
    rows = [line for line in ended.out.splitlines() if "(upper left)" in line]
    assert "+0.902" in rows[0]
    assert first
    assert "hidden ones show the colour #000000" in " ".join(ended.out.split())
    assert "word" not in ended.out


def test_files_are_written_and_json_can_have_standard_output_alone(image):
    ended = image("--html", "why.html", "--png", "why.png", "--json", "-", "--curves", "--segmentations", "2")
    assert ended.code == 0, ended.err
    found = limen.Explanation.from_json(ended.out)
    assert found.instance.n_segmentations == 2
    assert found.curves is not None
    assert Path("why.png").read_bytes().startswith(b"\x89PNG")
    assert "--limen-photo" in Path("why.html").read_text("utf-8")
    assert ended.err.splitlines() == ["limen: wrote why.html", "limen: wrote why.png"]


def test_doubts_have_their_own_exit_code(image):
    ended = image(model="same")
    assert ended.code == 3
    assert "FLAT" in ended.out


@pytest.mark.parametrize(
    ("words", "options", "told"),
    [
        ([], {"file": None}, "FILE is missing"),
        ([], {"file": "other.png"}, "FILE is 'other.png', and there is no file of that name"),
        ([], {"file": "image_models.py"}, "not an image"),
        (["--segments", "0"], {}, "--segments is 0"),
        (["--fill", "plaid"], {}, "--fill is 'plaid'"),
        (["--method", "blob"], {}, "--method"),
        (["--segmentations", "0"], {}, "--segmentations is 0"),
        (["--target", "ligt"], {}, "did you mean light or bright?"),
        (["--target", "7"], {}, "from 0 to 1"),
        (["--png", "why.jpg"], {}, "--png is 'why.jpg'"),
        (["--budget", "2"], {}, "budget is 2"),
        (["--sampler", "ball"], {}, "--sampler is 'ball'"),
        ([], {"model": "nothing"}, "has no 'nothing'"),
    ],
)
def test_a_mistake_is_one_line_and_code_2(image, words, options, told):
    ended = image(*words, **options)
    assert ended.code == 2
    assert told in ended.err
    assert len(ended.err.splitlines()) == 1
    assert not ended.out


def test_a_model_that_fails_is_code_1(image):
    ended = image(model="fails")
    assert ended.code == 1
    assert "no [red]photos here" in ended.err
    assert len(ended.err.splitlines()) == 1


def test_missing_weights_are_one_line_that_tells_how_to_get_them(image, monkeypatch, tmp_path):
    monkeypatch.setitem(os.environ, "LIMEN_SHARED", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.snapshot_download", _offline)
    ended = image(model=None)
    assert ended.code == 2
    assert len(ended.err.splitlines()) == 1
    assert "hf download microsoft/resnet-50" in ended.err


def _offline(*_, **__):
    raise OSError("no network")


@pytest.mark.parametrize(
    ("typed", "classes", "expected"),
    [
        (None, IMAGENET, (None, None)),
        ("beagle", IMAGENET, ("beagle", None)),
        ("dog", IMAGENET, (tuple(range(151, 269)), "dog")),
        ("Dogs ", IMAGENET, (tuple(range(151, 269)), "dogs")),
        ("162", IMAGENET, ("162", None)),
        ("151-268", IMAGENET, (tuple(range(151, 269)), "151-268")),
        ("beagle,tench", IMAGENET, (("beagle", "tench"), None)),
        ("thing 3", IMAGENET, (3, None)),
        ("cat,dog", IMAGENET, ((*range(281, 286), *range(151, 269)), "cat,dog")),
        ("1", None, ("1", None)),
        ("dog", ("a dog", "dog"), ("dog", None)),
    ],
)
def test_targets_are_found_by_class_group_synonym_and_number(typed, classes, expected):
    assert image_target(typed, classes) == expected


def test_a_synonym_of_several_classes_names_them():
    with pytest.raises(Exception, match=r"'item 3', which names 14\d classes: 3 \(thing 3, item 3\)"):
        image_target("item 3", IMAGENET)


def test_the_small_picture_has_the_shape_of_the_photo_and_the_colours_of_the_map():
    drawn = thumbnail(make_image((0.5, -0.5, 0.0, 0.0)), 30)
    lines = drawn.plain.splitlines()
    assert {len(line) for line in lines} == {30}
    assert len(lines) == 10
    first, last = drawn.spans[0].style.color.triplet, drawn.spans[29].style.color.triplet
    assert first.blue > first.red + 60
    assert last.red > last.blue + 60
    assert Console(width=40).measure(drawn).maximum == 30


@pytest.mark.parametrize(
    ("rows", "total", "seconds", "told"),
    [
        (50, 500, 10.0, ", 5.0 rows/s, 90 s left"),
        (500, 500, 10.0, ", 50 rows/s, 0 s left"),
        (10, 2010, 1.0, ", 10 rows/s, 3 min 20 s left"),
        (600, 500, 10.0, ", 60 rows/s, 0 s left"),
    ],
)
def test_the_pace_tells_rows_a_second_and_the_time_left(rows, total, seconds, told):
    assert pace_told(rows, total, seconds) == told


def test_help_tells_what_can_be_typed(image):
    ended = image("--help")
    assert ended.code == 0
    for told in ("--segments", "--segmentations", "--fill", "ResNet-50", "151-268", "--curves"):
        assert told in ended.out


def test_json_holds_the_label_map(image):
    plain = json.loads(image("--json", "-").out)
    assert plain["instance"]["labels"]["shape"] == [1, 40, 60]
