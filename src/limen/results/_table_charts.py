"""The widths that were tried, as a chart of a page."""

from __future__ import annotations

import math

import numpy as np

from limen.results import _ticks
from limen.results._svg import Axis, Frame, chart, figure
from limen.results.neighbourhood import WidthPath

LOWEST = -0.25
"""R² below this is drawn at the edge: it only says that there is nothing to be had."""


def widths_figure(path: WidthPath) -> str:
    """Held-out R² of line and quadratic, and stability, by width; the widest on the left, as they were tried."""
    places = -np.log2(path.widths)
    numbers = np.concatenate([path.linear.low, path.quadratic.low, path.stability])
    known = numbers[np.isfinite(numbers)]
    low = max(LOWEST, min(0.0, float(known.min()))) if len(known) else 0.0
    margin = 0.25 if len(places) > 1 else 1.0
    labels = [(float(place), f"{width:g}") for place, width in zip(places, path.widths.tolist(), strict=True)]
    frame = Frame(
        Axis(float(places.min()) - margin, float(places.max()) + margin, labels, "width in standard deviations"),
        Axis(low, 1.0, _ticks.plain(low, 1.0)),
    )
    curve, line = path.quadratic, path.linear
    marks = [
        frame.band(places, np.maximum(curve.low, low), np.maximum(curve.high, low)),
        frame.line(places, curve.values, 0),
        frame.line(places, line.values, 1),
        frame.line(places, path.stability, 2),
        frame.at(-math.log2(path.width)),
    ]
    over = [frame.said(-math.log2(path.width), f"taken: {path.width:g}")]
    keys = [
        ("curve-0", "R² of the quadratic", curve.values),
        ("band", "its 95 % interval", curve.low + curve.high),
        ("curve-1", "R² of the line", line.values),
        ("curve-2", "stability", path.stability),
    ]
    told = f"Held-out R² of line and quadratic at {len(places)} widths; {path.width:g} was taken."
    drawn = [(kind, name) for kind, name, values in keys if np.isfinite(values).any()]
    return figure("", drawn, chart(frame, marks, told, over))
