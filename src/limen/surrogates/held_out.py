"""How far the ratio of a fit's squared error to the variance of the answers is off, where probes are independent draws.

Both sums can hang on a few far probes, and a small part of them: that is the jackknife's to say. And a fit that follows
its rows by chance looks better on them, left out or not, and is worse elsewhere: the held-out error knows the mean of
this, not how it came out.
"""

from __future__ import annotations

import numpy as np

from limen._types import Design, FloatArray
from limen.surrogates.covariance import reach
from limen.surrogates.solve import Fit

LARGEST_SHARE = 1.0 - 1e-6
"""A block that has more of a sum than this has all of it: nothing is known without it."""
CHANCE = 3.0
"""What chance adds to a fit's error elsewhere it takes off the residuals, so that the estimate is off by twice as much.
Of these four variances the jackknife sees the one in the residuals."""


def drawn_freely(design: Design) -> bool:
    """Whether probes are independent draws: in one stratum, of which they are no share that counts."""
    return len(design.sampled_shares) == 1 and not design.sampled_shares[0]


def error_of_ratio(fit: Fit, squares: FloatArray, design: Design) -> tuple[float, float]:
    """The standard error of log(1 - R²), and how far its 95 % interval reaches to each side.

    squares: (n) squared deviations of the answers from their mean. Blocks are left out one at a time, by the logarithms
    of what is left of both sums (Efron, Stein, The Jackknife Estimate of Variance, Ann. Statist. 1981); degrees of
    freedom are those of what their leaving changes, or the fit's if fewer.
    """
    sums = np.add.reduceat(design.weights[:, None] * np.column_stack([fit.losses, squares]), design.block_starts)
    lost, total = sums.sum(axis=0).tolist()
    kept = np.log1p(-np.minimum(sums / (lost, total), LARGEST_SHARE))
    pulls = kept[:, 1] - kept[:, 0]
    pulls = (pulls - pulls.mean()) ** 2
    variance, fourth = float(pulls.sum()), float(pulls @ pulls)
    equally = variance**2 / fourth - 1.0 if fourth > 0.0 else np.inf
    error = float(np.sqrt(variance * (1.0 - 1.0 / len(pulls)) + CHANCE * (fit.luck / lost) ** 2))
    return error, float(reach(min(float(np.median(fit.degrees)), equally))) * error
