"""Laws of the neighbourhood for parts that are kept or hidden.

Every law here depends on a mask only through the number of parts that it keeps, so it is a list of d + 1 masses m(s),
and all its moments are known in closed form.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from limen._errors import InputError
from limen._geometry import Draw, TableGeometry
from limen._types import BoolArray, FloatArray, Geometry
from limen.sampling._lime_table import LimeTable
from limen.sampling.base import Sampler, is_number
from limen.sampling.table import TableSampler


@dataclass(frozen=True, eq=False)
class SizeLaw:
    """A probability law over masks that gives equal mass to all masks with equally many kept parts.

    masses: (d + 1) probability of keeping s = 0..d parts; sums to 1. ends_fixed: the surrogate must agree with the
    model on the empty and on the full mask (their masses are then 0).
    """

    masses: FloatArray
    ends_fixed: bool = False

    @property
    def n_parts(self) -> int:
        """The number of parts d."""
        return len(self.masses) - 1

    def moment(self, order: int) -> float:
        """E[z_i1 ... z_ik] for k = `order` distinct parts: Σ_s m(s) s(s-1)…(s-k+1) / (d(d-1)…(d-k+1))."""
        if order > self.n_parts:
            return 0.0
        ways = math.perm(self.n_parts, order)
        return float(sum(mass * (math.perm(size, order) / ways) for size, mass in enumerate(self.masses.tolist())))

    def support(self) -> list[int]:
        """The numbers of kept parts that have mass."""
        return [int(size) for size in np.nonzero(self.masses > 0)[0]]

    def n_masks(self) -> int:
        """How many distinct masks have mass."""
        return sum(math.comb(self.n_parts, size) for size in self.support())


class SizeSampler(Sampler):
    """A sampler of masks; `law` is all that it must give."""

    @abstractmethod
    def law(self, geometry: Geometry) -> SizeLaw:
        """Give the law for an instance of this geometry."""


WIDEST = 1e6
"""Beyond this width lime's kernel is flat to the last digit."""

TEXT_WIDTH = 0.25
"""lime's kernel width for texts."""


@dataclass(frozen=True)
class Lime(SizeSampler, TableSampler):
    """The laws that lime's explainers draw from, their kernel included (Ribeiro, Singh, Guestrin, KDD 2016).

    Texts: k ~ U{1..d} parts are hidden, with weight sqrt(exp(-(100 (1 - √(1 - k/d)))² / (100 width)²)); the unperturbed
    text has no mass (in lime it is one of 5,000 samples). `width` is lime's kernel width as a fraction of 1; lime's
    default of 25 is 0.25 here.

    Images: every part is hidden with probability ½, with weight sqrt(exp(-(1 - √(s/d))² / width²)) where s parts are
    kept (the cosine distance); the image itself has its share.

    Tables: quartile bins and categories, see `_lime_table`; a surrogate is fitted on "same bin or category as in x".
    `width` is lime's kernel_width.

    width: None = lime's own, 0.25 for texts and images and 0.75 √d for tables.
    """

    width: float | None = None

    def __post_init__(self) -> None:
        if self.width is not None and not (is_number(self.width) and 0 < self.width <= WIDEST):
            raise InputError(
                f"width of Lime is {self.width!r}, expected a number in (0, {WIDEST:g}], or None for lime's own: 0.25 "
                "for texts, 0.75 times the root of the number of parts for tables."
            )

    @property
    def parameters(self) -> str:
        """The kernel width; the one for texts where it was not given, see `describe` for tables."""
        return f"width={TEXT_WIDTH if self.width is None else self.width:g}"

    def describe(self, geometry: TableGeometry) -> str:
        """The kernel width for this row."""
        return f"width={LimeTable(geometry, self.width).width:g}"

    def draw(self, geometry: TableGeometry, n: int, generator: np.random.Generator) -> Draw:
        """Draw n rows independently."""
        return Draw(LimeTable(geometry, self.width).draw(n, generator), np.full(n, 1.0 / n), np.arange(n))

    def coordinates(self, values: FloatArray, geometry: TableGeometry) -> FloatArray:
        """(n, d) 1 where a part is in x's bin or category, else 0; 1 for numbers that went missing and fixed parts."""
        return LimeTable(geometry, self.width).coordinates(values)

    def reals(self, geometry: TableGeometry) -> BoolArray:
        """(d) False: a bin is a state."""
        return np.zeros(geometry.n_parts, dtype=np.bool_)

    def law(self, geometry: Geometry) -> SizeLaw:
        """Masses m(d - k) ∝ ψ(k/d) for k = 1..d, of images C(d, k) ψ(k/d) for k = 0..d; both the same with one part."""
        d = geometry.n_parts
        if d == 1:  # lime's own law has one mask here, and no line goes through one point
            return SizeLaw(np.array([0.5, 0.5]))
        kept = np.arange(d + 1)
        width = TEXT_WIDTH if self.width is None else self.width
        exponent = -((1.0 - np.sqrt(kept / d)) ** 2) / (2.0 * width**2)
        exponent += _log_binomial(d, 0.5) if geometry.image else np.where(kept == d, -np.inf, 0.0)
        masses = np.exp(exponent - exponent.max())  # a very narrow kernel must not underflow everywhere
        return SizeLaw(masses / masses.sum())


def _log_binomial(d: int, p: float) -> FloatArray:
    """Logarithms (d + 1) of the probabilities of s = 0..d successes."""
    sizes = range(d + 1)
    ways = [math.lgamma(d + 1) - math.lgamma(s + 1) - math.lgamma(d - s + 1) for s in sizes]
    return np.array([way + s * math.log(p) + (d - s) * math.log1p(-p) for way, s in zip(ways, sizes, strict=True)])


@dataclass(frozen=True)
class Uniform(SizeSampler):
    """Every part is kept with probability `p`, independently: a product law, under which nothing leaks between parts.

    Under it an effect is the average of f(part kept) - f(part hidden) over the states of the others (p = ½: the
    Banzhaf value), and a part that the model ignores gets exactly 0.
    """

    p: float = 0.5

    def __post_init__(self) -> None:
        if not (is_number(self.p) and 0 < self.p < 1):
            raise InputError(f"p of Uniform is {self.p!r}, expected a probability strictly between 0 and 1.")

    @property
    def parameters(self) -> str:
        """The probability of keeping a part."""
        return f"p={self.p:g}"

    def law(self, geometry: Geometry) -> SizeLaw:
        """Binomial masses m(s) = C(d, s) p^s (1 - p)^(d - s)."""
        d = geometry.n_parts
        masses = np.exp(_log_binomial(d, self.p))
        return SizeLaw(masses / masses.sum())


@dataclass(frozen=True)
class Shapley(SizeSampler):
    """The Shapley kernel with the two ends as constraints (Lundberg, Lee, NeurIPS 2017, theorem 2).

    A line gives Shapley values; a quadratic gives Faith-Shap interactions of order 2 (Tsai, Yeh, Ravikumar, JMLR 2023).
    """

    def law(self, geometry: Geometry) -> SizeLaw:
        """Masses m(s) ∝ (d - 1) / (s (d - s)) for 0 < s < d; the ends are fixed, not weighed."""
        d = geometry.n_parts
        if d == 1:  # the two ends are all there is
            return SizeLaw(np.array([0.5, 0.5]))
        masses = np.zeros(d + 1)
        inner = np.arange(1, d)
        masses[1:d] = (d - 1) / (inner * (d - inner))
        return SizeLaw(masses / masses.sum(), ends_fixed=True)


@dataclass(frozen=True)
class Sizes(SizeSampler):
    """Your own law: how likely it is that s = 0..d parts are kept.

    masses: d + 1 numbers of at least 0 (they are scaled to sum to 1), or a function that gives them for d.
    """

    masses: Sequence[float] | Callable[[int], Sequence[float]]

    @property
    def parameters(self) -> str:
        """The name of the function, or the number of masses; the masses themselves are in the record."""
        return getattr(self.masses, "__name__", "") if callable(self.masses) else f"{len(self.masses)} masses"

    def law(self, geometry: Geometry) -> SizeLaw:
        """The masses, checked and scaled."""
        d = geometry.n_parts
        given = self.masses(d) if callable(self.masses) else self.masses
        try:
            masses = np.array(given, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise InputError(f"masses of Sizes is {given!r}, expected {d + 1} numbers (kept parts 0..{d}).") from error
        if masses.shape != (d + 1,):
            raise InputError(
                f"masses of Sizes has shape {masses.shape}, expected ({d + 1},): one mass for each number of kept "
                f"parts 0..{d}. Give a function of d to serve inputs of any length."
            )
        if not np.isfinite(masses).all() or (masses < 0).any() or masses.sum() <= 0:
            raise InputError(f"masses of Sizes is {given!r}, expected finite numbers of at least 0, not all 0.")
        if (masses > 0).sum() < 2:
            raise InputError(
                f"masses of Sizes is {given!r}, expected mass on at least two numbers of kept parts: with one, a "
                "constant can be moved between the intercept and the effects."
            )
        return SizeLaw(masses / masses.sum())
