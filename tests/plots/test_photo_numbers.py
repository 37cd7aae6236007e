"""Parts that are listed can be found in the picture: their numbers stand in them, on the plot and on the page."""

import re

import numpy as np
import pytest

from limen import plots
from limen.results._image_faces import labels_in
from limen.results._image_links import links_of
from limen.results._terminal import IMAGE_SHOWN
from tests.image_records import make_image, quarters

PAIRS = {(0, 1): (0.3, 0.02), (0, 3): (-0.2, 0.02), (1, 2): (0.01, 0.02)}


def texts_on(explanation, kind="effects"):
    ax = plots.photo(explanation, kind=kind)
    ax.figure.canvas.draw()
    return ax, {text.get_text(): text.xy for text in ax.texts}


def test_every_listed_part_has_its_number_inside_of_it():
    found = make_image()
    listed = [int(number) for number in re.findall(r"^part (\d+)", str(found), re.MULTILINE)]
    _, places = texts_on(found)
    assert sorted(listed) == [0, 1, 2, 3]
    for part in listed:
        x, y = places[str(part)]
        assert found.instance.labels[0][int(y), int(x)] == part


def test_parts_that_are_not_listed_have_none_and_the_strongest_have_their_effect():
    labels = np.indices((40, 64))[1] // 4
    effects = np.linspace(0.02, 0.03, 16)
    effects[[3, 9]] = 0.4, -0.3
    found = make_image_of(labels, effects)
    shown = labels_in(found)
    assert [label.part for label in shown] == [str(part) for part in found.top(IMAGE_SHOWN)]
    assert [(label.part, label.text) for label in shown][:2] == [("3", "+0.40"), ("9", "−0.30")]
    assert [bool(label.text) for label in shown] == [True] * 6 + [False] * 6


def make_image_of(labels, effects):
    """The record of a map of 16 parts."""
    import limen

    weights = np.asarray(effects)

    def model(images):
        means = np.stack([images[:, labels == part].mean(axis=(1, 2)) / 255 for part in range(16)], axis=1)
        return (means @ weights)[:, None]

    picture = np.full((*labels.shape, 3), 255, np.uint8)
    domain = limen.Image(labels, fill="black")
    options = {"budget": 250, "scale": "raw", "on_doubt": "ignore", "surrogate": limen.Linear()}
    return limen.explain(model, picture, domain=domain, **options)


def test_of_several_segmentations_no_part_has_a_number():
    three = make_image(maps=[quarters(), quarters()[::-1]], others=[(0.4, -0.1, 0.0, 0.1)])
    assert {label.part for label in labels_in(three)} <= {""}


def test_the_page_has_the_same_numbers_in_discs():
    page = make_image()._repr_html_()
    discs = re.findall(r"<circle [^>]*/><text [^>]*>(\d+)</text>", page)
    assert sorted(discs) == ["0", "1", "2", "3"]
    texts = re.findall(r"<text [^>]*>([^<]+)</text>", page)
    assert {"+0.50", "−0.20", "+0.10"} <= set(texts)


def test_the_parts_of_a_link_are_outlined_without_a_side():
    found = make_image(pairs=PAIRS)
    ax = plots.links(found)
    ax.figure.canvas.draw()
    around = [line.get_xydata() for line in ax.lines if line.get_linewidth() == 1.0]
    corners = sorted(tuple(one.min(axis=0)) + tuple(one.max(axis=0)) for one in around)
    # the upper left quarter for both of its links, upper right, and lower right
    assert corners == [(0, 0, 30, 20), (0, 0, 30, 20), (30, 0, 60, 20), (30, 20, 60, 40)]
    assert found._repr_html_().count('<path class="limen-joined"') == 2
    assert "limen-joined { fill: none; stroke: #10151b" in found._repr_html_()


def test_numbers_of_links_keep_off_each_other_and_off_the_parts():
    pairs = {(0, 1): (0.3, 0.02), (2, 3): (-0.25, 0.02), (0, 3): (-0.2, 0.02), (1, 2): (0.2, 0.02)}
    found = links_of(make_image(pairs=pairs), 8)
    assert len(found) == 4
    middles = [np.array(link.middle) for link in found]
    discs = [end for link in found for end in link.ends]
    for number, middle in enumerate(middles):
        for other in middles[:number]:  # the diagonals cross in the middle of the picture
            assert (np.abs(middle - other) / 60 >= np.array([0.104, 0.044]) - 1e-9).any()
        assert min(np.abs(middle - disc).max() for disc in discs) > 1.3


def test_numbers_of_short_links_stand_beside_them():
    strips = np.minimum(np.indices((40, 60))[1] // 5, 3).astype(np.uint16)
    pairs = {(0, 1): (0.3, 0.02), (1, 2): (-0.25, 0.02), (0, 2): (0.2, 0.02)}
    middles = [np.array(link.middle) for link in links_of(make_image(maps=[strips], pairs=pairs), 8)]
    for number, middle in enumerate(middles):
        for other in middles[:number]:
            assert (np.abs(middle - other) / 60 >= np.array([0.104, 0.044]) - 1e-9).any()


@pytest.mark.parametrize("style", ["default", "dark_background"])
def test_discs_are_light_with_dark_numbers_on_any_ground(style):
    from matplotlib import style as styles

    with styles.context(style):
        ax, _ = texts_on(make_image())
        (disc, *_) = [line for line in ax.lines if line.get_marker() == "o"]
        assert disc.get_markerfacecolor() == "#ffffff"
        assert {text.get_color() for text in ax.texts} == {"#10151b"}
