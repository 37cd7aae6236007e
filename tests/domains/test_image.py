"""Images: how they are cut, numbered and filled, and what no naming, layout or type of theirs may change."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image as Pillow

from limen.domains import Image
from limen.domains._image_merge import merged
from limen.results import ImageInstance
from tests.shared import needed

METHODS = ("slic", "felzenszwalb", "quickshift", "grid", "hexagons")
rng = np.random.default_rng(7)


def scene(height=60, width=80):
    """Four quarters of different colours, with some noise."""
    colours = np.array([[200, 30, 30], [30, 200, 30], [30, 30, 200], [200, 200, 30]])
    quarter = 2 * (np.arange(height) >= height // 2)[:, None] + (np.arange(width) >= width // 2)
    noise = np.random.default_rng(0).integers(-10, 11, (height, width, 3))
    return (colours[quarter] + noise).astype(np.uint8), quarter


def parsed(x, most_parts=10_000, **options):
    return Image(**options).parse(x, most_parts)


@pytest.fixture(scope="module")
def beagle():
    return needed("data/images/cc0/dog_beagle.jpg")


def same_partition(one, other):
    pairs = np.unique(np.stack([one.ravel(), other.ravel()]), axis=1).shape[1]
    return pairs == len(np.unique(one)) == len(np.unique(other))


@pytest.mark.parametrize("method", METHODS)
def test_a_photo_has_about_as_many_parts_as_asked_never_more_and_always_the_same(beagle, method):
    first, again = (parsed(beagle, method=method, largest=1024) for _ in range(2))
    assert first == again
    assert 45 <= first.n_parts <= 50
    assert parsed(beagle, 20, method=method, largest=300).n_parts <= 20
    assert first.text == f"1125 × 750 photo, {first.n_parts} {first.units}"
    assert first.image.shape == (683, 1024, 3)
    assert first.size == (750, 1125)


@pytest.mark.parametrize("method", ["slic", "felzenszwalb", "quickshift"])
def test_superpixels_follow_the_colours(method):
    image, quarter = scene()
    labels = parsed(image, segments=4, method=method).labels[0]
    shared = np.histogram2d(labels.ravel(), quarter.ravel(), bins=(4, 4))[0].max(axis=1)
    assert shared.sum() / quarter.size > (0.95 if method == "felzenszwalb" else 0.999)  # which blurs before it cuts


def test_slic_is_compact_as_in_its_paper():
    """A photo's superpixels are neither cells of a grid nor threads: they vary in size, within bounds."""
    shares = parsed(needed("data/images/cc0/dog_beagle.jpg")).area_shares()
    assert 0.1 < shares.std() / shares.mean() < 0.8
    assert shares.min() > 0.2 / 50
    assert shares.max() < 5 / 50


@pytest.mark.parametrize("method", ["grid", "hexagons"])
def test_geometric_parts_do_not_depend_on_the_colours_and_cover_equal_areas(method):
    image, _ = scene()
    one, other = (parsed(x, segments=12, method=method) for x in (image, image[::-1]))
    assert np.array_equal(one.labels, other.labels)
    assert one.area_shares().max() < 2.5 * one.area_shares().mean()


def test_a_grid_is_a_grid():
    labels = parsed(scene()[0], segments=12, method="grid").labels[0]
    assert np.array_equal(labels, 4 * (np.arange(60) // 20)[:, None] + np.arange(80) // 20)


def test_hexagons_are_the_nearest_points_of_a_triangular_lattice():
    labels = parsed(np.zeros((300, 300, 3), dtype=np.uint8), segments=80, method="hexagons").labels[0].astype(int)
    inner = set(range(labels.max() + 1)) - set(np.concatenate([labels[[0, -1]].ravel(), labels[:, [0, -1]].ravel()]))
    neighbours = {part: set() for part in inner}
    for one, other in ((labels[1:], labels[:-1]), (labels[:, 1:], labels[:, :-1])):
        for a, b in set(zip(one.ravel().tolist(), other.ravel().tolist(), strict=True)):
            for part, next_to in ((a, b), (b, a)):
                if part in inner and part != next_to:
                    neighbours[part].add(next_to)
    assert len(inner) > 20
    assert np.median([len(found) for found in neighbours.values()]) == 6
    heights, widths = ([(labels == part).any(axis=axis).sum() for part in sorted(inner)] for axis in (1, 0))
    assert np.mean(heights) / np.mean(widths) == pytest.approx(2 / np.sqrt(3), abs=0.08)


@pytest.mark.parametrize("method", METHODS)
def test_other_segmentations_differ_are_reproduced_by_their_seed_and_leave_the_first_alone(method):
    image, _ = scene(120, 160)
    image = np.clip(image + 20 * np.sin(np.arange(160) / 9)[:, None], 0, 255).astype(np.uint8)
    alone, many, again, other = (
        parsed(image, segments=12, method=method, segmentations=k, seed=seed)
        for k, seed in ((1, 0), (3, 0), (3, 0), (3, 1))
    )
    assert np.array_equal(alone.labels[0], many.labels[0])
    assert many == again
    assert not np.array_equal(many.labels, other.labels)
    assert not same_partition(many.labels[0], many.labels[1])
    assert not same_partition(many.labels[1], many.labels[2])
    assert all(1 < many.parts_of(k) <= 12 for k in range(3))
    assert len(many.names_of(2)) == many.parts_of(2)


@pytest.mark.parametrize("method", ["slic", "grid", "hexagons"])
def test_seeds_and_cells_move_between_segmentations_in_both_directions(method):
    flat = np.full((60, 80, 3), 90, dtype=np.uint8)
    labels = parsed(flat, segments=12, method=method, segmentations=2).labels
    for axis in (0, 1):
        steps = [(np.diff(one.astype(int), axis=axis) != 0).sum(axis=1 - axis) for one in labels]
        assert not np.array_equal(*steps)


def test_slic_finds_its_parts_in_fine_texture_too():
    noise = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    assert parsed(noise, segments=12).n_parts == 12


def test_a_small_part_joins_the_neighbour_most_like_it_or_of_the_longest_border():
    labels = np.array([[0, 0, 0, 0], [2, 1, 2, 2], [2, 2, 2, 2]], dtype=np.uint16)
    assert merged(labels, None, 2)[1, 1] == labels[1, 2]
    labels = np.array([[0, 0, 0, 0], [0, 1, 0, 2], [2, 2, 2, 2]], dtype=np.uint16)
    assert merged(labels, None, 2)[1, 1] == 0
    colours = np.where(labels == 0, 0, 200)[..., None].repeat(3, axis=2)
    assert merged(labels, colours, 2)[1, 1] == 2


def test_permuting_label_numbers_changes_nothing():
    image, quarter = scene()
    names = np.array([1000, -5, 7, 0])
    assert parsed(image, segments=names[quarter]) == parsed(image, segments=quarter)
    assert parsed(image, segments=quarter).labels[0][[0, 0, -1, -1], [0, -1, 0, -1]].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("fill", ["mean", "image mean", "blur", "inpaint", "navy"])
def test_flipping_image_and_label_map_flips_the_canvas(fill):
    image, quarter = scene()
    quarter = quarter + 4 * (np.arange(80) < 20)
    canvas = parsed(image, segments=quarter, fill=fill).canvas()
    flipped = parsed(image[:, ::-1], segments=quarter[:, ::-1], fill=fill).canvas()
    assert same_partition(flipped.labels[:, ::-1], canvas.labels)
    assert np.array_equal(flipped.image[:, ::-1], canvas.image)
    assert np.abs(flipped.fill[:, ::-1].astype(int) - canvas.fill).max() <= 1


@pytest.mark.parametrize("fill", ["mean", "blur", "inpaint", (1, 2, 3)])
def test_rendering_is_the_loop_by_hand(fill):
    image, _ = scene()
    instance = parsed(image, segments=9, method="grid", segmentations=2, fill=fill)
    for k in range(2):
        canvas = instance.canvas(k)
        masks = rng.random((5, canvas.n_parts)) < 0.5
        for drawn, mask in zip(instance.render(masks, k), masks, strict=True):
            expected = image.copy()
            for part in np.flatnonzero(~mask):
                expected[instance.labels[k] == part] = canvas.fill[instance.labels[k] == part]
            assert np.array_equal(drawn, expected)


def test_names_tell_the_place():
    grid = np.repeat(np.repeat(np.arange(9).reshape(3, 3), 10, axis=0), 12, axis=1)
    names = parsed(np.zeros((30, 36), dtype=np.uint8), segments=grid).names
    assert names[0] == "part 0 (upper left)"
    assert names[4:6] == ("part 4 (centre)", "part 5 (right)")
    assert names[7] == "part 7 (bottom)"


def test_maps_of_the_users_several_of_them_and_a_function_agree():
    image, quarter = scene()
    halves = np.broadcast_to(np.arange(80) < 40, (60, 80))
    several = parsed(image, segments=np.stack([quarter, halves]))
    by_function = parsed(image, segments=lambda pixels: [quarter, halves] if pixels.shape == (60, 80, 3) else None)
    assert np.array_equal(several.labels, by_function.labels)
    assert [several.parts_of(k) for k in range(2)] == [4, 2]
    assert np.array_equal(several.labels[0], parsed(image, segments=quarter).labels[0])
    assert several.segmentation == "a label map"


def test_a_function_cannot_write_into_the_image():
    image, quarter = scene()

    def careless(pixels):
        pixels[:] = 0
        return quarter

    assert np.array_equal(parsed(image.copy(), segments=careless).image, image)


def test_a_map_of_the_images_own_size_is_reduced_with_it():
    image, quarter = scene(600, 800)
    instance = parsed(image, segments=quarter, largest=80)
    assert np.array_equal(instance.labels[0], scene()[1])
    assert instance.size == (600, 800)
    assert instance.notes == ("Reduced to 80 × 60 pixels.",)


def test_a_map_is_reduced_alike_from_both_ends():
    labels = rng.integers(0, 3, (90, 110))
    one, other = (
        parsed(np.zeros((90, 110)), segments=each, largest=64).labels[0] for each in (labels, labels[::-1, ::-1])
    )
    assert same_partition(one, other[::-1, ::-1])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 6), (3, 2, 3), (1, 3000), (17, 19, 4)])
def test_tiny_thin_and_flat_images_are_cut_too(method, shape):
    for pixels in (np.full(shape, 99, dtype=np.uint8), rng.integers(0, 256, shape, dtype=np.uint8)):
        for segments in (1, 2, 40):
            instance = parsed(pixels, segments=segments, method=method, segmentations=2, fill="inpaint")
            assert 1 <= instance.n_parts <= segments
            assert instance.canvas(1).fill.shape == instance.image.shape


def test_a_record_goes_through_json_and_stays_read_only():
    image, _ = scene()
    for fill in ("mean", "blur", "inpaint", "red"):
        instance = parsed(image, segments=6, segmentations=2, fill=fill)
        back = ImageInstance.from_dict(json.loads(json.dumps(instance.to_dict())))
        assert back == instance
        assert back.labels.dtype == np.uint16
        assert np.array_equal(back.canvas(1).fill, instance.canvas(1).fill)
        assert not back.image.flags.writeable
    assert len(json.dumps(instance.to_dict()["labels"])) < image.size / 3


def test_an_image_with_its_own_map_needs_numpy_alone():
    script = (
        "import sys, numpy; from limen.domains import Image\n"
        "x = Image(numpy.eye(9, dtype=int)).parse(numpy.zeros((9, 9, 3)), 9).canvas()\n"
        "Image(9, method='grid').parse(numpy.zeros((9, 9, 3)), 9)\n"
        "assert not {'PIL', 'skimage', 'scipy', 'torch'} & set(sys.modules), sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_photo_given_as_pillow_image_array_or_file_is_the_same(beagle):
    with Pillow.open(beagle) as opened:
        array = np.asarray(opened)
        assert parsed(opened) == parsed(str(beagle)) == parsed(beagle) == parsed(array)
