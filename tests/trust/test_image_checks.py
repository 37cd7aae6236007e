"""What the checks measure on images: other fills, other cuts."""

from __future__ import annotations

import re

import numpy as np
import pytest

import limen
from limen.results import Grade

PIXELS = np.full((24, 36, 3), 40, np.uint8)
PIXELS[:12, :18] = 220
PIXELS[:, 30:, 0] = 90


def lit(images):
    """How light the upper left quarter is."""
    p = images[:, :12, :18].mean(axis=(1, 2, 3)) / 255
    return np.stack([1 - p, p], axis=1)


def audited(model=lit, rows=0, checks=None, **settings):
    domain = limen.Image(6, method="grid", **{"fill": "black", **settings})
    explainer = limen.Explainer(model, domain, budget=70, on_doubt="ignore")
    return limen.audit(explainer, PIXELS, target=1, rows=rows, checks=checks)


def test_without_rows_it_says_what_other_fills_and_cuts_would_cost():
    found = audited()
    assert found.rows == 0
    assert {one.name: one.offer for one in found.findings if one.offer} == {"off_manifold": 70, "segmentation": 70}
    assert limen.Audit.from_json(found.to_json()) == found


def test_other_cuts_of_a_model_that_sums_pixels_show_the_same_place():
    found = audited(rows=70, checks="segmentation")
    assert found.measure("segmentation.pixels").value.value > 0.5
    assert found["segmentation"].grade is Grade.GOOD
    assert 0 < found.rows <= 70


def test_the_other_cut_is_another_cut_where_the_budget_pays_for_no_finer_one():
    explainer = limen.Explainer(lit, limen.Image(50, method="grid"), budget=60, on_doubt="ignore")
    audit = limen.audit(explainer, PIXELS, target=1, rows=1000, checks=["segmentation"])
    own, other = map(int, re.findall(r"of (\d+)", audit["segmentation"].measures[0].told))
    assert other < own == audit.explanation.instance.n_parts


def test_several_segmentations_are_compared_without_a_row():
    found = audited(checks="segmentation", segmentations=2)
    pixels = found.explanation.pixels
    ratio = pixels.disagreement.mean() / np.abs(pixels.values).mean()
    assert found.measure("segmentation.spread").value.value == pytest.approx(ratio)


def test_a_label_map_of_your_own_is_not_cut_anew():
    labels = np.arange(36)[None, :] // 12 + np.zeros((24, 1), dtype=int)
    explainer = limen.Explainer(lit, limen.Image(labels), budget=70, on_doubt="ignore")
    assert limen.audit(explainer, PIXELS, target=1, rows=500)["segmentation"].grade is Grade.NOT_APPLICABLE


def test_a_model_that_sees_the_fill_is_found():
    def sees_black(images):
        p = 0.1 + 0.8 * (images == 0).all(axis=-1).mean(axis=(1, 2))
        return np.stack([1 - p, p], axis=1)

    other = audited(sees_black, rows=70, checks="off_manifold")
    assert other["off_manifold"].grade is Grade.DOUBTFUL
    assert other.measure("off_manifold.fill").value.value == pytest.approx(1.0)
