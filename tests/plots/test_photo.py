"""Pictures of images: maps over the photo, links, curves, and outlines that are where the parts are."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

import limen
from limen import plots
from limen._errors import InputError
from limen.results._image_faces import BLUE, ORANGE, image_face, labels_in, overlay, shapes, supporting
from limen.results._image_shapes import deepest, outlines
from tests.image_records import EFFECTS, HEIGHT, WIDTH, make_image, quarters, shifted
from tests.records import make_explanation

THREE = {"maps": [quarters(), shifted(), quarters()[::-1]], "others": [(0.4, -0.1, 0.0, 0.1), (0.1, 0.0, 0.5, -0.2)]}
PAIRS = {(0, 1): (0.3, 0.02), (0, 3): (-0.2, 0.02), (1, 2): (0.01, 0.02)}


def drawn(ax):
    ax.figure.canvas.draw()
    return ax


def test_an_outline_encloses_its_region_and_nothing_else():
    mask = np.zeros((30, 50), bool)
    mask[5:25, 10:40] = True
    mask[10:15, 20:30] = False  # a hole is a loop of its own
    loops = outlines(mask)
    areas = [0.5 * float((x * np.roll(y, -1) - y * np.roll(x, -1)).sum()) for x, y in (loop.T for loop in loops)]
    assert sum(areas) == pytest.approx(mask.sum(), abs=2)
    assert sorted(np.sign(areas)) == [-1, 1]
    assert (loops[0].min(axis=0) == [10, 5]).all()
    assert (loops[0].max(axis=0) == [40, 25]).all()


def test_outlines_of_large_images_are_traced_on_fewer_pixels_at_the_same_place():
    mask = np.zeros((900, 1600), bool)
    mask[200:600, 400:1200] = True
    (loop,) = outlines(mask)
    assert loop.min(axis=0) == pytest.approx([400, 200], abs=4)
    assert loop.max(axis=0) == pytest.approx([1200, 600], abs=4)


def test_a_label_stands_inside_its_region():
    ring = np.hypot(*(np.indices((60, 60)) - 30))
    mask = (ring > 15) & (ring < 28)  # its middle is outside of it
    x, y, room = deepest(mask)
    assert mask[int(y), int(x)]
    assert room > 4


def test_shades_are_blue_and_orange_and_nothing_at_zero():
    shades = overlay(image_face(make_image((0.5, -0.5, 0.0, 0.1)), "effects"))
    assert tuple(shades[0, 0, :3]) == BLUE
    assert tuple(shades[0, -1, :3]) == ORANGE
    assert shades[0, 0, 3] == shades[0, -1, 3] > shades[-1, -1, 3] > shades[-1, 0, 3] == 0


def test_parts_that_differ_from_zero_are_outlined_solid_or_dashed_and_have_signed_numbers():
    explanation = make_image()
    assert [shape.support for shape in shapes(explanation)] == [True, False, True]  # 0.01 is not sure
    ax = drawn(plots.photo(explanation))
    patterns = [line.get_linestyle() for line in ax.lines]
    assert patterns.count("--") == 1
    texts = [text.get_text() for text in ax.texts]
    assert sorted(text for text in texts if len(text) > 1) == ["+0.10", "+0.50", "−0.20"]
    for text, part in {"+0.50": 0, "−0.20": 1, "+0.10": 3}.items():
        x, y = next(one.xy for one in ax.texts if one.get_text() == text)
        assert quarters()[int(y), int(x)] == part
    assert ax.get_title(loc="left") == "beagle: 0.981 (probability)"
    assert ax.get_xlim() == (0, WIDTH)
    assert ax.get_ylim() == (HEIGHT, 0)


def test_the_key_is_centred_at_zero_and_names_its_unit():
    figure = drawn(plots.photo(make_image())).figure
    strip = figure.axes[1]
    assert strip.get_xlim() == pytest.approx((-0.5, 0.5))
    assert strip.get_xlabel() == "effect on beagle (probability)"
    figure = drawn(plots.photo(make_image(**THREE))).figure
    assert figure.axes[1].get_xlabel() == "effect on beagle (probability) for each 1 % of the picture"


@pytest.mark.parametrize("more", [{}, THREE])
def test_where_nothing_changes_the_answer_nothing_stands_out(more):
    flat = make_image(doubts=(limen.results.Doubt.FLAT,), **more)
    assert (
        overlay(image_face(flat, "effects"))[..., 3].max()
        < 0.1 * overlay(image_face(make_image(**more), "effects"))[..., 3].max()
    )
    assert shapes(flat) == []
    assert not supporting(flat).any()
    assert "hardly changes" in drawn(plots.photo(flat)).get_xlabel()


def test_the_supporting_parts_alone_are_the_sure_ones():
    explanation = make_image()
    assert set(quarters()[supporting(explanation)]) == {0, 3}
    ax = drawn(plots.photo(explanation, kind="parts"))
    veil = np.asarray(ax.images[1].get_array())
    assert (veil[supporting(explanation)][:, 3] == 0).all()
    assert (veil[~supporting(explanation)][:, 3] > 200).all()
    none = drawn(plots.photo(make_image((-0.5, -0.2, 0.01, 0.0)), kind="parts"))
    assert "No part is known to support it" in none.get_xlabel()


def test_several_segmentations_have_a_map_of_their_disagreement():
    several = make_image(**THREE)
    face = image_face(several, "disagreement")
    assert face.values == pytest.approx(several.pixels.disagreement / 100)
    drawn(plots.photo(several, kind="disagreement"))
    with pytest.raises(InputError, match=r"one segmentation.*limen.Image\(segmentations=3\)"):
        plots.photo(make_image(), kind="disagreement")


def test_numbers_of_several_segmentations_are_those_of_the_map():
    several = make_image(**THREE)
    found = labels_in(several)
    assert found
    for label in found:
        value = several.pixels.values[int(label.y), int(label.x)] / 100
        assert float(label.text.replace("−", "-")) == pytest.approx(value, abs=6e-4)


@pytest.mark.parametrize("kind", ["effects", "parts", "errors"])
def test_every_kind_is_drawn_on_axes_that_are_given_and_on_dark_ones(kind):
    with plt.style.context("dark_background"):
        _, ax = plt.subplots(layout="constrained")
        assert drawn(plots.photo(make_image(standard_errors=0.0), kind=kind, ax=ax)) is ax


def test_links_are_drawn_between_parts_that_act_together_at_95_per_cent():
    ax = drawn(plots.links(make_image(pairs=PAIRS)))
    said = [text.get_text() for text in ax.texts]
    assert sorted(said) == sorted(["0", "1", "+0.30", "0", "3", "−0.20"])
    dashed = [line for line in ax.lines if line.get_linestyle() == "--"]
    assert len(dashed) == 1
    ends = dashed[0].get_xydata()
    assert [quarters()[int(y), int(x)] for x, y in ends] == [0, 3]
    assert (ax.get_xlim(), ax.get_ylim()) == ((0, WIDTH), (HEIGHT, 0))
    assert "No two parts" in drawn(plots.links(make_image(pairs={(0, 1): (0.01, 0.02)}))).get_xlabel()


def test_bars_of_an_image_name_its_parts():
    ax = drawn(plots.bars(make_image()))
    assert ax.get_yticklabels()[0].get_text() == "part 0 (upper left)"


def test_curves_tell_their_means():
    ax = drawn(plots.curves(make_image(curves=True)))
    told = [text.get_text() for text in ax.get_legend().get_texts()]
    assert told == ["insertion: these parts alone shown, mean 0.400", "deletion: these parts hidden, mean 0.400"]


@pytest.mark.parametrize(
    ("draw", "told"),
    [
        (lambda: plots.photo(make_explanation()), "of no image"),
        (lambda: plots.photo(make_image(), kind="heat"), "kind is 'heat', expected one of: 'effects', 'parts'"),
        (lambda: plots.photo(make_image(), ax=3), "ax is of type int"),
        (lambda: plots.links(make_image()), "surrogate=limen.Quadratic()"),
        (lambda: plots.links(make_image(pairs=PAIRS), top=0), "top is 0"),
        (lambda: plots.curves(make_image()), "with_curves"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_a_remedy(draw, told):
    with pytest.raises(InputError) as error:
        draw()
    assert told in str(error.value)


def corner(images):
    """The mean of the upper left quarter, as a probability."""
    lit = images[:, : HEIGHT // 2, : WIDTH // 2].mean(axis=(1, 2, 3)) / 255
    return np.stack([lit, 1 - lit], axis=1)


def test_with_curves_asks_the_model_as_the_parts_go_and_come_back():
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    image[: HEIGHT // 2, : WIDTH // 2] = 255
    asked = limen.Explainer(corner, limen.Image(quarters(), fill="black"), budget=100, on_doubt="ignore")
    plain = asked(image, 0)
    found = asked.with_curves(plain)
    assert found.curves.order[0] == 0
    assert found.curves.shares == pytest.approx([0, 0.25, 0.5, 0.75, 1])
    assert found.curves.deletion == pytest.approx([1, 0, 0, 0, 0])
    assert found.curves.insertion == pytest.approx([0, 1, 1, 1, 1])
    assert found.curves.deletion_area == pytest.approx(0.125)
    assert found.curves.insertion_area == pytest.approx(0.875)
    assert found.cost.model_rows - plain.cost.model_rows == 2 * 4
    assert asked.with_curves(plain, steps=3).curves.counts.tolist() == [0, 2, 4]
    with pytest.raises(InputError, match="steps is 2, expected a whole number of at least 3"):
        asked.with_curves(plain, steps=2)
    with pytest.raises(InputError, match="of no image"):
        asked.with_curves(make_explanation())


def test_the_order_of_several_segmentations_is_that_of_their_map():
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    image[: HEIGHT // 2, : WIDTH // 2] = 255
    maps = np.stack([quarters(), shifted()])
    asked = limen.Explainer(corner, limen.Image(maps, fill="black"), budget=100, on_doubt="ignore")
    found = asked.with_curves(asked(image, 0)).curves
    assert found.order[0] == 0
    assert len(EFFECTS) == found.counts[-1]
