"""The perturbed images that an explanation rests on, as thumbnails."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from limen.results import Explanation, ImageInstance, Probes, number
from limen.results._image_shapes import png, shrunk

PIXELS = 150
"""Longer side of a thumbnail, at most."""


def asked_images(explanation: Explanation, rows: Sequence[int]) -> list[dict[str, Any]]:
    """The probes of these numbers, the first of which is the image itself: what the page shows of each."""
    instance, probes = explanation.instance, explanation.probes
    assert isinstance(instance, ImageInstance)
    assert isinstance(probes, Probes)
    masks = probes.masks[list(rows)]
    found = []
    for row, mask, guess in zip(rows, masks, explanation.predict(masks), strict=True):
        file = png(shrunk(instance.render(mask[None])[0], PIXELS))
        hidden = int((~mask).sum())
        found.append(
            {
                "alt": f"the image with {hidden} of {len(mask)} parts hidden" if hidden else "the image itself",
                "source": f"data:image/png;base64,{base64.b64encode(file).decode()}",
                "hidden": hidden or "none",
                "answer": _plain(float(probes.answers[row])),
                "surrogate": _plain(float(guess)),
            }
        )
    return found


def _plain(value: float) -> str:
    return number(value).lstrip("+").replace("-", "−")
