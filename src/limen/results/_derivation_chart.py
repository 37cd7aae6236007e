"""A picture of the decay: two norms over the lag on a logarithmic scale, where an exponential is a straight line."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from limen.results import _ticks
from limen.results._formula import text
from limen.results._svg import Axis, Frame, chart, figure

if TYPE_CHECKING:
    from limen.results.derivation import Derivation

MOST_POINTS = 400
LINES = {"log_products": r"\| \frac{\partial h_T}{\partial h_k} \|", "log_contributions": r"\| C_k \|"}


def decay(derivation: Derivation) -> str:
    """Draw ‖∂h_T/∂h_k‖ and ‖C_k‖ over the lag as a figure; empty where there is a single lag."""
    last = derivation.steps - 1
    if not last:
        return ""
    curves = [getattr(derivation.lags, name) / math.log(10) for name in LINES]
    known = np.concatenate([values[np.isfinite(values)] for values in curves])
    low, high = math.floor(known.min()), math.ceil(known.max())
    high = max(high, low + 1)
    frame = Frame(Axis(0, last, _ticks.whole(0, last), "lag T − k"), Axis(low, high, _ticks.decades(low, high, 5)))
    lags = np.unique(np.rint(np.linspace(0, last, MOST_POINTS)).astype(np.int64))
    marks = [frame.line(lags, values[lags], style) for style, values in enumerate(curves)]
    names = [text(formula) for formula in LINES.values()]
    told = f"{' and '.join(names)} over the lag, on a logarithmic scale; the table below has the numbers"
    keys = [(f"curve-{style}", name) for style, name in enumerate(names)]
    return figure("By lag, on a logarithmic scale", keys, chart(frame, marks, told))
