"""Regression-adjusted estimates: a proxy answers for all masks, the model's own answers correct it.

The coefficients of a surrogate are linear in the model's answers. So those of f are those of a proxy g, which is asked
about very many masks at no cost, plus those of the rest f - g, which are small where g is good. The rest is measured
with processes that have not seen the row (cross-fitting), so the sum is right whatever the proxy is worth; a bad one
only leaves larger errors. (Model-assisted estimation: Särndal, Swensson, Wretman, "Model assisted survey sampling",
1992, chapter 6; Witter, Fuchs, Musco for Shapley values, "Regression-adjusted Monte Carlo estimators", 2025.)
Masks that were asked keep their own answers, and the correction counts for the others only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from limen._types import BoolArray, Design, FloatArray, IntArray
from limen.results import Proxy
from limen.surrogates.diffusion import Process, learnt, numbers
from limen.surrogates.features import columns
from limen.surrogates.posterior import Posterior, calibrated
from limen.surrogates.ridge import errors_left_out
from limen.surrogates.solve import solve

FEWEST_ROWS = 12
"""With fewer answers no proxy is tried."""
CONSTANT = 1e-13
"""Answers that differ by less than this share of their size are one number and rounding errors."""
CUBE = 16
"""Up to so many parts all masks are listed, and a process answers them in one sweep."""
STEEPNESS = 0.01
"""Least squared slope of the logistic function, as a share of 1/16, with which answers near 0 and 1 count."""
SLACK = 1e-3
"""Probabilities may lie so far outside [0, 1] by rounding."""
NEAREST = 1e-6
"""Probabilities this far from 0 and 1 are as sure as a proxy takes them to be."""
IN_PAIRS = 0.9
"""Share of the masks whose complements were asked too from which on they were drawn so."""
TAKEN = 2.0
"""A proxy is taken unless the variances of the slopes and the squared errors on rows left out together speak so much
against it. In pairs of complements much of the rows' errors cancels, which the variances know (in a sum of parts and
pairs all of it, and no proxy is as good as none); of few rows they are too unsure themselves, and errors on rows left
out are not (`benchmarks/how_many_rows_for_the_same_error.py`)."""
FEW = 5.0
"""Rows for each coefficient beyond which errors on rows left out count the less, by a power that falls as one over the
rows: the variances are then sure, and a process that errs little in each row may err in all alike."""
FOLLOWS = 0.4
"""Processes that leave one row out have the other rows in common, so the variance of the rest is taken to be larger by
this times the share of the answers' variation that the process follows
(`benchmarks/do_the_intervals_cover.py`)."""

QUIET, LOUDEST, ROWS_OF_SILENCE = 0.02, 3.0, 15.0
"""Standard deviation of probabilities below which they hardly vary; by what share variances are then enlarged at most,
and the rows for each coefficient that enlarge them by their own size (`benchmarks/do_the_intervals_cover.py`)."""


@dataclass(frozen=True, eq=False)
class Adjustment:
    """What a proxy says of one target.

    reference: all masks, or very many. values: (M) the proxy's answers to them, the model's own where it was asked.
    rest: (n) the model's answers less those of the proxy that has not seen them. unseen: (n) share of the masks of
    each row's stratum that were not asked. follows: by how much the variance of the rest may be too small. name:
    "mean", which is no proxy at all, "process", or "twin". gain: how many times smaller the variance of the slopes is.
    error: that variance. helped: where the reference is itself only a sample, of a twin's answers, what a proxy
    says of them. twin_rows, twin_seconds: what the twin was asked and took. posterior: what the process itself expects
    to be off by. hushed: what variances are multiplied by where the answers hardly vary.
    """

    reference: Design
    values: FloatArray
    rest: FloatArray
    unseen: FloatArray
    follows: float
    name: str
    gain: float = 1.0
    error: float = 0.0
    helped: Adjustment | None = None
    twin_rows: int = 0
    twin_seconds: float = 0.0
    posterior: Posterior | None = None
    hushed: float = 1.0

    def record(self) -> Proxy:
        """What the explanation keeps of it."""
        return Proxy(self.name, self.gain, self.twin_rows, self.twin_seconds)

    def less(self, shift: float) -> Adjustment:
        """The same of answers that are smaller by `shift`."""
        helped = None if self.helped is None else self.helped.less(shift)
        return replace(self, values=self.values - shift, helped=helped)

    def take(self, rows: IntArray) -> Adjustment:
        """The adjustment of a subset of the rows."""
        return replace(self, rest=self.rest[rows], unseen=self.unseen[rows])


def adjustments(
    answers: FloatArray, design: Design, asked: tuple[BoolArray, FloatArray], reference: Design | None, bounded: bool
) -> list[Adjustment]:
    """One for each target of answers (n, t); none where everything is known.

    asked: all masks (m, d) that were answered, whether the law gives them mass or not, with their answers (m, t).
    bounded: the answers are on the scale of probabilities; where they are some, a proxy is better off on log-odds.
    """
    if design.exact or reference is None:
        return []
    masks, told = asked
    return [adjustment(answers[:, t], design, (masks, told[:, t]), reference, bounded) for t in range(answers.shape[1])]


def adjustment(
    answers: FloatArray, design: Design, asked: tuple[BoolArray, FloatArray], reference: Design, bounded: bool
) -> Adjustment:
    """The proxy with the smaller error on answers (n) that it has not seen: the process, or the mean."""
    mean = float(design.weights @ answers)
    unseen = 1.0 - design.sampled_shares[design.strata]
    constant = not np.ptp(asked[1]) > CONSTANT * (abs(mean) + 1e-300)
    rest = np.zeros(len(answers)) if constant else answers - mean  # zeros to the last bit
    hushed = hush(answers, design) if bounded else 1.0
    plain = Adjustment(reference, np.zeros(0), rest, np.ones(len(answers)), 0.0, "mean", hushed=hushed)
    if len(answers) < FEWEST_ROWS or constant:
        return plain
    process, values, left_out, posterior = _process(asked, answers, design, reference, bounded)
    rest, follows = answers - left_out, FOLLOWS * process.freedom
    before, after = errors_of_lines(answers, rest, follows, design)
    alone, helped = errors_left_out(columns(design.points), np.stack([answers, unseen * rest], axis=1), design)
    few = min(1.0, FEW * (1 + design.points.shape[1]) / len(answers))
    if not after * helped**few < before * (TAKEN * alone) ** few:
        return replace(plain, error=before)
    most = np.inf if reference.exact else len(values) / len(answers)  # drawn masks are worth no more than their number
    gain = max(1.0, min(before / max(after, 1e-12 * before, 1e-300), most))
    found = Adjustment(reference, values, rest, unseen, follows, "process", gain, error=min(before, after))
    return replace(found, posterior=posterior, hushed=hushed)


def hush(answers: FloatArray, design: Design) -> float:
    """What variances must be multiplied by where probabilities (n) hardly vary: some mask may yet turn them over."""
    n, p = len(answers), 1 + design.points.shape[1]
    mean = float(design.weights @ answers)
    spread = float(np.sqrt(design.weights @ (answers - mean) ** 2)) / max(mean, 1.0 - mean)
    found: float = 1.0 + min(LOUDEST, ROWS_OF_SILENCE * p / n) / (1.0 + (spread / QUIET) ** 2)
    return found


def errors_of_lines(answers: FloatArray, rest: FloatArray, follows: float, design: Design) -> tuple[float, float]:
    """The summed variances of the slopes through the answers (n), and of those through a rest (n) that `follows`."""
    features = columns(design.points)
    both = solve(features, np.stack([answers, rest], axis=1), design, features[0])
    before, after = (float(np.trace(one.covariance[1:, 1:])) for one in both)
    return before, (1.0 + follows) * after


def on_log_odds(answers: FloatArray, bounded: bool) -> tuple[FloatArray, FloatArray, bool]:
    """What a proxy is to learn (n), how uncertain each is beside the others (n), and whether it is on log-odds.

    Differences of probabilities, which may be negative, stay as they are.
    """
    if not bounded or bool(((answers < -SLACK) | (answers > 1.0 + SLACK)).any()):
        return answers, np.ones(len(answers)), False
    chances = np.clip(answers, NEAREST, 1.0 - NEAREST)
    noise = 1.0 / np.maximum((4.0 * chances * (1.0 - chances)) ** 2, STEEPNESS)
    return np.log(chances / (1.0 - chances)), noise / np.median(noise), True


def mates_of(masks: BoolArray) -> IntArray | None:
    """The row of each mask's complement, or its own where there is none; None unless they were drawn in pairs."""
    found = places_of(masks, ~masks, missing=True)
    if np.mean(found >= 0) < IN_PAIRS:
        return None
    return np.where(found >= 0, found, np.arange(len(masks)))


def _process(
    asked: tuple[BoolArray, FloatArray], told: FloatArray, design: Design, reference: Design, bounded: bool
) -> tuple[Process, FloatArray, FloatArray, Posterior]:
    """A process that learnt from all that was asked; its values (M) on the reference, (n) left out, its posterior.

    told: (n) the answers on the design.
    """
    masks, answers = asked
    places = places_of(masks, design.points)
    weights = np.zeros(len(masks))
    weights[places] = design.weights
    targets, noise, linked = on_log_odds(answers, bounded)
    process = learnt(masks, targets, noise, weights, mates_of(masks))
    if masks.shape[1] <= CUBE and reference.exact:
        values = process.everywhere()[numbers(reference.points.astype(np.bool_))]
    else:
        values = process.at(reference.points.astype(np.bool_))
    left_out, expected = process.left_out[places], np.full(len(masks), np.nan)
    expected[process.rows] = process.doubts
    steepness, doubts = np.ones(len(values)), expected[places]
    if linked:
        values, left_out = chance(values), chance(left_out)
        steepness, doubts = values * (1.0 - values), doubts * (left_out * (1.0 - left_out)) ** 2
    known = places_of(masks, reference.points, missing=True)
    values[known >= 0] = answers[known[known >= 0]]
    steepness[known >= 0] = 0.0
    unseen = 1.0 - design.sampled_shares[design.strata]
    return (
        process,
        values,
        left_out,
        calibrated(process, steepness, told - left_out, doubts, design.weights * unseen**2),
    )


def chance(odds: FloatArray) -> FloatArray:
    """Probabilities (n) of log-odds."""
    found: FloatArray = 1.0 / (1.0 + np.exp(-np.clip(odds, -500.0, 500.0)))
    return found


def places_of(masks: BoolArray, wanted: BoolArray | FloatArray, missing: bool = False) -> IntArray:
    """The row in masks (m, d) of each wanted one (n, d); -1 where there is none, if some may be missing."""
    keys, others = _keys(masks), _keys(wanted.astype(np.bool_))
    order = np.argsort(keys, kind="stable")
    found = np.minimum(np.searchsorted(keys, others, sorter=order), len(keys) - 1)
    places: IntArray = order[found]
    return np.where(keys[places] == others, places, -1) if missing else places


def _keys(masks: BoolArray) -> np.ndarray[tuple[int], np.dtype[np.generic]]:
    """A key (n) for each mask (n, d) that can be sorted: whole numbers up to 62 parts, else bytes."""
    if masks.shape[1] <= 62:
        return numbers(masks)
    packed = np.ascontiguousarray(np.packbits(masks, axis=1))
    return packed.view(np.dtype((np.bytes_, packed.shape[1]))).ravel()
