"""What is told in words of an image's explanation, on terminals and pages alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from limen.results.image import ImageInstance

if TYPE_CHECKING:
    from limen.results.explanation import Explanation


def image_rows(explanation: Explanation) -> list[tuple[str, str]]:
    """Pairs of (heading, text): how the image was cut, what stood in hidden parts, what the maps and curves tell."""
    instance = explanation.instance
    if not isinstance(instance, ImageInstance):
        return []
    height, width = instance.image.shape[:2]
    reduced = "" if instance.size == (height, width) else f"worked on at {width} × {height} pixels, "
    rows = [("parts", f"{reduced}cut by {instance.segmentation}; hidden ones show {instance.fill}")]
    if instance.notes:
        rows.append(("note", " ".join(instance.notes)))
    if instance.n_segmentations > 1:
        rows.append(("maps", maps_told(explanation)))
    if explanation.curves is not None:
        rows.append(("curves", curves_told(explanation)))
    return rows


def maps_told(explanation: Explanation) -> str:
    """How far the segmentations agree."""
    pixels = explanation.pixels
    assert pixels is not None
    assert pixels.disagreement is not None
    spread, error = (float(np.sqrt(np.mean(one**2))) / 100 for one in (pixels.disagreement, pixels.standard_errors))
    return (
        f"{pixels.n_segmentations} segmentations share the budget, the table is of the first; over the picture they "
        f"differ by {spread:.3f} for each 1 % of it (standard deviation), and their mean has an error of {error:.3f} "
        "from sampling"
    )


def curves_told(explanation: Explanation) -> str:
    """The areas of both curves."""
    curves = explanation.curves
    assert curves is not None
    return (
        f"deletion {curves.deletion_area:.3f}, insertion {curves.insertion_area:.3f} (means of the answer while parts "
        "are hidden, and shown, most supporting first)"
    )
