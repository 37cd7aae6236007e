"""What stands in the place of hidden parts of an image."""

import numpy as np
import pytest

from limen.domains import Image

rng = np.random.default_rng(7)


def scene(height=60, width=80):
    """Four quarters of different colours, with some noise."""
    colours = np.array([[200, 30, 30], [30, 200, 30], [30, 30, 200], [200, 200, 30]])
    quarter = 2 * (np.arange(height) >= height // 2)[:, None] + (np.arange(width) >= width // 2)
    noise = np.random.default_rng(0).integers(-10, 11, (height, width, 3))
    return (colours[quarter] + noise).astype(np.uint8), quarter


def parsed(x, most_parts=10_000, **options):
    return Image(**options).parse(x, most_parts)


def test_the_mean_fill_is_each_parts_own_mean():
    image, quarter = scene()
    fill = parsed(image, segments=quarter).canvas().fill
    for part in range(4):
        assert np.array_equal(np.unique(fill[quarter == part], axis=0), [np.rint(image[quarter == part].mean(axis=0))])


@pytest.mark.parametrize(
    ("fill", "colour"),
    [("navy", (0, 0, 128)), ("#0a141e", (10, 20, 30)), ((10, 20, 30), (10, 20, 30)), ("image mean", None)],
)
def test_a_colour_fills_everything(fill, colour):
    image, _ = scene()
    instance = parsed(image, segments=4, method="grid", fill=fill)
    expected = np.rint(image.mean(axis=(0, 1))) if colour is None else colour
    assert (instance.canvas().fill == expected).all()
    assert "#{:02x}{:02x}{:02x}".format(*np.asarray(expected, dtype=int)) in instance.fill


def test_noise_has_the_images_own_pixels_in_another_order():
    image, _ = scene()
    one, again, other = (parsed(image, segments=4, fill="noise", seed=seed).canvas().fill for seed in (0, 0, 1))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
    assert not np.array_equal(one, image)
    assert np.array_equal(np.sort(one.reshape(-1, 3).tolist(), axis=0), np.sort(image.reshape(-1, 3).tolist(), axis=0))


def test_a_blur_hides_what_is_smaller_than_a_part():
    image = np.repeat((255 * (np.indices((64, 64)).sum(axis=0) // 2 % 2))[..., None], 3, axis=2).astype(np.uint8)
    fill = parsed(image, segments=16, method="grid", fill="blur").canvas().fill
    assert fill[16:-16, 16:-16].std() < 2 < image.std()


def test_inpainting_sees_nothing_of_the_part_and_continues_a_ramp():
    ramp = np.repeat(np.broadcast_to(np.arange(0, 120), (90, 120))[..., None], 3, axis=2).astype(np.uint8)
    labels = np.zeros((90, 120), dtype=int)
    labels[30:60, 40:80] = 1
    painted = ramp.copy()
    painted[labels == 1] = rng.integers(0, 256, (30 * 40, 3))
    fill = parsed(painted, segments=labels, fill="inpaint").canvas().fill
    inside = labels == 1
    assert np.abs(fill[inside].astype(int) - ramp[inside]).max() <= 1


def test_inpainting_of_a_large_image_stays_with_its_part():
    """Part 1 is black, all else is white: its fill is white, without a rim of its own colour beyond a coarse pixel."""
    image, labels = np.full((600, 800, 3), 255, dtype=np.uint8), np.zeros((600, 800), dtype=int)
    labels[200:400, 300:500] = 1
    image[labels == 1] = 0
    fill = parsed(image, segments=labels, fill="inpaint").canvas().fill
    assert fill[labels == 1].min() > 200


def test_inpainting_fills_a_part_too_thin_for_its_copy_with_its_mean():
    image, labels = np.full((400, 600, 3), 255, dtype=np.uint8), np.zeros((400, 600), dtype=int)
    labels[103] = 1
    labels[200:] = 2
    image[labels == 1] = 77
    assert (parsed(image, segments=labels, fill="inpaint").canvas().fill[103] == 77).all()


def test_each_segmentation_is_inpainted_by_its_own_parts():
    image, quarter = scene()
    halves = np.broadcast_to(np.arange(80) < 40, (60, 80))
    both = parsed(image, segments=np.stack([quarter, halves]), fill="inpaint")
    alone = parsed(image, segments=halves, fill="inpaint")
    assert np.array_equal(both.canvas(1).fill, alone.canvas().fill)
    assert not np.array_equal(both.canvas(0).fill, both.canvas(1).fill)
