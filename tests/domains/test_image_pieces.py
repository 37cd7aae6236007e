"""Superpixels hang together; the label maps of users are theirs."""

import numpy as np
import pytest
from scipy.ndimage import label

from limen.domains import Image
from limen.domains._image_merge import MOST_PIECES, pieces_of
from tests.photos import canvas_of

rng = np.random.default_rng(5)
PHOTO = canvas_of((150, 200)).image.astype(np.int64)
GRAINY = np.clip(PHOTO + rng.normal(0, 25, PHOTO.shape), 0, 255).astype(np.uint8)
"""A photo with grain, of which felzenszwalb and quickshift make islands."""


def pieces(labels):
    return [label(labels == part)[1] for part in range(int(labels.max()) + 1)]


@pytest.mark.parametrize("method", ["slic", "felzenszwalb", "quickshift"])
@pytest.mark.parametrize("picture", [PHOTO.astype(np.uint8), GRAINY], ids=["smooth", "grainy"])
def test_every_superpixel_hangs_together(method, picture):
    instance = Image(30, method=method, segmentations=3).parse(picture, 1000)
    for one in instance.labels:
        assert pieces(one) == [1] * (int(one.max()) + 1)
        assert 15 <= one.max() + 1 <= 30


def test_a_map_of_the_users_keeps_its_islands():
    own = np.zeros((20, 30), dtype=int)
    own[2, 3] = own[10:12, 20:22] = own[19, 29] = 7
    found = Image(own).parse(np.zeros((20, 30, 3), np.uint8), 1000).labels[0]
    assert ((found == 1) == (own == 7)).all()
    assert pieces(found) == [1, 3]


def test_pieces_are_those_that_share_an_edge():
    found = pieces_of(np.array([[0, 1, 1], [1, 0, 1], [0, 0, 0]]))
    assert len(np.unique(found)) == 4
    assert found[0, 1] == found[1, 2]
    assert found[1, 1] == found[2, 0]
    assert len({found[0, 0], found[1, 0], found[0, 1], found[1, 1]}) == 4


def test_of_nothing_but_noise_the_largest_pieces_stay():
    noise = rng.integers(0, 3, (200, 200))
    noise[50:90, 60:100] = 1
    found = pieces_of(noise)
    assert 0.5 * MOST_PIECES < len(np.unique(found)) < 2 * MOST_PIECES
    assert len(np.unique(found[50:90, 60:100])) == 1
