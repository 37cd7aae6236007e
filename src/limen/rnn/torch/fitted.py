"""Whether the samples are fitted already: their loss beside the one that they have with the answers of others."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any


def beside_other_answers(loss: Callable[[Any], Any], output: Any, total: float) -> tuple[float, float]:
    """The loss, and the norm of its gradient for the output, as shares of those with the answers of other samples.

    The output (B, ...) is turned by one sample. Free of the scale of losses and targets; (nan, nan) where the output is
    no tensor of several samples, and 1 where all samples want the same.
    """
    import torch

    unknown = (math.nan, math.nan)
    if not isinstance(output, torch.Tensor) or not output.is_floating_point() or output.dim() == 0 or len(output) < 2:
        return unknown
    found = []
    for shift in (0, 1):
        answers = output.detach().roll(shift, 0).requires_grad_()
        value = loss(answers)
        if not value.requires_grad or not bool(torch.isfinite(value).all()):
            return unknown
        (gradient,) = torch.autograd.grad(value.sum(), answers, allow_unused=True)
        if gradient is None:
            return unknown
        found.append((abs(float(value.detach().sum())), float(gradient.double().norm())))
    (own, own_slope), (others, slope) = found
    if not others > 0 or not slope > 0 or not math.isclose(own, abs(total), rel_tol=1e-3, abs_tol=1e-30):
        return unknown
    return own / others, own_slope / slope
