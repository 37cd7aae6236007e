"""--against: one class against another, of texts, tables and images."""

import sys
from pathlib import Path

import numpy as np
import pytest

import limen
from limen.cli._image_work import image_versus
from limen.models import Versus
from tests.cli.test_image import IMAGENET

COMMENT = "For Christmas Song visit our channel!"
MODEL = """
import numpy as np


def corner(images):
    n, height, width, _ = images.shape
    lit = images[:, : height // 2, : width // 2].mean(axis=(1, 2, 3)) / 255
    return np.stack([(1 - lit) / 2, lit, (1 - lit) / 2], axis=1)


corner.classes = ("dark", "light, bright", "grey")
"""


def test_a_text(shell):
    ended = shell("text", COMMENT, "--target", "spam", "--against", "normal", "--scale", "log-odds", "--json", "-")
    found = limen.Explanation.from_json(ended.out)
    assert (found.target, found.against) == ((1,), (0,))
    assert found.target_name == "spam against normal"


def test_a_row(shell):
    ended = shell(
        "table", "--example", "--target", "0", "--against", "1,2", "--budget", "150", "--json", "-", model=None
    )
    found = limen.Explanation.from_json(ended.out)
    assert found.target_name == "grower 1 against grower 2 + grower 3"


def test_a_photo(shell):
    from PIL import Image as pillow  # noqa: N813

    pillow.fromarray(np.full((40, 60, 3), 200, np.uint8)).save("photo.png")
    Path("against_models.py").write_text(MODEL, encoding="utf-8")
    options = ["--model", "against_models:corner", "--method", "grid", "--segments", "4", "--budget", "60"]
    try:
        ended = shell("image", "photo.png", *options, "--target", "bright", "--against", "dark", model=None)
        wrong = shell("image", "photo.png", *options, "--target", "bright", "--against", "blue", model=None)
    finally:
        sys.modules.pop("against_models", None)
    assert "light, bright against dark a difference of probabilities of" in " ".join(ended.out.split())
    assert wrong.code == 2
    assert wrong.err.startswith("limen: --against is 'blue', and none of the 3 classes")


def test_groups_of_imagenet_keep_their_name():
    assert image_versus("dog", "tabby", IMAGENET) == (Versus("dog", "tabby"), None)
    assert image_versus(None, "cat", IMAGENET) == (Versus(None, "cat"), None)


@pytest.mark.parametrize(
    ("sides", "words"),
    [
        (("spam", "ham"), "limen: --against is 'ham', expected one of: normal, spam"),
        (("spam", "0-1"), "limen: --target 'spam' and --against (0, 1) have spam in common"),
        (("spam", "3-1"), "limen: --against is '3-1', expected a range that rises"),
    ],
)
def test_wrong_sides_are_named_as_they_were_typed(shell, sides, words):
    ended = shell("text", COMMENT, "--target", sides[0], "--against", sides[1])
    assert ended.code == 2
    assert ended.err.startswith(words)
