"""Numbers of a column between those that were asked: a curve for their mean, and how far answers may step off it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from limen._types import FloatArray, IntArray

ENOUGH_FOR_A_CUBIC = 8
"""Of fewer numbers, each is foretold by a line through the two beside it, which a step cannot bend."""
STEEPEST = 3.0
"""A cubic whose slopes are at most so many times those of the lines beside them stays between their ends."""
MARGIN = 1.5
"""So many times the step that fits what surprises at both ends of a gap is allowed for: other steps may hide some."""
LEAST_LEVER = 1e-6
"""A step that moves what is foretold by less than this much of itself cannot be told from a smooth curve."""
SHORTEST = 1e-100
"""Part of a column's range; slopes in shorter gaps might leave floating point."""
N_GAP = 19
"""Numbers that are known of each number that was asked and of the gap behind it, before the answers are."""


def between(nodes: FloatArray, distinct: FloatArray, counts: IntArray) -> tuple[FloatArray, FloatArray]:
    """What numbers say that lie between sorted nodes (k), from the distinct ones (v) of a column and how often each is.

    Returns the weights (k) of linear interpolation, which sum to 1, and 19 rows (19, k) for `Bent`. The first six are
    of the gap behind each node: the column's range over its length; how far the share of the column beyond a step lies
    from half the gap's (`_spread`); by how much that half is more than the line gives; and the share of the column,
    times the mean of what Hermite's cubic adds to the line, for a rise of 1 and for slopes of 1 at its left and right
    end. The seventh is 1 / k; the others are those of `_foretelling` and `_parabolas`. Behind the last node all are 0.
    """
    k, shares = len(nodes), counts / counts.sum()
    lengths, places = np.diff(nodes), np.searchsorted(distinct, nodes)
    relative = np.append(np.maximum(lengths / (nodes[-1] - nodes[0]), SHORTEST), 0.0)
    inside = np.ones(len(distinct), dtype=np.bool_)
    inside[places] = False
    left = np.repeat(np.arange(k - 1), np.diff(places) - 1)
    t, own, others = (distinct[inside] - nodes[left]) / lengths[left], shares[places], shares[inside]
    first = others * t
    second, third = first * t, first * t * t
    mass, *sums = (np.bincount(left, one, k).astype(np.float64) for one in (others, first, second, third))
    before = np.append(0.0, sums[0][:-1])
    rows = [
        np.append(1.0 / relative[:-1], 0.0),
        _spread(left, mass, others),
        mass / 2.0 - sums[0],
        3.0 * sums[1] - 2.0 * sums[2] - sums[0],
        (sums[0] - 2.0 * sums[1] + sums[2]) * relative,
        (sums[2] - sums[1]) * relative,
        np.full(k, 1.0 / k),
    ]
    return own + mass - sums[0] + before, np.concatenate([rows, _foretelling(nodes), _parabolas(lengths)])


def _spread(left: IntArray, mass: FloatArray, shares: FloatArray) -> FloatArray:
    """Standard deviation of the share (k) beyond a step from half a gap's, over all places among its numbers (v).

    No less than that of a step at any place of the share, for a threshold may follow the rows or the numbers.
    """
    k = len(mass)
    beyond = np.cumsum(mass)[left] - np.cumsum(shares) - mass[left] / 2.0  # where the step comes after this number
    squares = (mass / 2.0) ** 2 + np.bincount(left, beyond**2, k)
    found = squares / (1.0 + np.bincount(left, minlength=k))
    return np.asarray(np.sqrt(np.maximum(found, mass**2 / 12.0)), dtype=np.float64)


def _foretelling(nodes: FloatArray) -> FloatArray:
    """How each inner node is foretold by those near it, and what a step beside it does to that: (6, k).

    Weights of the nodes two and one before and one and two behind it (Lagrange's polynomial), and the sums of those
    before and of those behind: so much of a step in the gap before, or in the one behind, surprises at this node.
    """
    k = len(nodes)
    near = np.arange(k)[:, None] + np.array([-2, -1, 1, 2])
    there = (near >= 0) & (near < k)
    there[[0, -1]] = False
    if k < ENOUGH_FOR_A_CUBIC:
        there[:, [0, 3]] = False
    places = nodes[np.clip(near, 0, k - 1)]
    apart = places[:, :, None] - places[:, None, :]
    factors = np.ones((k, 4, 4))
    used = there[:, :, None] & there[:, None, :] & ~np.eye(4, dtype=bool)
    np.divide(nodes[:, None, None] - places[:, None, :], apart, out=factors, where=used)
    weights = np.where(there, factors.prod(axis=2), 0.0)
    inner = there.any(axis=1)
    before, behind = (inner * weights[:, two].sum(axis=1) for two in ([0, 1], [2, 3]))
    return np.concatenate([weights.T, [before, behind]])


def _parabolas(lengths: FloatArray) -> FloatArray:
    """How the slopes of parabolas at both ends of each gap depend on the lines beside it: (6, k), 0 behind the last.

    Whether there is a gap before and behind; the weights of the slope before and behind, less the gap's own, in that at
    its left end, and the same at its right end.
    """
    before, behind = np.append(0.0, lengths[:-1]), np.append(lengths[1:], 0.0)
    first, last = before == 0.0, behind == 0.0
    by_before, by_behind = lengths / (lengths + before) * ~first, lengths / (lengths + behind) * ~last
    rows = [~first, ~last, by_before, -by_behind * first, -by_before * last, by_behind]
    return np.concatenate([np.array(rows, dtype=np.float64), np.zeros((6, 1))], axis=1)


@dataclass(frozen=True, eq=False)
class Bent:
    """What answers (n) at numbers of columns, one column after the other, say of the gap behind each.

    lifted: (n) what a smooth curve adds to the mean along straight lines. shifts: (n) what a step that shows, at the
    middle of the column's share there, would add beyond that. unsure: (n) what a curve that was free to leave the range
    of its ends would. steps: (n) standard deviation of what a step adds, wherever it is.
    """

    lifted: FloatArray
    shifts: FloatArray
    unsure: FloatArray
    steps: FloatArray

    @classmethod
    def of(cls, answers: FloatArray, gaps: FloatArray) -> Bent:
        """From answers (n) and what is known of their gaps (19, n), as `between` tells it.

        The curve is a cubic with the slopes of parabolas through three answers, held monotone between any two of them
        (Hyman, Accurate Monotonicity Preserving Cubic Interpolation, SIAM J. Sci. Stat. Comput. 1983).
        """
        inverse, spread, offset, rising, starting, ending, least = gaps[:7]
        left, right, start_before, start_behind, end_before, end_behind = gaps[13:]
        padded = np.zeros(len(answers) + 2)
        change = np.where(inverse > 0, np.diff(answers, append=0.0), 0.0)
        slope = padded[1:-1] = change * inverse
        before, behind = left * (padded[:-2] - slope), right * (padded[2:] - slope)
        start = slope + start_before * before + start_behind * behind
        end = slope + end_before * before + end_behind * behind
        before, behind = before + slope, behind + slope
        free = start * starting + end * ending
        held = _held(start, slope, before) * starting + _held(end, slope, behind) * ending
        steps, most = _steps(answers, gaps, change, before, behind)
        share = np.divide(steps, most, out=np.zeros(len(steps)), where=most > 0)
        told = np.maximum(share - least, 0.0) / (1.0 - least)
        smooth = change * rising + held
        stepped = change * offset - smooth
        return cls(smooth, told * stepped, free - held, np.hypot(steps * spread, (share - told) * stepped))

    def errors(self, parts: IntArray, d: int) -> tuple[FloatArray, FloatArray]:
        """Standard errors (d) of the means of parts, and how many of them 95 % reach at most, over that of a normal.

        One step is uniform and reaches 1.65, two alike reach 1.90, many 1.96: a parabola through these in the kurtosis.
        """
        largest = np.zeros(d)
        np.maximum.at(largest, parts, np.maximum(self.steps, np.abs(self.unsure)))
        largest[largest == 0] = 1.0  # answers may be so large, or so small, that fourth powers leave floating point
        squares = (self.steps / largest[parts]) ** 2
        variance, fourth = np.bincount(parts, squares, d), np.bincount(parts, squares**2, d)
        unsure = np.bincount(parts, self.unsure / largest[parts], d) ** 2 / 3.0  # as if uniform
        kurtosis = -1.2 * fourth / np.maximum(variance**2, 1e-300)
        factor = 1.0 - 0.035 * kurtosis - 0.141 * kurtosis**2
        total = variance + unsure
        squared = np.divide(factor**2 * variance + unsure, total, out=np.ones(d), where=total > 0)
        return np.sqrt(total) * largest, np.sqrt(squared)


def _held(found: FloatArray, slope: FloatArray, other: FloatArray) -> FloatArray:
    """Slopes (n) where two lines meet, none against one of the lines nor steeper than STEEPEST times it."""
    low = np.maximum(np.minimum(slope, 0.0), np.minimum(other, 0.0))
    high = np.minimum(np.maximum(slope, 0.0), np.maximum(other, 0.0))
    held: FloatArray = np.minimum(np.maximum(found, STEEPEST * low), STEEPEST * high)
    return held


def _steps(
    answers: FloatArray, gaps: FloatArray, change: FloatArray, before: FloatArray, behind: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """How large a step (n) may hide in each gap, and the largest (n) that its ends leave room for.

    A step of a gap's own surprises at both its ends, each by the weight of what lies on the other side: the one that
    fits them best is taken, with a margin, and any where neither end could tell. It is no larger than the change across
    the gap, or between a rise and a fall than the peak that both lead to; and no smaller than that over the number of
    answers, for a staircase with a step in every gap surprises nobody.
    """
    inverse, least = gaps[0], gaps[6]
    n, near = len(answers), np.zeros(len(answers) + 4)
    near[2:-2] = answers
    told = gaps[7] * near[:n] + gaps[8] * near[1 : n + 1] + gaps[9] * near[3 : n + 3] + gaps[10] * near[4:]
    surprise = np.abs(answers - told)
    before_next, behind_own = gaps[11, 1:], gaps[12, :-1]
    lever, seen = np.zeros(n), np.zeros(n)
    lever[:-1] = np.hypot(behind_own, before_next)
    seen[:-1] = np.hypot(surprise[:-1] * (behind_own != 0), surprise[1:] * (before_next != 0))
    blind = lever < LEAST_LEVER
    found = np.where(blind, np.inf, MARGIN * seen / np.where(blind, 1.0, lever))
    turning = (np.sign(before) * np.sign(behind) < 0) & (inverse > 0)
    most = np.abs(change)
    if turning.any():
        peak = np.minimum(np.abs(before), np.abs(behind)) / np.where(turning, inverse, 1.0)
        most = np.where(turning, np.maximum(most, peak), most)
    return np.minimum(np.maximum(found, least * most), most), most
