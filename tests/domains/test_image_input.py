"""What users hold as an image: types, modes, transparency, orientation, size."""

import numpy as np
import pytest
import torch
from PIL import Image as Pillow

from limen._errors import InputError
from limen.domains import Image

rng = np.random.default_rng(3)
PIXELS = rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)
GRID = Image(4, method="grid")


def parsed(x, domain=GRID):
    return domain.parse(x, 100)


@pytest.mark.parametrize(
    "x",
    [
        PIXELS.astype(np.int64),
        PIXELS / 255,
        (PIXELS / 255).astype(np.float32),
        PIXELS.astype(np.uint16) * 257,
        PIXELS.astype(">u2") * np.uint16(257),
        np.dstack([PIXELS, np.full((20, 30), 255, dtype=np.uint8)]),
        PIXELS[::-1, ::-1].copy()[::-1, ::-1],
        np.asfortranarray(PIXELS),
        torch.tensor(PIXELS),
        torch.tensor(PIXELS).permute(2, 0, 1),
        (torch.tensor(PIXELS).permute(2, 0, 1) / 255).requires_grad_(),
        (torch.tensor(PIXELS).permute(2, 0, 1).double() / 255),
        Pillow.fromarray(PIXELS),
        Pillow.fromarray(PIXELS).convert("RGBA"),
    ],
    ids=lambda x: f"{type(x).__name__}-{getattr(x, 'dtype', getattr(x, 'mode', ''))}",
)
def test_one_image_in_any_type_gives_the_same_pixels(x):
    instance = parsed(x)
    assert np.array_equal(instance.image, PIXELS)
    assert instance.size == (20, 30)
    assert bool(instance.notes) == (getattr(x, "dtype", None) in (np.dtype("u2"), np.dtype(">u2")))


@pytest.mark.parametrize(
    "x",
    [
        PIXELS[..., 0],
        PIXELS[..., :1],
        torch.tensor(PIXELS[None, ..., 0]),
        Pillow.fromarray(PIXELS[..., 0]),
        Pillow.fromarray(PIXELS[..., 0].astype(np.uint16) * 257),
        Pillow.fromarray(PIXELS[..., 0] / np.float32(255)),
        Pillow.fromarray(PIXELS[..., 0].astype(np.int32) * 257),
    ],
    ids=["one plane", "one channel", "tensor", "L", "I;16", "F", "I"],
)
def test_grey_is_three_equal_channels(x):
    assert np.array_equal(parsed(x).image, np.repeat(PIXELS[..., :1], 3, axis=2))


def test_levels_are_rounded_and_float_error_beyond_the_ends_is_forgiven():
    assert parsed(np.array([[0.999, 0.0, -1e-9, 1 + 1e-9]])).image[0, :, 0].tolist() == [255, 0, 0, 255]
    assert parsed(np.array([[129 * 257 - 100, 65535]], dtype=np.uint16)).image[0, :, 0].tolist() == [129, 255]


def test_booleans_are_black_and_white():
    mask = PIXELS[..., 0] > 99
    for x in (mask, Pillow.fromarray(mask)):
        assert np.array_equal(parsed(x).image[..., 1], np.where(mask, 255, 0))


def test_what_is_transparent_is_shown_over_white_and_told():
    clear = np.dstack([PIXELS, np.zeros((20, 30), dtype=np.uint8)])
    for x in (clear, Pillow.fromarray(clear), torch.tensor(clear)):
        instance = parsed(x)
        assert (instance.image == 255).all()
        assert instance.notes == ("Transparent pixels are shown over white.",)


@pytest.mark.parametrize(
    ("mode", "word"), [("CMYK", "CMYK"), ("P", "palette"), ("YCbCr", "YCbCr"), ("HSV", "HSV"), ("LAB", "LAB")]
)
def test_other_colours_are_converted_and_told(mode, word):
    image = Pillow.new("LAB", (30, 20), (90, 30, 200)) if mode == "LAB" else Pillow.fromarray(PIXELS).convert(mode)
    instance = parsed(image)
    assert np.array_equal(instance.image, np.asarray(image.convert("RGB")))
    assert word in instance.notes[0]
    assert image.mode == mode


def test_colours_that_pillow_cannot_convert_are_named(monkeypatch):
    def convert(*_):
        raise ValueError("conversion not supported")

    monkeypatch.setattr(Pillow.Image, "convert", convert)
    with pytest.raises(InputError, match="mode 'LAB'; give it converted to RGB"):
        parsed(Pillow.new("LAB", (3, 3)))


def test_a_palette_with_a_transparent_entry(tmp_path):
    image = Pillow.fromarray(PIXELS).quantize(8)
    image.save(tmp_path / "p.png", transparency=image.getpixel((0, 0)))
    instance = parsed(tmp_path / "p.png")
    assert instance.image[0, 0].tolist() == [255, 255, 255]
    assert len(instance.notes) == 2


@pytest.mark.parametrize("turn", range(1, 9))
def test_exif_orientation_is_respected(tmp_path, turn):
    from PIL import ImageOps

    image = Pillow.fromarray(PIXELS)
    exif = image.getexif()
    exif[0x0112] = turn
    image.save(tmp_path / "turned.png", exif=exif)
    with Pillow.open(tmp_path / "turned.png") as opened:
        expected = np.asarray(ImageOps.exif_transpose(opened))
        instance = parsed(opened)
    assert np.array_equal(instance.image, expected)
    assert instance.size == expected.shape[:2]
    assert bool(instance.notes) == (turn > 1)
    small = Image(4, method="grid", largest=16).parse(tmp_path / "turned.png", 9)
    assert small.size == expected.shape[:2]
    if turn > 1:
        assert small.notes[0] == f"Reduced to {small.image.shape[1]} × {small.image.shape[0]} pixels."


def test_animated_files_give_the_frame_that_is_shown(tmp_path):
    frames = [Pillow.fromarray(np.full((9, 9), level, dtype=np.uint8)) for level in (10, 90, 200)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    instance = parsed(tmp_path / "a.gif")
    assert instance.notes[0] == "Frame 1 of 3."
    assert (instance.image == 10).all()
    with Pillow.open(tmp_path / "a.gif") as opened:
        opened.seek(2)
        assert "Frame 3 of 3." in parsed(opened).notes
        assert (parsed(opened).image == 200).all()


def test_a_large_image_is_reduced_once_by_averaging():
    large = np.repeat(np.repeat(PIXELS, 8, axis=0), 8, axis=1)
    instance = parsed(large, Image(4, method="grid", largest=30))
    assert instance.image.shape == (20, 30, 3)
    assert np.abs(instance.image.astype(int) - PIXELS).mean() < 40
    assert abs(instance.image.mean() - large.mean()) < 1
    board = 255 * (np.indices((100, 100)).sum(axis=0) % 2).astype(np.uint8)  # finer than what is left to show it
    assert Image(4, method="grid", largest=60).parse(board, 9).image.std() < 0.6 * board.std()
    thin = parsed(np.zeros((1, 5000), dtype=np.uint8))
    assert thin.image.shape == (1, 4096, 3)


def test_a_method_beside_a_label_map_is_not_ignored():
    labels = np.arange(12).reshape(3, 4)
    with pytest.raises(InputError, match="method of Image is 'grid'"):
        Image(labels, method="grid")
