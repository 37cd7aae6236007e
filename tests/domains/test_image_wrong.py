"""What is no image, damaged files, wrong options and missing libraries: errors that say what to do."""

import builtins
import warnings

import numpy as np
import pytest
import torch
from PIL import Image as Pillow

from limen._errors import InputError, MissingError
from limen.domains import Image

rng = np.random.default_rng(3)
PIXELS = rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)
GRID = Image(4, method="grid")


def parsed(x, domain=GRID):
    return domain.parse(x, 100)


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (3, "int, which is not an image"),
        (b"GIF89a", "bytes"),
        ([[1, 2], [3, 4]], "list"),
        (None, "NoneType"),
        ("no such file.png", "no file of that name"),
        ("x" * 5000, "no file of that name"),
        (np.zeros((0, 4, 3)), "without a pixel"),
        (torch.zeros(3, 0, 4), "without a pixel"),
        (Pillow.new("RGB", (0, 3)), "without a pixel"),
        (np.zeros(5), "expected \\(height, width\\)"),
        (np.zeros((5, 4, 2)), "1, 3 or 4 channels"),
        (np.zeros((2, 4, 4, 3)), "a batch; give one"),
        (np.zeros((3, 9, 9)), "np.moveaxis"),
        (np.array([["a"]]), "array of <U1"),
        (np.zeros((4, 4), dtype=complex), "complex128"),
        (np.zeros((4, 4), dtype=object), "object"),
        (np.array([[0.1, np.nan]]), r"nan, at \(0, 1\)"),
        (np.array([[0.1, np.inf]]), "inf, at"),
        (PIXELS.astype(float), "divide by 255"),
        (np.array([[-2.0, 2.0]]), "before it was normalised"),
        (np.array([[0, 300]]), "0 to 300, expected 0 to 255"),
        (np.array([[-1, 3]]), "-1 to 3"),
        (PIXELS.astype(np.uint16), r"x.astype\(np.uint8\)"),
    ],
)
def test_what_is_no_image_gets_an_error_that_says_so(x, words):
    with pytest.raises(InputError, match=words):
        parsed(x)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF:UserWarning", "ignore:Truncated File:UserWarning")  # of Pillow's
def test_damaged_files(tmp_path):
    for ending in ("png", "jpg", "gif", "tiff", "webp"):
        whole, cut, text = (tmp_path / f"{name}.{ending}" for name in ("whole", "cut", "text"))
        Pillow.fromarray(rng.integers(0, 256, (90, 90, 3), dtype=np.uint8)).save(whole)
        content = whole.read_bytes()
        cut.write_bytes(content[: len(content) // 2])
        text.write_text("this is no picture")
        with pytest.raises(InputError, match="cut"):
            parsed(cut)
        with pytest.raises(InputError, match="not an image that Pillow can read"):
            parsed(text)
        cut.write_bytes(content[:20])
        with pytest.raises(InputError, match="image"):
            parsed(cut)
    with pytest.raises(InputError, match="a folder"):
        parsed(tmp_path)


@pytest.mark.parametrize("limit", [500, 900, 1000])
def test_pillows_limit_against_decompression_bombs_holds(tmp_path, monkeypatch, limit):
    Pillow.new("L", (40, 40)).save(tmp_path / "bomb.png")
    monkeypatch.setattr(Pillow, "MAX_IMAGE_PIXELS", limit)  # more than twice is an error of Pillow's, less a warning
    with warnings.catch_warnings():
        warnings.simplefilter("ignore" if limit == 1000 else "error")
        with pytest.raises(InputError, match=r"'bomb.png' is beyond Pillow's limit.*MAX_IMAGE_PIXELS"):
            parsed(tmp_path / "bomb.png")
    monkeypatch.setattr(Pillow, "MAX_IMAGE_PIXELS", None)
    assert parsed(tmp_path / "bomb.png").size == (40, 40)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"segments": 0}, "segments of Image is 0"),
        ({"segments": 2.5}, "segments"),
        ({"segments": True}, "segments"),
        ({"segments": "many"}, "segments"),
        ({"segments": {"a": 1}}, "segments"),
        ({"segments": [[1, 2], [3]]}, "segments"),
        ({"segments": np.zeros((2, 2, 2, 2))}, "label map"),
        ({"segments": np.array([[0, np.nan]])}, "no whole numbers"),
        ({"segments": np.array([[0.5, 1]])}, "no whole numbers"),
        ({"segments": np.zeros((3, 3)), "segmentations": 2}, "several maps"),
        ({"segments": lambda x: x, "segmentations": 2}, "several maps"),
        ({"method": "sliced"}, "felzenszwalb"),
        ({"fill": "blurred"}, "image mean"),
        ({"fill": (1, 2)}, "three whole numbers"),
        ({"fill": (1, 2, 256)}, "three whole numbers"),
        ({"fill": (0.5, 0.5, 0.5)}, "three whole numbers"),
        ({"fill": "#ff000080"}, "not opaque"),
        ({"fill": None}, "three whole numbers"),
        ({"segmentations": 0}, "segmentations"),
        ({"largest": 3}, "largest"),
        ({"seed": -1}, "seed"),
    ],
)
def test_wrong_options_are_named(options, words):
    with pytest.raises(InputError, match=words):
        Image(**options)


def test_label_maps_that_do_not_fit():
    with pytest.raises(InputError, match=r"shape \(30, 20\), expected \(20, 30\)"):
        parsed(PIXELS, Image(np.zeros((30, 20))))
    with pytest.raises(InputError, match=r"the function of segments gave has the shape \(5, 5\)"):
        parsed(PIXELS, Image(lambda _: np.zeros((5, 5))))
    with pytest.raises(InputError, match="what the function of segments gave is None"):
        parsed(PIXELS, Image(lambda _: None))
    with pytest.raises(InputError, match="90000 parts, at most 65536"):
        parsed(np.zeros((300, 300)), Image(np.arange(90_000).reshape(300, 300)))


def test_one_segment_is_allowed_and_fewer_parts_than_asked_are_told():
    assert parsed(PIXELS, Image(np.full((20, 30), 7))).n_parts == 1
    assert parsed(PIXELS, Image(np.full((20, 30), 7))).text == "30 × 20 photo, 1 part"
    assert Image(50, method="grid").parse(PIXELS, 6).notes == (
        "6 parts instead of 50, as many as the budget can tell apart.",
    )


@pytest.mark.parametrize(
    ("missing", "work"),
    [
        ("PIL", lambda path: parsed(path)),
        ("PIL", lambda _: parsed(np.zeros((1, 5000)))),
        ("PIL", lambda _: Image(fill="red")),
        ("skimage", lambda _: parsed(PIXELS, Image())),
    ],
)
def test_missing_libraries_are_named_with_the_line_that_installs_them(monkeypatch, tmp_path, missing, work):
    Pillow.fromarray(PIXELS).save(tmp_path / "x.png")
    original = builtins.__import__

    def absent(name, *rest):
        if name.partition(".")[0] == missing:
            raise ImportError(name)
        return original(name, *rest)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(MissingError, match=r"pip install 'limen\[image\]'"):
        work(tmp_path / "x.png")
